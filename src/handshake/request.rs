//! What a client asks for.

use super::subprotocol::MAX_OFFERED;
use super::uri::Uri;
use crate::connection::NoEntropy;
use crate::http::class::is_tchar;
use crate::http::error::WriteError;
use crate::http::limits::HeadLimits;
use crate::http::response::{Field, check_field};
use core::fmt;

/// What a client asks for (RFC 6455 §4.1).
///
/// ```
/// use upframe::handshake::{ClientRequest, Uri};
/// let request = ClientRequest::new(Uri::parse("ws://server.example.com/chat").unwrap())
///     .with_subprotocols(&["chat", "superchat"])
///     .with_fields(&[("Authorization", "Bearer 42")]);
/// ```
#[derive(Clone, Copy)]
pub struct ClientRequest<'a> {
    pub(super) uri: Uri<'a>,
    pub(super) subprotocols: &'a [&'a str],
    pub(super) origin: Option<&'a str>,
    pub(super) fields: &'a [Field<'a>],
    pub(super) limits: HeadLimits,
}

impl<'a> ClientRequest<'a> {
    /// For this URI.
    pub const fn new(uri: Uri<'a>) -> Self {
        Self { uri, subprotocols: &[], origin: None, fields: &[], limits: HeadLimits::DEFAULT }
    }

    /// Where it goes to.
    pub const fn uri(&self) -> Uri<'a> {
        self.uri
    }

    /// With these subprotocols, the one that is preferred first: at most 16 different tokens.
    #[must_use]
    pub const fn with_subprotocols(self, subprotocols: &'a [&'a str]) -> Self {
        Self { subprotocols, ..self }
    }

    /// With an origin, for clients that run what a page says (RFC 6455 §4.1, 8).
    #[must_use]
    pub const fn with_origin(self, origin: &'a str) -> Self {
        Self { origin: Some(origin), ..self }
    }

    /// With fields of your own, such as cookies or credentials.
    #[must_use]
    pub const fn with_fields(self, fields: &'a [Field<'a>]) -> Self {
        Self { fields, ..self }
    }

    /// With response heads of this size.
    #[must_use]
    pub const fn with_limits(self, limits: HeadLimits) -> Self {
        Self { limits, ..self }
    }

    /// All that the caller has chosen (RFC 6455 §4.1).
    pub(super) fn check(&self) -> Result<(), RequestError> {
        // [4.1-offered-count]
        if self.subprotocols.len() > MAX_OFFERED {
            return Err(RequestError::Subprotocol);
        }
        for (i, subprotocol) in self.subprotocols.iter().enumerate() {
            // §4.1, 10: non-empty tokens, which MUST all be unique
            let before = self.subprotocols.get(..i).unwrap_or_default();
            // [4.1-offered-empty] [4.1-offered-token] [4.1-offered-unique]
            if subprotocol.is_empty() || !subprotocol.bytes().all(is_tchar) || before.contains(subprotocol) {
                return Err(RequestError::Subprotocol);
            }
        }
        // [4.1-origin-valid]
        if let Some(origin) = self.origin
            && (origin.is_empty() || !origin.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            return Err(RequestError::Origin);
        }
        // [9110-5.5-own-checked]
        self.fields.iter().try_for_each(|field| Ok(check_field(*field, &OWNED)?))
    }
}

impl fmt::Debug for ClientRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientRequest").field("uri", &self.uri).finish_non_exhaustive()
    }
}

/// What a request holds that is not for the caller to add.
const OWNED: [&str; 11] = [
    "Host",
    "Origin",
    "Upgrade",
    "Connection",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Version",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Accept",
    "Content-Length",
    "Transfer-Encoding",
];

/// A request that cannot be sent. Nothing was written, and no key was drawn.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum RequestError {
    /// More than 16 subprotocols, or one that is no token, or is there twice (RFC 6455 §4.1).
    Subprotocol,
    /// An origin that is empty or holds a space or a control byte.
    Origin,
    /// A field name that is no token (RFC 9110 §5.1).
    FieldName,
    /// A field value with CR, LF, NUL or another control byte (RFC 9110 §5.5).
    FieldValue,
    /// A field that the codec writes itself.
    FieldOwned,
    /// No key could be drawn.
    NoEntropy,
    /// The output is too short.
    BufferTooSmall {
        /// The length in bytes that it must have.
        required: usize,
    },
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Subprotocol => "subprotocols are not up to 16 different tokens",
            Self::Origin => "origin holds a space or a control byte",
            Self::FieldName => "field name is no token",
            Self::FieldValue => "field value holds a control byte",
            Self::FieldOwned => "field is written by the codec",
            Self::NoEntropy => "no entropy for a key",
            Self::BufferTooSmall { required } => return write!(f, "output needs {required} bytes"),
        })
    }
}

impl core::error::Error for RequestError {}

impl From<NoEntropy> for RequestError {
    fn from(NoEntropy: NoEntropy) -> Self {
        Self::NoEntropy
    }
}

impl From<WriteError> for RequestError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::BufferTooSmall { required } => Self::BufferTooSmall { required },
            WriteError::FieldName => Self::FieldName,
            WriteError::FieldOwned => Self::FieldOwned,
            _ => Self::FieldValue,
        }
    }
}
