//! The smallest honest echo server, for load tools and test suites: `cargo run --example echo_server -- --port 9001`.
//!
//! Each message goes back as it came, piece by piece, so that a long one needs no memory of its size. One thread a connection.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
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
    let (mut port, mut max_message) = (9001u16, Limits::SERVER.message);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let ok = match arg.as_str() {
            "--help" | "-h" => {
                println!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            "--port" => args.next().and_then(|value| value.parse().ok()).map(|value| port = value),
            "--max-message" => args.next().and_then(|value| value.parse().ok()).map(|value| max_message = value),
            _ => None,
        };
        if ok.is_none() {
            eprintln!("echo_server: {arg} is unknown, or its value is no number\n{USAGE}");
            return ExitCode::FAILURE;
        }
    }
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
    for stream in listener.incoming().flatten() {
        // a peer that is gone is no news
        thread::spawn(move || drop(serve(stream, settings)));
    }
    ExitCode::SUCCESS
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
        Outcome::Ordinary(_) => refuse(stream, Refusal::UpgradeRequired),
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
            return linger(stream);
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
    linger(stream)
}

/// Closes so that the peer can read what was written: bytes of its own that nobody read would reset the stream.
fn linger(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut rest = [0; 4096];
    for _ in 0..256 {
        if stream.read(&mut rest)? == 0 {
            break;
        }
    }
    Ok(())
}
