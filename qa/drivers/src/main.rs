//! Echo servers on `upframe-tokio` and on its peers, side by side in one run: processor time of the server for each message, and
//! memory of an idle connection.
//!
//! Each server has a thread of its own. They have their turns in rounds, and the medians are printed.

mod load;
mod measure;
mod servers;

use load::{BUSY, resident};
use measure::{Processor, ROUNDS, SAMPLE, median, table_line};
use std::cell::Cell;
use std::error::Error;
use std::future::Future;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use std::{env, fs, sync::mpsc, thread};

/// Bytes of a message, and messages that are on the way.
const ROWS: [(usize, usize); 9] = [
    (16, 1),
    (16, 16),
    (1 << 10, 1),
    (1 << 10, 16),
    (16 << 10, 1),
    (16 << 10, 16),
    (64 << 10, 1),
    (64 << 10, 16),
    (1 << 20, 1),
];
const IDLE: usize = 1000;

struct Server {
    name: &'static str,
    address: SocketAddr,
    processor: Processor,
    load: TcpStream,
}

impl Server {
    fn start<F>(name: &'static str, serve: fn(tokio::net::TcpStream) -> F) -> io::Result<Self>
    where
        F: Future<Output = Result<(), Box<dyn Error>>> + 'static,
    {
        let (send, told) = mpsc::channel();
        thread::spawn(move || -> io::Result<()> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let tasks = tokio::task::LocalSet::new();
            tasks.block_on(&runtime, async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
                let thread = fs::read_link("/proc/thread-self")?;
                let _ = send.send((listener.local_addr()?, thread));
                loop {
                    let (stream, _) = listener.accept().await?;
                    stream.set_nodelay(true)?;
                    tokio::task::spawn_local(async move { drop(serve(stream).await) });
                }
            })
        });
        let (address, thread) = told.recv().map_err(io::Error::other)?;
        Ok(Self { name, address, processor: Processor::of(&thread), load: connect(address)? })
    }

    /// Microseconds of the server's processor for one message.
    fn sample(&mut self, frames: &[u8], echo: &[u8], window: usize) -> io::Result<f64> {
        let mut back = vec![0; echo.len() * window];
        let (mut messages, start, before) = (0, Instant::now(), self.processor.time()?);
        while start.elapsed() < SAMPLE {
            self.load.write_all(frames)?;
            self.load.read_exact(&mut back)?;
            messages += window;
        }
        let time = self.processor.time()? - before;
        assert!(back.chunks(echo.len()).all(|frame| frame == echo), "{}: another echo", self.name);
        Ok(time / messages as f64)
    }
}

/// Connects, and shakes hands.
fn connect(to: SocketAddr) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_nodelay(true)?;
    stream.write_all(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    )?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    Ok(stream)
}

/// A binary message of a client, and its echo.
fn frames(len: usize) -> (Vec<u8>, Vec<u8>) {
    let payload: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
    let header = |mask: u8| match len {
        0..=125 => vec![0x82, mask | len as u8],
        126..=0xFFFF => [&[0x82, mask | 126], &(len as u16).to_be_bytes()[..]].concat(),
        _ => [&[0x82, mask | 127], &(len as u64).to_be_bytes()[..]].concat(),
    };
    let key = [0x37, 0xFA, 0x21, 0x3D];
    let masked = payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
    let frame = header(0x80).into_iter().chain(key).chain(masked).collect();
    (frame, [header(0), payload].concat())
}

/// Connections of upframe-tokio, every other one split.
fn busy(time: Duration) -> io::Result<load::Total> {
    load::in_one_thread(async {
        let turn = Cell::new(0_usize);
        let serve = move |stream| echo(stream, turn.replace(turn.get() + 1).is_multiple_of(2));
        load::busy(load::server(serve).await?, time).await
    })?
}

async fn echo(stream: tokio::net::TcpStream, split: bool) -> Result<(), upframe_tokio::Error> {
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

fn main() -> io::Result<()> {
    let mut servers = [
        Server::start("upframe-tokio", servers::upframe)?,
        Server::start("upframe-tokio, no Pings", servers::upframe_without_pings)?,
        Server::start("upframe-tokio, halves", servers::upframe_halves)?,
        Server::start("tokio-tungstenite", servers::tungstenite)?,
        Server::start("fastwebsockets", servers::fastwebsockets)?,
        Server::start("fastwebsockets, time limit", servers::fastwebsockets_with_limit)?,
        Server::start("sockudo-ws", servers::sockudo)?,
    ];
    let names = servers.each_ref().map(|server| server.name.to_owned());
    let head = |first: &[&str]| {
        let cells = first.iter().map(|cell| (*cell).to_owned()).chain(names.clone());
        table_line(cells) + &"|---".repeat(first.len() + names.len()) + "|\n"
    };
    let (mut times, mut ratios) = (head(&["message, B", "on the way"]), head(&["message, B", "on the way"]));
    for (len, window) in ROWS {
        let (frame, echo) = frames(len);
        let frames = frame.repeat(window);
        let mut samples = servers.each_ref().map(|_| Vec::new());
        for round in 0..ROUNDS {
            for turn in 0..servers.len() {
                let i = (round + turn) % servers.len();
                let time = servers[i].sample(&frames, &echo, window)?;
                if round > 0 {
                    samples[i].push(time); // the first one warms up
                }
            }
        }
        let medians = samples.map(|mut samples| median(&mut samples));
        let first = [len, window].map(|n| n.to_string());
        times += &table_line(first.clone().into_iter().chain(medians.iter().map(|us| format!("{us:.2}"))));
        ratios += &table_line(first.into_iter().chain(medians.iter().map(|us| format!("{:.2}", us / medians[0]))));
    }
    let mut idle = head(&["connection"]);
    let (mut new, mut after) = (vec!["idle, new".to_owned()], vec!["idle, after an echo of 16 B".to_owned()]);
    let (frame, echo) = frames(16);
    let mut kept = Vec::new();
    for server in &servers {
        let before = resident()?;
        let mut connections = (0..IDLE).map(|_| connect(server.address)).collect::<io::Result<Vec<_>>>()?;
        new.push(format!("{:.0}", (resident()? - before) / IDLE as f64));
        for connection in &mut connections {
            connection.write_all(&frame)?;
            connection.read_exact(&mut vec![0; echo.len()])?;
        }
        after.push(format!("{:.0}", (resident()? - before) / IDLE as f64));
        kept.push(connections);
    }
    idle += &(table_line(new) + &table_line(after));
    let time = Duration::from_secs(if env::args().any(|arg| arg == "--write") { 60 } else { 10 });
    let done = busy(time)?;
    let cpu = fs::read_to_string("/proc/cpuinfo")?;
    let model =
        cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("unknown", |it| it.1);
    let text = format!(
        "# Echo servers on the drivers and on their peers\n\n\
        Written by `qa/drivers/run --write`, on {model}. Each server has a thread of its own, in one process on one processor; they \
        have their turns in rounds. One connection; medians of {} samples of {} ms. Servers are written as their own documentation \
        shows; `src/servers.rs` has them.\n\n\
        Microseconds of the server's processor for one message, most of them the kernel's:\n\n{times}\n\
        The same, divided by that of upframe-tokio; above 1, upframe-tokio is faster:\n\n{ratios}\n\
        Resident bytes of the process for each of {IDLE} connections, with its task, without the kernel's:\n\n{idle}\n\
        No peer sends Pings or limits the time by itself, so none has a timer, which costs some tenths of a microsecond each time that a \
        thread waits, most of them the kernel's: compare upframe-tokio with fastwebsockets under a time limit for each read, which a \
        program needs to notice a peer that has disappeared, and upframe-tokio without Pings with fastwebsockets alone. fastwebsockets \
        accepts frames without a mask.\n\n\
        {BUSY} connections of upframe-tokio at once, for {} s, with text of 10 B to 200 KB, whole and in fragments, a Ping before each, \
        and a Close with a code of its own at the end: {} connections and {} messages with {:.1} GB of payload went to the server and \
        came back. None was lost, and each connection ended as it should.\n",
        ROUNDS - 1,
        SAMPLE.as_millis(),
        time.as_secs(),
        done.connections,
        done.messages,
        done.bytes as f64 / 1e9,
    );
    println!("{text}");
    if env::args().any(|arg| arg == "--write") {
        fs::write("RESULTS.md", text)?;
    }
    Ok(())
}
