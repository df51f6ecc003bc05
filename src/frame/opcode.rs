//! The opcodes (RFC 6455 §5.2).

/// The kind of a frame: the low four bits of its first byte (RFC 6455 §5.2).
///
/// The other values, 0x3 to 0x7 and 0xB to 0xF, are reserved. A frame with one of them fails the connection.
///
/// ```
/// use upframe::frame::Opcode;
/// assert_eq!(Opcode::from_bits(0x9), Some(Opcode::Ping));
/// assert_eq!(Opcode::from_bits(0x3), None);
/// assert!(Opcode::Ping.is_control());
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[repr(u8)]
pub enum Opcode {
    /// 0x0: continues the open message.
    Continuation = 0x0,
    /// 0x1: begins a text message, in UTF-8.
    Text = 0x1,
    /// 0x2: begins a binary message.
    Binary = 0x2,
    /// 0x8: begins or answers the closing handshake.
    Close = 0x8,
    /// 0x9: asks for a Pong.
    Ping = 0x9,
    /// 0xA: answers a Ping, or shows that the peer is alive.
    Pong = 0xA,
}

impl Opcode {
    /// Returns the opcode of these four bits, or `None` if they are reserved or greater than 0xF.
    pub const fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            _ => return None,
        })
    }

    /// Returns the four bits.
    pub const fn bits(self) -> u8 {
        self as u8
    }

    /// Returns whether this is the opcode of a control frame: Close, Ping or Pong (RFC 6455 §5.5).
    pub const fn is_control(self) -> bool {
        self as u8 & 0x8 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_a_known_opcode_or_reserved() {
        for bits in 0..=255 {
            let known = matches!(bits, 0 | 1 | 2 | 8 | 9 | 10);
            assert_eq!(Opcode::from_bits(bits).map(Opcode::bits), known.then_some(bits));
        }
    }

    #[test]
    fn control_opcodes_have_the_high_bit() {
        use Opcode::*;
        for (opcode, control) in
            [(Continuation, false), (Text, false), (Binary, false), (Close, true), (Ping, true), (Pong, true)]
        {
            assert_eq!(opcode.is_control(), control);
        }
    }
}
