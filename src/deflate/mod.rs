//! permessage-deflate without an allocator (RFC 7692).
//!
//! # Negotiation
//!
//! [`ServerDeflate`] and [`ClientDeflate`] are [extensions](crate::handshake::Extension) of the opening handshake. A
//! [`DeflatePolicy`] tells what this end can afford; [`DeflateParams`] are what both ends agreed on.
//!
//! # Receiving
//!
//! A connection yields the pieces of a compressed message as [`Event::Extended`](crate::Event::Extended). A
//! [`MessageInflater`] makes checked text and bytes of them: see
//! [`Connection::inflate`](crate::Connection::inflate). Messages that are not compressed do not pass through it.
//!
//! All memory is the caller's: the window that data is inflated into, and the [`Tables`] of the Huffman codes.
//!
//! | memory | bytes | shared |
//! |---|---|---|
//! | [`MessageInflater`] | 512 at most | no |
//! | window, with takeover | [`Inflater::memory`]: 512 to 32,768 | no |
//! | window, without takeover | as the longest message, or the same | by all connections between two messages |
//! | [`FastTables`] for servers | 6.2 KB | by all connections of a thread |
//! | [`SmallTables`] for microcontrollers | 1.7 KB | by all connections of a thread |
//!
//! | what the peer sends | close code | [`Violation`](crate::connection::Violation) |
//! |---|---|---|
//! | data that cannot be inflated: the table of [`InflateViolation`] | 1007 | `ExtensionData` |
//! | text that is not UTF-8 after inflation | 1007 | `NotUtf8` |
//! | a message that inflates beyond its limit | 1009 | `MessageTooBig` |
//! | RSV1 on another frame than the first one of a message, or without an agreement | 1002 | `Frame(ReservedBit)` |
//!
//! [`Inflater`] is the part below: it inflates messages that do not come from a connection.
//!
//! # Sending
//!
//! A [`Deflater`] compresses the messages of one connection, and
//! [`Connection::send_compressed`](crate::Connection::send_compressed) sends them. [`PreparedDeflate`] is a message that
//! is compressed once for many connections. All memory is the caller's:
//!
//! | memory | bytes | shared |
//! |---|---|---|
//! | [`Deflater`] | 32 at most | no |
//! | window, with takeover | [`Direction::window`]: 256 to 32,768, or less | no |
//! | window, without takeover | none | |
//! | [`Workspace`] | 512 to 160 KiB | by all connections of a thread |
//!
//! **A message that holds a secret beside text of an attacker must not be compressed**: see [`Deflater`].
//!
#![doc = include_str!("memory.md")]

pub(crate) mod compress;
pub(crate) mod inflate;
pub(crate) mod params;
pub(crate) mod params_client;
mod params_element;
pub(crate) mod params_policy;
pub(crate) mod params_server;
pub(crate) mod prepared;
mod receive;
mod send;
pub(crate) mod stage;

pub use compress::{Balanced, Best, Compressed, Deflated, Deflater, Effort, Fast, Workspace};
pub use inflate::{FastTables, InflateError, InflateViolation, Inflated, Inflater, SmallTables, Tables};
pub use params::{DeflateParams, Direction};
pub use params_client::ClientDeflate;
pub use params_policy::DeflatePolicy;
pub use params_server::ServerDeflate;
pub use prepared::PreparedDeflate;
pub use stage::MessageInflater;
