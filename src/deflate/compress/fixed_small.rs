//! Small machines calculate the fixed codes.

use super::bit_writer::BitWriter;
use super::code::Codes;
pub(super) use super::code::{fixed_distance as distance, fixed_literal as literal};
use super::finder::Match;
use super::put;
use super::symbols::{DISTANCES, LITERALS};

/// Writes a match.
pub(super) fn put_match(bits: &mut BitWriter<'_>, found: Match) {
    put::put_match(bits, found, literal, distance);
}

/// Does something with all of them. A table would take 1.2 KB of flash.
#[inline(never)]
pub(super) fn with_codes(f: impl FnOnce(&Codes)) {
    let mut codes = Codes { literals: [0; LITERALS], distances: [0; DISTANCES] };
    for (symbol, place) in (0..).zip(&mut codes.literals) {
        *place = literal(symbol);
    }
    for (symbol, place) in (0..).zip(&mut codes.distances) {
        *place = distance(symbol);
    }
    f(&codes);
}
