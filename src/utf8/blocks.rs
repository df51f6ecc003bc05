//! Long runs, a block at a time and without a branch on the text: each byte is judged by itself and the three before it, so the
//! compiler judges as many at once as its vectors hold.
//!
//! | the byte is wrong | why |
//! |---|---|
//! | C0, C1, F5 to FF | they begin nothing |
//! | one from 80 to BF where none of the three before asks for it, any other where one does | a byte from C0 up asks the next one to go on, from E0 up the next two, from F0 up the next three |
//! | 80 to 9F behind E0, 80 to 8F behind F0 | there is a shorter form |
//! | A0 to BF behind ED, 90 to BF behind F4 | surrogates, and what lies beyond U+10FFFF |

use super::automaton::{ACCEPT, ERROR, STATE_BITS, step};
use super::{HIGH_BITS, Verdict};

/// Shorter runs are left to the automaton.
const LONG: usize = 64;
/// Bytes that the automaton judges in front, so that every block has three bytes before it.
const FRONT: usize = 16;
/// Bytes that are judged at once: a multiple of 16.
const BLOCK: usize = 32;
/// A block, and the three bytes before it.
const WINDOW: usize = BLOCK + 3;

/// Judges a long run that begins with a code point. None for a short one, and for one that is bad: the automaton says at which byte.
#[inline(always)]
pub(super) fn check(bytes: &[u8]) -> Option<Verdict> {
    if bytes.len() < LONG {
        return None;
    }
    let front = bytes.first_chunk::<FRONT>()?;
    if u128::from_le_bytes(*front) & HIGH_BITS != 0
        && front.iter().fold(ACCEPT, |state, byte| step(state, *byte)) & STATE_BITS == ERROR
    {
        return None;
    }
    let mut rest = bytes.get(FRONT - 3..)?;
    while let Some(window) = rest.first_chunk() {
        if !is_ascii(window) && !is_good(window) {
            return None;
        }
        rest = rest.get(BLOCK..)?;
    }
    // what is left is judged with so much of the block before as makes it one
    let last = bytes.last_chunk()?;
    if rest.len() > 3 && !is_ascii(last) && !is_good(last) {
        return None;
    }
    // [8.1-whole]
    let lacking = match *bytes.last_chunk()? {
        [0xF0..=0xFF, _, _] => 3,
        [_, 0xE0..=0xFF, _] => 2,
        [_, _, 0xC0..=0xFF] => 1,
        _ => return Some(Verdict::Whole),
    };
    Some(Verdict::Cut { valid: bytes.len().saturating_sub(lacking) })
}

/// Whether a block is ASCII, and the byte before it, so that none asks it to go on.
#[inline(always)]
fn is_ascii(window: &[u8; WINDOW]) -> bool {
    let [_, _, before, block @ ..] = window;
    let or = block.as_chunks::<16>().0.iter().fold(0, |or, word| or | u128::from_le_bytes(*word));
    *before < 0x80 && or & HIGH_BITS == 0
}

/// Whether no byte of a block is wrong.
#[inline(always)]
fn is_good(window: &[u8; WINDOW]) -> bool {
    let behind = |n| window.get(n..).and_then(<[u8]>::first_chunk::<BLOCK>);
    let (Some(third), Some(second), Some(first), Some(block)) = (behind(0), behind(1), behind(2), behind(3)) else {
        return false;
    };
    let mut wrong = 0;
    for (((byte, first), second), third) in block.iter().zip(first).zip(second).zip(third) {
        wrong |= wrong_bits(*byte, *first, *second, *third);
    }
    wrong == 0
}

/// Not 0 if a byte is wrong behind the three before it, of which `first` is the nearest.
#[inline(always)]
fn wrong_bits(byte: u8, first: u8, second: u8, third: u8) -> u8 {
    // [8.1-overlong] [8.1-surrogates] [8.1-beyond]
    let all = |is: bool| if is { 0xFF } else { 0u8 };
    let begins_nothing = byte.saturating_sub(0xF4) | all(byte & 0xFE == 0xC0);
    let goes_on = all(byte & 0xC0 == 0x80);
    let must_go_on = all(first.saturating_sub(0xBF) | second.saturating_sub(0xDF) | third.saturating_sub(0xEF) != 0);
    let least = all(first == 0xE0) & 0xA0 | all(first == 0xF0) & 0x90;
    let greatest = !(all(first == 0xED) & 0x60 | all(first == 0xF4) & 0x70);
    // [8.1-stray] [8.1-interrupted]
    begins_nothing | (goes_on ^ must_go_on) | least.saturating_sub(byte) | byte.saturating_sub(greatest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{format, string::ToString};

    /// The first and the last of each length and of each range that a first byte stands for.
    const EDGES: [char; 17] = [
        '\0',
        'a',
        '\u{7F}',
        '\u{80}',
        '\u{7FF}',
        '\u{800}',
        '\u{FFF}',
        '\u{1000}',
        '\u{CFFF}',
        '\u{D000}',
        '\u{D7FF}',
        '\u{E000}',
        '\u{FFFF}',
        '\u{10000}',
        '\u{3FFFF}',
        '\u{40000}',
        '\u{10FFFF}',
    ];

    #[test]
    fn good_text_is_not_left_to_the_automaton_wherever_its_code_points_stand() {
        for fill in ['a', 'é', '€', '😀'] {
            for c in EDGES {
                for before in 0..48 {
                    let front = fill.to_string().repeat(before);
                    let text = format!("{}{front}{c}{}", "a".repeat(before % 4), fill.to_string().repeat(24));
                    let bytes = text.as_bytes();
                    let whole = (bytes.len() >= LONG).then_some(Verdict::Whole);
                    assert_eq!(check(bytes), whole, "{text}");
                    for cut in 1..fill.len_utf8().min(bytes.len()) {
                        let valid = bytes.len() - fill.len_utf8();
                        let bytes = &bytes[..valid + cut];
                        let want = (bytes.len() >= LONG).then_some(Verdict::Cut { valid });
                        assert_eq!(check(bytes), want, "{text} {cut}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_shortest_text_that_is_judged_has_sixty_four_bytes() {
        assert_eq!(check(&[b'a'; 63]), None);
        assert_eq!(check(&[b'a'; 64]), Some(Verdict::Whole));
    }

    #[test]
    fn a_block_is_ascii_only_if_nothing_asks_it_to_go_on() {
        let mut window = [b'a'; WINDOW];
        assert!(is_ascii(&window));
        (window[0], window[1]) = (0xF0, 0xE0);
        assert!(is_ascii(&window), "they are asked of the byte before the block, which is ASCII");
        for at in 2..WINDOW {
            let mut window = window;
            window[at] = 0x80;
            assert!(!is_ascii(&window), "{at}");
        }
    }

    /// The table above, row by row.
    #[test]
    fn a_byte_is_wrong_for_three_reasons() {
        let near = [
            0x00, 0x41, 0x7F, 0x80, 0x9F, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1,
            0xF3, 0xF4, 0xF5, 0xFF,
        ];
        for byte in 0..=255u8 {
            for first in near {
                for second in [0x00, 0x80, 0xC2, 0xDF, 0xE0, 0xEF, 0xF0, 0xFF] {
                    for third in [0x00, 0x80, 0xDF, 0xE2, 0xEF, 0xF0, 0xF4, 0xFF] {
                        let begins_nothing = matches!(byte, 0xC0 | 0xC1 | 0xF5..);
                        let asked = first >= 0xC0 || second >= 0xE0 || third >= 0xF0;
                        let has_a_shorter_form = (first == 0xE0 && byte < 0xA0) || (first == 0xF0 && byte < 0x90);
                        let stands_for_nothing = (first == 0xED && byte > 0x9F) || (first == 0xF4 && byte > 0x8F);
                        let wrong = begins_nothing
                            || matches!(byte, 0x80..=0xBF) != asked
                            || has_a_shorter_form
                            || stands_for_nothing;
                        assert_eq!(
                            wrong_bits(byte, first, second, third) != 0,
                            wrong,
                            "{third:x} {second:x} {first:x} {byte:x}"
                        );
                    }
                }
            }
        }
    }
}
