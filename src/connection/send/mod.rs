//! Messages in, frames out.

mod control_queue;
mod frames;
mod state;
mod transmitter;

pub(super) use control_queue::Replies;
pub(super) use frames::close_body;
pub(super) use state::Outgoing;
pub use transmitter::Transmitter;
