//! Many connections at once, with messages, pieces, Pings and Closes of all kinds, both ends on the driver: nothing may be lost.

use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use upframe_tokio::{Bytes, CloseCode, Error, Message, Piece, Place, WebSocket};

/// What the connections have done together.
#[derive(Default)]
pub struct Done {
    pub connections: usize,
    pub messages: usize,
    pub bytes: usize,
}

/// Keeps `connections` connections busy for this time. Each closes after some hundred messages, and another one begins.
pub fn run(connections: usize, time: Duration) -> io::Result<Done> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::task::spawn_local(async move {
            let mut turn = 0_usize;
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                turn += 1;
                let split = turn.is_multiple_of(2);
                tokio::task::spawn_local(async move { echo(stream, split).await.expect("a proper end") });
            }
        });
        let end = Instant::now() + time;
        let done = Rc::new(std::cell::RefCell::new(Done::default()));
        let clients: Vec<_> = (0..connections)
            .map(|seed| {
                let done = done.clone();
                tokio::task::spawn_local(async move {
                    let mut turn = seed;
                    while Instant::now() < end {
                        let (messages, bytes) = client(address, turn, end).await.expect("a proper end");
                        let mut done = done.borrow_mut();
                        done.connections += 1;
                        done.messages += messages;
                        done.bytes += bytes;
                        turn += 7919;
                    }
                })
            })
            .collect();
        for client in clients {
            client.await.map_err(io::Error::other)?;
        }
        Ok(done.take())
    })
}

async fn echo(stream: TcpStream, split: bool) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let mut ws = upframe_tokio::accept(stream).await?;
    if split {
        let (mut writer, mut reader) = ws.split();
        while let Some(message) = reader.next().await {
            let message = message?;
            if message.is_data() {
                writer.send(message).await?;
            }
        }
    } else {
        while let Some(message) = ws.next().await {
            let message = message?;
            if message.is_data() {
                ws.feed(message).await?;
            }
        }
    }
    Ok(())
}

async fn client(address: std::net::SocketAddr, turn: usize, end: Instant) -> Result<(usize, usize), Error> {
    let (mut ws, _) = upframe_tokio::connect(&format!("ws://{address}/")).await?;
    let (mut messages, mut bytes) = (0, 0);
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
        ws.feed(Message::Ping(Bytes::from(i.to_string()))).await?;
        if i % 3 == 0 {
            let (first, last) = text.split_at(text.find(' ').unwrap_or_default());
            ws.feed_piece(Piece::text(first).at(Place::First)).await?;
            ws.feed_piece(Piece::text(last).at(Place::Last)).await?;
        } else {
            ws.feed(Message::text(text.as_str())).await?;
        }
        ws.flush().await?;
        assert_eq!(data(&mut ws).await?.to_text(), Some(text.as_str()), "an echo is lost or another one");
        messages += 1;
        bytes += text.len();
    }
    ws.close(CloseCode(4000 + (turn % 1000) as u16), "enough").await?;
    assert_eq!(ws.close_code(), Some(CloseCode(4000 + (turn % 1000) as u16)));
    Ok((messages, bytes))
}

async fn data(ws: &mut WebSocket<TcpStream>) -> Result<Message, Error> {
    loop {
        match ws.next().await {
            Some(Ok(message)) if message.is_data() => return Ok(message),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error),
            None => panic!("the server has closed"),
        }
    }
}
