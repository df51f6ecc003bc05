//! permessage-deflate without an allocator (RFC 7692).
//!
//! [`Inflater`] inflates what the peer compressed. All memory is the caller's: the window that data is inflated into,
//! and the [`Tables`] of the Huffman codes.
//!
//! | memory | bytes | shared |
//! |---|---|---|
//! | [`Inflater`] | 450 at most | no |
//! | window, with takeover | [`Inflater::memory`]: 512 to 32,768 | no |
//! | window, without takeover | as the longest message, or the same | by all connections between two messages |
//! | [`FastTables`] for servers | 6.2 KB | by all connections of a thread |
//! | [`SmallTables`] for microcontrollers | 1.7 KB | by all connections of a thread |
//!
//! [`InflateViolation`] has the table of all malformed streams.

pub(crate) mod inflate;

pub use inflate::{FastTables, InflateError, InflateViolation, Inflated, Inflater, SmallTables, Tables};
