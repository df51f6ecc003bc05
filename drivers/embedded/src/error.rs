//! Errors.

use core::{error, fmt};
use upframe::connection::{EndOfStream, ProtocolError, SendError};
use upframe::handshake::{Failure, Refusal, RequestError};
use upframe::http::WriteError;

/// What went wrong. `E` is the error of the transport.
///
/// After an error from receiving, the connection is over: the next call returns `None`. After [`Error::Send`], it is
/// unchanged.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error<E> {
    /// The transport failed.
    Io(E),
    /// The transport accepts no bytes any more.
    WriteZero,
    /// The peer broke the protocol, or a limit. It was sent a Close that tells why (RFC 6455 §7.1.7).
    Protocol(ProtocolError),
    /// The stream ended without a Close. The close code is 1006 (RFC 6455 §7.1.5).
    Ended(EndOfStream),
    /// The stream ended within the opening handshake.
    EndedInHandshake,
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
    /// The program refused the request. Its answer was written.
    Declined,
    /// The server answered with this status, which is not 101.
    Refused(u16),
    /// The response of the server breaks the rules of the opening handshake.
    Failure(Failure),
    /// The request of this client cannot be sent: its subprotocols, its origin or its fields are invalid, or it is
    /// longer than the send buffer.
    Request(RequestError),
    /// The response of this server cannot be sent: its fields are invalid, or it is longer than the send buffer.
    Response(WriteError),
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "transport: {error}"),
            Self::WriteZero => f.write_str("transport accepts no bytes"),
            Self::Protocol(error) => write!(f, "peer: {error}"),
            Self::Ended(EndOfStream::InFrame) => f.write_str("stream ended inside a frame"),
            Self::Ended(EndOfStream::InMessage) => f.write_str("stream ended inside a message"),
            Self::Ended(_) => f.write_str("stream ended without a Close"),
            Self::EndedInHandshake => f.write_str("stream ended inside the opening handshake"),
            Self::Dead => f.write_str("peer does not answer"),
            Self::CloseTimedOut => f.write_str("peer has not finished the closing handshake"),
            Self::OpenTimedOut => f.write_str("peer has not finished the opening handshake"),
            Self::Send(error) => write!(f, "cannot send: {error}"),
            Self::Refusal(refusal) => write!(f, "request refused: {refusal}"),
            Self::Declined => f.write_str("request refused by the program"),
            Self::Refused(status) => write!(f, "server answered with status {status}"),
            Self::Failure(failure) => write!(f, "response: {failure}"),
            Self::Request(error) => write!(f, "request: {error}"),
            Self::Response(error) => write!(f, "response: {error}"),
        }
    }
}

impl<E: error::Error + 'static> error::Error for Error<E> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Protocol(error) => Some(error),
            Self::Send(error) => Some(error),
            Self::Refusal(refusal) => Some(refusal),
            Self::Failure(failure) => Some(failure),
            Self::Request(error) => Some(error),
            Self::Response(error) => Some(error),
            _ => None,
        }
    }
}
