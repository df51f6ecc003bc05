//! Classes of bytes, and how far a run of one class reaches.

/// Whether the machine is a small one, where code must be short rather than quick: no words at a time, and no tables of bytes.
pub(crate) const SMALL: bool = cfg!(not(target_pointer_width = "64"));

/// The bytes of a token (RFC 9110 §5.6.2).
const fn is_of_token(byte: u8) -> bool {
    matches!(byte,
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_'
        | b'`' | b'|' | b'~')
}

/// The same as a table.
static TCHAR: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::indexing_slicing, reason = "only evaluated by the compiler; below 256")]
        {
            table[byte] = is_of_token(byte as u8);
        }
        byte += 1;
    }
    table
};

/// Whether a byte may stand in a token: in a method, a field name, a subprotocol (RFC 9110 §5.6.2).
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
pub(crate) fn is_tchar(byte: u8) -> bool {
    if SMALL { is_of_token(byte) } else { TCHAR[byte as usize] }
}

/// How many bytes of a token lie at the front.
#[inline]
pub(crate) fn token_len(bytes: &[u8]) -> usize {
    // nearly all are letters and hyphens; the others are told apart by the byte
    run(bytes, neither_letter_nor_hyphen, is_tchar)
}

/// Whether a byte may stand in a field value: visible, space, tab, or beyond ASCII (RFC 9110 §5.5).
#[inline(always)]
pub(crate) const fn is_value_byte(byte: u8) -> bool {
    // [9110-5.5-value]
    matches!(byte, b'\t' | 0x20..=0x7E | 0x80..)
}

/// How many bytes of a field value, or of a reason, lie at the front.
#[inline]
pub(crate) fn value_len(bytes: &[u8]) -> usize {
    // a tab is told apart by the byte [9110-5.5-value]
    run(bytes, controls, is_value_byte)
}

/// Whether a byte may stand in a request target: visible ASCII, and not the `#` of a fragment (RFC 9112 §3.2).
#[inline(always)]
pub(crate) const fn is_target_byte(byte: u8) -> bool {
    // [9112-3.2-target-bytes]
    matches!(byte, 0x21..=0x7E) && byte != b'#'
}

/// How many bytes of a request target lie at the front.
#[inline]
pub(crate) fn target_len(bytes: &[u8]) -> usize {
    // [9112-3.2-target-bytes]
    run(bytes, not_of_target, is_target_byte)
}

/// How many digits of base64 lie at the front (RFC 4648 §4).
#[inline]
pub(crate) fn base64_len(bytes: &[u8]) -> usize {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    run(bytes, neither_letter_nor_digit, is_digit)
}

/// Whether there is white space (RFC 9110 §5.6.3).
#[inline]
pub(crate) fn has_space(bytes: &[u8]) -> bool {
    run(bytes, spaces, |byte| !is_space(byte)) < bytes.len()
}

/// How many bytes of a host and a port lie at the front (RFC 3986 §3.2).
#[inline]
pub(crate) fn host_len(bytes: &[u8]) -> usize {
    // nearly all are letters and digits
    run(bytes, neither_letter_nor_digit, is_host_byte)
}

/// Whether a byte may stand in a host and a port.
const fn is_host_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'%' | b'!' | b'$' | b'&' | b'\'' | b'('
        | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'[' | b']')
}

/// Whether a byte is white space inside a line (RFC 9110 §5.6.3).
#[inline(always)]
pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
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

/// The length of the run at the front in which all bytes are `allowed`; eight at a time while no `suspect` is among them.
#[inline(always)]
fn run(bytes: &[u8], suspect: impl Fn(u64) -> u64, allowed: impl Fn(u8) -> bool) -> usize {
    if SMALL {
        return bytes.iter().position(|byte| !allowed(*byte)).unwrap_or(bytes.len());
    }
    let (words, tail) = bytes.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let mut suspects = suspect(u64::from_le_bytes(*word));
        while suspects != 0 {
            let at = suspects.trailing_zeros() >> 3;
            if !allowed((u64::from_le_bytes(*word) >> (at << 3)) as u8) {
                return i.wrapping_mul(8).wrapping_add(at as usize);
            }
            // that one is allowed: on to the next
            suspects &= suspects.wrapping_sub(1);
        }
    }
    let last = tail.iter().position(|byte| !allowed(*byte)).unwrap_or(tail.len());
    bytes.len().wrapping_sub(tail.len()).wrapping_add(last)
}

/// Without the white space at both ends (RFC 9110 §5.6.3).
pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| !is_space(*byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !is_space(*byte)).map_or(start, |last| last.saturating_add(1));
    bytes.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_letters_digits_and_fifteen_others() {
        let others = b"!#$%&'*+-.^_`|~";
        for byte in 0..=255u8 {
            let want = byte.is_ascii_alphanumeric() || others.contains(&byte);
            assert_eq!((is_of_token(byte), is_tchar(byte)), (want, want), "{byte:#x}");
        }
    }

    #[test]
    fn runs_end_at_the_first_byte_of_another_class_wherever_it_stands() {
        for len in 0..40 {
            for at in 0..len {
                for byte in 0..=255 {
                    let mut bytes = vec![b'x'; len];
                    bytes[at] = byte;
                    let naive = |allowed: fn(u8) -> bool| bytes.iter().position(|byte| !allowed(*byte)).unwrap_or(len);
                    assert_eq!(value_len(&bytes), naive(is_value_byte), "{len} {at} {byte}");
                    assert_eq!(target_len(&bytes), naive(is_target_byte), "{len} {at} {byte}");
                    assert_eq!(token_len(&bytes), naive(is_tchar), "{len} {at} {byte}");
                }
            }
        }
    }

    /// A byte that is not suspect is never looked at alone.
    #[test]
    fn the_suspects_of_a_word_are_exactly_those_of_its_bytes() {
        type Class = (fn(u64) -> u64, fn(u8) -> bool);
        let classes: [Class; 5] = [
            (neither_letter_nor_hyphen, |byte| !byte.is_ascii_alphabetic() && byte != b'-'),
            (neither_letter_nor_digit, |byte| !byte.is_ascii_alphanumeric()),
            (controls, |byte| byte < 0x20 || byte == 0x7F),
            (not_of_target, |byte| !is_target_byte(byte)),
            (spaces, is_space),
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
                    let naive = |allowed: fn(u8) -> bool| bytes.iter().position(|byte| !allowed(*byte)).unwrap_or(24);
                    assert_eq!(value_len(&bytes), naive(is_value_byte));
                    assert_eq!(target_len(&bytes), naive(is_target_byte));
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
