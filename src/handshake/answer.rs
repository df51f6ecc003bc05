//! The outcome of a response.

use crate::connection::entropy::Entropy;
use crate::connection::facade::Connection;
use crate::connection::role::Client;
use crate::connection::settings::Settings;
use crate::frame::reserved_bits::ReservedBits;
use crate::http::body::Body;
use crate::http::error::HeadError;
use core::fmt;

/// Why a response does not open a connection: the client must *Fail the WebSocket Connection* (RFC 6455 §4.1) by
/// closing the stream.
///
/// If several rules are broken at once, the first one in this order is reported.
///
/// ```
/// use upframe::handshake::{Answer, Failure, Key, ResponseJudge};
/// let mut judge = ResponseJudge::new(&Key::new(*b"the sample nonce"), &[]);
/// judge.field(b"Upgrade", b"websocket");
/// let Answer::Failed(failure) = judge.finish(101, 1) else { panic!() };
/// assert_eq!((failure, failure.to_string().as_str()), (Failure::Connection, "Connection has no Upgrade"));
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum Failure {
    /// The response is not valid HTTP/1.1, or its head is too large.
    Head(HeadError),
    /// `Content-Length` or `Transfer-Encoding` of a response other than 101 is malformed or contradictory (RFC 9112
    /// §6.3).
    BodyLength,
    /// A 101 in HTTP/1.0, which has no 101.
    HttpVersion,
    /// `Upgrade` is missing or not `websocket`.
    Upgrade,
    /// `Connection` has no token `Upgrade`.
    Connection,
    /// `Sec-WebSocket-Accept` is missing, duplicated, or not the answer to the key.
    Accept,
    /// The subprotocol was not offered, or there are several.
    Subprotocol,
    /// `Sec-WebSocket-Extensions` is malformed (RFC 6455 §9.1).
    Extensions,
    /// An extension was not offered, is duplicated, or has parameters that it cannot have.
    ExtensionNotAgreed,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Head(error) => return error.fmt(f),
            Self::BodyLength => "bad Content-Length or Transfer-Encoding",
            Self::HttpVersion => "101 in HTTP/1.0",
            Self::Upgrade => "Upgrade is not websocket",
            Self::Connection => "Connection has no Upgrade",
            Self::Accept => "Sec-WebSocket-Accept does not match the key",
            Self::Subprotocol => "subprotocol was not offered",
            Self::Extensions => "bad Sec-WebSocket-Extensions",
            Self::ExtensionNotAgreed => "extension does not match the offer",
        })
    }
}

impl core::error::Error for Failure {}

/// The outcome of a response.
///
/// ```
/// use upframe::handshake::{Answer, Key, ResponseJudge};
/// use upframe::http::Body;
/// let mut judge = ResponseJudge::new(&Key::new(*b"the sample nonce"), &[]);
/// judge.field(b"Content-Length", b"12");
/// assert_eq!(judge.finish(401, 1), Answer::Refused { status: 401, body: Body::Length(12) });
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
// not `non_exhaustive`: RFC 6455 §4.1 knows no other outcome
pub enum Answer<'a> {
    /// The connection is open: [`Agreed::connect`].
    Agreed(Agreed<'a>),
    /// The server answered with this status instead: moved (3xx), unauthorized (401), another version (426), or not now
    /// (503). Its fields were shown; its body is what follows in the input.
    Refused {
        /// The status, which is not 101.
        status: u16,
        /// How long the body is (RFC 9112 §6.3).
        body: Body,
    },
    /// The response breaks the rules: close the stream.
    Failed(Failure),
}

/// What client and server agreed on.
///
/// ```
/// use upframe::connection::Settings;
/// use upframe::handshake::{Answer, Key, ResponseJudge};
/// # let entropy = |bytes: &mut [u8]| { bytes.fill(7); Ok(()) };
/// let mut judge = ResponseJudge::new(&Key::new(*b"the sample nonce"), &["chat"]);
/// judge.field(b"Upgrade", b"websocket");
/// judge.field(b"Connection", b"Upgrade");
/// judge.field(b"Sec-WebSocket-Accept", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// judge.field(b"Sec-WebSocket-Protocol", b"chat");
/// let Answer::Agreed(agreed) = judge.finish(101, 1) else { panic!() };
/// assert_eq!(agreed.subprotocol(), Some("chat"));
/// let connection = agreed.connect(entropy, Settings::new());
/// # use upframe::connection::{Connection, Endpoint};
/// let either = Connection::endpoint(Endpoint::Client(entropy), agreed.settings(Settings::new()));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct Agreed<'a> {
    pub(super) subprotocol: Option<&'a str>,
    pub(super) reserved_bits: ReservedBits,
}

impl<'a> Agreed<'a> {
    /// Returns the subprotocol that the server chose of those offered, or `None` if it chose none (RFC 6455 §4.1).
    pub const fn subprotocol(&self) -> Option<&'a str> {
        self.subprotocol
    }

    /// Returns the settings of the connection: `settings`, and the reserved bits of the extension that was agreed on. A
    /// connection of any kind may have them: [`Connection::endpoint`], or two halves.
    pub const fn settings(&self, settings: Settings) -> Settings {
        settings.with_reserved_bits(settings.reserved_bits.union(self.reserved_bits))
    }

    /// Returns the connection, whose settings own the reserved bits of the extension that was agreed on.
    pub fn connect<E: Entropy>(&self, entropy: E, settings: Settings) -> Connection<Client<E>> {
        Connection::client(entropy, self.settings(settings))
    }
}
