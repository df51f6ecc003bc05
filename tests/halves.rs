//! A connection in two halves: the receiver sees what the whole connection sees, in each way to receive, and the transmitter answers
//! what the whole connection answers.

mod common;

use common::{End, KEY, Keys, frame, keys, plain, queued, queued_half, transmit};
use upframe::connection::{
    Connection, DataFrame, Endpoint, Event, Limits, Receiver, Role, SendError, Settings, State, Transmitter,
};
use upframe::frame::CloseCode;
use upframe::message::Prepared;

const NEW: Settings = Settings::new();

/// Notes what an event reports. Pieces of one message that follow each other are joined.
fn note(seen: &mut Vec<String>, event: &Event, payload: Option<&[u8]>, reason: &str) {
    let new = match event {
        Event::Text(piece) => format!("text {}", piece.as_str()),
        Event::Binary(piece) => format!("binary {}", piece.as_bytes().escape_ascii()),
        Event::Extended(piece) => format!("compressed {}", piece.as_bytes().escape_ascii()),
        Event::Ping => format!("Ping {:?}", payload.map(<[u8]>::escape_ascii).map(|text| text.to_string())),
        Event::Pong => format!("Pong {:?}", payload.map(<[u8]>::escape_ascii).map(|text| text.to_string())),
        Event::Close(code) => format!("Close {code} {reason}"),
        Event::Failed(error) => format!("failed: {error}"),
        other => panic!("{other:?}"),
    };
    let piece = new.split_once(' ').filter(|(kind, _)| matches!(*kind, "text" | "binary"));
    match (seen.last_mut(), piece) {
        (Some(last), Some((kind, bytes))) if last.starts_with(kind) => last.push_str(bytes),
        _ => seen.push(new),
    }
}

/// One way to receive: passes all of a wire to a receiver.
type Way<S> = fn(&mut Receiver<S>, &[u8], &mut Vec<String>);

fn noted<S: Role + Copy>(receiver: &Receiver<S>, event: &Event, seen: &mut Vec<String>) {
    note(seen, event, receiver.control_payload(), receiver.close_reason());
}

fn in_place<S: Role + Copy>(receiver: &mut Receiver<S>, wire: &[u8], seen: &mut Vec<String>) {
    let mut wire = wire.to_vec();
    let mut input = &mut wire[..];
    while let Some(event) = receiver.receive(&mut input) {
        noted(receiver, &event, seen);
    }
    assert!(input.is_empty());
}

fn copied<S: Role + Copy>(receiver: &mut Receiver<S>, mut wire: &[u8], seen: &mut Vec<String>) {
    let mut scratch = [0; 7];
    while let Some(event) = receiver.receive_copied(&mut wire, &mut scratch) {
        noted(receiver, &event, seen);
    }
    assert!(wire.is_empty());
}

fn in_steps<S: Role + Copy>(receiver: &mut Receiver<S>, wire: &[u8], seen: &mut Vec<String>) {
    let (mut wire, mut at) = (wire.to_vec(), 0);
    loop {
        let step = receiver.step(&mut wire[at..]);
        let Some(event) = step.event(&wire[at..]) else { break };
        noted(receiver, &event, seen);
        at += step.consumed();
    }
}

fn shared(receiver: &mut Receiver<upframe::connection::Client>, mut wire: &[u8], seen: &mut Vec<String>) {
    while let Some(event) = receiver.receive_shared(&mut wire) {
        noted(receiver, &event, seen);
    }
    assert!(wire.is_empty());
}

fn in_shared_steps(receiver: &mut Receiver<upframe::connection::Client>, wire: &[u8], seen: &mut Vec<String>) {
    let mut at = 0;
    loop {
        let step = receiver.step_shared(&wire[at..]);
        let Some(event) = step.event(&wire[at..]) else { break };
        noted(receiver, &event, seen);
        at += step.consumed();
    }
}

/// Wires to an end, with a name each: whole frames, so that an answer may be written after each.
fn wires(masked: bool) -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let f = |b0, payload: &[u8]| frame(b0, payload, masked);
    vec![
        ("messages", vec![f(0x81, b"Hello"), f(0x82, &[0xFF; 300]), f(0x81, "na\u{ef}ve".as_bytes())]),
        ("fragments around a Ping", vec![f(0x01, b"na\xC3"), f(0x89, b"are you there"), f(0x80, b"\xAFve")]),
        ("many Pings", (0..5u8).map(|i| f(0x89, &[i; 9])).collect()),
        ("a Pong, and a Close with a reason", vec![f(0x8A, b"yes"), f(0x88, b"\x03\xE8bye")]),
        ("a Close without a code", vec![f(0x82, b"last"), f(0x88, b"")]),
        ("a Ping, and a violation", vec![f(0x89, b"1"), f(0x83, b""), f(0x81, b"not seen")]),
        ("text that is not UTF-8", vec![f(0x81, b"ab\xFFcd")]),
        ("a message too big", vec![f(0x82, &[7; 2000])]),
    ]
}

const SETTINGS: Settings = NEW.with_limits(Limits::SERVER.with_message(1500));

/// What the whole connection sees, and what it writes when it is asked after each frame.
fn whole<R: Role>(mut connection: Connection<R>, wires: &[Vec<u8>]) -> (Vec<String>, Vec<u8>, State) {
    let (mut seen, mut written) = (vec![], vec![]);
    for wire in wires {
        let mut wire = wire.clone();
        let mut input = &mut wire[..];
        while let Some(event) = connection.receive(&mut input) {
            note(&mut seen, &event, connection.control_payload(), connection.close_reason());
        }
        written.extend(transmit(&mut connection, 200));
    }
    (seen, written, connection.state())
}

fn halves<R: Role>(
    connection: Connection<R>,
    way: Way<R::Keyless>,
    wires: &[Vec<u8>],
) -> (Vec<String>, Vec<u8>, State) {
    let (mut receiver, mut transmitter) = connection.split();
    assert_eq!(receiver.is_server(), transmitter.is_server());
    let (mut seen, mut written) = (vec![], vec![]);
    for wire in wires {
        way(&mut receiver, wire, &mut seen);
        if let Some(reply) = receiver.take_reply() {
            let answer = queued_half(&mut transmitter, |half| half.answer(&reply)).unwrap();
            assert_eq!(reply.is_pong(), answer[0] == 0x8A);
            written.extend(answer);
        }
    }
    // the receiver does not learn of the local Close
    match transmitter.state() {
        State::Closed => assert_eq!(receiver.state(), State::Closing),
        other => assert_eq!(receiver.state(), other),
    }
    (seen, written, transmitter.state())
}

fn agree<R: Role>(new: fn() -> Connection<R>, is_server: bool, more: &[Way<R::Keyless>]) {
    for (name, wires) in wires(is_server) {
        let want = whole(new(), &wires);
        for way in [in_place, copied, in_steps].iter().chain(more) {
            let got = halves(new(), *way, &wires);
            assert_eq!(got.0, want.0, "{name}");
            assert_eq!(plain(&got.1, !is_server), plain(&want.1, !is_server), "{name}");
            assert_eq!(got.2, want.2, "{name}");
        }
    }
}

#[test]
fn the_halves_see_and_answer_what_a_connection_sees_and_answers() {
    agree(|| Connection::server(SETTINGS), true, &[]);
    agree(|| Connection::client(keys as Keys, SETTINGS), false, &[shared, in_shared_steps]);
    agree(|| Connection::endpoint(Endpoint::<Keys>::Server, SETTINGS), true, &[]);
    agree(|| Connection::endpoint(Endpoint::<Keys>::Client(keys), SETTINGS), false, &[]);
}

#[test]
fn a_reply_keeps_its_payload_and_shows_none() {
    let (mut receiver, mut transmitter) = Connection::server(NEW).split();
    in_place(&mut receiver, &End::Server.frame(0x89, b"secret"), &mut vec![]);
    let reply = receiver.take_reply().unwrap();
    assert!(receiver.take_reply().is_none(), "an answer is owed once");
    assert_eq!(format!("{reply:?}"), "Reply(Pong)");
    // whatever is received meanwhile
    in_place(&mut receiver, &End::Server.frame(0x8A, b"other"), &mut vec![]);
    let written = queued_half(&mut transmitter, |half| half.answer(&reply)).unwrap();
    assert_eq!(written, b"\x8A\x06secret");
}

#[test]
fn a_transmitter_sends_and_closes_as_a_connection_does() {
    let news = Prepared::new("news", NEW, [0; 16]).unwrap();
    let mut transmitter = Transmitter::server(NEW);
    assert_eq!(transmitter.send_prepared(&news).unwrap(), b"\x81\x04news");
    assert_eq!(queued_half(&mut transmitter, Transmitter::close_without_code).unwrap(), b"\x88\x00");
    assert_eq!(transmitter.send_prepared(&news), Err(SendError::Closing));
    assert_eq!(transmitter.close_without_code(), Err(SendError::Closing));
    assert_eq!(transmitter.state(), State::Closing);
    // for pools: as it was after the handshake
    transmitter.reset();
    assert_eq!(transmitter.state(), State::Open);
    assert_eq!(transmitter.send_prepared(&news).unwrap(), b"\x81\x04news");

    let mut client = Transmitter::client(keys as Keys, NEW);
    let close = queued_half(&mut client, Transmitter::close_without_code).unwrap();
    assert_eq!(close, [&b"\x88\x80"[..], &KEY].concat());
    let mut client = Transmitter::endpoint(Endpoint::Client(keys as Keys), NEW);
    let close = queued_half(&mut client, |client| client.close(CloseCode::GOING_AWAY, "")).unwrap();
    assert_eq!(plain(&close, true), b"\x88\x02\x03\xE9");
}

/// The bytes of each kind of frame, by one way to write it and by the other.
#[test]
fn a_separate_transmitter_writes_what_a_connection_writes() {
    let (mut whole, mut half) = (Connection::client(keys as Keys, NEW), Transmitter::client(keys as Keys, NEW));
    let (mut one, mut two) = ([0; 64], [0; 64]);
    assert_eq!(whole.send("text", &mut one), half.send("text", &mut two));
    let ping = queued(&mut whole, |whole| whole.ping(b"are you there?")).unwrap();
    assert_eq!(Ok(ping), queued_half(&mut half, |half| half.ping(b"are you there?")));
    let pong = queued(&mut whole, |whole| whole.pong(b"yes")).unwrap();
    assert_eq!(Ok(pong), queued_half(&mut half, |half| half.pong(b"yes")));
    let (mut one, mut two) = (*b"..............in place", *b"..............in place");
    let frame = whole.send_in_place(DataFrame::TEXT, &mut one, 14).unwrap();
    assert_eq!(half.send_in_place(DataFrame::TEXT, &mut two, 14).unwrap(), frame);
    assert_eq!(plain(frame, true), b"\x81\x08in place");

    let (mut one, mut two) = ([0; 14], [0; 14]);
    let [header, payload] = Connection::server(NEW).send_vectored("apart", &mut one).unwrap();
    assert_eq!(Transmitter::server(NEW).send_vectored("apart", &mut two).unwrap(), [header, payload]);
    assert_eq!((header, payload), (&b"\x81\x05"[..], &b"apart"[..]));
}

#[test]
fn a_separate_transmitter_streams_frames_until_the_stream_ends() {
    let mut transmitter = Transmitter::client(keys as Keys, NEW);
    let mut out = [0; 14];
    assert!(!transmitter.is_frame_in_progress());
    let mut wire = transmitter.begin_frame(DataFrame::BINARY, 5, &mut out).unwrap().to_vec();
    for (chunk, left) in [(&b"Hel"[..], 2), (b"lo", 0)] {
        assert!(transmitter.is_frame_in_progress());
        let mut chunk = chunk.to_vec();
        assert_eq!(transmitter.frame_payload(&mut chunk), Ok(left));
        wire.extend(chunk);
    }
    assert_eq!(wire, frame(0x82, b"Hello", true));
    assert!(!transmitter.is_frame_in_progress());
    assert_eq!(transmitter.state(), State::Open);
    transmitter.end_stream();
    assert_eq!(transmitter.state(), State::Closed);
    assert_eq!(transmitter.send("late", &mut out), Err(SendError::Closing));
}

#[test]
fn a_split_loses_nothing_of_what_is_owed_queued_or_half_written() {
    for prepare in 0..8 {
        let [owed, half_written, queued] = [prepare & 1 > 0, prepare & 2 > 0, prepare & 4 > 0];
        let (mut connection, mut want) = (Connection::server(NEW), vec![]);
        let pings = [(half_written, &b"one"[..]), (owed, b"two")];
        for (_, payload) in pings.iter().filter(|(happens, _)| *happens) {
            let mut ping = frame(0x89, payload, true);
            assert_eq!(connection.receive(&mut &mut ping[..]), Some(Event::Ping));
            want.extend(frame(0x8A, payload, false));
            if *payload == b"one" {
                assert_eq!(connection.poll_transmit(&mut [0; 1]), 1);
                want.remove(0);
            }
        }
        if queued {
            assert_eq!(connection.ping(b"mine"), Ok(()));
            want.extend(frame(0x89, b"mine", false));
        }
        let (mut receiver, mut transmitter) = connection.split();
        let mut written = queued_half(&mut transmitter, |_| Ok(())).unwrap();
        if let Some(reply) = receiver.take_reply() {
            written.extend(queued_half(&mut transmitter, |half| half.answer(&reply)).unwrap());
        }
        assert_eq!(written, want, "owed {owed}, half-written {half_written}, queued {queued}");
        let mut ping = frame(0x89, b"next", true);
        assert_eq!(receiver.receive(&mut &mut ping[..]), Some(Event::Ping));
        let reply = receiver.take_reply().unwrap();
        let written = queued_half(&mut transmitter, |half| half.answer(&reply));
        assert_eq!(written, Ok(frame(0x8A, b"next", false)));
    }
}

/// A Close that is queued, or owed, goes along, too.
#[test]
fn a_close_that_waits_outlives_a_split() {
    let mut connection = Connection::server(NEW);
    connection.close(CloseCode::GOING_AWAY, "ours").unwrap();
    let (receiver, mut transmitter) = connection.split();
    assert_eq!((receiver.state(), transmitter.state()), (State::Open, State::Closing));
    assert_eq!(queued_half(&mut transmitter, |_| Ok(())), Ok(frame(0x88, b"\x03\xE9ours", false)));
    let mut connection = Connection::server(NEW);
    let _ = connection.receive(&mut &mut frame(0x88, b"", true)[..]);
    let (mut receiver, mut transmitter) = connection.split();
    let written = queued_half(&mut transmitter, |half| match receiver.take_reply() {
        Some(reply) => half.answer(&reply),
        None => Ok(()),
    });
    assert_eq!((written, transmitter.may_disconnect()), (Ok(frame(0x88, b"", false)), true));
}

/// A Pong precedes the local Close. If it finds no room beside a Close that waits, it is never sent: no later call can
/// help, so it is not refused for the time being, but dropped.
#[test]
fn a_pong_that_finds_no_room_beside_the_local_close_is_dropped() {
    for (reason, len) in [(0, 123), (0, 124), (1, 123), (123, 0), (123, 1), (60, 63), (60, 64)] {
        let (mut receiver, mut transmitter) = Connection::server(NEW).split();
        let _ = control(&mut receiver, 0x89, &vec![7; len]);
        let reply = receiver.take_reply().unwrap();
        let reason = "r".repeat(reason);
        transmitter.close(CloseCode::NORMAL, &reason).unwrap();
        assert_eq!(transmitter.answer(&reply), Ok(()), "{len}");
        let mut want = if 2 + reason.len() + len <= 125 { frame(0x8A, &vec![7; len], false) } else { vec![] };
        want.extend(frame(0x88, &[&[3, 0xE8], reason.as_bytes()].concat(), false));
        assert_eq!(queued_half(&mut transmitter, |_| Ok(())), Ok(want));
        // nor is it sent when there is room
        assert_eq!(queued_half(&mut transmitter, |half| half.answer(&reply)), Ok(vec![]));
    }
}

/// A Close drops the Pong that waits, also if it finds no room itself at first. [5.5.2-not-after-close]
#[test]
fn a_close_that_finds_no_room_at_first_drops_the_pong_that_waits() {
    let (mut receiver, mut transmitter) = Connection::server(NEW).split();
    let mut answer = |transmitter: &mut Transmitter<_>, b0, payload: &[u8]| {
        let mut wire = frame(b0, payload, true);
        let _ = receiver.receive(&mut &mut wire[..]);
        let reply = receiver.take_reply().unwrap();
        (transmitter.answer(&reply), reply)
    };
    assert_eq!(answer(&mut transmitter, 0x89, &[1; 125]).0, Ok(()));
    assert_eq!(transmitter.poll_transmit(&mut [0]), 1);
    assert_eq!(answer(&mut transmitter, 0x89, b"").0, Ok(()));
    let (refused, close) = answer(&mut transmitter, 0x88, b"\x03\xE8");
    assert_eq!(refused, Err(SendError::QueueFull));
    let want = frame(0x8A, &[1; 125], false)[1..].to_vec();
    assert_eq!(queued_half(&mut transmitter, |_| Ok(())), Ok(want));
    let written = queued_half(&mut transmitter, |half| half.answer(&close));
    assert_eq!(written, Ok(frame(0x88, b"\x03\xE8", false)));
}

#[test]
fn a_separate_receiver_is_as_new_after_a_reset() {
    let wire = End::Server.frame(0x83, b"");
    let (mut one, mut two) = (Receiver::<upframe::connection::Server>::new(SETTINGS), vec![]);
    in_place(&mut one, &wire, &mut two);
    assert!(one.failure().is_some());
    one.reset();
    assert!(one.failure().is_none() && one.take_reply().is_none() && one.offset() == 0);
    // with the same settings
    let mut seen = vec![];
    in_place(&mut one, &End::Server.frame(0x82, &[0; 1501]), &mut seen);
    assert_eq!(seen, ["failed: message longer than the limit (RFC 6455 section 10.4) at byte 3"]);
}

#[test]
fn settings_and_limits_are_those_of_a_server_unless_told_otherwise() {
    assert_eq!(Settings::default(), NEW);
    assert_eq!(Limits::default(), Limits::SERVER);
    assert_eq!(NEW.with_limits(Limits::SERVER), NEW);
    assert!(NEW.is_pong_automatic() && !NEW.is_unmasked_trusted());
    let other = NEW.with_automatic_pong(false).with_unmasked_frames_trusted(true);
    assert!(!other.is_pong_automatic() && other.is_unmasked_trusted());
    assert_eq!((Limits::SERVER.message, Limits::SERVER.frame), (67_108_864, 67_108_864));
    assert_eq!((Limits::SMALL_DEVICE.message, Limits::SMALL_DEVICE.frame), (65_536, 65_536));
}

#[test]
fn a_connection_knows_which_end_it_is() {
    assert!(Connection::server(NEW).is_server());
    assert!(!Connection::client(common::keys, NEW).is_server());
}

/// Passes a frame to a receiver; returns the payload that it reports, or `None` if that is discarded.
fn control<R: Role + Copy>(receiver: &mut Receiver<R>, b0: u8, payload: &[u8]) -> Option<Vec<u8>> {
    let mut wire = frame(b0, payload, true);
    let want = if b0 == 0x89 { Event::Ping } else { Event::Pong };
    assert_eq!(receiver.receive(&mut &mut wire[..]), Some(want));
    receiver.control_payload().map(<[u8]>::to_vec)
}

/// An answer that is owed keeps its room, until it is taken.
#[test]
fn the_payload_of_a_pong_can_be_read_again_once_the_reply_is_taken() {
    let mut receiver = Receiver::<upframe::connection::Server>::new(NEW);
    for round in 0..3 {
        assert_eq!(control(&mut receiver, 0x8A, b"before").as_deref(), Some(&b"before"[..]), "{round}");
        assert!(receiver.take_reply().is_none(), "a Pong is not answered");
        assert_eq!(control(&mut receiver, 0x89, b"one").as_deref(), Some(&b"one"[..]));
        assert_eq!(control(&mut receiver, 0x8A, &[b'd'; 123]), None);
        assert_eq!(control(&mut receiver, 0x8A, &[b'k'; 122]), Some(vec![b'k'; 122]));
        assert!(receiver.take_reply().unwrap().is_pong());
        assert!(receiver.take_reply().is_none(), "an answer is owed once");
        assert_eq!(control(&mut receiver, 0x8A, b"read").as_deref(), Some(&b"read"[..]));
        assert!(receiver.take_reply().is_none(), "a Pong after it owes nothing");
    }
}

#[test]
fn a_reader_of_messages_asks_the_receiving_half_what_is_missing() {
    let (mut receiver, _) = Connection::server(NEW).split();
    let wire = frame(0x82, b"0123456789", true);
    let mut buffer = [0; 64];
    buffer[..9].copy_from_slice(&wire[..9]);
    let mut reader = upframe::message::MessageReader::new();
    // the header, and 3 of 10 bytes
    let next = reader.next(&mut receiver, &mut buffer, 9);
    assert!(matches!(next, upframe::message::Next::ReadOn { missing: 7, .. }), "{next:?}");
}
