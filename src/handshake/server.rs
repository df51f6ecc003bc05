//! The server's side of the opening handshake (RFC 6455 §4.2).

use super::extension::NoExtension;
use super::extensions::{Extensions, write_extension_field};
use super::key::AcceptValue;
use super::origin::{AnyOrigin, Origins};
use super::outcome::{Outcome, ServerOptions, Upgrade};
use super::refusal::Refusal;
use super::request_judge::RequestJudge;
use super::request_line::RequestLine;
use crate::connection::facade::Connection;
use crate::connection::role::Server;
use crate::connection::settings::Settings;
use crate::http::error::WriteError;
use crate::http::method::Method;
use crate::http::reader::HeadReader;
use crate::http::response::{Field, check_fields};
use crate::http::source::Source;
use crate::http::span::Span;
#[cfg(not(upframe_small))]
use crate::http::span::{Run, Version};
use crate::http::writer::render;

/// Reads and judges a request while it streams by, and answers it (RFC 6455 §4.2).
///
/// [`receive`](Self::receive) is called with all bytes that come, until it returns the outcome of the request. What
/// follows the head stays in the input: the first frames.
///
/// ```
/// use upframe::connection::Settings;
/// use upframe::handshake::{Outcome, ServerHandshake, ServerOptions};
/// let mut handshake = ServerHandshake::new(ServerOptions::new().with_subprotocols(&["chat"]));
/// let mut request = *b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
///     Connection: Upgrade\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\
///     Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n\r\n";
/// let mut input = &mut request[..];
/// let mut out = [0; 256];
/// match handshake.receive(&mut input) {
///     None => {} // all input is consumed, and more is needed
///     Some(Outcome::Upgrade(upgrade)) => {
///         let (response, connection) = handshake.accept(&upgrade, Settings::new(), &[], &mut out).unwrap();
///         assert_eq!(
///             response,
///             b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
///               Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\nSec-WebSocket-Protocol: chat\r\n\r\n"
///         );
///     }
///     Some(Outcome::PlainHttp(_)) => {} // a page, or `Refusal::UpgradeRequired`
///     Some(Outcome::Refusal(refusal)) => {
///         refusal.write(handshake.method(), &mut out).unwrap();
///     }
/// }
/// ```
#[derive(Clone, Debug)]
#[repr(C)] // what each byte needs comes first: instructions are shorter for the first bytes of a struct
pub struct ServerHandshake<'p, X: Extensions = NoExtension, O: Origins = AnyOrigin> {
    reader: HeadReader,
    judge: RequestJudge<'p, X, O>,
}

impl<'p, O: Origins> ServerHandshake<'p, NoExtension, O> {
    /// Returns a handshake without extensions.
    #[cfg_attr(upframe_small, inline(always))]
    pub const fn new(options: ServerOptions<'p, O>) -> Self {
        Self::with_extension(options, NoExtension)
    }
}

impl<'p, X: Extensions, O: Origins> ServerHandshake<'p, X, O> {
    /// Returns a handshake that may agree to an extension.
    pub const fn with_extension(options: ServerOptions<'p, O>, extension: X) -> Self {
        Self { reader: HeadReader::request(options.limits), judge: RequestJudge::with_extension(options, extension) }
    }

    /// Consumes bytes from the front of `input` up to the end of the head, and returns the outcome of the request.
    ///
    /// **`None` means that all input is consumed**, and more is needed. The outcome is returned once; nothing is
    /// consumed after it.
    #[inline(always)]
    #[must_use = "the outcome is returned once"]
    pub fn receive<'b>(&mut self, input: &mut impl Source<'b>) -> Option<Outcome<'p>> {
        self.receive_with(input, |_| {})
    }

    /// Does what [`receive`](Self::receive) does, and shows all spans of the head: to a [`Head`](crate::http::Head),
    /// for example.
    ///
    /// ```
    /// use upframe::handshake::{Outcome, ServerHandshake, ServerOptions};
    /// use upframe::http::Head;
    /// let mut buffer = [0; 512];
    /// let mut head = Head::wanting(&["cookie"], &mut buffer);
    /// let mut handshake = ServerHandshake::new(ServerOptions::new());
    /// let mut input = &b"GET /news?since=7 HTTP/1.1\r\nHost: a\r\nCookie: id=1\r\n\r\n"[..];
    /// let outcome = handshake.receive_with(&mut input, |span| head.push(span));
    /// assert!(matches!(outcome, Some(Outcome::PlainHttp(_))));
    /// assert_eq!((head.path(), head.field("cookie")), (Ok(&b"/news?since=7"[..]), Ok(Some(&b"id=1"[..]))));
    /// ```
    #[inline(always)]
    #[must_use = "the outcome is returned once"]
    pub fn receive_with<'b>(
        &mut self,
        input: &mut impl Source<'b>,
        mut show: impl FnMut(&Span<'b>),
    ) -> Option<Outcome<'p>> {
        if let Some(span) = self.reader.read_one(input) {
            show(&span);
            self.judge.push(&span);
            return None;
        }
        #[cfg(not(upframe_small))]
        return self.receive_more(input, show);
        #[cfg(upframe_small)]
        self.receive_any(input, show)
    }

    /// Does what [`receive_with`](Self::receive_with) does, unless the input is one byte inside a name or a value.
    #[cfg(not(upframe_small))]
    #[inline(never)]
    fn receive_more<'b>(
        &mut self,
        input: &mut impl Source<'b>,
        mut show: impl FnMut(&Span<'b>),
    ) -> Option<Outcome<'p>> {
        if let Some(span) = self.reader.read_edge(input) {
            if let Some(span) = span {
                show(&span);
                self.judge.push(&span);
            }
            return None;
        }
        self.receive_any(input, show)
    }

    #[inline(never)]
    fn receive_any<'b>(&mut self, input: &mut impl Source<'b>, mut show: impl FnMut(&Span<'b>)) -> Option<Outcome<'p>> {
        // a few bytes are no line
        #[cfg(not(upframe_small))]
        if input.bytes().len() > 15
            && let Some((method, target)) = self.reader.read_get(input)
        {
            let version = Version { major: 1, minor: 1 };
            for span in [
                Span::Method(Run { bytes: method, last: true }),
                Span::Target(Run { bytes: target, last: true }),
                Span::Version(version),
            ] {
                show(&span);
                self.judge.push(&span);
            }
        }
        loop {
            #[cfg(not(upframe_small))]
            if input.bytes().len() > 5 {
                Self::fields(&mut self.reader, &mut self.judge, input, &mut show);
            }
            let span = self.reader.next::<false>(input)?;
            show(&span);
            match span {
                Span::End => return Some(self.judge.finish()),
                Span::Failed(error) => return Some(Outcome::Refusal(Refusal::Head(error))),
                span => self.judge.push(&span),
            }
        }
    }

    /// Reads the fields that are whole in the input and in the usual form. A function of its own, so that the loop
    /// has all registers.
    #[cfg(not(upframe_small))]
    #[inline(never)]
    fn fields<'b>(
        reader: &mut HeadReader,
        judge: &mut RequestJudge<'p, X, O>,
        input: &mut impl Source<'b>,
        mut show: impl FnMut(&Span<'b>),
    ) {
        while let Some((name, value)) = reader.read_field(input) {
            show(&Span::Name(Run { bytes: name, last: true }));
            show(&Span::Value(Run { bytes: value, last: true }));
            judge.line(name, value);
        }
    }

    /// Consumes bytes from the front of `input` up to the end of the version in the request line, shows the spans, and
    /// returns the [`RequestLine`]: then the target is known, and the server can still choose subprotocols and origins
    /// by it. After that, [`receive`](Self::receive) or [`receive_with`](Self::receive_with) reads the rest.
    ///
    /// **`None` means that all input is consumed**, and more is needed, or that the request line was returned before.
    ///
    /// ```
    /// use upframe::handshake::{Outcome, ServerHandshake, ServerOptions};
    /// use upframe::http::Head;
    /// let wire = b"GET /chat?room=1 HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    ///     Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\
    ///     Sec-WebSocket-Protocol: v1, v2\r\n\r\n";
    /// let mut memory = [0; 512];
    /// let mut head = Head::wanting(&["host"], &mut memory);
    /// let mut handshake = ServerHandshake::new(ServerOptions::new());
    /// for mut input in wire.chunks(7) {
    ///     match handshake.receive_request_line(&mut input, |span| head.push(span)) {
    ///         None => {}
    ///         Some(Ok(mut line)) => {
    ///             let path = head.path().unwrap().split(|byte| *byte == b'?').next();
    ///             let subprotocols: &[&str] = if path == Some(b"/chat") { &["v2", "v1"] } else { &[] };
    ///             line.set_options(ServerOptions::new().with_subprotocols(subprotocols));
    ///         }
    ///         Some(Err(refusal)) => panic!("{refusal}"), // write it, and close
    ///     }
    ///     if let Some(Outcome::Upgrade(upgrade)) = handshake.receive_with(&mut input, |span| head.push(span)) {
    ///         assert_eq!(upgrade.subprotocol(), Some("v2"));
    ///     }
    /// }
    /// # assert_eq!(head.host(), Ok(Some(&b"a"[..])));
    /// ```
    ///
    /// # Errors
    ///
    /// The [`Refusal`] of a request line that is invalid or too large. It is returned once; nothing is consumed after
    /// it.
    pub fn receive_request_line<'b>(
        &mut self,
        input: &mut impl Source<'b>,
        mut show: impl FnMut(&Span<'b>),
    ) -> Option<Result<RequestLine<'_, 'p, X, O>, Refusal>> {
        while self.reader.is_in_request_line() {
            let span = self.reader.next::<false>(input)?;
            show(&span);
            self.judge.push(&span);
            match span {
                Span::Version(_) => return Some(Ok(RequestLine { judge: &mut self.judge })),
                Span::Failed(error) => return Some(Err(Refusal::Head(error))),
                _ => {}
            }
        }
        None
    }

    /// Returns whether a part of a head has come: if the stream ends now, the request was cut off.
    pub const fn is_begun(&self) -> bool {
        // A stream that ends inside a head was cut off. [7.2.1-lost-head]
        !self.reader.is_at_start()
    }

    /// Writes the 101 to the front of `out`, with the caller's `fields`, and returns what was written and the
    /// connection (RFC 6455 §4.2.2).
    ///
    /// Without a subprotocol, an extension and fields, 129 bytes are enough. The settings of the connection are
    /// `settings`, and the reserved bits of the extension if one was agreed to and writes an answer.
    ///
    /// # Errors
    ///
    /// [`WriteError::FieldName`] and [`WriteError::FieldValue`] for an invalid field; [`WriteError::FieldOwned`] for a
    /// field that the codec writes itself; [`WriteError::Extension`] if the extension writes an invalid token; then
    /// [`WriteError::BufferTooSmall`]. `out` is unchanged, and the same call can be made again.
    pub fn accept<'o>(
        &self,
        upgrade: &Upgrade<'p>,
        settings: Settings,
        fields: &[Field],
        out: &'o mut [u8],
    ) -> Result<(&'o [u8], Connection<Server>), WriteError> {
        self.accept_with(&upgrade.accept_value(), upgrade, settings, fields, out)
    }

    /// Does what [`accept`](Self::accept) does, with an accept value that was computed by other means: with SHA-1 in
    /// hardware or in ROM, no other SHA-1 is in the program. A client fails the connection if the value is not the
    /// answer to its [key](Upgrade::key).
    ///
    /// ```
    /// use upframe::connection::Settings;
    /// use upframe::handshake::{AcceptValue, Outcome, ServerHandshake, ServerOptions};
    /// # let hash_by_hardware = |bytes: &[u8]| sha1_smol::Sha1::from(bytes).digest().bytes();
    /// let mut handshake = ServerHandshake::new(ServerOptions::new());
    /// let mut input = &b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    ///     Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n"[..];
    /// let Some(Outcome::Upgrade(upgrade)) = handshake.receive(&mut input) else { panic!() };
    /// let accept = AcceptValue::from_sha1(hash_by_hardware(&upgrade.key().sha1_input()));
    /// let mut out = [0; 256];
    /// let (response, _) = handshake.accept_with(&accept, &upgrade, Settings::new(), &[], &mut out).unwrap();
    /// assert!(response.ends_with(b"Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\n\r\n"));
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`accept`](Self::accept). `out` is unchanged.
    pub fn accept_with<'o>(
        &self,
        accept: &AcceptValue,
        upgrade: &Upgrade<'p>,
        settings: Settings,
        fields: &[Field],
        out: &'o mut [u8],
    ) -> Result<(&'o [u8], Connection<Server>), WriteError> {
        let response = self.write_response(accept, upgrade, fields, out)?;
        Ok((response, Connection::server(self.settings(upgrade, settings))))
    }

    /// Writes the 101 to the front of `out`, with this accept value and the caller's `fields`, and returns what was
    /// written: for connections of another kind than [`accept`](Self::accept) returns, whose settings are
    /// [`settings`](Self::settings).
    ///
    /// ```
    /// use upframe::connection::{Connection, Endpoint, NoEntropy, Receiver, Server, Settings, Transmitter};
    /// type Source = fn(&mut [u8]) -> Result<(), NoEntropy>;
    /// use upframe::handshake::{Outcome, ServerHandshake, ServerOptions};
    /// let mut handshake = ServerHandshake::new(ServerOptions::new());
    /// let mut input = &b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    ///     Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n"[..];
    /// let Some(Outcome::Upgrade(upgrade)) = handshake.receive(&mut input) else { panic!() };
    /// let mut out = [0; 256];
    /// handshake.write_response(&upgrade.accept_value(), &upgrade, &[], &mut out).unwrap();
    /// let settings = handshake.settings(&upgrade, Settings::new());
    /// let either = Connection::endpoint(Endpoint::<Source>::Server, settings); // or two halves
    /// let (receiver, transmitter) = (Receiver::<Server>::new(settings), Transmitter::server(settings));
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`accept`](Self::accept). `out` is unchanged.
    pub fn write_response<'o>(
        &self,
        accept: &AcceptValue,
        upgrade: &Upgrade<'p>,
        fields: &[Field],
        out: &'o mut [u8],
    ) -> Result<&'o [u8], WriteError> {
        // The caller's fields are checked before anything is written. [9110-5.5-own-checked]
        check_fields(fields, &OWNED_FIELDS)?;
        let answers = self.judge.answers(upgrade)?;
        render(out, |writer| {
            // The response is a 101 with Upgrade and Connection. [4.2.2-101]
            writer.text(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Accept: ",
            );
            // The response has the accept value, which depends on the key as it was sent and on the GUID.
            // [4.2.2-accept]
            writer.bytes(accept.as_bytes());
            // The response names the subprotocol that is chosen, and has no such field if none is.
            // [4.2.2-subprotocol-sent]
            if let Some(subprotocol) = upgrade.subprotocol {
                writer.text("\r\nSec-WebSocket-Protocol: ");
                writer.text(subprotocol);
            }
            writer.text("\r\n");
            if answers {
                write_extension_field(&self.judge.extension, writer);
            }
            for (name, value) in fields {
                writer.field(name, value);
            }
            writer.text("\r\n");
        })
    }

    /// Returns the settings of the connection: `settings`, and the reserved bits of the extension if one was agreed to
    /// and writes an answer (RFC 6455 §5.8).
    pub fn settings(&self, upgrade: &Upgrade, settings: Settings) -> Settings {
        self.judge.settings(upgrade, settings)
    }

    /// Returns the method of the request, which the answer depends on: see [`Refusal::write`].
    /// It is known as soon as it has come, also if the request is not valid.
    pub const fn method(&self) -> Method {
        self.judge.method()
    }

    /// Returns the extension, which knows what it has agreed to.
    pub const fn extension(&self) -> &X {
        &self.judge.extension
    }
}

/// The fields of a 101 that a caller must not add (RFC 6455 §4.2.2, RFC 9110 §8.6, RFC 9112 §6.1).
static OWNED_FIELDS: [&str; 9] = [
    "Upgrade",
    "Connection",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Version",
    "Sec-WebSocket-Key",
    // A 101 has neither Content-Length nor Transfer-Encoding, and no field of the codec twice. [9110-8.6-101]
    "Content-Length",
    "Transfer-Encoding",
];
