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

    /// How good it is, in quarters of a byte: a match that is one byte longer may be 16 times as far away.
    #[inline(always)]
    fn worth(self) -> u32 {
        (self.len as u32).wrapping_mul(4).wrapping_add((self.distance as u32).leading_zeros())
    }

    /// Whether it is so much better than a match that begins a byte before that it pays for that byte.
    #[inline(always)]
    pub(super) fn is_better_than(self, before: Self) -> bool {
        self.len > 0 && self.worth() > before.worth().wrapping_add(2)
    }
}

/// The hash table. A place is the number of a byte of the connection, modulo 2¹⁶. **It is only a hint**: the bytes there
/// are compared.
///
/// If the effort tries more than one place, those with the same hash form a chain from the last one back: `before` has
/// the place before each of the last places.
pub(super) struct Table<'w, const H: usize> {
    places: &'w mut [u16; H],
}

impl<'w, const H: usize> Table<'w, H> {
    /// One half of the table has the chains. The other has the last places, by three and by four bytes.
    const HALF: usize = H / 2;
    const QUARTER: usize = H / 4;

    pub(super) const fn new(places: &'w mut [u16; H]) -> Self {
        Self { places }
    }

    #[inline(always)]
    fn replace(&mut self, at: usize, place: u16) -> u16 {
        self.places.get_mut(at).map_or(place, |at| replace(at, place))
    }

    /// Enters a place where these four bytes are. Returns the last places before it with the hash of four and of three
    /// of them.
    #[inline(always)]
    fn enter<E: Effort>(&mut self, four: u32, here: u16) -> (u16, u16) {
        if E::TRIES == 1 {
            return (self.replace(spread(four, H), here), here);
        }
        let last = self.replace(Self::HALF.wrapping_add(spread(four, Self::QUARTER)), here);
        self.replace(usize::from(here) & Self::HALF.wrapping_sub(1), last);
        let threes = Self::HALF.wrapping_add(Self::QUARTER);
        (last, self.replace(threes.wrapping_add(spread(four << 8, Self::QUARTER)), here))
    }

    /// Returns the place before another one in its chain.
    #[inline(always)]
    fn before(&self, place: u16) -> u16 {
        self.places.get(usize::from(place) & Self::HALF.wrapping_sub(1)).copied().unwrap_or(place)
    }
}

/// Maps a number to one below `n`, a power of two.
#[inline(always)]
fn spread(number: u32, n: usize) -> usize {
    (u64::from(number.wrapping_mul(SPREAD)).wrapping_mul(n as u64) >> 32) as usize
}

/// Returns the four bytes at a place.
#[inline(always)]
fn word(bytes: &[u8], at: usize) -> Option<u32> {
    // the sum does not overflow, and the compiler sees it
    let at = at as u32 as usize;
    bytes.get(at..at.wrapping_add(4)).and_then(<[u8]>::first_chunk).map(|four| u32::from_le_bytes(*four))
}

/// A message, and what was sent before it.
pub(super) struct Finder<'a, E> {
    pub(super) message: &'a [u8],
    pub(super) past: &'a [u8],
    pub(super) ring: Ring,
    pub(super) window: usize,
    /// The number of the first byte of the message.
    pub(super) base: u16,
    /// How many places are tried for each match.
    pub(super) tries: usize,
    pub(super) effort: PhantomData<E>,
}

impl<E: Effort> Finder<'_, E> {
    /// Returns the four bytes at `i`; with a 0 after them if they are the last three, of which one place has the hash.
    #[inline(always)]
    fn four(&self, i: usize) -> Option<u32> {
        let four = word(self.message, i);
        if E::TRIES > 1
            && four.is_none()
            && let Some([a, b, c]) = self.message.get(i..).and_then(<[u8]>::first_chunk)
        {
            return Some(u32::from_le_bytes([*a, *b, *c, 0]));
        }
        four
    }

    #[inline(always)]
    fn number(&self, i: usize) -> u16 {
        self.base.wrapping_add(i as u16)
    }

    /// Enters the places from `i` to `end`, so that they are found later.
    #[inline(never)]
    pub(super) fn enter<const H: usize>(&self, table: &mut Table<'_, H>, i: usize, end: usize) {
        let bytes = self.message.get(i..).unwrap_or_default();
        let bytes = bytes.get(..end.wrapping_sub(i).wrapping_add(3)).unwrap_or(bytes);
        let mut here = self.number(i);
        for four in bytes.windows(4) {
            if let Some(four) = four.first_chunk() {
                table.enter::<E>(u32::from_le_bytes(*four), here);
            }
            here = here.wrapping_add(1);
        }
    }

    /// Returns the best match at `i` that ends before `end`, and enters the place. If there is a match of `held` bytes at
    /// the byte before, only one of that length or longer is looked for.
    #[inline(always)]
    pub(super) fn find<const H: usize>(&self, table: &mut Table<'_, H>, i: usize, end: usize, held: usize) -> Match {
        let Some(four) = self.four(i) else { return Match::NONE };
        let here = self.number(i);
        let (place, three) = table.enter::<E>(four, here);
        let reach = self.window.min(usize::from(self.ring.kept).saturating_add(i));
        let mut best = Match { len: held.saturating_sub(1).max(SHORTEST), distance: 0 };
        if E::TRIES > 1 && held == 0 {
            let distance = usize::from(here.wrapping_sub(three));
            if distance.wrapping_sub(1) < reach.min(FAR_FOR_THREE) {
                let len = self.length(i, distance, self.ahead(i, end));
                if len >= SHORTEST {
                    best = Match { len, distance };
                }
            }
        }
        let distance = usize::from(here.wrapping_sub(place));
        if distance.wrapping_sub(1) < reach {
            if E::TRIES > 1 {
                best = self.walk(table, i, place, reach, self.ahead(i, end), best);
            } else {
                let len = self.length(i, distance, self.ahead(i, end));
                if len > SHORTEST {
                    best = Match { len, distance };
                }
            }
        }
        if best.distance == 0 { Match::NONE } else { best }
    }

    /// Enters a place that no match begins at.
    #[inline(always)]
    pub(super) fn enter_one<const H: usize>(&self, table: &mut Table<'_, H>, i: usize) {
        if let Some(four) = word(self.message, i)
            // In a run of one byte, the first place is the one that the next run needs.
            && four != four.rotate_left(8)
        {
            table.enter::<E>(four, self.number(i));
        }
    }

    /// Returns the bytes that a match may have.
    #[inline(always)]
    fn ahead(&self, i: usize, end: usize) -> &[u8] {
        let ahead = self.message.get(i..end).unwrap_or_default();
        ahead.get(..LONGEST).unwrap_or(ahead)
    }

    /// Goes through a chain from a place back, for a better match of more than four bytes. The first place is within
    /// reach.
    #[inline(always)]
    fn walk<const H: usize>(
        &self,
        table: &Table<'_, H>,
        i: usize,
        mut place: u16,
        reach: usize,
        ahead: &[u8],
        mut best: Match,
    ) -> Match {
        let here = self.number(i);
        let mut tries = if best.len > SHORTEST && best.distance == 0 { self.tries / 2 } else { self.tries };
        let mut distance = usize::from(here.wrapping_sub(place));
        // A match is not longer unless these bytes are the same: the last three that the best has, and one more.
        let mut offset = best.len.wrapping_sub(SHORTEST);
        let Some(mut want) = word(ahead, offset) else { return best };
        loop {
            let starts = if distance <= i {
                word(self.message, i.wrapping_sub(distance).wrapping_add(offset))
            } else {
                word(self.past, self.ring.place(distance.wrapping_sub(i), self.past).wrapping_add(offset))
            };
            if starts.is_none_or(|starts| starts == want) {
                let len = self.length(i, distance, ahead);
                let found = Match { len, distance };
                if len > best.len && (best.distance == 0 || found.worth() > best.worth()) {
                    best = found;
                    offset = len.wrapping_sub(SHORTEST);
                    match word(ahead, offset) {
                        Some(word) if len < E::NICE => want = word,
                        _ => return best,
                    }
                }
            }
            tries = tries.wrapping_sub(1);
            if tries == 0 {
                return best;
            }
            place = table.before(place);
            let next = usize::from(here.wrapping_sub(place));
            // each place is further away than the one before
            if next <= distance || next > reach {
                return best;
            }
            distance = next;
        }
    }

    /// Returns how many bytes are the same at a distance.
    #[inline(always)]
    fn length(&self, i: usize, distance: usize, ahead: &[u8]) -> usize {
        match i.checked_sub(distance) {
            Some(from) => common(self.message.get(from..).unwrap_or_default(), ahead),
            None => {
                let near = self.ring.last(distance.wrapping_sub(i), self.past).0;
                let len = common(near, ahead);
                if len < near.len() { len } else { self.length_on(i, distance, ahead) }
            }
        }
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
    if !SMALL && let (Some(x), Some(y)) = (x.first_chunk(), y.first_chunk()) {
        let differ = u64::from_le_bytes(*x) ^ u64::from_le_bytes(*y);
        if differ != 0 {
            return (differ.trailing_zeros() / 8) as usize;
        }
    }
    common_on(x, y)
}

#[inline(never)]
fn common_on(x: &[u8], y: &[u8]) -> usize {
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
