//! How much is done to make messages short.

use core::fmt;

/// For a short message more places are tried: so many are divided by its length.
const TRIES_MORE: usize = 6_144;
/// The same if nothing was sent before it: then chains are short, and more places take little time.
const TRIES_MORE_ALONE: usize = 57_344;

/// So many bytes tell whether a message is text: then none is below that of a tab.
const SAMPLE: usize = 32;
/// In longer messages that are not text, matches of three bytes are not looked for: many are so far away that they do not
/// pay.
const LONGEST_NUMBERS: usize = 4_096;
/// In longer texts, matches of three bytes are not looked for: they get codes of their own.
const LONGEST_TEXT: usize = 128;

/// How much is done to make messages short: [`Fast`], [`Balanced`] or [`Best`]. It is a type, so a program contains only
/// the code of those that it uses.
pub trait Effort: Copy + fmt::Debug + sealed::Sealed {
    /// How many places are tried for each match of six bytes and more, at least. If it is more than one, the last place
    /// with the same four bytes, or three, is tried if there is no such match.
    #[doc(hidden)]
    const TRIES: usize;
    /// A shorter match than this is replaced by a better one that begins a byte later.
    #[doc(hidden)]
    const LAZY: usize;
    /// A match of this length is long enough to stop looking.
    #[doc(hidden)]
    const NICE: usize;
    /// The bytes of a block with fixed codes below which other codes are not tried.
    #[doc(hidden)]
    const SHORT: u32;
}

/// The quickest: one place is tried for each match.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Fast;

/// Between both: 12 to 114 places are tried for each match, more of them in a short message, and a better match that begins a
/// byte later replaces it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Balanced;

/// The shortest messages: 2,048 places or more are tried for each match, more of them in a short message.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Best;

impl Effort for Fast {
    const TRIES: usize = 1;
    const LAZY: usize = 0;
    const NICE: usize = 32;
    const SHORT: u32 = 96;
}

impl Effort for Balanced {
    const TRIES: usize = 12;
    const LAZY: usize = 16;
    const NICE: usize = 64;
    const SHORT: u32 = 48;
}

impl Effort for Best {
    const TRIES: usize = 2048;
    const LAZY: usize = 258;
    const NICE: usize = 258;
    const SHORT: u32 = 48;
}

/// How long the shortest matches are that are looked for, if the effort tries more than one place. The number has the bits
/// of the first four bytes that count. Its upper half has those of the next two: with three bytes, chains are of five.
#[derive(Clone, Copy)]
#[repr(u32)]
pub(super) enum Shortest {
    Three = 0x00FF_FFFF,
    Four = 0xFFFF_FFFF,
}

impl Shortest {
    /// Returns how many bytes that is.
    pub(super) const fn len(self) -> usize {
        match self {
            Self::Three => 3,
            Self::Four => 4,
        }
    }
}

/// Returns how many places are tried for each match of a message of so many bytes. `alone`: nothing was sent before it.
pub(super) fn tries<E: Effort>(len: usize, alone: bool) -> usize {
    let (least, more) = if alone { (E::TRIES.wrapping_mul(3) / 2, TRIES_MORE_ALONE) } else { (E::TRIES, TRIES_MORE) };
    least.saturating_add(more.checked_div(len).unwrap_or_default().min(E::TRIES.wrapping_mul(8)))
}

/// Returns how long the shortest matches of a message are. `alone`: no other message refers to it, and it to none; then all
/// places are entered by the same bytes.
///
/// Three bytes of text take 12 to 15 bits as literals with codes of their own, and a match takes 7 bits and those that tell
/// how far away it is: it does not pay. Three bytes of numbers take about 20 bits, so a match pays if it is near: in a short
/// message without a past, all are. With the fixed codes, which the shortest messages have, literals take 24 bits.
pub(super) fn shortest(message: &[u8], alone: bool) -> Shortest {
    let longest = match message.iter().take(SAMPLE).any(|byte| *byte < b'\t') {
        true => LONGEST_NUMBERS,
        false => LONGEST_TEXT,
    };
    if alone && message.len() <= longest { Shortest::Three } else { Shortest::Four }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Fast {}
    impl Sealed for super::Balanced {}
    impl Sealed for super::Best {}
}
