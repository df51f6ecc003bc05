//! The mirror of `echo_server`: `cargo run --example echo_client -- ws://127.0.0.1:9001/path?query`.
//!
//! Sends back every message that it gets, piece by piece, until the server closes. For test suites that are a server.

#[path = "common/opening.rs"]
#[expect(dead_code, reason = "there is no terminal to protect here, and no subprotocol")]
mod opening;

use lexopt::prelude::*;
use opening::{Opened, open};
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use upframe::connection::{Limits, SendError, Settings, State};
use upframe::frame::{CloseCode, Header};
use upframe::handshake::{ClientRequest, Uri};

const USAGE: &str = "usage: echo_client URL [--max-message BYTES]

Connects to a WebSocket server and sends back every message, until the server closes. The exit status is 0 after a clean close.

  URL                  such as ws://127.0.0.1:9001/path?query
  --max-message BYTES  longest message; a longer one is answered with close code 1009 (64 MiB)";

/// How long the server has for its half of the closing handshake, and for closing the stream behind it.
const FAREWELL: Duration = Duration::from_secs(5);

/// Bytes of one read.
const BUFFER: usize = 64 << 10;

fn main() -> ExitCode {
    let result = match arguments() {
        Ok(Some((url, max_message))) => echo(&url, max_message),
        Ok(None) => {
            // nobody has to read it to its end
            let _ = writeln!(io::stdout(), "{USAGE}");
            Ok(())
        }
        Err(error) => Err(format!("{error}; --help says more")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("echo_client: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// The URL and the longest message; none where help was asked for.
fn arguments() -> Result<Option<(String, u64)>, lexopt::Error> {
    let (mut url, mut max_message) = (None, Limits::SERVER.message);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("max-message") => max_message = parser.value()?.parse()?,
            Value(value) if url.is_none() => url = Some(value.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some((url.ok_or("there is no URL")?, max_message)))
}

fn echo(url: &str, max_message: u64) -> Result<(), String> {
    let uri = Uri::parse(url).map_err(|error| format!("{url}: {error}"))?;
    let limits = Limits::SERVER.with_message(max_message).with_frame(max_message).with_fragments(u32::MAX);
    let Opened { mut stream, mut connection, rest, .. } =
        open(ClientRequest::new(uri), Settings::new().with_limits(limits))?;
    let io_error = |error: io::Error| format!("{} broke off: {error}", uri.host());

    let mut buf = vec![0; BUFFER.max(rest.len())];
    buf[..rest.len()].copy_from_slice(&rest);
    let (mut n, mut out, mut frame) = (rest.len(), vec![], vec![0; buf.len() + Header::MAX_LEN]);
    let mut deadline = None::<Instant>;
    loop {
        let mut input = &mut buf[..n];
        while let Some(event) = connection.receive(&mut input) {
            let Some(fragment) = event.as_fragment() else { continue };
            match connection.send(fragment, &mut frame) {
                Ok(frame) => out.extend_from_slice(frame),
                Err(SendError::Closing) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        loop {
            let n = connection.poll_transmit(&mut frame);
            out.extend_from_slice(&frame[..n]);
            if n < frame.len() {
                break;
            }
        }
        // a server that has closed may be gone already; what it said counts
        if let (Err(error), None) = (stream.write_all(&out), connection.close_code()) {
            return Err(io_error(error));
        }
        out.clear();
        if connection.state() != State::Open {
            // also for a server that goes on sending
            let end = *deadline.get_or_insert_with(|| Instant::now() + FAREWELL);
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            stream.set_read_timeout(Some(left)).map_err(io_error)?;
        }
        // RFC 6455 §7.1.1: it is the server who closes the stream
        n = match (stream.read(&mut buf), connection.close_code()) {
            (Ok(0), _) | (Err(_), Some(_)) => break,
            (Ok(n), _) => n,
            (Err(error), None) => return Err(io_error(error)),
        };
    }
    connection.receive_eof();
    match (connection.failure(), connection.close_code()) {
        (Some(failure), _) => Err(format!("the server broke the protocol: {failure}")),
        (None, None | Some(CloseCode::ABNORMAL)) => Err("the server is gone without a Close".into()),
        (None, Some(_)) => Ok(()),
    }
}
