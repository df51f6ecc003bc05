//! The symbols of an alphabet that have a code: most alphabets have holes.

use crate::target::SMALL;

/// Calls `f` with each symbol whose length is not 0, in order, and the length, at most 15.
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
        let lens = u64::from_le_bytes(*eight);
        // a length is at most 15, so the highest bit of its byte becomes 1 if it is not 0
        let mut used = lens.wrapping_add(0x7F7F_7F7F_7F7F_7F7F) & 0x8080_8080_8080_8080;
        while used != 0 {
            let at = used.trailing_zeros() & 0x38;
            f(first.wrapping_add((at >> 3) as u16), lens.wrapping_shr(at) as u8);
            used &= used.wrapping_sub(1);
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
