//! How much is done to make messages short.

use super::table::Short;
use core::fmt;

/// For a short message more places are tried: so many are divided by its length.
const TRIES_MORE: usize = 6_144;
/// The same if nothing was sent before it: then chains are short, and a few more places take little time.
const TRIES_MORE_ALONE: usize = 57_344;

/// How much is done to make messages short: [`Fast`], [`Balanced`] or [`Best`]. It is a type, so a program contains only
/// the code of those that it uses.
pub trait Effort: Copy + fmt::Debug + sealed::Sealed {
    /// How many places are tried for each match of five bytes and more, at least. If it is more than one, the last place
    /// with the same three bytes is tried, too.
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

/// Between both: 12 to 54 places are tried for each match, more of them in a short message, and a better match that begins a
/// byte later replaces it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Balanced;

/// The shortest messages: 2,048 to 9,216 places are tried for each match, more of them in a short message.
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

/// Returns how many places are tried for each match of a message of so many bytes. `alone`: nothing was sent before it.
pub(super) fn tries<E: Effort>(len: usize, alone: bool) -> usize {
    let (least, more) = if alone { (E::TRIES.wrapping_mul(3) / 2, TRIES_MORE_ALONE) } else { (E::TRIES, TRIES_MORE) };
    least.saturating_add(more.checked_div(len).unwrap_or_default().min(E::TRIES.wrapping_mul(3)))
}

/// Returns how long the shortest matches are that are looked for.
pub(super) fn short(message: &[u8], alone: bool) -> Short {
    let is_text = message.iter().take(32).all(|byte| *byte >= b'\t');
    if alone && (message.len() <= 128 || (message.len() <= 4096 && !is_text)) { Short::Three } else { Short::Four }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Fast {}
    impl Sealed for super::Balanced {}
    impl Sealed for super::Best {}
}
