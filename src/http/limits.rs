//! How large a head may be.

/// How large a head may be. A server answers a larger request with 431, or with 414 if the
/// limit is in its request line; a client fails on a larger response (RFC 6585
/// §5).
///
/// ```
/// use upframe::handshake::ServerOptions;
/// use upframe::http::HeadLimits;
/// const OPTIONS: ServerOptions = ServerOptions::new().with_limits(HeadLimits::DEFAULT.with_bytes(4096));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct HeadLimits {
    /// The most bytes of a whole head, including the empty lines before and after it.
    pub bytes: u32,
    /// The most fields.
    pub fields: u16,
}

impl HeadLimits {
    /// For servers with plenty of memory, and for clients: 32 KiB, 128 fields. No buffer of that size is needed.
    pub const DEFAULT: Self = Self { bytes: 32 << 10, fields: 128 };
    /// For small devices, whose time is short: 8 KiB, 64 fields.
    pub const SMALL_DEVICE: Self = Self { bytes: 8 << 10, fields: 64 };

    /// Returns the same limits with at most this many bytes.
    #[must_use]
    pub const fn with_bytes(self, bytes: u32) -> Self {
        Self { bytes, ..self }
    }

    /// Returns the same limits with at most this many fields.
    #[must_use]
    pub const fn with_fields(self, fields: u16) -> Self {
        Self { fields, ..self }
    }
}

impl Default for HeadLimits {
    /// Returns [`HeadLimits::DEFAULT`].
    fn default() -> Self {
        Self::DEFAULT
    }
}
