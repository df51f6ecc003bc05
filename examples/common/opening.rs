//! The opening of a client's connection: TCP, and the handshake.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;
use upframe::connection::{Client, Connection, Entropy, NoEntropy, Settings};
use upframe::handshake::{Answer, ClientHandshake, ClientRequest, Uri};
use upframe::http::Head;

/// How long each step of the opening may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The operating system's generator: masking keys must not be guessed (RFC 6455 §10.3).
pub struct System;

impl Entropy for System {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        getrandom::fill(bytes).map_err(|_| NoEntropy)
    }
}

/// A connection that is open.
pub struct Opened {
    pub stream: TcpStream,
    pub connection: Connection<Client<System>>,
    /// What came behind the handshake: the first frames.
    pub rest: Vec<u8>,
    /// The subprotocol that the server chose.
    pub subprotocol: Option<String>,
}

/// Connects to the host of a URI and shakes hands; or says in a sentence, or in some lines, why not.
pub fn open(request: ClientRequest, settings: Settings) -> Result<Opened, String> {
    let uri = request.uri();
    if uri.is_secure() {
        return Err("wss: is WebSocket over TLS, which this program leaves out; try ws:".into());
    }
    let mut stream = connect(&uri)?;
    let cut = |error: std::io::Error| match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            format!("{} says nothing for {} seconds", uri.host(), PATIENCE.as_secs())
        }
        _ => format!("{} broke off: {error}", uri.host()),
    };
    let mut handshake = ClientHandshake::new(request, &mut System).map_err(|error| error.to_string())?;
    let mut out = vec![0; 64 << 10];
    let wire = handshake.write_request(&mut out).map_err(|error| error.to_string())?;
    stream.write_all(wire).map_err(cut)?;

    let (mut memory, mut buf) = (vec![0; 16 << 10], vec![0; 16 << 10]);
    let mut head = Head::new(&mut memory);
    loop {
        let n = stream.read(&mut buf).map_err(cut)?;
        if n == 0 {
            return Err(format!("{} closed the stream without an answer", uri.host()));
        }
        let mut input = &buf[..n];
        match handshake.receive_with(&mut input, |span| head.push(span)) {
            None => {}
            Some(Answer::Agreed(agreed)) => {
                let connection = agreed.connect(System, settings);
                let (rest, subprotocol) = (input.to_vec(), agreed.subprotocol().map(String::from));
                stream.set_read_timeout(None).map_err(cut)?;
                return Ok(Opened { stream, connection, rest, subprotocol });
            }
            Some(Answer::Refused(status)) => return Err(refusal(status, &head, input)),
            Some(Answer::Failed(failure)) => return Err(format!("{} is no WebSocket server: {failure}", uri.host())),
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

/// What a server said instead of a 101: status, fields, and as much of the body as came with them.
fn refusal(status: u16, head: &Head, body: &[u8]) -> String {
    let text = |bytes: &[u8]| printable(&String::from_utf8_lossy(bytes));
    let mut lines = vec![format!("refused with {status} {}", text(head.reason()))];
    lines.extend(head.fields().map(|(name, value)| format!("  {}: {}", text(name), text(value))));
    let body = &body[..body.len().min(500)];
    if !body.is_empty() {
        lines.push(format!("  {}", text(body).trim_end()));
    }
    lines.join("\n")
}

/// A peer's text, for a terminal that obeys control characters.
pub fn printable(text: &str) -> String {
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
