//! permessage-deflate in the opening handshake of a client.

use super::params::{DeflateParams, Direction};
use super::params_element::{ClientBits, Element};
use super::params_policy::DeflatePolicy;
use crate::frame::reserved_bits::ReservedBits;
use crate::handshake::extension::{Extension, ExtensionWriter};

/// permessage-deflate in the opening handshake of a client: it offers what its policy can afford, and judges the answer.
///
/// An answer that does not fit any offer fails the connection (RFC 7692 §7).
///
/// ```
/// use upframe::deflate::{ClientDeflate, DeflatePolicy, Direction};
/// use upframe::handshake::write_extensions;
/// let policy = DeflatePolicy::new().with_incoming(Direction::new(10, true));
/// let deflate = ClientDeflate::new(policy).with_fallback(policy.with_whole_messages());
/// let mut out = [0; 160];
/// assert_eq!(
///     write_extensions(&deflate, &mut out).unwrap(),
///     b"permessage-deflate; server_max_window_bits=10; client_max_window_bits, \
///       permessage-deflate; server_no_context_takeover; client_max_window_bits"
/// );
/// ```
///
/// `client_max_window_bits` is always offered, without a value: some servers decline an offer without it, and others
/// answer with a number of their own, which must not be above the value of the offer. A client with a smaller window
/// than agreed on uses the smaller one.
#[derive(Clone, Copy, Debug)]
pub struct ClientDeflate {
    policy: DeflatePolicy,
    fallback: Option<DeflatePolicy>,
    /// The element that is being read.
    answer: Element,
    agreed: Option<DeflateParams>,
}

impl ClientDeflate {
    /// Creates the extension of a client with this policy, for one handshake.
    pub const fn new(policy: DeflatePolicy) -> Self {
        Self { policy, fallback: None, answer: Element::EMPTY, agreed: None }
    }

    /// Offers this policy, too, to a server that declines the first one (RFC 7692 §7.1).
    #[must_use]
    pub const fn with_fallback(self, policy: DeflatePolicy) -> Self {
        Self { fallback: Some(policy), ..self }
    }

    /// Returns what was agreed on, or `None` if the server did not agree to compression.
    pub const fn agreed(&self) -> Option<DeflateParams> {
        self.agreed
    }
}

/// Returns what is offered for a policy.
fn offer(policy: DeflatePolicy) -> Element {
    let bits = policy.incoming_bits();
    Element {
        server_no_takeover: !policy.incoming.takes_over(),
        client_no_takeover: !policy.outgoing.takes_over(),
        server_bits: (bits < 15).then_some(bits),
        // Node refuses an offer without it
        client_bits: ClientBits::Any,
        malformed: false,
    }
}

/// Returns what an answer means, if it fits the offer that was made for a policy.
fn judge(policy: DeflatePolicy, answer: &Element) -> Option<DeflateParams> {
    let server_bits = answer.server_bits.unwrap_or(15);
    // An answer grants the limits of the offer. [7692-7.1-granted]
    if server_bits > policy.incoming_bits() || (!policy.incoming.takes_over() && !answer.server_no_takeover) {
        return None;
    }
    let client_bits = match answer.client_bits {
        ClientBits::Bits(bits) => bits,
        // In an answer, this parameter has a value. [7692-7.1.2.2-value]
        ClientBits::Any => return None,
        _ => 15,
    };
    let takes_over = policy.outgoing.takes_over() && !answer.client_no_takeover;
    Some(DeflateParams {
        server: Direction::new(server_bits, !answer.server_no_takeover),
        client: Direction::new(client_bits.min(policy.outgoing.window_bits()), takes_over),
    })
}

impl Extension for ClientDeflate {
    fn begin(&mut self, name: &str) -> bool {
        self.answer = Element::EMPTY;
        Element::has_name(name)
    }

    fn parameter(&mut self, name: &str, value: Option<&str>) {
        self.answer.read(name, value);
    }

    fn end(&mut self) -> bool {
        let fits = |policy| if self.answer.malformed { None } else { judge(policy, &self.answer) };
        self.agreed = fits(self.policy).or_else(|| self.fallback.and_then(fits));
        self.agreed.is_some()
    }

    fn reserved_bits(&self) -> ReservedBits {
        ReservedBits::RSV1
    }

    fn write(&self, list: &mut ExtensionWriter<'_, '_>) {
        offer(self.policy).write(list);
        if let Some(policy) = self.fallback {
            offer(policy).write(list);
        }
    }
}
