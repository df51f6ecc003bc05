//! Shows news from a server in three ways, side by side: `cargo run --example push_server`, then open the address that
//! it prints.
//!
//! The page asks again and again (polling), asks and waits (long polling), and is told (WebSocket). The news is the lines
//! typed into this program, the lines sent from the page, and a report every few seconds.
//!
//! * [`board`](mod@board) holds the news and frames each item once, for all connections;
//! * [`requests`] reads requests and answers those that do not ask for a WebSocket;
//! * [`live`] is one WebSocket connection: one thread reads, one writes.

mod board;
#[path = "../common/linger.rs"]
mod linger;
mod live;
mod requests;

use board::Board;
use lexopt::prelude::*;
use std::io::{BufRead, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

const USAGE: &str = "usage: push_server [ADDRESS] [--ping SECONDS]

Serves a page that shows news from this server by polling, by long polling and by a WebSocket.
Each line that you type here becomes news. Ctrl-C closes all connections and ends the program.

  ADDRESS  the IP address and port to listen on (127.0.0.1:8080). Port 0 picks a free port;
           0.0.0.0:8080 lets other machines connect, such as a phone
  --ping SECONDS
           the time between two Pings to a client (20). One that sends nothing for three times as
           long and 5 seconds, not even a Pong, has disconnected";

/// The number of connections at once, of any kind; further ones are refused.
const MAX_CONNECTIONS: usize = 2000;

/// How long the peers may take for their half of the closing handshake when the server shuts down.
const FAREWELL: Duration = Duration::from_secs(3);

/// The time between two Pings, unless told otherwise. An idle connection stays open in proxies: nginx waits for 60
/// seconds.
const PING: Duration = Duration::from_secs(20);

/// The time between two reports.
const REPORT: Duration = Duration::from_secs(5);

/// What all threads share.
struct Site {
    ping: Duration,
    board: Board,
    connections: AtomicUsize,
    sockets: AtomicUsize,
    requests: AtomicUsize,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("push_server: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let Some((address, ping)) = arguments().map_err(|error| format!("{error}; try --help"))? else {
        println!("{USAGE}");
        return Ok(());
    };
    let listener = TcpListener::bind(address).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => {
            format!("{address} is in use by another program; pass another address, for example 127.0.0.1:0")
        }
        _ => format!("cannot listen on {address}: {error}"),
    })?;
    let address = listener.local_addr().unwrap_or(address);
    // Lives until the program ends.
    let site: &'static Site = Box::leak(Box::new(Site {
        ping,
        board: Board::new(),
        connections: AtomicUsize::new(0),
        sockets: AtomicUsize::new(0),
        requests: AtomicUsize::new(0),
    }));

    let (interrupt, interrupted) = mpsc::channel();
    let asked = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            // The second Ctrl-C ends the program at once.
            std::process::exit(130);
        }
        let _ = interrupt.send(());
    })
    .map_err(|error| format!("cannot wait for Ctrl-C: {error}"))?;
    thread::spawn(move || accept(site, &listener));
    thread::spawn(move || {
        std::io::stdin().lock().lines().map_while(Result::ok).for_each(|line| site.board.publish(&line))
    });
    thread::spawn(move || report(site));

    println!("open http://{address}/");
    let _ = interrupted.recv();
    site.board.close();
    let end = Instant::now() + FAREWELL;
    while site.sockets.load(Ordering::Relaxed) > 0 && Instant::now() < end {
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// Returns the address to listen on and the time between two Pings, or `None` if help was asked for.
fn arguments() -> Result<Option<(SocketAddr, Duration)>, lexopt::Error> {
    let (mut address, mut ping) = (None, PING);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("ping") => {
                let seconds: u32 = parser.value()?.parse()?;
                ping = Duration::from_secs(seconds.into());
                if ping.is_zero() {
                    return Err("--ping must be at least 1".into());
                }
            }
            Value(value) if address.is_none() => address = Some(value.parse()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some((address.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))), ping)))
}

/// Accepts connections, each with a thread of its own.
fn accept(site: &'static Site, listener: &TcpListener) {
    for stream in listener.incoming() {
        let serve = |stream: TcpStream| {
            let counted = Counted::new(&site.connections);
            if counted.before >= MAX_CONNECTIONS {
                return; // Dropping the stream closes it.
            }
            let serve = move || {
                let _counted = counted;
                // A peer that disconnects is not an error of the server.
                let _ = requests::serve(site, stream);
            };
            let _ = thread::Builder::new().stack_size(128 << 10).spawn(serve);
        };
        match stream {
            Ok(stream) => serve(stream),
            // For example out of file descriptors.
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Publishes news about the server itself, as long as somebody reads it.
fn report(site: &'static Site) {
    let start = Instant::now();
    loop {
        thread::sleep(REPORT);
        let requests = site.requests.swap(0, Ordering::Relaxed);
        let sockets = site.sockets.load(Ordering::Relaxed);
        if requests > 0 || sockets > 0 {
            let (up, every) = (start.elapsed().as_secs(), REPORT.as_secs());
            site.board.publish(&format!(
                "up for {up} s: {requests} requests in the last {every} s, {sockets} WebSockets open"
            ));
        }
    }
}

/// Counts how many exist at the same time.
struct Counted {
    count: &'static AtomicUsize,
    before: usize,
}

impl Counted {
    fn new(count: &'static AtomicUsize) -> Self {
        Self { count, before: count.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}
