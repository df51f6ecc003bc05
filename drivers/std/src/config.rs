//! How a connection behaves.

use std::time::Duration;
use upframe::connection::Limits;
use upframe::keepalive::Policy;
use upframe_driver::Deflate;

/// How a connection behaves: limits, keepalive, time for the opening handshake, sizes of buffers, compression.
///
/// ```
/// use std::time::Duration;
/// use upframe_std::{Config, Limits, Policy};
/// const CONFIG: Config = Config::new()
///     .with_limits(Limits::SERVER.with_message(1 << 20))
///     .with_keepalive(Policy { ping_after: Some(Duration::from_secs(50)), ..Policy::DEFAULT });
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// How much a peer may send. Default: [`Limits::SERVER`], 64 MiB in a message.
    pub limits: Limits,
    /// When to send a Ping, when to give up, and how long closing may take. Default: [`Policy::DEFAULT`], a Ping 20 s
    /// after the last byte received, given up 10 s later, 5 s for the closing handshake.
    pub keepalive: Policy,
    /// How long the opening handshake may take. Default: 10 s.
    pub open_within: Duration,
    /// The room in bytes for each read from the transport, and so the memory of an idle connection. Default: 8 KiB.
    ///
    /// It does not limit messages. While a longer one comes, the buffer grows with it, and up to 64 KiB of it are kept.
    pub read_buffer: usize,
    /// How many bytes [`feed`](crate::WebSocket::feed) queues before it writes them. Default: 64 KiB.
    ///
    /// It does not limit messages. One that is queued below this size is queued whole.
    pub write_buffer: usize,
    /// How long the peer may accept no bytes while something is written. Then the connection is broken:
    /// [`Error::Io`](crate::Error::Io) with `TimedOut`. Default: 30 s.
    pub write_within: Duration,
    /// Whether messages are compressed, if the peer knows that (permessage-deflate, RFC 7692), and how. Default: `None`,
    /// they are not.
    ///
    /// The limit of a message in [`limits`](Self::limits) applies before and after it is inflated.
    pub deflate: Option<Deflate>,
}

impl Config {
    /// Returns the defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            limits: Limits::SERVER,
            keepalive: Policy::DEFAULT,
            open_within: Duration::from_secs(10),
            read_buffer: 8 << 10,
            write_buffer: 64 << 10,
            write_within: Duration::from_secs(30),
            deflate: None,
        }
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

    /// Returns the same with this room for each read, in bytes. Less than 64 counts as 64.
    #[must_use]
    pub const fn with_read_buffer(self, read_buffer: usize) -> Self {
        Self { read_buffer, ..self }
    }

    /// Returns the same with this many bytes that may wait for the transport. 0 counts as 1.
    #[must_use]
    pub const fn with_write_buffer(self, write_buffer: usize) -> Self {
        Self { write_buffer, ..self }
    }

    /// Returns the same with this time in which the peer must accept bytes.
    #[must_use]
    pub const fn with_write_within(self, write_within: Duration) -> Self {
        Self { write_within, ..self }
    }

    /// Returns the same with compression (permessage-deflate, RFC 7692), for peers that know it.
    ///
    /// **A message that has both a secret and text that an attacker chose must not be compressed**: send it
    /// [plain](crate::Piece::plain).
    ///
    /// ```
    /// use upframe_std::{Config, Deflate};
    /// const CONFIG: Config = Config::new().with_deflate(Deflate::DEFAULT);
    /// ```
    #[must_use]
    pub const fn with_deflate(self, deflate: Deflate) -> Self {
        Self { deflate: Some(deflate), ..self }
    }
}

impl Default for Config {
    /// Returns [`Config::new`].
    fn default() -> Self {
        Self::new()
    }
}
