//! Keepalive and time limits, on the clock of the machine: the times are short, and nothing is asserted that a slow
//! machine makes false.

mod common;

use common::{pair, sockets};
use std::io::{Read, Write};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};
use upframe_std::{CloseCode, Config, Error, Incoming, Policy, Role, ServerOptions, WebSocket, connect};

const MS: Duration = Duration::from_millis(1);

fn config(ping: u32, dead: u32, close: u32) -> Config {
    Config::new().with_keepalive(Policy {
        ping_after: Some(ping * MS),
        dead_after: dead * MS,
        close_within: close * MS,
    })
}

/// Neither end sends anything but Pings and Pongs, which the programs do not see at the end that asked.
#[test]
fn idle_connections_live_by_pings() {
    for split in [false, true] {
        let (here, there) = sockets();
        let mut client = WebSocket::new(here, Role::Client, Config::new());
        let server = WebSocket::new(there, Role::Server, config(30, 5000, 5000));
        let serve = thread::spawn(move || {
            let end = Instant::now() + 400 * MS;
            if split {
                let (_writer, mut reader) = server.split().unwrap();
                while Instant::now() < end {
                    assert!(reader.next_within(100 * MS).is_pending());
                }
                reader.round_trip()
            } else {
                let mut server = server;
                while Instant::now() < end {
                    assert!(server.next_within(100 * MS).is_pending());
                }
                server.round_trip()
            }
        });
        let mut pings = 0;
        while let Some(Ok(_)) = client.next() {
            pings += 1;
        }
        assert!(pings > 1, "{pings}");
        assert!(serve.join().unwrap().is_some());
    }
}

#[test]
fn a_peer_that_does_not_answer_is_given_up() {
    for split in [false, true] {
        let (mut here, there) = sockets();
        let server = WebSocket::new(there, Role::Server, config(30, 60, 5000));
        let start = Instant::now();
        let (error, after) = if split {
            let (mut writer, mut reader) = server.split().unwrap();
            let error = reader.next().unwrap().unwrap_err();
            assert!(matches!(writer.send("x"), Err(Error::Io(_))), "the other half is told");
            (error, reader.next().is_none())
        } else {
            let mut server = server;
            (server.next().unwrap().unwrap_err(), server.next().is_none())
        };
        assert!(matches!(error, Error::Dead) && after, "{error}");
        assert!(start.elapsed() >= 90 * MS && start.elapsed() < 4000 * MS, "{:?}", start.elapsed());
        let mut seen = vec![];
        here.read_to_end(&mut seen).unwrap();
        assert_eq!(seen, b"\x89\x04\0\0\0\x01", "one Ping");
    }
}

/// Each received byte is a sign of life, also within a frame; a sent byte is not.
#[test]
fn a_slow_message_is_life_and_our_own_is_not() {
    let (mut here, there) = sockets();
    let mut server = WebSocket::new(there, Role::Server, config(200, 200, 5000));
    let slow = thread::spawn(move || {
        for byte in common::masked(0x82, &[7; 10]) {
            here.write_all(&[byte]).unwrap();
            thread::sleep(40 * MS);
        }
        here
    });
    assert_eq!(server.next().unwrap().unwrap().len(), 10);
    let _here = slow.join().unwrap();
    let error = loop {
        server.send("news").unwrap();
        if let Poll::Ready(next) = server.next_within(10 * MS) {
            break next.unwrap().unwrap_err();
        }
    };
    assert!(matches!(error, Error::Dead), "{error}");
}

#[test]
fn closing_has_its_time_with_and_without_halves_and_with_a_peer_that_talks_on() {
    for talks in [false, true] {
        for split in [false, true] {
            let (mut here, there) = sockets();
            let server = WebSocket::new(there, Role::Server, config(20_000, 10_000, 150));
            let talk = thread::spawn(move || {
                // until the socket is closed
                while talks && here.write_all(&common::masked(0x82, b"x")).is_ok() {
                    thread::sleep(MS);
                }
                here
            });
            let start = Instant::now();
            let error = if split {
                let (mut writer, mut reader) = server.split().unwrap();
                let read = thread::spawn(move || {
                    loop {
                        match reader.next().unwrap() {
                            Ok(_) => {}
                            Err(error) => return error,
                        }
                    }
                });
                thread::sleep(20 * MS);
                writer.close(CloseCode::NORMAL, "").unwrap();
                read.join().unwrap()
            } else {
                let mut server = server;
                server.close(CloseCode::NORMAL, "").unwrap_err()
            };
            assert!(matches!(error, Error::CloseTimedOut), "{error}");
            assert!(start.elapsed() >= 150 * MS && start.elapsed() < 4000 * MS, "{:?}", start.elapsed());
            talk.join().unwrap();
        }
    }
}

#[test]
fn a_client_waits_for_the_server_to_close_no_longer_than_its_time() {
    let (mut here, there) = sockets();
    let mut client = WebSocket::new(there, Role::Client, config(20_000, 10_000, 100));
    here.write_all(b"\x88\x02\x03\xe8").unwrap();
    let start = Instant::now();
    assert!(client.next().unwrap().unwrap().is_close());
    assert!(client.next().is_none());
    assert!(start.elapsed() >= 100 * MS && start.elapsed() < 4000 * MS, "{:?}", start.elapsed());
}

#[test]
fn opening_has_its_time() {
    let config = Config::new().with_open_within(100 * MS);
    // a peer that sends byte after byte
    let (mut here, there) = sockets();
    let slow = thread::spawn(move || {
        while here.write_all(b"G").is_ok() {
            thread::sleep(10 * MS);
            if here.set_nodelay(true).is_err() {
                break;
            }
        }
    });
    let start = Instant::now();
    let result = Incoming::receive(there, ServerOptions::new(), config);
    // "GGG…" is not a method that is too long before the time is over
    assert!(matches!(result, Err(Error::OpenTimedOut | Error::Refusal(_))), "{result:?}");
    assert!(start.elapsed() < 6000 * MS);
    slow.join().unwrap();
    // a server that sends nothing
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let request = upframe_std::ClientRequest::new(upframe_std::Uri::parse(&url).unwrap());
    assert!(matches!(upframe_std::connect_with(request, config), Err(Error::OpenTimedOut)));
    drop(listener);
    assert!(matches!(connect(&url), Err(Error::Io(_))));
}

#[test]
fn a_peer_that_does_not_read_holds_a_writer_no_longer_than_its_time() {
    let (here, there) = sockets();
    let mut server = WebSocket::new(there, Role::Server, Config::new().with_write_within(100 * MS));
    let error = loop {
        if let Err(error) = server.send(vec![0; 1 << 20]) {
            break error;
        }
    };
    assert!(matches!(&error, Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut), "{error}");
    assert!(matches!(server.send("more"), Err(Error::Io(_))));
    drop(here);
    assert!(server.next().unwrap().is_err());
    assert!(server.next().is_none());
}

/// Both ends write more than the system holds before they read: with halves, nobody waits forever.
#[test]
fn halves_read_while_they_write() {
    let (client, server) = pair(Config::new());
    let ends = [client, server].map(|end| {
        let (mut writer, reader) = end.split().unwrap();
        let write = thread::spawn(move || {
            for i in 0..40u8 {
                writer.send(vec![i; 1 << 20]).unwrap();
                writer.send(upframe_std::Message::Ping(vec![i])).unwrap();
            }
            writer
        });
        let read = thread::spawn(move || {
            let mut reader = reader;
            let (mut messages, mut pongs) = (0, 0);
            while messages < 40 || pongs == 0 {
                match reader.next().unwrap().unwrap() {
                    upframe_std::Message::Binary(bytes) => {
                        assert!(bytes.len() == 1 << 20 && bytes.iter().all(|byte| *byte == messages));
                        messages += 1;
                    }
                    upframe_std::Message::Pong(_) => pongs += 1,
                    _ => {}
                }
            }
            reader
        });
        (write, read)
    });
    let mut halves = vec![];
    for (write, read) in ends {
        halves.push((write.join().unwrap(), read.join().unwrap()));
    }
    let (mut server_writer, mut server_reader) = halves.pop().unwrap();
    let (_client_writer, mut client_reader) = halves.pop().unwrap();
    let answers = thread::spawn(move || while let Some(Ok(_)) = client_reader.next() {});
    server_writer.close(CloseCode::NORMAL, "").unwrap();
    while let Some(message) = server_reader.next() {
        message.unwrap();
    }
    assert_eq!(server_reader.close_code(), Some(CloseCode::NORMAL));
    answers.join().unwrap();
}

/// The peer writes more than the system holds before it reads. What is queued here does not keep us from reading.
#[test]
fn a_peer_that_does_not_read_yet_does_not_keep_us_from_reading() {
    for split in [false, true] {
        let (here, there) = sockets();
        let mut server = WebSocket::new(there, Role::Server, Config::new());
        server.feed(vec![1; 16 << 20]).unwrap();
        let peer = thread::spawn(move || {
            let mut client = WebSocket::new(here, Role::Client, Config::new());
            for i in 0..16 {
                client.send(vec![i; 1 << 20]).unwrap();
            }
            assert_eq!(client.next().unwrap().unwrap().len(), 16 << 20);
            client.close(CloseCode::NORMAL, "").unwrap();
        });
        let start = Instant::now();
        let mut read = |message: Result<upframe_std::Message, Error>| message.unwrap().len();
        let lens: usize = if split {
            let (_writer, reader) = server.split().unwrap();
            reader.map(&mut read).sum()
        } else {
            server.map(&mut read).sum()
        };
        assert_eq!(lens, 16 << 20);
        peer.join().unwrap();
        assert!(start.elapsed() < 20_000 * MS, "{:?}", start.elapsed());
    }
}
