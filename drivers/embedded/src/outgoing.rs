//! The client's side of the opening handshake (RFC 6455 §4.1).

use crate::clock::Clock;
use crate::config::Config;
use crate::deflate::{Deflate, Parts};
use crate::error::Error;
use crate::incoming::{Opening, open_end, read, write};
use crate::websocket::WebSocket;
use embedded_io_async::{Read, Write};
use upframe::connection::{Endpoint, Entropy};
use upframe::deflate::DeflateParams;
use upframe::handshake::{Answer, ClientHandshake, ClientRequest, Extensions, NoExtension};
use upframe::http::Head;

/// Opens a connection on a transport that is connected to the host of the request: sends that, and reads the response.
///
/// `entropy` is the source of masking keys: a hardware generator, or a cryptographic one that is seeded from it.
/// [`client_with`] has more: limits, keepalive, and a look at the response.
///
/// ```
/// # use upframe_embedded::embedded_io_async::{Read, Write};
/// use upframe_embedded::{Clock, ClientRequest, Entropy, Error, Uri, WebSocket, client};
///
/// async fn open<'b, T: Read + Write, C: Clock, E: Entropy>(
///     tcp: T,
///     clock: C,
///     entropy: E,
///     buffers: &'b mut [[u8; 1024]; 2],
/// ) -> Result<WebSocket<'b, T, C, E>, Error<T::Error>> {
///     let [receive, send] = buffers;
///     let request = ClientRequest::new(Uri::parse("ws://server.example.com/chat").unwrap());
///     client(tcp, clock, entropy, receive, send, request).await
/// }
/// ```
///
/// # Cancel safety
///
/// Not safe: drop the transport, too.
///
/// # Errors
///
/// Those of [`client_with`].
pub async fn client<'b, T: Read + Write, C: Clock, E: Entropy>(
    transport: T,
    clock: C,
    entropy: E,
    receive_buffer: &'b mut [u8],
    send_buffer: &'b mut [u8],
    request: ClientRequest<'b>,
) -> Result<WebSocket<'b, T, C, E>, Error<T::Error>> {
    let config = Config::new();
    client_with(transport, clock, entropy, receive_buffer, send_buffer, request, config, |_| ()).await
}

/// Opens a connection as [`client`] does. `look` sees the head of the response, also if that is not 101: its fields,
/// such as cookies or the place of a redirect.
///
/// # Cancel safety
///
/// Not safe: drop the transport, too.
///
/// # Errors
///
/// [`Error::Request`] if the request is not valid, or does not fit the send buffer: nothing was written.
/// [`Error::Refused`] if the server answered with another status; [`Error::Failure`] if its response breaks the rules;
/// [`Error::OpenTimedOut`] after the `open_within` of `config`; [`Error::EndedInHandshake`]; [`Error::Io`].
#[expect(clippy::too_many_arguments, reason = "what is owned by the caller comes in")]
pub async fn client_with<'b, T: Read + Write, C: Clock, E: Entropy>(
    transport: T,
    clock: C,
    entropy: E,
    receive_buffer: &'b mut [u8],
    send_buffer: &'b mut [u8],
    request: ClientRequest<'b>,
    config: Config,
    look: impl FnOnce(&Head<'_>),
) -> Result<WebSocket<'b, T, C, E>, Error<T::Error>> {
    let opening = Opening { transport, clock, receive_buffer, send_buffer, config };
    client_inner(opening, entropy, request, look, NoExtension, |_| None).await
}

/// Does what [`client_with`] does, and compresses messages if the server knows that (permessage-deflate, RFC 7692).
///
/// [`WebSocket::deflate_params`] tells whether it does.
///
/// # Cancel safety
///
/// Not safe: drop the transport, too.
///
/// # Errors
///
/// Those of [`client_with`].
#[expect(clippy::too_many_arguments, reason = "what is owned by the caller comes in")]
pub async fn client_with_deflate<'b, T: Read + Write, C: Clock, E: Entropy>(
    transport: T,
    clock: C,
    entropy: E,
    receive_buffer: &'b mut [u8],
    send_buffer: &'b mut [u8],
    request: ClientRequest<'b>,
    config: Config,
    look: impl FnOnce(&Head<'_>),
    deflate: &'b mut Deflate<'_>,
) -> Result<WebSocket<'b, T, C, E>, Error<T::Error>> {
    let opening = Opening { transport, clock, receive_buffer, send_buffer, config };
    let extension = deflate.client();
    client_inner(opening, entropy, request, look, extension, |extension| {
        let params = extension.agreed()?;
        Some((params, deflate.begin(params, false)))
    })
    .await
}

async fn client_inner<'b, T: Read + Write, C: Clock, E: Entropy, X: Extensions>(
    opening: Opening<'b, T, C>,
    mut entropy: E,
    request: ClientRequest<'b>,
    look: impl FnOnce(&Head<'_>),
    extension: X,
    deflate: impl FnOnce(&X) -> Option<(DeflateParams, Parts<'b, E>)>,
) -> Result<WebSocket<'b, T, C, E>, Error<T::Error>> {
    let Opening { mut transport, clock, receive_buffer, send_buffer, config } = opening;
    let end = open_end(&clock, config);
    let mut handshake = ClientHandshake::with_extension(request, extension, &mut entropy).map_err(Error::Request)?;
    let written = handshake.write_request(send_buffer).map_err(Error::Request)?;
    write(&mut transport, &clock, end, written).await?;
    let mut head = Head::new(send_buffer);
    let (answer, unread) = loop {
        let n = read(&mut transport, &clock, end, receive_buffer).await?;
        let mut input = receive_buffer.get(..n).unwrap_or_default();
        let answer = handshake.receive_with(&mut input, |span| head.push(span));
        let unread = n.saturating_sub(input.len())..n;
        if let Some(answer) = answer {
            break (answer, unread);
        }
    };
    look(&head);
    match answer {
        Answer::Agreed(agreed) => {
            let endpoint = Endpoint::Client(entropy);
            let (params, parts) = deflate(handshake.extension()).unzip();
            let mut websocket =
                WebSocket::open(transport, clock, endpoint, (receive_buffer, unread), send_buffer, config, parts);
            (websocket.subprotocol, websocket.deflate) = (agreed.subprotocol(), params);
            Ok(websocket)
        }
        Answer::Refused { .. } => Err(Error::Refused(head.status())),
        Answer::Failed(failure) => Err(Error::Failure(failure)),
    }
}
