//! Errors.

use core::{error, fmt};
use upframe::connection::{EndOfStream, ProtocolError, SendError};
use upframe::handshake::{Failure, Refusal, RequestError};
use upframe::http::WriteError;

/// What went wrong. `E` is the error of the transport.
///
/// After an error from receiving, the connection is over: the next call returns `None`. After [`Error::Send`], it is
/// unchanged. [`code`](Self::code) is for logs and metrics.
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

impl<E> Error<E> {
    /// Returns the code of the cause, for example `"timeout-keepalive"`: lower-case words joined by hyphens.
    ///
    /// **Codes are stable**: a code is never renamed, and never means something else later. Two causes never share a
    /// code, and all drivers have the same code for the same cause. An error that wraps one of the codec has the code
    /// of that, see [`upframe::Error::code`]. The others are:
    ///
    /// | code | error |
    /// |---|---|
    /// | `transport-failed` | [`Io`](Self::Io) |
    /// | `transport-write-zero` | [`WriteZero`](Self::WriteZero) |
    /// | `stream-ended` | [`Ended`](Self::Ended), between two messages |
    /// | `stream-ended-in-message` | [`Ended`](Self::Ended), between two fragments of a message |
    /// | `stream-ended-in-frame` | [`Ended`](Self::Ended), inside a frame |
    /// | `stream-ended-in-handshake` | [`EndedInHandshake`](Self::EndedInHandshake) |
    /// | `timeout-keepalive` | [`Dead`](Self::Dead) |
    /// | `timeout-close` | [`CloseTimedOut`](Self::CloseTimedOut) |
    /// | `timeout-open` | [`OpenTimedOut`](Self::OpenTimedOut) |
    /// | `server-declined` | [`Declined`](Self::Declined) |
    /// | `server-refused` | [`Refused`](Self::Refused) |
    ///
    /// ```
    /// use upframe_embedded::{Error, SendError};
    /// assert_eq!(Error::<()>::Dead.code(), "timeout-keepalive");
    /// assert_eq!(Error::<()>::Send(SendError::Closing).code(), "send-closing");
    /// ```
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "transport-failed",
            Self::WriteZero => "transport-write-zero",
            Self::Ended(EndOfStream::InFrame) => "stream-ended-in-frame",
            Self::Ended(EndOfStream::InMessage) => "stream-ended-in-message",
            Self::Ended(_) => "stream-ended",
            Self::EndedInHandshake => "stream-ended-in-handshake",
            Self::Dead => "timeout-keepalive",
            Self::CloseTimedOut => "timeout-close",
            Self::OpenTimedOut => "timeout-open",
            Self::Declined => "server-declined",
            Self::Refused(_) => "server-refused",
            Self::Protocol(error) => upframe::Error::from(*error).code(),
            Self::Send(error) => upframe::Error::from(*error).code(),
            Self::Refusal(refusal) => upframe::Error::from(*refusal).code(),
            Self::Failure(failure) => upframe::Error::from(*failure).code(),
            Self::Request(error) => upframe::Error::from(*error).code(),
            Self::Response(error) => upframe::Error::from(*error).code(),
        }
    }
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

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::collections::HashSet;
    use std::string::ToString;
    use upframe::connection::Violation;

    #[test]
    fn each_cause_has_its_own_code_and_its_own_text() {
        let all: [(Error<&str>, &str); 17] = [
            (Error::Io("cut"), "transport-failed"),
            (Error::WriteZero, "transport-write-zero"),
            (Error::Ended(EndOfStream::WithoutClose), "stream-ended"),
            (Error::Ended(EndOfStream::InMessage), "stream-ended-in-message"),
            (Error::Ended(EndOfStream::InFrame), "stream-ended-in-frame"),
            (Error::EndedInHandshake, "stream-ended-in-handshake"),
            (Error::Dead, "timeout-keepalive"),
            (Error::CloseTimedOut, "timeout-close"),
            (Error::OpenTimedOut, "timeout-open"),
            (Error::Declined, "server-declined"),
            (Error::Refused(503), "server-refused"),
            (Error::Protocol(ProtocolError { violation: Violation::NotUtf8, offset: 7 }), "peer-not-utf8"),
            (Error::Send(SendError::Closing), "send-closing"),
            (Error::Refusal(Refusal::Key), "refusal-key"),
            (Error::Failure(Failure::Accept), "response-accept"),
            (Error::Request(RequestError::Origin), "request-origin"),
            (Error::Response(WriteError::Status), "write-status"),
        ];
        let (mut codes, mut texts) = (HashSet::new(), HashSet::new());
        for (error, code) in all {
            assert_eq!(error.code(), code, "{error:?}");
            assert!(codes.insert(error.code()), "{code} is there twice");
            assert!(texts.insert(error.to_string()), "{error} is there twice");
        }
    }
}
