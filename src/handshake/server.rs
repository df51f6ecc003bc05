//! The server's side of the opening handshake (RFC 6455 §4.2).

use super::extension::{Extension, NoExtension, write_field};
use super::key::AcceptValue;
use super::outcome::{Outcome, ServerOptions, Upgrade};
use super::refusal::Refusal;
use super::request_judge::RequestJudge;
use crate::connection::{Connection, Server, Settings};
use crate::http::error::WriteError;
use crate::http::reader::HeadReader;
use crate::http::response::{Field, check_field};
use crate::http::source::Source;
use crate::http::span::{Run, Span};
use crate::http::writer::render;

/// Reads a request, judges it while it streams by, and answers (RFC 6455 §4.2).
///
/// Give it bytes until it says what the request came to. What lies behind the head stays in the input: the first frames.
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
///     None => {} // all is taken, and more is needed
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
///         refusal.write(&mut out).unwrap();
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ServerHandshake<'p, X: Extension = NoExtension> {
    reader: HeadReader,
    judge: RequestJudge<'p, X>,
}

impl<'p> ServerHandshake<'p> {
    /// For a server without extensions.
    #[cfg_attr(upframe_small, inline(always))]
    pub const fn new(options: ServerOptions<'p>) -> Self {
        Self::with_extension(options, NoExtension)
    }
}

impl<'p, X: Extension> ServerHandshake<'p, X> {
    /// For a server that may agree to an extension.
    pub const fn with_extension(options: ServerOptions<'p>, extension: X) -> Self {
        Self { reader: HeadReader::request(options.limits), judge: RequestJudge::with_extension(options, extension) }
    }

    /// Takes bytes from the front of `input` up to the end of the head, and says what the request came to.
    ///
    /// **`None` means: all input is taken**, and more is needed. An outcome is given once; nothing is taken after it.
    #[inline(always)]
    pub fn receive<'b>(&mut self, input: &mut impl Source<'b>) -> Option<Outcome<'p>> {
        self.receive_with(input, |_| {})
    }

    /// [`receive`](Self::receive), and shows all spans of the head: to a [`Head`](crate::http::Head), say.
    ///
    /// ```
    /// use upframe::handshake::{Outcome, ServerHandshake, ServerOptions};
    /// use upframe::http::Head;
    /// let mut memory = [0; 512];
    /// let mut head = Head::wanting(&["cookie"], &mut memory);
    /// let mut handshake = ServerHandshake::new(ServerOptions::new());
    /// let mut input = &b"GET /news?since=7 HTTP/1.1\r\nHost: a\r\nCookie: id=1\r\n\r\n"[..];
    /// let outcome = handshake.receive_with(&mut input, |span| head.push(span));
    /// assert!(matches!(outcome, Some(Outcome::PlainHttp(_))));
    /// assert_eq!((head.path(), head.field("cookie")), (&b"/news?since=7"[..], Some(&b"id=1"[..])));
    /// ```
    #[inline(always)]
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
        self.receive_any(input, show)
    }

    #[inline(never)]
    fn receive_any<'b>(&mut self, input: &mut impl Source<'b>, mut show: impl FnMut(&Span<'b>)) -> Option<Outcome<'p>> {
        loop {
            while let Some((name, value)) = self.reader.field(input) {
                show(&Span::Name(Run { bytes: name, last: true }));
                show(&Span::Value(Run { bytes: value, last: true }));
                self.judge.line(name, value);
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

    /// Whether a part of a head has come: a stream that ends now was cut.
    pub const fn is_begun(&self) -> bool {
        // [7.2.1-lost-head]
        !self.reader.is_at_start()
    }

    /// Writes the 101 to the front of `out`, with fields of your own; gives what was written, and the connection behind it
    /// (RFC 6455 §4.2.2).
    ///
    /// The connection owns the bits of the extension that was agreed to, if it writes an answer.
    ///
    /// # Errors
    ///
    /// [`WriteError::FieldName`], [`FieldValue`](WriteError::FieldValue), [`FieldOwned`](WriteError::FieldOwned) for the
    /// fields that the codec writes itself, `FieldValue` also for an extension that writes what is no token, then
    /// [`BufferTooSmall`](WriteError::BufferTooSmall): 129 bytes and your own are enough without subprotocol and extension. `out` is unchanged, and the same call can be made again.
    pub fn accept<'o>(
        &self,
        upgrade: &Upgrade<'p>,
        settings: Settings,
        fields: &[Field],
        out: &'o mut [u8],
    ) -> Result<(&'o [u8], Connection<Server>), WriteError> {
        self.accept_with(&upgrade.accept_value(), upgrade, settings, fields, out)
    }

    /// [`accept`](Self::accept) with a value that has been computed by other means: with SHA-1 in hardware or in ROM, no other is in
    /// the program. A client fails the connection where it is not the answer to its [key](Upgrade::key).
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
    /// As [`accept`](Self::accept).
    pub fn accept_with<'o>(
        &self,
        accept: &AcceptValue,
        upgrade: &Upgrade<'p>,
        settings: Settings,
        fields: &[Field],
        out: &'o mut [u8],
    ) -> Result<(&'o [u8], Connection<Server>), WriteError> {
        // [9110-5.5-own-checked]
        fields.iter().try_for_each(|field| check_field(*field, &OWNED))?;
        let answers = self.judge.answers(upgrade)?;
        let response = render(out, |writer| {
            // [4.2.2-101]
            writer.text(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ",
            );
            // [4.2.2-accept]
            writer.bytes(accept.as_bytes());
            writer.text("\r\n");
            // [4.2.2-subprotocol-sent]
            if let Some(subprotocol) = upgrade.subprotocol {
                // [4.2.2-subprotocol-sent]
                writer.field("Sec-WebSocket-Protocol", subprotocol);
            }
            // [4.2.2-extension-offered]
            if answers {
                write_field(&self.judge.extension, writer);
            }
            for (name, value) in fields {
                writer.field(name, value);
            }
            writer.text("\r\n");
        })?;
        Ok((response, Connection::server(self.judge.settings(upgrade, settings))))
    }

    /// The extension: what it has agreed to is in it.
    pub const fn extension(&self) -> &X {
        &self.judge.extension
    }
}

/// What a 101 holds that is not for the caller to add (RFC 6455 §4.2.2, RFC 9110 §8.6, RFC 9112 §6.1).
const OWNED: [&str; 9] = [
    "Upgrade",
    "Connection",
    // [9110-8.6-101]
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Version",
    "Sec-WebSocket-Key",
    // [9110-8.6-101]
    "Content-Length",
    "Transfer-Encoding",
];
