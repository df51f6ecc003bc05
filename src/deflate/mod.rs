//! permessage-deflate without an allocator (RFC 7692).
//!
//! # Negotiation
//!
//! [`ServerDeflate`] and [`ClientDeflate`] are [extensions](crate::handshake::Extension) of the opening handshake. A
//! [`DeflatePolicy`] tells what this end can afford; [`DeflateParams`] are what both ends agreed on.
//!
//! # Inflating
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
//!
//! # Receiving
//!
//! A connection does not inflate by itself. It yields the pieces of a compressed message as
//! [`Event::Extended`](crate::Event::Extended), and the caller passes them to an [`Inflater`], also those of a message
//! that it does not want: later messages refer to it. Text is checked after that, with a
//! [`Validator`](crate::utf8::Validator). If either fails, [`Connection::fail`](crate::Connection::fail) sends a Close.
//!
//! ```
//! use upframe::connection::{Connection, Event, Settings};
//! use upframe::deflate::{FastTables, Inflater};
//! use upframe::frame::ReservedBits;
//!
//! let settings = Settings::new().with_reserved_bits(ReservedBits::RSV1);
//! let mut client = Connection::client(|key: &mut [u8]| Ok(key.fill(0)), settings);
//! let mut inflater = Inflater::new(vec![0; Inflater::memory(15)]);
//! let mut tables = FastTables::new();
//!
//! // RFC 7692 §7.2.3.1: "Hello", in two fragments
//! let mut wire = *b"\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00";
//! let (mut input, mut text) = (&mut wire[..], Vec::new());
//! while let Some(event) = client.receive(&mut input) {
//!     let Event::Extended(piece) = event else { panic!("{event:?}") };
//!     if piece.is_first() {
//!         inflater.begin_message();
//!     }
//!     let mut bytes = piece.as_bytes();
//!     while let Some(inflated) = inflater.inflate(&mut tables, &mut bytes, piece.is_last())? {
//!         text.extend_from_slice(inflated.as_bytes());
//!     }
//! }
//! assert_eq!(text, b"Hello");
//! # Ok::<(), upframe::deflate::InflateError>(())
//! ```
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
pub(crate) mod inflate;
pub(crate) mod params;
pub(crate) mod params_client;
mod params_element;
pub(crate) mod params_policy;
pub(crate) mod params_server;
pub(crate) mod prepared;
mod send;

pub use compress::{Balanced, Best, Compressed, Deflated, Deflater, Effort, Fast, Workspace};
pub use inflate::{FastTables, InflateError, InflateViolation, Inflated, Inflater, SmallTables, Tables};
pub use params::{DeflateParams, Direction};
pub use params_client::ClientDeflate;
pub use params_policy::DeflatePolicy;
pub use params_server::ServerDeflate;
pub use prepared::PreparedDeflate;
