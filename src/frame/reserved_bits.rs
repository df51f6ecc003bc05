//! The three reserved bits of a frame (RFC 6455 §5.2).

use core::fmt;

/// A set of the reserved bits RSV1, RSV2 and RSV3, which only an agreed extension may set (RFC 6455 §5.2, §9).
///
/// ```
/// use upframe::frame::ReservedBits;
/// let owned = ReservedBits::RSV1.union(ReservedBits::RSV3);
/// assert!(owned.contains(ReservedBits::RSV1) && !owned.contains(ReservedBits::RSV2));
/// ```
#[derive(Clone, Copy, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct ReservedBits(u8);

impl ReservedBits {
    /// No bit.
    pub const NONE: Self = Self(0);
    /// RSV1, bit 0x40 of the first byte. permessage-deflate uses it (RFC 7692 §6).
    pub const RSV1: Self = Self(0x40);
    /// RSV2, bit 0x20 of the first byte.
    pub const RSV2: Self = Self(0x20);
    /// RSV3, bit 0x10 of the first byte.
    pub const RSV3: Self = Self(0x10);

    /// Returns the reserved bits of a frame's first byte. The other bits are ignored.
    pub const fn of_first_byte(byte: u8) -> Self {
        Self(byte & 0x70)
    }

    /// Returns the bits at their places in a frame's first byte.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Returns whether no bit is set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns whether all bits of `other` are in this set.
    pub const fn contains(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Returns the bits of both sets.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for ReservedBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [(Self::RSV1, "RSV1"), (Self::RSV2, "RSV2"), (Self::RSV3, "RSV3")];
        f.debug_list().entries(names.iter().filter(|(bit, _)| self.contains(*bit)).map(|(_, name)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_names_the_bits() {
        assert_eq!(format!("{:?}", ReservedBits::RSV1.union(ReservedBits::RSV3)), r#"["RSV1", "RSV3"]"#);
    }
}
