//! The results of compressing.

/// A message that was compressed, before it is committed.
#[derive(Clone, Copy, Debug)]
#[must_use = "if the message is sent so, it must be committed"]
pub struct Compressed {
    pub(super) len: usize,
    /// How many bytes of the input it stands for.
    pub(super) consumed: usize,
    pub(super) furthest: u16,
    /// Bits that are not written.
    pub(super) left: u8,
    pub(super) left_bits: u8,
    /// Whether the message ends with it.
    pub(super) is_last: bool,
    /// Whether it is the whole message.
    pub(super) is_whole: bool,
}

impl Compressed {
    /// Returns how many bytes were written.
    #[expect(clippy::len_without_is_empty, reason = "a compressed message is never empty")]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns the longest distance of a match: the window that a receiver needs. 0 means that there is no match.
    pub const fn longest_distance(&self) -> usize {
        self.furthest as usize
    }

    /// How many bytes of the input it stands for.
    pub(crate) const fn consumed(&self) -> usize {
        self.consumed
    }

    /// Whether the message ends with it.
    pub(crate) const fn is_last(&self) -> bool {
        self.is_last
    }
}

/// What was done of a message in parts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "the message may not be complete"]
pub struct Deflated {
    pub(super) len: usize,
    pub(super) is_complete: bool,
}

impl Deflated {
    /// Returns how many bytes were written.
    #[expect(clippy::len_without_is_empty, reason = "it is not a container")]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns whether the message is complete: all of it was written.
    pub const fn is_complete(&self) -> bool {
        self.is_complete
    }
}
