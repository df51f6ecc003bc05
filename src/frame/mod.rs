//! Frames: the bytes of RFC 6455 §5, with no other state of a connection than the sequence of frames.
//!
//! ```text
//!  bytes, in any pieces                                               bytes
//!  ────────────────────►  Decoder                 Header::encode  ──────────►
//!                         └► Part::Header         Mask
//!                            Part::Payload
//!                            Part::Failed
//! ```
//!
//! A server or a client uses [`Connection`](crate::Connection), which adds messages and the closing handshake. This
//! layer is for proxies, dissectors and load generators. [`Connection`](crate::Connection) is built on the same
//! decoder.
//!
//! A proxy that does not know the extensions of a connection must not change the fragmentation of its messages (RFC
//! 6455 §5.4).

pub(crate) mod close_code;
pub(crate) mod decoder;
pub(crate) mod error;
pub(crate) mod header;
pub(crate) mod mask;
pub(crate) mod opcode;
pub(crate) mod reserved_bits;
mod stages;

pub use close_code::CloseCode;
pub use decoder::{Decoder, Part, PeerMasking};
pub use error::{BufferTooSmall, FrameError, FrameViolation};
pub use header::Header;
pub use mask::key::MaskingKey;
pub use mask::pieces::Mask;
pub use opcode::Opcode;
pub use reserved_bits::ReservedBits;
