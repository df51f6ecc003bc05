//! The symbols of an alphabet that have a code: most alphabets have holes.

use crate::target::SMALL;

/// Calls `f` with each symbol whose length is not 0, in order, and the length.
#[inline(always)]
pub(super) fn each_used(lens: &[u8], mut f: impl FnMut(u16, u8)) {
    if SMALL {
        for (symbol, len) in (0..).zip(lens) {
            if *len > 0 {
                f(symbol, *len);
            }
        }
        return;
    }
    let (eights, rest) = lens.as_chunks::<8>();
    let mut first = 0u16;
    for eight in eights {
        let mut left = u64::from_le_bytes(*eight);
        while left != 0 {
            // the lowest byte that is not 0
            let at = left.trailing_zeros() & 0x38;
            f(first.wrapping_add((at >> 3) as u16), left.wrapping_shr(at) as u8);
            left &= !0xFFu64.wrapping_shl(at);
        }
        first = first.wrapping_add(8);
    }
    for len in rest {
        if *len > 0 {
            f(first, *len);
        }
        first = first.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_symbol_with_a_code_is_missed() {
        let mut lens = [0; 37];
        for (symbol, len) in [(0, 1), (7, 15), (8, 8), (30, 3), (31, 4), (32, 9), (36, 2)] {
            lens[symbol] = len;
        }
        for end in 0..=lens.len() {
            let mut found = vec![];
            each_used(&lens[..end], |symbol, len| found.push((usize::from(symbol), len)));
            let want = lens[..end].iter().copied().enumerate().filter(|(_, len)| *len > 0);
            assert!(found.into_iter().eq(want));
        }
    }
}
