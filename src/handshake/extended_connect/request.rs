//! The client's request.

use super::fields::{ConnectFields, write_fields};
use super::response_judge::ConnectResponseJudge;
use super::section::CONNECTION_FIELDS;
use crate::handshake::extension::NoExtension;
use crate::handshake::extensions::{Extensions, check_extensions};
use crate::handshake::request::{ClientRequest, RequestError};
use crate::http::response::check_fields;
use crate::http::writer::render;

/// A client's request for a WebSocket on a stream of HTTP/2 or HTTP/3: an extended CONNECT (RFC 8441 §5, RFC 9220 §3).
///
/// **Ask only if the server has sent `SETTINGS_ENABLE_CONNECT_PROTOCOL` with the value 1** (RFC 8441 §3). Each request
/// needs a new stream, whose sending side stays open. There is no key, and so no source of entropy is needed; frames of
/// a client are masked all the same.
///
/// After the response, the stream is what a TCP connection is in HTTP/1.1, in both directions. `DATA` frames carry
/// bytes of the WebSocket, and where one of them ends means nothing. The end of the stream stands for the end of TCP:
/// send it after both Close frames, and call [`receive_eof`](crate::connection::Connection::receive_eof) when it comes.
/// A reset stands for a broken transport: to break the connection, reset the stream with `CANCEL` in HTTP/2 and
/// `H3_REQUEST_CANCELLED` in HTTP/3.
///
/// ```
/// use upframe::connection::Settings;
/// use upframe::handshake::{ClientRequest, ConnectAnswer, ConnectRequest, Uri};
/// # let entropy = |bytes: &mut [u8]| { bytes.fill(7); Ok(()) };
/// let uri = Uri::parse("wss://server.example.com/chat").unwrap();
/// let request = ConnectRequest::new(ClientRequest::new(uri).with_subprotocols(&["chat", "superchat"])).unwrap();
/// let mut out = [0; 512];
/// let text = |bytes| std::str::from_utf8(bytes).unwrap();
/// let fields: Vec<_> = request.fields(&mut out).unwrap().map(|(name, value)| (text(name), text(value))).collect();
/// assert_eq!(
///     fields,
///     [
///         (":method", "CONNECT"),
///         (":protocol", "websocket"),
///         (":scheme", "https"),
///         (":path", "/chat"),
///         (":authority", "server.example.com"),
///         ("sec-websocket-version", "13"),
///         ("sec-websocket-protocol", "chat, superchat"),
///     ]
/// );
/// let mut judge = request.into_judge();
/// judge.field(b":status", b"200");
/// judge.field(b"sec-websocket-protocol", b"chat");
/// let ConnectAnswer::Agreed(agreed) = judge.finish() else { panic!() };
/// let connection = agreed.connect(entropy, Settings::new());
/// ```
#[derive(Clone, Debug)]
pub struct ConnectRequest<'a, X: Extensions = NoExtension> {
    request: ClientRequest<'a>,
    extension: X,
}

impl<'a> ConnectRequest<'a> {
    /// Returns a request without extensions.
    ///
    /// # Errors
    ///
    /// Those of [`with_extension`](Self::with_extension).
    pub fn new(request: ClientRequest<'a>) -> Result<Self, RequestError> {
        Self::with_extension(request, NoExtension)
    }
}

impl<'a, X: Extensions> ConnectRequest<'a, X> {
    /// Returns a request that offers an extension.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the request is invalid. [`RequestError::FieldOwned`] also names fields of one connection of
    /// HTTP/1.1, such as `Keep-Alive`, which no field section may have.
    pub fn with_extension(request: ClientRequest<'a>, extension: X) -> Result<Self, RequestError> {
        request.check()?;
        // A caller cannot add a field of one connection of HTTP/1.1. [9113-8.2.2-sent]
        check_fields(request.fields, &CONNECTION_FIELDS)?;
        Ok(Self { request, extension })
    }

    /// Writes the field section of the request to the front of `out`, and returns it.
    ///
    /// # Errors
    ///
    /// [`RequestError::Extension`] if the extension writes an invalid token; [`RequestError::BufferTooSmall`]. `out`
    /// is unchanged, and the same call can be made again.
    pub fn fields<'o>(&self, out: &'o mut [u8]) -> Result<ConnectFields<'o>, RequestError> {
        let ClientRequest { uri, subprotocols, origin, fields, .. } = self.request;
        check_extensions(&self.extension)?;
        let written = render(out, |writer| {
            // The request is a CONNECT for the protocol websocket. [8441-5-sent-protocol]
            writer.text(":method: CONNECT\r\n:protocol: websocket\r\n:scheme: ");
            // The scheme is https for wss, and http for ws. [8441-5-sent-scheme]
            writer.text(if uri.is_secure() { "https" } else { "http" });
            writer.text("\r\n:path: ");
            // The path is the resource name, which begins with a slash. [8441-5-sent-path]
            if !uri.resource().starts_with('/') {
                writer.text("/");
            }
            writer.text(uri.resource());
            writer.text("\r\n:authority: ");
            // The authority is host and port of the URI, without the default port. [8441-5-sent-authority]
            writer.text(uri.host());
            if let Some(port) = uri.non_default_port() {
                writer.text(":");
                writer.number(usize::from(port));
            }
            // The request has the version 13. [8441-5-sent-version]
            writer.text("\r\nsec-websocket-version: 13\r\n");
            for (i, subprotocol) in subprotocols.iter().enumerate() {
                writer.text(if i == 0 { "sec-websocket-protocol: " } else { ", " });
                writer.text(subprotocol);
            }
            if !subprotocols.is_empty() {
                writer.text("\r\n");
            }
            // checked, so it is not malformed
            if self.extension.write_elements("sec-websocket-extensions: ", writer) == Ok(true) {
                writer.text("\r\n");
            }
            // An origin that the caller provides is sent in HTTP/2, too. [8441-5-sent-origin]
            if let Some(origin) = origin {
                writer.field("origin", origin);
            }
            write_fields(fields, writer);
        })?;
        Ok(ConnectFields::of(written))
    }

    /// Returns the rules for the response.
    pub fn into_judge(self) -> ConnectResponseJudge<'a, X> {
        ConnectResponseJudge::with_extension(self.request.subprotocols, self.extension)
    }
}
