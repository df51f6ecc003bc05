//! permessage-deflate in the opening handshake of a server.

use super::params::{DeflateParams, Direction};
use super::params_element::{ClientBits, Element};
use super::params_policy::DeflatePolicy;
use crate::frame::reserved_bits::ReservedBits;
use crate::handshake::extended_connect::outcome::Tunnel;
use crate::handshake::extension::{Extension, ExtensionWriter};
use crate::handshake::outcome::Upgrade;

/// permessage-deflate in the opening handshake of a server: it agrees to the first offer that its policy can afford.
///
/// An offer with a parameter that is unknown, duplicated, or has a value that it cannot have is declined, and the next
/// one is tried (RFC 7692 §7).
///
/// ```
/// use upframe::deflate::{DeflatePolicy, Direction, ServerDeflate};
/// use upframe::handshake::{Outcome, ServerHandshake, ServerOptions};
/// # use upframe::Settings;
/// let policy = DeflatePolicy::new().with_incoming(Direction::new(10, true));
/// let mut handshake =
///     ServerHandshake::with_extension(ServerOptions::new(), ServerDeflate::new(policy));
/// // the offer of Chromium
/// let mut input = &b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
///     Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\
///     Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"[..];
/// let Some(Outcome::Upgrade(upgrade)) = handshake.receive(&mut input) else { panic!() };
/// let params = handshake.extension().agreed(&upgrade).unwrap();
/// assert_eq!((params.server, params.client), (Direction::DEFAULT, Direction::new(10, true)));
/// # let mut out = [0; 512];
/// let (response, connection) =
///     handshake.accept(&upgrade, Settings::new(), &[], &mut out).unwrap();
/// # let answer = b"permessage-deflate; client_max_window_bits=10\r\n";
/// # assert!(response.windows(answer.len()).any(|bytes| bytes == answer));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ServerDeflate {
    policy: DeflatePolicy,
    fallback: Option<DeflatePolicy>,
    /// The element that is being read.
    offer: Element,
    /// The answer to the offer that was agreed to, and what it means.
    answer: Option<(Element, DeflateParams)>,
}

impl ServerDeflate {
    /// Creates the extension of a server with this policy, for one handshake.
    pub const fn new(policy: DeflatePolicy) -> Self {
        Self { policy, fallback: None, offer: Element::EMPTY, answer: None }
    }

    /// Agrees by this policy, too, to an offer that the first one cannot afford.
    ///
    /// ```
    /// use upframe::deflate::{DeflatePolicy, Direction, ServerDeflate};
    /// // a window of 1 KiB; Firefox, which always uses 32 KiB, sends messages that stand alone
    /// let policy = DeflatePolicy::new().with_incoming(Direction::new(10, true));
    /// let deflate = ServerDeflate::new(policy).with_fallback(policy.with_whole_messages());
    /// ```
    #[must_use]
    pub const fn with_fallback(self, policy: DeflatePolicy) -> Self {
        Self { fallback: Some(policy), ..self }
    }

    /// Returns what was agreed on, or `None` if `upgrade`, which is to be accepted, has no extension: no offer was
    /// acceptable, or the program declined with [`without_extension`](Upgrade::without_extension).
    pub fn agreed(&self, upgrade: &Upgrade<'_>) -> Option<DeflateParams> {
        self.answer.filter(|_| upgrade.has_extension()).map(|(_, params)| params)
    }

    /// Returns what was agreed on in HTTP/2 or HTTP/3, or `None` if `tunnel`, which is to be accepted, has no extension.
    /// Does what [`agreed`](Self::agreed) does.
    pub fn agreed_in_tunnel(&self, tunnel: &Tunnel<'_>) -> Option<DeflateParams> {
        self.answer.filter(|_| tunnel.has_extension()).map(|(_, params)| params)
    }
}

/// Returns the answer to an offer, and what it means, if the policy can afford it.
fn judge(policy: DeflatePolicy, offer: &Element) -> Option<(Element, DeflateParams)> {
    let DeflatePolicy { outgoing, incoming } = policy;
    let server_bits = offer.server_bits.unwrap_or(15).min(outgoing.window_bits());
    let server_no_takeover = offer.server_no_takeover || !outgoing.takes_over();
    // A server may add this parameter to its answer unasked. (RFC 7692 §7.1.1.2)
    let client_no_takeover = offer.client_no_takeover || !incoming.takes_over();
    let wanted = policy.incoming_bits();
    let client_bits = match offer.client_bits {
        // A server never asks for a larger window of the client than that of the offer. [7692-7.1.2.2-hint]
        ClientBits::Bits(hint) if hint < wanted => hint,
        ClientBits::Any | ClientBits::Bits(_) => wanted,
        // A server limits the window of the client only if the client offered that. [7692-7.1.2.2-offered]
        ClientBits::Absent if wanted < 15 => return None,
        ClientBits::Absent => 15,
    };
    let mut named = (server_bits < 15).then_some(server_bits);
    // A server that accepts a limit of its window names a window within it. [7692-7.1.2.1-accepted]
    if offer.server_bits.is_some() {
        named = Some(server_bits);
    }
    let answer = Element {
        server_no_takeover,
        client_no_takeover,
        server_bits: named,
        client_bits: if client_bits < 15 { ClientBits::Bits(client_bits) } else { ClientBits::Absent },
        malformed: false,
    };
    let server = Direction::new(server_bits, !server_no_takeover);
    Some((answer, DeflateParams { server, client: Direction::new(client_bits, !client_no_takeover) }))
}

impl Extension for ServerDeflate {
    fn begin(&mut self, name: &str) -> bool {
        self.offer = Element::EMPTY;
        Element::has_name(name)
    }

    fn parameter(&mut self, name: &str, value: Option<&str>) {
        self.offer.read(name, value);
    }

    fn end(&mut self) -> bool {
        let judged = |policy| if self.offer.malformed { None } else { judge(policy, &self.offer) };
        self.answer = judged(self.policy).or_else(|| self.fallback.and_then(judged));
        self.answer.is_some()
    }

    fn reserved_bits(&self) -> ReservedBits {
        ReservedBits::RSV1
    }

    fn write(&self, list: &mut ExtensionWriter<'_, '_>) {
        if let Some((answer, _)) = &self.answer {
            answer.write(list);
        }
    }
}
