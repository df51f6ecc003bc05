//! The client's side of the opening handshake (RFC 6455 §4.1).

use crate::config::Config;
use crate::incoming::{end, read_more, until};
use crate::websocket::WebSocket;
use bytes::{Buf, BytesMut};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};
use upframe::handshake::{Answer, ClientHandshake, ClientRequest, Uri};
use upframe_driver::{BodyStart, Collector, Error, Random, Response, Role, written_request};

/// How long the body of a refusal is waited for.
const BODY_WITHIN: Duration = Duration::from_secs(1);

/// Opens a connection on a stream, such as that of a TLS library: asks for `uri`, and reads the response.
///
/// It also returns the response, for its fields. [`client_with`] has more: subprotocols, an origin, further fields.
///
/// # Cancel safety
///
/// Not safe: a drop closes the transport.
///
/// # Errors
///
/// [`Error::Uri`], and those of [`client_with`].
///
/// # Panics
///
/// Panics outside a tokio runtime with time.
pub async fn client<S: AsyncRead + AsyncWrite + Unpin>(
    uri: &str,
    transport: S,
) -> Result<(WebSocket<S>, Response), Error> {
    client_with(ClientRequest::new(Uri::parse(uri)?), transport, Config::new()).await
}

/// Opens a connection on a stream with this request.
///
/// ```
/// use upframe_tokio::{ClientRequest, Config, Uri, client_with};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), upframe_tokio::Error> {
/// # let (transport, there) = tokio::io::duplex(1024);
/// # tokio::spawn(upframe_tokio::accept(there));
/// let request = ClientRequest::new(Uri::parse("ws://server.example.com/chat")?)
///     .with_subprotocols(&["chat"])
///     .with_fields(&[("Authorization", "Bearer 42")]);
/// let (websocket, response) = client_with(request, transport, Config::new()).await?;
/// assert_eq!((response.status(), websocket.subprotocol()), (101, None));
/// # Ok(())
/// # }
/// ```
///
/// # Cancel safety
///
/// Not safe: a drop closes the transport.
///
/// # Errors
///
/// [`Error::Request`] if the request is not valid: nothing was written. [`Error::Refused`] if the server answered with
/// another status, such as a redirect: with its response, and with as much of the [body](Response::body) as comes
/// within a second; [`Error::Failure`] if its response breaks the rules; [`Error::OpenTimedOut`]; [`Error::Io`].
///
/// # Panics
///
/// Panics outside a tokio runtime with time.
pub async fn client_with<S: AsyncRead + AsyncWrite + Unpin>(
    request: ClientRequest<'_>,
    transport: S,
    config: Config,
) -> Result<(WebSocket<S>, Response), Error> {
    shake_hands(request, transport, config, end(config)).await
}

async fn shake_hands<S: AsyncRead + AsyncWrite + Unpin>(
    request: ClientRequest<'_>,
    mut transport: S,
    config: Config,
    end: Instant,
) -> Result<(WebSocket<S>, Response), Error> {
    let mut handshake = ClientHandshake::new(request, &mut Random::new())?;
    let (mut buffer, mut head) = (BytesMut::new(), Collector::default());
    let answer = until(end, async {
        transport.write_all(&written_request(&handshake)?).await?;
        transport.flush().await?;
        loop {
            read_more(&mut transport, &mut buffer).await?;
            let mut input = &buffer[..];
            let answer = handshake.receive_with(&mut input, |span| head.push(span));
            let consumed = buffer.len().saturating_sub(input.len());
            buffer.advance(consumed);
            if let Some(answer) = answer {
                return Ok(answer);
            }
        }
    });
    match answer.await? {
        Answer::Agreed(agreed) => {
            let websocket = WebSocket::open(transport, Role::Client, config, buffer, agreed.subprotocol());
            Ok((websocket, head.into_response()))
        }
        Answer::Refused { body, .. } => {
            let mut start = BodyStart::new(body);
            start.push(&buffer);
            // what has come is returned, whether it is all or not
            let _ = timeout_at(end.min(Instant::now() + BODY_WITHIN), read_body(&mut transport, &mut start)).await;
            Err(Error::Refused(Box::new(head.into_response_with(start))))
        }
        Answer::Failed(failure) => Err(Error::Failure(failure)),
    }
}

/// Reads the start of a body.
async fn read_body<S: AsyncRead + Unpin>(transport: &mut S, start: &mut BodyStart) {
    let mut bytes = [0; 1024];
    while start.wants_more() {
        match transport.read(&mut bytes).await {
            Ok(0) => return start.end(),
            Ok(n) => start.push(bytes.get(..n).unwrap_or_default()),
            Err(_) => return,
        }
    }
}

/// Connects to the host of a `ws:` URI over TCP, and opens a connection.
///
/// ```no_run
/// # async fn run() -> Result<(), upframe_tokio::Error> {
/// let (mut websocket, _response) = upframe_tokio::connect("ws://localhost:9002/").await?;
/// # Ok(())
/// # }
/// ```
///
/// # Cancel safety
///
/// Safe in that nothing is left: a drop closes the transport.
///
/// # Errors
///
/// [`Error::Uri`]; [`Error::Tls`] for a `wss:` URI; those of [`client_with`].
///
/// # Panics
///
/// Panics outside a tokio runtime with time and I/O.
#[cfg(feature = "net")]
pub async fn connect(uri: &str) -> Result<(WebSocket<tokio::net::TcpStream>, Response), Error> {
    connect_with(ClientRequest::new(Uri::parse(uri)?), Config::new()).await
}

/// Connects to the host of a request over TCP, and opens a connection. The time for the opening handshake includes both.
///
/// # Cancel safety
///
/// Safe in that nothing is left: a drop closes the transport.
///
/// # Errors
///
/// [`Error::Tls`] for a `wss:` URI; those of [`client_with`].
///
/// # Panics
///
/// Panics outside a tokio runtime with time and I/O.
#[cfg(feature = "net")]
pub async fn connect_with(
    request: ClientRequest<'_>,
    config: Config,
) -> Result<(WebSocket<tokio::net::TcpStream>, Response), Error> {
    let uri = request.uri();
    if uri.is_secure() {
        return Err(Error::Tls);
    }
    let end = end(config);
    let transport = until(end, async {
        let host = uri.host().trim_matches(['[', ']']);
        let transport = tokio::net::TcpStream::connect((host, uri.port())).await?;
        transport.set_nodelay(true)?;
        Ok(transport)
    });
    shake_hands(request, transport.await?, config, end).await
}
