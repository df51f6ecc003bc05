//! Errors, and their stable codes.

use crate::head::Response;
use std::{error, fmt, io};
use upframe::connection::{EndOfStream, NoEntropy, ProtocolError, SendError};
use upframe::handshake::{Failure, Refusal, RequestError, UriError};
use upframe::http::WriteError;

/// What went wrong.
///
/// After an error from receiving, the connection is over: the next call returns `None`. After [`Error::Send`] it is
/// unchanged. [`code`](Self::code) is for logs, metrics, and programs in other languages.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The transport failed. The documentation of a driver tells which kinds have a meaning.
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
    /// The server answered with another status than 101: its response, with the start of its body.
    Refused(Box<Response>),
    /// The response of the server breaks the rules of the opening handshake.
    Failure(Failure),
    /// The URI is not a valid WebSocket URI.
    Uri(UriError),
    /// The URI is `wss:`, and `connect` has no TLS: open the stream with a TLS library, and pass it to `client`.
    Tls,
    /// The request of this client cannot be sent: its subprotocols, its origin or its fields are invalid.
    Request(RequestError),
    /// The response of this server cannot be sent: its fields are invalid.
    Response(WriteError),
}

impl Error {
    /// Returns the code of the cause, for example `"timeout-keepalive"`: lower-case words joined by hyphens.
    ///
    /// **Codes are stable**: a code is never renamed, and never means something else later. Two causes never share a
    /// code, and all drivers have the same code for the same cause. An error that wraps one of the codec has the code of
    /// that, see [`upframe::Error::code`]. The others are:
    ///
    /// | code | error |
    /// |---|---|
    /// | `transport-failed` | [`Io`](Self::Io) |
    /// | `stream-ended` | [`Ended`](Self::Ended), between two messages |
    /// | `stream-ended-in-message` | [`Ended`](Self::Ended), between two fragments of a message |
    /// | `stream-ended-in-frame` | [`Ended`](Self::Ended), inside a frame |
    /// | `timeout-keepalive` | [`Dead`](Self::Dead) |
    /// | `timeout-close` | [`CloseTimedOut`](Self::CloseTimedOut) |
    /// | `timeout-open` | [`OpenTimedOut`](Self::OpenTimedOut) |
    /// | `server-refused` | [`Refused`](Self::Refused) |
    /// | `tls-missing` | [`Tls`](Self::Tls) |
    ///
    /// ```
    /// use upframe::connection::SendError;
    /// use upframe_driver::Error;
    /// assert_eq!(Error::Dead.code(), "timeout-keepalive");
    /// assert_eq!(Error::Send(SendError::Closing).code(), "send-closing");
    /// ```
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "transport-failed",
            Self::Ended(EndOfStream::InFrame) => "stream-ended-in-frame",
            Self::Ended(EndOfStream::InMessage) => "stream-ended-in-message",
            Self::Ended(_) => "stream-ended",
            Self::Dead => "timeout-keepalive",
            Self::CloseTimedOut => "timeout-close",
            Self::OpenTimedOut => "timeout-open",
            Self::Refused(_) => "server-refused",
            Self::Tls => "tls-missing",
            Self::Protocol(error) => upframe::Error::from(*error).code(),
            Self::Send(error) => upframe::Error::from(*error).code(),
            Self::Refusal(refusal) => upframe::Error::from(*refusal).code(),
            Self::Failure(failure) => upframe::Error::from(*failure).code(),
            Self::Uri(error) => upframe::Error::from(*error).code(),
            Self::Request(error) => upframe::Error::from(*error).code(),
            Self::Response(error) => upframe::Error::from(*error).code(),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::Collector;
    use std::collections::HashSet;
    use std::error::Error as _;
    use upframe::connection::Violation;

    /// One of each cause, and its code.
    fn all() -> Vec<(Error, &'static str)> {
        vec![
            (io::Error::from(io::ErrorKind::ConnectionReset).into(), "transport-failed"),
            (Error::Ended(EndOfStream::WithoutClose), "stream-ended"),
            (Error::Ended(EndOfStream::InMessage), "stream-ended-in-message"),
            (Error::Ended(EndOfStream::InFrame), "stream-ended-in-frame"),
            (Error::Dead, "timeout-keepalive"),
            (Error::CloseTimedOut, "timeout-close"),
            (Error::OpenTimedOut, "timeout-open"),
            (Error::Refused(Box::new(Collector::default().into_response())), "server-refused"),
            (Error::Tls, "tls-missing"),
            (Error::Protocol(ProtocolError { violation: Violation::NotUtf8, offset: 7 }), "peer-not-utf8"),
            (SendError::Closing.into(), "send-closing"),
            (NoEntropy.into(), "send-no-entropy"),
            (Error::Refusal(Refusal::Key), "refusal-key"),
            (Error::Failure(Failure::Accept), "response-accept"),
            (UriError::Scheme.into(), "uri-scheme"),
            (RequestError::Origin.into(), "request-origin"),
            (WriteError::Status.into(), "write-status"),
        ]
    }

    #[test]
    fn each_cause_has_its_own_code_and_its_own_text() {
        let (mut codes, mut texts) = (HashSet::new(), HashSet::new());
        for (error, code) in all() {
            assert_eq!(error.code(), code, "{error:?}");
            assert!(codes.insert(error.code()), "{code} is there twice");
            assert!(texts.insert(error.to_string()), "{error} is there twice");
            let is_word = |word: &str| {
                !word.is_empty() && !word.contains(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit())
            };
            assert!(code.split('-').all(is_word), "{code}");
        }
    }

    #[test]
    fn codes_that_are_not_of_the_codec_have_first_words_that_the_codec_does_not_use() {
        for (error, code) in all() {
            let first = code.split('-').next().unwrap();
            let of_a_driver = ["server", "stream", "timeout", "tls", "transport"].contains(&first);
            let wraps_one_of_the_codec = error.source().is_some() && !matches!(error, Error::Io(_));
            assert_eq!(of_a_driver, !wraps_one_of_the_codec, "{code}");
        }
    }
}
