//! The result of the check of one run of bytes.

/// Whether a run of bytes is UTF-8, and how much of it: the result of [`check`](crate::utf8::check()).
///
/// ```
/// use upframe::utf8::{Verdict, check};
/// match check(b"gr\xC3") {
///     Verdict::Whole => panic!("the last code point is cut"),
///     Verdict::Cut { valid } => assert_eq!(valid, 2),
///     Verdict::Bad { valid, at } => {
///         panic!("not UTF-8 at byte {at}, after {valid} bytes in whole code points")
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// All bytes are UTF-8.
    Whole,
    /// UTF-8 so far, but the last one to three bytes begin a code point that is not complete.
    Cut {
        /// The number of bytes in whole code points.
        valid: usize,
    },
    /// Not UTF-8.
    Bad {
        /// The number of bytes in whole code points before the error.
        valid: usize,
        /// The number of bytes before the first one that cannot follow: `valid` plus 0 to 3.
        at: usize,
    },
}
