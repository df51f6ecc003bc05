//! The server's side of the opening handshake (RFC 6455 §4.2).

use crate::config::Config;
use crate::websocket::WebSocket;
use bytes::{Buf, BytesMut};
use std::fmt;
use std::future::Future;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};
use upframe::handshake::{AnyOrigin, NoExtension, Origins, Outcome, Refusal, ServerHandshake, ServerOptions, Upgrade};
use upframe::http::{Method, Response};
use upframe_driver::{Collector, Error, Request, Role, written_answer};

/// Accepts a connection: reads the request, and answers it with 101, or with the error status that it deserves.
///
/// [`Incoming`] has more: subprotocols, allowed origins, a look at the request, fields of the response, refusals.
///
/// # Cancel safety
///
/// Not safe: a drop closes the transport.
///
/// # Errors
///
/// Those of [`Incoming::receive`] and [`Incoming::accept`].
///
/// # Panics
///
/// Panics outside a tokio runtime with time.
pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(transport: S) -> Result<WebSocket<S>, Error> {
    Incoming::receive(transport, ServerOptions::new(), Config::new()).await?.accept().await
}

/// A request for a WebSocket that is not answered yet.
///
/// ```
/// use upframe_tokio::{Config, Incoming, ServerOptions};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), upframe_tokio::Error> {
/// # let (here, transport) = tokio::io::duplex(1024);
/// # tokio::spawn(async { upframe_tokio::client("ws://localhost/chat", here).await });
/// let options = ServerOptions::new().with_subprotocols(&["chat"]);
/// let incoming = Incoming::receive(transport, options, Config::new()).await?;
/// let websocket = match incoming.request().path() {
///     "/chat" => incoming.accept_with_fields(&[("Set-Cookie", "id=7")]).await?,
///     _ => return incoming.refuse(404, "Not Found", &[], "no such room\n").await,
/// };
/// # let _ = websocket;
/// # Ok(())
/// # }
/// ```
pub struct Incoming<'p, S, O: Origins = AnyOrigin> {
    transport: S,
    handshake: ServerHandshake<'p, NoExtension, O>,
    upgrade: Upgrade<'p>,
    request: Request,
    buffer: BytesMut,
    config: Config,
}

impl<'p, S: AsyncRead + AsyncWrite + Unpin, O: Origins> Incoming<'p, S, O> {
    /// Reads a request. One that is not valid, not allowed, or does not ask for a WebSocket is answered with its error
    /// status (RFC 6455 §4.2.1).
    ///
    /// # Cancel safety
    ///
    /// Not safe: a drop closes the transport.
    ///
    /// # Errors
    ///
    /// [`Error::Refusal`] after the answer was written; [`Error::OpenTimedOut`] after the `open_within` of `config`;
    /// [`Error::Io`], also if the stream ends before the request does.
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime with time.
    pub async fn receive(transport: S, options: ServerOptions<'p, O>, config: Config) -> Result<Self, Error> {
        within(config, Self::read(transport, options, config)).await
    }

    async fn read(mut transport: S, options: ServerOptions<'p, O>, config: Config) -> Result<Self, Error> {
        let mut handshake = ServerHandshake::new(options);
        let (mut buffer, mut head) = (BytesMut::new(), Collector::default());
        let outcome = loop {
            read_more(&mut transport, &mut buffer).await?;
            let mut input = &buffer[..];
            let outcome = handshake.receive_with(&mut input, |span| head.push(span));
            let consumed = buffer.len().saturating_sub(input.len());
            buffer.advance(consumed);
            if let Some(outcome) = outcome {
                break outcome;
            }
        };
        let refusal = match outcome {
            Outcome::Upgrade(upgrade) => {
                return Ok(Self { transport, handshake, upgrade, request: head.into_request(), buffer, config });
            }
            Outcome::Refusal(refusal) => refusal,
            Outcome::PlainHttp(_) => Refusal::UpgradeRequired,
        };
        let answer = written_answer(|out| refusal.write(handshake.method(), out).map(<[u8]>::len))?;
        finish(transport, &answer, config).await?;
        Err(Error::Refusal(refusal))
    }

    /// Returns the request.
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// Borrows the transport: for its addresses, for example.
    pub const fn get_ref(&self) -> &S {
        &self.transport
    }

    /// Returns the subprotocol that will be agreed on: of those offered, the one that the server prefers.
    pub const fn subprotocol(&self) -> Option<&'p str> {
        self.upgrade.subprotocol()
    }

    /// Answers with 101.
    ///
    /// # Cancel safety
    ///
    /// Not safe: a drop closes the transport.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Error::OpenTimedOut`] if the peer does not read the answer.
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime with time.
    pub async fn accept(self) -> Result<WebSocket<S>, Error> {
        self.accept_with_fields(&[]).await
    }

    /// Answers with 101 and these further fields, such as cookies.
    ///
    /// # Cancel safety
    ///
    /// Not safe: a drop closes the transport.
    ///
    /// # Errors
    ///
    /// [`Error::Response`] if a field is not valid; those of [`accept`](Self::accept).
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime with time.
    pub async fn accept_with_fields(self, fields: &[(&str, &str)]) -> Result<WebSocket<S>, Error> {
        let Self { mut transport, handshake, upgrade, buffer, config, .. } = self;
        let settings = upframe::Settings::new();
        let answer = written_answer(|out| Ok(handshake.accept(&upgrade, settings, fields, out)?.0.len()))?;
        within(config, async {
            transport.write_all(&answer).await?;
            Ok(transport.flush().await?)
        })
        .await?;
        Ok(WebSocket::open(transport, Role::Server, config, buffer, upgrade.subprotocol()))
    }

    /// Refuses with another status, fields and a short text, and closes the transport.
    ///
    /// # Cancel safety
    ///
    /// Not safe: a drop closes the transport, and the answer may be lost.
    ///
    /// # Errors
    ///
    /// [`Error::Response`] if status, reason or a field are not valid; those of [`accept`](Self::accept).
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime with time.
    pub async fn refuse(self, status: u16, reason: &str, fields: &[(&str, &str)], text: &str) -> Result<(), Error> {
        let response = Response::new(status, reason).with_fields(fields).with_body(text.as_bytes());
        let answer = written_answer(|out| response.write(Method::GET, out).map(<[u8]>::len))?;
        within(self.config, finish(self.transport, &answer, self.config)).await
    }
}

impl<S, O: Origins> fmt::Debug for Incoming<'_, S, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("request", &self.request).finish_non_exhaustive()
    }
}

/// Runs a part of the opening handshake within its time.
async fn within<T>(config: Config, part: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    until(end(config), part).await
}

/// Returns when the opening handshake must be finished. A time that no clock can show is a long one.
pub(crate) fn end(config: Config) -> Instant {
    let now = Instant::now();
    now.checked_add(config.open_within).unwrap_or_else(|| now + Duration::from_secs(1 << 30))
}

/// Runs a part of the opening handshake until this time.
pub(crate) async fn until<T>(end: Instant, part: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    timeout_at(end, part).await.unwrap_or(Err(Error::OpenTimedOut))
}

/// Reads some bytes of a head.
pub(crate) async fn read_more<S: AsyncRead + Unpin>(transport: &mut S, buffer: &mut BytesMut) -> Result<(), Error> {
    buffer.reserve(1024);
    if transport.read_buf(buffer).await? == 0 {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok(())
}

/// Writes the last answer, and gives the peer some time to read it: bytes that came and were not read would destroy it
/// on its way, since the system would reset the connection.
async fn finish<S: AsyncRead + AsyncWrite + Unpin>(
    mut transport: S,
    answer: &[u8],
    config: Config,
) -> Result<(), Error> {
    transport.write_all(answer).await?;
    transport.shutdown().await?;
    let drain = async {
        let mut discarded = [0; 1024];
        while transport.read(&mut discarded).await.is_ok_and(|n| n > 0) {}
    };
    // the answer is written, whatever the peer does
    let _ = timeout(config.keepalive.close_within, drain).await;
    Ok(())
}
