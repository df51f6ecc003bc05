//! The codes of fixed blocks as lengths (RFC 1951 §3.2.6): a small machine builds them as any others, and keeps them
//! until a block brings its own.

use super::tables::Lengths;

/// Returns the code lengths of fixed blocks.
pub(super) fn fixed_lengths() -> Lengths {
    let mut lengths = Lengths { literals: 288, distances: 32, ..Lengths::NONE };
    for (symbol, len) in (0u16..).zip(&mut lengths.all) {
        *len = match symbol {
            0..=143 => 8,
            144..=255 => 9,
            256..=279 => 7,
            280..=287 => 8,
            _ => 5,
        };
    }
    lengths
}
