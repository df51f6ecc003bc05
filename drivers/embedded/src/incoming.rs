//! The server's side of the opening handshake (RFC 6455 §4.2).

use crate::clock::{Clock, within};
use crate::config::Config;
use crate::deflate::{Deflate, Parts};
use crate::error::Error;
use crate::websocket::WebSocket;
use crate::writer::NoKeys;
use core::time::Duration;
use embedded_io_async::{Read, Write};
use upframe::connection::{Endpoint, Settings};
use upframe::deflate::DeflateParams;
use upframe::handshake::{Extensions, NoExtension, Origins, Outcome, Refusal, ServerHandshake, ServerOptions, Upgrade};
use upframe::http::{Field, Head, Response};

/// Accepts a connection: reads the request, and answers it with 101, or with the error status that it deserves.
///
/// [`accept_with`] has more: subprotocols, allowed origins, a look at the request, fields of the response, refusals.
///
/// # Cancel safety
///
/// Not safe: drop the transport, too.
///
/// # Errors
///
/// Those of [`accept_with`].
pub async fn accept<'b, T: Read + Write, C: Clock>(
    transport: T,
    clock: C,
    receive_buffer: &'b mut [u8],
    send_buffer: &'b mut [u8],
) -> Result<WebSocket<'b, T, C>, Error<T::Error>> {
    let decide = |_: &Head<'_>| Decision::Accept(&[]);
    accept_with(transport, clock, receive_buffer, send_buffer, ServerOptions::new(), Config::new(), decide).await
}

/// What a program decides about a valid request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Decision<'a> {
    /// Answer with 101 and these further fields.
    Accept(&'a [Field<'a>]),
    /// Answer with this response.
    Refuse(Response<'a>),
}

/// Accepts a connection as [`accept`] does, if the program does.
///
/// `decide` sees the head of the request. The send buffer holds it, so very long fields may not be there:
/// [`Head`] tells which are not.
///
/// ```
/// # use upframe_embedded::embedded_io_async::{Read, Write};
/// use upframe_embedded::{Clock, Config, Decision, Error, Response, ServerOptions, WebSocket, accept_with};
///
/// async fn chat<'b, T: Read + Write, C: Clock>(
///     transport: T,
///     clock: C,
///     buffers: &'b mut [[u8; 1024]; 2],
/// ) -> Result<WebSocket<'b, T, C>, Error<T::Error>> {
///     let [receive, send] = buffers;
///     let options = ServerOptions::new().with_subprotocols(&["chat"]);
///     accept_with(transport, clock, receive, send, options, Config::new(), |head| {
///         match head.path() {
///             Ok(b"/chat") => Decision::Accept(&[("Set-Cookie", "id=7")]),
///             _ => Decision::Refuse(Response::new(404, "Not Found")),
///         }
///     })
///     .await
/// }
/// ```
///
/// # Cancel safety
///
/// Not safe: drop the transport, too.
///
/// # Errors
///
/// [`Error::Refusal`] and [`Error::Declined`] after the answer was written: close the transport then.
/// [`Error::OpenTimedOut`] after the `open_within` of `config`; [`Error::EndedInHandshake`]; [`Error::Response`] if the
/// answer is not valid or does not fit the send buffer; [`Error::Io`].
pub async fn accept_with<'b, 'd, T: Read + Write, C: Clock, O: Origins>(
    transport: T,
    clock: C,
    receive_buffer: &'b mut [u8],
    send_buffer: &'b mut [u8],
    options: ServerOptions<'b, O>,
    config: Config,
    decide: impl FnOnce(&Head<'_>) -> Decision<'d>,
) -> Result<WebSocket<'b, T, C>, Error<T::Error>> {
    let opening = Opening { transport, clock, receive_buffer, send_buffer, config };
    accept_inner(opening, options, decide, NoExtension, |_, _| None).await
}

/// Does what [`accept_with`] does, and compresses messages if the client knows that (permessage-deflate, RFC 7692).
///
/// [`WebSocket::deflate_params`] tells whether it does.
///
/// ```
/// # use upframe_embedded::embedded_io_async::{Read, Write};
/// use upframe_embedded::{
///     Clock, Config, Decision, Deflate, Error, Head, ServerOptions, WebSocket, accept_with_deflate,
/// };
///
/// async fn accept<'b, T: Read + Write, C: Clock>(
///     transport: T,
///     clock: C,
///     [receive, send]: &'b mut [[u8; 1024]; 2],
///     deflate: &'b mut Deflate<'_>,
/// ) -> Result<WebSocket<'b, T, C>, Error<T::Error>> {
///     let (options, config) = (ServerOptions::new(), Config::new());
///     let decide = |_: &Head<'_>| Decision::Accept(&[]);
///     accept_with_deflate(transport, clock, receive, send, options, config, decide, deflate).await
/// }
/// ```
///
/// # Cancel safety
///
/// Not safe: drop the transport, too.
///
/// # Errors
///
/// Those of [`accept_with`].
#[expect(clippy::too_many_arguments, reason = "what is owned by the caller comes in")]
pub async fn accept_with_deflate<'b, 'd, T: Read + Write, C: Clock, O: Origins>(
    transport: T,
    clock: C,
    receive_buffer: &'b mut [u8],
    send_buffer: &'b mut [u8],
    options: ServerOptions<'b, O>,
    config: Config,
    decide: impl FnOnce(&Head<'_>) -> Decision<'d>,
    deflate: &'b mut Deflate<'_>,
) -> Result<WebSocket<'b, T, C>, Error<T::Error>> {
    let opening = Opening { transport, clock, receive_buffer, send_buffer, config };
    let extension = deflate.server();
    accept_inner(opening, options, decide, extension, |extension, upgrade| {
        let params = extension.agreed(upgrade)?;
        Some((params, deflate.begin(params, true)))
    })
    .await
}

/// What an opening handshake consumes.
pub(crate) struct Opening<'b, T, C> {
    pub(crate) transport: T,
    pub(crate) clock: C,
    pub(crate) receive_buffer: &'b mut [u8],
    pub(crate) send_buffer: &'b mut [u8],
    pub(crate) config: Config,
}

async fn accept_inner<'b, 'd, T: Read + Write, C: Clock, O: Origins, X: Extensions>(
    opening: Opening<'b, T, C>,
    options: ServerOptions<'b, O>,
    decide: impl FnOnce(&Head<'_>) -> Decision<'d>,
    extension: X,
    agreed: impl FnOnce(&X, &Upgrade<'_>) -> Option<(DeflateParams, Parts<'b, NoKeys>)>,
) -> Result<WebSocket<'b, T, C>, Error<T::Error>> {
    let Opening { mut transport, clock, receive_buffer, send_buffer, config } = opening;
    let end = open_end(&clock, config);
    let mut handshake = ServerHandshake::with_extension(options, extension);
    let mut head = Head::new(send_buffer);
    let (outcome, unread) = loop {
        let n = read(&mut transport, &clock, end, receive_buffer).await?;
        let mut input = receive_buffer.get(..n).unwrap_or_default();
        let outcome = handshake.receive_with(&mut input, |span| head.push(span));
        let unread = n.saturating_sub(input.len())..n;
        if let Some(outcome) = outcome {
            break (outcome, unread);
        }
    };
    let upgrade = match outcome {
        Outcome::Upgrade(upgrade) => Ok(upgrade),
        Outcome::Refusal(refusal) => Err(refusal),
        Outcome::PlainHttp(_) => Err(Refusal::UpgradeRequired),
    };
    let decision = upgrade.as_ref().ok().map(|_| decide(&head));
    let settings = Settings::new();
    let (answer, result) = match (&upgrade, decision) {
        (Err(refusal), _) => (refusal.write(handshake.method(), send_buffer), Err(Error::Refusal(*refusal))),
        (Ok(_), Some(Decision::Refuse(response))) => {
            (response.write(handshake.method(), send_buffer), Err(Error::Declined))
        }
        (Ok(upgrade), decision) => {
            let fields = if let Some(Decision::Accept(fields)) = decision { fields } else { &[] };
            let answer = handshake.accept(upgrade, settings, fields, send_buffer).map(|(answer, _)| answer);
            (answer, Ok(upgrade))
        }
    };
    write(&mut transport, &clock, end, answer.map_err(Error::Response)?).await?;
    let upgrade = result?;
    let (params, parts) = agreed(handshake.extension(), upgrade).unzip();
    let mut websocket =
        WebSocket::open(transport, clock, Endpoint::Server, (receive_buffer, unread), send_buffer, config, parts);
    (websocket.subprotocol, websocket.deflate) = (upgrade.subprotocol(), params);
    Ok(websocket)
}

/// When the opening handshake must be finished.
pub(crate) fn open_end(clock: &impl Clock, config: Config) -> Duration {
    clock.now().saturating_add(config.open_within)
}

/// Reads some bytes of a head.
pub(crate) async fn read<T: Read>(
    transport: &mut T,
    clock: &impl Clock,
    end: Duration,
    buffer: &mut [u8],
) -> Result<usize, Error<T::Error>> {
    // a peer that sends byte after byte has no more time
    if clock.now() > end {
        return Err(Error::OpenTimedOut);
    }
    match within(clock, Some(end), transport.read(buffer)).await {
        None => Err(Error::OpenTimedOut),
        Some(Ok(0)) => Err(Error::EndedInHandshake),
        Some(read) => read.map_err(Error::Io),
    }
}

/// Writes a head.
pub(crate) async fn write<T: Write>(
    transport: &mut T,
    clock: &impl Clock,
    end: Duration,
    mut head: &[u8],
) -> Result<(), Error<T::Error>> {
    let write = async {
        while !head.is_empty() {
            match transport.write(head).await.map_err(Error::Io)? {
                0 => return Err(Error::WriteZero),
                n => head = head.get(n..).unwrap_or_default(),
            }
        }
        transport.flush().await.map_err(Error::Io)
    };
    within(clock, Some(end), write).await.unwrap_or(Err(Error::OpenTimedOut))
}
