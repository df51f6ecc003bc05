//! The check of one run of bytes.

use super::automaton::step::step;
#[cfg(not(upframe_small))]
use super::blocks;
#[cfg(upframe_small)]
use super::narrow::check_bytes;
#[cfg(feature = "simd")]
use super::vectors::check_in_vectors;
use super::verdict::Verdict;
#[cfg(not(upframe_small))]
use super::wide::check_with;

/// Checks whether a run of bytes is UTF-8 (RFC 3629, RFC 6455 §8.1). The run must begin with a code point.
///
/// A run that ends inside a code point is not an error: the result is [`Verdict::Cut`]. An error is found at the first
/// byte that cannot follow. Work is linear in the length of the run.
///
/// ```
/// use upframe::utf8::{Verdict, check};
/// assert_eq!(check("añb".as_bytes()), Verdict::Whole);
/// assert_eq!(check(b"a\xC3"), Verdict::Cut { valid: 1 });
/// assert_eq!(check(b"a\xE2\x82A"), Verdict::Bad { valid: 1, at: 3 });
/// ```
#[inline(never)]
pub fn check(bytes: &[u8]) -> Verdict {
    #[cfg(feature = "simd")]
    if let Some(verdict) = check_in_vectors(bytes) {
        return verdict;
    }
    #[cfg(not(upframe_small))]
    if let Some(verdict) = blocks::check(bytes) {
        return verdict;
    }
    #[cfg(not(upframe_small))]
    return check_with(bytes, step);
    #[cfg(upframe_small)]
    return check_bytes(bytes, step);
}

#[cfg(test)]
mod tests {
    use super::super::automaton::{large, small};
    use super::super::naive::naive;
    use super::super::narrow::check_bytes;
    use super::super::wide::check_with;
    use super::*;
    use std::vec::Vec;

    fn agree(bytes: &[u8]) {
        let want = naive(bytes);
        assert_eq!(check(bytes), want, "{bytes:x?}");
        assert_eq!(check_with(bytes, large::step), want, "{bytes:x?}");
        assert_eq!(check_with(bytes, small::step), want, "{bytes:x?}");
        assert_eq!(check_bytes(bytes, small::step), want, "{bytes:x?}");
    }

    #[test]
    fn every_byte_pair_and_every_interesting_quadruple_agrees_with_core() {
        for a in 0..=255 {
            agree(&[a]);
            for b in 0..=255 {
                agree(&[a, b]);
            }
        }
        let edges = [
            0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
            0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ];
        for a in edges {
            for b in edges {
                for c in edges {
                    agree(&[a, b, c]);
                    agree(
                        &[&b"at the end of a long run, whose last code point may go on after it"[..], &[a, b, c]]
                            .concat(),
                    );
                    for d in edges {
                        agree(&[a, b, c, d]);
                    }
                }
            }
        }
    }

    #[test]
    fn an_error_is_found_anywhere_in_a_block_and_across_two_blocks() {
        let edges = [
            0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xF0, 0xF1, 0xF4, 0xF5,
        ];
        for before in [13, 14, 15, 16, 45, 46, 47, 48, 77, 78] {
            for after in [0, 1, 2, 3, 60] {
                for a in edges {
                    for b in edges {
                        for c in [0x41, 0x80, 0xBF, 0xC2] {
                            let middle = [a, b, c, 0x80];
                            let bytes = [&[b'x'; 80][..before], &middle, &[b'y'; 60][..after]].concat();
                            assert_eq!(check(&bytes), naive(&bytes), "{middle:x?} between {before} and {after}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn runs_of_every_length_and_alphabet_agree_with_core() {
        let mut x = 1u32;
        let mut random = |n: usize| {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (x >> 8) as usize % n
        };
        for alphabet in
            ["aü", "abcdefghijklmnopqrstuvwxyzß", "世界", "я 😀", "\u{800}\u{D7FF}\u{E000}\u{10FFFF}\u{10000}"]
        {
            let chars: Vec<char> = alphabet.chars().collect();
            for len in 50..300 {
                let mut bytes = Vec::new();
                while bytes.len() < len {
                    bytes.extend(chars[random(chars.len())].encode_utf8(&mut [0; 4]).bytes());
                }
                // Whole, cut anywhere, and with one wrong byte.
                assert_eq!(check(&bytes), Verdict::Whole);
                assert_eq!(check(&bytes[..len]), naive(&bytes[..len]));
                let at = random(len);
                bytes[at] = random(256) as u8;
                assert_eq!(check(&bytes), naive(&bytes), "{bytes:x?}");
            }
        }
    }

    #[test]
    fn every_scalar_value_is_accepted_and_every_cut_of_it_is_reported() {
        for c in (0..=u32::from(char::MAX)).step_by(7).filter_map(char::from_u32) {
            let mut buf = [0; 4];
            let bytes = c.encode_utf8(&mut buf).as_bytes();
            assert_eq!(check(bytes), Verdict::Whole);
            for cut in 1..bytes.len() {
                assert_eq!(check(&bytes[..cut]), Verdict::Cut { valid: 0 });
            }
        }
    }

    #[test]
    fn an_error_is_found_at_every_place_of_a_long_text() {
        let text = "Grüße, 世界! 😀 κόσμε and then some ASCII to fill a block of sixteen — 日本語".repeat(3);
        for at in 0..text.len() {
            for bad in [0x80, 0xC0, 0xC3, 0xE0, 0xED, 0xF4, 0xFF, b'a'] {
                let mut bytes = text.clone().into_bytes();
                bytes[at] = bad;
                agree(&bytes);
                agree(&bytes[..=at]);
            }
        }
    }
}
