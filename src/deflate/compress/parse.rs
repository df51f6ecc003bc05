//! Divides a message into literals and matches.

use super::effort::Effort;
use super::finder::{Finder, Match, Table, worth};

/// The longest run of literals that is shown at once.
pub(super) const LONGEST_RUN: usize = 255;
/// Takes literals, and the match after them.
pub(super) trait Sink {
    /// Takes up to [`LONGEST_RUN`] literals, and a match, unless its length is 0. Only the last run, and one of
    /// `LONGEST_RUN` literals, have no match. Returns `true` if it takes no more.
    fn token(&mut self, literals: &[u8], found: Match) -> bool;
}

/// Shows the message from `i` to `end` to the sink, until that takes no more. Returns where that was.
#[inline(always)]
pub(super) fn parse<E: Effort>(
    finder: &Finder<'_, E>,
    table: &mut Table<'_>,
    mut i: usize,
    end: usize,
    sink: &mut impl Sink,
) -> usize {
    let mut from = i;
    let literals = |from: usize, to: usize| finder.message.get(from..to).unwrap_or_default();
    while i < end {
        let mut found = finder.find(table, i, end, 0, E::TRIES);
        if found.len == 0 {
            i = i.wrapping_add(1);
            if i.wrapping_sub(from) == LONGEST_RUN {
                if sink.token(literals(from, i), Match::NONE) {
                    return i;
                }
                from = i;
            }
            continue;
        }
        let mut entered = 1usize;
        if E::LAZY > 0 {
            // one literal more must fit the run
            while found.len < E::LAZY && i.wrapping_sub(from) < LONGEST_RUN.wrapping_sub(2) {
                let next = finder.find(table, i.wrapping_add(1), end, found.len.wrapping_sub(1), E::TRIES / 2);
                entered = 2;
                if next.len == 0 || worth(next.len, next.distance) <= worth(found.len, found.distance).wrapping_add(2) {
                    break;
                }
                i = i.wrapping_add(1);
                (found, entered) = (next, 1);
            }
        }
        while entered < found.len {
            finder.enter(table, i.wrapping_add(entered));
            entered = entered.wrapping_add(E::STEP);
        }
        let enough = sink.token(literals(from, i), found);
        i = i.wrapping_add(found.len);
        from = i;
        if enough {
            return i;
        }
    }
    if i > from {
        sink.token(literals(from, i), Match::NONE);
    }
    i
}
