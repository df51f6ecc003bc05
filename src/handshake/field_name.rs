//! The fields that the opening handshake reads.

/// A field that the opening handshake reads, or any other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FieldName {
    /// A field that is ignored. It is the first one, so that a request of which nothing has come consists of zeros.
    Other,
    ContentLength,
    // those with a list of tokens, in the order of the lists of a request
    Connection,
    Upgrade,
    Version,
    Protocol,
    Extensions,
    Key,
    Accept,
    Host,
    Origin,
    TransferEncoding,
}
