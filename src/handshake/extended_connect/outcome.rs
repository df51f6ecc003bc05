//! The outcomes of both ends.

use super::malformed::MalformedFields;
use crate::handshake::answer::{Agreed, Failure};
use crate::handshake::refusal::Refusal;

/// The outcome of a request in HTTP/2 or HTTP/3, which a [`ConnectRequestJudge`](super::ConnectRequestJudge) returns.
///
/// ```
/// use upframe::handshake::{ConnectOutcome, ConnectRequestJudge, ServerOptions};
/// let mut judge = ConnectRequestJudge::new(ServerOptions::new());
/// for (name, value) in [(":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", "a")] {
///     judge.field(name.as_bytes(), value.as_bytes());
/// }
/// assert!(matches!(judge.finish(), ConnectOutcome::PlainHttp));
/// ```
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
// not `non_exhaustive`: RFC 8441 knows no other outcome
pub enum ConnectOutcome<'p> {
    /// The request asks for a WebSocket and may have it: [`accept`](super::ConnectRequestJudge::accept) it, or answer
    /// with a status that refuses.
    Tunnel(Tunnel<'p>),
    /// The request is not an extended CONNECT: serve it, or refuse with [`Refusal::UpgradeRequired`].
    PlainHttp,
    /// The request is an extended CONNECT for another protocol than `websocket`: serve it, or answer with 501 (RFC 9220
    /// §3).
    OtherProtocol,
    /// The request is not allowed. Answer with [`Refusal::connect_status`] and [`Refusal::connect_fields`].
    Refusal(Refusal),
    /// The request is malformed: reset the stream.
    Malformed(MalformedFields),
}

/// A request that may have its stream as a WebSocket. It has no key, and its answer has no accept value (RFC 8441 §5).
///
/// ```
/// use upframe::handshake::{ConnectOutcome, ConnectRequestJudge, ServerOptions};
/// let mut judge = ConnectRequestJudge::new(ServerOptions::new().with_subprotocols(&["chat"]));
/// for (name, value) in [
///     (":method", "CONNECT"),
///     (":protocol", "websocket"),
///     (":scheme", "https"),
///     (":path", "/chat"),
///     (":authority", "server.example.com"),
///     ("sec-websocket-version", "13"),
///     ("sec-websocket-protocol", "soap, chat"),
/// ] {
///     judge.field(name.as_bytes(), value.as_bytes());
/// }
/// let ConnectOutcome::Tunnel(tunnel) = judge.finish() else { panic!() };
/// assert_eq!(tunnel.subprotocol(), Some("chat"));
/// assert_eq!(tunnel.without_subprotocol().subprotocol(), None);
/// assert!(!tunnel.has_extension() && !tunnel.without_extension().has_extension());
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct Tunnel<'p> {
    pub(super) subprotocol: Option<&'p str>,
    pub(super) extension: bool,
}

impl<'p> Tunnel<'p> {
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
}

/// The outcome of a response in HTTP/2 or HTTP/3, which a [`ConnectResponseJudge`](super::ConnectResponseJudge)
/// returns.
///
/// ```
/// use upframe::handshake::{ConnectAnswer, ConnectResponseJudge};
/// let mut judge = ConnectResponseJudge::new(&[]);
/// judge.field(b":status", b"403");
/// assert_eq!(judge.finish(), ConnectAnswer::Refused { status: 403 });
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
// not `non_exhaustive`: RFC 8441 knows no other outcome
pub enum ConnectAnswer<'a> {
    /// The connection is open: [`Agreed::connect`].
    Agreed(Agreed<'a>),
    /// The server answered with this status instead. Its body follows on the stream.
    Refused {
        /// The status, which is not 2xx.
        status: u16,
    },
    /// The response is an interim one: the same judge reads the next field section.
    Interim,
    /// The response opens the stream, but breaks a rule of WebSocket: reset the stream with `CANCEL` in HTTP/2 and
    /// `H3_REQUEST_CANCELLED` in HTTP/3.
    Failed(Failure),
    /// The response is malformed: reset the stream.
    Malformed(MalformedFields),
}
