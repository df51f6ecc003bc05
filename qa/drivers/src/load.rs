//! Many connections at once, with messages, pieces, Pings and Closes of all kinds: nothing may be lost. And the memory of this
//! process.

use std::cell::RefCell;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use std::{fs, io};
use tokio::net::{TcpListener, TcpStream};
use upframe_tokio::{CloseCode, Error, Message, Piece, Place};

/// How many connections are busy at once.
pub const BUSY: usize = 500;

/// What the connections have done together.
#[derive(Default)]
pub struct Total {
    pub connections: usize,
    pub messages: usize,
    pub bytes: usize,
}

/// Runs tasks in this thread. A task that fails, a server's too, ends the program.
pub fn in_one_thread<T>(tasks: impl Future<Output = T>) -> io::Result<T> {
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("{panic}");
        std::process::exit(1);
    }));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(tokio::task::LocalSet::new().block_on(&runtime, tasks))
}

/// Starts a server in this thread.
pub async fn server<F, E>(serve: impl Fn(TcpStream) -> F + 'static) -> io::Result<SocketAddr>
where
    F: Future<Output = Result<(), E>> + 'static,
    E: std::fmt::Debug + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::task::spawn_local(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            stream.set_nodelay(true).expect("a socket");
            let served = serve(stream);
            tokio::task::spawn_local(async move { served.await.expect("a proper end") });
        }
    });
    Ok(address)
}

/// Keeps connections busy for this time. Each closes after some hundred messages, and another one begins.
pub async fn busy(address: SocketAddr, time: Duration) -> io::Result<Total> {
    let end = Instant::now() + time;
    let total = Rc::new(RefCell::new(Total::default()));
    let clients: Vec<_> = (0..BUSY)
        .map(|seed| {
            let total = total.clone();
            tokio::task::spawn_local(async move {
                let mut turn = seed;
                while Instant::now() < end {
                    let (messages, bytes) = client(address, turn, end).await.expect("a proper end");
                    let mut total = total.borrow_mut();
                    total.connections += 1;
                    total.messages += messages;
                    total.bytes += bytes;
                    turn += 7919;
                }
            })
        })
        .collect();
    for client in clients {
        client.await.map_err(io::Error::other)?;
    }
    Ok(total.take())
}

async fn client(address: SocketAddr, turn: usize, end: Instant) -> Result<(usize, usize), Error> {
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
        ws.feed(Message::Ping(i.to_string().into())).await?;
        if i % 3 == 0 {
            let (first, last) = text.split_at(text.find(' ').unwrap_or_default());
            ws.feed_piece(Piece::text(first).at(Place::First)).await?;
            ws.feed_piece(Piece::text(last).at(Place::Last)).await?;
        } else {
            ws.feed(Message::text(text.as_str())).await?;
        }
        ws.flush().await?;
        // The Pong comes before the echo, or within it.
        let (mut pong, mut same) = (false, false);
        while !(pong && same) {
            match ws.next().await.expect("the server has not closed")? {
                Message::Pong(payload) => pong = payload == i.to_string(),
                message => same = message.to_text() == Some(text.as_str()),
            }
        }
        messages += 1;
        bytes += text.len();
    }
    let code = CloseCode(4000 + (turn % 1000) as u16);
    ws.close(code, "enough").await?;
    assert_eq!(ws.close_code(), Some(code));
    Ok((messages, bytes))
}

/// Bytes of this process that are backed.
pub fn resident() -> io::Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let kb =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    Ok(kb.ok_or(io::ErrorKind::InvalidData)? * 1024.0)
}
