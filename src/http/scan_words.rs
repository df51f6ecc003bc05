//! Runs of one class, mostly eight bytes at a time.
//!
//! A word is checked for **suspects**: bytes that are rare in this class, or not of it. Only suspects are looked up one
//! by one.

use super::class::Class;

/// The classes that each byte is of, one bit for each.
static CLASSES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::indexing_slicing, reason = "only evaluated by the compiler; below 256")]
        {
            table[byte] = Class::set(byte as u8);
        }
        byte += 1;
    }
    table
};

/// Returns whether a byte is of a class.
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
pub(super) fn holds(class: Class, byte: u8) -> bool {
    CLASSES[byte as usize] & 1 << class as u8 != 0
}

/// Returns how many bytes at the front are of a class.
#[inline(always)]
pub(super) fn len(class: Class, bytes: &[u8]) -> usize {
    match class {
        // names are short: a look at each byte is less than the arithmetic of words
        Class::Token => token(bytes),
        // a tab is a suspect, too
        Class::Value => {
            let clean = clean_values(bytes);
            clean.wrapping_add(run(bytes.get(clean..).unwrap_or_default(), controls, class, b'\r'))
        }
        Class::Target => run(bytes, not_of_target, class, b' '),
        // nearly all are letters and digits
        Class::Host => run(bytes, neither_letter_nor_digit, class, b':'),
        Class::Base64 => run(bytes, neither_letter_nor_digit, class, b'='),
        Class::NotSpace => run(bytes, spaces, class, b' '),
        // there is hardly more than one
        Class::Digit | Class::Hex => bytes.iter().take_while(|byte| class.has(**byte)).count(),
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Returns a word of eight equal bytes.
pub(super) const fn all(byte: u8) -> u64 {
    ONES.wrapping_mul(byte as u64)
}

/// Sets the high bit of each byte whose other seven bits are at least `limit`, from 1 to 0x80. No byte carries into the
/// next.
#[inline(always)]
const fn at_least(word: u64, limit: u8) -> u64 {
    (word & !HIGHS).wrapping_add(all(0x80u8.wrapping_sub(limit)))
}

/// Sets the high bit of each byte that is an ASCII letter.
#[inline(always)]
const fn letters(word: u64) -> u64 {
    let lower = word | all(0x20);
    at_least(lower, b'a') & !at_least(lower, b'z'.wrapping_add(1)) & !word & HIGHS
}

/// Sets the high bit of each byte that is an ASCII digit.
#[inline(always)]
const fn digits(word: u64) -> u64 {
    at_least(word, b'0') & !at_least(word, b'9'.wrapping_add(1)) & !word & HIGHS
}

/// Sets the high bit of each byte below `limit`.
#[inline(always)]
const fn below(word: u64, limit: u8) -> u64 {
    !(at_least(word, limit) | word) & HIGHS
}

/// Sets the high bit of each byte that is `byte`, which is ASCII.
#[inline(always)]
const fn equal(word: u64, byte: u8) -> u64 {
    below(word ^ all(byte), 1)
}

/// Sets the high bit of each byte that is neither a letter nor a digit.
#[inline(always)]
const fn neither_letter_nor_digit(word: u64) -> u64 {
    !(letters(word) | digits(word)) & HIGHS
}

/// Sets the high bit of each control byte: below a space, and DEL.
#[inline(always)]
const fn controls(word: u64) -> u64 {
    (!at_least(word, 0x20) | at_least(word, 0x7F)) & !word & HIGHS
}

/// Sets the high bit of each byte that may not appear in a request target.
#[inline(always)]
const fn not_of_target(word: u64) -> u64 {
    (!at_least(word, 0x21) | at_least(word, 0x7F) | equal(word, b'#') | word) & HIGHS
}

/// Sets the high bit of each byte that is white space inside a line.
#[inline(always)]
const fn spaces(word: u64) -> u64 {
    equal(word, b' ') | equal(word, b'\t')
}

/// Returns how many bytes at the front are of a token. The loop of eight is unrolled.
#[inline(always)]
fn token(bytes: &[u8]) -> usize {
    let (eights, rest) = bytes.as_chunks::<8>();
    let mut len = 0_usize;
    for eight in eights {
        for (at, byte) in eight.iter().enumerate() {
            if !holds(Class::Token, *byte) {
                return len.wrapping_add(at);
            }
        }
        len = len.wrapping_add(8);
    }
    len.wrapping_add(rest.iter().position(|byte| !holds(Class::Token, *byte)).unwrap_or(rest.len()))
}

/// Returns how many bytes at the front are in whole blocks without a control byte. The compiler makes vectors of it.
#[inline(always)]
fn clean_values(bytes: &[u8]) -> usize {
    let (blocks, _) = bytes.as_chunks::<16>();
    let is_clean = |block: &&[u8; 16]| {
        block.iter().fold(0, |bad, byte| bad | u8::from(*byte < 0x20) | u8::from(*byte == 0x7F)) == 0
    };
    blocks.iter().take_while(is_clean).count().wrapping_mul(16)
}

/// Returns how many bytes at the front are of the class; eight at a time while there is no suspect among them. A run
/// usually ends with `end`, which is not of the class.
#[inline(always)]
fn run(bytes: &[u8], suspect: impl Fn(u64) -> u64, class: Class, end: u8) -> usize {
    let mut rest = bytes;
    while let Some((word, after)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*word);
        let mut suspects = suspect(word);
        while suspects != 0 {
            let at = suspects.trailing_zeros() & 0x38;
            let byte = (word >> at) as u8;
            if byte == end || !holds(class, byte) {
                return bytes.len().wrapping_sub(rest.len()).wrapping_add(at as usize >> 3);
            }
            // that one is allowed: on to the next
            suspects &= suspects.wrapping_sub(1);
        }
        rest = after;
    }
    let last = rest.iter().position(|byte| !holds(class, *byte)).unwrap_or(rest.len());
    bytes.len().wrapping_sub(rest.len()).wrapping_add(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A byte that is not a suspect is never looked up.
    #[test]
    fn the_suspects_of_a_word_are_exactly_those_of_its_bytes() {
        type Suspects = (fn(u64) -> u64, fn(u8) -> bool);
        let classes: [Suspects; 4] = [
            (neither_letter_nor_digit, |byte| !byte.is_ascii_alphanumeric()),
            (controls, |byte| byte < 0x20 || byte == 0x7F),
            (not_of_target, |byte| !Class::Target.has(byte)),
            (spaces, |byte| !Class::NotSpace.has(byte)),
        ];
        for (suspects, is_suspect) in classes {
            for others in [b'x', b'7', b' ', 0xFF] {
                for byte in 0..=255 {
                    for place in 0..8 {
                        let mut bytes = [others; 8];
                        bytes[place] = byte;
                        let want = bytes.map(|byte| if is_suspect(byte) { 0x80 } else { 0 });
                        assert_eq!(suspects(u64::from_le_bytes(bytes)).to_le_bytes(), want, "{bytes:x?}");
                    }
                }
            }
        }
    }

    #[test]
    fn two_suspects_in_one_word_are_seen_in_order() {
        for first in [0x00, 0x09, 0x0D, 0x1F, 0x20, 0x21, b'#', 0x7F, 0x80, 0xFF] {
            for second in [0x00, 0x0D, 0x7F, 0x80] {
                for gap in 1..8 {
                    let mut bytes = [b'a'; 24];
                    (bytes[8], bytes[8 + gap]) = (first, second);
                    for class in [Class::Value, Class::Target] {
                        let naive = bytes.iter().position(|byte| !class.has(*byte)).unwrap_or(24);
                        assert_eq!(len(class, &bytes), naive);
                    }
                }
            }
        }
    }
}
