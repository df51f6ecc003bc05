//! `/ws` and `/echo`.

mod common;

use common::{Program, Socket, handshake, read_head, text};
use std::io::{Read, Write};
use upframe_tokio::{CloseCode, Error, Message, Piece, Place};

/// Returns the code and the reason of the server's Close.
async fn end(socket: &mut Socket) -> (u16, String) {
    while let Some(Ok(_)) = socket.next().await {}
    let reason = socket.close_frame().map(|frame| frame.reason.to_string());
    (socket.close_code().unwrap().0, reason.unwrap_or_default())
}

#[test]
fn the_hello_counts_the_bytes_of_the_handshake() {
    let program = Program::start(&[]);
    for fields in ["Host: a\r\n", "Host: a\r\nSec-WebSocket-Protocol: chat\r\n"] {
        let (mut stream, request) = (program.connect(), handshake("/ws", fields));
        stream.write_all(request.as_bytes()).unwrap();
        let head = read_head(&mut stream);
        let mut header = [0; 2];
        stream.read_exact(&mut header).unwrap();
        let mut hello = vec![0; usize::from(header[1])];
        stream.read_exact(&mut hello).unwrap();
        let hello = String::from_utf8(hello).unwrap();
        assert!(hello.contains(&format!("\"bytes\":{},", request.len() + head.len())), "{hello} {head}");
    }
}

#[tokio::test]
async fn news_are_not_lost_at_a_reconnect() {
    let program = Program::start(&[]);
    let (mut first, since) = program.listen("/ws").await;
    let id = program.publish("one");
    assert!(text(&mut first).await.contains("\"one\""));
    drop(first);
    let missed: Vec<_> = ["two", "three"].iter().map(|text| program.publish(text)).collect();
    let (mut again, from) = program.listen(&format!("/ws?since={id}")).await;
    assert_eq!(from, id);
    for (id, what) in missed.iter().zip(["two", "three"]) {
        assert_eq!(text(&mut again).await, format!("{{\"id\":\"{id}\",\"text\":\"{what}\"}}"));
    }
    // and it goes on with what comes now
    let now = program.publish("four");
    assert!(text(&mut again).await.contains(&now));
    let (mut all, _) = program.listen(&format!("/ws?since={since}")).await;
    for what in ["one", "two", "three", "four"] {
        assert!(text(&mut all).await.contains(what));
    }
}

#[tokio::test]
async fn news_that_are_no_longer_kept_are_told() {
    let program = Program::start(&["--keep", "2"]);
    let ids: Vec<_> = (0..4).map(|n| program.publish(&format!("news {n}"))).collect();
    let (mut socket, _) = program.listen(&format!("/ws?since={}", ids[0])).await;
    assert_eq!(text(&mut socket).await, format!("{{\"gap\":{{\"after\":\"{}\",\"lost\":null}}}}", ids[1]));
    assert!(text(&mut socket).await.contains("news 2"));
    assert!(text(&mut socket).await.contains("news 3"));
}

/// A program that was restarted does not know what it published before.
#[tokio::test]
async fn a_restart_is_told() {
    let before = Program::start(&[]).publish("before");
    let program = Program::start(&[]);
    let after = program.publish("after");
    let (mut socket, from) = program.listen(&format!("/ws?since={before}")).await;
    assert!(text(&mut socket).await.starts_with(&format!("{{\"gap\":{{\"after\":\"{from}\"")));
    assert!(text(&mut socket).await.contains(&after));
}

#[tokio::test]
async fn messages_of_clients_become_news() {
    let program = Program::start(&[]);
    let (mut one, since) = program.listen("/ws").await;
    let (mut other, _) = program.listen("/ws").await;
    one.send(Message::text(" hello\n")).await.unwrap();
    let item = text(&mut other).await;
    assert!(item.ends_with(",\"text\":\"hello\"}"), "{item}");
    assert_eq!(text(&mut one).await, item);
    assert!(program.news(&since).contains(&item));
    // bounds are told, and the connection goes on
    one.send(Message::text(" ")).await.unwrap();
    assert_eq!(text(&mut one).await, "{\"error\":\"the text is empty\"}");
    one.send(Message::text("\u{e9}".repeat(500))).await.unwrap();
    assert!(text(&mut one).await.contains(&"\u{e9}".repeat(500)));
}

#[tokio::test]
async fn a_ping_of_the_page_is_answered_with_the_clock() {
    let program = Program::start(&[]);
    let (mut socket, _) = program.listen("/ws").await;
    socket.send(Message::text("{\"ping\":7}")).await.unwrap();
    let pong = text(&mut socket).await;
    assert!(pong.starts_with("{\"now\":") && pong.ends_with(",\"pong\":7}"), "{pong}");
    // what only looks like one is news
    socket.send(Message::text("{\"ping\":x}")).await.unwrap();
    assert!(text(&mut socket).await.contains("\"text\":"));
}

#[tokio::test]
async fn what_a_client_may_not_send_has_a_close_code() {
    let program = Program::start(&[]);
    for (message, code) in [(Message::binary(&b"x"[..]), 1003), (Message::text("x".repeat(1001)), 1009)] {
        let (mut socket, since) = program.listen("/ws").await;
        socket.send(message).await.unwrap();
        assert_eq!(end(&mut socket).await.0, code);
        assert_eq!(program.news(&since).matches("\"id\"").count(), 0);
    }
    // in pieces, too: it is not collected first
    let (mut socket, _) = program.listen("/ws").await;
    for place in [Place::First, Place::Middle, Place::Middle] {
        let _ = socket.send_piece(Piece::text("x".repeat(500)).at(place)).await;
    }
    assert_eq!(end(&mut socket).await.0, 1009);
}

#[tokio::test]
async fn a_close_is_answered_with_its_code() {
    let program = Program::start(&[]);
    for path in ["/ws", "/echo"] {
        for (code, reason) in [(1000, ""), (1001, "bye"), (3000, "\u{e9}"), (4001, "bye"), (4999, &"x".repeat(123))] {
            let mut socket = program.open(path).await;
            socket.close(CloseCode(code), reason).await.unwrap();
            assert_eq!(socket.close_code().unwrap().0, code, "{path}");
        }
        let mut socket = program.open(path).await;
        socket.send(Message::Close(None)).await.unwrap();
        assert_eq!(end(&mut socket).await.0, 1005, "{path}");
    }
}

#[tokio::test]
async fn what_goes_to_echo_comes_back() {
    let program = Program::start(&[]);
    let mut socket = program.open("/echo").await;
    let large: Vec<u8> = (0..3_000_000_u32).map(|n| n as u8).collect();
    for message in [Message::text(""), Message::text("a \u{1D11E}"), Message::binary(&b"\0\xff"[..]), large.into()] {
        socket.feed(message.clone()).await.unwrap();
        assert!(socket.next().await.unwrap().unwrap() == message);
    }
    socket.send(Message::Ping((&b"?"[..]).into())).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::Pong((&b"?"[..]).into()));
}

/// A client that does not read is cut or told, and nobody waits for it.
#[tokio::test]
async fn a_client_that_does_not_read_holds_up_nobody_else() {
    let program = Program::start(&[]);
    let (mut stuck, _) = program.listen("/ws").await;
    let (mut quick, _) = program.listen("/ws").await;
    let long = "x".repeat(1000);
    for n in 0..3000 {
        quick.feed(Message::text(format!("{n} {}", &long[..900]))).await.unwrap();
        assert!(text(&mut quick).await.contains(&format!("\"text\":\"{n} ")));
    }
    // what the stuck one reads at last is in order and complete
    for n in 0..3000 {
        let item = text(&mut stuck).await;
        assert!(item.contains(&format!("\"text\":\"{n} ")), "{n}: {}", &item[..60]);
    }
}

/// A client that lags behind further than news are kept is told how many it has lost.
#[tokio::test]
async fn a_client_that_lags_is_told_how_many_news_it_has_lost() {
    let program = Program::start(&["--keep", "10"]);
    let (mut slow, _) = program.listen("/ws").await;
    let (mut quick, _) = program.listen("/ws").await;
    let long = "x".repeat(900);
    // much more than the buffers on the way hold
    let count = 20_000;
    for n in 0..count {
        quick.feed(Message::text(format!("{n} {long}"))).await.unwrap();
        if n % 5 == 4 {
            quick.flush().await.unwrap();
            // the quick one lags, too, if the machine is slow: it waits for its own news
            while !text(&mut quick).await.contains(&format!("\"text\":\"{n} ")) {}
        }
    }
    let (mut next, mut lost) = (0, 0);
    while next < count {
        let message = text(&mut slow).await;
        if let Some(gap) = message.strip_prefix("{\"gap\":{") {
            let n = gap.split("\"lost\":").nth(1).unwrap().trim_end_matches('}');
            let n: usize = n.parse().unwrap();
            (next, lost) = (next + n, lost + n);
        } else {
            assert!(message.contains(&format!("\"text\":\"{next} ")), "{next}: {}", &message[..60]);
            next += 1;
        }
    }
    assert!(lost > 0, "nothing was lost: the test shows nothing");
}

#[tokio::test]
async fn a_violation_is_answered_with_its_code() {
    let program = Program::start(&[]);
    for (frame, code) in [(&b"\x81\x01x"[..], 1002), (b"\x81\x81\0\0\0\0\xff", 1007), (b"\xf1\x80\0\0\0\0", 1002)] {
        let mut stream = program.connect();
        stream.write_all(&[handshake("/echo", "Host: a\r\n").as_bytes(), frame].concat()).unwrap();
        read_head(&mut stream);
        let mut close = [0; 4];
        stream.read_exact(&mut close).unwrap();
        assert_eq!((close[0], u16::from_be_bytes([close[2], close[3]])), (0x88, code));
    }
    let (mut socket, _) = program.listen("/ws").await;
    socket.close(CloseCode::NORMAL, "").await.unwrap();
    assert!(matches!(socket.send(Message::text("x")).await, Err(Error::Send(_) | Error::Io(_))));
}
