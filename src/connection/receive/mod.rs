//! Frames in, events out.

mod control;
mod data;
mod input;
mod machine;
mod receiver;
#[cfg(not(upframe_small))]
mod short;
mod state;
mod step;
mod whole;

pub(super) use input::{Copied, Input};
pub(super) use receiver::take_control;
pub use state::Receiver;
pub use step::Step;
