//! The mirror of `echo_server`: `cargo run --example echo_client -- ws://127.0.0.1:9001/path?query`.
//!
//! Sends back every message that it receives, piece by piece, until the server closes. Made for test suites that act as
//! a server.
//!
//! Each step of the opening handshake may take 20 seconds, and the closing handshake 5. While the connection is open
//! there is no timeout: a server that disappears without a word is waited for as long as TCP does. Ctrl-C and SIGTERM
//! send a Close with 1001.

#[path = "common/deflate.rs"]
mod deflate;
#[path = "common/opening.rs"]
mod opening;

use deflate::Compression;
use lexopt::prelude::*;
use opening::{Opened, open};
use std::io::{self, ErrorKind, Read, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use upframe::connection::{Limits, Settings, State};
use upframe::deflate::{ClientDeflate, DeflatePolicy};
use upframe::frame::CloseCode;
use upframe::handshake::{ClientRequest, NoExtension, Uri};

const USAGE: &str = "usage: echo_client URL [--max-message BYTES] [--deflate[=PARAMETERS]]

Connects to a WebSocket server and sends back every message until the server closes. The exit status is 0 after a clean close.

  URL                  for example ws://127.0.0.1:9001/path?query
  --max-message BYTES  the longest message (64 MiB); a longer one closes the connection with code 1009
  --deflate            offer permessage-deflate; a message that comes compressed goes back compressed
                       PARAMETERS: for example server_no_context_takeover,client_max_window_bits=10";

/// How long the server may take for its half of the closing handshake and for closing the stream after it.
const FAREWELL: Duration = Duration::from_secs(5);

/// How often a connection that waits for the server looks whether the program ends.
const TICK: Duration = Duration::from_millis(200);

/// Whether the connection is open, and whether the program ends.
static OPEN: AtomicBool = AtomicBool::new(false);
static ENDS: AtomicBool = AtomicBool::new(false);

/// The size of the read buffer, in bytes.
const BUFFER: usize = 64 << 10;

fn main() -> ExitCode {
    if let Err(error) = ctrlc::set_handler(end) {
        eprintln!("echo_client: Ctrl-C ends without a Close: {error}");
    }
    let result = match arguments() {
        Ok(Some((url, max_message, deflate))) => echo(&url, max_message, deflate),
        Ok(None) => {
            // The reader may have closed the pipe.
            let _ = writeln!(io::stdout(), "{USAGE}");
            Ok(())
        }
        Err(error) => Err(format!("{error}; try --help")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("echo_client: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Ends the program: the connection sends a Close when it sees [`ENDS`].
fn end() {
    if OPEN.load(Ordering::SeqCst) {
        ENDS.store(true, Ordering::SeqCst);
        thread::sleep(FAREWELL + Duration::from_secs(1));
        eprintln!("echo_client: the server does not read");
    }
    std::process::exit(1);
}

/// Whether a read ended since its time was over, or since a signal came.
fn nothing_came(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// Returns the URL, the longest message and what is compressed how, or `None` if help was asked for.
fn arguments() -> Result<Option<(String, u64, Option<DeflatePolicy>)>, lexopt::Error> {
    let (mut url, mut max_message, mut deflate) = (None, Limits::SERVER.message, None);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("max-message") => max_message = parser.value()?.parse()?,
            Long("deflate") => {
                let parameters = parser.optional_value().unwrap_or_default();
                deflate = Some(deflate::policy(&parameters.string()?, false)?);
            }
            Value(value) if url.is_none() => url = Some(value.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some((url.ok_or("the URL is missing")?, max_message, deflate)))
}

fn echo(url: &str, max_message: u64, deflate: Option<DeflatePolicy>) -> Result<(), String> {
    let uri = Uri::parse(url).map_err(|error| format!("{url}: {error}"))?;
    let limits = Limits::SERVER.with_message(max_message).with_frame(max_message).with_fragments(u32::MAX);
    let (request, settings) = (ClientRequest::new(uri), Settings::new().with_limits(limits));
    let (opened, agreed) = match deflate {
        None => (open(request, settings, NoExtension)?.0, None),
        Some(policy) => {
            let (opened, extension) = open(request, settings, ClientDeflate::new(policy))?;
            (opened, extension.agreed())
        }
    };
    let Opened { mut stream, mut connection, rest } = opened;
    let compression = agreed.map(|agreed| Compression::new(agreed, false));
    let mut compression = compression.transpose().map_err(|error| error.to_string())?;
    OPEN.store(true, Ordering::SeqCst);
    let io_error = |error: io::Error| format!("{}: the connection broke: {error}", uri.host());

    let mut buf = vec![0; BUFFER.max(rest.len())];
    buf[..rest.len()].copy_from_slice(&rest);
    let (mut n, mut out, mut frame) = (rest.len(), vec![], vec![0; Compression::room(buf.len())]);
    let mut deadline = None::<Instant>;
    loop {
        let mut input = &mut buf[..n];
        while let Some(event) = connection.receive(&mut input) {
            let echoed = Compression::echo(&mut compression, &mut connection, event, &mut frame, &mut out);
            echoed.map_err(|error| error.to_string())?;
            // After every event, so that each Ping gets its Pong. It takes less than the frame buffer.
            let n = connection.poll_transmit(&mut frame);
            out.extend_from_slice(&frame[..n]);
        }
        if ENDS.load(Ordering::SeqCst) && connection.state() == State::Open {
            connection.close(CloseCode::GOING_AWAY, "").map_err(|error| error.to_string())?;
            let n = connection.poll_transmit(&mut frame);
            out.extend_from_slice(&frame[..n]);
        }
        // A server that has sent its Close may have disconnected already; its Close counts.
        if let (Err(error), None) = (stream.write_all(&out), connection.close_code()) {
            return Err(io_error(error));
        }
        out.clear();
        let mut patience = TICK;
        if connection.state() != State::Open {
            // Also for a server that goes on sending.
            let end = *deadline.get_or_insert_with(|| Instant::now() + FAREWELL);
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            patience = left;
        }
        stream.set_read_timeout(Some(patience)).map_err(io_error)?;
        // The server closes the stream (RFC 6455 §7.1.1).
        n = match (stream.read(&mut buf), connection.close_code()) {
            (Ok(0), _) | (Err(_), Some(_)) => break,
            (Ok(n), _) => n,
            (Err(error), None) if nothing_came(&error) => 0,
            (Err(error), None) => return Err(io_error(error)),
        };
    }
    connection.receive_eof();
    match (connection.failure(), connection.close_code()) {
        (Some(failure), _) => Err(format!("the server broke the protocol: {failure}")),
        (None, None | Some(CloseCode::ABNORMAL)) => Err("the server disconnected without a Close".into()),
        (None, Some(_)) => Ok(()),
    }
}
