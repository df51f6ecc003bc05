//! Classes of bytes, and how far a run of one class reaches.

/// The bytes of a token (RFC 9110 §5.6.2).
static TCHAR: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::indexing_slicing, reason = "only evaluated by the compiler; below 256")]
        {
            table[byte] = matches!(byte as u8,
                b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.'
                | b'^' | b'_' | b'`' | b'|' | b'~');
        }
        byte += 1;
    }
    table
};

/// Whether a byte may stand in a token: in a method, a field name, a subprotocol (RFC 9110 §5.6.2).
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
pub(crate) fn is_tchar(byte: u8) -> bool {
    TCHAR[byte as usize]
}

/// How many bytes of a token lie at the front.
#[inline]
pub(crate) fn token_len(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| !is_tchar(*byte)).unwrap_or(bytes.len())
}

/// Whether a byte may stand in a field value: visible, space, tab, or beyond ASCII (RFC 9110 §5.5).
#[inline(always)]
pub(crate) const fn is_value_byte(byte: u8) -> bool {
    matches!(byte, b'\t' | 0x20..=0x7E | 0x80..)
}

/// How many bytes of a field value, or of a reason, lie at the front.
#[inline]
pub(crate) fn value_len(bytes: &[u8]) -> usize {
    // a tab is told apart by the byte
    run(bytes, |word| below(word, 0x20) | equal(word, 0x7F), is_value_byte)
}

/// Whether a byte may stand in a request target: visible ASCII, and not the `#` of a fragment (RFC 9112 §3.2).
#[inline(always)]
pub(crate) const fn is_target_byte(byte: u8) -> bool {
    matches!(byte, 0x21..=0x7E) && byte != b'#'
}

/// How many bytes of a request target lie at the front.
#[inline]
pub(crate) fn target_len(bytes: &[u8]) -> usize {
    run(bytes, |word| below(word, 0x21) | equal(word, 0x7F) | equal(word, b'#') | word & HIGHS, is_target_byte)
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// The high bit of each byte below `limit`, up to the first of them exactly. `limit` is at most 0x80.
#[inline(always)]
const fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(ONES.wrapping_mul(limit as u64)) & !word & HIGHS
}

/// The high bit of each byte that is `byte`, up to the first of them exactly.
#[inline(always)]
const fn equal(word: u64, byte: u8) -> u64 {
    let differs = word ^ ONES.wrapping_mul(byte as u64);
    differs.wrapping_sub(ONES) & !differs & HIGHS
}

/// The length of the run at the front in which all bytes are `allowed`; eight at a time while no `suspect` is among them.
#[inline(always)]
fn run(bytes: &[u8], suspect: impl Fn(u64) -> u64, allowed: impl Fn(u8) -> bool) -> usize {
    let mut rest = bytes;
    while let Some((word, behind)) = rest.split_first_chunk::<8>() {
        let suspects = suspect(u64::from_le_bytes(*word));
        if suspects != 0 {
            // the first is exact
            let first = (suspects.trailing_zeros() >> 3) as usize;
            if word.get(first).is_some_and(|byte| !allowed(*byte)) {
                return bytes.len().saturating_sub(rest.len()).saturating_add(first);
            }
            if !word.iter().all(|byte| allowed(*byte)) {
                break;
            }
        }
        rest = behind;
    }
    let tail = rest.iter().position(|byte| !allowed(*byte)).unwrap_or(rest.len());
    bytes.len().saturating_sub(rest.len()).saturating_add(tail)
}

/// Without the white space at both ends (RFC 9110 §5.6.3).
pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = bytes.iter().position(|byte| !is_space(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last.saturating_add(1));
    bytes.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

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
