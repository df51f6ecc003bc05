//! How messages are compressed.

use super::optional::Optional;
use upframe::deflate::{ClientDeflate, DeflatePolicy, ServerDeflate};

/// That messages are compressed (permessage-deflate, RFC 7692), and how.
///
/// [`DEFAULT`](Self::DEFAULT) is right for servers and for clients. A peer that does not know compression is served
/// without.
///
/// ```
/// use upframe_driver::{Deflate, DeflateLevel, DeflatePolicy, Direction};
/// const LESS_MEMORY: Deflate = Deflate::DEFAULT
///     .with_level(DeflateLevel::Fast)
///     .with_policy(DeflatePolicy::new()
///         .with_incoming(Direction::new(15, false)) // nothing is kept between messages
///         .with_outgoing(Direction::new(12, true))); // 4 KiB are
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Deflate {
    /// The largest windows, and whether they are kept between messages. Default: 32 KiB both ways, kept.
    ///
    /// A peer that cannot make its window as small as `policy` asks for is agreed with all the same, if it keeps nothing
    /// between messages.
    pub policy: DeflatePolicy,
    /// How much is done to make messages short. Default: [`DeflateLevel::Balanced`].
    pub level: DeflateLevel,
    /// A message with fewer bytes is sent plain. Default: 32.
    pub min_len: usize,
    /// How many of the bytes that were sent are kept for later messages, at most. The window that was agreed on limits
    /// it, too. Default: 4,096.
    ///
    /// With more, later messages can get shorter. But connections of a thread that take turns find these bytes again for
    /// each message, which takes time in proportion.
    pub sent_window: usize,
}

/// How much is done to make messages short.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum DeflateLevel {
    /// The quickest.
    Fast,
    /// Between both.
    #[default]
    Balanced,
    /// The shortest messages.
    Best,
}

impl Deflate {
    /// The defaults.
    pub const DEFAULT: Self =
        Self { policy: DeflatePolicy::new(), level: DeflateLevel::Balanced, min_len: 32, sent_window: 4096 };

    /// Returns the same with this policy.
    #[must_use]
    pub const fn with_policy(self, policy: DeflatePolicy) -> Self {
        Self { policy, ..self }
    }

    /// Returns the same with this level.
    #[must_use]
    pub const fn with_level(self, level: DeflateLevel) -> Self {
        Self { level, ..self }
    }

    /// Returns the same with this length, in bytes, below which a message is sent plain.
    #[must_use]
    pub const fn with_min_len(self, min_len: usize) -> Self {
        Self { min_len, ..self }
    }

    /// Returns the same with this many bytes that are kept of what was sent. A power of two is used.
    #[must_use]
    pub const fn with_sent_window(self, sent_window: usize) -> Self {
        Self { sent_window, ..self }
    }

    /// Returns the extension for the opening handshake of a server; `None` agrees to nothing.
    #[must_use]
    pub fn server(config: Option<Self>) -> Optional<ServerDeflate> {
        Optional::new(
            config.map(|Self { policy, .. }| ServerDeflate::new(policy).with_fallback(policy.with_whole_messages())),
        )
    }

    /// Returns the extension for the opening handshake of a client; `None` offers nothing.
    #[must_use]
    pub fn client(config: Option<Self>) -> Optional<ClientDeflate> {
        Optional::new(config.map(|Self { policy, .. }| {
            let deflate = ClientDeflate::new(policy);
            // the second offer would ask for nothing that the first does not grant
            if policy == policy.with_whole_messages() || policy == DeflatePolicy::new() {
                return deflate;
            }
            deflate.with_fallback(policy.with_whole_messages())
        }))
    }
}

impl Default for Deflate {
    /// Returns [`Deflate::DEFAULT`].
    fn default() -> Self {
        Self::DEFAULT
    }
}
