//! What peers do that is not allowed: the close code on the wire, and the error that the program sees.

mod common;

use common::{masked, server_and_wire};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};
use upframe_tokio::{
    Bytes, CloseCode, CloseFrame, Config, Error, Limits, Message, Piece, Place, Role, SendError, Violation, WebSocket,
};

/// Sends these bytes in parts of `cut` bytes. Returns what the program got, the error, and all that came back.
async fn played(wire: &[u8], cut: usize, split: bool, config: Config) -> (Vec<Message>, Option<Error>, Vec<u8>) {
    let (server, transport) = server_and_wire(cut, config);
    let (mut read, mut write) = tokio::io::split(transport);
    let send = async {
        let _ = write.write_all(wire).await;
        let _ = write.shutdown().await;
    };
    let mut answer = vec![];
    let receive = async {
        let (mut messages, mut error) = (vec![], None);
        macro_rules! receive {
            ($reader:expr) => {
                while let Some(message) = $reader.next().await {
                    match message {
                        Ok(message) => messages.push(message),
                        Err(found) => assert!(error.replace(found).is_none()),
                    }
                }
            };
        }
        if split {
            let (writer, mut reader) = server.split();
            receive!(reader);
            drop(writer);
        } else {
            let mut server = server;
            receive!(server);
        }
        (messages, error)
    };
    let ((), _, (messages, error)) = tokio::join!(send, read.read_to_end(&mut answer), receive);
    (messages, error, answer)
}

#[tokio::test]
async fn hostile_frames_end_in_the_right_close_code_on_the_wire() {
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
                let (messages, error, answer) = played(&wire, cut, split, config).await;
                assert_eq!(messages, [Message::text("before")], "{what}");
                let Some(Error::Protocol(error)) = error else { panic!("{what}: {error:?}") };
                assert_eq!(error.close_code().0, *code, "{what}");
                let close = [&[0x88, 2][..], &code.to_be_bytes()].concat();
                assert_eq!(answer, close, "{what}, {cut} bytes at a time");
            }
        }
    }
}

#[tokio::test]
async fn the_neighbours_of_the_limits_are_accepted() {
    let config = Config::new().with_limits(Limits::SERVER.with_message(1000).with_frame(600));
    let wire = [masked(0x82, &[1; 600]), masked(0x02, &[2; 600]), masked(0x80, &[2; 400]), masked(0x88, b"")].concat();
    for cut in [1, 7, 4096] {
        let (messages, error, answer) = played(&wire, cut, false, config).await;
        assert!(
            messages == [Message::binary(vec![1; 600]), Message::binary(vec![2; 1000]), Message::Close(None)]
                && error.is_none()
        );
        assert_eq!(answer, b"\x88\x00");
    }
}

#[tokio::test]
async fn an_end_without_a_close_is_an_error() {
    use upframe_tokio::EndOfStream::{InFrame, InMessage, WithoutClose};
    for (wire, end, text) in [
        (masked(0x81, b"x"), WithoutClose, "stream ended without a Close"),
        (masked(0x01, b"x"), InMessage, "stream ended inside a message"),
        (masked(0x81, b"xyz")[..8].to_vec(), InFrame, "stream ended inside a frame"),
    ] {
        let (_, error, answer) = played(&wire, 3, false, Config::new()).await;
        let error = error.unwrap();
        assert!(matches!(error, Error::Ended(found) if found == end));
        assert_eq!((error.to_string().as_str(), answer.len()), (text, 0));
    }
}

#[tokio::test]
async fn a_close_is_answered_with_its_code_and_its_reason() {
    for cut in [1, 2, 4096] {
        for split in [false, true] {
            let wire = [masked(0x81, b"x"), masked(0x88, b"\x0f\xa1bye"), masked(0x81, b"late")].concat();
            let (messages, error, answer) = played(&wire, cut, split, Config::new()).await;
            assert_eq!((messages.len(), error.is_none(), &answer[..]), (2, true, &b"\x88\x05\x0f\xa1bye"[..]));
            let Some(Message::Close(Some(frame))) = messages.last() else { panic!() };
            assert_eq!(frame.to_string(), "4001 bye");
        }
    }
}

/// 14 bytes announce 60 MB: the memory grows with what comes.
#[tokio::test]
async fn what_is_announced_needs_no_memory() {
    let (mut server, mut wire) = server_and_wire(1 << 20, Config::new());
    wire.write_all(b"\x82\xff\0\0\0\0\x03\x93\x87\0\0\0\0\0").await.unwrap();
    wire.write_all(&[7; 1000]).await.unwrap();
    drop(wire);
    let error = server.next().await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "stream ended inside a frame");
    // what the limit forbids is refused at its header
    let (mut server, mut wire) = server_and_wire(1 << 20, Config::new());
    wire.write_all(b"\x82\xff\0\0\0\0\x04\0\0\x01\0\0\0\0").await.unwrap();
    wire.shutdown().await.unwrap();
    let Some(Err(Error::Protocol(error))) = server.next().await else { panic!() };
    assert_eq!(error.violation, Violation::FrameTooBig);
}

/// A transport that cannot be written.
struct ReadOnly(DuplexStream);

impl AsyncRead for ReadOnly {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for ReadOnly {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }
}

/// The peer's last messages and its Close are in the system's buffer, and it reads no more.
#[tokio::test]
async fn what_came_before_the_transport_broke_is_delivered() {
    let (mut here, there) = tokio::io::duplex(4096);
    here.write_all(&[masked(0x89, b""), masked(0x81, b"last words"), masked(0x88, b"\x03\xe9")].concat())
        .await
        .unwrap();
    let mut server = WebSocket::new(ReadOnly(there), Role::Server, Config::new());
    assert!(matches!(server.send(Message::text("x")).await, Err(Error::Io(_))));
    assert_eq!(server.next().await.unwrap().unwrap(), Message::Ping(Bytes::new()));
    assert!(matches!(server.feed(Message::text("y")).await, Err(Error::Io(_))));
    assert_eq!(server.next().await.unwrap().unwrap(), Message::text("last words"));
    assert_eq!(server.next().await.unwrap().unwrap().len(), 0);
    assert!(server.next().await.is_none());
    assert_eq!(server.close_code(), Some(CloseCode::GOING_AWAY));
    assert!(server.close(CloseCode::NORMAL, "").await.is_ok(), "it is closed");
}

/// A call that is not valid changes nothing.
#[tokio::test]
async fn what_cannot_be_sent_is_refused_and_the_connection_goes_on() {
    let (mut server, mut wire) = server_and_wire(4096, Config::new());
    let long = "x".repeat(124);
    for (message, error) in [
        (Message::Ping(Bytes::from(vec![0; 126])), SendError::ControlTooLong),
        (Message::Pong(Bytes::from(vec![0; 126])), SendError::ControlTooLong),
        (Message::Close(Some(CloseFrame { code: CloseCode::ABNORMAL, reason: "".into() })), SendError::CloseCode),
        (Message::Close(Some(CloseFrame { code: CloseCode(5000), reason: "".into() })), SendError::CloseCode),
        (
            Message::Close(Some(CloseFrame { code: CloseCode::NORMAL, reason: long.as_str().into() })),
            SendError::ControlTooLong,
        ),
    ] {
        assert!(matches!(server.send(message).await, Err(Error::Send(found)) if found == error), "{error:?}");
    }
    assert!(matches!(server.close(CloseCode::NO_STATUS, "").await, Err(Error::Send(SendError::CloseCode))));
    let last = Piece::text("x").at(Place::Last);
    assert!(matches!(server.send_piece(last).await, Err(Error::Send(SendError::NoMessage))));
    server.send_piece(Piece::text("a").at(Place::First)).await.unwrap();
    assert!(matches!(server.send(Message::text("b")).await, Err(Error::Send(SendError::MessageInProgress))));
    server.send(Message::Ping(Bytes::from_static(b"p"))).await.unwrap();
    server.send_piece(Piece::text("c").at(Place::Last)).await.unwrap();
    server.send(Message::Close(None)).await.unwrap();
    assert!(matches!(server.send(Message::text("late")).await, Err(Error::Send(SendError::Closing))));
    let mut seen = [0; 11];
    wire.read_exact(&mut seen).await.unwrap();
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
