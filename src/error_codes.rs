//! The stable codes of errors. A code is never renamed, and never used again for something else.

use crate::connection::entropy::NoEntropy;
use crate::connection::error::{ProtocolError, SendError, Violation};
use crate::deflate::inflate::error::{InflateError, InflateViolation};
use crate::frame::error::{BufferTooSmall, FrameError, FrameViolation};
use crate::handshake::answer::Failure;
use crate::handshake::extended_connect::malformed::MalformedFields;
use crate::handshake::key::InvalidKey;
use crate::handshake::origin::OriginError;
use crate::handshake::origin_parts::OriginProblem;
use crate::handshake::refusal::Refusal;
use crate::handshake::request::RequestError;
use crate::handshake::uri::UriError;
use crate::http::error::{HeadError, HeadViolation, WriteError};
use crate::http::fields::LeftOut;
use crate::message::assembler::MessageTooBig;
use crate::utf8::validator::NotUtf8;

/// An error with a code for each cause.
pub(crate) trait Code {
    /// The codes of this type: those of errors that it wraps are not among them.
    #[cfg(test)]
    const CODES: &'static [&'static str];

    fn code(&self) -> &'static str;
}

/// Gives an error its codes. In braces: an error that it wraps, with the code of that. There is no arm for the rest, so
/// a new variant needs a code to compile.
macro_rules! codes {
    ($error:ident: $({ $wrapped:pat => $inner:expr })* $($cause:pat => $code:literal,)*) => {
        impl Code for $error {
            #[cfg(test)]
            const CODES: &'static [&'static str] = &[$($code),*];

            fn code(&self) -> &'static str {
                match self {
                    $($wrapped => $inner,)*
                    $($cause => $code,)*
                }
            }
        }
    };
}

codes! {
    FrameViolation:
    Self::ReservedBit => "frame-reserved-bit",
    Self::ReservedOpcode => "frame-reserved-opcode",
    Self::Unmasked => "frame-unmasked",
    Self::Masked => "frame-masked",
    Self::FragmentedControl => "frame-fragmented-control",
    Self::ControlTooLong => "frame-control-too-long",
    Self::UnexpectedContinuation => "frame-unexpected-continuation",
    Self::UnfinishedMessage => "frame-unfinished-message",
    Self::LengthTopBit => "frame-length-top-bit",
    Self::LengthNotMinimal => "frame-length-not-minimal",
}

codes! {
    Violation:
    { Self::Frame(violation) => violation.code() }
    Self::FrameTooBig => "peer-frame-too-big",
    Self::MessageTooBig => "peer-message-too-big",
    Self::TooManyFragments => "peer-too-many-fragments",
    Self::TooManyEmptyFragments => "peer-too-many-empty-fragments",
    Self::NotUtf8 => "peer-not-utf8",
    Self::CloseTruncated => "peer-close-truncated",
    Self::CloseCode => "peer-close-code",
    Self::CloseReason => "peer-close-reason",
    Self::ExtensionData => "peer-extension-data",
    Self::Policy => "peer-policy",
}

codes! {
    SendError:
    Self::BufferTooSmall { .. } => "send-buffer-too-small",
    Self::Closing => "send-closing",
    Self::FrameInProgress => "send-frame-in-progress",
    Self::NoFrame => "send-no-frame",
    Self::PayloadTooLong { .. } => "send-payload-too-long",
    Self::MessageInProgress => "send-message-in-progress",
    Self::NoMessage => "send-no-message",
    Self::ControlTooLong => "send-control-too-long",
    Self::CloseCode => "send-close-code",
    Self::NotUtf8 => "send-not-utf8",
    Self::ReservedBits => "send-reserved-bits",
    Self::FrameTooBig => "send-frame-too-big",
    Self::NoEntropy => "send-no-entropy",
    Self::QueueFull => "send-queue-full",
}

codes! {
    InflateViolation:
    Self::BlockType => "inflate-block-type",
    Self::StoredLength => "inflate-stored-length",
    Self::TooManyCodes => "inflate-too-many-codes",
    Self::LengthCodeOversubscribed => "inflate-length-code-oversubscribed",
    Self::LengthCodeIncomplete => "inflate-length-code-incomplete",
    Self::RepeatBeforeFirst => "inflate-repeat-before-first",
    Self::RepeatPastLast => "inflate-repeat-past-last",
    Self::NoEndOfBlock => "inflate-no-end-of-block",
    Self::LiteralCodeOversubscribed => "inflate-literal-code-oversubscribed",
    Self::LiteralCodeIncomplete => "inflate-literal-code-incomplete",
    Self::DistanceCodeOversubscribed => "inflate-distance-code-oversubscribed",
    Self::DistanceCodeIncomplete => "inflate-distance-code-incomplete",
    Self::NoLength => "inflate-no-length",
    Self::NoDistance => "inflate-no-distance",
    Self::DistanceTooFar => "inflate-distance-too-far",
    Self::Unfinished => "inflate-unfinished",
    Self::BitsAfterEnd => "inflate-bits-after-end",
    Self::MemoryTooSmall => "inflate-memory-too-small",
    Self::TooBig => "inflate-too-big",
}

codes! {
    HeadViolation:
    Self::Method => "head-method",
    Self::Target => "head-target",
    Self::Version => "head-version",
    Self::MajorVersion => "head-major-version",
    Self::Status => "head-status",
    Self::Reason => "head-reason",
    Self::FieldName => "head-field-name",
    Self::FieldValue => "head-field-value",
    Self::LineEnd => "head-line-end",
    Self::TooManyBytes => "head-too-many-bytes",
    Self::TooManyFields => "head-too-many-fields",
    Self::RequestLineTooLong => "head-request-line-too-long",
}

codes! {
    WriteError:
    Self::BufferTooSmall { .. } => "write-buffer-too-small",
    Self::Status => "write-status",
    Self::Reason => "write-reason",
    Self::FieldName { .. } => "write-field-name",
    Self::FieldValue { .. } => "write-field-value",
    Self::FieldOwned(_) => "write-field-owned",
    Self::Extension => "write-extension",
}

codes! {
    Refusal:
    { Self::Head(error) => error.code() }
    Self::HttpVersion => "refusal-http-version",
    Self::UpgradeRequired => "refusal-upgrade-required",
    Self::Method => "refusal-method",
    Self::Target => "refusal-target",
    Self::Host => "refusal-host",
    Self::Body => "refusal-body",
    Self::BodyLength => "refusal-body-length",
    Self::Connection => "refusal-connection",
    Self::Key => "refusal-key",
    Self::VersionMissing => "refusal-version-missing",
    Self::VersionMalformed => "refusal-version-malformed",
    Self::VersionUnsupported => "refusal-version-unsupported",
    Self::Subprotocols => "refusal-subprotocols",
    Self::TooManySubprotocols => "refusal-too-many-subprotocols",
    Self::Extensions => "refusal-extensions",
    Self::Origin => "refusal-origin",
}

codes! {
    Failure:
    { Self::Head(error) => error.code() }
    Self::HttpVersion => "response-http-version",
    Self::Upgrade => "response-upgrade",
    Self::Connection => "response-connection",
    Self::BodyLength => "response-body-length",
    Self::Accept => "response-accept",
    Self::Subprotocol => "response-subprotocol",
    Self::Extensions => "response-extensions",
    Self::ExtensionNotAgreed => "response-extension-not-agreed",
}

codes! {
    MalformedFields:
    Self::Name => "fields-name",
    Self::Value => "fields-value",
    Self::ConnectionField => "fields-connection-field",
    Self::PseudoLate => "fields-pseudo-late",
    Self::PseudoDuplicated => "fields-pseudo-duplicated",
    Self::PseudoNotAllowed => "fields-pseudo-not-allowed",
    Self::PseudoMissing => "fields-pseudo-missing",
    Self::HostDiffers => "fields-host-differs",
    Self::Status => "fields-status",
}

codes! {
    RequestError:
    Self::Subprotocol { .. } => "request-subprotocol",
    Self::Origin => "request-origin",
    Self::FieldName { .. } => "request-field-name",
    Self::FieldValue { .. } => "request-field-value",
    Self::FieldOwned(_) => "request-field-owned",
    Self::Extension => "request-extension",
    Self::NoEntropy => "request-no-entropy",
    Self::BufferTooSmall { .. } => "request-buffer-too-small",
}

codes! {
    UriError:
    Self::Scheme => "uri-scheme",
    Self::UserInfo => "uri-user-info",
    Self::Host => "uri-host",
    Self::HostEmpty => "uri-host-empty",
    Self::HostNotAscii => "uri-host-not-ascii",
    Self::HostAddress => "uri-host-address",
    Self::Percent => "uri-percent",
    Self::Port => "uri-port",
    Self::Resource => "uri-resource",
    Self::Fragment => "uri-fragment",
}

codes! {
    OriginProblem:
    Self::Scheme => "origin-scheme",
    Self::Host => "origin-host",
    Self::Port => "origin-port",
    Self::Path => "origin-path",
    Self::TooLong => "origin-too-long",
}

codes! {
    LeftOut:
    Self::DidNotFit => "head-did-not-fit",
    Self::NotWanted => "head-not-wanted",
}

codes! { OriginError: { Self { problem, .. } => problem.code() } }
codes! { ProtocolError: { Self { violation, .. } => violation.code() } }
codes! { FrameError: { Self { violation, .. } => violation.code() } }
codes! { InflateError: { Self { violation, .. } => violation.code() } }
codes! { HeadError: { Self { violation, .. } => violation.code() } }
codes! { MessageTooBig: Self { .. } => "message-too-big", }
codes! { BufferTooSmall: Self { .. } => "buffer-too-small", }
codes! { NoEntropy: Self => "no-entropy", }
codes! { NotUtf8: Self { .. } => "not-utf8", }
codes! { InvalidKey: Self => "invalid-key", }

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn no_two_causes_share_a_code_and_codes_are_words_joined_by_hyphens() {
        let mut all: Vec<&str> = [
            FrameViolation::CODES,
            Violation::CODES,
            SendError::CODES,
            InflateViolation::CODES,
            InflateError::CODES,
            HeadViolation::CODES,
            WriteError::CODES,
            Refusal::CODES,
            Failure::CODES,
            MalformedFields::CODES,
            RequestError::CODES,
            UriError::CODES,
            OriginProblem::CODES,
            OriginError::CODES,
            LeftOut::CODES,
            ProtocolError::CODES,
            FrameError::CODES,
            HeadError::CODES,
            MessageTooBig::CODES,
            BufferTooSmall::CODES,
            NoEntropy::CODES,
            NotUtf8::CODES,
            InvalidKey::CODES,
        ]
        .concat();
        assert!(all.len() > 70);
        for code in &all {
            let is_word =
                |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            assert!(code.split('-').all(is_word), "{code}");
            let of_drivers = ["http", "server", "stream", "timeout", "tls", "transport"];
            assert!(!of_drivers.iter().any(|first| code.split('-').next() == Some(first)), "{code} is for drivers");
        }
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "two causes share a code");
    }
}
