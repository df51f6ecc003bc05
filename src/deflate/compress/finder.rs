//! Finds matches: places where the same bytes were sent before.

use super::effort::{Effort, Shortest};
use super::history::Ring;
use super::symbols::{LONGEST, SHORTEST};
use super::table::{Bytes, Table};
use crate::target::SMALL;
use core::marker::PhantomData;

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

/// Returns the four bytes at a place.
#[inline(always)]
fn word(bytes: &[u8], at: usize) -> Option<u32> {
    // the sum does not overflow, and the compiler sees it
    let at = at as u32 as usize;
    bytes.get(at..at.wrapping_add(4)).and_then(<[u8]>::first_chunk).map(|four| u32::from_le_bytes(*four))
}

/// Returns the eight bytes at a place.
#[inline(always)]
pub(super) fn eight_at(bytes: &[u8], at: usize) -> Option<u64> {
    let at = at as u32 as usize;
    bytes.get(at..at.wrapping_add(8)).and_then(<[u8]>::first_chunk).map(|eight| u64::from_le_bytes(*eight))
}

/// A message, and what was sent before it. If that is nothing, `PAST` may be `false`: then it takes less time.
pub(super) struct Finder<'a, E, const PAST: bool = true> {
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

impl<'a, E> Finder<'a, E> {
    /// Returns the same for a message that nothing was sent before.
    pub(super) fn alone(&self) -> Finder<'a, E, false> {
        let Self { message, past, ring, window, base, tries, effort } = *self;
        Finder { message, past, ring, window, base, tries, effort }
    }
}

impl<E: Effort, const PAST: bool> Finder<'_, E, PAST> {
    /// Returns the bytes at `i` that have a hash.
    #[inline(always)]
    fn bytes(&self, i: usize) -> Option<Bytes> {
        if E::TRIES == 1 {
            return Some(Bytes { four: word(self.message, i)?, more: 0 });
        }
        Bytes::first(self.message.get(i..).unwrap_or_default())
    }

    #[inline(always)]
    fn number(&self, i: usize) -> u16 {
        self.base.wrapping_add(i as u16)
    }

    /// Enters the places from `i` to `end`, so that they are found later.
    #[inline(never)]
    pub(super) fn enter<const H: usize>(&self, table: &mut Table<'_, H>, i: usize, end: usize) {
        let bytes = self.message.get(i..).unwrap_or_default();
        let bytes = bytes.get(..end.wrapping_sub(i).wrapping_add(5)).unwrap_or(bytes);
        let mut here = self.number(i);
        for six in bytes.windows(6) {
            if let Some(six) = Bytes::first(six) {
                table.enter::<E>(six, here);
            }
            here = here.wrapping_add(1);
        }
    }

    /// Returns the best match at `i` that ends before `end`, and enters the place. If there is a match of `held` bytes at
    /// the byte before, only one of that length or longer is looked for.
    #[inline(always)]
    pub(super) fn find<const H: usize>(&self, table: &mut Table<'_, H>, i: usize, end: usize, held: usize) -> Match {
        let Some(bytes) = self.bytes(i) else { return Match::NONE };
        let here = self.number(i);
        let (place, short) = table.enter::<E>(bytes, here);
        let reach = self.reach(i);
        if E::TRIES == 1 {
            return self.first(i, end, usize::from(here.wrapping_sub(place)), reach, Shortest::Four);
        }
        let none = Match { len: held.saturating_sub(1).max(SHORTEST), distance: 0 };
        let mut best = none;
        if usize::from(here.wrapping_sub(place)).wrapping_sub(1) < reach {
            best = self.walk(table, i, place, reach, self.ahead(i, end), none);
        }
        if (held == 0) & (best.distance == 0) {
            let distance = usize::from(here.wrapping_sub(short));
            return match eight_at(self.message.get(..end).unwrap_or_default(), i) {
                Some(eight) if !SMALL => self.probe(i, end, eight, distance, table.shortest),
                _ => self.first(i, end, distance, reach, table.shortest),
            };
        }
        if best.distance == 0 { Match::NONE } else { best }
    }

    /// Returns the match at this distance, if it is long enough.
    #[inline(always)]
    fn first(&self, i: usize, end: usize, distance: usize, reach: usize, shortest: Shortest) -> Match {
        if distance.wrapping_sub(1) < reach {
            let len = self.length(i, distance, self.ahead(i, end));
            if len >= shortest.len() {
                return Match { len, distance };
            }
        }
        Match::NONE
    }

    /// Returns the match at the last place with the hash of `eight`, the bytes at `i`, if it has more than three bytes,
    /// and enters the place.
    #[inline(always)]
    pub(super) fn find_first<const H: usize>(
        &self,
        table: &mut Table<'_, H>,
        i: usize,
        end: usize,
        eight: u64,
    ) -> Match {
        let here = self.number(i);
        let (place, _) = table.enter::<E>(Bytes { four: eight as u32, more: 0 }, here);
        self.probe(i, end, eight, usize::from(here.wrapping_sub(place)), Shortest::Four)
    }

    /// Returns the match at this distance, if it is long enough.
    ///
    /// Whether there is one is hard to guess, so there is one branch for all that it depends on. A match whose first eight
    /// bytes are not in one piece is not found.
    #[inline(always)]
    fn probe(&self, i: usize, end: usize, eight: u64, distance: usize, shortest: Shortest) -> Match {
        if PAST && distance.wrapping_sub(i).wrapping_sub(1) < 7 {
            // what is after the past in its memory is older
            return self.first(i, end, distance, self.reach(i), shortest);
        }
        let (source, from) = match PAST {
            true => self.source(i, distance),
            false => (self.message, i.saturating_sub(distance)),
        };
        let Some(other) = eight_at(source, from) else { return Match::NONE };
        // a bit differs, too, if it is out of reach
        let differ = eight ^ other | u64::from(distance.wrapping_sub(1) >= self.reach(i));
        if differ as u32 & shortest as u32 == 0 {
            let len = match differ {
                0 => self.length(i, distance, self.ahead(i, end)),
                _ => (differ.trailing_zeros() / 8) as usize,
            };
            return Match { len, distance };
        }
        Match::NONE
    }

    /// Returns how far away a match may be.
    #[inline(always)]
    fn reach(&self, i: usize) -> usize {
        // the sum does not overflow: a slice has less than half of all addresses, and a window 32,768 bytes
        self.window.min(if PAST { usize::from(self.ring.kept).wrapping_add(i) } else { i })
    }

    /// Enters a place that no match begins at.
    #[inline(always)]
    pub(super) fn enter_one<const H: usize>(&self, table: &mut Table<'_, H>, i: usize) {
        if let Some(bytes) = self.bytes(i)
            // In a run of one byte, the first place is the one that the next run needs.
            && bytes.four != bytes.four.rotate_left(8)
        {
            table.enter::<E>(bytes, self.number(i));
        }
    }

    /// Returns the bytes that a match may have.
    #[inline(always)]
    fn ahead(&self, i: usize, end: usize) -> &[u8] {
        let ahead = self.message.get(i..end).unwrap_or_default();
        ahead.get(..LONGEST).unwrap_or(ahead)
    }

    /// Returns the four bytes at a distance, `offset` bytes after that; `None` if they are not in one piece.
    #[inline(always)]
    fn start(&self, i: usize, distance: usize, offset: usize) -> Option<u32> {
        let (source, from) = self.source(i, distance);
        word(source, from.wrapping_add(offset))
    }

    /// Returns where the bytes at a distance are. No branch depends on it.
    #[inline(always)]
    fn source(&self, i: usize, distance: usize) -> (&[u8], usize) {
        let (here, back) = (i.wrapping_sub(distance), distance.wrapping_sub(i));
        if !PAST || distance <= i { (self.message, here) } else { (self.past, self.ring.place(back, self.past)) }
    }

    /// Goes through a chain from a place back, for a better match of more than three bytes. The first place is within
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
        let mut tries = if best.len > SHORTEST && best.distance == 0 { self.tries / 4 } else { self.tries };
        let mut distance = usize::from(here.wrapping_sub(place));
        // A match is not longer unless these bytes are the same: the last three that the best has, and one more.
        let mut offset = best.len.wrapping_sub(SHORTEST);
        let Some(mut want) = word(ahead, offset) else { return best };
        loop {
            let starts = self.start(i, distance, offset);
            if starts == Some(want) {
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
            place = table.before(place);
            let next = usize::from(here.wrapping_sub(place));
            // Each place is further away than the one before.
            let further = next.wrapping_sub(distance).wrapping_sub(1);
            if (tries == 0) | (further >= reach.wrapping_sub(distance)) {
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
            None if !PAST => 0,
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
