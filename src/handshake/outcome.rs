//! What a server accepts, and what a request came to.

use super::key::{AcceptValue, Key};
use super::refusal::Refusal;
use crate::http::limits::HeadLimits;

/// What a server takes: its subprotocols, the origins of pages that may connect, and how large a request head may be.
///
/// ```
/// use upframe::handshake::ServerOptions;
/// const OPTIONS: ServerOptions = ServerOptions::new().with_subprotocols(&["superchat", "chat"]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ServerOptions<'p> {
    pub(super) subprotocols: &'p [&'p str],
    pub(super) origins: Option<&'p [&'p str]>,
    pub(super) limits: HeadLimits,
}

impl<'p> ServerOptions<'p> {
    /// No subprotocol, every origin, [`HeadLimits::DEFAULT`].
    pub const fn new() -> Self {
        Self { subprotocols: &[], origins: None, limits: HeadLimits::DEFAULT }
    }

    /// With these subprotocols, the one that is preferred first (RFC 6455 §1.9). Of more than 32, the first 32 are found.
    #[must_use]
    pub const fn with_subprotocols(self, subprotocols: &'p [&'p str]) -> Self {
        Self { subprotocols, ..self }
    }

    /// With pages of these origins only (RFC 6455 §10.2); of an empty list, with no page. Others get a 403. Requests without
    /// `Origin` come from no page, and are let in. Of more than 32, the first 32 are found.
    #[must_use]
    pub const fn with_origins(self, origins: &'p [&'p str]) -> Self {
        Self { origins: Some(origins), ..self }
    }

    /// With heads of this size.
    #[must_use]
    pub const fn with_limits(self, limits: HeadLimits) -> Self {
        Self { limits, ..self }
    }
}

impl Default for ServerOptions<'_> {
    fn default() -> Self {
        Self::new()
    }
}

/// What a request came to.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub enum Outcome<'p> {
    /// It asks for a WebSocket, and may have it: [`accept`](super::ServerHandshake::accept) it, or write a
    /// [`Response`](crate::http::Response) that refuses.
    Upgrade(Upgrade<'p>),
    /// It asks for something else, in good HTTP: serve it, or refuse with [`Refusal::UpgradeRequired`].
    PlainHttp(PlainHttp),
    /// It gets neither: [write](Refusal::write) the answer.
    Refusal(Refusal),
}

/// A request that may have its connection.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct Upgrade<'p> {
    pub(super) key: Key,
    pub(super) subprotocol: Option<&'p str>,
    pub(super) extension: bool,
}

impl<'p> Upgrade<'p> {
    /// The subprotocol that both ends know: the server's favourite among those offered (RFC 6455 §4.2.2).
    pub const fn subprotocol(&self) -> Option<&'p str> {
        self.subprotocol
    }

    /// The same without a subprotocol.
    #[must_use]
    pub const fn without_subprotocol(self) -> Self {
        Self { subprotocol: None, ..self }
    }

    /// The same without the extension that was agreed to.
    #[must_use]
    pub const fn without_extension(self) -> Self {
        Self { extension: false, ..self }
    }

    /// The key of the request.
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// The value of `Sec-WebSocket-Accept`, for servers that write the 101 themselves.
    pub fn accept_value(&self) -> AcceptValue {
        self.key.accept_value()
    }
}

/// A request that asks for no WebSocket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct PlainHttp {
    pub(super) has_body: bool,
    pub(super) may_keep_alive: bool,
}

impl PlainHttp {
    /// Whether a body follows in the input. It is not read here: answer, and close.
    pub const fn has_body(self) -> bool {
        self.has_body
    }

    /// Whether another request may follow on this stream, once this one is answered (RFC 9112 §9.3): HTTP/1.1, no body, and no
    /// `Connection: close`. It is read by a new [`ServerHandshake`](super::ServerHandshake).
    pub const fn may_keep_alive(self) -> bool {
        self.may_keep_alive
    }
}
