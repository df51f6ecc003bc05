//! A small but complete echo server, for load tools and test suites: `cargo run --example echo_server -- --port 9001`.
//!
//! Each message is sent back piece by piece as it arrives, so a long message needs no memory of its size. It uses one
//! thread per connection.
//!
//! It has no timeouts while it runs: a client that sends nothing, sends half a request, or does not read keeps its
//! thread as long as TCP does. A server for the world needs limits and Pings; the drivers in `drivers/` have them. After
//! Ctrl-C or SIGTERM, each client gets a Close with 1001 and two seconds for its answer.

#[path = "common/deflate.rs"]
mod deflate;
#[path = "common/linger.rs"]
mod linger;

use deflate::Compression;
use lexopt::prelude::*;
use linger::linger;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use upframe::connection::{Connection, Limits, Server, Settings, State};
use upframe::deflate::{DeflatePolicy, ServerDeflate};
use upframe::frame::CloseCode;
use upframe::handshake::{Outcome, Refusal, ServerHandshake, ServerOptions};
use upframe::http::Method;

const USAGE: &str = "usage: echo_server [--port N] [--max-message BYTES] [--deflate[=PARAMETERS]]

Echoes WebSocket messages on 127.0.0.1.
  --port N             the port to listen on (9001)
  --max-message BYTES  the longest message (64 MiB); a longer one closes the connection with code 1009
  --deflate            agree to permessage-deflate; a message that comes compressed goes back compressed
                       PARAMETERS: for example server_no_context_takeover,client_max_window_bits=10";

/// The size of the read buffer and of the longest piece sent back, in bytes.
const BUFFER: usize = 64 << 10;

/// How long clients may take for their half of the closing handshake when the server ends.
const FAREWELL: Duration = Duration::from_secs(2);

/// How often a connection that waits for its client looks whether the server ends.
const TICK: Duration = Duration::from_millis(200);

/// Whether the server ends.
static ENDS: AtomicBool = AtomicBool::new(false);

/// The number of open connections.
static OPEN: AtomicUsize = AtomicUsize::new(0);

fn main() -> ExitCode {
    let (port, max_message, deflate) = match arguments() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            // The reader may have closed the pipe.
            let _ = writeln!(io::stdout(), "{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("echo_server: {error}; try --help");
            return ExitCode::FAILURE;
        }
    };
    let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("echo_server: cannot listen on 127.0.0.1:{port}: {error}");
            return ExitCode::FAILURE;
        }
    };
    if let Err(error) = ctrlc::set_handler(end) {
        eprintln!("echo_server: Ctrl-C ends without a Close: {error}");
    }
    let limits = Limits::SERVER.with_message(max_message).with_frame(max_message).with_fragments(u32::MAX);
    let settings = Settings::new().with_limits(limits);
    println!("listening on ws://{}", listener.local_addr().map_or_else(|_| port.to_string(), |addr| addr.to_string()));
    for stream in listener.incoming() {
        match stream {
            // A peer that disconnects is not an error of the server.
            Ok(stream) => {
                OPEN.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || {
                    let _ = serve(stream, settings, deflate);
                    OPEN.fetch_sub(1, Ordering::SeqCst);
                });
            }
            Err(error) => {
                // For example out of file descriptors: closing connections frees some.
                eprintln!("echo_server: {error}");
                thread::sleep(Duration::from_millis(100));
            }
        }
    }
    ExitCode::SUCCESS
}

/// Ends the server: each connection sends a Close when it sees [`ENDS`].
fn end() {
    ENDS.store(true, Ordering::SeqCst);
    let end = Instant::now() + FAREWELL;
    while OPEN.load(Ordering::SeqCst) > 0 && Instant::now() < end {
        thread::sleep(Duration::from_millis(10));
    }
    std::process::exit(0);
}

/// Reads what has come. `None`: nothing, for some time.
fn read(stream: &mut TcpStream, buf: &mut [u8]) -> io::Result<Option<usize>> {
    match stream.read(buf) {
        Ok(n) => Ok(Some(n)),
        Err(error) if nothing_came(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a read ended since its time was over, or since a signal came.
fn nothing_came(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// Returns the port, the longest message and what is compressed how, or `None` if help was asked for.
fn arguments() -> Result<Option<(u16, u64, Option<DeflatePolicy>)>, lexopt::Error> {
    let (mut port, mut max_message, mut deflate) = (9001, Limits::SERVER.message, None);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("port") => port = parser.value()?.parse()?,
            Long("max-message") => max_message = parser.value()?.parse()?,
            Long("deflate") => {
                let parameters = parser.optional_value().unwrap_or_default();
                deflate = Some(deflate::policy(&parameters.string()?, true)?);
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some((port, max_message, deflate)))
}

fn serve(mut stream: TcpStream, settings: Settings, deflate: Option<DeflatePolicy>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(TICK))?;
    let mut buf = vec![0; BUFFER];
    let extension = ServerDeflate::new(deflate.unwrap_or_default());
    let mut handshake = ServerHandshake::with_extension(ServerOptions::new(), extension);
    let (mut start, mut end) = (0, 0);
    let outcome = loop {
        let mut input = &mut buf[start..end];
        let outcome = handshake.receive(&mut input);
        start = end - input.len();
        if let Some(outcome) = outcome {
            break outcome;
        }
        (start, end) = match read(&mut stream, &mut buf)? {
            Some(0) => return Ok(()),
            None if ENDS.load(Ordering::SeqCst) => return Ok(()),
            n => (0, n.unwrap_or(0)),
        };
    };
    let mut out = [0; 512];
    match outcome {
        Outcome::Upgrade(upgrade) => {
            let upgrade = if deflate.is_some() { upgrade } else { upgrade.without_extension() };
            let agreed = handshake.extension().agreed(&upgrade);
            let compression =
                agreed.map(|agreed| Compression::new(agreed, true)).transpose().map_err(io::Error::other)?;
            let accepted = handshake.accept(&upgrade, settings, &[], &mut out);
            let (response, connection) = accepted.map_err(io::Error::other)?;
            stream.write_all(response)?;
            echo(stream, connection, compression, buf, start, end)
        }
        Outcome::PlainHttp(request) => refuse(stream, Refusal::UpgradeRequired, request.method()),
        Outcome::Refusal(refusal) => refuse(stream, refusal, handshake.method()),
    }
}

/// Echoes until the connection ends. The bytes that came after the request are at `buf[start..end]`.
fn echo(
    mut stream: TcpStream,
    mut connection: Connection<Server>,
    mut compression: Option<Compression>,
    mut buf: Vec<u8>,
    mut start: usize,
    mut end: usize,
) -> io::Result<()> {
    let (mut out, mut frame) = (Vec::with_capacity(2 * BUFFER), vec![0; Compression::room(BUFFER)]);
    loop {
        let mut input = &mut buf[start..end];
        while let Some(event) = connection.receive(&mut input) {
            Compression::echo(&mut compression, &mut connection, event, &mut frame, &mut out)
                .map_err(io::Error::other)?;
            // After every event, so that each Ping gets its Pong. It takes less than the frame buffer.
            let n = connection.poll_transmit(&mut frame);
            out.extend_from_slice(&frame[..n]);
        }
        if ENDS.load(Ordering::SeqCst) && connection.state() == State::Open {
            connection.close(CloseCode::GOING_AWAY, "").map_err(io::Error::other)?;
            let n = connection.poll_transmit(&mut frame);
            out.extend_from_slice(&frame[..n]);
        }
        stream.write_all(&out)?;
        out.clear();
        if connection.may_disconnect() {
            return linger(&stream);
        }
        (start, end) = match read(&mut stream, &mut buf)? {
            Some(0) => {
                connection.receive_eof();
                (0, 0)
            }
            n => (0, n.unwrap_or(0)),
        };
    }
}

fn refuse(mut stream: TcpStream, refusal: Refusal, method: Method) -> io::Result<()> {
    let mut out = [0; 512];
    stream.write_all(refusal.write(method, &mut out).map_err(io::Error::other)?)?;
    linger(&stream)
}
