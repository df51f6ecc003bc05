//! Heads of HTTP/1.1 messages, cut anywhere (RFC 9112). Knows no rule of WebSocket.
//!
//! ```text
//! received bytes ──► HeadReader ──► Span: Method, Target, Version, Status,
//!                                     │   Reason, Name, Value, End, Failed
//!                                     │
//!                                     └──► Head: target(), field("cookie")
//!
//! bytes to write ◄── Response
//! ```
//!
//! There is no line buffer, and each byte is read once: a cookie of 8 kB passes through a buffer of any length. A
//! caller that wants the elements of a head whole collects them in a [`Head`], which uses a caller-provided buffer.

pub(crate) mod authority;
mod authority_rules;
#[cfg(any(test, upframe_small))]
mod authority_small;
#[cfg(any(test, not(upframe_small)))]
mod authority_table;
pub(crate) mod body;
pub(crate) mod class;
pub(crate) mod error;
pub(crate) mod field;
pub(crate) mod fields;
pub(crate) mod head;
pub(crate) mod limits;
#[cfg(any(test, not(upframe_small)))]
mod line_words;
pub(crate) mod method;
pub(crate) mod reader;
mod reader_shortcuts;
mod reader_state;
pub(crate) mod response;
pub(crate) mod scan;
#[cfg(any(test, upframe_small))]
mod scan_small;
#[cfg(any(test, not(upframe_small)))]
mod scan_words;
pub(crate) mod source;
pub(crate) mod span;
mod start_line;
pub(crate) mod writer;

pub use body::Body;
pub use error::{HeadError, HeadViolation, WriteError};
pub use fields::{Fields, LeftOut};
pub use head::Head;
pub use limits::HeadLimits;
pub use method::Method;
pub use reader::HeadReader;
pub use response::{Field, Response};
pub use source::Source;
pub use span::{Run, Span, Version};
