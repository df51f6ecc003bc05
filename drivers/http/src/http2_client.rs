//! WebSockets of a client in one connection of HTTP/2.

use crate::connect::{connect_request_with, judge_connect_response_with};
use crate::http2_error::Http2Error;
use crate::http2_server::{CONNECTION_WINDOW, MAX_FRAME, STREAM_WINDOW};
use crate::http2_stream::Http2Stream;
use bytes::Bytes;
use h2::client::{Connection, SendRequest};
use h2::ext::Protocol;
use h2::{Ping, PingPong, Reason};
use http::Response;
use std::fmt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use upframe::deflate::ClientDeflate;
use upframe::handshake::{ClientRequest, ConnectAnswer, Uri};
use upframe_tokio::{Config, Deflate, Role, WebSocket};

/// A client on a connection of HTTP/2 that may carry any number of WebSockets, and other requests beside them.
///
/// ```no_run
/// use tokio::net::TcpStream;
/// use upframe_http::{Http2Client, Message};
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let (mut client, connection) = Http2Client::handshake(TcpStream::connect("localhost:9002").await?).await?;
/// tokio::spawn(connection);
/// let (mut websocket, _response) = client.open("ws://localhost:9002/").await?;
/// let (mut another, _response) = client.open("ws://localhost:9002/news").await?;
/// websocket.send(Message::text("Hello")).await?;
/// # Ok(())
/// # }
/// ```
pub struct Http2Client {
    send: SendRequest<Bytes>,
    /// Until the settings of the server are known.
    pings: Option<PingPong>,
}

impl Http2Client {
    /// Begins HTTP/2 on a stream, such as that of a TLS library that has agreed on `h2`. Returns the client, and the
    /// connection, which has to be driven in a task of its own. A WebSocket that is not read holds back 64 KiB, and the
    /// connection has room for 256 of them.
    ///
    /// # Errors
    ///
    /// [`Http2Error::Http2`].
    pub async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        stream: S,
    ) -> Result<(Self, Connection<S, Bytes>), Http2Error> {
        let mut builder = h2::client::Builder::new();
        builder.initial_window_size(STREAM_WINDOW).initial_connection_window_size(CONNECTION_WINDOW);
        builder.max_frame_size(MAX_FRAME).enable_push(false);
        let (send, connection) = builder.handshake(stream).await?;
        Ok(Self::new(send, connection))
    }

    /// Returns a client on a connection that was just made, with settings of its own.
    pub fn new<S: AsyncRead + AsyncWrite + Unpin>(
        send: SendRequest<Bytes>,
        mut connection: Connection<S, Bytes>,
    ) -> (Self, Connection<S, Bytes>) {
        (Self { send, pings: connection.ping_pong() }, connection)
    }

    /// Returns what sends other requests on the same connection.
    #[must_use]
    pub fn send_request(&self) -> SendRequest<Bytes> {
        self.send.clone()
    }

    /// Opens a WebSocket on a new stream, and returns it with the response of the server.
    ///
    /// # Cancel safety
    ///
    /// Safe in that nothing is left: a drop resets the stream.
    ///
    /// # Errors
    ///
    /// [`Http2Error::Uri`], and those of [`open_with`](Self::open_with).
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime with time.
    pub async fn open(&mut self, uri: &str) -> Result<(WebSocket<Http2Stream>, Response<()>), Http2Error> {
        self.open_with(ClientRequest::new(Uri::parse(uri)?), Config::new()).await
    }

    /// Does what [`open`](Self::open) does, with subprotocols, an origin, further fields, and a configuration, which
    /// may offer compression.
    ///
    /// Host and port of the URI are only named in the request: the connection is open already.
    ///
    /// # Cancel safety
    ///
    /// Safe in that nothing is left: a drop resets the stream.
    ///
    /// # Errors
    ///
    /// [`Http2Error::Request`] and [`Http2Error::NotEnabled`], and nothing was sent; [`Http2Error::Refused`] with the
    /// response, whose body can be read; [`Http2Error::Failure`], [`Http2Error::Malformed`], [`Http2Error::Http2`],
    /// [`Http2Error::OpenTimedOut`].
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime with time.
    pub async fn open_with(
        &mut self,
        asked: ClientRequest<'_>,
        config: Config,
    ) -> Result<(WebSocket<Http2Stream>, Response<()>), Http2Error> {
        let opened = timeout(config.open_within, self.shake_hands(asked, config)).await;
        opened.unwrap_or(Err(Http2Error::OpenTimedOut))
    }

    async fn shake_hands(
        &mut self,
        asked: ClientRequest<'_>,
        config: Config,
    ) -> Result<(WebSocket<Http2Stream>, Response<()>), Http2Error> {
        let (mut request, mut judge) = connect_request_with::<(), _>(asked, Deflate::client(config.deflate))?;
        request.extensions_mut().insert(Protocol::from_static("websocket"));
        self.wait_for_settings().await?;
        // A client asks only if the server has said that it may (RFC 8441 §3).
        if !self.send.is_extended_connect_protocol_enabled() {
            return Err(Http2Error::NotEnabled);
        }
        self.send = self.send.clone().ready().await?;
        let (response, mut send) = self.send.send_request(request, false)?;
        let response = response.await?;
        let agreed = match judge_connect_response_with(&mut judge, &response) {
            ConnectAnswer::Agreed(agreed) => agreed,
            ConnectAnswer::Failed(failure) => {
                send.send_reset(Reason::CANCEL);
                return Err(Http2Error::Failure(failure));
            }
            ConnectAnswer::Malformed(problem) => {
                send.send_reset(Reason::PROTOCOL_ERROR);
                return Err(Http2Error::Malformed(problem));
            }
            // `h2` shows no interim response here
            ConnectAnswer::Refused { .. } | ConnectAnswer::Interim => {
                // nothing more is sent; the body of the answer may still come
                let _ = send.send_data(Bytes::new(), true);
                return Err(Http2Error::Refused(Box::new(response)));
            }
        };
        let (parts, receive) = response.into_parts();
        let deflate = judge.extension().as_ref().and_then(ClientDeflate::agreed);
        let stream = Http2Stream::new(send, receive);
        let websocket = WebSocket::with_params(stream, Role::Client, config, Bytes::new(), deflate);
        let websocket = match agreed.subprotocol() {
            Some(subprotocol) => websocket.with_subprotocol(subprotocol),
            None => websocket,
        };
        Ok((websocket, Response::from_parts(parts, ())))
    }

    /// Waits until the settings of the server have come: they are its first frame, and so precede the answer to a Ping.
    async fn wait_for_settings(&mut self) -> Result<(), Http2Error> {
        if let Some(pings) = &mut self.pings
            && !self.send.is_extended_connect_protocol_enabled()
        {
            pings.ping(Ping::opaque()).await?;
        }
        self.pings = None;
        Ok(())
    }
}

impl fmt::Debug for Http2Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http2Client").field("settings", &self.pings.is_none()).finish_non_exhaustive()
    }
}
