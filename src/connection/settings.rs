//! What a connection takes, and how it behaves.

use crate::frame::{PeerMasking, ReservedBits};

/// Budgets: how much a peer may ask of this end (RFC 6455 §10.4).
///
/// Nothing is ever reserved by what a peer announces; a limit is judged when the header has come, before any byte of
/// the payload. Sizes fail the connection with 1009, counts with 1008.
///
/// ```
/// use upframe::connection::Limits;
/// let limits = Limits::SERVER.with_message(1 << 20);
/// assert_eq!((limits.message, limits.fragments), (1 << 20, 65_536));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of payload in one message. A message that streams needs no memory of its own size.
    pub message: u64,
    /// Bytes of payload in one data frame.
    pub frame: u64,
    /// Frames in one message. Below 1 counts as 1.
    pub fragments: u32,
    /// Frames without payload in one message that has several frames.
    pub empty_fragments: u16,
}

impl Limits {
    /// For a server with memory: 64 MiB a message, in one frame or in up to 65,536, of which 64 may be empty.
    pub const SERVER: Self = Self { message: 64 << 20, frame: 64 << 20, fragments: 65_536, empty_fragments: 64 };
    /// For a small device: 64 KiB a message, in one frame or in up to 256, of which 8 may be empty.
    pub const SMALL_DEVICE: Self = Self { message: 64 << 10, frame: 64 << 10, fragments: 256, empty_fragments: 8 };
    /// Every size and as many frames as can be counted: for tests and for trusted networks.
    pub const NONE: Self = Self { message: u64::MAX, frame: u64::MAX, fragments: u32::MAX, empty_fragments: u16::MAX };

    /// With this many bytes a message.
    #[must_use]
    pub const fn with_message(self, message: u64) -> Self {
        Self { message, ..self }
    }

    /// With this many bytes a frame.
    #[must_use]
    pub const fn with_frame(self, frame: u64) -> Self {
        Self { frame, ..self }
    }

    /// With this many frames a message.
    #[must_use]
    pub const fn with_fragments(self, fragments: u32) -> Self {
        Self { fragments, ..self }
    }

    /// With this many empty frames in a message of several.
    #[must_use]
    pub const fn with_empty_fragments(self, empty_fragments: u16) -> Self {
        Self { empty_fragments, ..self }
    }
}

impl Default for Limits {
    /// [`Limits::SERVER`].
    fn default() -> Self {
        Self::SERVER
    }
}

/// How a connection behaves: its limits, and what was agreed in the opening handshake.
///
/// ```
/// use upframe::connection::{Limits, Settings};
/// const SETTINGS: Settings = Settings::new().with_limits(Limits::SMALL_DEVICE).with_automatic_pong(false);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Settings {
    pub(crate) limits: Limits,
    pub(crate) reserved_bits: ReservedBits,
    pub(crate) automatic_pong: bool,
    pub(crate) unmasked_frames_trusted: bool,
}

impl Settings {
    /// [`Limits::SERVER`], no extension, Pings answered, the standard's masking.
    pub const fn new() -> Self {
        Self {
            limits: Limits::SERVER,
            reserved_bits: ReservedBits::NONE,
            automatic_pong: true,
            unmasked_frames_trusted: false,
        }
    }

    /// With these budgets.
    #[must_use]
    pub const fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// With these bits owned by extensions that were agreed on (RFC 6455 §9). They may stand on the first frame of a
    /// message, both ways; such a message comes as [`Event::Extended`](super::Event::Extended).
    #[must_use]
    pub const fn with_reserved_bits(self, owned: ReservedBits) -> Self {
        Self { reserved_bits: owned, ..self }
    }

    /// Whether Pings are answered by the connection (they are, unless told otherwise) or by the caller (RFC 6455
    /// §5.5.2).
    #[must_use]
    pub const fn with_automatic_pong(self, automatic: bool) -> Self {
        Self { automatic_pong: automatic, ..self }
    }

    /// Whether a server takes frames without a mask too: **against RFC 6455 §5.1**, for a network in which every client
    /// and everything between is trusted. Masks protect what lies between from bytes that a hostile page chose (§10.3).
    #[must_use]
    pub const fn with_unmasked_frames_trusted(self, trusted: bool) -> Self {
        Self { unmasked_frames_trusted: trusted, ..self }
    }
}

impl Settings {
    /// How the frames of clients must be masked (RFC 6455 §5.1).
    pub(crate) const fn masking_of_clients(&self) -> PeerMasking {
        // A server that trusts its network accepts unmasked frames, too. [5.1-trusted]
        if self.unmasked_frames_trusted { PeerMasking::Optional } else { PeerMasking::Required }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_what_the_documentation_says() {
        let Limits { message, frame, .. } = Limits::SERVER;
        assert_eq!((message, frame), (67_108_864, 67_108_864));
        let Limits { message, frame, .. } = Limits::SMALL_DEVICE;
        assert_eq!((message, frame), (65_536, 65_536));
    }
}
