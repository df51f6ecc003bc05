//! Masking (RFC 6455 §5.3): byte `i` of a payload is combined with byte `i mod 4` of the masking key by exclusive or.
//!
//! ```text
//!   pieces     the public type: a key, and how far it has been used
//!     loops    the loops that this machine runs: one of
//!       wide       large machines: words of 8 bytes, vectors
//!       copying    the same, from one place to another
//!       moving     the same, which move the payload on the way
//!       detected   all three, for the vectors that the processor has (feature `simd`)
//!       narrow     small machines: words of 4 bytes
//!     key      the key, on the wire and rolled to a place in the payload
//! ```

#[cfg(any(test, not(upframe_small)))]
mod copying;
#[cfg(all(feature = "simd", not(upframe_small)))]
mod detected;
pub(crate) mod key;
pub(crate) mod loops;
#[cfg(not(upframe_small))]
mod moving;
#[cfg(any(test, upframe_small))]
mod narrow;
pub(crate) mod pieces;
#[cfg(any(test, not(upframe_small)))]
mod wide;
