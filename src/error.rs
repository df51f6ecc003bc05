//! One error for all errors of the crate.

use crate::connection::entropy::NoEntropy;
use crate::connection::error::{ProtocolError, SendError, Violation};
use crate::deflate::inflate::error::{InflateError, InflateViolation};
use crate::error_codes::Code;
use crate::frame::error::{BufferTooSmall, FrameError, FrameViolation};
use crate::handshake::answer::Failure;
use crate::handshake::extended_connect::malformed::MalformedFields;
use crate::handshake::key::InvalidKey;
use crate::handshake::origin::OriginError;
use crate::handshake::refusal::Refusal;
use crate::handshake::request::RequestError;
use crate::handshake::uri::UriError;
use crate::http::error::{HeadError, HeadViolation, WriteError};
use crate::http::fields::LeftOut;
use crate::message::assembler::MessageTooBig;
use crate::utf8::validator::NotUtf8;
use core::fmt;

/// The variants, each with the error that it wraps and what `Display` shows.
macro_rules! umbrella {
    ($($(#[$doc:meta])* $variant:ident($error:ident) = $context:literal,)*) => {
        /// Any error of this crate, for programs that pass all of them through one type: `?` converts each of them.
        ///
        /// `Display` tells what failed, and [`source`](core::error::Error::source) why. `{:#}` shows both in one line.
        /// [`code`](Self::code) is for logs, metrics, and programs in other languages.
        ///
        /// ```
        /// use upframe::connection::{Connection, Settings};
        /// use upframe::handshake::Uri;
        /// fn open(uri: &str, out: &mut [u8]) -> Result<usize, upframe::Error> {
        ///     Uri::parse(uri)?;
        ///     let mut server = Connection::server(Settings::new());
        ///     Ok(server.send("Hello", out)?.len())
        /// }
        /// let error = open("https://example.com/", &mut [0; 4]).unwrap_err();
        /// assert_eq!(error.code(), "uri-scheme");
        /// assert_eq!(error.to_string(), "invalid URI");
        /// assert_eq!(format!("{error:#}"), "invalid URI: scheme is not ws or wss");
        /// let error = open("ws://example.com/", &mut [0; 4]).unwrap_err();
        /// assert_eq!(error.code(), "send-buffer-too-small");
        /// ```
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
        #[non_exhaustive]
        pub enum Error {
            $($(#[$doc])* $variant($error),)*
        }

        impl Error {
            /// Returns the code of the cause, for example `"peer-not-utf8"`: lower-case words joined by hyphens.
            ///
            /// **Codes are stable**: a code is never renamed, and never means something else later. A new cause has a
            /// new code. Two causes never share a code; an error that only wraps another one has the code of that, so
            /// a [`FrameViolation`] has the same code wherever it appears.
            pub fn code(&self) -> &'static str {
                match self {
                    $(Self::$variant(error) => error.code(),)*
                }
            }
        }

        impl fmt::Display for Error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant(error) => {
                        f.write_str($context)?;
                        if f.alternate() { write!(f, ": {error}") } else { Ok(()) }
                    })*
                }
            }
        }

        impl core::error::Error for Error {
            fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
                match self {
                    $(Self::$variant(error) => Some(error),)*
                }
            }
        }

        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        })*
    };
}

umbrella! {
    /// The peer broke the protocol, and the connection has failed.
    Protocol(ProtocolError) = "peer broke the protocol",
    /// The same without its place.
    Violation(Violation) = "peer broke a rule",
    /// A call could not send.
    Send(SendError) = "cannot send",
    /// A message does not fit in the caller-provided buffer.
    MessageTooBig(MessageTooBig) = "message is too big",
    /// A frame cannot be decoded.
    Frame(FrameError) = "invalid frame",
    /// The same without its place.
    FrameViolation(FrameViolation) = "invalid frame header",
    /// A compressed message cannot be inflated.
    Inflate(InflateError) = "cannot inflate",
    /// The same without its place.
    InflateViolation(InflateViolation) = "invalid compressed data",
    /// An output buffer is too short.
    BufferTooSmall(BufferTooSmall) = "buffer is too small",
    /// A source of entropy has no bytes.
    NoEntropy(NoEntropy) = "no masking key",
    /// Bytes are not text.
    NotUtf8(NotUtf8) = "invalid text",
    /// A server refuses a request.
    Refusal(Refusal) = "request is refused",
    /// A response does not open a connection.
    Failure(Failure) = "opening handshake failed",
    /// A field section of HTTP/2 or HTTP/3 is malformed.
    MalformedFields(MalformedFields) = "malformed fields",
    /// A client's request cannot be sent.
    Request(RequestError) = "cannot write the request",
    /// A URI is not a valid WebSocket URI.
    Uri(UriError) = "invalid URI",
    /// A `Sec-WebSocket-Key` is malformed.
    InvalidKey(InvalidKey) = "invalid key",
    /// A received head is not valid.
    Head(HeadError) = "invalid head",
    /// The same without its place.
    HeadViolation(HeadViolation) = "invalid line of a head",
    /// An element of a head was asked for that was not kept.
    LeftOut(LeftOut) = "the head is not complete",
    /// An entry of a list of origins is not an origin.
    Origin(OriginError) = "invalid list of origins",
    /// A head cannot be written.
    Write(WriteError) = "cannot write a head",
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::error::Error as _;
    use std::string::ToString;

    #[test]
    fn the_source_is_the_error_that_was_converted_and_the_code_is_that_of_the_cause() {
        let violation = FrameViolation::Masked;
        let protocol = ProtocolError { violation: Violation::Frame(violation), offset: 7 };
        let head = HeadError { violation: HeadViolation::LineEnd, offset: 3 };
        for (error, source, code) in [
            (Error::from(protocol), protocol.to_string(), "frame-masked"),
            (Error::from(Violation::Frame(violation)), violation.to_string(), "frame-masked"),
            (Error::from(violation), violation.to_string(), "frame-masked"),
            (
                Error::from(FrameError { violation, offset: 1 }),
                FrameError { violation, offset: 1 }.to_string(),
                "frame-masked",
            ),
            (Error::from(Violation::NotUtf8), Violation::NotUtf8.to_string(), "peer-not-utf8"),
            (Error::from(SendError::NotUtf8), SendError::NotUtf8.to_string(), "send-not-utf8"),
            (Error::from(NotUtf8 { at: 3 }), "not UTF-8 at byte 3".into(), "not-utf8"),
            (Error::from(head), head.to_string(), "head-line-end"),
            (Error::from(Refusal::Head(head)), Refusal::Head(head).to_string(), "head-line-end"),
            (Error::from(Failure::Head(head)), head.to_string(), "head-line-end"),
            (Error::from(BufferTooSmall { required: 9 }), "output needs 9 bytes".into(), "buffer-too-small"),
            (Error::from(MessageTooBig { limit: 9 }), "message exceeds 9 bytes".into(), "message-too-big"),
            (Error::from(NoEntropy), NoEntropy.to_string(), "no-entropy"),
            (Error::from(InvalidKey), InvalidKey.to_string(), "invalid-key"),
        ] {
            assert_eq!(error.source().unwrap().to_string(), source, "{error:?}");
            assert_eq!(std::format!("{error:#}"), std::format!("{error}: {source}"));
            assert_eq!(error.code(), code, "{error:?}");
        }
    }
}
