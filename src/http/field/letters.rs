//! How known values are compared with values that stream by.

/// How many known values are told apart. Those after the first 32 are never found.
pub(crate) const MAX: usize = 32;

/// How letters are compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Letters {
    /// Upper and lower case are different.
    Exact,
    /// Upper and lower case are the same.
    AnyCase,
}
