//! The fields that the opening handshake reads.

/// A field that the opening handshake reads, or any other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FieldName {
    /// A field that is ignored.
    Other,
    Host,
    Origin,
    Upgrade,
    Connection,
    ContentLength,
    TransferEncoding,
    Key,
    Accept,
    Version,
    Protocol,
    Extensions,
}
