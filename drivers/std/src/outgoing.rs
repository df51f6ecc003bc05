//! The client's side of the opening handshake (RFC 6455 §4.1).

use crate::config::Config;
use crate::incoming::{Limited, after};
use crate::transport::Transport;
use crate::websocket::WebSocket;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};
use upframe::handshake::{Answer, ClientHandshake, ClientRequest, Uri};
use upframe_driver::{BodyStart, Collector, Error, Random, Response, Role, written_request};

/// How long the body of a refusal is waited for.
const BODY_WITHIN: Duration = Duration::from_secs(1);

/// Opens a connection on a stream, such as that of a TLS library: asks for `uri`, and reads the response.
///
/// It also returns the response, for its fields. [`client_with`] has more: subprotocols, an origin, further fields.
///
/// # Errors
///
/// [`Error::Uri`], and those of [`client_with`].
pub fn client<S: Transport>(uri: &str, transport: S) -> Result<(WebSocket<S>, Response), Error> {
    client_with(ClientRequest::new(Uri::parse(uri)?), transport, Config::new())
}

/// Opens a connection on a stream with this request.
///
/// ```
/// use upframe_std::{ClientRequest, Config, Uri, client_with};
/// # fn main() -> Result<(), upframe_std::Error> {
/// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let transport = std::net::TcpStream::connect(listener.local_addr()?)?;
/// # std::thread::spawn(move || upframe_std::accept(listener.accept()?.0));
/// let request = ClientRequest::new(Uri::parse("ws://server.example.com/chat")?)
///     .with_subprotocols(&["chat"])
///     .with_fields(&[("Authorization", "Bearer 42")]);
/// let (websocket, response) = client_with(request, transport, Config::new())?;
/// assert_eq!((response.status(), websocket.subprotocol()), (101, None));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::Request`] if the request is not valid: nothing was written. [`Error::Refused`] if the server answered with
/// another status, such as a redirect: with its response, and with as much of the [body](Response::body) as comes
/// within a second (of an [`Untimed`](crate::Untimed) transport: as has come with the head); [`Error::Failure`] if its response breaks the rules; [`Error::OpenTimedOut`]; [`Error::Io`].
pub fn client_with<S: Transport>(
    request: ClientRequest<'_>,
    transport: S,
    config: Config,
) -> Result<(WebSocket<S>, Response), Error> {
    let mut transport = Limited::new(transport, config.open_within);
    let mut handshake = ClientHandshake::new(request, &mut Random::new())?;
    transport.write_all(&written_request(&handshake)?)?;
    let (mut buffer, mut head) = (Vec::new(), Collector::default());
    let answer = loop {
        transport.read_more(&mut buffer)?;
        let mut input = &buffer[..];
        let answer = handshake.receive_with(&mut input, |span| head.push(span));
        let consumed = buffer.len().saturating_sub(input.len());
        buffer.drain(..consumed);
        if let Some(answer) = answer {
            break answer;
        }
    };
    match answer {
        Answer::Agreed(agreed) => {
            let websocket = WebSocket::open(transport.transport, Role::Client, config, buffer, agreed.subprotocol());
            Ok((websocket, head.into_response()))
        }
        Answer::Refused { body, .. } => {
            let mut start = BodyStart::new(body);
            start.push(&buffer);
            transport.read_body(&mut start, BODY_WITHIN);
            Err(Error::Refused(Box::new(head.into_response_with(start))))
        }
        Answer::Failed(failure) => Err(Error::Failure(failure)),
    }
}

/// Connects to the host of a `ws:` URI over TCP, and opens a connection.
///
/// ```no_run
/// # fn run() -> Result<(), upframe_std::Error> {
/// let (mut websocket, _response) = upframe_std::connect("ws://localhost:9002/")?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::Uri`]; [`Error::Tls`] for a `wss:` URI; those of [`client_with`].
pub fn connect(uri: &str) -> Result<(WebSocket<TcpStream>, Response), Error> {
    connect_with(ClientRequest::new(Uri::parse(uri)?), Config::new())
}

/// Connects to the host of a request over TCP, and opens a connection. The time for the opening handshake includes both.
///
/// # Errors
///
/// [`Error::Tls`] for a `wss:` URI; those of [`client_with`].
pub fn connect_with(request: ClientRequest<'_>, config: Config) -> Result<(WebSocket<TcpStream>, Response), Error> {
    let uri = request.uri();
    if uri.is_secure() {
        return Err(Error::Tls);
    }
    let host = uri.host().trim_matches(['[', ']']);
    let end = after(config.open_within);
    let mut result = Err(io::Error::from(io::ErrorKind::NotFound));
    for address in (host, uri.port()).to_socket_addrs()? {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Error::OpenTimedOut);
        }
        result = TcpStream::connect_timeout(&address, left);
        match &result {
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::TimedOut && end <= Instant::now() => {
                return Err(Error::OpenTimedOut);
            }
            Err(_) => {}
        }
    }
    let transport = result?;
    transport.set_nodelay(true)?;
    let config_left = config.with_open_within(end.saturating_duration_since(Instant::now()));
    client_with(request, transport, config_left)
}
