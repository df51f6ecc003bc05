//! The check of text in pieces. A code point that is cut is kept until its rest arrives.

use super::automaton::states::{ACCEPT, ERROR, STATE_BITS};
use super::automaton::step::step;
use super::chars::Chars;
use super::check::check;
use super::verdict::Verdict;
use core::{fmt, mem::take};

/// The text is not UTF-8 (RFC 6455 §8.1).
///
/// ```
/// use upframe::utf8::{NotUtf8, Validator};
/// let error = Validator::new().next(&mut &b"\xC3("[..]).unwrap_err();
/// assert_eq!(error, NotUtf8 { at: 1 });
/// assert_eq!(error.to_string(), "not UTF-8 at byte 1");
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct NotUtf8 {
    /// The number of bytes before the first one that cannot follow, counted from the start of the run that was checked.
    /// If the text ends inside a code point: the length of the run.
    pub at: usize,
}

impl fmt::Display for NotUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not UTF-8 at byte {}", self.at)
    }
}

impl core::error::Error for NotUtf8 {}

/// Checks text that arrives in pieces of any size (RFC 3629, RFC 6455 §8.1).
///
/// A piece may end inside a code point: the code point is yielded when its rest arrives.
///
/// ```
/// use upframe::utf8::Validator;
/// let mut validator = Validator::new();
/// let mut text = String::new();
/// for mut piece in [&b"na\xC3"[..], b"\xAFve"] {
///     while let Some(chars) = validator.next(&mut piece).unwrap() {
///         text.push_str(chars.as_str());
///     }
/// }
/// assert!(validator.is_whole());
/// assert_eq!(text, "naïve");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Validator {
    cut: CutCodePoint,
}

impl Validator {
    /// Creates a validator at the start of a text.
    pub const fn new() -> Self {
        Self { cut: CutCodePoint::NONE }
    }

    /// Consumes bytes from the start of `piece` and returns the next whole code points. Call it until it returns
    /// `None`.
    ///
    /// **`None` means that all of the piece is consumed.** The validator keeps at most 3 bytes of it, those of a code
    /// point that was cut. Work is linear in the length of the piece.
    ///
    /// # Errors
    ///
    /// [`NotUtf8`], counted from the start of `piece` in this call. Earlier calls returned the whole code points before
    /// the error. Nothing is consumed and the validator is unchanged, so a call with the same piece fails again.
    pub fn next<'b>(&mut self, piece: &mut &'b [u8]) -> Result<Option<Chars<'b>>, NotUtf8> {
        if !self.cut.is_none() {
            let mut cut = self.cut;
            let mut rest = *piece;
            while let Some((byte, after)) = rest.split_first() {
                let at = piece.len().saturating_sub(rest.len());
                rest = after;
                if cut.push(*byte).map_err(|InvalidByte| NotUtf8 { at })? {
                    (self.cut, *piece) = (cut, rest);
                    return Ok(Some(Chars::joined(cut.joined())));
                }
            }
            (self.cut, *piece) = (cut, &[]);
            return Ok(None);
        }
        let (run, rest) = match check(piece) {
            Verdict::Whole => (take(piece), &[][..]),
            Verdict::Cut { valid } => {
                let (run, tail) = piece.split_at_checked(valid).unwrap_or_default();
                self.cut.extend(tail);
                (run, &[][..])
            }
            Verdict::Bad { valid: 0, at } => return Err(NotUtf8 { at }),
            Verdict::Bad { valid, .. } => piece.split_at_checked(valid).unwrap_or_default(),
        };
        *piece = rest;
        Ok(if run.is_empty() { None } else { Some(Chars::checked(run)) })
    }

    /// Returns whether the text may end here: no code point is incomplete.
    pub const fn is_whole(&self) -> bool {
        self.cut.is_none()
    }
}

/// A byte that cannot follow the bytes before it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct InvalidByte;

/// The first one to three bytes of a code point whose rest has not arrived.
#[derive(Clone, Copy)]
pub(crate) struct CutCodePoint {
    bytes: [u8; 4],
    len: u8,
    /// The state of the automaton after these bytes.
    state: u8,
}

impl fmt::Debug for CutCodePoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len)
    }
}

impl Default for CutCodePoint {
    fn default() -> Self {
        Self::NONE
    }
}

impl CutCodePoint {
    /// No code point is cut.
    pub(crate) const NONE: Self = Self { bytes: [0; 4], len: 0, state: ACCEPT as u8 };

    /// Adds `tail`, the 1 to 3 bytes that [`check`] found to be incomplete.
    pub(crate) fn extend(&mut self, tail: &[u8]) {
        for byte in tail {
            // they are known to be good
            let _ = self.push(*byte);
        }
    }

    /// Returns whether no code point is cut.
    pub(crate) const fn is_none(&self) -> bool {
        self.len == 0
    }

    /// Adds a byte. Returns `true` if it completes the code point: [`joined`](Self::joined) returns it then, and no
    /// code point is cut any more. If the byte cannot follow, nothing changes.
    #[cfg_attr(not(upframe_small), inline(always))]
    #[cfg_attr(upframe_small, inline(never))]
    pub(crate) fn push(&mut self, byte: u8) -> Result<bool, InvalidByte> {
        let state = step(u32::from(self.state), byte) & STATE_BITS;
        if state == ERROR {
            return Err(InvalidByte);
        }
        if let Some(place) = self.bytes.get_mut(usize::from(self.len)) {
            *place = byte;
        }
        self.state = state as u8;
        self.len = if state == ACCEPT { 0 } else { self.len.wrapping_add(1) };
        Ok(state == ACCEPT)
    }

    /// Returns the code point that [`push`](Self::push) completed.
    #[inline(always)]
    pub(crate) const fn joined(&self) -> [u8; 4] {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::super::naive::naive;
    use super::*;
    use core::str::from_utf8;
    use std::{string::String, vec::Vec};

    fn joined(pieces: &[&[u8]]) -> Result<(String, bool), usize> {
        let (mut validator, mut text, mut before) = (Validator::new(), String::new(), 0);
        for piece in pieces {
            let mut rest = *piece;
            loop {
                let given = rest.len();
                match validator.next(&mut rest) {
                    Ok(Some(chars)) => {
                        assert!(!chars.as_bytes().is_empty());
                        assert_eq!(chars.as_str().as_bytes(), chars.as_bytes());
                        text.push_str(chars.as_str());
                    }
                    Ok(None) => break,
                    Err(NotUtf8 { at }) => {
                        assert_eq!(validator.next(&mut rest), Err(NotUtf8 { at }));
                        return Err(before + piece.len() - given + at);
                    }
                }
            }
            assert!(rest.is_empty());
            before += piece.len();
        }
        Ok((text, validator.is_whole()))
    }

    #[test]
    fn cuts_change_neither_text_nor_the_place_of_an_error() {
        let good = "aé世😀z".as_bytes();
        let bads: [&[u8]; 5] =
            [b"a\xE4\xB8", b"a\xF0\x9F\x98A", b"\xE4\xB8\x96\xED\xA0\x80", b"ok\xC0\x80", b"\xF0\x80\x80\x80"];
        for bytes in [good].into_iter().chain(bads) {
            let whole = joined(&[bytes]);
            match naive(bytes) {
                Verdict::Whole => assert_eq!(whole, Ok((from_utf8(bytes).unwrap().into(), true))),
                Verdict::Cut { valid } => assert_eq!(whole, Ok((from_utf8(&bytes[..valid]).unwrap().into(), false))),
                Verdict::Bad { at, .. } => assert_eq!(whole, Err(at)),
            }
            for a in 0..=bytes.len() {
                for b in a..=bytes.len() {
                    assert_eq!(joined(&[&bytes[..a], &bytes[a..b], &bytes[b..]]), whole, "{bytes:x?} at {a} and {b}");
                }
            }
            assert_eq!(joined(&bytes.chunks(1).collect::<Vec<_>>()), whole);
        }
    }

    #[test]
    fn a_code_point_that_was_cut_has_no_place_in_the_input() {
        let mut validator = Validator::new();
        assert_eq!(validator.next(&mut &b"\xF0\x9F"[..]), Ok(None));
        assert!(!validator.is_whole());
        let mut rest = &b"\x98\x80ab"[..];
        let face = validator.next(&mut rest).unwrap().unwrap();
        assert_eq!((face.as_str(), face.in_input(), face.str_in_input()), ("😀", None, None));
        let tail = validator.next(&mut rest).unwrap().unwrap();
        assert_eq!((tail.in_input(), tail.str_in_input()), (Some(&b"ab"[..]), Some("ab")));
        assert_eq!(format!("{face:?} {tail:?}"), "Chars(4 bytes) Chars(2 bytes)");
    }
}
