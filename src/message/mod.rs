//! Whole messages: found in the buffer into which the caller reads, assembled from pieces, and framed once for many
//! connections.

pub(crate) mod assembler;
mod prepared;
pub(crate) mod reader;

pub use assembler::{Message, MessageAssembler, MessageTooBig, Piece};
pub use prepared::Prepared;
pub use reader::{MessageInBuffer, MessageReader, Next, Steps};
