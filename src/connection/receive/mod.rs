//! Frames in, events out.

mod control;
mod data;
pub(super) mod input;
mod machine;
pub(super) mod receiver;
#[cfg(not(upframe_small))]
mod short;
pub(super) mod state;
pub(super) mod step;
pub(super) mod whole;

pub use state::Receiver;
pub use step::Step;
