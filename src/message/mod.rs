//! Whole messages: put together from pieces in lent memory, and framed once for many connections.

mod assembler;
mod prepared;

pub use assembler::{Message, MessageAssembler, MessageTooBig, Piece};
pub use prepared::Prepared;
