//! Divides a message into literals and matches.

use super::effort::Effort;
use super::finder::{Finder, Match, eight_at};
use super::table::Table;
use crate::target::SMALL;

/// The longest run of literals that is shown at once.
pub(super) const LONGEST_RUN: usize = 255;

/// Takes literals, and the match after them.
pub(super) trait Sink {
    /// Whether [`literal`](Self::literal) is all that it needs to know of literals: then runs are of no length.
    const LITERALS_BY_THEMSELVES: bool = false;

    /// Takes up to [`LONGEST_RUN`] literals, and a match, unless its length is 0. Only the last run, and one of
    /// `LONGEST_RUN` literals, have no match. Returns `true` if it takes no more.
    fn token(&mut self, literals: &[u8], found: Match) -> bool;

    /// Takes a literal by itself, before the run that it is in.
    #[inline(always)]
    fn literal(&mut self, _: u8) {}
}

/// Shows the message from `i` to `end` to the sink, until that takes no more. Returns where that was.
#[inline(always)]
pub(super) fn parse<E: Effort, const H: usize>(
    finder: &Finder<'_, E>,
    table: &mut Table<'_, H>,
    i: usize,
    end: usize,
    sink: &mut impl Sink,
) -> usize {
    if SMALL || finder.ring.kept > 0 {
        parse_with(finder, table, i, end, sink)
    } else {
        parse_with(&finder.alone(), table, i, end, sink)
    }
}

#[inline(always)]
fn parse_with<E: Effort, const PAST: bool, const H: usize>(
    finder: &Finder<'_, E, PAST>,
    table: &mut Table<'_, H>,
    i: usize,
    end: usize,
    sink: &mut impl Sink,
) -> usize {
    if SMALL || E::TRIES > 1 {
        return parse_lazily(finder, table, i, i, end, sink);
    }
    match parse_quickly(finder, table, i, end, sink) {
        Ok((i, from)) => parse_lazily(finder, table, i, from, end, sink),
        Err(i) => i,
    }
}

/// Takes each match as it comes, and stops up to seven bytes before the end, since eight are read at once. Returns where
/// it stopped, and where the literals begin that are not shown as a run; an error if the sink takes no more.
#[inline(always)]
fn parse_quickly<E: Effort, const PAST: bool, const H: usize, S: Sink>(
    finder: &Finder<'_, E, PAST>,
    table: &mut Table<'_, H>,
    mut i: usize,
    end: usize,
    sink: &mut S,
) -> Result<(usize, usize), usize> {
    let literals = |from: usize, to: usize| finder.message.get(from..to).unwrap_or_default();
    let message = finder.message.get(..end).unwrap_or_default();
    let mut from = i;
    while let Some(eight) = eight_at(message, i) {
        let found = finder.find_first(table, i, end, eight);
        let start = i;
        if found.len > 0 {
            finder.enter_one(table, i.wrapping_add(1));
            i = i.wrapping_add(found.len);
        } else {
            sink.literal(eight as u8);
            i = i.wrapping_add(1);
            if S::LITERALS_BY_THEMSELVES || i.wrapping_sub(from) < LONGEST_RUN {
                continue;
            }
        }
        let run = if found.len > 0 { start } else { i };
        if sink.token(literals(from, run), found) {
            return Err(i);
        }
        from = i;
    }
    Ok((i, from))
}

/// Replaces a match by a better one that begins a byte later, if it is as short as the effort says. Literals from `from`
/// on are not shown as a run.
#[inline(always)]
fn parse_lazily<E: Effort, const PAST: bool, const H: usize, S: Sink>(
    finder: &Finder<'_, E, PAST>,
    table: &mut Table<'_, H>,
    mut i: usize,
    mut from: usize,
    end: usize,
    sink: &mut S,
) -> usize {
    let literals = |from: usize, to: usize| finder.message.get(from..to).unwrap_or_default();
    // The byte before `i` may begin a match, which a better one at `i` replaces.
    let mut held = Match::NONE;
    while i < end {
        let next = finder.find(table, i, end, held.len);
        let (start, found) = if held.len > 0 && !next.is_better_than(held) {
            (i.wrapping_sub(1), held)
        } else {
            // no match begins at the byte before, or none at this one
            let literal = i.wrapping_sub((held.len > 0).into());
            if held.len > 0 || next.len == 0 {
                sink.literal(finder.message.get(literal).copied().unwrap_or_default());
            }
            if next.len > E::LAZY {
                (i, next)
            } else {
                held = next;
                i = i.wrapping_add(1);
                let run = i.wrapping_sub(from).wrapping_sub((held.len > 0).into());
                if !S::LITERALS_BY_THEMSELVES && run == LONGEST_RUN {
                    if sink.token(literals(from, from.wrapping_add(run)), Match::NONE) {
                        return from.wrapping_add(run);
                    }
                    from = from.wrapping_add(run);
                }
                continue;
            }
        };
        let after = start.wrapping_add(found.len);
        if E::TRIES > 1 {
            finder.enter(table, i.wrapping_add(1), after);
        } else {
            finder.enter_one(table, i.wrapping_add(1));
        }
        if sink.token(literals(from, start), found) {
            return after;
        }
        (i, from, held) = (after, after, Match::NONE);
    }
    if i > from {
        sink.token(literals(from, i), Match::NONE);
    }
    i
}
