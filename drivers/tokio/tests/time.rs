//! Keepalive and time limits, on a clock that is paused.

mod common;

use common::{masked, pair, server_and_wire};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep, timeout};
use upframe_tokio::{Bytes, CloseCode, Config, Error, Message, Policy, accept, client};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_silent_peer_gets_a_ping_after_20_seconds_and_is_given_up_after_30() {
    let (mut server, mut wire) = server_and_wire(64, Config::new());
    let start = Instant::now();
    let peer = async {
        let mut ping = [0; 6];
        wire.read_exact(&mut ping).await.unwrap();
        (ping, start.elapsed())
    };
    let (next, (ping, pinged)) = tokio::join!(server.next(), peer);
    assert!(matches!(next, Some(Err(Error::Dead))));
    assert_eq!((ping, pinged.as_secs()), (*b"\x89\x04\0\0\0\x01", 20));
    assert_eq!(start.elapsed().as_secs(), 30);
    assert!(server.next().await.is_none());
    assert!(matches!(server.send(Message::text("late")).await, Err(Error::Io(_))));
}

#[tokio::test(start_paused = true)]
async fn two_ends_that_are_silent_live_for_days_and_their_programs_see_no_pongs() {
    let (mut here, mut there) = pair(64, Config::new());
    // each end gets the other's Pings
    let server = async {
        loop {
            match there.next().await {
                Some(Ok(Message::Ping(payload))) => assert_eq!(payload.len(), 4),
                other => panic!("{other:?}"),
            }
        }
    };
    let client = async {
        loop {
            match here.next().await {
                Some(Ok(Message::Ping(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    };
    timeout(SECOND * 3 * 86_400, async { tokio::join!(server, client) }).await.unwrap_err();
    assert!(here.round_trip().is_some() || there.round_trip().is_some());
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_is_no_sign_of_life_of_the_peer() {
    let (server, mut wire) = server_and_wire(1 << 20, Config::new());
    let (mut writer, mut reader) = server.split();
    let start = Instant::now();
    let news = async {
        while writer.send(Message::text("news")).await.is_ok() {
            sleep(SECOND).await;
        }
    };
    let (next, ()) = tokio::join!(reader.next(), news);
    assert!(matches!(next, Some(Err(Error::Dead))));
    assert_eq!(start.elapsed().as_secs(), 30);
    let mut seen = vec![0; 1000];
    let n = wire.read(&mut seen).await.unwrap();
    assert!(seen[..n].windows(6).any(|bytes| bytes == b"\x89\x04\0\0\0\x01"));
}

#[tokio::test(start_paused = true)]
async fn each_byte_that_comes_is_a_sign_of_life() {
    let (mut server, mut wire) = server_and_wire(64, Config::new());
    let start = Instant::now();
    let peer = async {
        // a byte of a long frame every 19 seconds, and then none
        let frame = masked(0x82, &[7; 100]);
        for byte in &frame[..50] {
            sleep(SECOND * 19).await;
            wire.write_all(&[*byte]).await.unwrap();
        }
        let mut ping = [0; 2];
        wire.read_exact(&mut ping).await.unwrap();
        assert_eq!((ping[0], start.elapsed().as_secs()), (0x89, 50 * 19 + 20));
    };
    let (next, ()) = tokio::join!(server.next(), peer);
    assert!(matches!(next, Some(Err(Error::Dead))));
}

#[tokio::test(start_paused = true)]
async fn without_pings_a_silent_peer_is_kept() {
    let config = Config::new().with_keepalive(Policy { ping_after: None, ..Policy::DEFAULT });
    let (mut server, _wire) = server_and_wire(64, config);
    assert!(timeout(SECOND * 86_400, server.next()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn close_gives_up_after_5_seconds_whatever_the_peer_sends() {
    for floods in [false, true] {
        let (mut server, wire) = server_and_wire(4096, Config::new());
        let (mut read, mut write) = tokio::io::split(wire);
        let peer = async {
            let mut close = [0; 7];
            read.read_exact(&mut close).await.unwrap();
            assert_eq!(&close, b"\x88\x05\x03\xe9bye");
            while floods && write.write_all(&masked(0x82, b"more")).await.is_ok() {
                sleep(Duration::from_millis(10)).await;
            }
            std::future::pending().await
        };
        let start = Instant::now();
        let closed = tokio::select! {
            closed = server.close(CloseCode::GOING_AWAY, "bye") => closed,
            () = peer => unreachable!(),
        };
        assert!(matches!(closed, Err(Error::CloseTimedOut)));
        assert_eq!(start.elapsed().as_secs(), 5);
        assert!(server.next().await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_close_of_the_other_half_limits_the_reader_that_waits_already() {
    let (server, wire) = server_and_wire(4096, Config::new());
    let (mut writer, mut reader) = server.split();
    let start = Instant::now();
    let close = async {
        sleep(SECOND).await;
        writer.close(CloseCode::NORMAL, "").await.unwrap();
    };
    let (next, ()) = tokio::join!(reader.next(), close);
    assert!(matches!(next, Some(Err(Error::CloseTimedOut))));
    assert_eq!(start.elapsed().as_secs(), 6);
    drop(wire);
}

#[tokio::test(start_paused = true)]
async fn a_client_waits_5_seconds_for_the_server_to_close_the_transport() {
    let (mut client, mut server) = pair(4096, Config::new());
    // the server answers the Close, and keeps the transport open
    client.feed(Message::Close(None)).await.unwrap();
    client.flush().await.unwrap();
    let close = server.next().await.unwrap().unwrap();
    assert_eq!(close, Message::Close(None));
    let start = Instant::now();
    assert_eq!(client.next().await.unwrap().unwrap(), Message::Close(None));
    assert!(client.next().await.is_none());
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!(client.close_code(), Some(CloseCode::NO_STATUS));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_breaks_the_protocol_gets_its_close_at_once_and_5_seconds_to_read_it() {
    for reads in [false, true] {
        let (mut server, mut wire) = server_and_wire(4096, Config::new());
        wire.write_all(b"\x81\x01x").await.unwrap(); // not masked
        let start = Instant::now();
        let peer = async {
            let mut close = [0; 4];
            wire.read_exact(&mut close).await.unwrap();
            assert_eq!((&close, start.elapsed().as_secs()), (b"\x88\x02\x03\xea", 0));
            if reads {
                assert_eq!(wire.read(&mut close).await.unwrap(), 0);
                drop(wire);
            } else {
                std::future::pending().await
            }
        };
        let next = tokio::select! {
            next = server.next() => next,
            () = async { peer.await; std::future::pending().await } => unreachable!(),
        };
        assert!(matches!(next, Some(Err(Error::Protocol(_)))));
        assert_eq!(start.elapsed().as_secs(), if reads { 0 } else { 5 });
    }
}

#[tokio::test(start_paused = true)]
async fn the_opening_handshake_has_10_seconds() {
    let (_here, there) = tokio::io::duplex(64);
    let start = Instant::now();
    assert!(matches!(accept(there).await, Err(Error::OpenTimedOut)));
    assert_eq!(start.elapsed().as_secs(), 10);
    // byte by byte does not help
    let (mut here, there) = tokio::io::duplex(64);
    let slow = async {
        for byte in b"GET / HTTP/1.1\r\nHost: a\r\n" {
            sleep(SECOND).await;
            if here.write_all(&[*byte]).await.is_err() {
                break;
            }
        }
    };
    let (accepted, ()) = tokio::join!(accept(there), slow);
    assert!(matches!(accepted, Err(Error::OpenTimedOut)));
    let (_there, here) = tokio::io::duplex(64);
    assert!(matches!(client("ws://localhost/", here).await, Err(Error::OpenTimedOut)));
}

/// The answers to Pings that nobody reads need no memory, and the newest is sent.
#[tokio::test(start_paused = true)]
async fn a_flood_of_pings_needs_no_memory() {
    for split in [false, true] {
        let (server, wire) = server_and_wire(64, Config::new().with_write_buffer(256));
        let (mut read, mut write) = tokio::io::split(wire);
        let flood = async {
            for i in 0..10_000_u32 {
                write.write_all(&masked(0x89, &i.to_be_bytes())).await.unwrap();
            }
        };
        let mut pings = 0;
        macro_rules! receive {
            ($reader:expr) => {
                while pings < 10_000 {
                    assert!(matches!($reader.next().await, Some(Ok(Message::Ping(_)))));
                    pings += 1;
                }
            };
        }
        let mut pongs = Vec::new();
        // each arm reads the answers while the reader waits for more
        if split {
            let (writer, mut reader) = server.split();
            tokio::join!(flood, async { receive!(reader) });
            let _ = timeout(SECOND, async { tokio::join!(reader.next(), read.read_to_end(&mut pongs)) }).await;
            drop(writer);
        } else {
            let mut server = server;
            tokio::join!(flood, async { receive!(server) });
            let _ = timeout(SECOND, async { tokio::join!(server.next(), read.read_to_end(&mut pongs)) }).await;
        }
        assert!(pongs.len() < 600, "{}", pongs.len());
        assert!(pongs.ends_with(b"\x8a\x04\0\0\x27\x0f"), "the newest is answered");
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_makes_the_writer_wait_and_not_the_reader() {
    for split in [false, true] {
        let (mut here, there) = pair(64, Config::new().with_write_buffer(1000));
        let sends = async |here: &mut upframe_tokio::WebSocket<_>| {
            for _ in 0..100 {
                here.send(Message::Pong(Bytes::from_static(b"I live"))).await.unwrap();
                sleep(SECOND).await;
            }
        };
        let mut queued = 0;
        macro_rules! write {
            ($writer:expr) => {
                while timeout(SECOND, $writer.feed(Message::binary(vec![7; 100]))).await.is_ok() {
                    queued += 1;
                }
            };
        }
        let mut received = 0;
        macro_rules! read {
            ($reader:expr) => {
                while received < 100 {
                    assert!(matches!($reader.next().await, Some(Ok(Message::Pong(_)))));
                    received += 1;
                }
            };
        }
        if split {
            let (mut writer, mut reader) = there.split();
            tokio::join!(sends(&mut here), async { write!(writer) }, async { read!(reader) });
        } else {
            let mut there = there;
            write!(there);
            tokio::join!(sends(&mut here), async { read!(there) });
        }
        assert!((10..=12).contains(&queued), "{queued}");
    }
}
