//! UTF-8 in pieces (RFC 3629, RFC 6455 §8.1).
//!
//! [`check`](check()) judges one run of bytes: it is whole, or cut inside its last code point, or bad at a byte.
//! [`Validator`] joins runs: it keeps the one to three bytes of a code point that was cut, and yields the code point as
//! [`Chars`] of its own when the rest arrives. Both report the first byte that cannot follow as soon as that byte
//! arrives.

mod automaton;
#[cfg(not(upframe_small))]
mod blocks;
pub(crate) mod chars;
pub(crate) mod check;
#[cfg(test)]
mod naive;
#[cfg(any(test, upframe_small))]
mod narrow;
pub(crate) mod validator;
#[cfg(feature = "simd")]
mod vectors;
pub(crate) mod verdict;
#[cfg(any(test, feature = "simd", not(upframe_small)))]
mod wide;

pub use chars::Chars;
pub use check::check;
pub use validator::{NotUtf8, Validator};
pub use verdict::Verdict;
