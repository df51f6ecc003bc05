//! How large a head may be.

/// How large a head may be. Beyond, a request is answered with 431, a response fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct HeadLimits {
    /// Bytes in all, empty lines in front and at the end included.
    pub bytes: u32,
    /// Fields.
    pub fields: u16,
}

impl HeadLimits {
    /// For a server with memory, and for clients: 32 KiB, 128 fields. No memory of that size is needed.
    pub const DEFAULT: Self = Self { bytes: 32 << 10, fields: 128 };
    /// For a small device, whose time is short: 8 KiB, 64 fields.
    pub const SMALL_DEVICE: Self = Self { bytes: 8 << 10, fields: 64 };

    /// With this many bytes in all.
    #[must_use]
    pub const fn with_bytes(self, bytes: u32) -> Self {
        Self { bytes, ..self }
    }

    /// With this many fields.
    #[must_use]
    pub const fn with_fields(self, fields: u16) -> Self {
        Self { fields, ..self }
    }
}

impl Default for HeadLimits {
    /// [`HeadLimits::DEFAULT`].
    fn default() -> Self {
        Self::DEFAULT
    }
}
