//! permessage-deflate without an allocator (RFC 7692).
//!
//! # Negotiation
//!
//! [`ServerDeflate`] and [`ClientDeflate`] are [extensions](crate::handshake::Extension) of the opening handshake. A
//! [`DeflatePolicy`] tells what this end can afford; [`DeflateParams`] are what both ends agreed on.
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
//! | [`Workspace`] | 512 to 96 KiB | by all connections of a thread |
//!
//! **A message that holds a secret beside text of an attacker must not be compressed**: see [`Deflater`].

pub(crate) mod compress;
pub(crate) mod params;
pub(crate) mod params_client;
mod params_element;
pub(crate) mod params_policy;
pub(crate) mod params_server;
pub(crate) mod prepared;
mod send;

pub use compress::{Balanced, Best, Compressed, Deflated, Deflater, Effort, Fast, Workspace};
pub use params::{DeflateParams, Direction};
pub use params_client::ClientDeflate;
pub use params_policy::DeflatePolicy;
pub use params_server::ServerDeflate;
pub use prepared::PreparedDeflate;
