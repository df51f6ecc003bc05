//! What peers do that is not allowed, sizes of buffers, and calls that are refused.

mod common;

use common::{After, Script, TestClock, masked, run};
use upframe_embedded::{
    CloseCode, Config, Endpoint, Error, Fragment, Limits, Message, NoKeys, Place, SendError, Violation, WebSocket,
};

/// Returns what came, the error, and all that went out.
fn played(wire: &[u8], cut: usize, after: After, room: usize) -> (Vec<String>, Option<String>, Vec<u8>) {
    let clock = TestClock::default();
    let script = Script::new(wire, cut, after);
    let output = script.output.clone();
    let (mut receive, mut send) = (vec![0; room], [0; 200]);
    let limits = Limits::SERVER.with_message(1000).with_frame(600).with_fragments(4).with_empty_fragments(1);
    let config = Config::new().with_limits(limits);
    let mut ws = WebSocket::new(script, &clock, Endpoint::<NoKeys>::Server, &mut receive, &mut send, config);
    let (mut seen, mut error) = (vec![], None);
    while let Some(next) = run(&clock, ws.next()) {
        match next {
            Ok(message) => seen.push(format!("{message:?}")),
            Err(found) => assert!(error.replace(found.to_string()).is_none()),
        }
    }
    let output = output.borrow().clone();
    (seen, error, output)
}

#[test]
fn hostile_frames_end_in_the_right_close_code_on_the_wire() {
    let table: &[(&str, Vec<u8>, u16)] = &[
        ("not masked", b"\x81\x01x".to_vec(), 1002),
        ("a reserved bit", masked(0xC1, b"x"), 1002),
        ("a reserved opcode", masked(0x83, b"x"), 1002),
        ("a long Ping", masked(0x89, &[0; 126]), 1002),
        ("a fragmented Ping", masked(0x09, b"x"), 1002),
        ("a continuation of nothing", masked(0x80, b"x"), 1002),
        ("a message in a message", [masked(0x01, b"x"), masked(0x81, b"y")].concat(), 1002),
        ("a length that is not minimal", b"\x82\xfe\x00\x01\0\0\0\0x".to_vec(), 1002),
        ("a Close with one byte", masked(0x88, b"\x03"), 1002),
        ("a Close with 1005", masked(0x88, b"\x03\xed"), 1002),
        ("a reason that is not text", masked(0x88, b"\x03\xe8\xff"), 1007),
        ("text that is not text", masked(0x81, b"\xc3\x28"), 1007),
        ("text that ends within a code point", masked(0x81, b"\xe2\x82"), 1007),
        ("a long frame", masked(0x82, &[0; 601]), 1009),
        ("a long message", [masked(0x02, &[0; 600]), masked(0x80, &[0; 401])].concat(), 1009),
        (
            "many fragments",
            [masked(0x02, b"a"), masked(0, b"b"), masked(0, b"c"), masked(0, b"d"), masked(0, b"e")].concat(),
            1008,
        ),
        ("many empty fragments", [masked(0x02, b"a"), masked(0, b""), masked(0, b"")].concat(), 1008),
    ];
    for (what, wire, code) in table {
        let wire = [&masked(0x81, b"before")[..], wire, &masked(0x81, b"after")].concat();
        for cut in [1, 2, 3, 7, 64, 4096] {
            let (seen, error, output) = played(&wire, cut, After::Silence, 1200);
            assert_eq!(seen, ["Text(6 bytes)"], "{what}");
            assert!(error.unwrap().starts_with("peer: "), "{what}");
            assert_eq!(output, [&[0x88, 2][..], &code.to_be_bytes()].concat(), "{what}, {cut} bytes at a time");
        }
    }
}

#[test]
fn a_message_must_fit_the_receive_buffer() {
    for cut in [1, 7, 4096] {
        for (len, fits) in [(31, true), (32, true), (33, false)] {
            let wire = [masked(0x82, &vec![1; len]), masked(0x88, b"")].concat();
            let (seen, error, output) = played(&wire, cut, After::Silence, 32);
            if fits {
                assert_eq!((seen.len(), error, &output[..]), (2, None, &b"\x88\x00"[..]), "{len}, {cut}");
            } else {
                assert_eq!((seen.len(), &output[..]), (0, &b"\x88\x02\x03\xf1"[..]), "{len}, {cut}");
                assert!(error.unwrap().starts_with("peer: "));
            }
        }
    }
}

#[test]
fn an_end_without_a_close_is_an_error_and_so_is_a_broken_transport() {
    for (wire, text) in [
        (masked(0x81, b"x"), "stream ended without a Close"),
        (masked(0x01, b"x"), "stream ended inside a message"),
        (masked(0x81, b"xyz")[..8].to_vec(), "stream ended inside a frame"),
    ] {
        assert_eq!(played(&wire, 3, After::End, 64).1.unwrap(), text);
        assert!(played(&wire, 3, After::Error, 64).1.unwrap().starts_with("transport: "));
    }
}

/// A flood of Pings to a peer that does not read: one answer is kept, the newest, and the connection goes on.
#[test]
fn a_flood_of_pings_needs_one_place() {
    let clock = TestClock::default();
    let wire: Vec<u8> = (0..200u8).flat_map(|i| masked(0x89, &[i; 100])).chain(masked(0x81, b"x")).collect();
    let mut script = Script::new(&wire, 1 << 20, After::Silence);
    script.accepts = 50;
    let output = script.output.clone();
    let (mut receive, mut send) = (vec![0; 1 << 15], [0; 220]);
    let mut ws = WebSocket::new(script, &clock, Endpoint::<NoKeys>::Server, &mut receive, &mut send, Config::new());
    let mut pings = 0;
    while let Some(Ok(message)) = run(&clock, ws.next()) {
        match message {
            Message::Ping(_) => pings += 1,
            other => {
                assert_eq!(other, Message::Text("x"));
                break;
            }
        }
    }
    assert_eq!(pings, 200);
    ws.get_mut().accepts = usize::MAX;
    run(&clock, ws.writer().flush()).unwrap();
    let output = output.borrow();
    assert!(output.len() <= 102 * 5 && output.ends_with(&[199; 100]), "{}", output.len());
}

/// A call that is not valid changes nothing.
#[test]
fn what_cannot_be_sent_is_refused_and_the_connection_goes_on() {
    let clock = TestClock::default();
    let script = Script::new(b"", 7, After::End);
    let output = script.output.clone();
    let (mut receive, mut send) = ([0; 64], [0; 40]);
    let mut ws = WebSocket::new(script, &clock, Endpoint::<NoKeys>::Server, &mut receive, &mut send, Config::new());
    // its header needs 2 bytes
    let refused = run(&clock, ws.send(&[7; 39]));
    assert!(matches!(refused, Err(Error::Send(SendError::BufferTooSmall { required: 41 }))), "{refused:?}");
    run(&clock, ws.send(&[7; 38])).unwrap();
    let long = run(&clock, ws.writer().ping(&[0; 126]));
    assert!(matches!(long, Err(Error::Send(SendError::ControlTooLong))));
    let code = run(&clock, ws.close(CloseCode::ABNORMAL, ""));
    assert!(matches!(code, Err(Error::Send(SendError::CloseCode))));
    let last = run(&clock, ws.send(Fragment::text("x").at(Place::Last)));
    assert!(matches!(last, Err(Error::Send(SendError::NoMessage))));
    run(&clock, ws.send(Fragment::text("a").at(Place::First))).unwrap();
    assert!(matches!(run(&clock, ws.send("b")), Err(Error::Send(SendError::MessageInProgress))));
    run(&clock, ws.writer().ping(b"p")).unwrap();
    run(&clock, ws.writer().pong(b"q")).unwrap();
    run(&clock, ws.send(Fragment::text("c").at(Place::Last))).unwrap();
    run(&clock, ws.writer().close(CloseCode::NORMAL, "")).unwrap();
    assert!(matches!(run(&clock, ws.send("late")), Err(Error::Send(SendError::Closing))));
    assert_eq!(output.borrow()[40..], *b"\x01\x01a\x89\x01p\x8a\x01q\x80\x01c\x88\x02\x03\xe8");
    // the stream ends without the peer's Close
    assert!(matches!(run(&clock, ws.next()), Some(Err(Error::Ended(_)))));
    assert!(run(&clock, ws.next()).is_none());
    assert!(run(&clock, ws.close(CloseCode::NORMAL, "")).is_ok(), "it is closed");
}

#[test]
fn limits_are_judged_at_the_header() {
    let clock = TestClock::default();
    let script = Script::new(b"\x82\xff\0\0\0\0\x04\0\0\x01\0\0\0\0", 64, After::Silence);
    let (mut receive, mut send) = ([0; 64], [0; 64]);
    let mut ws = WebSocket::new(script, &clock, Endpoint::<NoKeys>::Server, &mut receive, &mut send, Config::new());
    let Some(Err(Error::Protocol(error))) = run(&clock, ws.next()) else { panic!() };
    assert_eq!(error.violation, Violation::FrameTooBig);
}
