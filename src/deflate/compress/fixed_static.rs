//! Large machines look up the fixed codes.

use super::code::{Codes, Word};

/// All of them.
pub(super) static CODES: Codes = Codes::FIXED;

#[inline(always)]
pub(super) fn literal(symbol: u16) -> Word {
    CODES.literal(symbol)
}

#[inline(always)]
pub(super) fn distance(symbol: u16) -> Word {
    CODES.distance(symbol)
}
