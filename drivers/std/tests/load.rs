//! Many connections at once, with messages, pieces, Pings and Closes of all kinds, both ends on the driver: nothing may
//! be lost. `LOAD="500 60" cargo test --release --test load -- --nocapture` runs 500 connections for 60 s, and prints
//! what an idle connection needs on Linux.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};
use upframe_std::{CloseCode, Error, Message, Piece, Place, WebSocket, accept, connect};

fn echo(stream: TcpStream, split: bool) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let Ok(mut ws) = accept(stream) else { return Ok(()) };
    // the client may have given up opening it
    match ws.next() {
        Some(Ok(Message::Ping(_))) => {}
        Some(Ok(message)) => assert!(message.is_close(), "the first one is a Ping, or the last one"),
        _ => return Ok(()),
    }
    if split {
        let (mut writer, mut reader) = ws.split()?;
        while let Some(message) = reader.next() {
            let message = message?;
            if message.is_data() {
                writer.send(message)?;
            }
        }
    } else {
        while let Some(message) = ws.next() {
            let message = message?;
            if message.is_data() {
                ws.feed(message)?;
            }
        }
    }
    Ok(())
}

fn client(address: SocketAddr, turn: usize, end: Instant) -> Result<usize, Error> {
    let mut ws = opened(address);
    let mut messages = 0;
    for i in 0..turn % 500 + 1 {
        if Instant::now() > end {
            break;
        }
        let len = match (turn + i) % 50 {
            0 => 200_000,
            1..=5 => 5_000,
            n => n * 3,
        };
        let text = format!("{turn} {i} {}", "ß".repeat(len / 2));
        ws.feed(Message::Ping(i.to_string().into_bytes()))?;
        if i % 3 == 0 {
            let (first, last) = text.split_at(text.find(' ').unwrap_or_default());
            ws.feed_piece(Piece::text(first).at(Place::First))?;
            ws.feed_piece(Piece::text(last).at(Place::Last))?;
        } else {
            ws.feed(text.as_str())?;
        }
        ws.flush()?;
        assert_eq!(data(&mut ws)?.to_text(), Some(text.as_str()), "an echo is lost or another one");
        messages += 1;
    }
    ws.close(CloseCode(4000 + (turn % 1000) as u16), "enough")?;
    assert_eq!(ws.close_code(), Some(CloseCode(4000 + (turn % 1000) as u16)));
    Ok(messages)
}

/// The system keeps 128 connections that are not accepted yet, and drops others: they are opened again.
fn opened(address: SocketAddr) -> WebSocket<TcpStream> {
    let url = format!("ws://{address}/");
    (0..10).find_map(|_| connect(&url).ok()).expect("a connection").0
}

fn data(ws: &mut WebSocket<TcpStream>) -> Result<Message, Error> {
    loop {
        let message = ws.next().expect("the server has closed")?;
        if message.is_data() {
            return Ok(message);
        }
    }
}

/// KiB of memory that this process has.
fn memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix(" kB")?.parse().ok()
}

#[test]
fn a_mixed_load_loses_nothing() {
    let load = env::var("LOAD").unwrap_or_else(|_| "40 1".into());
    let (connections, seconds) = load.split_once(' ').expect("connections and seconds");
    let (connections, seconds): (usize, u64) = (connections.parse().unwrap(), seconds.parse().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for (turn, stream) in listener.incoming().enumerate() {
            thread::spawn(move || echo(stream.unwrap(), turn.is_multiple_of(2)).expect("a proper end"));
        }
    });
    let end = Instant::now() + Duration::from_secs(seconds);
    let clients: Vec<_> = (0..connections)
        .map(|seed| {
            thread::spawn(move || {
                let (mut turn, mut messages, mut opened) = (seed, 0, 0);
                while Instant::now() < end {
                    messages += client(address, turn, end).expect("a proper end");
                    opened += 1;
                    turn += 7919;
                }
                (messages, opened)
            })
        })
        .collect();
    let done = clients.into_iter().map(|client| client.join().unwrap()).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    assert!(done.0 >= connections && done.1 >= connections);
    println!("{} messages in {} connections, {connections} at once, {seconds} s: none is lost", done.0, done.1);

    // both ends, and the thread of the server
    let before = memory();
    let idle: Vec<_> = (0..connections).map(|_| opened(address)).collect();
    if let (Some(before), Some(after)) = (before, memory()) {
        let each = after.saturating_sub(before) as f64 / idle.len() as f64;
        println!("an idle connection needs {each:.1} KiB: a thread that serves it, and its client");
    }
    for mut ws in idle {
        ws.close(CloseCode::NORMAL, "").unwrap();
    }
}
