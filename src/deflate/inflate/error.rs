//! Why compressed data cannot be inflated.

use ::core::fmt;

/// What is wrong with compressed data. RFC 7692 §7.2.2 lets the receiver of such a message fail the connection.
///
/// This is the complete list of malformed streams, with what the decoders of zlib do:
///
/// | stream | violation | zlib |
/// |---|---|---|
/// | a block of type 3 | [`BlockType`](Self::BlockType) | the same |
/// | a stored block whose length is not the complement of its check | [`StoredLength`](Self::StoredLength) | the same |
/// | more than 286 literal and length codes, or more than 30 distance codes | [`TooManyCodes`](Self::TooManyCodes) | the same |
/// | more code lengths of code lengths than a code has room for | [`LengthCodeOversubscribed`](Self::LengthCodeOversubscribed) | the same |
/// | a code for code lengths that leaves bits without a meaning, also one of no or of one symbol | [`LengthCodeIncomplete`](Self::LengthCodeIncomplete) | the same |
/// | a repetition before the first code length | [`RepeatBeforeFirst`](Self::RepeatBeforeFirst) | the same |
/// | a repetition that goes past the last code length | [`RepeatPastLast`](Self::RepeatPastLast) | the same |
/// | a block without a code for its end | [`NoEndOfBlock`](Self::NoEndOfBlock) | the same |
/// | more literals and lengths than a code has room for | [`LiteralCodeOversubscribed`](Self::LiteralCodeOversubscribed) | the same |
/// | a literal and length code that leaves bits without a meaning | [`LiteralCodeIncomplete`](Self::LiteralCodeIncomplete); **accepted** if its only code has one bit | the same |
/// | more distances than a code has room for | [`DistanceCodeOversubscribed`](Self::DistanceCodeOversubscribed) | the same |
/// | a distance code that leaves bits without a meaning | [`DistanceCodeIncomplete`](Self::DistanceCodeIncomplete); **accepted** if it has no code, or its only code has one bit | the same |
/// | length symbol 286 or 287, or bits without a meaning | [`NoLength`](Self::NoLength) | the same |
/// | distance symbol 30 or 31, or bits without a meaning | [`NoDistance`](Self::NoDistance) | the same |
/// | a distance to before the first byte, or beyond the agreed window | [`DistanceTooFar`](Self::DistanceTooFar) | the same |
/// | a message that ends inside a block, also one of no bytes | [`Unfinished`](Self::Unfinished) | waits for more |
/// | a message that leaves one or two bits after its last block | [`BitsAfterEnd`](Self::BitsAfterEnd) | waits for more |
/// | a message that ends right after a block with BFINAL | **accepted** | the same |
/// | padding bits that are not 0, before a stored block or after one with BFINAL | **accepted** | the same |
///
/// Two more are limits of this end: [`MemoryTooSmall`](Self::MemoryTooSmall) and [`TooBig`](Self::TooBig).
///
/// ```
/// use upframe::deflate::{Inflater, InflateViolation, SmallTables};
/// let mut inflater = Inflater::new([0; 256]);
/// let error = inflater.inflate(&mut SmallTables::new(), &mut &b"\x06"[..], true).unwrap_err();
/// assert_eq!((error.violation, error.offset), (InflateViolation::BlockType, 0));
/// assert_eq!(error.to_string(), "reserved block type (RFC 1951 section 3.2.3) at byte 0");
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum InflateViolation {
    /// A block of the reserved type 3 (RFC 1951 §3.2.3).
    BlockType,
    /// A stored block whose length and its complement do not belong together (§3.2.4).
    StoredLength,
    /// More than 286 literal and length codes, or more than 30 distance codes (§3.2.7).
    TooManyCodes,
    /// A code for code lengths with more codes than its lengths leave room for (§3.2.2, §3.2.7).
    LengthCodeOversubscribed,
    /// A code for code lengths that leaves bits without a meaning (§3.2.7).
    LengthCodeIncomplete,
    /// A repetition before the first code length (§3.2.7).
    RepeatBeforeFirst,
    /// A repetition that goes past the last code length (§3.2.7).
    RepeatPastLast,
    /// A block that has no code for its end (§3.2.7).
    NoEndOfBlock,
    /// A literal and length code with more codes than its lengths leave room for (§3.2.2).
    LiteralCodeOversubscribed,
    /// A literal and length code that leaves bits without a meaning, and is not a single code of one bit (§3.2.2).
    LiteralCodeIncomplete,
    /// A distance code with more codes than its lengths leave room for (§3.2.2).
    DistanceCodeOversubscribed,
    /// A distance code that leaves bits without a meaning, and has more than a single code of one bit (§3.2.7).
    DistanceCodeIncomplete,
    /// Bits that are neither a literal, nor a length, nor the end of the block (§3.2.5).
    NoLength,
    /// Bits that are not a distance (§3.2.5).
    NoDistance,
    /// A distance to before the first byte that this connection has received (§3.2.5), or beyond the agreed window
    /// (RFC 7692 §7.1.2).
    DistanceTooFar,
    /// A message that ends inside a block (RFC 7692 §7.2.2).
    Unfinished,
    /// A message that ends with one or two bits after its last block (RFC 7692 §7.2.2).
    BitsAfterEnd,
    /// A distance within the agreed window, but beyond the caller-provided memory.
    MemoryTooSmall,
    /// A message longer than the limit.
    TooBig,
}

impl InflateViolation {
    /// Returns the RFC and the section that has the rule, such as `"RFC 1951 section 3.2.5"`.
    pub const fn section(self) -> &'static str {
        match self {
            Self::BlockType => "RFC 1951 section 3.2.3",
            Self::StoredLength => "RFC 1951 section 3.2.4",
            Self::NoLength | Self::NoDistance | Self::DistanceTooFar => "RFC 1951 section 3.2.5",
            Self::LiteralCodeOversubscribed | Self::LiteralCodeIncomplete | Self::DistanceCodeOversubscribed => {
                "RFC 1951 section 3.2.2"
            }
            Self::TooManyCodes
            | Self::LengthCodeOversubscribed
            | Self::LengthCodeIncomplete
            | Self::RepeatBeforeFirst
            | Self::RepeatPastLast
            | Self::NoEndOfBlock
            | Self::DistanceCodeIncomplete => "RFC 1951 section 3.2.7",
            Self::Unfinished | Self::BitsAfterEnd => "RFC 7692 section 7.2.2",
            Self::MemoryTooSmall => "RFC 7692 section 7.1.2",
            Self::TooBig => "RFC 6455 section 10.4",
        }
    }
}

impl fmt::Display for InflateViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BlockType => "reserved block type",
            Self::StoredLength => "length of a stored block does not match its check",
            Self::TooManyCodes => "more codes than the alphabet has symbols",
            Self::LengthCodeOversubscribed => "code for code lengths is over-subscribed",
            Self::LengthCodeIncomplete => "code for code lengths is incomplete",
            Self::RepeatBeforeFirst => "repetition before the first code length",
            Self::RepeatPastLast => "repetition past the last code length",
            Self::NoEndOfBlock => "no code for the end of the block",
            Self::LiteralCodeOversubscribed => "literal code is over-subscribed",
            Self::LiteralCodeIncomplete => "literal code is incomplete",
            Self::DistanceCodeOversubscribed => "distance code is over-subscribed",
            Self::DistanceCodeIncomplete => "distance code is incomplete",
            Self::NoLength => "invalid literal or length",
            Self::NoDistance => "invalid distance",
            Self::DistanceTooFar => "distance too far back",
            Self::Unfinished => "message ends inside a block",
            Self::BitsAfterEnd => "message ends with bits after its last block",
            Self::MemoryTooSmall => "distance beyond the memory for the window",
            Self::TooBig => "inflated message longer than the limit",
        })
    }
}

impl core::error::Error for InflateViolation {}

/// Compressed data that cannot be inflated: what is wrong with it, and where.
///
/// ```
/// use upframe::deflate::{Inflater, SmallTables};
/// // a match of 3 bytes at distance 1, before any byte
/// let mut inflater = Inflater::new([0; 256]);
/// let error =
///     inflater.inflate(&mut SmallTables::new(), &mut &b"\x03\x02"[..], true).unwrap_err();
/// assert_eq!(error.to_string(), "distance too far back (RFC 1951 section 3.2.5) at byte 1");
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct InflateError {
    /// What is wrong.
    pub violation: InflateViolation,
    /// The number of compressed bytes of the message before the one that completes the invalid element, wherever the
    /// input was cut. If the message ends too early: its length.
    pub offset: u64,
}

impl fmt::Display for InflateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { violation, offset } = self;
        write!(f, "{violation} ({}) at byte {offset}", violation.section())
    }
}

impl core::error::Error for InflateError {}
