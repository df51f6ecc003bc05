//! Compressing what is sent (RFC 1951, RFC 7692 §7.2.1).

mod bit_writer;
mod block;
mod code;
pub(crate) mod compressed;
pub(crate) mod deflater;
pub(crate) mod effort;
mod finder;
mod fixed_block;
#[cfg(upframe_small)]
mod fixed_small;
#[cfg(not(upframe_small))]
mod fixed_static;
mod history;
mod huffman;
mod length_runs;
mod parse;
mod put;
mod sorting;
mod symbols;
mod table;
mod tokens;
pub(crate) mod workspace;

pub use compressed::{Compressed, Deflated};
pub use deflater::Deflater;
pub use effort::{Balanced, Best, Effort, Fast};
pub use workspace::Workspace;
