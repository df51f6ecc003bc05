//! Heads of HTTP/1.1 messages, cut anywhere (RFC 9112). Knows no rule of WebSocket.
//!
//! ```text
//!   bytes that came  ──►  HeadReader  ──►  Span: Method, Target, Version, Status, Reason, Name, Value, End, Failed
//!                         reader.rs · start_line.rs    │
//!                                                      └──►  Head: target(), field("cookie"), over lent memory
//!   bytes to write   ◄──  Response                           head.rs
//!                         response.rs · writer.rs
//! ```
//!
//! There is no line buffer, and each byte is looked at once: a cookie of 8 kB passes through a buffer of any length.

pub(crate) mod class;
pub(crate) mod error;
pub(crate) mod field;
pub(crate) mod head;
pub(crate) mod limits;
pub(crate) mod reader;
pub(crate) mod response;
pub(crate) mod source;
pub(crate) mod span;
mod start_line;
pub(crate) mod writer;

pub use error::{HeadError, HeadViolation, WriteError};
pub use head::{Fields, Head};
pub use limits::HeadLimits;
pub use reader::HeadReader;
pub use response::{Field, Response};
pub use source::Source;
pub use span::{Run, Span, Version};
