//! Connections that end without the closing handshake: the end of the stream, a failure that the caller finds, a reset.

mod common;

use common::{End, Seen, client, close_frame, feed, frame, header, keys, plain, queued, server, transmit};
use upframe::connection::{
    Connection, DataFrame, EndOfStream, Event, Fragment, Limits, MessageKind, NoEntropy, Role, SendError, Settings,
    State, Violation,
};
use upframe::frame::{CloseCode, FrameViolation, ReservedBits};

const NEW: Settings = Settings::new();

fn body(code: u16, reason: &[u8]) -> Vec<u8> {
    [&code.to_be_bytes()[..], reason].concat()
}

/// [7.1.4-ended] [7.1.5-1006] [7.2.1-lost]
#[test]
fn the_end_of_the_stream_is_reported_with_its_place() {
    fn run<R: Role>(mut connection: Connection<R>, wire: &[u8], n: usize, want: EndOfStream) {
        let mut seen = vec![];
        feed(&mut connection, &wire[..n], &mut seen);
        let code = connection.close_code();
        assert_eq!(connection.receive_eof(), want, "after {n} of {wire:x?}");
        assert_eq!(connection.close_code(), code.or(Some(CloseCode::ABNORMAL)));
        assert_eq!(connection.failure(), None);
        let count = seen.len();
        feed(&mut connection, &wire[n..], &mut seen);
        assert_eq!(seen.len(), count, "nothing is received any more");
        assert_eq!(connection.send("a", &mut [0; 9]), Err(SendError::Closing));
        transmit(&mut connection, 9);
        assert_eq!((connection.state(), connection.may_disconnect()), (State::Closed, true));
    }
    for end in [End::Server, End::Client] {
        use EndOfStream::*;
        let frames = [
            (end.frame(0x81, b"whole"), WithoutClose),
            (end.frame(0x01, b"first"), InMessage),
            (end.frame(0x89, b"ping"), InMessage),
            (end.frame(0x00, b""), InMessage),
            (end.frame(0x80, b"last"), WithoutClose),
            (end.frame(0x82, &[7; 200]), WithoutClose),
            (end.frame(0x8A, b""), WithoutClose),
            (end.frame(0x88, &body(1000, b"bye")), Expected),
        ];
        let wire: Vec<u8> = frames.iter().flat_map(|(frame, _)| frame.clone()).collect();
        let mut ends = vec![(0, WithoutClose)];
        for (frame, want) in &frames {
            let start = ends.last().unwrap().0;
            ends.extend((1..frame.len()).map(|n| (start + n, InFrame)));
            ends.push((start + frame.len(), *want));
        }
        for (n, want) in ends {
            if end.is_server() { run(server(NEW), &wire, n, want) } else { run(client(NEW), &wire, n, want) }
        }
    }
}

/// [7.1.1-server-first]
#[test]
fn the_end_of_the_stream_after_a_failure_is_expected() {
    let mut server = server(NEW);
    feed(&mut server, &frame(0x83, b"", true), &mut vec![]);
    assert_eq!(server.receive_eof(), EndOfStream::Expected);
    assert_eq!((server.state(), server.close_code()), (State::Failed, Some(CloseCode::ABNORMAL)));
    assert_eq!(transmit(&mut server, 1), close_frame(1002));
    let mut client = client(NEW);
    client.fail(Violation::Policy);
    assert_eq!(client.receive_eof(), EndOfStream::Expected);
    assert!(!client.may_disconnect(), "its Close can still be written");
    assert_eq!(plain(&transmit(&mut client, 1), true), close_frame(1008));
    assert!(client.may_disconnect());
}

#[test]
fn the_end_of_the_stream_is_the_same_when_it_is_reported_again() {
    for (wire, want) in [
        (vec![], EndOfStream::WithoutClose),
        (frame(0x02, b"a", true), EndOfStream::InMessage),
        (header(0x82, 5, common::Form::Bits7, Some(common::KEY)), EndOfStream::InFrame),
    ] {
        let mut server = server(NEW);
        feed(&mut server, &wire, &mut vec![]);
        assert_eq!((server.receive_eof(), server.receive_eof()), (want, want));
    }
}

/// [7.1.5-1006] [7.1.7-close]
#[test]
fn the_caller_can_fail_a_connection_with_each_violation() {
    for violation in [
        Violation::Policy,
        Violation::MessageTooBig,
        Violation::ExtensionData,
        Violation::NotUtf8,
        Violation::Frame(FrameViolation::Masked),
    ] {
        let mut server = server(NEW);
        let mut seen = vec![];
        let wire = [frame(0x89, b"not answered", true), frame(0x02, b"abc", true)].concat();
        feed(&mut server, &wire, &mut seen);
        server.fail(violation);
        server.fail(Violation::TooManyFragments);
        feed(&mut server, &frame(0x80, b"def", true), &mut seen);
        assert_eq!(seen, [Seen::ping(b"not answered"), Seen::binary(b"abc").open()], "no event follows");
        let failure = server.failure().unwrap();
        assert_eq!((failure.violation, failure.offset), (violation, wire.len() as u64));
        assert_eq!((server.state(), server.close_code()), (State::Failed, Some(CloseCode::ABNORMAL)));
        assert!(!server.may_disconnect());
        assert_eq!(transmit(&mut server, 1), close_frame(violation.close_code().0));
        assert!(server.may_disconnect());
    }
}

/// [7.1.7-not-after-close]
/// [7.1.7-close]
#[test]
fn failing_does_nothing_after_a_close_and_sends_no_second_close() {
    let (mut peer_first, mut local_first) = (server(NEW), server(NEW));
    feed(&mut peer_first, &frame(0x88, &body(1000, b"x"), true), &mut vec![]);
    peer_first.fail(Violation::Policy);
    assert_eq!((peer_first.failure(), peer_first.state()), (None, State::Closing));
    assert_eq!((transmit(&mut peer_first, 9), peer_first.close_reason()), (frame(0x88, &body(1000, b"x"), false), "x"));
    queued(&mut local_first, |end| end.close(CloseCode::NORMAL, "")).unwrap();
    local_first.fail(Violation::Policy);
    assert_eq!((local_first.state(), local_first.may_disconnect()), (State::Failed, true));
    assert_eq!(transmit(&mut local_first, 9), b"");
}

#[test]
fn a_connection_that_was_reset_is_as_new_and_keeps_its_settings() {
    let limits = Limits::SERVER.with_message(40).with_fragments(3);
    let settings = NEW.with_limits(limits).with_reserved_bits(ReservedBits::RSV1).with_unmasked_frames_trusted(true);
    type Mess = fn(&mut Connection<upframe::connection::Server>);
    let messes: [Mess; 9] = [
        |_| {},
        |c| feed(c, &frame(0x83, b"", true), &mut vec![]),
        |c| feed(c, &frame(0x88, &body(1000, b"left over"), true), &mut vec![]),
        |c| feed(c, &[frame(0x01, b"a\xE4\xB8", true), vec![0x80]].concat(), &mut vec![]),
        |c| feed(c, &[frame(0x89, b"left over", true).repeat(3), vec![0x8A, 0x85, 1]].concat(), &mut vec![]),
        |c| {
            feed(c, &frame(0x89, b"a", true), &mut vec![]);
            let _ = c.poll_transmit(&mut [0]);
            feed(c, &frame(0x89, b"b", true), &mut vec![]);
        },
        |c| {
            c.begin_frame(DataFrame::TEXT.first(), 9, &mut [0; 14]).unwrap();
            c.frame_payload(&mut [0xE4]).unwrap();
        },
        |c| {
            feed(c, &frame(0x02, b"ab", true), &mut vec![]);
            assert!(c.skip_message());
            c.close(CloseCode::NORMAL, "left over").unwrap();
        },
        |c| {
            c.receive_eof();
        },
    ];
    let script = [
        frame(0xC1, b"\xFF", true),
        frame(0x81, "gr\u{fc}\u{df}".as_bytes(), false),
        frame(0x89, b"new", true),
        frame(0x02, &[1; 20], true),
        frame(0x00, &[1; 20], true),
        frame(0x80, b"!", true),
    ]
    .concat();
    for mess in messes {
        let mut used = server(settings);
        mess(&mut used);
        used.reset();
        assert_eq!((used.state(), used.offset(), used.close_code(), used.close_reason()), (State::Open, 0, None, ""));
        assert!(!used.wants_transmit() && used.control_payload().is_none() && used.failure().is_none());
        let mut fresh = server(settings);
        let [mut seen, mut want] = [vec![], vec![]];
        let mut out = [0; 64];
        assert_eq!(used.send("first", &mut out).unwrap(), b"\x81\x05first");
        let extended = Fragment::extended(MessageKind::Text, ReservedBits::RSV1, b"\xFF");
        assert_eq!(used.send(extended, &mut out).unwrap(), b"\xC1\x01\xFF");
        feed(&mut used, &script, &mut seen);
        feed(&mut fresh, &script, &mut want);
        assert_eq!(seen, want);
        assert!(matches!(want.last(), Some(Seen::Failed(error)) if error.violation == Violation::MessageTooBig));
        assert_eq!(transmit(&mut used, 9), transmit(&mut fresh, 9));
    }
    let mut quiet = server(settings.with_automatic_pong(false));
    quiet.reset();
    assert_eq!(quiet.receive(&mut &mut frame(0x89, b"", true)[..]), Some(Event::Ping));
    assert!(!quiet.wants_transmit());
}

/// Otherwise a loop that runs until `may_disconnect` would never end.
#[test]
fn a_stream_that_has_ended_may_be_closed_though_an_answer_waits_for_a_frame() {
    let mut server = Connection::server(Settings::new());
    server.begin_frame(upframe::connection::DataFrame::BINARY, 100, &mut [0; 14]).unwrap();
    let mut ping = *b"\x89\x80\0\0\0\0";
    assert_eq!(server.receive(&mut &mut ping[..]), Some(Event::Ping));
    server.receive_eof();
    assert_eq!((server.poll_transmit(&mut [0; 99]), server.may_disconnect()), (0, true));
}

/// Otherwise the loop that runs until `may_disconnect` would spin for ever.
#[test]
fn a_client_without_entropy_may_disconnect_once_the_stream_has_ended() {
    let dry = std::cell::Cell::new(true);
    let mut client = Connection::client(|key: &mut [u8]| if dry.get() { Err(NoEntropy) } else { keys(key) }, NEW);
    feed(&mut client, &frame(0x89, b"Hello", false), &mut vec![]);
    client.receive_eof();
    assert!(client.wants_transmit() && !client.may_disconnect());
    assert_eq!(client.poll_transmit(&mut [0; 99]), 0);
    assert!(client.wants_transmit() && client.may_disconnect());
    // entropy that recovers is used
    dry.set(false);
    assert_eq!(transmit(&mut client, 1), frame(0x8A, b"Hello", true));
    assert!(client.may_disconnect());
    // a half-written answer can be finished without entropy
    dry.set(false);
    let mut client = Connection::client(|key: &mut [u8]| if dry.get() { Err(NoEntropy) } else { keys(key) }, NEW);
    feed(&mut client, &frame(0x89, b"Hello", false), &mut vec![]);
    assert_eq!(client.poll_transmit(&mut [0; 1]), 1);
    dry.set(true);
    client.receive_eof();
    assert!(!client.may_disconnect());
    assert_eq!(client.poll_transmit(&mut [0; 99]), 10);
    assert!(client.may_disconnect());
}

/// [7.4.1-says-why]
#[test]
fn each_violation_is_reported_with_its_close_code() {
    for (violation, code) in [
        (Violation::Frame(FrameViolation::ReservedBit), 1002),
        (Violation::FrameTooBig, 1009),
        (Violation::MessageTooBig, 1009),
        (Violation::TooManyFragments, 1008),
        (Violation::TooManyEmptyFragments, 1008),
        (Violation::NotUtf8, 1007),
        (Violation::CloseTruncated, 1002),
        (Violation::CloseCode, 1002),
        (Violation::CloseReason, 1007),
        (Violation::ExtensionData, 1007),
        (Violation::Policy, 1008),
    ] {
        let mut server = server(NEW);
        server.fail(violation);
        assert_eq!(transmit(&mut server, 9), close_frame(code), "{violation}");
    }
}
