//! Whole messages: assembled from pieces in a caller-provided buffer, and framed once for many connections.

mod assembler;
mod prepared;

pub use assembler::{Message, MessageAssembler, MessageTooBig, Piece};
pub use prepared::Prepared;
