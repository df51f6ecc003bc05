//! Errors of the opening handshake.

use std::{error, fmt};
use upframe::handshake::RequestError;

/// Why a request cannot be built. Nothing was sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// A subprotocol, the origin or a field is invalid, or there is no entropy for a key.
    Request(RequestError),
    /// The URI or a field is too long for the crate `http`, or there are too many fields.
    Http(http::Error),
}

impl BuildError {
    /// Returns the stable code of the cause: that of the codec, see [`upframe::Error::code`], or `"http-request"` for
    /// [`Http`](Self::Http).
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Request(error) => upframe::Error::from(*error).code(),
            Self::Http(_) => "http-request",
        }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => error.fmt(f),
            Self::Http(error) => error.fmt(f),
        }
    }
}

impl error::Error for BuildError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Request(error) => Some(error),
            Self::Http(error) => Some(error),
        }
    }
}

impl From<RequestError> for BuildError {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

impl From<http::Error> for BuildError {
    fn from(error: http::Error) -> Self {
        Self::Http(error)
    }
}
