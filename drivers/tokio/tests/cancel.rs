//! Every method is dropped at every poll, over pipes that hold a few bytes: nothing is lost, doubled or half-sent.

mod common;

use common::{AGREED, agreed_pair, dropped_and_called_again, pair, polled};
use tokio::io::AsyncReadExt;
use upframe_tokio::{
    Bytes, CloseCode, Config, Deflate, DeflateParams, Error, Incoming, Message, Piece, Place, ServerOptions, WebSocket,
    accept, client,
};

const ROOMS: [usize; 5] = [1, 2, 3, 7, 64];
const POLLS: [usize; 4] = [1, 2, 3, 5];

/// Few bytes may be queued, so that writers wait often.
const CONFIG: Config =
    Config::new().with_write_buffer(20).with_read_buffer(64).with_deflate(Deflate::DEFAULT.with_min_len(0));

/// Each size of the pipe with each number of polls, with and without compression.
fn cases() -> impl Iterator<Item = (usize, usize, Option<DeflateParams>)> {
    ROOMS
        .into_iter()
        .flat_map(|room| POLLS.into_iter().flat_map(move |polls| AGREED.map(|agreed| (room, polls, agreed))))
}

/// Text that is cut within code points, and payloads with each form of length.
fn messages() -> Vec<Message> {
    let lens = [0, 1, 5, 40, 125, 126, 300];
    lens.iter()
        .flat_map(|len| {
            let text: String = "grüß€𝄞".chars().cycle().take(*len).collect();
            let bytes: Vec<u8> = (0..*len).map(|i| i as u8).collect();
            [Message::text(text), Message::binary(bytes)]
        })
        .collect()
}

async fn data(ws: &mut WebSocket<tokio::io::DuplexStream>, polls: usize) -> Option<Message> {
    loop {
        match dropped_and_called_again(polls, async || ws.next().await).await? {
            Ok(message) if message.is_data() => return Some(message),
            other => assert!(!other.unwrap().is_data()),
        }
    }
}

#[tokio::test]
async fn next_feed_flush_and_close() {
    for (room, polls, agreed) in cases() {
        let (mut here, mut there) = agreed_pair(room, CONFIG, agreed);
        let server = async {
            let mut received = 0;
            while let Some(message) = data(&mut there, polls).await {
                dropped_and_called_again(polls, async || there.feed(message.clone()).await).await.unwrap();
                dropped_and_called_again(polls, async || there.flush().await).await.unwrap();
                received += 1;
            }
            (received, there.close_frame().unwrap().to_string())
        };
        let client = async {
            for message in messages() {
                let ping = Message::Ping(Bytes::from_static(b"are you there"));
                dropped_and_called_again(polls, async || here.feed(ping.clone()).await).await.unwrap();
                dropped_and_called_again(polls, async || here.feed(message.clone()).await).await.unwrap();
                dropped_and_called_again(polls, async || here.flush().await).await.unwrap();
                assert!(data(&mut here, polls).await.unwrap() == message, "{room} {polls} {message:?}");
            }
            dropped_and_called_again(polls, async || here.close(CloseCode(4001), "bye").await).await.unwrap();
            assert_eq!(here.close_code(), Some(CloseCode(4001)));
        };
        let (server, ()) = tokio::join!(server, client);
        assert_eq!(server, (messages().len(), "4001 bye".into()));
    }
}

#[tokio::test]
async fn pieces_in_and_out() {
    for (room, polls, agreed) in cases() {
        let (mut here, mut there) = agreed_pair(room, CONFIG, agreed);
        let server = async {
            let (mut open, mut bytes, mut received) = (false, vec![], vec![]);
            while let Some(piece) = dropped_and_called_again(polls, async || there.next_piece().await).await {
                let piece = piece.unwrap();
                assert_eq!(piece.place().is_first(), !open);
                open = !piece.place().is_last();
                bytes.extend_from_slice(piece.as_bytes());
                if !open {
                    let bytes = std::mem::take(&mut bytes);
                    received.push(match piece.to_text() {
                        Some(_) => Message::text(String::from_utf8(bytes).unwrap()),
                        None => Message::binary(bytes),
                    });
                }
            }
            assert!(received == messages(), "{room} {polls}");
        };
        let client = async {
            for message in messages() {
                let (first, last) = (Piece::from(message.clone()).at(Place::First), Piece::binary(vec![]));
                let last = if message.is_text() { Piece::text("") } else { last }.at(Place::Last);
                dropped_and_called_again(polls, async || here.feed_piece(first.clone()).await).await.unwrap();
                dropped_and_called_again(polls, async || here.feed_piece(last.clone()).await).await.unwrap();
                dropped_and_called_again(polls, async || here.flush().await).await.unwrap();
            }
            dropped_and_called_again(polls, async || here.close(CloseCode::NORMAL, "").await).await.unwrap();
        };
        tokio::join!(server, client);
    }
}

#[tokio::test]
async fn halves() {
    for (room, polls, agreed) in cases() {
        let (here, mut there) = agreed_pair(room, CONFIG, agreed);
        let (mut writer, mut reader) = here.split();
        let server = async {
            while let Some(message) = data(&mut there, polls).await {
                let ping = Message::Ping(Bytes::from_static(b"ping"));
                dropped_and_called_again(polls, async || there.feed(ping.clone()).await).await.unwrap();
                dropped_and_called_again(polls, async || there.feed(message.clone()).await).await.unwrap();
                dropped_and_called_again(polls, async || there.flush().await).await.unwrap();
            }
        };
        let writing = async {
            for message in messages() {
                let piece = Piece::from(message);
                dropped_and_called_again(polls, async || writer.feed_piece(piece.clone()).await).await.unwrap();
                dropped_and_called_again(polls, async || writer.flush().await).await.unwrap();
            }
            dropped_and_called_again(polls, async || writer.feed(Message::text("last")).await).await.unwrap();
            dropped_and_called_again(polls, async || writer.close(CloseCode(4002), "done").await).await.unwrap();
        };
        let reading = async {
            let mut received = vec![];
            while let Some(message) = dropped_and_called_again(polls, async || reader.next().await).await {
                received.push(message.unwrap());
            }
            received.retain(Message::is_data);
            assert_eq!(reader.close_code(), Some(CloseCode(4002)));
            received
        };
        let ((), (), received) = tokio::join!(server, writing, reading);
        assert!(received == [messages(), vec![Message::text("last")]].concat(), "{room} {polls}");
    }
}

#[tokio::test]
async fn halves_read_pieces() {
    for (room, polls, agreed) in cases() {
        let (mut here, there) = agreed_pair(room, CONFIG, agreed);
        let (_writer, mut reader) = there.split();
        let client = async {
            for message in messages() {
                here.send(message).await.unwrap();
            }
            here.close(CloseCode::NORMAL, "").await.unwrap();
        };
        let server = async {
            let mut bytes = vec![];
            while let Some(piece) = dropped_and_called_again(polls, async || reader.next_piece().await).await {
                bytes.extend_from_slice(piece.unwrap().as_bytes());
            }
            bytes
        };
        let ((), bytes) = tokio::join!(client, server);
        assert!(bytes == messages().into_iter().flat_map(Message::into_data).collect::<Vec<u8>>());
    }
}

/// A `send` that was dropped has sent the message whole or not at all, and what came after it is whole, too.
#[tokio::test]
async fn send() {
    for (room, polls, agreed) in cases() {
        for split in [false, true] {
            let (here, mut there) = agreed_pair(room, CONFIG, agreed);
            let client = async {
                let mut sent = vec![];
                // each poll is one of `send` or of `send_piece`; those that returned have sent their message
                macro_rules! send_all {
                    ($writer:expr) => {
                        for i in 0..60_u32 {
                            let text = format!("{i} {}", "x".repeat(i as usize));
                            let result = if i % 2 == 0 {
                                polled(polls, $writer.send(Message::text(text))).await
                            } else {
                                polled(polls, $writer.send_piece(Piece::text(text))).await
                            };
                            if let Some(result) = result {
                                result.unwrap();
                                sent.push(i);
                            }
                            tokio::task::yield_now().await;
                        }
                    };
                }
                if split {
                    let (mut writer, mut reader) = here.split();
                    send_all!(writer);
                    writer.close(CloseCode::NORMAL, "").await.unwrap();
                    while let Some(message) = reader.next().await {
                        message.unwrap();
                    }
                } else {
                    let mut here = here;
                    send_all!(here);
                    here.close(CloseCode::NORMAL, "").await.unwrap();
                }
                sent
            };
            let server = async {
                let mut received = vec![];
                while let Some(message) = data(&mut there, usize::MAX).await {
                    let (i, rest) = message.to_text().unwrap().split_once(' ').unwrap();
                    let i: u32 = i.parse().unwrap();
                    assert_eq!(rest, "x".repeat(i as usize));
                    received.push(i);
                }
                received
            };
            let (sent, received) = tokio::join!(client, server);
            assert!(received.is_sorted_by(|a, b| a < b), "{received:?}");
            assert!(sent.iter().all(|i| received.contains(i)), "{sent:?} {received:?}");
        }
    }
}

/// `next` was dropped within a message, and then something else is called.
#[tokio::test]
async fn what_a_dropped_next_has_collected_is_not_lost_whatever_is_called_then() {
    for agreed in AGREED {
        let (mut here, mut there) = agreed_pair(7, CONFIG, agreed);
        let client = async {
            for _ in 0..20 {
                here.send(Message::text("grüß€𝄞".repeat(20))).await.unwrap();
            }
            here.close(CloseCode::NORMAL, "").await.unwrap();
        };
        let server = async {
            let (mut text, mut polls) = (String::new(), 0);
            loop {
                polls += 1;
                let piece = if polls % 3 == 0 {
                    match polled(2, there.next_piece()).await {
                        None => continue,
                        Some(None) => return text,
                        Some(Some(piece)) => piece.unwrap().to_text().unwrap().to_owned(),
                    }
                } else if text.len() % 260 == 0 {
                    // between two messages, or within the first of a new one
                    match polled(polls % 4 + 1, there.next()).await {
                        None => continue,
                        Some(None) => return text,
                        Some(Some(message)) => message.unwrap().to_text().unwrap_or_default().to_owned(),
                    }
                } else {
                    continue;
                };
                text.push_str(&piece);
            }
        };
        assert_eq!("grüß€𝄞".repeat(20).len(), 260);
        let ((), text) = tokio::join!(client, server);
        assert_eq!(text.len(), 20 * 260);
        assert!(text == "grüß€𝄞".repeat(400));
    }
}

/// The opening handshake consumes the transport: dropped at any poll, it closes it.
#[tokio::test]
async fn a_handshake_that_is_dropped_closes_the_transport() {
    for polls in 1..30 {
        let (here, there) = tokio::io::duplex(64);
        let (server, client) = tokio::join!(polled(polls, accept(there)), client("ws://localhost/", here));
        assert!(server.is_some() || client.is_err(), "{polls}");
        let (here, there) = tokio::io::duplex(64);
        let call = polled(polls, upframe_tokio::client("ws://localhost/", here));
        let (server, client) = tokio::join!(accept(there), call);
        assert!(client.is_some() || matches!(server, Ok(_) | Err(Error::Io(_))), "{polls}");
        // and so does a refusal
        let (here, there) = tokio::io::duplex(64);
        let refuse = async {
            let incoming = Incoming::receive(there, ServerOptions::new(), Config::new()).await.unwrap();
            polled(polls, incoming.refuse(404, "Not Found", &[], "no\n")).await;
        };
        let (client, ()) = tokio::join!(upframe_tokio::client("ws://localhost/", here), refuse);
        assert!(matches!(client, Err(Error::Io(_) | Error::Refused(_))));
    }
}

/// A future that is dropped leaves no waker behind that would keep something alive.
#[tokio::test]
async fn a_transport_is_dropped_with_its_connection() {
    let (mut here, there) = pair(8, CONFIG);
    let (writer, mut reader) = there.split();
    polled(1, here.send(Message::text("x".repeat(100)))).await;
    polled(1, reader.next()).await;
    drop((reader, writer));
    let mut rest = vec![];
    // the peer's end of the pipe reports the end
    here.into_inner().read_to_end(&mut rest).await.unwrap();
}
