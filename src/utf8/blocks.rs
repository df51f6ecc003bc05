//! The check of long runs on large machines, block by block and without a branch on the text.
//!
//! Each byte is judged by itself and the three bytes before it, so the compiler judges as many bytes at once as its
//! vectors hold.
//!
//! | the byte is wrong | why |
//! |---|---|
//! | C0, C1, F5 to FF | it cannot appear in UTF-8 |
//! | 80 to BF, if no byte before it requires a continuation byte here | it appears alone |
//! | another byte, if one of the three before it requires a continuation byte here | it interrupts a code point |
//! | 80 to 9F after E0, 80 to 8F after F0 | there is a shorter form |
//! | A0 to BF after ED, 90 to BF after F4 | a surrogate; a code point above U+10FFFF |
//!
//! A byte from C0 requires one continuation byte after it, a byte from E0 two, a byte from F0 three.

use super::automaton::states::{ACCEPT, ERROR, STATE_BITS};
use super::automaton::step::step;
use super::verdict::Verdict;
use super::wide::HIGH_BITS;

/// Runs that are shorter, in bytes, are left to the automaton.
const LONG: usize = 64;
/// The number of bytes at the start that the automaton judges, so that every block has three bytes before it.
const FRONT: usize = 16;
/// The number of bytes that are judged at once: a multiple of 16.
const BLOCK: usize = 32;
/// The length of a block and the three bytes before it.
const WINDOW: usize = BLOCK + 3;

/// Judges a long run that begins with a code point. Returns `None` for a short run, and for a run that is not UTF-8:
/// the automaton finds the place.
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
    // The rest is judged as a block together with the bytes before it.
    let last = bytes.last_chunk()?;
    if rest.len() > 3 && !is_ascii(last) && !is_good(last) {
        return None;
    }
    let cut = match *bytes.last_chunk()? {
        [0xF0..=0xFF, _, _] => 3,
        [_, 0xE0..=0xFF, _] => 2,
        [_, _, 0xC0..=0xFF] => 1,
        _ => return Some(Verdict::Whole),
    };
    Some(Verdict::Cut { valid: bytes.len().saturating_sub(cut) })
}

/// Returns whether a block and the byte before it are ASCII. Then nothing requires a continuation byte in it.
#[inline(always)]
fn is_ascii(window: &[u8; WINDOW]) -> bool {
    let [_, _, before, block @ ..] = window;
    let or = block.as_chunks::<16>().0.iter().fold(0, |or, word| or | u128::from_le_bytes(*word));
    *before < 0x80 && or & HIGH_BITS == 0
}

/// Returns whether no byte of a block is wrong.
#[inline(always)]
fn is_good(window: &[u8; WINDOW]) -> bool {
    let after = |n| window.get(n..).and_then(<[u8]>::first_chunk::<BLOCK>);
    let (Some(third), Some(second), Some(first), Some(block)) = (after(0), after(1), after(2), after(3)) else {
        return false;
    };
    let mut wrong = 0;
    for (((byte, first), second), third) in block.iter().zip(first).zip(second).zip(third) {
        wrong |= wrong_bits(*byte, *first, *second, *third);
    }
    wrong == 0
}

/// Returns a number other than 0 if a byte is wrong after the three before it, of which `first` is the nearest.
#[inline(always)]
fn wrong_bits(byte: u8, first: u8, second: u8, third: u8) -> u8 {
    let all = |is: bool| if is { 0xFF } else { 0u8 };
    let never_valid = byte.saturating_sub(0xF4) | all(byte & 0xFE == 0xC0);
    let continues = all(byte & 0xC0 == 0x80);
    let must_continue = all(first.saturating_sub(0xBF) | second.saturating_sub(0xDF) | third.saturating_sub(0xEF) != 0);
    let least = all(first == 0xE0) & 0xA0 | all(first == 0xF0) & 0x90;
    let greatest = !(all(first == 0xED) & 0x60 | all(first == 0xF4) & 0x70);
    never_valid | (continues ^ must_continue) | least.saturating_sub(byte) | byte.saturating_sub(greatest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{format, string::ToString};

    /// The first and the last code point of each length and of each range that a lead byte begins.
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
    fn good_text_is_not_left_to_the_automaton_wherever_its_code_points_are() {
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
    fn a_block_is_ascii_only_if_nothing_requires_a_continuation_byte() {
        let mut window = [b'a'; WINDOW];
        assert!(is_ascii(&window));
        (window[0], window[1]) = (0xF0, 0xE0);
        assert!(is_ascii(&window), "they concern the byte before the block, which is ASCII");
        for at in 2..WINDOW {
            let mut window = window;
            window[at] = 0x80;
            assert!(!is_ascii(&window), "{at}");
        }
    }

    /// Checks the table at the top of this file, row by row.
    #[test]
    fn a_byte_is_wrong_for_the_reasons_in_the_table() {
        let near = [
            0x00, 0x41, 0x7F, 0x80, 0x9F, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1,
            0xF3, 0xF4, 0xF5, 0xFF,
        ];
        for byte in 0..=255u8 {
            for first in near {
                for second in [0x00, 0x80, 0xC2, 0xDF, 0xE0, 0xEF, 0xF0, 0xFF] {
                    for third in [0x00, 0x80, 0xDF, 0xE2, 0xEF, 0xF0, 0xF4, 0xFF] {
                        let never_valid = matches!(byte, 0xC0 | 0xC1 | 0xF5..);
                        let required = first >= 0xC0 || second >= 0xE0 || third >= 0xF0;
                        let has_a_shorter_form = (first == 0xE0 && byte < 0xA0) || (first == 0xF0 && byte < 0x90);
                        let is_no_scalar_value = (first == 0xED && byte > 0x9F) || (first == 0xF4 && byte > 0x8F);
                        let wrong = never_valid
                            || matches!(byte, 0x80..=0xBF) != required
                            || has_a_shorter_form
                            || is_no_scalar_value;
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
