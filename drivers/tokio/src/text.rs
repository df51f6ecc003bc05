//! Text in shared memory.

use bytes::Bytes;
use std::borrow::Borrow;
use std::{fmt, ops::Deref};

/// Text in shared memory: [`Bytes`] that are valid UTF-8.
///
/// A clone shares the memory. It dereferences to `str`. Text that was received is neither copied nor checked a second
/// time. `Debug` shows the length only.
///
/// ```
/// use upframe_tokio::Utf8Bytes;
/// let text = Utf8Bytes::from("naïve");
/// assert_eq!(text.as_str(), "naïve");
/// assert_eq!(text.len(), 6);
/// assert_eq!(Utf8Bytes::try_from(text.clone().into_bytes()), Ok(text));
/// ```
#[derive(Clone, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Utf8Bytes(Bytes);

impl Utf8Bytes {
    /// Makes text of bytes that the codec has checked: a text message, or a piece of one.
    pub(crate) fn checked(bytes: Bytes) -> Self {
        debug_assert!(std::str::from_utf8(&bytes).is_ok(), "the codec checks text");
        Self(bytes)
    }

    /// Returns text in static memory, without a copy.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }

    /// Returns the text.
    #[must_use]
    #[expect(unsafe_code, reason = "the type holds valid UTF-8; without this, each use of a text would scan it again")]
    pub fn as_str(&self) -> &str {
        // SAFETY: the bytes are private and immutable. They come from a `str`, from a check in `try_from`, or from
        // `checked`, whose callers pass what the codec has reported as text.
        unsafe { std::str::from_utf8_unchecked(&self.0) }
    }

    /// Returns the bytes, without a copy.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl Deref for Utf8Bytes {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Utf8Bytes {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<[u8]> for Utf8Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Borrow<str> for Utf8Bytes {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Utf8Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Debug for Utf8Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Utf8Bytes({} bytes)", self.0.len())
    }
}

impl From<String> for Utf8Bytes {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&str> for Utf8Bytes {
    /// Copies the text. [`from_static`](Utf8Bytes::from_static) does not.
    fn from(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl From<Utf8Bytes> for Bytes {
    fn from(text: Utf8Bytes) -> Self {
        text.0
    }
}

impl TryFrom<Bytes> for Utf8Bytes {
    type Error = std::str::Utf8Error;

    fn try_from(bytes: Bytes) -> Result<Self, Self::Error> {
        std::str::from_utf8(&bytes)?;
        Ok(Self(bytes))
    }
}

impl PartialEq<str> for Utf8Bytes {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Utf8Bytes {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_valid_text_becomes_text() {
        assert!(Utf8Bytes::try_from(Bytes::from_static(b"a\xff")).is_err());
        assert!(Utf8Bytes::try_from(Bytes::from_static(b"\xe2\x82")).is_err());
        let text = Utf8Bytes::try_from(Bytes::from_static("€".as_bytes())).unwrap();
        assert_eq!((text.as_str(), &*text, text.to_string()), ("€", "€", String::from("€")));
        assert_eq!(text, "€");
        assert_eq!(format!("{text:?}"), "Utf8Bytes(3 bytes)");
        assert_eq!(Utf8Bytes::from(String::from("€")), Utf8Bytes::from_static("€"));
    }
}
