//! The hash table: where the same bytes were before.

use super::effort::Effort;
use core::mem::replace;

/// 2³² divided by the golden ratio, and odd: it spreads numbers that are close to each other (Knuth, 6.4).
const SPREAD: u32 = 0x9E37_79B1;
/// 2³² divided by √3, and odd: it spreads the fifth byte, which is added to the other four.
const SPREAD_FIFTH: u32 = 0x93CD_3A2D;

/// The hash table. A place is the number of a byte of the connection, modulo 2¹⁶. **It is only a hint**: the bytes there
/// are compared.
///
/// If the effort tries more than one place, those with the same hash of five bytes form a chain from the last one back:
/// `before` has the place before each of the last places. Of places with the same three bytes, only the last one is known;
/// it is tried first. Chains of four bytes would be longer, and most of their places have no longer match than the first.
pub(super) struct Table<'w, const H: usize> {
    places: &'w mut [u16; H],
}

impl<'w, const H: usize> Table<'w, H> {
    /// One half of the table has the chains. The other has the last places, by three and by five bytes.
    const HALF: usize = H / 2;
    const QUARTER: usize = H / 4;

    pub(super) const fn new(places: &'w mut [u16; H]) -> Self {
        Self { places }
    }

    #[inline(always)]
    fn replace(&mut self, at: usize, place: u16) -> u16 {
        self.places.get_mut(at).map_or(place, |at| replace(at, place))
    }

    /// Enters a place where these bytes are. Returns the last places before it with the hash of all and of three of them.
    #[inline(always)]
    pub(super) fn enter<E: Effort>(&mut self, bytes: Bytes, here: u16) -> (u16, u16) {
        let Bytes { four, fifth } = bytes;
        if E::TRIES == 1 {
            return (self.replace(spread(four, H), here), here);
        }
        let five = four.wrapping_add(fifth.wrapping_mul(SPREAD_FIFTH));
        let last = self.replace(Self::HALF.wrapping_add(spread(five, Self::QUARTER)), here);
        self.replace(usize::from(here) & Self::HALF.wrapping_sub(1), last);
        let threes = Self::HALF.wrapping_add(Self::QUARTER);
        (last, self.replace(threes.wrapping_add(spread(four << 8, Self::QUARTER)), here))
    }

    /// Returns the place before another one in its chain.
    #[inline(always)]
    pub(super) fn before(&self, place: u16) -> u16 {
        self.places.get(usize::from(place) & Self::HALF.wrapping_sub(1)).copied().unwrap_or(place)
    }
}

/// Bytes that have a hash. If one place is tried for each match, the fifth one does not count.
#[derive(Clone, Copy)]
pub(super) struct Bytes {
    pub(super) four: u32,
    pub(super) fifth: u32,
}

impl Bytes {
    /// Returns the first five bytes; 0 for one or two that are missing.
    #[inline(always)]
    pub(super) fn first(bytes: &[u8]) -> Option<Self> {
        match *bytes {
            [a, b, c, d, fifth, ..] => Some(Self { four: u32::from_le_bytes([a, b, c, d]), fifth: fifth.into() }),
            [a, b, c, d] => Some(Self { four: u32::from_le_bytes([a, b, c, d]), fifth: 0 }),
            [a, b, c] => Some(Self { four: u32::from_le_bytes([a, b, c, 0]), fifth: 0 }),
            _ => None,
        }
    }
}

/// Maps a number to one below `n`, a power of two.
#[inline(always)]
fn spread(number: u32, n: usize) -> usize {
    (u64::from(number.wrapping_mul(SPREAD)).wrapping_mul(n as u64) >> 32) as usize
}
