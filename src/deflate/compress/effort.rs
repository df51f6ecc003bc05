//! How much is done to make messages short.

use core::fmt;

/// How much is done to make messages short: [`Fast`], [`Balanced`] or [`Best`]. It is a type, so a program contains only
/// the code of those that it uses.
pub trait Effort: Copy + fmt::Debug + sealed::Sealed {
    /// How many places are tried for each match of four bytes and more. If it is more than one, matches of three bytes are
    /// looked for, too.
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

/// Between both: up to 16 places are tried for each match, and a better match that begins a byte later replaces it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Balanced;

/// The shortest messages: up to 64 places are tried for each match.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Best;

impl Effort for Fast {
    const TRIES: usize = 1;
    const LAZY: usize = 0;
    const NICE: usize = 32;
    const SHORT: u32 = 96;
}

impl Effort for Balanced {
    const TRIES: usize = 16;
    const LAZY: usize = 32;
    const NICE: usize = 64;
    const SHORT: u32 = 48;
}

impl Effort for Best {
    const TRIES: usize = 64;
    const LAZY: usize = 258;
    const NICE: usize = 258;
    const SHORT: u32 = 48;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Fast {}
    impl Sealed for super::Balanced {}
    impl Sealed for super::Best {}
}
