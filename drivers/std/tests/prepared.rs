//! Messages that are compressed once, from a server to clients of all kinds.

mod common;

use common::sockets;
use std::thread;
use upframe_std::{Config, Deflate, DeflateParams, Direction, Error, Message, Prepared, Role, SendError, WebSocket};

const ALL: Deflate = Deflate::DEFAULT.with_min_len(0);

/// Windows with takeover and without, and no compression.
fn agreements() -> impl Iterator<Item = Option<DeflateParams>> {
    let windows = [8, 9, 12, 15].into_iter().flat_map(|bits| [Direction::new(bits, true), Direction::new(bits, false)]);
    windows.map(|server| Some(DeflateParams { server, client: Direction::DEFAULT })).chain([None])
}

fn news(turn: usize) -> String {
    (0..2 + turn % 7).map(|i| format!("{{\"wind\":{},\"rain\":{}}},", turn * i % 97, turn * 31 % 1009)).collect()
}

#[test]
fn six_hundred_messages_reach_clients_with_and_without_compression() {
    let config = Config::new().with_deflate(ALL);
    let (mut writers, mut clients) = (vec![], vec![]);
    for (number, agreed) in agreements().enumerate() {
        let (here, there) = sockets();
        let server = WebSocket::with_params(there, Role::Server, config, vec![], agreed);
        let (writer, mut reader) = server.split().unwrap();
        writers.push(writer);
        let answering = thread::spawn(move || while let Some(Ok(_)) = reader.next() {});
        let mut client = WebSocket::with_params(here, Role::Client, config, vec![], agreed);
        clients.push(thread::spawn(move || {
            let next = |client: &mut WebSocket<_>| loop {
                match client.next().unwrap().unwrap() {
                    Message::Pong(_) => {}
                    message => break message,
                }
            };
            for turn in 0..600 {
                if turn % 10 == 0 {
                    client.send(Message::Ping(b"?".to_vec())).unwrap();
                }
                assert_eq!(next(&mut client), Message::text(news(turn)), "{turn} {number}");
                if (turn + number) % 3 == 0 {
                    assert_eq!(next(&mut client), Message::text(news(turn * number)), "{turn} {number}");
                }
            }
            (client, answering)
        }));
    }
    for turn in 0..600 {
        let prepared = Prepared::text(&news(turn), Some(ALL));
        assert!(prepared.is_compressed());
        for (number, writer) in writers.iter_mut().enumerate() {
            writer.feed_prepared(&prepared).unwrap();
            // what the connection compresses itself, after and before
            if (turn + number) % 3 == 0 {
                writer.send(news(turn * number)).unwrap();
            }
        }
    }
    for writer in &mut writers {
        writer.flush().unwrap();
    }
    for client in clients {
        let (client, answering) = client.join().unwrap();
        drop(client);
        answering.join().unwrap();
    }
}

#[test]
fn a_message_is_refused_when_it_may_not_be_sent() {
    let prepared = Prepared::text(&news(5), Some(ALL));
    for agreed in agreements() {
        let (_here, there) = sockets();
        let mut server = WebSocket::with_params(there, Role::Server, Config::new(), vec![], agreed);
        server.send(Message::Close(None)).unwrap();
        let error = server.send_prepared(&prepared);
        assert!(matches!(error, Err(Error::Send(SendError::Closing))), "{error:?}");
    }
}
