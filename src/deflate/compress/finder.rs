//! Finds matches: places where the same bytes were sent before.

use super::effort::Effort;
use super::history::Ring;
use super::symbols::{LONGEST, SHORTEST};
use crate::target::SMALL;
use core::marker::PhantomData;

/// 2³² divided by the golden ratio, and odd: it spreads numbers that are close to each other (Knuth, 6.4).
const SPREAD: u32 = 0x9E37_79B1;
/// A match of four bytes that is further away takes more bits than four literals.
const FAR_FOR_FOUR: usize = 8_192;
/// The same for three bytes.
const FAR_FOR_THREE: usize = 2_048;

/// A place where the same bytes were sent before. The length 0 means that there is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Match {
    pub(super) len: usize,
    pub(super) distance: usize,
}

impl Match {
    pub(super) const NONE: Self = Self { len: 0, distance: 0 };
}

/// The hash table: buckets of as many places as the effort tries. A place is the number of a byte of the connection,
/// modulo 2¹⁶. **It is only a hint**: the bytes there are compared.
pub(super) struct Table<'w> {
    fours: &'w mut [u16],
    threes: &'w mut [u16],
}

impl<'w> Table<'w> {
    pub(super) fn new<E: Effort>(hash: &'w mut [u16]) -> Self {
        let threes = if E::THREES { hash.len() / 8 } else { 0 };
        let (fours, threes) = hash.split_at_mut(hash.len().saturating_sub(threes));
        Self { fours, threes }
    }

    /// Returns the bucket of four bytes.
    #[inline(always)]
    fn fours<E: Effort>(&mut self, four: u32) -> Option<&mut [u16]> {
        let buckets = self.fours.len().checked_div(E::WAYS).unwrap_or(0);
        let start = spread(four, buckets).wrapping_mul(E::WAYS);
        self.fours.get_mut(start..start.wrapping_add(E::WAYS))
    }

    /// Returns the place of three bytes.
    #[inline(always)]
    fn three(&mut self, four: u32) -> Option<&mut u16> {
        let at = spread(four << 8, self.threes.len());
        self.threes.get_mut(at)
    }
}

/// Maps a number to one below `n`, which is at most 2¹⁵.
#[inline(always)]
fn spread(number: u32, n: usize) -> usize {
    ((number.wrapping_mul(SPREAD) >> 16).wrapping_mul(n as u32) >> 16) as usize
}

/// Puts a place in front of the others of a bucket. The oldest is forgotten.
#[inline(always)]
fn enter(places: &mut [u16], mut number: u16) {
    for place in places {
        core::mem::swap(place, &mut number);
    }
}

/// A message, and what was sent before it.
pub(super) struct Finder<'a, E> {
    pub(super) message: &'a [u8],
    pub(super) past: &'a [u8],
    pub(super) ring: Ring,
    pub(super) window: usize,
    /// The number of the first byte of the message.
    pub(super) base: u16,
    pub(super) effort: PhantomData<E>,
}

impl<E: Effort> Finder<'_, E> {
    #[inline(always)]
    fn four(&self, i: usize) -> Option<u32> {
        self.message.get(i..)?.first_chunk().map(|four| u32::from_le_bytes(*four))
    }

    #[inline(always)]
    fn number(&self, i: usize) -> u16 {
        self.base.wrapping_add(i as u16)
    }

    /// Enters a place, so that it is found later.
    #[inline(always)]
    pub(super) fn enter(&self, table: &mut Table<'_>, i: usize) {
        let Some(four) = self.four(i) else { return };
        if let Some(places) = table.fours::<E>(four) {
            enter(places, self.number(i));
        }
        if E::THREES
            && let Some(place) = table.three(four)
        {
            *place = self.number(i);
        }
    }

    /// Returns the longest match at `i` that is longer than `floor` and ends before `end`, and enters the place.
    #[inline(always)]
    pub(super) fn find(&self, table: &mut Table<'_>, i: usize, end: usize, floor: usize) -> Match {
        let Some(four) = self.four(i) else { return Match::NONE };
        let here = self.number(i);
        let ahead = self.message.get(i..end).unwrap_or_default();
        let ahead = ahead.get(..LONGEST).unwrap_or(ahead);
        let reach = self.window.min(usize::from(self.ring.kept).saturating_add(i));
        let mut best = Match { len: floor.max(SHORTEST), distance: 0 };
        if let Some(places) = table.fours::<E>(four) {
            for place in &*places {
                let distance = usize::from(here.wrapping_sub(*place));
                // 0 is as far as nothing
                if distance.wrapping_sub(1) >= reach {
                    continue;
                }
                let near = self.near(i, distance);
                let starts = near.first_chunk().is_some_and(|near| u32::from_le_bytes(*near) == four);
                // nor is it longer if the byte after the best length differs
                if !starts || (E::WAYS > 1 && near.get(best.len) != ahead.get(best.len)) {
                    continue;
                }
                let len = self.length(i, distance, near, ahead);
                if len > best.len && (len > 4 || distance <= FAR_FOR_FOUR) {
                    best = Match { len, distance };
                    if len >= E::NICE {
                        break;
                    }
                }
            }
            enter(places, here);
        }
        if E::THREES
            && let Some(place) = table.three(four)
        {
            let distance = usize::from(here.wrapping_sub(core::mem::replace(place, here)));
            if best.distance == 0 && floor < SHORTEST && distance.wrapping_sub(1) < reach.min(FAR_FOR_THREE) {
                let near = self.near(i, distance);
                let len = self.length(i, distance, near, ahead);
                if len >= SHORTEST {
                    best = Match { len, distance };
                }
            }
        }
        if best.distance == 0 { Match::NONE } else { best }
    }

    /// Returns the bytes at a distance, as many as lie together.
    #[inline(always)]
    fn near(&self, i: usize, distance: usize) -> &[u8] {
        match i.checked_sub(distance) {
            Some(from) => self.message.get(from..).unwrap_or_default(),
            None => self.ring.last(distance.wrapping_sub(i), self.past).0,
        }
    }

    /// Returns how many bytes are the same. `near` are the first of those at the distance.
    #[inline(always)]
    fn length(&self, i: usize, distance: usize, near: &[u8], ahead: &[u8]) -> usize {
        let len = common(near, ahead);
        if len < near.len() || distance <= i { len } else { self.length_on(i, distance, ahead) }
    }

    /// The same for a match that goes on in another part of the ring, or in the message.
    #[inline(never)]
    fn length_on(&self, i: usize, distance: usize, ahead: &[u8]) -> usize {
        let (first, second) = self.ring.last(distance.wrapping_sub(i), self.past);
        let mut len = 0usize;
        for part in [first, second, self.message] {
            let same = common(part, ahead.get(len..).unwrap_or_default());
            len = len.wrapping_add(same);
            if same < part.len() {
                break;
            }
        }
        len
    }
}

/// Returns how many bytes at the front are the same.
#[inline(always)]
fn common(x: &[u8], y: &[u8]) -> usize {
    let mut n = 0usize;
    if !SMALL {
        for (x, y) in x.as_chunks::<8>().0.iter().zip(y.as_chunks::<8>().0) {
            let differ = u64::from_le_bytes(*x) ^ u64::from_le_bytes(*y);
            if differ != 0 {
                return n.wrapping_add((differ.trailing_zeros() / 8) as usize);
            }
            n = n.wrapping_add(8);
        }
    }
    let (x, y) = (x.get(n..).unwrap_or_default(), y.get(n..).unwrap_or_default());
    n.wrapping_add(x.iter().zip(y).take_while(|(x, y)| x == y).count())
}
