//! What a server accepts, and the outcome of a request.

use super::key::{AcceptValue, Key};
use super::origin::{AnyOrigin, Origins};
use super::refusal::Refusal;
use crate::http::body::{Body, BodyKind, Number};
use crate::http::limits::HeadLimits;
use crate::http::method::Method;
use core::fmt;

/// What a server accepts: its subprotocols, the origins of pages that may connect, and how large a request head may be.
///
/// ```
/// use upframe::handshake::ServerOptions;
/// const OPTIONS: ServerOptions = ServerOptions::new().with_subprotocols(&["superchat", "chat"]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ServerOptions<'p, O = AnyOrigin> {
    pub(super) subprotocols: &'p [&'p str],
    pub(super) origins: O,
    pub(super) limits: HeadLimits,
}

impl<'p> ServerOptions<'p> {
    /// Returns options with no subprotocol, every origin, and [`HeadLimits::DEFAULT`].
    pub const fn new() -> Self {
        Self { subprotocols: &[], origins: AnyOrigin, limits: HeadLimits::DEFAULT }
    }
}

impl<'p, O: Origins> ServerOptions<'p, O> {
    /// Returns the same options with these subprotocols, in order of preference (RFC 6455 §1.9). Those after the first
    /// 32 are ignored.
    #[must_use]
    pub const fn with_subprotocols(self, subprotocols: &'p [&'p str]) -> Self {
        Self { subprotocols, ..self }
    }

    /// Returns the same options with this policy for the origins of pages (RFC 6455 §10.2), an
    /// [`OriginPolicy`](super::OriginPolicy). Other pages are refused with 403.
    #[must_use]
    pub const fn with_origins<P: Origins>(self, origins: P) -> ServerOptions<'p, P> {
        ServerOptions { subprotocols: self.subprotocols, origins, limits: self.limits }
    }

    /// Returns the same options with these limits of the request head.
    #[must_use]
    pub const fn with_limits(self, limits: HeadLimits) -> Self {
        Self { limits, ..self }
    }
}

impl Default for ServerOptions<'_> {
    /// Returns [`ServerOptions::new`].
    fn default() -> Self {
        Self::new()
    }
}

/// The outcome of a request.
///
/// ```
/// use upframe::handshake::{Outcome, Refusal, RequestJudge, ServerOptions};
/// let mut judge = RequestJudge::new(ServerOptions::new());
/// judge.request_line(b"GET", b"/chat", 1);
/// judge.field(b"Host", b"a");
/// assert!(matches!(judge.finish(), Outcome::PlainHttp(_)));
/// judge.field(b"Upgrade", b"websocket");
/// assert!(matches!(judge.finish(), Outcome::Refusal(Refusal::Connection)));
/// ```
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
// not `non_exhaustive`: a request is valid and asks for a WebSocket, or is valid and does not, or is refused
pub enum Outcome<'p> {
    /// The request asks for a WebSocket and may have it: [`accept`](super::ServerHandshake::accept) it, or write a
    /// [`Response`](crate::http::Response) that refuses.
    Upgrade(Upgrade<'p>),
    /// The request asks for something else, in valid HTTP: serve it, or refuse with [`Refusal::UpgradeRequired`].
    PlainHttp(PlainHttp),
    /// The request is invalid or not allowed: [write](Refusal::write) the answer.
    Refusal(Refusal),
}

/// A request that may have its connection.
///
/// ```
/// use upframe::handshake::{Outcome, RequestJudge, ServerOptions};
/// let mut judge = RequestJudge::new(ServerOptions::new().with_subprotocols(&["chat"]));
/// judge.request_line(b"GET", b"/", 1);
/// for (name, value) in [
///     ("Host", "a"),
///     ("Upgrade", "websocket"),
///     ("Connection", "Upgrade"),
///     ("Sec-WebSocket-Key", "x3JJHMbDL1EzLkh9GBhXDw=="),
///     ("Sec-WebSocket-Version", "13"),
///     ("Sec-WebSocket-Protocol", "soap, chat"),
/// ] {
///     judge.field(name.as_bytes(), value.as_bytes());
/// }
/// let Outcome::Upgrade(upgrade) = judge.finish() else { panic!() };
/// assert_eq!(upgrade.subprotocol(), Some("chat"));
/// assert_eq!(upgrade.without_subprotocol().subprotocol(), None);
/// assert!(!upgrade.has_extension());
/// assert_eq!(upgrade.key().as_str(), "x3JJHMbDL1EzLkh9GBhXDw==");
/// ```
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct Upgrade<'p> {
    pub(super) key: Key,
    pub(super) subprotocol: Option<&'p str>,
    pub(super) extension: bool,
}

impl<'p> Upgrade<'p> {
    /// Returns the subprotocol that both ends support: of those offered, the one that the server prefers (RFC 6455
    /// §4.2.2).
    pub const fn subprotocol(&self) -> Option<&'p str> {
        self.subprotocol
    }

    /// Returns the same request without a subprotocol: the response names none.
    #[must_use]
    pub const fn without_subprotocol(self) -> Self {
        Self { subprotocol: None, ..self }
    }

    /// Returns whether an extension was agreed to, and not removed with
    /// [`without_extension`](Self::without_extension).
    pub const fn has_extension(&self) -> bool {
        self.extension
    }

    /// Returns the same request without the extension that was agreed to: the response names none.
    #[must_use]
    pub const fn without_extension(self) -> Self {
        Self { extension: false, ..self }
    }

    /// Returns the key of the request.
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// Returns the value of `Sec-WebSocket-Accept`, for servers that write the 101 themselves (RFC 6455 §4.2.2).
    pub fn accept_value(&self) -> AcceptValue {
        self.key.accept_value()
    }
}

/// A request that does not ask for a WebSocket.
///
/// ```
/// use upframe::handshake::{Outcome, ServerHandshake, ServerOptions};
/// use upframe::http::{Body, Method};
/// let mut handshake = ServerHandshake::new(ServerOptions::new());
/// let mut input = &b"POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nx=y"[..];
/// let Some(Outcome::PlainHttp(request)) = handshake.receive(&mut input) else { panic!() };
/// assert_eq!((request.method(), request.body()), (Method::of(b"POST"), Body::Length(3)));
/// assert!(request.has_body() && !request.may_keep_alive());
/// assert_eq!(input, b"x=y");
/// ```
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct PlainHttp {
    pub(super) kind: BodyKind,
    pub(super) length: Number,
    pub(super) method: Method,
    pub(super) may_keep_alive: bool,
}

impl PlainHttp {
    /// Returns the method, which the answer depends on: see [`Response::write`](crate::http::Response::write) and
    /// [`Refusal::write`].
    pub const fn method(self) -> Method {
        self.method
    }

    /// Returns how long the body is that follows in the input (RFC 9112 §6.3). The handshake does not read it: read it
    /// and answer, or answer and close.
    ///
    /// A request whose length is malformed or contradictory is refused: see [`Refusal::BodyLength`].
    pub const fn body(self) -> Body {
        self.length.body(self.kind)
    }

    /// Returns whether a body follows in the input: [`body`](Self::body) is not [`Body::None`].
    pub const fn has_body(self) -> bool {
        !matches!(self.kind, BodyKind::None)
    }

    /// Returns whether another request may follow on this stream after the answer (RFC 9112 §9.3): HTTP/1.1, no body,
    /// and no `Connection: close`. A new [`ServerHandshake`](super::ServerHandshake) reads it.
    pub const fn may_keep_alive(self) -> bool {
        self.may_keep_alive
    }
}

impl fmt::Debug for PlainHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlainHttp({:?}, {:?}, may_keep_alive: {})", self.method, self.body(), self.may_keep_alive)
    }
}

#[cfg(feature = "defmt-1")]
impl defmt::Format for PlainHttp {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "PlainHttp({}, {}, may_keep_alive: {})", self.method, self.body(), self.may_keep_alive);
    }
}
