//! Pings, Pongs and the answers to them (RFC 6455 §5.5.2, §5.5.3) and floods of them.

mod common;

use common::{End, Seen, client, close_frame, fails, feed, frame, keys, plain, queued, server, transmit};
use upframe::connection::{
    Connection, DataFrame, EndOfStream, Event, Limits, NoEntropy, Role, SendError, Settings, State, Violation,
};

const NEW: Settings = Settings::new();

fn ping(payload: &[u8]) -> Vec<u8> {
    frame(0x89, payload, true)
}

fn pong(payload: &[u8]) -> Vec<u8> {
    frame(0x8A, payload, false)
}

/// A connection that has written the first byte of the Pong to `payload`.
fn with_half_a_pong<R: Role>(mut connection: Connection<R>, ping: &[u8]) -> (Connection<R>, Vec<u8>) {
    feed(&mut connection, ping, &mut vec![]);
    let mut out = [0];
    assert_eq!(connection.poll_transmit(&mut out), 1);
    (connection, out.to_vec())
}

/// [5.5.2-pong] [5.5.3-same-payload] [5.5.3-unsolicited] [6.2-unmask]
#[test]
fn a_ping_is_answered_with_its_payload() {
    for end in End::ALL {
        for len in [0, 1, 2, 3, 4, 5, 8, 63, 64, 124, 125] {
            let payload: Vec<u8> = (0..len).map(|i| i as u8 ^ 0xC3).collect();
            let outcome = end.every_cut(NEW, &end.frame(0x89, &payload));
            assert_eq!((outcome.seen, outcome.output), (vec![Seen::ping(&payload)], frame(0x8A, &payload, false)));
            let outcome = end.every_cut(NEW, &end.frame(0x8A, &payload));
            assert_eq!((outcome.seen, outcome.output), (vec![Seen::pong(&payload)], vec![]));
        }
    }
}

/// [5.5.3-newest]
#[test]
fn only_the_newest_ping_is_answered() {
    for end in End::ALL {
        let pings: Vec<_> = (0..5u8).flat_map(|i| end.frame(0x89, &vec![i; 10 - usize::from(i)])).collect();
        assert_eq!(end.every_cut(NEW, &pings).output, frame(0x8A, &[4; 6], false));
        let pong_after = [end.frame(0x89, b"ping"), end.frame(0x8A, b"longer than the ping")].concat();
        let outcome = end.every_cut(NEW, &pong_after);
        assert_eq!(outcome.seen, [Seen::ping(b"ping"), Seen::pong(b"longer than the ping")]);
        assert_eq!(outcome.output, frame(0x8A, b"ping", false));
    }
}

/// The loop that drains the output after every event: ten Pings and a text in one read.
#[test]
fn each_of_ten_pings_in_one_read_gets_its_pong_before_the_echo() {
    let wire: Vec<u8> = (0..10).flat_map(|i| ping(&[i; 3])).chain(frame(0x81, b"text", true)).collect();
    let want: Vec<u8> = (0..10).flat_map(|i| pong(&[i; 3])).chain(frame(0x81, b"text", false)).collect();
    let mut out = [0; 64];

    let (mut connection, mut written, mut whole) = (server(NEW), vec![], wire.clone());
    let mut input = &mut whole[..];
    while let Some(event) = connection.receive(&mut input) {
        if let Some(fragment) = event.as_fragment() {
            written.extend_from_slice(connection.send(fragment, &mut out).unwrap());
        }
        let n = connection.poll_transmit(&mut out);
        written.extend_from_slice(&out[..n]);
    }
    assert_eq!(written, want);

    let ((mut receiver, mut transmitter), mut written, mut halves) = (server(NEW).split(), vec![], wire.clone());
    let mut input = &mut halves[..];
    while let Some(event) = receiver.receive(&mut input) {
        if let Some(fragment) = event.as_fragment() {
            written.extend_from_slice(transmitter.send(fragment, &mut out).unwrap());
        }
        if let Some(reply) = receiver.take_reply() {
            transmitter.answer(&reply).unwrap();
        }
        let n = transmitter.poll_transmit(&mut out);
        written.extend_from_slice(&out[..n]);
    }
    assert_eq!(written, want);
}

/// A Pong is owed as soon as its Ping is reported, even if the caller receives no further.
#[test]
fn a_ping_that_was_reported_is_answered_whatever_the_caller_does_next() {
    let shown = |wire: &mut [u8], pings: usize| {
        let (mut server, mut input) = (server(NEW), wire);
        for _ in 0..pings {
            assert_eq!(server.receive(&mut input), Some(Event::Ping));
        }
        assert!(server.wants_transmit());
        (server, input.to_vec())
    };
    let wire = [ping(b"first"), ping(b"newer"), frame(0x8A, b"unasked", true)].concat();

    let (mut connection, _) = shown(&mut wire.clone(), 1);
    assert_eq!(transmit(&mut connection, 64), pong(b"first"));

    let (mut connection, _) = shown(&mut wire.clone(), 2);
    let closing = queued(&mut connection, Connection::close_without_code).unwrap();
    assert_eq!(closing, [pong(b"newer"), vec![0x88, 0]].concat());

    let (mut connection, _) = shown(&mut wire.clone(), 1);
    assert_eq!(connection.receive_eof(), EndOfStream::WithoutClose);
    assert_eq!(transmit(&mut connection, 64), pong(b"first"));

    let (mut connection, mut rest) = shown(&mut wire.clone(), 2);
    assert_eq!(connection.receive(&mut &mut rest[..]), Some(Event::Pong));
    assert_eq!(connection.control_payload(), Some(&b"unasked"[..]));
    assert_eq!(transmit(&mut connection, 64), pong(b"newer"));
}

#[test]
fn no_ping_is_answered_after_a_local_close() {
    let mut connection = server(NEW);
    queued(&mut connection, Connection::close_without_code).unwrap();
    let mut seen = vec![];
    feed(&mut connection, &ping(b"p").repeat(20), &mut seen);
    assert_eq!((seen, transmit(&mut connection, 64)), (vec![Seen::ping(b"p"); 20], vec![]));
    assert!(!connection.wants_transmit());
}

/// [5.5.2-not-after-close]
#[test]
fn no_ping_is_answered_after_a_close_was_received() {
    for end in End::ALL {
        let close = end.frame(0x88, b"\x03\xE8");
        let wire = [end.frame(0x89, b"before"), close.clone()].concat();
        assert_eq!(end.every_cut(NEW, &wire).output, close_frame(1000));
        let wire = [close, end.frame(0x89, b"after")].concat();
        assert_eq!(end.every_cut(NEW, &wire).output, close_frame(1000));
    }
}

/// [5.5.2-not-after-close]
#[test]
fn a_violation_discards_a_pong_that_is_not_begun() {
    for end in End::ALL {
        let violation = Violation::Frame(upframe::frame::FrameViolation::ReservedOpcode);
        fails(end, NEW, (&end.frame(0x89, b"p"), &[Seen::ping(b"p")]), &end.frame(0x83, b""), violation, 0);
    }
    let (mut server, mut out) = with_half_a_pong(server(NEW), &ping(b"Hello"));
    feed(&mut server, &ping(b"not answered"), &mut vec![]);
    feed(&mut server, &frame(0x83, b"", true), &mut vec![]);
    out.extend(transmit(&mut server, 1));
    assert_eq!(out, [pong(b"Hello"), close_frame(1002)].concat());
}

#[test]
fn a_half_written_pong_is_finished_after_a_close_was_received() {
    let (mut server, mut out) = with_half_a_pong(server(NEW), &ping(b"Hello"));
    feed(&mut server, &[ping(b"not answered"), frame(0x88, b"\x03\xE9", true)].concat(), &mut vec![]);
    assert_eq!(server.state(), State::Closing);
    out.extend(transmit(&mut server, 1));
    assert_eq!(out, [pong(b"Hello"), close_frame(1001)].concat());
    assert_eq!(server.state(), State::Closed);
}

/// [5.5.3-newest]
#[test]
fn pings_and_pongs_during_a_half_written_pong_leave_the_newest_ping_owed() {
    // the wire, the payload that can be seen after each frame, and the Pong that follows the half-written one
    type Case = (&'static [(u8, &'static [u8], Option<&'static [u8]>)], Option<&'static [u8]>);
    let cases: [Case; 7] = [
        (&[], None),
        (&[(0x8A, b"pong", Some(b"pong"))], None),
        (&[(0x89, b"new", Some(b"new"))], Some(b"new")),
        (&[(0x89, b"new", Some(b"new")), (0x8A, b"pong", Some(b"pong"))], Some(b"new")),
        (&[(0x89, b"new", Some(b"new")), (0x8A, b"", Some(b"")), (0x8A, &[7; 118], None)], Some(b"new")),
        (&[(0x89, b"1", Some(b"1")), (0x89, b"22", Some(b"22")), (0x8A, b"x", Some(b"x"))], Some(b"22")),
        (&[(0x89, b"1", Some(b"1")), (0x8A, b"x", Some(b"x")), (0x89, b"", Some(b""))], Some(b"")),
    ];
    for (frames, answer) in cases {
        for as_client in [false, true] {
            let wire: Vec<u8> = frames.iter().flat_map(|(b0, payload, _)| frame(*b0, payload, !as_client)).collect();
            let mut want = pong(b"Hello");
            want.extend(answer.iter().flat_map(|answer| pong(answer)));
            let want_seen: Vec<_> = frames
                .iter()
                .map(|(b0, _, shown)| {
                    let shown = shown.map(<[u8]>::to_vec);
                    if *b0 == 0x89 { Seen::Ping(shown) } else { Seen::Pong(shown) }
                })
                .collect();
            for cut in 0..=wire.len() {
                let (seen, out) = if as_client {
                    half_written(client(NEW), &frame(0x89, b"Hello", false), &wire, cut)
                } else {
                    half_written(server(NEW), &ping(b"Hello"), &wire, cut)
                };
                assert_eq!(seen, want_seen, "cut at {cut}");
                assert_eq!(plain(&out, as_client), want, "cut at {cut}");
            }
        }
    }
}

fn half_written<R: Role>(connection: Connection<R>, ping: &[u8], wire: &[u8], cut: usize) -> (Vec<Seen>, Vec<u8>) {
    let (mut connection, mut out) = with_half_a_pong(connection, ping);
    let mut seen = vec![];
    feed(&mut connection, &wire[..cut], &mut seen);
    feed(&mut connection, &wire[cut..], &mut seen);
    assert_eq!(connection.send("data", &mut [0; 99]), Err(SendError::FrameInProgress));
    assert!(connection.wants_transmit());
    out.extend(transmit(&mut connection, 1));
    assert!(!connection.wants_transmit());
    assert!(connection.send("data", &mut [0; 99]).is_ok());
    (seen, out)
}

#[test]
fn a_pong_whose_payload_is_discarded_may_end_after_the_answer_is_written() {
    let (mut server, mut out) = with_half_a_pong(server(NEW), &ping(b"Hello"));
    let wire = [ping(b"new"), frame(0x8A, b"pong", true), frame(0x81, b"text", true)].concat();
    for cut in 0..wire.len() {
        let mut seen = vec![];
        feed(&mut server, &wire[..cut], &mut seen);
        out.extend(transmit(&mut server, 1));
        feed(&mut server, &wire[cut..], &mut seen);
        assert_eq!(seen.len(), 3, "cut at {cut}");
        assert!(matches!(&seen[1], Seen::Pong(payload) if payload.as_ref().is_none_or(|bytes| bytes == b"pong")));
        assert_eq!(seen[2], Seen::text("text"));
        out.extend(transmit(&mut server, 1));
        assert_eq!(out, [pong(b"Hello"), pong(b"new")].concat(), "cut at {cut}");
        (server, out) = with_half_a_pong(common::server(NEW), &ping(b"Hello"));
    }
}

#[test]
fn what_is_queued_can_be_written_after_the_end_of_the_stream() {
    let mut whole = server(NEW);
    feed(&mut whole, &ping(b"a"), &mut vec![]);
    assert_eq!(whole.receive_eof(), EndOfStream::WithoutClose);
    assert_eq!(transmit(&mut whole, 1), pong(b"a"));
    let (mut half, mut out) = with_half_a_pong(server(NEW), &ping(b"a"));
    assert_eq!(half.receive_eof(), EndOfStream::WithoutClose);
    out.extend(transmit(&mut half, 1));
    assert_eq!(out, pong(b"a"));
}

#[test]
fn the_answer_to_a_second_ping_can_be_written_after_the_end_of_the_stream_too() {
    let (mut server, mut out) = with_half_a_pong(server(NEW), &ping(b"a"));
    feed(&mut server, &ping(b"b"), &mut vec![]);
    assert!(server.wants_transmit());
    assert_eq!(server.receive_eof(), EndOfStream::WithoutClose);
    out.extend(transmit(&mut server, 1));
    assert_eq!(out, [pong(b"a"), pong(b"b")].concat());
}

/// The newer Ping needs the place: see `Connection::control_payload`.
#[test]
fn an_answer_that_waits_is_dropped_when_the_next_ping_or_close_begins() {
    for (next, answer) in [(ping(b"c"), pong(b"c")), (frame(0x88, b"\x03\xE8", true), frame(0x88, b"\x03\xE8", false))]
    {
        for cut in 0..=next.len() {
            for half in [true, false] {
                let (mut waiting, mut out) =
                    if half { with_half_a_pong(server(NEW), &ping(b"a")) } else { (server(NEW), vec![]) };
                feed(&mut waiting, &[&ping(b"b"), &next[..cut]].concat(), &mut vec![]);
                out.extend(transmit(&mut waiting, 1));
                let second = match cut {
                    0..2 => pong(b"b"),
                    cut if cut < next.len() => vec![],
                    _ => answer.clone(),
                };
                let first = if half { pong(b"a") } else { vec![] };
                assert_eq!(out, [first, second].concat(), "{cut} bytes of {next:x?}");
                // the answer is owed again when the frame that has begun is whole
                feed(&mut waiting, &next[cut..], &mut vec![]);
                let rest = if cut < next.len() { answer.clone() } else { vec![] };
                assert_eq!(transmit(&mut waiting, 1), rest);
            }
        }
    }
}

#[test]
fn a_payload_can_be_seen_until_the_next_call() {
    let mut server = server(NEW);
    let mut wire = [ping(b"one"), frame(0x8A, b"two", true), frame(0x81, b"x", true)].concat();
    let mut input = &mut wire[..];
    assert_eq!(server.control_payload(), None);
    assert_eq!(server.receive(&mut input), Some(Event::Ping));
    assert_eq!(server.control_payload(), Some(&b"one"[..]));
    assert_eq!(server.poll_transmit(&mut [0; 99]), 5);
    assert_eq!(server.control_payload(), Some(&b"one"[..]), "sending does not end it");
    assert_eq!(server.receive(&mut input), Some(Event::Pong));
    assert_eq!(server.control_payload(), Some(&b"two"[..]));
    assert!(matches!(server.receive(&mut input), Some(Event::Text(_))));
    assert_eq!(server.control_payload(), None);
}

/// One answer is kept, so that a flood of Pings costs no memory: a peer that pinged while this process was suspended is
/// healthy.
#[test]
fn a_peer_may_ping_as_often_as_it_likes() {
    for end in End::ALL {
        for limits in [Limits::SERVER, Limits::SMALL_DEVICE] {
            for (pings, b0) in [(1000, 0x89), (200, 0x89), (70_000, 0x8A)] {
                let settings = NEW.with_limits(limits);
                let flood = end.frame(b0, b"f").repeat(pings);
                let wire = [end.frame(0x89, b"first"), flood, end.frame(0x81, b"text")].concat();
                let outcome = end.run(settings, [&wire[..]].into_iter(), 99);
                assert_eq!((outcome.seen.len(), outcome.seen.last()), (pings + 2, Some(&Seen::text("text"))));
                let answered = if b0 == 0x89 { &b"f"[..] } else { b"first" };
                assert_eq!((outcome.output, outcome.state), (frame(0x8A, answered, false), State::Open));
            }
        }
    }
}

#[test]
fn a_peer_may_ping_as_often_as_it_likes_while_an_answer_is_half_written() {
    let (mut connection, mut out) = with_half_a_pong(server(NEW), &ping(b"first"));
    let mut seen = vec![];
    feed(&mut connection, &[ping(b"again").repeat(130), ping(b"last"), frame(0x81, b"text", true)].concat(), &mut seen);
    assert_eq!((seen.len(), seen.last()), (132, Some(&Seen::text("text"))));
    out.extend(transmit(&mut connection, 7));
    assert_eq!((out, connection.state()), ([pong(b"first"), pong(b"last")].concat(), State::Open));
}

#[test]
fn a_peer_may_ping_as_often_as_it_likes_while_a_frame_lacks_payload() {
    let mut connection = server(NEW);
    connection.begin_frame(DataFrame::BINARY, 2, &mut [0; 14]).unwrap();
    assert_eq!(connection.frame_payload_shared(b"a"), Ok(1));
    let mut seen = vec![];
    feed(&mut connection, &ping(b"again").repeat(130), &mut seen);
    assert_eq!((seen.len(), transmit(&mut connection, 9), connection.state()), (130, vec![], State::Open));
    assert_eq!(connection.frame_payload_shared(b"b"), Ok(0));
    assert_eq!(transmit(&mut connection, 9), pong(b"again"));
}

/// [5.5.2-automatic]
#[test]
fn pings_are_left_to_the_caller_if_the_settings_say_so() {
    let settings = NEW.with_automatic_pong(false);
    for end in End::ALL {
        let outcome = end.every_cut(settings, &end.frame(0x89, b"p").repeat(20));
        assert_eq!((outcome.seen.len(), outcome.output, outcome.state), (20, vec![], State::Open));
    }
    let mut server = server(settings);
    let mut wire = ping(b"mine");
    assert_eq!(server.receive(&mut &mut wire[..]), Some(Event::Ping));
    assert!(!server.wants_transmit());
    let payload = server.control_payload().unwrap().to_vec();
    assert_eq!(queued(&mut server, |server| server.pong(&payload)), Ok(pong(b"mine")));
}

/// [5.3-no-entropy]
#[test]
fn an_answer_waits_for_entropy() {
    let dry = std::cell::Cell::new(true);
    let mut client = Connection::client(|key: &mut [u8]| if dry.get() { Err(NoEntropy) } else { keys(key) }, NEW);
    feed(&mut client, &frame(0x89, b"Hello", false), &mut vec![]);
    for _ in 0..3 {
        assert_eq!((client.poll_transmit(&mut [0; 99]), client.wants_transmit()), (0, true));
    }
    feed(&mut client, &frame(0x89, b"newer", false), &mut vec![]);
    dry.set(false);
    assert_eq!(transmit(&mut client, 2), frame(0x8A, b"newer", true));
}

/// [5.2-frame-whole]
#[test]
fn an_answer_waits_for_the_payload_of_a_frame_that_was_begun() {
    let mut server = server(NEW);
    server.begin_frame(DataFrame::BINARY, 3, &mut [0; 14]).unwrap();
    feed(&mut server, &ping(b"p"), &mut vec![]);
    assert_eq!((server.poll_transmit(&mut [0; 99]), server.wants_transmit()), (0, true));
    assert_eq!(server.frame_payload_shared(b"ab"), Ok(1));
    assert_eq!((server.poll_transmit(&mut [0; 99]), server.wants_transmit()), (0, true));
    assert_eq!(server.frame_payload_shared(b"c"), Ok(0));
    assert_eq!(transmit(&mut server, 1), pong(b"p"));
}

/// A Pong whose last byte fills the buffer is written: no second call is needed.
#[test]
fn answers_that_fill_the_buffer_exactly_are_written() {
    for size in 1..=4 {
        let mut server = server(NEW);
        for _ in 0..1000 {
            let mut wire = frame(0x89, b"hi", true);
            assert_eq!(server.receive(&mut &mut wire[..]), Some(Event::Ping), "{size}");
            while server.wants_transmit() {
                assert!(server.poll_transmit(&mut [0; 9][..size]) > 0);
            }
        }
    }
}

/// Receives what is left of `wire`. Returns it if there is no room for the payload of the next control frame.
fn feed_until_stopped<R: Role>(connection: &mut Connection<R>, wire: &mut Vec<u8>) -> (Vec<Seen>, bool) {
    let (mut seen, mut input) = (vec![], &mut wire[..]);
    while let Some(event) = connection.receive(&mut input) {
        common::note(connection, &event, &mut seen);
    }
    let rest = input.len();
    *wire = wire.split_off(wire.len() - rest);
    (seen, rest > 0)
}

/// The law of `Event::TransmitFirst`, at every length of what waits and of what comes, wherever the input is cut.
fn runs_into_what_waits<R: Role>(
    new: impl Fn() -> Connection<R>,
    as_client: bool,
    prepare: impl Fn(&mut Connection<R>) -> (Vec<u8>, Vec<u8>),
    waits: usize,
    came: (u8, usize),
) {
    let (b0, len) = came;
    let body: Vec<u8> = if b0 == 0x88 { [&b"\x03\xE8"[..], &vec![b'r'; len - 2]].concat() } else { vec![b'p'; len] };
    let wire = frame(b0, &body, !as_client);
    for cut in [0, 1, 2, 3, 7, 8, wire.len() - 1, wire.len()] {
        let mut connection = new();
        let (mut out, want) = prepare(&mut connection);
        let (mut first, mut second) = (wire[..cut.min(wire.len())].to_vec(), wire[cut.min(wire.len())..].to_vec());
        let (mut seen, _) = feed_until_stopped(&mut connection, &mut first);
        second.splice(0..0, first);
        let (more, is_stopped) = feed_until_stopped(&mut connection, &mut second);
        seen.extend(more);
        let stops = waits + len > 125;
        assert_eq!(is_stopped, stops, "{b0:x} {len} {waits}");
        if stops {
            assert_eq!(seen, [Seen::TransmitFirst], "once");
            assert_eq!(second.len(), len, "nothing of the payload is consumed");
            assert!(connection.wants_transmit());
            // it is not said again, and no input is lost
            assert_eq!(feed_until_stopped(&mut connection, &mut second), (vec![], true));
            assert_eq!(second.len(), len);
            out.extend(transmit(&mut connection, 1));
            assert_eq!(plain(&out, as_client), want);
            let (more, is_stopped) = feed_until_stopped(&mut connection, &mut second);
            assert!(!is_stopped);
            (seen, out) = (more, vec![]);
        }
        let (shown, answer) = match b0 {
            0x89 => (Seen::ping(&body), pong(&body)),
            _ => (Seen::Close(1000, "r".repeat(len - 2)), frame(0x88, &body, false)),
        };
        assert_eq!(seen, std::slice::from_ref(&shown));
        let is_closed = connection.state() != State::Open && b0 == 0x89;
        out.extend(transmit(&mut connection, 3));
        let out = plain(&out, as_client);
        if stops {
            assert_eq!(out, if is_closed || want.starts_with(b"\x88") { vec![] } else { answer });
        }
        // what was shown is still there, also at a client, which masks
        if b0 == 0x88 {
            assert_eq!(Seen::Close(1000, connection.close_reason().into()), shown);
        }
    }
}

/// A frame of the caller's that waits, and one of the peer's that does not fit beside it.
#[test]
fn a_ping_or_a_close_stops_in_front_of_its_payload_until_there_is_room() {
    for waits in [0, 1, 59, 60, 62, 63, 64, 100, 124, 125] {
        for came in [(0x89, 1), (0x89, 25), (0x89, 61), (0x89, 62), (0x89, 125), (0x88, 2), (0x88, 63), (0x88, 125)] {
            let own_ping = vec![b'o'; waits];
            fn queue<R: Role>(connection: &mut Connection<R>, own_ping: &[u8]) -> (Vec<u8>, Vec<u8>) {
                connection.ping(own_ping).unwrap();
                (vec![], frame(0x89, own_ping, false))
            }
            runs_into_what_waits(|| server(NEW), false, |end| queue(end, &own_ping), waits, came);
            runs_into_what_waits(|| client(NEW), true, |end| queue(end, &own_ping), waits, came);
            // begun, but not written
            fn half<R: Role>(connection: &mut Connection<R>, own_ping: &[u8]) -> (Vec<u8>, Vec<u8>) {
                connection.ping(own_ping).unwrap();
                let mut out = [0];
                assert_eq!(connection.poll_transmit(&mut out), 1);
                (out.to_vec(), frame(0x89, own_ping, false))
            }
            runs_into_what_waits(|| server(NEW), false, |end| half(end, &own_ping), waits, came);
            runs_into_what_waits(|| client(NEW), true, |end| half(end, &own_ping), waits, came);
            // a Close with a reason, which must not be lost
            if (2..=125).contains(&waits) {
                let reason = "c".repeat(waits - 2);
                let want = frame(0x88, &[&b"\x03\xE9"[..], reason.as_bytes()].concat(), false);
                let close = |connection: &mut Connection<upframe::connection::Server>| {
                    connection.close(upframe::frame::CloseCode::GOING_AWAY, &reason).unwrap();
                    (vec![], want.clone())
                };
                runs_into_what_waits(|| server(NEW), false, close, waits, came);
            }
        }
    }
}

/// An answer that is half-written moves out of the way if it fits beside what it answers, which can still be seen.
#[test]
fn a_half_written_pong_leaves_room_for_what_fits_beside_it() {
    for len in [0, 1, 61, 62, 63, 125] {
        let payload = vec![b'a'; len];
        for next in [0, 1, 63, 64, 125] {
            for as_client in [false, true] {
                let wire = frame(0x89, &vec![b'n'; next], !as_client);
                let first = frame(0x89, &payload, !as_client);
                let fits = next == 0 || (len <= 62 && len + next <= 125);
                fn run<R: Role>(mut end: Connection<R>, first: &[u8], wire: &[u8], fits: bool) -> Vec<u8> {
                    feed_one(&mut end, first);
                    let mut out = vec![0];
                    assert_eq!(end.poll_transmit(&mut out), 1);
                    let header = if end.is_server() { 6 } else { 2 };
                    assert_eq!(end.control_payload().map(<[u8]>::len), Some(first.len() - header));
                    let mut rest = wire.to_vec();
                    assert_eq!(feed_until_stopped(&mut end, &mut rest).1, !fits);
                    out.extend(transmit(&mut end, 1));
                    assert!(!feed_until_stopped(&mut end, &mut rest).1);
                    out.extend(transmit(&mut end, 1));
                    out
                }
                let out = if as_client {
                    run(client(NEW), &first, &wire, fits)
                } else {
                    run(server(NEW), &first, &wire, fits)
                };
                assert_eq!(plain(&out, as_client), [pong(&payload), pong(&vec![b'n'; next])].concat());
            }
        }
    }
}

/// A loop that drains the output after every event never runs into its own frames, whatever it queues.
#[test]
fn a_loop_that_drains_after_every_event_never_stops() {
    let wire: Vec<u8> =
        (0..125).flat_map(|len| [ping(&vec![1; 125 - len]), frame(0x8A, &vec![2; len], true)].concat()).collect();
    for step in [1, 7, 131, 4096] {
        let (mut server, mut pings, mut queued, mut out) = (server(NEW), 0, 0, [0; 262]);
        for part in wire.chunks(step) {
            let mut part = part.to_vec();
            let mut input = &mut part[..];
            while let Some(event) = server.receive(&mut input) {
                assert_ne!(event, Event::TransmitFirst);
                pings += usize::from(event == Event::Ping);
                queued += usize::from(server.ping(&[3; 125][pings % 100..]).is_ok());
                let _ = server.poll_transmit(&mut out);
            }
            assert!(input.is_empty());
        }
        assert_eq!(pings, 125);
        assert!(queued > 50, "{queued}");
    }
}

/// The payload that was reported makes room for a frame of the caller's: the answer of a caller that answers itself.
#[test]
fn a_payload_that_was_reported_makes_room_for_the_callers_frame() {
    let mut server = server(NEW.with_automatic_pong(false));
    for len in [0, 1, 62, 63, 125] {
        let payload: Vec<u8> = (0..len as u8).collect();
        feed_one(&mut server, &ping(&payload));
        server.pong(&payload).unwrap();
        let shown = server.control_payload().map(<[u8]>::to_vec);
        assert_eq!(shown, (len <= 62).then_some(payload.clone()));
        assert_eq!(transmit(&mut server, 7), pong(&payload));
    }
}

fn feed_one<R: Role>(connection: &mut Connection<R>, wire: &[u8]) {
    let mut wire = wire.to_vec();
    assert_eq!(connection.receive(&mut &mut wire[..]), Some(Event::Ping));
}
