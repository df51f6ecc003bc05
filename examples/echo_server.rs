//! A small but complete echo server, for load tools and test suites: `cargo run --example echo_server -- --port 9001`.
//!
//! Each message is sent back piece by piece as it arrives, so a long message needs no memory of its size. It uses one
//! thread per connection.

#[path = "common/linger.rs"]
mod linger;

use lexopt::prelude::*;
use linger::linger;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;
use upframe::connection::{Connection, Limits, SendError, Server, Settings};
use upframe::handshake::{Outcome, Refusal, ServerHandshake, ServerOptions};
use upframe::http::Method;

const USAGE: &str = "usage: echo_server [--port N] [--max-message BYTES]

Echoes WebSocket messages on 127.0.0.1.
  --port N             the port to listen on (9001)
  --max-message BYTES  the longest message (64 MiB); a longer one closes the connection with code 1009";

/// The size of the read buffer and of the longest piece sent back, in bytes.
const BUFFER: usize = 64 << 10;

fn main() -> ExitCode {
    let (port, max_message) = match arguments() {
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
    let limits = Limits::SERVER.with_message(max_message).with_frame(max_message).with_fragments(u32::MAX);
    let settings = Settings::new().with_limits(limits);
    println!("listening on ws://{}", listener.local_addr().map_or_else(|_| port.to_string(), |addr| addr.to_string()));
    for stream in listener.incoming() {
        match stream {
            // A peer that disconnects is not an error of the server.
            Ok(stream) => drop(thread::spawn(move || drop(serve(stream, settings)))),
            Err(error) => {
                // For example out of file descriptors: closing connections frees some.
                eprintln!("echo_server: {error}");
                thread::sleep(Duration::from_millis(100));
            }
        }
    }
    ExitCode::SUCCESS
}

/// Returns the port and the longest message, or `None` if help was asked for.
fn arguments() -> Result<Option<(u16, u64)>, lexopt::Error> {
    let (mut port, mut max_message) = (9001, Limits::SERVER.message);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("port") => port = parser.value()?.parse()?,
            Long("max-message") => max_message = parser.value()?.parse()?,
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some((port, max_message)))
}

fn serve(mut stream: TcpStream, settings: Settings) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buf = vec![0; BUFFER];
    let mut handshake = ServerHandshake::new(ServerOptions::new());
    let (mut start, mut end) = (0, 0);
    let outcome = loop {
        let mut input = &mut buf[start..end];
        let outcome = handshake.receive(&mut input);
        start = end - input.len();
        if let Some(outcome) = outcome {
            break outcome;
        }
        (start, end) = (0, stream.read(&mut buf)?);
        if end == 0 {
            return Ok(());
        }
    };
    let mut out = [0; 512];
    match outcome {
        Outcome::Upgrade(upgrade) => {
            let accepted = handshake.accept(&upgrade, settings, &[], &mut out);
            let (response, connection) = accepted.map_err(io::Error::other)?;
            stream.write_all(response)?;
            echo(stream, connection, buf, start, end)
        }
        Outcome::PlainHttp(request) => refuse(stream, Refusal::UpgradeRequired, request.method()),
        Outcome::Refusal(refusal) => refuse(stream, refusal, handshake.method()),
    }
}

/// Echoes until the connection ends. The bytes that came after the request are at `buf[start..end]`.
fn echo(
    mut stream: TcpStream,
    mut connection: Connection<Server>,
    mut buf: Vec<u8>,
    mut start: usize,
    mut end: usize,
) -> io::Result<()> {
    let (mut out, mut frame) = (Vec::with_capacity(2 * BUFFER), vec![0; BUFFER + 14]);
    loop {
        let mut input = &mut buf[start..end];
        while let Some(event) = connection.receive(&mut input) {
            if let Some(fragment) = event.as_fragment() {
                match connection.send(fragment, &mut frame) {
                    Ok(frame) => out.extend_from_slice(frame),
                    Err(SendError::Closing) => {}
                    Err(error) => return Err(io::Error::other(error)),
                }
            }
            // After every event, so that each Ping gets its Pong. It takes less than the frame buffer.
            let n = connection.poll_transmit(&mut frame);
            out.extend_from_slice(&frame[..n]);
        }
        stream.write_all(&out)?;
        out.clear();
        if connection.may_disconnect() {
            return linger(&stream);
        }
        (start, end) = (0, stream.read(&mut buf)?);
        if end == 0 {
            connection.receive_eof();
        }
    }
}

fn refuse(mut stream: TcpStream, refusal: Refusal, method: Method) -> io::Result<()> {
    let mut out = [0; 512];
    stream.write_all(refusal.write(method, &mut out).map_err(io::Error::other)?)?;
    linger(&stream)
}
