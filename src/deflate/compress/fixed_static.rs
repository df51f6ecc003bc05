//! Large machines look up the fixed codes.

use super::code::{Codes, Word};

static CODES: Codes = Codes::FIXED;

#[inline(always)]
pub(super) fn literal(symbol: u16) -> Word {
    CODES.literal(symbol)
}

#[inline(always)]
pub(super) fn distance(symbol: u16) -> Word {
    CODES.distance(symbol)
}

/// Does something with all of them.
#[inline(always)]
pub(super) fn with_codes(f: impl FnOnce(&Codes)) {
    f(&CODES);
}
