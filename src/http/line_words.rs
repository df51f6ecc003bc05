//! Whole field lines on most machines: one pass over name and value.

use super::class::Class;
use super::scan_words::{all, at_least, len};

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
fn split<'v>(bytes: &'v [u8], class: Class, suspects: impl Fn(u64) -> u64, end: &[u8; 2]) -> Option<(&'v [u8], &'v [u8])> {
    let (front, rest) = bytes.split_at_checked(words(bytes, suspects))?;
    if let Some((after, rest)) = rest.split_first_chunk() && after == end {
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

/// Sets the high bit of each byte that is neither a letter nor a hyphen. After the first one, it may be set for others.
#[inline(always)]
const fn neither_letter_nor_hyphen(word: u64) -> u64 {
    let lower = word | all(0x20);
    let no_letter = lower.wrapping_sub(all(b'a')) | lower.wrapping_add(all(0x7F - b'z'));
    let from_hyphen = word ^ all(b'-');
    no_letter & (at_least(from_hyphen, 1) | from_hyphen)
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
