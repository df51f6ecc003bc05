//! Whole messages: found in the buffer into which the caller reads, assembled from pieces, and framed once for many
//! connections.

pub(crate) mod assembler;
pub(crate) mod found;
#[cfg(not(upframe_small))]
mod gather;
mod prepared;
pub(crate) mod reader;
mod steps;

pub use assembler::{Message, MessageAssembler, MessageTooBig, Piece};
pub use found::{MessageInBuffer, Next};
pub use prepared::Prepared;
pub use reader::MessageReader;
pub use steps::Steps;
