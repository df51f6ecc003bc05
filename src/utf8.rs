//! UTF-8 in pieces (RFC 3629, RFC 6455 §8.1).
//!
//! [`check`] judges one run of bytes: whole, cut inside its last code point, or bad at a byte. [`Validator`] joins runs: it keeps
//! the one to three bytes of a code point that was cut, and hands it out whole as [`Chars`] of its own when the rest has come.
//! Both find the first byte that can continue nothing, as early as that byte.
//!
//! The automaton has nine states; a row of transitions is one `u32`, and a step is one shift, without a branch on the text. Long
//! runs are judged a block at a time, without the automaton; not on small machines, whose registers hold no block.

#[cfg(target_pointer_width = "64")]
mod blocks;

use crate::bytes::SMALL;
use core::{fmt, mem::take};

/// Where a run of bytes stops being whole code points: what [`check`] found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// All is UTF-8.
    Whole,
    /// All could be UTF-8, but the last one to three bytes begin a code point that goes on behind the end.
    Cut {
        /// Bytes in whole code points.
        valid: usize,
    },
    /// Not UTF-8.
    Bad {
        /// Bytes in whole code points.
        valid: usize,
        /// Bytes before the first one that can continue nothing: `valid` plus 0 to 3.
        at: usize,
    },
}

/// Judges a run of bytes that begins with a code point.
///
/// Work is linear in the length, and a run of ASCII is skipped 16 bytes at a time.
///
/// ```
/// use upframe::utf8::{Verdict, check};
/// assert_eq!(check("añb".as_bytes()), Verdict::Whole);
/// assert_eq!(check(b"a\xC3"), Verdict::Cut { valid: 1 });
/// assert_eq!(check(b"a\xE2\x82A"), Verdict::Bad { valid: 1, at: 3 });
/// ```
#[inline(never)]
pub fn check(bytes: &[u8]) -> Verdict {
    #[cfg(feature = "simd")]
    if let Some(verdict) = check_in_vectors(bytes) {
        return verdict;
    }
    #[cfg(target_pointer_width = "64")]
    if let Some(verdict) = blocks::check(bytes) {
        return verdict;
    }
    if SMALL { check_bytes(bytes, step) } else { check_with(bytes, step) }
}

/// The same for long runs with wide vectors, whose kind is found out at run time. None for short ones, which would pay for it, and
/// for what is bad: the automaton says where.
#[cfg(feature = "simd")]
fn check_in_vectors(bytes: &[u8]) -> Option<Verdict> {
    const LONG: usize = 64;
    if bytes.len() < LONG {
        return None;
    }
    // from the last lead byte on, if it is so near the end that its code point may be cut
    let near = bytes.len().saturating_sub(3);
    let lead = bytes.get(near..)?.iter().rposition(|byte| *byte >= 0xC0).map(|lead| near.saturating_add(lead));
    let (whole, tail) = bytes.split_at_checked(lead.unwrap_or(bytes.len()))?;
    simdutf8::basic::from_utf8(whole).ok()?;
    match check_with(tail, step) {
        Verdict::Whole => Some(Verdict::Whole),
        Verdict::Cut { .. } => Some(Verdict::Cut { valid: whole.len() }),
        Verdict::Bad { .. } => None,
    }
}

#[inline(always)]
fn check_with(bytes: &[u8], step: impl Fn(u32, u8) -> u32) -> Verdict {
    let (blocks, tail) = bytes.as_chunks::<16>();
    let mut state = ACCEPT;
    for (i, block) in blocks.iter().enumerate() {
        if state & STATE_BITS == ACCEPT && u128::from_le_bytes(*block) & HIGH_BITS == 0 {
            continue;
        }
        let before = state;
        state = block.iter().fold(state, |state, byte| step(state, *byte));
        if state & STATE_BITS == ERROR {
            return locate(bytes, i.saturating_mul(16), before, step);
        }
    }
    let before = state;
    state = tail.iter().fold(state, |state, byte| step(state, *byte));
    match state & STATE_BITS {
        ACCEPT => Verdict::Whole,
        ERROR => locate(bytes, bytes.len().saturating_sub(tail.len()), before, step),
        _ => Verdict::Cut { valid: lead_before(bytes, bytes.len()) },
    }
}

const HIGH_BITS: u128 = 0x8080_8080_8080_8080_8080_8080_8080_8080;

/// Byte by byte, for small machines.
fn check_bytes(bytes: &[u8], step: impl Fn(u32, u8) -> u32) -> Verdict {
    let (mut state, mut valid) = (ACCEPT, 0);
    for (at, byte) in bytes.iter().enumerate() {
        state = step(state, *byte) & STATE_BITS;
        match state {
            ERROR => return Verdict::Bad { valid, at },
            ACCEPT => valid = at.saturating_add(1),
            _ => {}
        }
    }
    if state == ACCEPT { Verdict::Whole } else { Verdict::Cut { valid } }
}

/// The exact place of an error that lies in the block from `start`, which begins in `state`.
#[cold]
fn locate(bytes: &[u8], start: usize, mut state: u32, step: impl Fn(u32, u8) -> u32) -> Verdict {
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        let next = step(state, *byte) & STATE_BITS;
        if next == ERROR {
            let valid = if state & STATE_BITS == ACCEPT { at } else { lead_before(bytes, at) };
            return Verdict::Bad { valid, at };
        }
        state = next;
    }
    // the caller saw an error in this block
    Verdict::Bad { valid: start, at: start }
}

/// Where the unfinished code point begins that ends at `end`.
fn lead_before(bytes: &[u8], end: usize) -> usize {
    let before = bytes.get(..end).unwrap_or(bytes);
    before.iter().rposition(|byte| *byte >= 0xC0).unwrap_or(end)
}

// ---------------------------------------------------------------------------------------------- the automaton

/// Where the field of each state lies in a row, and so what a state is: error, between code points, one or two more bytes of any
/// kind, behind E0, ED, F0, F1–F3, F4. The fields of 5 bits overlap; the places were searched for so that they agree in every
/// row, and `row` checks that they do.
const PLACES: [u32; 9] = [0, 6, 16, 1, 19, 25, 11, 18, 24];
/// The bits of a state that count; above them a step leaves what it shifted down.
const STATE_BITS: u32 = 31;
const ERROR: u32 = 0;
const ACCEPT: u32 = 6;

/// The table of RFC 3629 §4: the state (an index of `PLACES`) that follows `state` at `byte`.
const fn next(state: usize, byte: u8) -> usize {
    match (state, byte) {
        (1, 0x00..=0x7F) => 1,
        (1, 0xC2..=0xDF) => 2,
        (1, 0xE0) => 4,
        (1, 0xED) => 5,
        (1, 0xE1..=0xEF) => 3,
        (1, 0xF0) => 6,
        (1, 0xF1..=0xF3) => 7,
        (1, 0xF4) => 8,
        (2, 0x80..=0xBF) => 1,
        (3, 0x80..=0xBF) | (4, 0xA0..=0xBF) | (5, 0x80..=0x9F) => 2,
        (6, 0x90..=0xBF) | (7, 0x80..=0xBF) | (8, 0x80..=0x8F) => 3,
        _ => 0,
    }
}

#[expect(clippy::indexing_slicing, reason = "only evaluated by the compiler; states are below 9")]
#[expect(clippy::arithmetic_side_effects, reason = "only evaluated by the compiler, which would refuse an overflow")]
const fn row(byte: u8) -> u32 {
    let (mut row, mut taken, mut state) = (0u32, 0u32, 0);
    while state < PLACES.len() {
        let (field, value) = (STATE_BITS << PLACES[state], PLACES[next(state, byte)] << PLACES[state]);
        assert!(row & field & taken == value & taken, "overlapping fields disagree");
        row |= value;
        taken |= field;
        state += 1;
    }
    row
}

/// One byte further.
#[inline(always)]
fn step(state: u32, byte: u8) -> u32 {
    #[cfg(target_pointer_width = "64")]
    return large::step(state, byte);
    #[cfg(not(target_pointer_width = "64"))]
    return small::step(state, byte);
}

/// One row a byte: 1 KiB.
#[cfg(any(test, target_pointer_width = "64"))]
mod large {
    use super::row;

    #[expect(clippy::indexing_slicing, reason = "only evaluated by the compiler; below 256")]
    static ROWS: [u32; 256] = {
        let mut rows = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            rows[byte] = row(byte as u8);
            byte += 1;
        }
        rows
    };

    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
    pub(super) fn step(state: u32, byte: u8) -> u32 {
        // [8.1-overlong] [8.1-surrogates] [8.1-beyond] [8.1-stray] [8.1-interrupted]
        ROWS[byte as usize] >> (state & super::STATE_BITS)
    }
}

/// One row a class of bytes, for targets that count flash: 48 bytes, and the code that finds the class.
#[cfg(any(test, not(target_pointer_width = "64")))]
mod small {
    use super::row;

    #[rustfmt::skip]
    static ROWS: [u32; 12] = [
        row(0x00), row(0x80), row(0x90), row(0xA0), row(0xC2), row(0xE0),
        row(0xED), row(0xE1), row(0xF0), row(0xF1), row(0xF4), row(0xFF),
    ];

    pub(super) fn step(state: u32, byte: u8) -> u32 {
        let class = match byte {
            0x00..=0x7F => 0,
            0x80..=0x8F => 1,
            0x90..=0x9F => 2,
            0xA0..=0xBF => 3,
            0xC2..=0xDF => 4,
            0xE0 => 5,
            0xED => 6,
            0xE1..=0xEF => 7,
            0xF0 => 8,
            0xF1..=0xF3 => 9,
            0xF4 => 10,
            _ => 11,
        };
        ROWS.get(class).map_or(super::ERROR, |row| row >> (state & super::STATE_BITS))
    }
}

// ---------------------------------------------------------------------------------------------- in pieces

/// Whole code points, checked: a run of the input, or one code point whose bytes came in several pieces.
///
/// ```
/// use upframe::utf8::Chars;
/// let chars = Chars::from("grüß");
/// assert_eq!(chars.as_str(), "grüß");
/// assert_eq!(chars.as_bytes().len(), 6);
/// ```
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Chars<'b> {
    run: &'b [u8],
    /// The code point that was cut; its first byte is 0 where there is none, for ASCII is never cut.
    joined: [u8; 4],
}

impl<'b> Chars<'b> {
    /// None.
    pub const EMPTY: Self = Self { run: &[], joined: [0; 4] };

    /// A run that was checked.
    #[inline(always)]
    pub(crate) const fn checked(run: &'b [u8]) -> Self {
        Self { run, joined: [0; 4] }
    }

    /// A code point whose bytes came in pieces.
    #[inline(always)]
    pub(crate) const fn joined(joined: [u8; 4]) -> Self {
        Self { run: &[], joined }
    }

    /// The bytes: UTF-8.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        let len = match self.joined {
            [0, ..] => return self.run,
            [0xF0..=0xFF, ..] => 4,
            [0xE0..=0xEF, ..] => 3,
            _ => 2,
        };
        self.joined.get(..len).unwrap_or_default()
    }

    /// The text. Scans the bytes again: safe code has no other way to make a `str` of them.
    #[inline]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The bytes where they lie in the input, and for as long as that lives; `None` for a code point that was cut.
    #[inline]
    pub const fn in_input(&self) -> Option<&'b [u8]> {
        match self.joined {
            [0, ..] => Some(self.run),
            _ => None,
        }
    }

    /// The same on another run, which holds the same bytes.
    #[inline]
    pub(crate) const fn moved_to(self, run: &[u8]) -> Chars<'_> {
        Chars { run, joined: self.joined }
    }
}

impl<'b> From<&'b str> for Chars<'b> {
    #[inline]
    fn from(text: &'b str) -> Self {
        Self::checked(text.as_bytes())
    }
}

impl fmt::Debug for Chars<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chars({} bytes)", self.as_bytes().len())
    }
}

#[cfg(feature = "defmt-1")]
impl defmt::Format for Chars<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Chars({} bytes)", self.as_bytes().len());
    }
}

/// Text that is not UTF-8.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct NotUtf8 {
    /// How many bytes of the run that was given came before the first one that can continue nothing; the length of the run where
    /// the text ended inside a code point.
    pub at: usize,
}

impl fmt::Display for NotUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not UTF-8 at byte {}", self.at)
    }
}

impl core::error::Error for NotUtf8 {}

/// Checks text that comes in pieces, cut anywhere.
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
    /// At the start of a text.
    pub const fn new() -> Self {
        Self { cut: CutCodePoint::NONE }
    }

    /// Takes bytes from the front of `piece` up to the end of a run that can be handed out.
    ///
    /// **`None` means: the piece is taken, and at most 3 bytes of it are kept.**
    ///
    /// # Errors
    ///
    /// [`NotUtf8`], counted from the front of what was given to this call. The whole code points before it were handed out by
    /// earlier calls. Nothing is taken, so a call with the same piece fails again.
    pub fn next<'b>(&mut self, piece: &mut &'b [u8]) -> Result<Option<Chars<'b>>, NotUtf8> {
        if !self.cut.is_none() {
            let mut cut = self.cut;
            let mut rest = *piece;
            while let Some((byte, behind)) = rest.split_first() {
                let at = piece.len().saturating_sub(rest.len());
                rest = behind;
                if cut.push(*byte).map_err(|Impossible| NotUtf8 { at })? {
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
                self.cut = CutCodePoint::begin(tail);
                (run, &[][..])
            }
            Verdict::Bad { valid: 0, at } => return Err(NotUtf8 { at }),
            Verdict::Bad { valid, .. } => piece.split_at_checked(valid).unwrap_or_default(),
        };
        *piece = rest;
        Ok(if run.is_empty() { None } else { Some(Chars::checked(run)) })
    }

    /// Whether the text may end here: no code point is open.
    pub const fn is_whole(&self) -> bool {
        self.cut.is_none()
    }
}

/// A byte that cannot follow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Impossible;

/// The one to three bytes of a code point whose rest has not come.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CutCodePoint {
    bytes: [u8; 4],
    len: u8,
}

impl CutCodePoint {
    pub(crate) const NONE: Self = Self { bytes: [0; 4], len: 0 };

    /// The tail that [`check`] found cut: 1 to 3 bytes.
    pub(crate) fn begin(tail: &[u8]) -> Self {
        let mut cut = Self::NONE;
        for (place, byte) in cut.bytes.iter_mut().zip(tail) {
            *place = *byte;
            cut.len = cut.len.saturating_add(1);
        }
        cut
    }

    pub(crate) const fn is_none(&self) -> bool {
        self.len == 0
    }

    /// Adds a byte. `true`: the code point is whole, can be seen as `joined`, and none is open any more. Where the byte is
    /// impossible, nothing changes.
    #[cfg_attr(not(target_pointer_width = "64"), inline(always))]
    pub(crate) fn push(&mut self, byte: u8) -> Result<bool, Impossible> {
        let known = self.bytes.iter().take(usize::from(self.len));
        let state = known.chain([&byte]).fold(ACCEPT, |state, byte| step(state, *byte)) & STATE_BITS;
        if state == ERROR {
            return Err(Impossible);
        }
        if let Some(place) = self.bytes.get_mut(usize::from(self.len)) {
            *place = byte;
        }
        self.len = if state == ACCEPT { 0 } else { self.len.saturating_add(1) };
        Ok(state == ACCEPT)
    }

    /// The code point that `push` said is whole.
    #[inline(always)]
    pub(crate) const fn joined(&self) -> [u8; 4] {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::str::from_utf8;
    use std::{string::String, vec::Vec};

    /// What `core` says, as a verdict.
    fn naive(bytes: &[u8]) -> Verdict {
        let Err(error) = from_utf8(bytes) else { return Verdict::Whole };
        let valid = error.valid_up_to();
        match error.error_len() {
            None => Verdict::Cut { valid },
            // core counts the good bytes behind a lead, and 1 where the first byte itself is bad
            Some(len) => {
                Verdict::Bad { valid, at: if matches!(bytes[valid], 0xC2..=0xF4) { valid + len } else { valid } }
            }
        }
    }

    fn agree(bytes: &[u8]) {
        let want = naive(bytes);
        assert_eq!(check(bytes), want, "{bytes:x?}");
        assert_eq!(check_with(bytes, large::step), want, "{bytes:x?}");
        assert_eq!(check_with(bytes, small::step), want, "{bytes:x?}");
        assert_eq!(check_bytes(bytes, small::step), want, "{bytes:x?}");
    }

    #[test]
    fn both_tables_hold_the_automaton_for_every_byte_in_every_state() {
        for byte in 0..=255 {
            for state in 0..PLACES.len() {
                let want = PLACES[next(state, byte)];
                assert_eq!(row(byte) >> PLACES[state] & STATE_BITS, want);
                assert_eq!(large::step(PLACES[state], byte) & STATE_BITS, want, "{byte:#x} in state {state}");
                assert_eq!(small::step(PLACES[state], byte) & STATE_BITS, want, "{byte:#x} in state {state}");
            }
        }
    }

    #[test]
    fn every_byte_pair_and_every_interesting_quadruple_agrees_with_core() {
        for a in 0..=255 {
            agree(&[a]);
            for b in 0..=255 {
                agree(&[a, b]);
            }
        }
        let edges = [
            0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
            0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ];
        for a in edges {
            for b in edges {
                for c in edges {
                    agree(&[a, b, c]);
                    agree(
                        &[&b"at the end of a long run, whose last code point may go on behind it"[..], &[a, b, c]]
                            .concat(),
                    );
                    for d in edges {
                        agree(&[a, b, c, d]);
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_wrong_is_seen_wherever_it_stands_in_a_block_or_across_two() {
        let edges = [
            0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xF0, 0xF1, 0xF4, 0xF5,
        ];
        for before in [13, 14, 15, 16, 45, 46, 47, 48, 77, 78] {
            for after in [0, 1, 2, 3, 60] {
                for a in edges {
                    for b in edges {
                        for c in [0x41, 0x80, 0xBF, 0xC2] {
                            let middle = [a, b, c, 0x80];
                            let bytes = [&[b'x'; 80][..before], &middle, &[b'y'; 60][..after]].concat();
                            assert_eq!(check(&bytes), naive(&bytes), "{middle:x?} between {before} and {after}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn runs_of_every_length_and_alphabet_agree_with_core() {
        let mut x = 1u32;
        let mut random = |n: usize| {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (x >> 8) as usize % n
        };
        for alphabet in
            ["aü", "abcdefghijklmnopqrstuvwxyzß", "世界", "я 😀", "\u{800}\u{D7FF}\u{E000}\u{10FFFF}\u{10000}"]
        {
            let chars: Vec<char> = alphabet.chars().collect();
            for len in 50..300 {
                let mut bytes = Vec::new();
                while bytes.len() < len {
                    bytes.extend(chars[random(chars.len())].encode_utf8(&mut [0; 4]).bytes());
                }
                // cut anywhere, and with one wrong byte
                assert_eq!(check(&bytes), Verdict::Whole);
                assert_eq!(check(&bytes[..len]), naive(&bytes[..len]));
                let at = random(len);
                bytes[at] = random(256) as u8;
                assert_eq!(check(&bytes), naive(&bytes), "{bytes:x?}");
            }
        }
    }

    #[test]
    fn every_scalar_value_is_accepted_and_every_cut_of_it_is_seen() {
        for c in (0..=u32::from(char::MAX)).step_by(7).filter_map(char::from_u32) {
            let mut buf = [0; 4];
            let bytes = c.encode_utf8(&mut buf).as_bytes();
            assert_eq!(check(bytes), Verdict::Whole);
            for cut in 1..bytes.len() {
                assert_eq!(check(&bytes[..cut]), Verdict::Cut { valid: 0 });
            }
        }
    }

    #[test]
    fn an_error_is_found_at_every_place_of_a_long_text() {
        let text = "Grüße, 世界! 😀 κόσμε and then some ASCII to fill a block of sixteen — 日本語".repeat(3);
        for at in 0..text.len() {
            for bad in [0x80, 0xC0, 0xC3, 0xE0, 0xED, 0xF4, 0xFF, b'a'] {
                let mut bytes = text.clone().into_bytes();
                bytes[at] = bad;
                agree(&bytes);
                agree(&bytes[..=at]);
            }
        }
    }

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
        assert_eq!((face.as_str(), face.in_input()), ("😀", None));
        let tail = validator.next(&mut rest).unwrap().unwrap();
        assert_eq!(tail.in_input(), Some(&b"ab"[..]));
        assert_eq!(format!("{face:?} {tail:?}"), "Chars(4 bytes) Chars(2 bytes)");
    }
}
