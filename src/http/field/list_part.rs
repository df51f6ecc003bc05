//! The parts of a comma list, which both ways of reading one show.

/// A part of an element of a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part<P> {
    /// As much of a token as has come.
    Token(P),
    /// The end of a token: the bit of the known token that it is, or 0.
    End(u32),
    /// An element that is empty.
    Empty,
    /// A byte that no token contains. The element has no `End` then.
    Invalid,
}
