//! Messages that are compressed once, from a server to clients of all kinds.

mod common;

use common::{AGREED, agreed_pair, dropped_and_called_again, polled};
use upframe_tokio::{CloseCode, Config, Deflate, DeflateParams, Direction, Error, Message, Prepared, SendError};

const ALL: Deflate = Deflate::DEFAULT.with_min_len(0);
const CONFIG: Config = Config::new().with_deflate(ALL);

/// Each window with takeover and without, and no compression.
fn agreements() -> impl Iterator<Item = Option<DeflateParams>> {
    let windows = (8..=15).flat_map(|bits| [Direction::new(bits, true), Direction::new(bits, false)]);
    windows.map(|server| Some(DeflateParams { server, client: Direction::DEFAULT })).chain([None])
}

fn news(turn: usize) -> String {
    (0..2 + turn % 7).map(|i| format!("{{\"wind\":{},\"rain\":{}}},", turn * i % 97, turn * 31 % 1009)).collect()
}

#[tokio::test]
async fn six_hundred_messages_reach_clients_with_and_without_compression() {
    let mut pairs: Vec<_> = agreements().map(|agreed| agreed_pair(1 << 16, CONFIG, agreed)).collect();
    for turn in 0..600 {
        let text = news(turn);
        let prepared = Prepared::text(&text, Some(ALL));
        assert!(prepared.is_compressed());
        for (number, (client, server)) in pairs.iter_mut().enumerate() {
            server.send_prepared(&prepared).await.unwrap();
            assert_eq!(client.next().await.unwrap().unwrap(), Message::text(&*text), "{turn} {number}");
            // what the connection compresses itself, after and before
            if (turn + number) % 3 == 0 {
                let own = Message::text(news(turn * number));
                server.send(own.clone()).await.unwrap();
                assert_eq!(client.next().await.unwrap().unwrap(), own, "{turn} {number}");
            }
        }
    }
}

#[tokio::test]
async fn a_dropped_call_has_queued_the_message_or_not() {
    let config = Config::new().with_write_buffer(20).with_read_buffer(64).with_deflate(ALL);
    for (room, polls) in [1, 3, 64].into_iter().flat_map(|room| [1, 2, 5].map(|polls| (room, polls))) {
        for agreed in AGREED {
            let (mut client, server) = agreed_pair(room, config, agreed);
            let (mut writer, mut reader) = server.split();
            let texts: Vec<_> = (0..20).map(news).collect();
            let write = async {
                for (turn, text) in texts.iter().enumerate() {
                    let message = Prepared::text(text, Some(ALL));
                    dropped_and_called_again(polls, async || writer.feed_prepared(&message).await).await.unwrap();
                    if turn % 4 == 3 {
                        let own = Message::text(&**text);
                        dropped_and_called_again(polls, async || writer.feed(own.clone()).await).await.unwrap();
                    }
                    if turn % 2 == 0 {
                        dropped_and_called_again(polls, async || writer.flush().await).await.unwrap();
                    }
                }
                dropped_and_called_again(polls, async || writer.close(CloseCode::NORMAL, "").await).await.unwrap();
            };
            let read = async {
                for (turn, text) in texts.iter().enumerate() {
                    for _ in 0..if turn % 4 == 3 { 2 } else { 1 } {
                        // answers are written among the news; a client that waits here would not read
                        let _ = polled(1, client.feed(Message::Ping("?".into()))).await;
                        loop {
                            match client.next().await.unwrap().unwrap() {
                                Message::Pong(_) => {}
                                message => break assert_eq!(message, Message::text(&**text)),
                            }
                        }
                    }
                }
                while client.next().await.is_some() {}
            };
            let answer = async { while reader.next().await.is_some() {} };
            tokio::join!(write, read, answer);
            assert_eq!(reader.close_code(), Some(CloseCode::NORMAL));
        }
    }
}

#[tokio::test]
async fn a_message_is_refused_when_it_may_not_be_sent() {
    let prepared = Prepared::text(&news(5), Some(ALL));
    for agreed in AGREED {
        let (_client, mut server) = agreed_pair(1 << 16, CONFIG, agreed);
        assert!(polled(1, server.close(CloseCode::NORMAL, "")).await.is_none());
        let error = server.send_prepared(&prepared).await;
        assert!(matches!(error, Err(Error::Send(SendError::Closing))), "{error:?}");
    }
}
