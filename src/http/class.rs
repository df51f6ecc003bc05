//! Classes of bytes, and how far a run of one class reaches.

use crate::target::SMALL;

/// What a byte may be part of.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Class {
    /// A token: a method, a field name, a subprotocol (RFC 9110 §5.6.2).
    Token,
    /// A field value, or a reason: visible, space, tab, or beyond ASCII (RFC 9110 §5.5).
    Value,
    /// A request target: visible ASCII, and not the `#` of a fragment (RFC 9112 §3.2).
    Target,
    /// A host and a port (RFC 3986 §3.2).
    Host,
    /// The digits of base64 (RFC 4648 §4).
    Base64,
    /// Anything but white space inside a line (RFC 9110 §5.6.3).
    NotSpace,
    /// The digit 0.
    Zero,
}

impl Class {
    const ALL: [Self; 7] =
        [Self::Token, Self::Value, Self::Target, Self::Host, Self::Base64, Self::NotSpace, Self::Zero];

    /// What the class is.
    #[inline(always)]
    const fn has(self, byte: u8) -> bool {
        match self {
            Self::Token => matches!(byte,
                b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.'
                | b'^' | b'_' | b'`' | b'|' | b'~'),
            // [9110-5.5-value]
            Self::Value => matches!(byte, b'\t' | 0x20..=0x7E | 0x80..),
            // [9112-3.2-target-bytes]
            Self::Target => matches!(byte, 0x21..=0x7E) && byte != b'#',
            Self::Host => matches!(byte,
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'%' | b'!' | b'$' | b'&' | b'\'' | b'('
                | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'[' | b']'),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'),
            Self::NotSpace => !matches!(byte, b' ' | b'\t'),
            Self::Zero => byte == b'0',
        }
    }

    /// Whether a byte is of this class.
    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
    pub(crate) fn holds(self, byte: u8) -> bool {
        match self {
            _ if SMALL => small::holds(self, byte),
            Self::Token => TCHAR[byte as usize],
            _ => self.has(byte),
        }
    }

    /// How many bytes of this class lie at the front.
    #[inline(always)]
    pub(crate) fn len(self, bytes: &[u8]) -> usize {
        match self {
            _ if SMALL => small::len(self, bytes),
            // nearly all are letters and hyphens; the others are told apart by the byte
            Self::Token => run(bytes, neither_letter_nor_hyphen, self),
            // a tab is told apart by the byte
            Self::Value => run(bytes, controls, self),
            Self::Target => run(bytes, not_of_target, self),
            // nearly all are letters and digits
            Self::Host | Self::Base64 => run(bytes, neither_letter_nor_digit, self),
            Self::NotSpace => run(bytes, spaces, self),
            // there is hardly more than one
            Self::Zero => bytes.iter().take_while(|byte| **byte == b'0').count(),
        }
    }
}

/// Whether a byte may stand in a token (RFC 9110 §5.6.2).
#[inline(always)]
pub(crate) fn is_tchar(byte: u8) -> bool {
    Class::Token.holds(byte)
}

/// The bytes of a token.
static TCHAR: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::indexing_slicing, reason = "only evaluated by the compiler; below 256")]
        {
            table[byte] = Class::Token.has(byte as u8);
        }
        byte += 1;
    }
    table
};

/// All classes in one table, and bytes one at a time: little code, for small machines.
mod small {
    use super::Class;

    /// Which classes have a byte, one bit for each.
    const fn classes(byte: u8) -> u8 {
        let (mut classes, mut left) = (0, Class::ALL.as_slice());
        while let [class, rest @ ..] = left {
            classes |= (class.has(byte) as u8) << *class as u8;
            left = rest;
        }
        classes
    }

    static ASCII: [u8; 128] = {
        let mut table = [0; 128];
        let mut byte = 0;
        while byte < 128 {
            #[expect(clippy::indexing_slicing, reason = "only evaluated by the compiler; below 128")]
            {
                table[byte] = classes(byte as u8);
            }
            byte += 1;
        }
        table
    };

    pub(super) fn holds(class: Class, byte: u8) -> bool {
        // beyond ASCII all bytes are alike
        let classes = ASCII.get(usize::from(byte)).map_or(const { classes(0x80) }, |classes| *classes);
        classes >> class as u8 & 1 == 1
    }

    #[inline(never)]
    pub(super) fn len(class: Class, bytes: &[u8]) -> usize {
        bytes.iter().position(|byte| !holds(class, *byte)).unwrap_or(bytes.len())
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// One byte in all places of a word.
const fn all(byte: u8) -> u64 {
    ONES.wrapping_mul(byte as u64)
}

/// In the high bit of each byte: whether its other seven bits are at least `limit`, from 1 to 0x80. No byte carries into the next.
#[inline(always)]
const fn at_least(word: u64, limit: u8) -> u64 {
    (word & !HIGHS).wrapping_add(all(0x80u8.wrapping_sub(limit)))
}

/// The high bit of each byte that is an ASCII letter.
#[inline(always)]
const fn letters(word: u64) -> u64 {
    let lower = word | all(0x20);
    at_least(lower, b'a') & !at_least(lower, b'z'.wrapping_add(1)) & !word & HIGHS
}

/// The high bit of each byte that is an ASCII digit.
#[inline(always)]
const fn digits(word: u64) -> u64 {
    at_least(word, b'0') & !at_least(word, b'9'.wrapping_add(1)) & !word & HIGHS
}

/// The high bit of each byte below `limit`.
#[inline(always)]
const fn below(word: u64, limit: u8) -> u64 {
    !(at_least(word, limit) | word) & HIGHS
}

/// The high bit of each byte that is `byte`, which is ASCII.
#[inline(always)]
const fn equal(word: u64, byte: u8) -> u64 {
    below(word ^ all(byte), 1)
}

/// The high bit of each byte that is neither a letter nor a hyphen.
#[inline(always)]
const fn neither_letter_nor_hyphen(word: u64) -> u64 {
    !(letters(word) | equal(word, b'-')) & HIGHS
}

/// The high bit of each byte that is neither a letter nor a digit.
#[inline(always)]
const fn neither_letter_nor_digit(word: u64) -> u64 {
    !(letters(word) | digits(word)) & HIGHS
}

/// The high bit of each control byte: below a space, and DEL.
#[inline(always)]
const fn controls(word: u64) -> u64 {
    // [9110-5.5-value]
    (!at_least(word, 0x20) | at_least(word, 0x7F)) & !word & HIGHS
}

/// The high bit of each byte that may not stand in a request target.
#[inline(always)]
const fn not_of_target(word: u64) -> u64 {
    // [9112-3.2-target-bytes]
    (!at_least(word, 0x21) | at_least(word, 0x7F) | equal(word, b'#') | word) & HIGHS
}

/// The high bit of each byte that is white space inside a line.
#[inline(always)]
const fn spaces(word: u64) -> u64 {
    equal(word, b' ') | equal(word, b'\t')
}

/// The length of the run at the front in which all bytes are of the class; eight at a time while no `suspect` is among them.
#[inline(always)]
fn run(bytes: &[u8], suspect: impl Fn(u64) -> u64, class: Class) -> usize {
    let (words, tail) = bytes.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let mut suspects = suspect(u64::from_le_bytes(*word));
        while suspects != 0 {
            let at = suspects.trailing_zeros() >> 3;
            if !class.holds((u64::from_le_bytes(*word) >> (at << 3)) as u8) {
                return i.wrapping_mul(8).wrapping_add(at as usize);
            }
            // that one is allowed: on to the next
            suspects &= suspects.wrapping_sub(1);
        }
    }
    let last = tail.iter().position(|byte| !class.holds(*byte)).unwrap_or(tail.len());
    bytes.len().wrapping_sub(tail.len()).wrapping_add(last)
}

/// Without the white space at both ends (RFC 9110 §5.6.3).
pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    trim_end(trim_start(bytes))
}

/// Without the white space in front.
pub(crate) const fn trim_start(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

/// Without the white space behind.
pub(crate) const fn trim_end(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_letters_digits_and_fifteen_others() {
        let others = b"!#$%&'*+-.^_`|~";
        for byte in 0..=255u8 {
            let want = byte.is_ascii_alphanumeric() || others.contains(&byte);
            assert_eq!((Class::Token.has(byte), is_tchar(byte)), (want, want), "{byte:#x}");
        }
    }

    #[test]
    fn runs_end_at_the_first_byte_of_another_class_wherever_it_stands() {
        for len in 0..40 {
            for at in 0..len {
                for byte in 0..=255 {
                    let mut bytes = vec![b'7'; len];
                    bytes[at] = byte;
                    for class in Class::ALL {
                        let naive = bytes.iter().position(|byte| !class.has(*byte)).unwrap_or(len);
                        assert_eq!(class.len(&bytes), naive, "{len} {at} {byte}");
                        assert_eq!(small::len(class, &bytes), naive, "{len} {at} {byte}");
                    }
                }
            }
        }
    }

    /// A byte that is not suspect is never looked at alone.
    #[test]
    fn the_suspects_of_a_word_are_exactly_those_of_its_bytes() {
        type Suspects = (fn(u64) -> u64, fn(u8) -> bool);
        let classes: [Suspects; 5] = [
            (neither_letter_nor_hyphen, |byte| !byte.is_ascii_alphabetic() && byte != b'-'),
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
    fn two_strangers_in_one_word_are_seen_in_order() {
        for first in [0x00, 0x09, 0x0D, 0x1F, 0x20, 0x21, b'#', 0x7F, 0x80, 0xFF] {
            for second in [0x00, 0x0D, 0x7F, 0x80] {
                for gap in 1..8 {
                    let mut bytes = [b'a'; 24];
                    (bytes[8], bytes[8 + gap]) = (first, second);
                    for class in [Class::Value, Class::Target] {
                        let naive = bytes.iter().position(|byte| !class.has(*byte)).unwrap_or(24);
                        assert_eq!(class.len(&bytes), naive);
                    }
                }
            }
        }
    }

    #[test]
    fn white_space_is_trimmed_at_both_ends_only() {
        for (bytes, want) in
            [(&b" \t a b\t "[..], &b"a b"[..]), (b"", b""), (b"  ", b""), (b"a", b"a"), (b"a ", b"a"), (b"\ta", b"a")]
        {
            assert_eq!(trim(bytes), want);
        }
    }
}
