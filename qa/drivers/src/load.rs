//! Many connections at once, with messages, pieces, Pings and Closes of all kinds: nothing may be lost. And the memory
//! of this process.

use std::cell::RefCell;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use std::{fs, io};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use upframe_tokio::{CloseCode, Error, Message, Piece, Place, WebSocket};

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

/// Keeps connections busy for this time. Each closes after some hundred messages, and another one begins. `client` opens
/// one, and returns how many messages and bytes it has exchanged.
pub async fn busy<F, E>(
    address: SocketAddr,
    time: Duration,
    client: impl Fn(SocketAddr, Turns) -> F + Copy + 'static,
) -> io::Result<Total>
where
    F: Future<Output = Result<(usize, usize), E>> + 'static,
    E: std::fmt::Debug + 'static,
{
    let end = Instant::now() + time;
    let total = Rc::new(RefCell::new(Total::default()));
    let clients: Vec<_> = (0..BUSY)
        .map(|seed| {
            let total = total.clone();
            tokio::task::spawn_local(async move {
                let mut turn = seed;
                while Instant::now() < end {
                    let (messages, bytes) = client(address, Turns { turn, i: 0, end }).await.expect("a proper end");
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

/// What a connection exchanges: each turn is a Ping with the number of the turn, and a text.
pub struct Turns {
    turn: usize,
    i: usize,
    end: Instant,
}

impl Iterator for Turns {
    type Item = (usize, String);

    fn next(&mut self) -> Option<(usize, String)> {
        let Self { turn, i, end } = *self;
        if i > turn % 500 || Instant::now() > end {
            return None;
        }
        self.i += 1;
        let len = match (turn + i) % 50 {
            0 => 200_000,
            1..=5 => 5_000,
            n => n * 3,
        };
        Some((i, format!("{turn} {i} {}", "ß".repeat(len / 2))))
    }
}

impl Turns {
    /// Returns the code of the Close after the last turn.
    pub fn close_code(&self) -> CloseCode {
        CloseCode(4000 + (self.turn % 1000) as u16)
    }
}

/// A client on upframe-tokio.
pub async fn client(address: SocketAddr, turns: Turns) -> Result<(usize, usize), Error> {
    talk(upframe_tokio::connect(&format!("ws://{address}/")).await?.0, turns).await
}

/// Exchanges the turns on a connection that is open.
pub async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    mut ws: WebSocket<S>,
    mut turns: Turns,
) -> Result<(usize, usize), Error> {
    let (mut messages, mut bytes) = (0, 0);
    for (i, text) in &mut turns {
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
    let code = turns.close_code();
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
