//! Frames in, events out.

#[cfg(not(upframe_small))]
pub(crate) mod begin;
#[cfg(not(upframe_small))]
pub(crate) mod byte;
#[cfg(upframe_small)]
mod byte_small;
mod control;
#[cfg(not(upframe_small))]
mod cut;
mod data;
#[cfg(not(upframe_small))]
pub(crate) mod in_buffer;
pub(crate) mod input;
mod machine;
#[cfg(not(upframe_small))]
mod part;
pub(crate) mod receiver;
#[cfg(not(upframe_small))]
mod short;
pub(crate) mod state;
pub(crate) mod step;
pub(crate) mod whole;

pub use state::Receiver;
pub use step::Step;
