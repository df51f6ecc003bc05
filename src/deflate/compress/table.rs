//! The hash table: where the same bytes were before.

use super::effort::{Effort, Shortest};
use core::mem::replace;

/// 2³² divided by the golden ratio, and odd: it spreads numbers that are close to each other (Knuth, 6.4).
const SPREAD: u32 = 0x9E37_79B1;
/// 2³² divided by √3, and odd: it spreads the two bytes that are added to the first four.
const SPREAD_MORE: u32 = 0x93CD_3A2D;

/// The hash table. A place is the number of a byte of the connection, modulo 2¹⁶. **It is only a hint**: the bytes there
/// are compared.
///
/// If the effort tries more than one place, those with the same hash of six bytes form a chain from the last one back:
/// `before` has the place before each of the last places. Of places with the same four bytes, or [three](Shortest), only the
/// last one is known; it is tried first. Chains of four bytes would be longer, and most of their places have no longer
/// match than the first.
pub(super) struct Table<'w, const H: usize> {
    places: &'w mut [u16; H],
    pub(super) shortest: Shortest,
}

impl<'w, const H: usize> Table<'w, H> {
    /// One half of the table has the chains. The other has the last places, by three or four bytes and by six.
    const HALF: usize = H / 2;
    const QUARTER: usize = H / 4;

    pub(super) const fn new(places: &'w mut [u16; H], shortest: Shortest) -> Self {
        Self { places, shortest }
    }

    #[inline(always)]
    fn replace(&mut self, at: usize, place: u16) -> u16 {
        self.places.get_mut(at).map_or(place, |at| replace(at, place))
    }

    /// Enters a place where these bytes are. Returns the last places before it with the hash of all and of the fewest.
    #[inline(always)]
    pub(super) fn enter<E: Effort>(&mut self, bytes: Bytes, here: u16) -> (u16, u16) {
        let Bytes { four, more } = bytes;
        if E::TRIES == 1 {
            return (self.replace(spread(four, H), here), here);
        }
        let short = self.shortest as u32;
        let six = four.wrapping_add((more & short >> 16).wrapping_mul(SPREAD_MORE));
        let last = self.replace(Self::HALF.wrapping_add(spread(six, Self::QUARTER)), here);
        self.replace(usize::from(here) & Self::HALF.wrapping_sub(1), last);
        let shorts = Self::HALF.wrapping_add(Self::QUARTER);
        (last, self.replace(shorts.wrapping_add(spread(four & short, Self::QUARTER)), here))
    }

    /// Returns the place before another one in its chain.
    #[inline(always)]
    pub(super) fn before(&self, place: u16) -> u16 {
        self.places.get(usize::from(place) & Self::HALF.wrapping_sub(1)).copied().unwrap_or(place)
    }
}

/// Bytes that have a hash. If one place is tried for each match, only four of them count.
#[derive(Clone, Copy)]
pub(super) struct Bytes {
    pub(super) four: u32,
    /// The next two.
    pub(super) more: u32,
}

impl Bytes {
    /// Returns the first six bytes; 0 for those after the third that are missing.
    #[inline(always)]
    pub(super) fn first(bytes: &[u8]) -> Option<Self> {
        match *bytes {
            [a, b, c, d, e, f, ..] => {
                Some(Self { four: u32::from_le_bytes([a, b, c, d]), more: u16::from_le_bytes([e, f]).into() })
            }
            [a, b, c, d, ..] => Some(Self { four: u32::from_le_bytes([a, b, c, d]), more: 0 }),
            [a, b, c] => Some(Self { four: u32::from_le_bytes([a, b, c, 0]), more: 0 }),
            _ => None,
        }
    }
}

/// Maps a number to one below `n`, a power of two.
#[inline(always)]
fn spread(number: u32, n: usize) -> usize {
    (u64::from(number.wrapping_mul(SPREAD)).wrapping_mul(n as u64) >> 32) as usize
}
