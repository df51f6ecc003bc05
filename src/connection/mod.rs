//! The open connection: what lies between the opening handshake and the end of the stream (RFC 6455 §5 to §8).
//!
//! ```text
//!                        receiver.rs · whole.rs · short.rs · machine.rs
//!   bytes that came  ──►  Receiver  ──►  Event: Text, Binary, Extended, Ping, Pong, Close, Failed
//!                            │
//!                            │ Reply: a Pong, a Close          replies.rs · closing.rs
//!                            ▼
//!   bytes to write   ◄──  Transmitter  ◄──  send, send_in_place, begin_frame, ping, pong, close
//!                        transmitter.rs · outgoing.rs · writing.rs
//! ```
//!
//! A [`Connection`] is both halves and the replies between them (`halves.rs`); `facade.rs` and `sending.rs` are what
//! its users see, and lend it the source of keys. Where reading and writing live in two tasks, [`Connection::split`]
//! gives the halves.
//!
//! # The laws
//!
//! **Input.** `receive` is called until it gives `None`. `None` means: all input is taken and nothing is left to hand
//! out. So a caller never keeps, moves or offers again a tail; one-byte reads work; a ring buffer is handed over in two
//! pieces. Nor is empty input a reason to stop: behind the last byte there may be a failure to hand out, or the end of
//! an empty message. A loop over a ring goes on with empty input until it is `None`.
//!
//! **Events borrow the input only**, never the connection: a reply can be sent while an event is held.
//!
//! **A violation is something the peer did, not a failed call.** `receive` gives [`Event::Failed`] once, then `None`;
//! the Close that says why is queued already.
//!
//! **Cuts do not matter.** The same bytes give the same events (pieces joined), the same error and the same offset,
//! however they are cut. A valid prefix of a bad text is delivered first, then the failure.
//!
//! **Output.** [`poll_transmit`](Connection::poll_transmit) can stop and go on at any byte: it returns less than
//! `out.len()` if and only if nothing more may be written now. Every other writer writes all or nothing and says what
//! it would have required.
//!
//! **Order.** Bytes go to the wire in the order of the calls. A queued Pong, then a Close, then nothing; a received
//! Close discards a Pong of which nothing is out.
//!
//! **Bounds.** Work is linear in the bytes; memory is what the types say; nothing is queued without bound, reserved by
//! an announced length, or trusted.

mod closing;
mod common;
mod entropy;
mod error;
mod event;
mod facade;
mod facade_receive;
mod facade_send;
mod fragment;
mod piece;
mod receive;
mod reply;
mod role;
mod send;
mod settings;

pub use closing::{EndOfStream, State};
pub use entropy::{Entropy, NoEntropy};
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
