//! Messages in, frames out.

pub(super) mod control_queue;
pub(super) mod frames;
pub(super) mod state;
pub(super) mod transmitter;

pub use transmitter::Transmitter;
