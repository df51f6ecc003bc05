//! The open connection: what lies between the opening handshake and the end of the stream (RFC 6455 §5 to §8).
//!
//! ```text
//!   bytes in   ──►  Receiver     ──►  events: Text, Binary, Extended,
//!                      │                      Ping, Pong, Close, Failed
//!                      │ Reply: a Pong or a Close
//!                      ▼
//!   bytes out  ◄──  Transmitter  ◄──  calls: send, send_in_place, begin_frame;
//!                                            ping, pong, close
//! ```
//!
//! A [`Connection`] is both halves and the replies between them. If reading and writing happen in two tasks,
//! [`Connection::split`] returns the halves; the replies then travel between the tasks.
//!
//! # The laws
//!
//! **Input: `None` means that all input is consumed and nothing is left to yield.** `receive` is called until then. The
//! caller need not keep, move or pass any byte again. One-byte reads work, and a ring buffer is passed in two parts. Empty
//! input is no reason to stop: after the last byte, a failure or the end of an empty message may be left to yield. There
//! is one exception, which is announced by an event: [`Event::TransmitFirst`].
//!
//! **Borrow: an event borrows the input only, never the connection.** A reply can be sent while an event is held.
//!
//! **Violation: what the peer did wrong is an event, not a failed call.** `receive` yields [`Event::Failed`] once, then
//! `None`. The Close that reports the violation is queued already.
//!
//! **Cuts: the same bytes give the same events, the same error and the same offset, however they are cut.** Only the
//! pieces of a message differ. The valid part of a text is delivered before the failure.
//!
//! **Output: [`poll_transmit`](Connection::poll_transmit) returns less than `out.len()` if and only if nothing more may
//! be written now.** It can stop and go on at any byte. Every other writer writes all or nothing, and reports the size
//! that is required.
//!
//! **Control frames need no buffer: [`ping`](Connection::ping), [`pong`](Connection::pong) and
//! [`close`](Connection::close) queue, and `poll_transmit` writes.** One frame of the caller's can wait. If there is no
//! room for it, the call returns [`SendError::QueueFull`] and changes nothing.
//!
//! **Room: a [`Connection`] has room for 125 bytes of payload of control frames**: of the one that comes, which is also
//! its answer, of the one that is half-written, and of the caller's that waits. What does not fit is not received until
//! something is written: see [`Event::TransmitFirst`]. If the output is drained after every event, everything fits.
//!
//! **Order: bytes go to the wire in the order of the calls that return them.** `poll_transmit` writes the Pong that is
//! owed, then the Ping or Pong of the caller, then a Close, then nothing. While the Close of the caller waits, the newest
//! Ping is answered before it. A Close that was received discards what is queued, unless a part of that is written.
//!
//! **Answers: a loop that drains `poll_transmit` after every event answers each Ping.** The Pong precedes whatever is
//! sent next. A loop that drains it later loses only the Pongs that RFC 6455 §5.5.3 lets it skip.
//!
//! **Bounds: work is linear in the bytes, and memory is what the types hold.** Nothing is queued without bound, and no
//! announced length reserves memory. One reply slot makes a flood of Pings harmless: the reply to a newer Ping takes
//! the place of an older one (§5.5.3), and no peer fails for pinging.

pub(crate) mod closing;
mod common;
pub(crate) mod control_room;
pub(crate) mod entropy;
pub(crate) mod error;
pub(crate) mod event;
pub(crate) mod facade;
mod facade_receive;
mod facade_send;
pub(crate) mod fragment;
pub(crate) mod piece;
pub(crate) mod receive;
pub(crate) mod reply;
pub(crate) mod role;
pub(crate) mod send;
pub(crate) mod settings;

pub use closing::{EndOfStream, State};
pub use entropy::{ByRef, Entropy, NoEntropy};
pub use error::{ProtocolError, SendError, Violation};
pub use event::Event;
pub use facade::Connection;
pub use fragment::{DataFrame, Fragment};
pub use piece::{Binary, Extended, MessageKind, Place, Text};
pub use receive::{Receiver, Step};
pub use reply::Reply;
pub use role::{Client, Endpoint, Role, Server};
pub use send::Transmitter;
pub use settings::{Limits, Settings};
