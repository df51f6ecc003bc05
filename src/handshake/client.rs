//! The client's side of the opening handshake (RFC 6455 §4.1).

use super::answer::{Answer, Failure};
use super::extension::{Extension, NoExtension, check_list, write_field};
use super::key::{AcceptValue, Key};
use super::request::{ClientRequest, RequestError};
use super::response_judge::ResponseJudge;
use crate::connection::Entropy;
use crate::http::reader::HeadReader;
use crate::http::source::Source;
use crate::http::span::{Span, Version};
use crate::http::writer::render;

/// Writes a request, reads the response and judges it while it streams by (RFC 6455 §4.1).
///
/// One for each attempt, since each has a key of its own. What lies behind the head of the response stays in the input: the first
/// frames, or the body of a refusal.
///
/// Left to those who open the stream (RFC 6455 §4.1, §7.2.3): that there is one attempt at a time to one host, a proxy that is configured,
/// TLS before the request for `wss`, which tells it the name of the host, and that a client which lost its connection waits longer
/// before each new attempt.
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
///     None => {} // all is taken, and more is needed
///     Some(Answer::Agreed(agreed)) => {
///         let connection = agreed.connect(entropy, Settings::new());
///         assert_eq!(agreed.subprotocol(), Some("chat"));
///     }
///     Some(Answer::Refused(status)) => println!("refused with {status}"),
///     Some(Answer::Failed(failure)) => println!("{failure}"),
/// }
/// ```
#[derive(Debug)]
pub struct ClientHandshake<'a, X: Extension = NoExtension> {
    request: ClientRequest<'a>,
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
    pub fn new(request: ClientRequest<'a>, entropy: &mut impl Entropy) -> Result<Self, RequestError> {
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
        request: ClientRequest<'a>,
        extension: X,
        entropy: &mut impl Entropy,
    ) -> Result<Self, RequestError> {
        Self::begin(request, extension, entropy)
    }

    /// What `with_extension` does: one copy of the code for all sources.
    fn begin(request: ClientRequest<'a>, extension: X, entropy: &mut dyn Entropy) -> Result<Self, RequestError> {
        request.check()?;
        // §4.1, 7: a nonce of 16 random bytes, for each connection
        let mut nonce = [0; 16];
        // [4.1-key-random]
        entropy.fill(&mut nonce)?;
        let key = Key::new(nonce);
        Ok(Self::with_checked(request, extension, key, &key.accept_value()))
    }

    /// The same with a key that was drawn before, and the answer to it: with SHA-1 in hardware or in ROM, no other
    /// is in the program.
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
    /// [`RequestError`]: what the request holds.
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

    /// Writes the request to the front of `out`; gives what was written.
    ///
    /// # Errors
    ///
    /// [`RequestError::FieldValue`] for an extension that writes what is no token; [`RequestError::BufferTooSmall`]. `out` is unchanged,
    /// and the same call can be made again.
    pub fn write_request<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], RequestError> {
        let ClientRequest { uri, subprotocols, origin, fields, .. } = self.request;
        let extension = &self.judge.extension;
        check_list(extension)?;
        let written = render(out, |writer| {
            // [4.1-get]
            writer.text("GET ");
            // [4.1-resource]
            if !uri.resource().starts_with('/') {
                writer.text("/");
            }
            // [4.1-resource]
            writer.text(uri.resource());
            // [4.1-http-1.1]
            writer.text(" HTTP/1.1\r\nHost: ");
            // [4.1-host]
            writer.text(uri.host());
            // §4.1, 4: the port, if it is not the default [4.1-host-port]
            if let Some(port) = uri.own_port() {
                writer.text(":");
                writer.number(usize::from(port));
            }
            // [4.1-upgrade-sent] [4.1-connection-sent]
            writer.text("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
            // [4.1-key-sent]
            writer.field("Sec-WebSocket-Key", self.key.as_str());
            // [4.1-version-sent]
            writer.field("Sec-WebSocket-Version", "13");
            // [4.1-offered-order]
            for (i, subprotocol) in subprotocols.iter().enumerate() {
                writer.text(if i == 0 { "Sec-WebSocket-Protocol: " } else { ", " });
                writer.text(subprotocol);
            }
            if !subprotocols.is_empty() {
                writer.text("\r\n");
            }
            write_field(extension, writer);
            if let Some(origin) = origin {
                // [4.1-origin-sent]
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
    /// # use upframe::handshake::{Answer, ClientHandshake, ClientRequest, Uri};
    /// use upframe::http::Head;
    /// # let mut entropy = |bytes: &mut [u8]| { bytes.fill(7); Ok(()) };
    /// # let request = ClientRequest::new(Uri::parse("ws://a/").unwrap());
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
        while let Some(span) = self.reader.next::<true>(input) {
            let interim = is_interim(self.status);
            match span {
                Span::Failed(error) => {
                    show(&span);
                    return Some(Answer::Failed(Failure::Head(error)));
                }
                Span::Version(Version { minor, .. }) => self.minor_version = minor,
                Span::Status(status) => {
                    self.status = status;
                    // the version is shown with the status: before it, nobody knows whether this head counts
                    if !is_interim(status) {
                        show(&Span::Version(Version { major: 1, minor: self.minor_version }));
                        show(&span);
                    }
                }
                // RFC 9110 §15.2: a client MUST be able to parse interim responses, and may ignore them
                // [9110-15.2-interim]
                Span::End if interim => {
                    self.status = 0;
                    self.reader.read_next();
                }
                Span::End => {
                    show(&span);
                    return Some(self.judge.finish(self.status, self.minor_version));
                }
                // [9110-15.2-interim]
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
        // [7.2.1-lost-head]
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

/// A response that another one follows (RFC 9110 §15.2); behind a 101 come frames.
const fn is_interim(status: u16) -> bool {
    // [9110-15.2-interim]
    matches!(status, 100 | 102..=199)
}
