//! Errors of the opening handshake in HTTP/2.

use crate::error::BuildError;
use h2::RecvStream;
use http::Response;
use std::{error, fmt};
use upframe::handshake::{Failure, MalformedFields, UriError};

/// Why there is no WebSocket on a stream of HTTP/2. Errors after the opening handshake are [`upframe_tokio::Error`]s.
#[derive(Debug)]
#[non_exhaustive]
pub enum Http2Error {
    /// HTTP/2 has failed: the connection ended, or the stream was reset.
    Http2(h2::Error),
    /// The server does not allow WebSockets on its connection: it has not sent `SETTINGS_ENABLE_CONNECT_PROTOCOL` (RFC
    /// 8441 §3). Nothing was asked.
    NotEnabled,
    /// The opening handshake took longer than [`Config::open_within`](upframe_tokio::Config::open_within).
    OpenTimedOut,
    /// The URI is not a valid WebSocket URI.
    Uri(UriError),
    /// The request cannot be sent.
    Request(BuildError),
    /// The server answered with another status than 2xx. Its body can be read.
    Refused(Box<Response<RecvStream>>),
    /// The response breaks the rules. The stream is reset.
    Failure(Failure),
    /// The response is malformed. The stream is reset.
    Malformed(MalformedFields),
}

impl Http2Error {
    /// Returns the code of the cause: see [`Error::code`](crate::Error::code). [`Http2`](Self::Http2) has
    /// `http-2-failed`, and [`NotEnabled`](Self::NotEnabled) `http-2-not-enabled`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Http2(_) => "http-2-failed",
            Self::NotEnabled => "http-2-not-enabled",
            Self::OpenTimedOut => "timeout-open",
            Self::Refused(_) => "server-refused",
            Self::Uri(error) => upframe::Error::from(*error).code(),
            Self::Request(error) => error.code(),
            Self::Failure(failure) => upframe::Error::from(*failure).code(),
            Self::Malformed(problem) => upframe::Error::from(*problem).code(),
        }
    }
}

impl fmt::Display for Http2Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http2(error) => write!(f, "HTTP/2: {error}"),
            Self::NotEnabled => f.write_str("server does not allow WebSockets in HTTP/2"),
            Self::OpenTimedOut => f.write_str("opening handshake was not finished in time"),
            Self::Uri(error) => write!(f, "URI: {error}"),
            Self::Request(error) => write!(f, "request: {error}"),
            Self::Refused(response) => write!(f, "server answered with status {}", response.status().as_u16()),
            Self::Failure(failure) => write!(f, "response: {failure}"),
            Self::Malformed(problem) => write!(f, "response: {problem}"),
        }
    }
}

impl error::Error for Http2Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Http2(error) => Some(error),
            Self::Uri(error) => Some(error),
            Self::Request(error) => Some(error),
            Self::Failure(failure) => Some(failure),
            Self::Malformed(problem) => Some(problem),
            Self::NotEnabled | Self::OpenTimedOut | Self::Refused(_) => None,
        }
    }
}

impl From<h2::Error> for Http2Error {
    fn from(error: h2::Error) -> Self {
        Self::Http2(error)
    }
}

impl From<UriError> for Http2Error {
    fn from(error: UriError) -> Self {
        Self::Uri(error)
    }
}

impl From<BuildError> for Http2Error {
    fn from(error: BuildError) -> Self {
        Self::Request(error)
    }
}
