//! permessage-deflate (RFC 7692) for connections on a standard library.

pub(crate) mod config;
pub(crate) mod deflating;
pub(crate) mod inflating;
pub(crate) mod optional;
mod scratch;
