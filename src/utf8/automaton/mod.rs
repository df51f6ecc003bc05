//! An automaton that recognises UTF-8 (RFC 3629 §4). It has nine states. A row of transitions is one `u32`, and a step
//! is one shift, without a branch on the text.
//!
//! ```text
//!   step        one step, with the table that this machine uses: one of
//!     large     large machines: a row for each byte, 1 KiB
//!     small     small machines: a row for each class of bytes, 48 bytes
//!   states      the states, and the row of a byte
//! ```

#[cfg(any(test, not(upframe_small)))]
pub(super) mod large;
#[cfg(any(test, upframe_small))]
pub(super) mod small;
pub(super) mod states;
pub(super) mod step;
