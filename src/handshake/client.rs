//! The client's side of the opening handshake (RFC 6455 §4.1).

use super::answer::{Answer, Failure};
use super::extension::NoExtension;
use super::extensions::{Extensions, check_extensions, write_extension_field};
use super::key::{AcceptValue, Key};
use super::request::{ClientRequest, RequestError};
use super::request_parts::RequestParts;
use super::response_judge::ResponseJudge;
use crate::connection::entropy::Entropy;
use crate::http::reader::HeadReader;
use crate::http::source::Source;
use crate::http::span::{Run, Span, Version};
use crate::http::writer::render;

/// Writes a request, then reads and judges the response while it streams by (RFC 6455 §4.1).
///
/// Each attempt needs a handshake of its own, since each has a key of its own. What follows the head of the response
/// stays in the input: the first frames, or the body of a refusal.
///
/// Some rules are left to the program that opens the stream (RFC 6455 §4.1, §7.2.3). It makes one attempt at a time to
/// one host. It uses a proxy that is configured. It sets up TLS before the request for `wss`, and tells it the name of
/// the host. After it lost a connection, it waits longer before each new attempt: see [`Reconnect`].
///
/// ```
/// use upframe::connection::Settings;
/// use upframe::handshake::{Answer, ClientHandshake, ClientRequest, Uri};
/// # let mut entropy = |bytes: &mut [u8]| { bytes.copy_from_slice(&b"the sample nonce"[..bytes.len()]); Ok(()) };
/// let request = ClientRequest::new(Uri::parse("ws://server.example.com/chat").unwrap()).with_subprotocols(&["chat"]);
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
///     None => {} // all input is consumed, and more is needed
///     Some(Answer::Agreed(agreed)) => {
///         let connection = agreed.connect(entropy, Settings::new());
///         assert_eq!(agreed.subprotocol(), Some("chat"));
///     }
///     Some(Answer::Refused { status, .. }) => println!("refused with {status}"),
///     Some(Answer::Failed(failure)) => println!("{failure}"),
/// }
/// ```
///
/// [`Reconnect`]: crate::reconnect::Reconnect
#[derive(Debug)]
pub struct ClientHandshake<'a, X: Extensions = NoExtension> {
    request: ClientRequest<'a>,
    key: Key,
    reader: HeadReader,
    judge: ResponseJudge<'a, X>,
    /// The status of the head being read; 0 before it has come.
    status: u16,
    minor_version: u8,
}

impl<'a> ClientHandshake<'a> {
    /// Returns a handshake without extensions. Its key is drawn from `entropy`.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the request is invalid, before a key is drawn; [`RequestError::NoEntropy`].
    pub fn new(request: ClientRequest<'a>, entropy: &mut impl Entropy) -> Result<Self, RequestError> {
        Self::with_extension(request, NoExtension, entropy)
    }
}

impl<'a, X: Extensions> ClientHandshake<'a, X> {
    /// Returns a handshake that offers an extension. Its key is drawn from `entropy`.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the request is invalid, before a key is drawn; [`RequestError::NoEntropy`].
    pub fn with_extension(
        request: ClientRequest<'a>,
        extension: X,
        entropy: &mut impl Entropy,
    ) -> Result<Self, RequestError> {
        Self::begin(request, extension, entropy)
    }

    /// Does what `with_extension` does: one copy of the code for all sources of entropy.
    fn begin(request: ClientRequest<'a>, extension: X, entropy: &mut dyn Entropy) -> Result<Self, RequestError> {
        request.check()?;
        let mut nonce = [0; 16];
        // The 16 bytes of the key are drawn from the source of entropy for each connection. [4.1-key-random]
        entropy.fill(&mut nonce)?;
        let key = Key::new(nonce);
        Ok(Self::with_checked(request, extension, key, &key.accept_value()))
    }

    /// Returns a handshake with a key that was drawn before, and the answer to it: with SHA-1 in hardware or in ROM, no
    /// other SHA-1 is in the program.
    ///
    /// Each attempt needs a key of its own, of random bytes (RFC 6455 §4.1).
    ///
    /// ```
    /// use upframe::handshake::{AcceptValue, ClientHandshake, Key, NoExtension, ClientRequest, Uri};
    /// # let random = *b"the sample nonce";
    /// # let hash_by_hardware = |bytes: &[u8]| sha1_smol::Sha1::from(bytes).digest().bytes();
    /// let key = Key::new(random);
    /// let accept = AcceptValue::from_sha1(hash_by_hardware(&key.sha1_input()));
    /// let request = ClientRequest::new(Uri::parse("ws://server.example.com/chat").unwrap());
    /// let handshake = ClientHandshake::with_key(request, NoExtension, key, &accept).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the request is invalid.
    pub fn with_key(
        request: ClientRequest<'a>,
        extension: X,
        key: Key,
        accept: &AcceptValue,
    ) -> Result<Self, RequestError> {
        request.check()?;
        Ok(Self::with_checked(request, extension, key, accept))
    }

    const fn with_checked(request: ClientRequest<'a>, extension: X, key: Key, accept: &AcceptValue) -> Self {
        let reader = HeadReader::response(request.limits);
        let judge = ResponseJudge::with_accept(accept, request.subprotocols, extension);
        Self { request, key, reader, judge, status: 0, minor_version: 0 }
    }

    /// Writes the request to the front of `out`, and returns what was written.
    ///
    /// # Errors
    ///
    /// [`RequestError::Extension`] if the extension writes an invalid token; [`RequestError::BufferTooSmall`]. `out`
    /// is unchanged, and the same call can be made again.
    pub fn write_request<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], RequestError> {
        let ClientRequest { uri, subprotocols, origin, fields, .. } = self.request;
        let extension = &self.judge.extension;
        check_extensions(extension)?;
        let written = render(out, |writer| {
            // The request is a GET. [4.1-get]
            writer.text("GET ");
            if !uri.resource().starts_with('/') {
                writer.text("/");
            }
            // The target of the request is the resource name, which begins with a slash. [4.1-resource]
            writer.text(uri.resource());
            // The request is HTTP/1.1. [4.1-http-1.1]
            writer.text(" HTTP/1.1\r\nHost: ");
            // The request has a Host with the host of the URI. [4.1-host]
            writer.text(uri.host());
            // Host has the port unless the port is the default of the scheme. [4.1-host-port]
            if let Some(port) = uri.non_default_port() {
                writer.text(":");
                writer.number(usize::from(port));
            }
            // The request has Upgrade: websocket. [4.1-upgrade-sent]
            // The request has Connection: Upgrade. [4.1-connection-sent]
            writer.text("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
            writer.text("Sec-WebSocket-Key: ");
            // The request has a Sec-WebSocket-Key. [4.1-key-sent]
            writer.bytes(self.key.as_bytes());
            writer.text("\r\n");
            // The request has Sec-WebSocket-Version: 13. [4.1-version-sent]
            writer.field("Sec-WebSocket-Version", "13");
            // Subprotocols are offered in order of preference. [4.1-offered-order]
            for (i, subprotocol) in subprotocols.iter().enumerate() {
                writer.text(if i == 0 { "Sec-WebSocket-Protocol: " } else { ", " });
                writer.text(subprotocol);
            }
            if !subprotocols.is_empty() {
                writer.text("\r\n");
            }
            write_extension_field(extension, writer);
            // An origin that the caller provides is sent, as browsers must do. [4.1-origin-sent]
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

    /// Writes the request to the front of `out`, and returns its target and its fields, for clients with an HTTP stack
    /// of their own. [`into_judge`](Self::into_judge) judges the response.
    ///
    /// ```
    /// use upframe::handshake::{Answer, ClientHandshake, ClientRequest, Uri};
    /// # let mut entropy = |bytes: &mut [u8]| { bytes.copy_from_slice(&b"the sample nonce"[..bytes.len()]); Ok(()) };
    /// let request = ClientRequest::new(Uri::parse("ws://a:81?x=y").unwrap());
    /// let handshake = ClientHandshake::new(request, &mut entropy).unwrap();
    /// let mut out = [0; 512];
    /// let parts = handshake.request_parts(&mut out).unwrap();
    /// assert_eq!((parts.method(), parts.target()), ("GET", &b"/?x=y"[..]));
    /// let fields: Vec<_> = parts.fields().map(|(name, _)| std::str::from_utf8(name).unwrap()).collect();
    /// let names = ["Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"];
    /// assert_eq!(fields, names);
    /// assert_eq!(parts.fields().next(), Some((&b"Host"[..], &b"a:81"[..])));
    ///
    /// let mut judge = handshake.into_judge();
    /// for (name, value) in [
    ///     ("upgrade", "websocket"),
    ///     ("connection", "Upgrade"),
    ///     ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    /// ] {
    ///     judge.field(name.as_bytes(), value.as_bytes());
    /// }
    /// assert!(matches!(judge.finish(101, 1), Answer::Agreed(_)));
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`write_request`](Self::write_request). `out` is unchanged.
    pub fn request_parts<'o>(&self, out: &'o mut [u8]) -> Result<RequestParts<'o>, RequestError> {
        self.write_request(out).map(RequestParts::of)
    }

    /// Returns the rules for the response, for clients whose HTTP stack reads it.
    pub fn into_judge(self) -> ResponseJudge<'a, X> {
        self.judge
    }

    /// Consumes bytes from the front of `input` up to the end of the head of the response, and returns its outcome.
    ///
    /// **`None` means that all input is consumed**, and more is needed. The outcome is returned once; nothing is
    /// consumed after it. Interim responses (1xx, RFC 9110 §15.2) are skipped, within the limits of one head.
    #[must_use = "the outcome is returned once"]
    pub fn receive<'b>(&mut self, input: &mut impl Source<'b>) -> Option<Answer<'a>> {
        self.receive_with(input, |_| {})
    }

    /// Does what [`receive`](Self::receive) does, and shows all spans of the final head: to a
    /// [`Head`](crate::http::Head), for example.
    ///
    /// ```
    /// # use upframe::handshake::{Answer, ClientHandshake, ClientRequest, Uri};
    /// use upframe::http::{Body, Head};
    /// # let mut entropy = |bytes: &mut [u8]| { bytes.fill(7); Ok(()) };
    /// # let request = ClientRequest::new(Uri::parse("ws://a/").unwrap());
    /// # let mut handshake = ClientHandshake::new(request, &mut entropy).unwrap();
    /// let mut buffer = [0; 512];
    /// let mut head = Head::new(&mut buffer);
    /// let mut input = &b"HTTP/1.1 302 Found\r\nLocation: ws://b/\r\nContent-Length: 3\r\n\r\nxyz"[..];
    /// let answer = handshake.receive_with(&mut input, |span| head.push(span));
    /// assert_eq!(answer, Some(Answer::Refused { status: 302, body: Body::Length(3) }));
    /// assert_eq!((head.reason(), head.field("location")), (Ok(&b"Found"[..]), Ok(Some(&b"ws://b/"[..]))));
    /// assert_eq!(input, b"xyz");
    /// ```
    #[must_use = "the outcome is returned once"]
    pub fn receive_with<'b>(
        &mut self,
        input: &mut impl Source<'b>,
        mut show: impl FnMut(&Span<'b>),
    ) -> Option<Answer<'a>> {
        loop {
            let interim = is_interim(self.status);
            while !interim && let Some((name, value)) = self.reader.read_field(input) {
                show(&Span::Name(Run { bytes: name, last: true }));
                show(&Span::Value(Run { bytes: value, last: true }));
                self.judge.line(name, value);
            }
            let span = self.reader.next::<true>(input)?;
            match span {
                Span::Failed(error) => {
                    show(&span);
                    return Some(Answer::Failed(Failure::Head(error)));
                }
                Span::Version(Version { minor, .. }) => self.minor_version = minor,
                Span::Status(status) => {
                    self.status = status;
                    // the version is shown with the status: before that, it is not known whether this head is the final
                    // one
                    if !is_interim(status) {
                        show(&Span::Version(Version { major: 1, minor: self.minor_version }));
                        show(&span);
                    }
                }
                // Interim responses are skipped, any number of them, and are not shown. [9110-15.2-interim]
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
                    self.judge.push(&span);
                }
            }
        }
    }

    /// Returns whether a part of a response has come: if the stream ends now, the response was cut off.
    pub const fn is_begun(&self) -> bool {
        !self.reader.is_at_start()
    }

    /// Returns the key of this attempt.
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// Returns the extension, which knows what was agreed on.
    pub const fn extension(&self) -> &X {
        &self.judge.extension
    }
}

/// Returns whether another response follows one with this status (RFC 9110 §15.2). Frames follow a 101.
const fn is_interim(status: u16) -> bool {
    matches!(status, 100 | 102..=199)
}
