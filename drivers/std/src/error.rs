//! Errors.

use crate::head::Response;
use std::{error, fmt, io};
use upframe::connection::{EndOfStream, NoEntropy, ProtocolError, SendError};
use upframe::handshake::{Failure, Refusal, RequestError, UriError};
use upframe::http::WriteError;

/// What went wrong.
///
/// After an error from receiving, the connection is over: the next call returns `None`. Only an [`Untimed`] transport
/// whose read would block can be read again. After [`Error::Send`], it is
/// unchanged.
///
/// [`Untimed`]: crate::Untimed
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The transport failed. `TimedOut`: the peer accepted no bytes for the `write_within` of
    /// [`Config`](crate::Config).
    Io(io::Error),
    /// The peer broke the protocol, or a limit. It was sent a Close that tells why (RFC 6455 §7.1.7).
    Protocol(ProtocolError),
    /// The stream ended without a Close. The close code is 1006 (RFC 6455 §7.1.5).
    Ended(EndOfStream),
    /// The peer did not answer a Ping of the keepalive. The close code is 1006.
    Dead,
    /// The peer did not finish the closing handshake in time.
    CloseTimedOut,
    /// The peer did not finish the opening handshake in time.
    OpenTimedOut,
    /// A message cannot be sent. It was not queued, and the connection is unchanged.
    Send(SendError),
    /// The request of a client was refused. The answer was written.
    Refusal(Refusal),
    /// The server answered with another status than 101: its response.
    Refused(Box<Response>),
    /// The response of the server breaks the rules of the opening handshake.
    Failure(Failure),
    /// The URI is not a valid WebSocket URI.
    Uri(UriError),
    /// The URI is `wss:`, and [`connect`](crate::connect) has no TLS: open the stream with a TLS library, and pass it to
    /// [`client`](crate::client()).
    Tls,
    /// The request of this client cannot be sent: its subprotocols, its origin or its fields are invalid.
    Request(RequestError),
    /// The response of this server cannot be sent: its fields are invalid.
    Response(WriteError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "transport: {error}"),
            Self::Protocol(error) => write!(f, "peer: {error}"),
            Self::Ended(EndOfStream::InFrame) => f.write_str("stream ended inside a frame"),
            Self::Ended(EndOfStream::InMessage) => f.write_str("stream ended inside a message"),
            Self::Ended(_) => f.write_str("stream ended without a Close"),
            Self::Dead => f.write_str("peer does not answer"),
            Self::CloseTimedOut => f.write_str("peer has not finished the closing handshake"),
            Self::OpenTimedOut => f.write_str("peer has not finished the opening handshake"),
            Self::Send(error) => write!(f, "cannot send: {error}"),
            Self::Refusal(refusal) => write!(f, "request refused: {refusal}"),
            Self::Refused(response) => write!(f, "server answered with status {}", response.status()),
            Self::Failure(failure) => write!(f, "response: {failure}"),
            Self::Uri(error) => write!(f, "URI: {error}"),
            Self::Tls => f.write_str("URI is wss, and no TLS is set up"),
            Self::Request(error) => write!(f, "request: {error}"),
            Self::Response(error) => write!(f, "response: {error}"),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Protocol(error) => Some(error),
            Self::Send(error) => Some(error),
            Self::Refusal(refusal) => Some(refusal),
            Self::Failure(failure) => Some(failure),
            Self::Uri(error) => Some(error),
            Self::Request(error) => Some(error),
            Self::Response(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<SendError> for Error {
    fn from(error: SendError) -> Self {
        Self::Send(error)
    }
}

impl From<NoEntropy> for Error {
    fn from(NoEntropy: NoEntropy) -> Self {
        Self::Send(SendError::NoEntropy)
    }
}

impl From<UriError> for Error {
    fn from(error: UriError) -> Self {
        Self::Uri(error)
    }
}

impl From<RequestError> for Error {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        Self::Response(error)
    }
}
