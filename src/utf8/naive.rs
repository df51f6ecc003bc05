//! The naive twin of the check: the standard library.

use super::verdict::Verdict;
use core::str::from_utf8;

/// Returns what `core` reports, as a verdict.
pub(super) fn naive(bytes: &[u8]) -> Verdict {
    let Err(error) = from_utf8(bytes) else { return Verdict::Whole };
    let valid = error.valid_up_to();
    match error.error_len() {
        None => Verdict::Cut { valid },
        // `core` counts the good bytes from a lead byte on, and 1 if the first byte itself is bad.
        Some(len) => Verdict::Bad { valid, at: if matches!(bytes[valid], 0xC2..=0xF4) { valid + len } else { valid } },
    }
}
