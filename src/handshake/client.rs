//! The client's side of the opening handshake (RFC 6455 §4.1).

use super::candidates::OneOf;
use super::extension::{ListError, ListJudge, write_field};
use super::fields::{FieldName, NameReader, ShortValue};
use super::tokens::TokenSearch;
use super::{Extension, Key, NoExtension, Uri, subprotocol};
use crate::connection::{Client, Connection, Entropy, NoEntropy, Settings};
use crate::frame::ReservedBits;
use crate::http::{
    Field, HeadError, HeadLimits, HeadReader, ResponseError, Run, Source, Span, Version, check_field, is_tchar, render,
    trim,
};
use core::fmt;

/// What a client asks for (RFC 6455 §4.1).
///
/// ```
/// use upframe::handshake::{Request, Uri};
/// let request = Request::new(Uri::parse("ws://server.example.com/chat").unwrap())
///     .with_subprotocols(&["chat", "superchat"])
///     .with_fields(&[("Authorization", "Bearer 42")]);
/// ```
#[derive(Clone, Copy)]
pub struct Request<'a> {
    uri: Uri<'a>,
    subprotocols: &'a [&'a str],
    origin: Option<&'a str>,
    fields: &'a [Field<'a>],
    limits: HeadLimits,
}

impl<'a> Request<'a> {
    /// For this URI.
    pub const fn new(uri: Uri<'a>) -> Self {
        Self { uri, subprotocols: &[], origin: None, fields: &[], limits: HeadLimits::DEFAULT }
    }

    /// With these subprotocols, the one that is preferred first: at most 16 different tokens.
    #[must_use]
    pub const fn with_subprotocols(self, subprotocols: &'a [&'a str]) -> Self {
        Self { subprotocols, ..self }
    }

    /// With an origin, for clients that run what a page says (RFC 6455 §4.1, 8).
    #[must_use]
    pub const fn with_origin(self, origin: &'a str) -> Self {
        Self { origin: Some(origin), ..self }
    }

    /// With fields of your own, such as cookies or credentials.
    #[must_use]
    pub const fn with_fields(self, fields: &'a [Field<'a>]) -> Self {
        Self { fields, ..self }
    }

    /// With response heads of this size.
    #[must_use]
    pub const fn with_limits(self, limits: HeadLimits) -> Self {
        Self { limits, ..self }
    }

    /// All that the caller has chosen (RFC 6455 §4.1).
    fn check(&self) -> Result<(), RequestError> {
        if self.subprotocols.len() > subprotocol::MAX_OFFERED {
            return Err(RequestError::Subprotocol);
        }
        for (i, subprotocol) in self.subprotocols.iter().enumerate() {
            // §4.1, 10: non-empty tokens, which MUST all be unique
            let before = self.subprotocols.get(..i).unwrap_or_default();
            if subprotocol.is_empty() || !subprotocol.bytes().all(is_tchar) || before.contains(subprotocol) {
                return Err(RequestError::Subprotocol);
            }
        }
        if let Some(origin) = self.origin
            && (origin.is_empty() || !origin.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            return Err(RequestError::Origin);
        }
        self.fields.iter().try_for_each(|field| Ok(check_field(*field, &OWNED)?))
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("uri", &self.uri).finish_non_exhaustive()
    }
}

/// What a request holds that is not for the caller to add.
const OWNED: [&str; 11] = [
    "Host",
    "Origin",
    "Upgrade",
    "Connection",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Version",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Accept",
    "Content-Length",
    "Transfer-Encoding",
];

/// A request that cannot be sent. Nothing was written, and no key was drawn.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum RequestError {
    /// More than 16 subprotocols, or one that is no token, or is there twice (RFC 6455 §4.1).
    Subprotocol,
    /// An origin that is empty or holds a space or a control byte.
    Origin,
    /// A field name that is no token (RFC 9110 §5.1).
    FieldName,
    /// A field value with CR, LF, NUL or another control byte (RFC 9110 §5.5).
    FieldValue,
    /// A field that the codec writes itself.
    FieldOwned,
    /// No key could be drawn.
    NoEntropy,
    /// The output is too short.
    BufferTooSmall {
        /// The length in bytes that it must have.
        required: usize,
    },
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Subprotocol => "subprotocols are not up to 16 different tokens",
            Self::Origin => "origin holds a space or a control byte",
            Self::FieldName => "field name is no token",
            Self::FieldValue => "field value holds a control byte",
            Self::FieldOwned => "field is written by the codec",
            Self::NoEntropy => "no entropy for a key",
            Self::BufferTooSmall { required } => return write!(f, "output needs {required} bytes"),
        })
    }
}

impl core::error::Error for RequestError {}

impl From<NoEntropy> for RequestError {
    fn from(NoEntropy: NoEntropy) -> Self {
        Self::NoEntropy
    }
}

impl From<ResponseError> for RequestError {
    fn from(error: ResponseError) -> Self {
        match error {
            ResponseError::BufferTooSmall { required } => Self::BufferTooSmall { required },
            ResponseError::FieldName => Self::FieldName,
            ResponseError::FieldOwned => Self::FieldOwned,
            _ => Self::FieldValue,
        }
    }
}

/// Why a response makes no connection: *Fail the WebSocket Connection* (RFC 6455 §4.1), by closing the stream.
///
/// In the order of judgement where several rules are broken at once.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Failure {
    /// It is no HTTP/1.1 response, or one too large.
    Head(HeadError),
    /// A 101 in HTTP/1.0, which knows none.
    HttpVersion,
    /// `Upgrade` is missing, or not `websocket`.
    Upgrade,
    /// `Connection` has no token `Upgrade`.
    Connection,
    /// `Sec-WebSocket-Accept` is missing, there twice, or not the answer to the key.
    Accept,
    /// A subprotocol that was not offered, or several.
    Subprotocol,
    /// `Sec-WebSocket-Extensions` is not written as one (RFC 6455 §9.1).
    Extensions,
    /// An extension that was not offered, twice, or with parameters that it cannot have.
    ExtensionNotAgreed,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Head(error) => return error.fmt(f),
            Self::HttpVersion => "101 in HTTP/1.0",
            Self::Upgrade => "Upgrade is not websocket",
            Self::Connection => "Connection has no Upgrade",
            Self::Accept => "Sec-WebSocket-Accept does not answer the key",
            Self::Subprotocol => "subprotocol was not offered",
            Self::Extensions => "malformed Sec-WebSocket-Extensions",
            Self::ExtensionNotAgreed => "extension was not offered like this",
        })
    }
}

impl core::error::Error for Failure {}

/// What a response came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answer<'a> {
    /// The connection is open: [`Agreed::connect`].
    Agreed(Agreed<'a>),
    /// The server said something else, with this status: moved (3xx), unauthorized (401), another version (426), not now (503).
    /// Its fields were shown; its body is what follows in the input.
    Refused(u16),
    /// A response that breaks the rules. Close the stream.
    Failed(Failure),
}

/// What client and server agreed on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Agreed<'a> {
    subprotocol: Option<&'a str>,
    reserved_bits: ReservedBits,
}

impl<'a> Agreed<'a> {
    /// The subprotocol that the server chose, of those offered (RFC 6455 §4.1); it may choose none.
    pub const fn subprotocol(&self) -> Option<&'a str> {
        self.subprotocol
    }

    /// The connection, which owns the bits of the extension that was agreed on.
    pub fn connect<E: Entropy>(&self, entropy: E, settings: Settings) -> Connection<Client<E>> {
        let owned = settings.reserved_bits.union(self.reserved_bits);
        Connection::client(entropy, settings.with_reserved_bits(owned))
    }
}

/// Writes a request, reads the response and judges it while it streams by (RFC 6455 §4.1).
///
/// One for each attempt, since each has a key of its own. What lies behind the head of the response stays in the input: the first
/// frames, or the body of a refusal.
///
/// ```
/// use upframe::connection::Settings;
/// use upframe::handshake::{Answer, ClientHandshake, Request, Uri};
/// # let mut entropy = |bytes: &mut [u8]| { bytes.copy_from_slice(&b"the sample nonce"[..bytes.len()]); Ok(()) };
/// let request = Request::new(Uri::parse("ws://server.example.com/chat").unwrap()).with_subprotocols(&["chat"]);
/// let mut handshake = ClientHandshake::new(request, &mut entropy).unwrap();
/// let mut out = [0; 512];
/// assert_eq!(
///     handshake.write_request(&mut out).unwrap(),
///     b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
///       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
///       Sec-WebSocket-Protocol: chat\r\n\r\n"
/// );
/// let mut response = *b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
///     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n";
/// let mut input = &mut response[..];
/// match handshake.receive(&mut input) {
///     None => {} // all is taken, and more is needed
///     Some(Answer::Agreed(agreed)) => {
///         let connection = agreed.connect(entropy, Settings::new());
///         assert_eq!(agreed.subprotocol(), Some("chat"));
///     }
///     Some(Answer::Refused(status)) => println!("refused with {status}"),
///     Some(Answer::Failed(failure)) => println!("{failure}"),
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ClientHandshake<'a, X: Extension = NoExtension> {
    request: Request<'a>,
    key: Key,
    reader: HeadReader,
    judge: ResponseJudge<'a, X>,
    /// The status of the head under way; 0 before it has come.
    status: u16,
    minor_version: u8,
}

impl<'a> ClientHandshake<'a> {
    /// For a client without extensions; the key is drawn from `entropy`.
    ///
    /// # Errors
    ///
    /// [`RequestError`]: what the request holds, and then [`RequestError::NoEntropy`].
    pub fn new(request: Request<'a>, entropy: &mut impl Entropy) -> Result<Self, RequestError> {
        Self::with_extension(request, NoExtension, entropy)
    }
}

impl<'a, X: Extension> ClientHandshake<'a, X> {
    /// For a client that offers an extension; the key is drawn from `entropy`.
    ///
    /// # Errors
    ///
    /// As [`new`](ClientHandshake::new).
    pub fn with_extension(
        request: Request<'a>,
        extension: X,
        entropy: &mut impl Entropy,
    ) -> Result<Self, RequestError> {
        request.check()?;
        // §4.1, 7: a nonce of 16 random bytes, for each connection
        let mut nonce = [0; 16];
        entropy.fill(&mut nonce)?;
        let key = Key::new(nonce);
        let reader = HeadReader::response(request.limits);
        let judge = ResponseJudge::with_extension(&key, request.subprotocols, extension);
        Ok(Self { request, key, reader, judge, status: 0, minor_version: 0 })
    }

    /// Writes the request to the front of `out`; gives what was written.
    ///
    /// # Errors
    ///
    /// [`RequestError::BufferTooSmall`]; `out` is unchanged, and the same call can be made again.
    pub fn write_request<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], RequestError> {
        let Request { uri, subprotocols, origin, fields, .. } = self.request;
        let extension = &self.judge.extension;
        let written = render(out, |writer| {
            writer.text("GET ");
            if !uri.resource().starts_with('/') {
                writer.text("/");
            }
            writer.text(uri.resource());
            writer.text(" HTTP/1.1\r\nHost: ");
            writer.text(uri.host());
            // §4.1, 4: the port, if it is not the default
            if let Some(port) = uri.own_port() {
                writer.text(":");
                writer.number(usize::from(port));
            }
            writer.text("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
            writer.field("Sec-WebSocket-Key", self.key.as_str());
            writer.field("Sec-WebSocket-Version", "13");
            for (i, subprotocol) in subprotocols.iter().enumerate() {
                writer.text(if i == 0 { "Sec-WebSocket-Protocol: " } else { ", " });
                writer.text(subprotocol);
            }
            if !subprotocols.is_empty() {
                writer.text("\r\n");
            }
            write_field(extension, writer);
            if let Some(origin) = origin {
                writer.field("Origin", origin);
            }
            for (name, value) in fields {
                writer.field(name, value);
            }
            writer.text("\r\n");
        })?;
        Ok(written)
    }

    /// Takes bytes from the front of `input` up to the end of the response's head, and says what it came to.
    ///
    /// **`None` means: all input is taken**, and more is needed. An answer is given once; nothing is taken after it. Interim
    /// responses (1xx, RFC 9110 §15.2) are skipped, within the limits of one head.
    pub fn receive<'b>(&mut self, input: &mut impl Source<'b>) -> Option<Answer<'a>> {
        self.receive_with(input, |_| {})
    }

    /// [`receive`](Self::receive), and shows all spans of the final head: to a [`Head`](crate::http::Head), say.
    ///
    /// ```
    /// # use upframe::handshake::{Answer, ClientHandshake, Request, Uri};
    /// use upframe::http::Head;
    /// # let mut entropy = |bytes: &mut [u8]| { bytes.fill(7); Ok(()) };
    /// # let request = Request::new(Uri::parse("ws://a/").unwrap());
    /// # let mut handshake = ClientHandshake::new(request, &mut entropy).unwrap();
    /// let mut memory = [0; 512];
    /// let mut head = Head::new(&mut memory);
    /// let mut input = &b"HTTP/1.1 302 Found\r\nLocation: ws://b/\r\nContent-Length: 3\r\n\r\nxyz"[..];
    /// assert_eq!(handshake.receive_with(&mut input, |span| head.push(span)), Some(Answer::Refused(302)));
    /// assert_eq!((head.reason(), head.field("location")), (&b"Found"[..], Some(&b"ws://b/"[..])));
    /// assert_eq!(input, b"xyz");
    /// ```
    pub fn receive_with<'b>(
        &mut self,
        input: &mut impl Source<'b>,
        mut show: impl FnMut(&Span<'b>),
    ) -> Option<Answer<'a>> {
        while let Some(span) = self.reader.next(input) {
            let interim = matches!(self.status, 100 | 102..=199);
            match span {
                Span::Failed(error) => return Some(Answer::Failed(Failure::Head(error))),
                Span::Version(Version { minor, .. }) => self.minor_version = minor,
                Span::Status(status) => {
                    self.status = status;
                    // the version is shown with the status: before it, nobody knows whether this head counts
                    if !matches!(status, 100 | 102..=199) {
                        show(&Span::Version(Version { major: 1, minor: self.minor_version }));
                        show(&span);
                    }
                }
                // RFC 9110 §15.2: a client MUST be able to parse interim responses, and may ignore them
                Span::End if interim => {
                    self.status = 0;
                    self.reader.read_next();
                }
                Span::End => {
                    show(&span);
                    return Some(self.judge.finish(self.status, self.minor_version));
                }
                _ if interim => {}
                span => {
                    show(&span);
                    if self.status == 101 {
                        self.judge.push(&span);
                    }
                }
            }
        }
        None
    }

    /// Whether a part of a response has come: a stream that ends now was cut.
    pub const fn is_begun(&self) -> bool {
        !self.reader.is_at_start()
    }

    /// The key of this attempt.
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// The extension: what was agreed on is in it.
    pub const fn extension(&self) -> &X {
        &self.judge.extension
    }
}

/// The rules of RFC 6455 §4.1 for the response alone, for clients with an HTTP stack of their own: judges a status and fields.
///
/// ```
/// use upframe::handshake::{Answer, Key, ResponseJudge};
/// let key = Key::new(*b"the sample nonce");
/// let mut judge = ResponseJudge::new(&key, &["chat"]);
/// judge.field(b"Upgrade", b"websocket");
/// judge.field(b"Connection", b"Upgrade");
/// judge.field(b"Sec-WebSocket-Accept", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// assert!(matches!(judge.finish(101, 1), Answer::Agreed(agreed) if agreed.subprotocol().is_none()));
/// ```
#[derive(Clone)]
pub struct ResponseJudge<'a, X: Extension = NoExtension> {
    name: NameReader,
    field: FieldName,
    upgrade: TokenSearch,
    connection: TokenSearch,
    key: Key,
    accept: ShortValue<28>,
    subprotocol: OneOf<'a>,
    extensions: ListJudge,
    extension: X,
}

impl<'a> ResponseJudge<'a> {
    /// For a client that sent this key and these subprotocols, and no extension.
    pub const fn new(key: &Key, subprotocols: &'a [&'a str]) -> Self {
        Self::with_extension(key, subprotocols, NoExtension)
    }
}

impl<'a, X: Extension> ResponseJudge<'a, X> {
    /// For a client that sent this key, these subprotocols, and this extension's offer.
    pub const fn with_extension(key: &Key, subprotocols: &'a [&'a str], extension: X) -> Self {
        Self {
            name: NameReader::new(),
            field: FieldName::Other,
            upgrade: TokenSearch::new("websocket"),
            connection: TokenSearch::new("upgrade"),
            key: *key,
            accept: ShortValue::new(),
            subprotocol: OneOf::new(subprotocols, false),
            extensions: ListJudge::new(true),
            extension,
        }
    }

    /// A field. Several with one name are several lines.
    pub fn field(&mut self, name: &[u8], value: &[u8]) {
        self.field = FieldName::of(name);
        self.value(Run { bytes: trim(value), last: true });
    }

    pub(crate) fn push(&mut self, span: &Span) {
        match *span {
            Span::Name(run) => {
                if let Some(field) = self.name.push(run) {
                    self.field = field;
                }
            }
            Span::Value(run) => self.value(run),
            _ => {}
        }
    }

    fn value(&mut self, Run { bytes, last }: Run) {
        match self.field {
            FieldName::Upgrade => self.upgrade.push(bytes, last),
            FieldName::Connection => self.connection.push(bytes, last),
            FieldName::Accept => self.accept.push(bytes, last),
            FieldName::Protocol => self.subprotocol.push(bytes, last),
            FieldName::Extensions => self.extensions.push(bytes, last, &mut self.extension),
            // RFC 9112 §6.3: a 101 has no body, whatever it announces
            _ => {}
        }
    }

    /// The head has ended, with this status and this second digit of the HTTP version: what it came to.
    pub fn finish(&mut self, status: u16, minor_version: u8) -> Answer<'a> {
        if status != 101 {
            return Answer::Refused(status);
        }
        match self.judge(minor_version) {
            Ok(agreed) => Answer::Agreed(agreed),
            Err(failure) => Answer::Failed(failure),
        }
    }

    /// A 101, in the order of [`Failure`] (RFC 6455 §4.1).
    fn judge(&self, minor_version: u8) -> Result<Agreed<'a>, Failure> {
        let fail = |rule: bool, failure: Failure| if rule { Ok(()) } else { Err(failure) };
        fail(minor_version > 0, Failure::HttpVersion)?;
        // 2: Upgrade is websocket, and nothing else
        fail(self.upgrade.found_alone(), Failure::Upgrade)?;
        // 3: Connection
        fail(self.connection.found(), Failure::Connection)?;
        // 4: the answer to the key
        fail(self.accept.once() == Some(self.key.accept_value().as_bytes()), Failure::Accept)?;
        // 6: a subprotocol that was asked for
        let subprotocol = match self.subprotocol.judge() {
            None => None,
            Some(Some(subprotocol)) => Some(subprotocol),
            Some(None) => return Err(Failure::Subprotocol),
        };
        // 5: extensions that were asked for
        let agreed = self.extensions.judge().map_err(|error| match error {
            ListError::Malformed => Failure::Extensions,
            ListError::NotAgreed => Failure::ExtensionNotAgreed,
        })?;
        let reserved_bits = if agreed { self.extension.reserved_bits() } else { ReservedBits::NONE };
        Ok(Agreed { subprotocol, reserved_bits })
    }
}

impl<X: Extension> fmt::Debug for ResponseJudge<'_, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseJudge").field("field", &self.field).finish_non_exhaustive()
    }
}
