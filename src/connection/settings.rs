//! What a connection accepts, and how it behaves.

use crate::frame::decoder::PeerMasking;
use crate::frame::reserved_bits::ReservedBits;

/// How much a peer may ask of this end (RFC 6455 §10.4).
///
/// A limit is judged when the header of a frame was received, before its payload. What a peer announces reserves no
/// memory. A size above its limit fails the connection with 1009, a count with 1008.
///
/// ```
/// use upframe::connection::Limits;
/// let limits = Limits::SERVER.with_message(1 << 20);
/// assert_eq!((limits.message, limits.fragments), (1 << 20, 65_537));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of payload in one message. It is delivered in pieces, so it needs no memory of that size.
    pub message: u64,
    /// Bytes of payload in one data frame.
    pub frame: u64,
    /// Frames in one message. 0 counts as 1.
    pub fragments: u32,
    /// Empty frames in one message of several frames.
    pub empty_fragments: u16,
}

impl Limits {
    /// For a server: 64 MiB in a message, in one frame or in up to 65,537, of which 64 may be empty.
    // A message has the size that tungstenite accepts by default, too. Its fragments are those of 4 MiB cut into 64
    // bytes each, as test suites cut them, and an empty last one, which some add. So a peer that cuts as small as it
    // may makes this end read 65,537 headers, 393,222 bytes. Honest peers send one empty fragment, or a few to flush
    // a proxy.
    pub const SERVER: Self =
        Self { message: 64 << 20, frame: 64 << 20, fragments: (4 << 20) / 64 + 1, empty_fragments: 64 };
    /// For a small device: 64 KiB in a message, in one frame or in up to 256, of which 8 may be empty.
    // A message is more than such a device stores, since its pieces pass by. Its fragments are those of 64 KiB cut
    // into 256 bytes each, the buffer of a small peer.
    pub const SMALL_DEVICE: Self =
        Self { message: 64 << 10, frame: 64 << 10, fragments: (64 << 10) / 256, empty_fragments: 8 };
    /// No limits but those of the counters: for tests and for trusted networks.
    pub const NONE: Self = Self { message: u64::MAX, frame: u64::MAX, fragments: u32::MAX, empty_fragments: u16::MAX };

    /// Sets how many bytes of payload a message may have.
    #[must_use]
    pub const fn with_message(self, message: u64) -> Self {
        Self { message, ..self }
    }

    /// Sets how many bytes of payload a data frame may have.
    #[must_use]
    pub const fn with_frame(self, frame: u64) -> Self {
        Self { frame, ..self }
    }

    /// Sets how many frames a message may have.
    #[must_use]
    pub const fn with_fragments(self, fragments: u32) -> Self {
        Self { fragments, ..self }
    }

    /// Sets how many empty frames a message of several frames may have.
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

/// How a connection behaves: its limits, and what was agreed on in the opening handshake.
///
/// ```
/// use upframe::connection::{Limits, Settings};
/// const SETTINGS: Settings =
///     Settings::new().with_limits(Limits::SMALL_DEVICE).with_automatic_pong(false);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Settings {
    pub(crate) limits: Limits,
    pub(crate) reserved_bits: ReservedBits,
    pub(crate) automatic_pong: bool,
    pub(crate) unmasked_frames_trusted: bool,
}

impl Settings {
    /// Creates the default settings: [`Limits::SERVER`], no extension, automatic Pongs, and masking as RFC 6455
    /// demands.
    pub const fn new() -> Self {
        Self {
            limits: Limits::SERVER,
            reserved_bits: ReservedBits::NONE,
            automatic_pong: true,
            unmasked_frames_trusted: false,
        }
    }

    /// Sets the limits.
    #[must_use]
    pub const fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Sets the reserved bits that agreed extensions own (RFC 6455 §9).
    ///
    /// They may appear on the first frame of a message, both ways. Such a message is received as
    /// [`Event::Extended`](super::Event::Extended).
    #[must_use]
    pub const fn with_reserved_bits(self, owned: ReservedBits) -> Self {
        Self { reserved_bits: owned, ..self }
    }

    /// Sets whether the connection answers Pings (the default), or the caller does (RFC 6455 §5.5.2).
    #[must_use]
    pub const fn with_automatic_pong(self, automatic: bool) -> Self {
        Self { automatic_pong: automatic, ..self }
    }

    /// Sets whether a server also accepts frames that are not masked: **against RFC 6455 §5.1**.
    ///
    /// It is for a network in which every client, and everything between, is trusted. Masks protect what lies between
    /// from bytes that a hostile page chose (§10.3).
    #[must_use]
    pub const fn with_unmasked_frames_trusted(self, trusted: bool) -> Self {
        Self { unmasked_frames_trusted: trusted, ..self }
    }
}

impl Settings {
    /// Returns the limits.
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// Returns the reserved bits that agreed extensions own.
    ///
    /// ```
    /// use upframe::connection::{Limits, Settings};
    /// use upframe::frame::ReservedBits;
    /// let settings = Settings::new().with_reserved_bits(ReservedBits::RSV1);
    /// assert_eq!((settings.reserved_bits(), settings.limits()), (ReservedBits::RSV1, Limits::SERVER));
    /// assert!(settings.is_pong_automatic() && !settings.is_unmasked_trusted());
    /// ```
    pub const fn reserved_bits(&self) -> ReservedBits {
        self.reserved_bits
    }

    /// Returns whether the connection answers Pings.
    pub const fn is_pong_automatic(&self) -> bool {
        self.automatic_pong
    }

    /// Returns whether a server also accepts frames that are not masked.
    pub const fn is_unmasked_trusted(&self) -> bool {
        self.unmasked_frames_trusted
    }
}

impl Settings {
    /// Returns how the frames of clients must be masked (RFC 6455 §5.1).
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
    fn the_limits_are_those_of_the_documentation() {
        let Limits { message, frame, .. } = Limits::SERVER;
        assert_eq!((message, frame), (67_108_864, 67_108_864));
        let Limits { message, frame, .. } = Limits::SMALL_DEVICE;
        assert_eq!((message, frame), (65_536, 65_536));
    }
}
