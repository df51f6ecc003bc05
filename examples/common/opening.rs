//! Opens a client's connection: TCP, then the handshake.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;
use upframe::connection::{Client, Connection, Entropy, NoEntropy, Settings};
use upframe::handshake::{Answer, ClientHandshake, ClientRequest, Extensions, Uri};
use upframe::http::Head;

/// How long each step may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The operating system's generator: masking keys must not be guessable (RFC 6455 §10.3).
pub struct System;

impl Entropy for System {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        getrandom::fill(bytes).map_err(|_| NoEntropy)
    }
}

/// An open connection.
pub struct Opened {
    pub stream: TcpStream,
    pub connection: Connection<Client<System>>,
    /// The bytes that came after the response: the first frames.
    pub rest: Vec<u8>,
}

/// Connects to the host of a URI and does the opening handshake, in which the extension learns what was agreed on. The
/// error is a sentence, or several lines if the server refused.
pub fn open<X: Extensions + Clone>(
    request: ClientRequest,
    settings: Settings,
    extension: X,
) -> Result<(Opened, X), String> {
    let uri = request.uri();
    if uri.is_secure() {
        return Err("wss: is WebSocket over TLS, which this program does not support; use ws:".into());
    }
    let mut stream = connect(&uri)?;
    let cut = |error: std::io::Error| match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            format!("{} sent nothing for {} seconds", uri.host(), PATIENCE.as_secs())
        }
        _ => format!("{}: the connection broke: {error}", uri.host()),
    };
    let handshake = ClientHandshake::with_extension(request, extension, &mut System);
    let mut handshake = handshake.map_err(|error| error.to_string())?;
    let mut out = vec![0; 64 << 10];
    let wire = handshake.write_request(&mut out).map_err(|error| error.to_string())?;
    stream.write_all(wire).map_err(cut)?;

    let (mut memory, mut buf) = (vec![0; 16 << 10], vec![0; 16 << 10]);
    let mut head = Head::new(&mut memory);
    loop {
        let n = stream.read(&mut buf).map_err(cut)?;
        if n == 0 {
            return Err(format!("{} closed the connection without a response", uri.host()));
        }
        let mut input = &buf[..n];
        match handshake.receive_with(&mut input, |span| head.push(span)) {
            None => {}
            Some(Answer::Agreed(agreed)) => {
                let connection = agreed.connect(System, settings);
                let rest = input.to_vec();
                stream.set_read_timeout(None).map_err(cut)?;
                return Ok((Opened { stream, connection, rest }, handshake.extension().clone()));
            }
            Some(Answer::Refused { status, .. }) => return Err(refusal(status, &head, input)),
            Some(Answer::Failed(failure)) => {
                return Err(format!("{} is not a valid WebSocket server: {failure}", uri.host()));
            }
        }
    }
}

fn connect(uri: &Uri) -> Result<TcpStream, String> {
    let name = uri.host().trim_start_matches('[').trim_end_matches(']');
    let addresses = (name, uri.port()).to_socket_addrs().map_err(|error| format!("{name} has no address: {error}"))?;
    let mut failed = format!("{name} has no address");
    for address in addresses {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => {
                let set = stream.set_nodelay(true).and_then(|()| stream.set_read_timeout(Some(PATIENCE)));
                return set.map(|()| stream).map_err(|error| error.to_string());
            }
            Err(error) => failed = format!("cannot connect to {address}: {error}"),
        }
    }
    Err(failed)
}

/// Formats what a server sent instead of a 101: status, fields, and the part of the body that came with them.
fn refusal(status: u16, head: &Head, body: &[u8]) -> String {
    let text = |bytes: &[u8]| printable(&String::from_utf8_lossy(bytes));
    let mut lines = vec![format!("the server refused with {status} {}", text(head.reason().unwrap_or_default()))];
    lines.extend(head.kept().map(|(name, value)| format!("  {}: {}", text(name), text(value))));
    let body = &body[..body.len().min(500)];
    if !body.is_empty() {
        lines.push(format!("  {}", text(body).trim_end()));
    }
    lines.join("\n")
}

/// Escapes the control characters of a peer's text, for the terminal.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && !matches!(c, '\n' | '\t') {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}
