//! What one end can afford.

use super::params::Direction;

/// What this end can afford for a connection with permessage-deflate. A default policy has windows of 32 KiB both ways,
/// with context takeover.
///
/// A device that can spare 1 KiB for what it receives and 512 bytes for what it sends still serves browsers:
///
/// ```
/// use upframe::deflate::{DeflatePolicy, Direction};
/// const SMALL: DeflatePolicy = DeflatePolicy::new()
///     .with_incoming(Direction::new(10, true))
///     .with_outgoing(Direction::new(9, true));
/// ```
///
/// Without context takeover nothing is kept between two messages, so connections can share the memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DeflatePolicy {
    pub(super) outgoing: Direction,
    pub(super) incoming: Direction,
}

impl DeflatePolicy {
    /// Creates the default policy: [`Direction::DEFAULT`] both ways.
    pub const fn new() -> Self {
        Self { outgoing: Direction::DEFAULT, incoming: Direction::DEFAULT }
    }

    /// Sets the largest window with which this end compresses, and whether it keeps the window between messages.
    #[must_use]
    pub const fn with_outgoing(self, outgoing: Direction) -> Self {
        Self { outgoing, ..self }
    }

    /// Sets the largest window with which the peer may compress, and whether this end keeps the window between messages.
    ///
    /// A window of 8 bits is never asked for: zlib cannot make one, and uses 9 bits instead. This end must provide 512
    /// bytes for it anyway.
    #[must_use]
    pub const fn with_incoming(self, incoming: Direction) -> Self {
        Self { incoming, ..self }
    }

    /// Sets that each received message is inflated into memory that holds all of it, and that nothing is kept between
    /// messages.
    ///
    /// No window is needed beside such memory. So this end can agree with a peer that cannot make its window smaller,
    /// such as Firefox. It is the same as an incoming window of 15 bits without context takeover.
    #[must_use]
    pub const fn with_whole_messages(self) -> Self {
        Self { incoming: Direction::new(15, false), ..self }
    }

    /// Returns the largest window with which this end compresses, and whether it keeps the window between messages.
    pub const fn outgoing(self) -> Direction {
        self.outgoing
    }

    /// Returns the largest window with which the peer may compress, and whether this end keeps the window between
    /// messages.
    pub const fn incoming(self) -> Direction {
        self.incoming
    }

    /// Returns the window that the peer may have, in bits, as this end asks for it.
    pub(super) const fn incoming_bits(self) -> u8 {
        // zlib cannot make a window of 8 bits, so no peer is asked for one. [7692-7.1.2-never-8]
        if self.incoming.window_bits() < 9 { 9 } else { self.incoming.window_bits() }
    }
}

impl Default for DeflatePolicy {
    /// [`DeflatePolicy::new`].
    fn default() -> Self {
        Self::new()
    }
}
