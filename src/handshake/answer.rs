//! What a response came to.

use crate::connection::{Client, Connection, Entropy, Settings};
use crate::frame::ReservedBits;
use crate::http::error::HeadError;
use core::fmt;

/// Why a response makes no connection: *Fail the WebSocket Connection* (RFC 6455 §4.1), by closing the stream.
///
/// In the order of judgement where several rules are broken at once.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
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
            Self::Extensions => "bad Sec-WebSocket-Extensions",
            Self::ExtensionNotAgreed => "extension was not offered like this",
        })
    }
}

impl core::error::Error for Failure {}

/// What a response came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
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
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct Agreed<'a> {
    pub(super) subprotocol: Option<&'a str>,
    pub(super) reserved_bits: ReservedBits,
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
