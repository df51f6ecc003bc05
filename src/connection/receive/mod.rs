//! Frames in, events out.

mod control;
#[cfg(not(upframe_small))]
mod cut;
mod data;
pub(crate) mod input;
mod machine;
pub(crate) mod receiver;
#[cfg(not(upframe_small))]
mod short;
pub(crate) mod state;
pub(crate) mod step;
pub(crate) mod whole;

pub use state::Receiver;
pub use step::Step;
