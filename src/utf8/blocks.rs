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
//! Texts with code points of four bytes are rare: what is special about them is judged in a second pass.
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
/// The number of bytes that are judged at once in vectors, of which a block has two.
const HALF: usize = BLOCK / 2;

/// What was seen so far, apart for each byte of a half of a block: so nothing is added up across a vector before the end.
struct Seen {
    /// Its high bit is set if a byte is wrong.
    wrong: [u8; HALF],
    /// Its high bit is set if a code point of four bytes begins: then [`four_bytes_are_good`] has to look, too.
    four: [u8; HALF],
    /// Below 2 if a byte is C0 or C1.
    least: [u8; HALF],
}

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
    let mut seen = Seen { wrong: [0; HALF], four: [0; HALF], least: [0xFF; HALF] };
    let (earlier, _) = bytes.get(FRONT - 3..)?.as_chunks();
    let (blocks, rest) = bytes.get(FRONT..)?.as_chunks();
    for (earlier, block) in earlier.iter().zip(blocks) {
        seen.look_at(earlier, block);
    }
    // The rest is judged as a block together with the bytes before it.
    let window = bytes.last_chunk::<{ BLOCK + 3 }>()?;
    if !rest.is_empty() {
        seen.look_at(window.first_chunk()?, window.last_chunk()?);
    }
    let cut = match *bytes.last_chunk()? {
        // no byte comes after it that would be wrong
        [_, _, 0xC0 | 0xC1 | 0xF5..=0xFF] => return None,
        [0xF0..=0xFF, _, _] => 3,
        [_, 0xE0..=0xFF, _] => 2,
        [_, _, 0xC0..=0xFF] => 1,
        _ => 0,
    };
    let is_wrong = has_high_bit(&seen.wrong) || seen.least.iter().any(|least| *least < 2);
    if is_wrong || ((has_high_bit(&seen.four) || cut > 1) && !four_bytes_are_good(bytes)) {
        return None;
    }
    Some(if cut == 0 { Verdict::Whole } else { Verdict::Cut { valid: bytes.len().saturating_sub(cut) } })
}

#[inline(always)]
fn has_high_bit(bytes: &[u8; HALF]) -> bool {
    !bytes.iter().fold(0, |or, byte| or | byte).is_ascii()
}

/// Returns whether a block and the byte before it are ASCII. Then nothing requires a continuation byte in it. `earlier` is
/// as long as a block and begins three bytes before it.
#[inline(always)]
fn is_ascii(earlier: &[u8; BLOCK], block: &[u8; BLOCK]) -> bool {
    let [_, _, before, ..] = earlier;
    before.is_ascii() && block.iter().fold(0, |or, byte| or | byte).is_ascii()
}

/// All ones, or none.
#[inline(always)]
const fn all(is: bool) -> u8 {
    if is { 0xFF } else { 0 }
}

impl Seen {
    /// Adds what is seen in a block, unless it is ASCII. `earlier` is as long as a block and begins three bytes before it:
    /// two arrays in step, so that the loop has no bounds to check.
    #[inline(always)]
    fn look_at(&mut self, earlier: &[u8; BLOCK], block: &[u8; BLOCK]) {
        if is_ascii(earlier, block) {
            return;
        }
        let half = |bytes: &[u8; BLOCK], at| bytes.get(at..).and_then(<[u8]>::first_chunk::<HALF>).copied();
        let [first, second] = [
            [half(earlier, 0), half(earlier, 1), half(earlier, 2), half(block, 0)],
            // the third byte before the second half is the first that is in the block
            [half(earlier, HALF), half(block, HALF - 2), half(block, HALF - 1), half(block, HALF)],
        ];
        for bytes in [first, second] {
            if let [Some(third), Some(second), Some(first), Some(half)] = bytes {
                self.look_at_half(&third, &second, &first, &half);
            }
        }
    }

    /// Adds what is seen in a half, whose bytes are after those of the others.
    #[inline(always)]
    fn look_at_half(&mut self, third: &[u8; HALF], second: &[u8; HALF], first: &[u8; HALF], half: &[u8; HALF]) {
        let seen = self.wrong.iter_mut().zip(&mut self.four).zip(&mut self.least);
        let bytes = half.iter().zip(first).zip(second).zip(third);
        for (((wrong, four), least), (((byte, first), second), third)) in seen.zip(bytes) {
            *wrong |= wrong_bits(*byte, *first, *second, *third);
            *four |= third.saturating_sub(0x70);
            *least = first.wrapping_sub(0xC0).min(*least);
        }
    }
}

/// Returns a byte whose high bit is set if `byte` is wrong after the three before it, of which `first` is the nearest. C0,
/// C1 and what [`four_bytes_are_good`] judges are left out.
#[inline(always)]
fn wrong_bits(byte: u8, first: u8, second: u8, third: u8) -> u8 {
    // 80 to BF, as signed bytes
    let continues = all((byte as i8) < -0x40);
    // the high bit of x minus (limit minus 80) is set from the limit on
    let must_continue = first.saturating_sub(0x40) | second.saturating_sub(0x60) | third.saturating_sub(0x70);
    // E0 needs a byte from A0 on, ED one below it: 0D is the difference of E0 and ED
    let from_a0 = all((byte as i8) > -0x61);
    (continues ^ must_continue) | all(first ^ (from_a0 & 0x0D) == 0xE0)
}

/// Returns whether all code points of four bytes are good in a text in which nothing else is wrong.
#[inline(never)]
fn four_bytes_are_good(bytes: &[u8]) -> bool {
    let mut wrong = 0;
    for (first, byte) in bytes.iter().zip(bytes.iter().skip(1)) {
        let least = all(*first == 0xF0) & 0x90;
        let greatest = !(all(*first == 0xF4) & 0x70);
        wrong |= first.saturating_sub(0xF4) | least.saturating_sub(*byte) | byte.saturating_sub(greatest);
    }
    wrong == 0
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
        let is_ascii =
            |window: &[u8; BLOCK + 3]| super::is_ascii(window.first_chunk().unwrap(), window.last_chunk().unwrap());
        let mut window = [b'a'; BLOCK + 3];
        assert!(is_ascii(&window));
        (window[0], window[1]) = (0xF0, 0xE0);
        assert!(is_ascii(&window), "they concern the byte before the block, which is ASCII");
        for at in 2..BLOCK + 3 {
            let mut window = window;
            window[at] = 0x80;
            assert!(!is_ascii(&window), "{at}");
        }
    }

    /// Checks the table at the top of this file, but for C0, C1 and code points of four bytes.
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
                        let required = first >= 0xC0 || second >= 0xE0 || third >= 0xF0;
                        let has_a_shorter_form = first == 0xE0 && byte < 0xA0;
                        let is_a_surrogate = first == 0xED && byte > 0x9F;
                        let wrong = matches!(byte, 0x80..=0xBF) != required || has_a_shorter_form || is_a_surrogate;
                        assert_eq!(
                            wrong_bits(byte, first, second, third) & 0x80 != 0,
                            wrong,
                            "{third:x} {second:x} {first:x} {byte:x}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_code_point_of_four_bytes_is_good_in_its_range() {
        for lead in 0xF0..=0xFF {
            for second in 0x80..=0xBF {
                let good = core::str::from_utf8(&[lead, second, 0x80, 0x80]).is_ok();
                assert_eq!(four_bytes_are_good(&[b'a', lead, second, 0x80, 0x80, b'a']), good, "{lead:x} {second:x}");
                // anywhere in a long text, also if it is cut
                for before in 13..=64 {
                    for len in 2..=4 {
                        let bytes = [&[b'a'; 64][..before], &[lead, second, 0x80, 0x80][..len]].concat();
                        let bytes = [&[b'a'; 64][..], &bytes].concat();
                        let want = (good && len == 4).then_some(Verdict::Whole);
                        let cut = (good && len < 4).then_some(Verdict::Cut { valid: 64 + before });
                        assert_eq!(check(&bytes), want.or(cut), "{lead:x} {second:x} after {before}, {len}");
                    }
                }
            }
        }
    }

    #[test]
    fn bytes_that_never_appear_are_found_anywhere() {
        for bad in [0xC0, 0xC1, 0xF5, 0xFF] {
            for len in 64..=150 {
                for at in 0..len {
                    let mut bytes = vec![b'a'; len];
                    bytes[at] = bad;
                    assert_eq!(check(&bytes), None, "{bad:x} at {at} of {len}");
                    // also if what follows continues it
                    for byte in bytes.iter_mut().skip(at + 1).take(if bad < 0xF0 { 1 } else { 3 }) {
                        *byte = 0x80;
                    }
                    assert_eq!(check(&bytes), None, "{bad:x} at {at} of {len}");
                }
            }
        }
    }
}
