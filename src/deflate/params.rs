//! What both ends agreed on (RFC 7692 §7.1).

/// How the messages of one end are compressed (RFC 7692 §7.1): how far back a match may be, and whether it may be in an
/// earlier message.
///
/// ```
/// use upframe::deflate::Direction;
/// let direction = Direction::new(10, true);
/// assert_eq!((direction.window_bits(), direction.window(), direction.takes_over()), (10, 1024, true));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct Direction {
    window_bits: u8,
    takes_over: bool,
}

impl Direction {
    /// The default of RFC 7692: a window of 32 KiB, with context takeover.
    pub const DEFAULT: Self = Self { window_bits: 15, takes_over: true };

    /// Creates a direction with a window of 2 to the power of `window_bits` bytes. With context takeover, a message may
    /// refer to the messages before it.
    ///
    /// `window_bits` is 8 to 15. A number outside counts as the nearest one.
    pub const fn new(window_bits: u8, takes_over: bool) -> Self {
        let window_bits = match window_bits {
            0..=8 => 8,
            15.. => 15,
            bits => bits,
        };
        Self { window_bits, takes_over }
    }

    /// Returns the number of bits of a distance in the window, 8 to 15.
    pub const fn window_bits(self) -> u8 {
        self.window_bits
    }

    /// Returns the length of the window in bytes, 256 to 32,768. No match is further away.
    pub const fn window(self) -> usize {
        match self.window_bits {
            0..=8 => 1 << 8,
            9 => 1 << 9,
            10 => 1 << 10,
            11 => 1 << 11,
            12 => 1 << 12,
            13 => 1 << 13,
            14 => 1 << 14,
            15.. => 1 << 15,
        }
    }

    /// Returns whether a message may refer to the messages before it (context takeover).
    pub const fn takes_over(self) -> bool {
        self.takes_over
    }
}

impl Default for Direction {
    /// [`Direction::DEFAULT`].
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The parameters of permessage-deflate that both ends agreed on: [`ServerDeflate::agreed`] and
/// [`ClientDeflate::agreed`] return them.
///
/// [`ServerDeflate::agreed`]: super::ServerDeflate::agreed
/// [`ClientDeflate::agreed`]: super::ClientDeflate::agreed
///
/// ```
/// use upframe::deflate::{DeflateParams, Direction};
/// let params = DeflateParams { server: Direction::new(10, true), client: Direction::DEFAULT };
/// assert_eq!(params.outgoing(true), params.server); // what a server sends
/// assert_eq!(params.incoming(true), params.client); // what a server receives
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct DeflateParams {
    /// How the messages that the server sends are compressed.
    pub server: Direction,
    /// How the messages that the client sends are compressed.
    pub client: Direction,
}

impl DeflateParams {
    /// Returns how the messages that this end sends are compressed. `is_server`: this end is the server.
    pub const fn outgoing(self, is_server: bool) -> Direction {
        if is_server { self.server } else { self.client }
    }

    /// Returns how the messages that this end receives are compressed. `is_server`: this end is the server.
    pub const fn incoming(self, is_server: bool) -> Direction {
        self.outgoing(!is_server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_8_to_15_bits() {
        for bits in 0..=u8::MAX {
            let direction = Direction::new(bits, false);
            assert_eq!(direction.window_bits(), bits.clamp(8, 15));
            assert_eq!(direction.window(), 1 << bits.clamp(8, 15));
        }
        assert_eq!(Direction::default(), Direction::new(15, true));
    }
}
