//! Messages in, frames out.

pub(super) mod control;
pub(crate) mod control_queue;
pub(crate) mod frames;
pub(crate) mod state;
pub(crate) mod transmitter;

pub use transmitter::Transmitter;
