//! Text that has been checked.

use core::fmt;

/// Checked text in whole code points: a run of the input, or one code point whose bytes arrived in several pieces.
///
/// ```
/// use upframe::utf8::Chars;
/// let chars = Chars::from("grüß");
/// assert_eq!(chars.as_str(), "grüß");
/// assert_eq!(chars.as_bytes().len(), 6);
/// ```
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Chars<'b> {
    run: &'b [u8],
    /// The code point that was cut. Its first byte is 0 if there is none: an ASCII byte is never cut.
    joined: [u8; 4],
}

impl<'b> Chars<'b> {
    /// The empty text.
    pub const EMPTY: Self = Self { run: &[], joined: [0; 4] };

    /// Wraps a run that was checked.
    #[inline(always)]
    pub(crate) const fn checked(run: &'b [u8]) -> Self {
        Self { run, joined: [0; 4] }
    }

    /// Wraps a code point whose bytes arrived in pieces.
    #[inline(always)]
    pub(crate) const fn joined(joined: [u8; 4]) -> Self {
        Self { run: &[], joined }
    }

    /// Returns the text as bytes: valid UTF-8.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        let len = match self.joined {
            [0, ..] => return self.run,
            [0xF0..=0xFF, ..] => 4,
            [0xE0..=0xEF, ..] => 3,
            _ => 2,
        };
        self.joined.get(..len).unwrap_or_default()
    }

    /// Returns the text. Scans the bytes again, since safe code has no other way to make a `str` of them: work is
    /// linear in their number.
    #[inline]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// Returns the bytes at their place in the input, with the lifetime of the input. Returns `None` for a code point
    /// that was cut: it has no place in the input.
    #[inline]
    pub const fn in_input(&self) -> Option<&'b [u8]> {
        match self.joined {
            [0, ..] => Some(self.run),
            _ => None,
        }
    }

    /// Returns the text at its place in the input, with the lifetime of the input. Returns `None` for a code point that
    /// was cut: it has no place in the input. Scans the bytes again, as [`as_str`](Self::as_str) does.
    #[inline]
    pub fn str_in_input(&self) -> Option<&'b str> {
        core::str::from_utf8(self.in_input()?).ok()
    }

    /// Returns the same text at another place: `run` holds the same bytes.
    #[inline]
    pub(crate) const fn moved_to(self, run: &[u8]) -> Chars<'_> {
        Chars { run, joined: self.joined }
    }
}

impl<'b> From<&'b str> for Chars<'b> {
    #[inline]
    fn from(text: &'b str) -> Self {
        Self::checked(text.as_bytes())
    }
}

impl fmt::Debug for Chars<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chars({} bytes)", self.as_bytes().len())
    }
}

#[cfg(feature = "defmt-1")]
impl defmt::Format for Chars<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Chars({} bytes)", self.as_bytes().len());
    }
}
