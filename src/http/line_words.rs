//! Whole field lines on most machines: one pass over name and value.

use super::class::Class;
use super::scan_words::{all, len};

/// Returns the name and the value of a field line, and what follows, if the line is whole and in the usual form: name,
/// colon, one space, a value that does not begin with white space, CR, LF.
#[inline(always)]
pub(super) fn field_line(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (name, rest) = split(bytes, Class::Token, neither_letter_nor_hyphen, b": ")?;
    // more white space is not the usual form
    let [0x21..=0xFF, ..] = rest else { return None };
    let (value, rest) = split(rest, Class::Value, not_ascii_text, b"\r\n")?;
    if name.is_empty() { None } else { Some((name, value, rest)) }
}

/// Returns the method and the target of a request line, and what follows, if the line is whole and in the usual form:
/// GET, one space, target, one space, HTTP/1.1, CR, LF.
#[inline(always)]
pub(super) fn get_line(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (method, rest) = bytes.split_at_checked(3)?;
    let (b" ", rest) = rest.split_first_chunk()? else { return None };
    let (target, rest) = rest.split_at_checked(words(rest, not_of_usual_target))?;
    let (b" HTTP/1.1\r\n", rest) = rest.split_first_chunk()? else { return None };
    if method != b"GET" || target.is_empty() { None } else { Some((method, target, rest)) }
}

/// Splits bytes of a class from what follows, which begins with `end`.
#[inline(always)]
fn split<'v>(
    bytes: &'v [u8],
    class: Class,
    suspects: impl Fn(u64) -> u64,
    end: &[u8; 2],
) -> Option<(&'v [u8], &'v [u8])> {
    let (front, rest) = bytes.split_at_checked(words(bytes, suspects))?;
    if let Some((after, rest)) = rest.split_first_chunk()
        && after == end
    {
        return Some((front, rest));
    }
    let (front, rest) = bytes.split_at_checked(any_len(class, bytes, front.len())?)?;
    let (after, rest) = rest.split_first_chunk()?;
    if after == end { Some((front, rest)) } else { None }
}

/// Returns how many bytes are of a class. Of the first `usual`, it is known.
#[cold]
#[inline(never)]
fn any_len(class: Class, bytes: &[u8], usual: usize) -> Option<usize> {
    let rest = bytes.get(usual..)?;
    if let [b'\r', ..] = rest {
        // the end of the head
        return None;
    }
    usual.checked_add(len(class, rest))
}

/// Returns how many bytes are before the first suspect, as far as they are in whole words.
#[inline(always)]
fn words(bytes: &[u8], suspects: impl Fn(u64) -> u64) -> usize {
    let mut len = 0_usize;
    for word in bytes.as_chunks().0 {
        let suspects = suspects(u64::from_le_bytes(*word)) & all(0x80);
        if suspects != 0 {
            return len.wrapping_add(suspects.trailing_zeros() as usize >> 3);
        }
        len = len.wrapping_add(8);
    }
    len
}

/// Sets the high bit of each byte that is neither a letter nor a hyphen. With the high bits set, no byte borrows from
/// the next.
#[inline(always)]
const fn neither_letter_nor_hyphen(word: u64) -> u64 {
    let lower = word | all(0xA0);
    let letter = lower.wrapping_sub(all(b'a')) ^ lower.wrapping_sub(all(b'z' + 1));
    let from_hyphen = word ^ all(b'-');
    let no_hyphen = (from_hyphen | all(0x80)).wrapping_sub(all(1)) | from_hyphen;
    (!letter | word) & no_hyphen
}

/// Sets the high bit of each byte that may not appear in a target. After the first one, it may be set for others.
#[inline(always)]
const fn not_of_usual_target(word: u64) -> u64 {
    let from_hash = word ^ all(b'#');
    word.wrapping_sub(all(0x21)) | word.wrapping_add(all(1)) | from_hash.wrapping_sub(all(1)) & !from_hash
}

/// Sets the high bit of each byte that is a control byte or not ASCII. After the first one, it may be set for others.
#[inline(always)]
const fn not_ascii_text(word: u64) -> u64 {
    word.wrapping_sub(all(0x20)) | word.wrapping_add(all(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn the_suspects_of_a_word_begin_where_those_of_its_bytes_begin() {
        type Suspects = (fn(u64) -> u64, fn(u8) -> bool);
        let ways: [Suspects; 3] = [
            (neither_letter_nor_hyphen, |byte| !byte.is_ascii_alphabetic() && byte != b'-'),
            (not_of_usual_target, |byte| !Class::Target.has(byte)),
            (not_ascii_text, |byte| !matches!(byte, 0x20..=0x7E)),
        ];
        for (suspects, is_suspect) in ways {
            for others in [b'x', b'-', b'A', b'z', b'7', 0xFF] {
                for (first, second) in (0..=255).flat_map(|first| [b'a', b'-', 0, 0x7F].map(|second| (first, second))) {
                    for place in 0..7 {
                        let mut bytes = [others; 8];
                        (bytes[place], bytes[place + 1]) = (first, second);
                        let naive = bytes.iter().position(|byte| is_suspect(*byte)).unwrap_or(8);
                        let got = (suspects(u64::from_le_bytes(bytes)) & all(0x80)).trailing_zeros() as usize >> 3;
                        assert_eq!(got, naive, "{bytes:x?}");
                    }
                }
            }
        }
    }

    /// The same with a look at each byte.
    fn naive(line: &[u8]) -> Option<(usize, usize)> {
        let name = line.iter().position(|byte| !Class::Token.has(*byte))?;
        let value = line[name..].strip_prefix(b": ")?;
        let len = value.iter().position(|byte| !Class::Value.has(*byte))?;
        let is_usual = name > 0 && len > 0 && !matches!(value[0], b' ' | b'\t') && value[len..].starts_with(b"\r\n");
        is_usual.then_some((name, len))
    }

    #[test]
    fn a_field_line_is_found_whatever_its_bytes_and_lengths_are() {
        for (name, value, after) in (0..20).flat_map(|name| (0..20).flat_map(move |v| [0, 1, 9].map(|a| (name, v, a))))
        {
            let mut line: Vec<u8> = b"Sec-WebSocket-Extensi"[..name].to_vec();
            line.extend(b": ");
            line.extend(&b"a; b=c, d; e=f\xC3\xA4, g"[..value]);
            line.extend(b"\r\n");
            line.extend(&b"Host: a\r\n"[..after]);
            for at in 0..=name + value + 4 {
                for byte in *b"\r\n \t:-~\x7F\x00a\xFF" {
                    let mut line = line.clone();
                    if let Some(place) = line.get_mut(at) {
                        *place = byte;
                    }
                    let got = field_line(&line).map(|(name, value, rest)| {
                        assert_eq!(name.len() + value.len() + rest.len() + 4, line.len());
                        (name.len(), value.len())
                    });
                    assert_eq!(got, naive(&line), "{}", line.escape_ascii());
                }
            }
        }
    }

    #[test]
    fn only_a_whole_request_line_of_a_get_is_found() {
        let line = b"GET /chat/room?id=42 HTTP/1.1\r\nHost";
        assert_eq!(get_line(line), Some((&line[..3], &line[4..20], &b"Host"[..])));
        for len in 0..31 {
            assert_eq!(get_line(&line[..len]), None, "{len}");
        }
        for at in (0..4).chain(20..31) {
            let mut other = *line;
            other[at] ^= 1;
            assert_eq!(get_line(&other), None, "{at}");
        }
        for (at, byte) in (4..20).flat_map(|at| (0..=255).map(move |byte| (at, byte))) {
            let mut other = *line;
            other[at] = byte;
            assert_eq!(get_line(&other).is_some(), Class::Target.has(byte), "{byte:#x} at {at}");
        }
        assert_eq!(get_line(b"GET  HTTP/1.1\r\nHost: a"), None);
    }
}
