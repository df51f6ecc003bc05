//! The smallest honest echo server, for load tools and test suites: `cargo run --example echo_server -- --port 9001`.
//!
//! Each message goes back as it came, piece by piece, so that a long one needs no memory of its size. One thread a connection.

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

const USAGE: &str = "usage: echo_server [--port N] [--max-message BYTES]

Echoes WebSocket messages on 127.0.0.1.
  --port N             port to listen on (9001)
  --max-message BYTES  longest message; a longer one is answered with close code 1009 (64 MiB)";

/// Bytes of one read, and of what is made of it.
const BUFFER: usize = 64 << 10;

fn main() -> ExitCode {
    let (port, max_message) = match arguments() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            // nobody has to read it to its end
            let _ = writeln!(io::stdout(), "{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("echo_server: {error}; --help says more");
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
            // a peer that is gone is no news
            Ok(stream) => drop(thread::spawn(move || drop(serve(stream, settings)))),
            Err(error) => {
                // out of descriptors, say: others give some back
                eprintln!("echo_server: {error}");
                thread::sleep(Duration::from_millis(100));
            }
        }
    }
    ExitCode::SUCCESS
}

/// The port and the longest message; none where help was asked for.
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
        Outcome::PlainHttp(_) => refuse(stream, Refusal::UpgradeRequired),
        Outcome::Refusal(refusal) => refuse(stream, refusal),
    }
}

/// What came with the handshake lies at `start..end`.
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
            let Some(fragment) = event.as_fragment() else { continue };
            match connection.send(fragment, &mut frame) {
                Ok(frame) => out.extend_from_slice(frame),
                Err(SendError::Closing) => {}
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        loop {
            let n = connection.poll_transmit(&mut frame);
            out.extend_from_slice(&frame[..n]);
            if n < frame.len() {
                break;
            }
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

fn refuse(mut stream: TcpStream, refusal: Refusal) -> io::Result<()> {
    let mut out = [0; 512];
    stream.write_all(refusal.write(&mut out).map_err(io::Error::other)?)?;
    linger(&stream)
}
