//! The next place on small machines: the rules are searched. Little code.

use super::authority_rules::{Place, next as search};
use super::scan_small::all_of;

/// Returns the place that a byte leads to from another place, and whether it is a digit that counts.
#[inline(always)]
pub(super) fn next(place: Place, byte: u8) -> (Place, bool) {
    search(place, byte.to_ascii_lowercase(), all_of(byte))
}
