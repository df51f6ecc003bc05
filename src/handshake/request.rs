//! The request of a client.

use super::subprotocol::MAX_OFFERED;
use super::uri::Uri;
use crate::connection::entropy::NoEntropy;
use crate::http::error::WriteError;
use crate::http::limits::HeadLimits;
use crate::http::response::{Field, check_fields};
use crate::http::scan::is_tchar;
use core::fmt;

/// What a client asks for: a URI, and what is sent with the request (RFC 6455 §4.1). `Debug` shows neither path nor
/// fields.
///
/// It is checked when the handshake is made: see [`ClientHandshake::new`](super::ClientHandshake::new).
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
    /// Returns a request for this URI, without subprotocols, origin and further fields, and with
    /// [`HeadLimits::DEFAULT`].
    pub const fn new(uri: Uri<'a>) -> Self {
        Self { uri, subprotocols: &[], origin: None, fields: &[], limits: HeadLimits::DEFAULT }
    }

    /// Returns the URI of the request.
    pub const fn uri(&self) -> Uri<'a> {
        self.uri
    }

    /// Returns the same request with these subprotocols, in order of preference: at most 16 different tokens.
    #[must_use]
    pub const fn with_subprotocols(self, subprotocols: &'a [&'a str]) -> Self {
        Self { subprotocols, ..self }
    }

    /// Returns the same request with an origin, for clients that run what a page says, as browsers do (RFC 6455 §4.1,
    /// 8).
    #[must_use]
    pub const fn with_origin(self, origin: &'a str) -> Self {
        Self { origin: Some(origin), ..self }
    }

    /// Returns the same request with these further fields, such as cookies or credentials.
    #[must_use]
    pub const fn with_fields(self, fields: &'a [Field<'a>]) -> Self {
        Self { fields, ..self }
    }

    /// Returns the same request with these limits of the response head.
    #[must_use]
    pub const fn with_limits(self, limits: HeadLimits) -> Self {
        Self { limits, ..self }
    }

    /// Checks everything that the caller has chosen (RFC 6455 §4.1).
    pub(super) fn check(&self) -> Result<(), RequestError> {
        for (index, subprotocol) in self.subprotocols.iter().enumerate() {
            // A client offers no more subprotocols than a server of this crate accepts. [4.1-offered-count]
            if index >= MAX_OFFERED {
                return Err(RequestError::Subprotocol { index });
            }
            let before = self.subprotocols.get(..index).unwrap_or_default();
            // No offered subprotocol is empty. [4.1-offered-empty]
            // Offered subprotocols are tokens. [4.1-offered-token]
            // No subprotocol is offered twice. [4.1-offered-unique]
            if subprotocol.is_empty() || !subprotocol.bytes().all(is_tchar) || before.contains(subprotocol) {
                return Err(RequestError::Subprotocol { index });
            }
        }
        // An origin contains no space and no control byte. [4.1-origin-valid]
        if let Some(origin) = self.origin
            && (origin.is_empty() || !origin.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            return Err(RequestError::Origin);
        }
        Ok(check_fields(self.fields, &OWNED_FIELDS)?)
    }
}

impl fmt::Debug for ClientRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientRequest").field("uri", &self.uri).finish_non_exhaustive()
    }
}

/// The fields of a request that a caller must not add.
static OWNED_FIELDS: [&str; 11] = [
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

/// Why a request cannot be sent. Nothing was written, and no key was drawn.
///
/// `index` is the place of a subprotocol or a field among those that the caller provided, from 0.
///
/// ```
/// use upframe::handshake::{ClientHandshake, ClientRequest, RequestError, Uri};
/// # let mut entropy = |bytes: &mut [u8]| { bytes.fill(7); Ok(()) };
/// let request = ClientRequest::new(Uri::parse("ws://a/").unwrap()).with_subprotocols(&["chat", "chat"]);
/// let error = ClientHandshake::new(request, &mut entropy).unwrap_err();
/// assert_eq!(error, RequestError::Subprotocol { index: 1 });
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum RequestError {
    /// A subprotocol is not a token, or equals one before it, or is the 17th (RFC 6455 §4.1).
    Subprotocol {
        /// Which of the caller's subprotocols it is.
        index: usize,
    },
    /// The origin is empty, or contains a space, a control byte or a character beyond ASCII.
    Origin,
    /// The name of a field is not a token (RFC 9110 §5.1).
    FieldName {
        /// Which of the caller's fields it is.
        index: usize,
    },
    /// The value of a field contains CR, LF, NUL or another control byte (RFC 9110 §5.5).
    FieldValue {
        /// Which of the caller's fields it is.
        index: usize,
    },
    /// The codec writes the field with this name itself.
    FieldOwned(&'static str),
    /// The extension writes an invalid token (RFC 6455 §9.1).
    Extension,
    /// The source of entropy has failed, so there is no key.
    NoEntropy,
    /// The output is too small.
    BufferTooSmall {
        /// The number of bytes that the output must have.
        required: usize,
    },
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Subprotocol { index } => write!(f, "subprotocols must be up to 16 different tokens: index {index}"),
            Self::Origin => f.write_str("invalid origin"),
            Self::FieldName { index } => WriteError::FieldName { index }.fmt(f),
            Self::FieldValue { index } => WriteError::FieldValue { index }.fmt(f),
            Self::FieldOwned(name) => WriteError::FieldOwned(name).fmt(f),
            Self::Extension => WriteError::Extension.fmt(f),
            Self::NoEntropy => f.write_str("no entropy for a key"),
            Self::BufferTooSmall { required } => WriteError::BufferTooSmall { required }.fmt(f),
        }
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
            WriteError::FieldName { index } => Self::FieldName { index },
            WriteError::FieldValue { index } => Self::FieldValue { index },
            WriteError::FieldOwned(name) => Self::FieldOwned(name),
            // a request has neither status nor reason
            WriteError::Extension | WriteError::Status | WriteError::Reason => Self::Extension,
        }
    }
}
