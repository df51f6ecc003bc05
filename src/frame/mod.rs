//! Frames: the bytes of RFC 6455 §5, without any state of a connection beyond the frame sequence.
//!
//! ```text
//!  bytes, cut anywhere                                                     bytes
//!  ──────────────────►  Decoder  ──►  Part { Header, Payload }     Header::encode + Mask  ──►
//!                       header.rs · violation.rs                   header.rs · mask.rs
//! ```
//!
//! A server or a client wants [`Connection`](crate::Connection), which knows messages and the closing handshake. This layer
//! is for proxies, dissectors and load generators, and it is the machine that the connection runs on. A proxy that does not know
//! the extensions of a connection passes its fragments on as they came (RFC 6455 §5.4).

mod close_code;
mod decoder;
mod header;
mod mask;
mod opcode;
mod violation;

pub use close_code::CloseCode;
pub use decoder::{Decoder, Part, PeerMasking};
pub use header::{BufferTooSmall, Header, ReservedBits};
pub use mask::{Mask, MaskingKey};
pub use opcode::Opcode;
pub use violation::{FrameError, FrameViolation};

pub(crate) use decoder::At;
pub(crate) use header::FIN;
pub(crate) use mask::{HIGH_BITS, Key, apply as apply_mask, copy as copy_masked, or_all};
