//! What peers do that is not allowed: the close code on the wire, and the error that the program sees.

mod common;

use common::{Cut, masked, sockets};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use upframe_std::{
    CloseCode, CloseFrame, Config, Error, Limits, Message, Piece, Place, Role, SendError, Violation, WebSocket,
};

/// Sends these bytes; the server reads and writes `cut` bytes at a time. Returns what the program got, the error, and
/// all that came back.
fn played(wire: &[u8], cut: usize, split: bool, config: Config) -> (Vec<Message>, Option<Error>, Vec<u8>) {
    let (mut here, there) = sockets();
    let server = WebSocket::new(Cut(there, cut), Role::Server, config);
    let receive = thread::spawn(move || {
        let (mut messages, mut error) = (vec![], None);
        let mut see = |received: Result<Message, Error>| match received {
            Ok(message) => messages.push(message),
            Err(found) => assert!(error.replace(found).is_none()),
        };
        if split {
            let (_writer, reader) = server.split().unwrap();
            reader.for_each(&mut see);
        } else {
            server.for_each(&mut see);
        }
        (messages, error)
    });
    here.write_all(wire).unwrap();
    here.shutdown(Shutdown::Write).unwrap();
    let mut answer = vec![];
    here.read_to_end(&mut answer).unwrap();
    let (messages, error) = receive.join().unwrap();
    (messages, error, answer)
}

#[test]
fn hostile_frames_end_in_the_right_close_code_on_the_wire() {
    let limits = Limits::SERVER.with_message(1000).with_frame(600).with_fragments(4).with_empty_fragments(1);
    let config = Config::new().with_limits(limits);
    let good = masked(0x81, b"before");
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
        let wire = [&good[..], wire, &masked(0x81, b"after")].concat();
        for cut in [1, 2, 3, 7, 64, 4096] {
            for split in [false, true] {
                let (messages, error, answer) = played(&wire, cut, split, config);
                assert_eq!(messages, [Message::text("before")], "{what}");
                let Some(Error::Protocol(error)) = error else { panic!("{what}: {error:?}") };
                assert_eq!(error.close_code().0, *code, "{what}");
                let close = [&[0x88, 2][..], &code.to_be_bytes()].concat();
                assert_eq!(answer, close, "{what}, {cut} bytes at a time");
            }
        }
    }
}

#[test]
fn the_neighbours_of_the_limits_are_accepted() {
    let config = Config::new().with_limits(Limits::SERVER.with_message(1000).with_frame(600));
    let wire = [masked(0x82, &[1; 600]), masked(0x02, &[2; 600]), masked(0x80, &[2; 400]), masked(0x88, b"")].concat();
    for cut in [1, 7, 4096] {
        let (messages, error, answer) = played(&wire, cut, false, config);
        assert!(
            messages == [Message::binary(vec![1; 600]), Message::binary(vec![2; 1000]), Message::Close(None)]
                && error.is_none()
        );
        assert_eq!(answer, b"\x88\x00");
    }
}

#[test]
fn an_end_without_a_close_is_an_error() {
    use upframe_std::EndOfStream::{InFrame, InMessage, WithoutClose};
    for (wire, end, text) in [
        (masked(0x81, b"x"), WithoutClose, "stream ended without a Close"),
        (masked(0x01, b"x"), InMessage, "stream ended inside a message"),
        (masked(0x81, b"xyz")[..8].to_vec(), InFrame, "stream ended inside a frame"),
    ] {
        let (_, error, answer) = played(&wire, 3, false, Config::new());
        let error = error.unwrap();
        assert!(matches!(error, Error::Ended(found) if found == end));
        assert_eq!((error.to_string().as_str(), answer.len()), (text, 0));
    }
}

#[test]
fn a_close_is_answered_with_its_code_and_its_reason() {
    for cut in [1, 2, 4096] {
        for split in [false, true] {
            let wire = [masked(0x81, b"x"), masked(0x88, b"\x0f\xa1bye"), masked(0x81, b"late")].concat();
            let (messages, error, answer) = played(&wire, cut, split, Config::new());
            assert_eq!((messages.len(), error.is_none(), &answer[..]), (2, true, &b"\x88\x05\x0f\xa1bye"[..]));
            let Some(Message::Close(Some(frame))) = messages.last() else { panic!() };
            assert_eq!(frame.to_string(), "4001 bye");
        }
    }
}

/// A server, and the other end of its socket: for frames that are written by hand.
fn server_and_wire() -> (WebSocket<TcpStream>, TcpStream) {
    let (here, there) = sockets();
    (WebSocket::new(there, Role::Server, Config::new()), here)
}

/// 14 bytes announce 60 MB: the memory grows with what comes.
#[test]
fn what_is_announced_needs_no_memory() {
    let (mut server, mut wire) = server_and_wire();
    wire.write_all(b"\x82\xff\0\0\0\0\x03\x93\x87\0\0\0\0\0").unwrap();
    wire.write_all(&[7; 1000]).unwrap();
    drop(wire);
    let error = server.next().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "stream ended inside a frame");
    // what the limit forbids is refused at its header
    let (mut server, mut wire) = server_and_wire();
    wire.write_all(b"\x82\xff\0\0\0\0\x04\0\0\x01\0\0\0\0").unwrap();
    wire.shutdown(Shutdown::Write).unwrap();
    let Some(Err(Error::Protocol(error))) = server.next() else { panic!() };
    assert_eq!(error.violation, Violation::FrameTooBig);
}

/// A call that is not valid changes nothing.
#[test]
fn what_cannot_be_sent_is_refused_and_the_connection_goes_on() {
    let (mut server, mut wire) = server_and_wire();
    let long = "x".repeat(124);
    for (message, error) in [
        (Message::Ping(vec![0; 126]), SendError::ControlTooLong),
        (Message::Pong(vec![0; 126]), SendError::ControlTooLong),
        (Message::Close(Some(CloseFrame { code: CloseCode::ABNORMAL, reason: "".into() })), SendError::CloseCode),
        (Message::Close(Some(CloseFrame { code: CloseCode(5000), reason: "".into() })), SendError::CloseCode),
        (Message::Close(Some(CloseFrame { code: CloseCode::NORMAL, reason: long })), SendError::ControlTooLong),
    ] {
        assert!(matches!(server.send(message), Err(Error::Send(found)) if found == error), "{error:?}");
    }
    assert!(matches!(server.close(CloseCode::NO_STATUS, ""), Err(Error::Send(SendError::CloseCode))));
    let last = Piece::text("x").at(Place::Last);
    assert!(matches!(server.send_piece(last), Err(Error::Send(SendError::NoMessage))));
    server.send_piece(Piece::text("a").at(Place::First)).unwrap();
    assert!(matches!(server.send(Message::text("b")), Err(Error::Send(SendError::MessageInProgress))));
    server.send(Message::Ping(b"p".to_vec())).unwrap();
    server.send_piece(Piece::text("c").at(Place::Last)).unwrap();
    server.send(Message::Close(None)).unwrap();
    assert!(matches!(server.send(Message::text("late")), Err(Error::Send(SendError::Closing))));
    let mut seen = [0; 11];
    wire.read_exact(&mut seen).unwrap();
    assert_eq!(&seen, b"\x01\x01a\x89\x01p\x80\x01c\x88\x00");
}

/// Logs of a program contain no payloads, paths and fields.
#[test]
fn debug_shows_lengths_only() {
    let close = CloseFrame { code: CloseCode::NORMAL, reason: "secret".into() };
    let text = format!(
        "{:?} {:?} {:?} {:?} {close:?}",
        Message::text("secret"),
        Message::binary(&b"secret"[..]),
        Piece::text("secret").at(Place::First),
        Message::Close(Some(close.clone())),
    );
    assert!(!text.contains("secret"), "{text}");
    assert!(text.starts_with("Text(6 bytes) Binary(6 bytes) Text(6 bytes, First) Close("), "{text}");
}
