//! How a connection behaves.

use core::time::Duration;
use upframe::connection::Limits;
use upframe::keepalive::Policy;

/// How a connection behaves: limits, keepalive, time for the opening handshake.
///
/// ```
/// use core::time::Duration;
/// use upframe_embedded::{Config, Limits, Policy};
/// const CONFIG: Config = Config::new()
///     .with_limits(Limits::SMALL_DEVICE.with_message(1000))
///     .with_keepalive(Policy { ping_after: Some(Duration::from_secs(50)), ..Policy::DEFAULT });
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// How much a peer may send. Default: [`Limits::SMALL_DEVICE`], 64 KiB in a message. What
    /// [`next`](crate::WebSocket::next) returns must also fit the receive buffer.
    pub limits: Limits,
    /// When to send a Ping, when to give up, and how long closing may take. Default: [`Policy::DEFAULT`], a Ping 20 s
    /// after the last byte received, given up 10 s later, 5 s for the closing handshake.
    pub keepalive: Policy,
    /// How long the opening handshake may take. Default: 10 s.
    pub open_within: Duration,
}

impl Config {
    /// Returns the defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self { limits: Limits::SMALL_DEVICE, keepalive: Policy::DEFAULT, open_within: Duration::from_secs(10) }
    }

    /// Returns the same with these limits.
    #[must_use]
    pub const fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Returns the same with this keepalive policy.
    #[must_use]
    pub const fn with_keepalive(self, keepalive: Policy) -> Self {
        Self { keepalive, ..self }
    }

    /// Returns the same with this time for the opening handshake.
    #[must_use]
    pub const fn with_open_within(self, open_within: Duration) -> Self {
        Self { open_within, ..self }
    }
}

impl Default for Config {
    /// Returns [`Config::new`].
    fn default() -> Self {
        Self::new()
    }
}
