//! WebSockets in a server on the crate `h2`.

use crate::connect::accept_connect;
use crate::http2_stream::Http2Stream;
use crate::request::asked_for_tunnel;
use crate::response::refuse_in;
use bytes::Bytes;
use h2::RecvStream;
use h2::server::{Builder, SendResponse};
use http::{Request, Response, Version};
use upframe::handshake::{Refusal, ServerOptions, Tunnel};
use upframe_tokio::{Config, Role, WebSocket};

/// Returns what makes connections of a server on the crate `h2`: with `enable_connect_protocol`, without which no client
/// asks, and with windows for 256 streams of 64 KiB.
///
/// **The window of the connection has to be larger than that of a stream**, or one WebSocket that is not read takes all
/// of it, and all others stop. Both are 64 KiB by default, and 1 MiB each in hyper: in a server on hyper, set
/// `initial_stream_window_size` and `initial_connection_window_size`.
///
/// A frame may have half of a window, 32 KiB, while 16 KiB are the default: each frame costs several calls of the kernel.
/// Larger windows and frames make long messages cheaper, and faster over long distances, for more memory: set both here
/// and in the client, for [`Http2Client::new`](crate::Http2Client::new).
#[must_use]
pub fn http2_builder() -> Builder {
    let mut builder = Builder::new();
    builder.enable_connect_protocol();
    builder.initial_window_size(STREAM_WINDOW).initial_connection_window_size(CONNECTION_WINDOW);
    builder.max_frame_size(MAX_FRAME).max_concurrent_streams(CONNECTION_WINDOW / STREAM_WINDOW);
    builder
}

/// How many bytes of a stream may come before they are read.
pub(crate) const STREAM_WINDOW: u32 = 64 << 10;
/// The same for all streams of a connection together.
pub(crate) const CONNECTION_WINDOW: u32 = 16 << 20;
/// How many bytes a frame may have: with half of the window, room is made for the next one while this one is on the way.
pub(crate) const MAX_FRAME: u32 = STREAM_WINDOW / 2;

/// Answers a request that may have its stream, in a server on the crate `h2`, and returns the WebSocket.
///
/// [`judge_connect`](crate::judge_connect) judges the request. Messages are compressed if `config` says so, and the
/// client offers it. The connection is one of [`http2_builder`], and has to be driven while the WebSocket is used.
///
/// ```no_run
/// use upframe_http::{Config, ConnectOutcome, Refusal, ServerOptions, http2_accept, http2_builder, http2_refuse, judge_connect};
/// # async fn run(stream: tokio::net::TcpStream) -> Result<(), h2::Error> {
/// let mut connection = http2_builder().handshake(stream).await?;
/// while let Some(Ok((request, mut respond))) = connection.accept().await {
///     let protocol = request.extensions().get::<h2::ext::Protocol>().map(h2::ext::Protocol::as_str);
///     match judge_connect(&request, protocol, ServerOptions::new()) {
///         ConnectOutcome::Tunnel(tunnel) => {
///             let mut websocket = http2_accept(request, respond, &tunnel, Config::new())?;
///             tokio::spawn(async move {
///                 while let Some(Ok(message)) = websocket.next().await {
///                     println!("{message:?}");
///                 }
///             });
///         }
///         ConnectOutcome::Refusal(refusal) => http2_refuse(refusal, respond)?,
///         ConnectOutcome::OtherProtocol => http2_refuse(Refusal::UpgradeRequired, respond)?,
///         // a page
///         ConnectOutcome::PlainHttp => drop(respond.send_response(http::Response::new(()), true)?),
///         ConnectOutcome::Malformed(_) => respond.send_reset(h2::Reason::PROTOCOL_ERROR),
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// The client has reset the stream, or the connection has ended.
pub fn http2_accept(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    tunnel: &Tunnel<'_>,
    config: Config,
) -> Result<WebSocket<Http2Stream>, h2::Error> {
    // extensions are judged here, where the configuration is known
    let agreed = config.deflate.and_then(|deflate| {
        let protocol = request.extensions().get::<h2::ext::Protocol>().map(h2::ext::Protocol::as_str);
        asked_for_tunnel(&request, protocol, ServerOptions::new(), Some(deflate)).ok().flatten()
    });
    let mut response: Response<&str> = accept_connect(tunnel);
    let deflate = agreed.and_then(|agreed| agreed.extend(&mut response));
    let send = respond.send_response(response.map(drop), false)?;
    let stream = Http2Stream::new(send, request.into_body());
    let websocket = WebSocket::with_params(stream, Role::Server, config, Bytes::new(), deflate);
    Ok(match tunnel.subprotocol() {
        Some(subprotocol) => websocket.with_subprotocol(subprotocol),
        None => websocket,
    })
}

/// Answers a CONNECT that is refused, in a server on the crate `h2`. [`Refusal::UpgradeRequired`] is for one that does
/// not ask for a WebSocket, and answered with 501: see [`refuse_in`].
///
/// # Errors
///
/// The client has reset the stream, or the connection has ended.
pub fn http2_refuse(refusal: Refusal, mut respond: SendResponse<Bytes>) -> Result<(), h2::Error> {
    let response: Response<&str> = refuse_in(Version::HTTP_2, refusal, &http::Method::CONNECT);
    let (parts, body) = response.into_parts();
    let mut send = respond.send_response(Response::from_parts(parts, ()), false)?;
    send.send_data(Bytes::from_static(body.as_bytes()), true)
}
