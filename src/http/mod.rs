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

mod class;
mod head;
mod limits;
mod reader;
mod response;
mod source;
mod span;
mod start_line;
mod writer;

pub use head::{Fields, Head};
pub use limits::HeadLimits;
pub use reader::HeadReader;
pub use response::{Field, Response, WriteError};
pub use source::Source;
pub use span::{HeadError, HeadViolation, Run, Span, Version};

pub(crate) use class::{Class, is_tchar, trim, trim_end, trim_start};
pub(crate) use response::check_field;
pub(crate) use writer::{Writer, render};
