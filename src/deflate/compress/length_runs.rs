//! The lengths of the codes of a block, as they are sent: with a code of their own, and repeats (RFC 1951 §3.2.7).

/// Symbols of the code for code lengths.
pub(super) const LENGTH_SYMBOLS: usize = 19;
/// The order in which the lengths of that code are sent (RFC 1951 §3.2.7).
pub(super) const ORDER: [u8; LENGTH_SYMBOLS] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Shows the symbols for these lengths, each with its extra bits and how many those are.
pub(super) fn runs(lengths: &[u16], mut show: impl FnMut(u16, u32, u32)) {
    let mut rest = lengths;
    while let Some((&len, after)) = rest.split_first() {
        let more = after.iter().take_while(|other| **other == len).count();
        rest = after.get(more..).unwrap_or_default();
        let mut run = more;
        if len == 0 {
            run = run.wrapping_add(1);
        } else {
            // 16 repeats the length before it
            show(len, 0, 0);
        }
        while run >= 3 {
            let (symbol, times, least, extra_bits) = match (len, run) {
                (0, 0..=10) => (17, run, 3, 3),
                (0, _) => (18, run.min(138), 11, 7),
                _ => (16, run.min(6), 3, 2),
            };
            show(symbol, times.wrapping_sub(least) as u32, extra_bits);
            run = run.wrapping_sub(times);
        }
        for _ in 0..run {
            show(len, 0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;
    use std::vec::Vec;

    #[test]
    fn runs_of_any_length_come_back() {
        for len in [0, 1, 15] {
            for n in 1..400 {
                let lengths = [vec![7], vec![len; n], vec![3]].concat();
                let mut back: Vec<u16> = vec![];
                runs(&lengths, |symbol, extra, bits| {
                    assert!(extra < 1 << bits);
                    let (value, times) = match symbol {
                        16 => (*back.last().unwrap(), extra + 3),
                        17 => (0, extra + 3),
                        18 => (0, extra + 11),
                        len => (len, 1),
                    };
                    back.extend((0..times).map(|_| value));
                });
                assert_eq!(back, lengths);
            }
        }
    }
}
