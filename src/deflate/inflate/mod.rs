//! Inflating what a peer compressed (RFC 1951, RFC 7692 §7.2.2).

mod alphabet;
mod bits;
#[cfg(upframe_small)]
mod bits_narrow;
#[cfg(not(upframe_small))]
mod bits_wide;
mod code;
mod core;
mod each_used;
pub(crate) mod error;
#[cfg(not(upframe_small))]
mod fast;
#[cfg(not(upframe_small))]
mod fast_copy;
#[cfg(any(test, upframe_small))]
mod fixed_small;
#[cfg(not(upframe_small))]
mod fixed_static;
mod header;
pub(crate) mod inflater;
#[cfg(upframe_small)]
mod meanings_small;
#[cfg(not(upframe_small))]
mod meanings_static;
#[cfg(not(upframe_small))]
mod mode;
#[cfg(not(upframe_small))]
mod near;
#[cfg(not(upframe_small))]
mod reach;
#[cfg(not(upframe_small))]
mod rounds;
#[cfg(all(feature = "simd", not(upframe_small)))]
mod rounds_detected;
pub(crate) mod tables;
#[cfg(not(upframe_small))]
mod tail;
mod window;

pub use error::{InflateError, InflateViolation};
pub use inflater::{Inflated, Inflater};
pub use tables::{FastTables, SmallTables, Tables};
