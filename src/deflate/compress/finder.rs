//! Finds matches: places where the same bytes were sent before.

use super::effort::Effort;
use super::history::Ring;
use super::symbols::{LONGEST, SHORTEST};
use crate::target::SMALL;
use core::marker::PhantomData;
use core::mem::replace;

/// 2³² divided by the golden ratio, and odd: it spreads numbers that are close to each other (Knuth, 6.4).
const SPREAD: u32 = 0x9E37_79B1;
/// A match of three bytes that is further away takes more bits than three literals.
const FAR_FOR_THREE: usize = 4_096;

/// A place where the same bytes were sent before. The length 0 means that there is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Match {
    pub(super) len: usize,
    pub(super) distance: usize,
}

impl Match {
    pub(super) const NONE: Self = Self { len: 0, distance: 0 };
}

/// The hash table. A place is the number of a byte of the connection, modulo 2¹⁶. **It is only a hint**: the bytes there
/// are compared.
///
/// If the effort tries more than one place, those with the same hash form a chain from the last one back: `before` has
/// the place before each of the last places.
pub(super) struct Table<'w> {
    fours: &'w mut [u16],
    threes: &'w mut [u16],
    before: &'w mut [u16],
}

impl<'w> Table<'w> {
    #[inline(always)]
    pub(super) fn new<E: Effort>(hash: &'w mut [u16]) -> Self {
        let (before, fours, threes): (&mut [u16], _, _) = if E::TRIES > 1 {
            let (before, rest) = hash.split_at_mut(hash.len() / 2);
            let (fours, threes) = rest.split_at_mut(rest.len() / 2);
            (before, fours, threes)
        } else {
            (&mut [], hash, &mut [])
        };
        Self { fours, threes, before }
    }

    /// Enters a place where these four bytes are. Returns the last places before it with the hash of four and of three
    /// of them.
    #[inline(always)]
    fn enter<E: Effort>(&mut self, four: u32, here: u16) -> (u16, u16) {
        let at = spread(four, self.fours.len());
        let last = self.fours.get_mut(at).map_or(here, |place| replace(place, here));
        if E::TRIES < 2 {
            return (last, here);
        }
        if let Some(place) = self.before.get_mut(usize::from(here) & self.before.len().wrapping_sub(1)) {
            *place = last;
        }
        let at = spread(four << 8, self.threes.len());
        (last, self.threes.get_mut(at).map_or(here, |place| replace(place, here)))
    }

    /// Returns the place before another one in its chain.
    #[inline(always)]
    fn before(&self, place: u16) -> u16 {
        self.before.get(usize::from(place) & self.before.len().wrapping_sub(1)).copied().unwrap_or(place)
    }
}

/// Maps a number to one below `n`, a power of two.
#[inline(always)]
fn spread(number: u32, n: usize) -> usize {
    (u64::from(number.wrapping_mul(SPREAD)).wrapping_mul(n as u64) >> 32) as usize
}

/// How good a match is, in quarters of a byte: a match that is one byte longer may be 16 times as far away.
#[inline(always)]
pub(super) fn worth(len: usize, distance: usize) -> u32 {
    (len as u32).wrapping_mul(4).wrapping_add((distance as u32).leading_zeros())
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
        if let Some(four) = self.four(i) {
            table.enter::<E>(four, self.number(i));
        }
    }

    /// Returns the best match at `i` that is longer than `floor` and ends before `end`, and enters the place.
    #[inline(always)]
    pub(super) fn find(&self, table: &mut Table<'_>, i: usize, end: usize, floor: usize, tries: usize) -> Match {
        let Some(four) = self.four(i) else { return Match::NONE };
        let here = self.number(i);
        let (mut place, three) = table.enter::<E>(four, here);
        let ahead = self.message.get(i..end).unwrap_or_default();
        let ahead = ahead.get(..LONGEST).unwrap_or(ahead);
        let reach = self.window.min(usize::from(self.ring.kept).saturating_add(i));
        let mut best = Match { len: floor.max(SHORTEST), distance: 0 };
        if E::TRIES > 1 && floor < SHORTEST {
            let distance = usize::from(here.wrapping_sub(three));
            if distance.wrapping_sub(1) < reach.min(FAR_FOR_THREE) {
                let len = self.length(i, distance, self.near(i, distance), ahead);
                if len >= SHORTEST {
                    best = Match { len, distance };
                }
            }
        }
        // a place is not better unless these bytes are the same: three that the best has, and one more
        let mut last = ahead.get(best.len.wrapping_sub(SHORTEST)..).and_then(<[u8]>::first_chunk).map(|four| u32::from_le_bytes(*four));
        let mut from = 0usize;
        let mut tries = tries;
        while let Some(want) = last {
            let distance = usize::from(here.wrapping_sub(place));
            // each place is further away than the one before
            if distance <= from || distance > reach {
                break;
            }
            from = distance;
            let near = self.near(i, distance);
            let some = near.get(best.len.wrapping_sub(SHORTEST)..).and_then(<[u8]>::first_chunk);
            if some.is_none_or(|some| u32::from_le_bytes(*some) == want) {
                let len = self.length(i, distance, near, ahead);
                if len > best.len && (best.distance == 0 || worth(len, distance) > worth(best.len, best.distance)) {
                    best = Match { len, distance };
                    if len >= E::NICE {
                        break;
                    }
                    last = ahead.get(len.wrapping_sub(SHORTEST)..).and_then(<[u8]>::first_chunk).map(|four| u32::from_le_bytes(*four));
                }
            }
            if E::TRIES < 2 {
                break;
            }
            tries = tries.wrapping_sub(1);
            if tries == 0 {
                break;
            }
            place = table.before(place);
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
