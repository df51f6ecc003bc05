//! Errors of the opening handshake on hyper.

use crate::error::BuildError;
use http::Response;
use hyper::body::Incoming;
use std::{error, fmt};
use upframe::handshake::{Failure, UriError};

/// Why there is no connection. Errors after the opening handshake are [`upframe_tokio::Error`]s.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// hyper has failed: the connection ended, it cannot be upgraded, or another response was sent.
    Hyper(hyper::Error),
    /// The opening handshake took longer than [`Config::open_within`](upframe_tokio::Config::open_within).
    OpenTimedOut,
    /// The URI is not a valid WebSocket URI.
    Uri(UriError),
    /// The request cannot be sent.
    Request(BuildError),
    /// The server answered with another status than 101. `Debug` of the response shows its fields.
    Refused(Box<Response<Incoming>>),
    /// The response breaks the rules of RFC 6455 §4.1. The connection is closed.
    Failure(Failure),
    /// The connection has failed after the opening handshake. No function of this crate returns it; it is here for the
    /// `?` of programs.
    WebSocket(upframe_tokio::Error),
}

impl Error {
    /// Returns the code of the cause: lower-case words joined by hyphens. A code is never renamed, and never means
    /// something else later. Two causes never share a code.
    ///
    /// An error that wraps one of another type has the code of that: see [`upframe_tokio::Error::code`],
    /// [`BuildError::code`] and [`upframe::Error::code`]. [`Hyper`](Self::Hyper) has `http-failed`; the timeout and the
    /// refusal have the codes that all drivers have for them, `timeout-open` and `server-refused`.
    ///
    /// ```
    /// let error = upframe_http::Error::OpenTimedOut;
    /// assert_eq!(error.code(), upframe_tokio::Error::OpenTimedOut.code());
    /// ```
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Hyper(_) => "http-failed",
            Self::OpenTimedOut => "timeout-open",
            Self::Refused(_) => "server-refused",
            Self::Uri(error) => upframe::Error::from(*error).code(),
            Self::Request(error) => error.code(),
            Self::Failure(failure) => upframe::Error::from(*failure).code(),
            Self::WebSocket(error) => error.code(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hyper(error) => write!(f, "HTTP: {error}"),
            Self::OpenTimedOut => f.write_str("opening handshake was not finished in time"),
            Self::Uri(error) => write!(f, "URI: {error}"),
            Self::Request(error) => write!(f, "request: {error}"),
            Self::Refused(response) => write!(f, "server answered with status {}", response.status().as_u16()),
            Self::Failure(failure) => write!(f, "response: {failure}"),
            Self::WebSocket(error) => error.fmt(f),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Hyper(error) => Some(error),
            Self::Uri(error) => Some(error),
            Self::Request(error) => Some(error),
            Self::Failure(failure) => Some(failure),
            Self::WebSocket(error) => Some(error),
            Self::OpenTimedOut | Self::Refused(_) => None,
        }
    }
}

impl From<hyper::Error> for Error {
    fn from(error: hyper::Error) -> Self {
        Self::Hyper(error)
    }
}

impl From<UriError> for Error {
    fn from(error: UriError) -> Self {
        Self::Uri(error)
    }
}

impl From<BuildError> for Error {
    fn from(error: BuildError) -> Self {
        Self::Request(error)
    }
}

impl From<upframe_tokio::Error> for Error {
    fn from(error: upframe_tokio::Error) -> Self {
        Self::WebSocket(error)
    }
}
