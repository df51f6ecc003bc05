//! Classes of bytes, and the white space around a value.

/// What a byte may be part of.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Class {
    /// A token: a method, a field name, a subprotocol (RFC 9110 §5.6.2).
    Token,
    /// A field value or a reason: visible ASCII, space, tab, or beyond ASCII (RFC 9110 §5.5).
    Value,
    /// A request target: visible ASCII except the `#` of a fragment (RFC 9112 §3.2).
    Target,
    /// A registered name: unreserved and sub-delims (RFC 3986 §3.2.2).
    Host,
    /// The digits of base64 (RFC 4648 §4).
    Base64,
    /// Anything but the white space inside a line (RFC 9110 §5.6.3).
    NotSpace,
    /// A decimal digit.
    Digit,
    /// A hexadecimal digit.
    Hex,
}

impl Class {
    pub(super) const ALL: [Self; 8] =
        [Self::Token, Self::Value, Self::Target, Self::Host, Self::Base64, Self::NotSpace, Self::Digit, Self::Hex];

    /// Returns which classes a byte is of, one bit for each.
    pub(super) const fn set(byte: u8) -> u8 {
        let (mut classes, mut left) = (0, Self::ALL.as_slice());
        while let [class, rest @ ..] = left {
            classes |= (class.has(byte) as u8) << *class as u8;
            left = rest;
        }
        classes
    }

    /// Returns whether a byte is of this class: the definition, from which tables and faster ways are derived.
    #[inline(always)]
    pub(crate) const fn has(self, byte: u8) -> bool {
        match self {
            Self::Token => matches!(byte,
                b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-'
                | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'),
            // A field value contains no NUL and no other control byte. [9110-5.5-value]
            Self::Value => matches!(byte, b'\t' | 0x20..=0x7E | 0x80..),
            // The target contains no fragment, no space, no control byte and nothing beyond ASCII.
            // [9112-3.2-target-bytes]
            Self::Target => matches!(byte, 0x21..=0x7E) && byte != b'#',
            // A registered name consists of unreserved characters and sub-delims. [3986-3.2.2-name]
            Self::Host => matches!(byte,
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'('
                | b')' | b'*' | b'+' | b',' | b';' | b'='),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'),
            Self::NotSpace => !matches!(byte, b' ' | b'\t'),
            Self::Digit => byte.is_ascii_digit(),
            Self::Hex => byte.is_ascii_hexdigit(),
        }
    }
}

/// Returns the bytes without the white space around them (RFC 9110 §5.6.3).
pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    trim_end(trim_start(bytes))
}

/// Returns the bytes without the white space before them.
pub(crate) const fn trim_start(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

/// Returns the bytes without the white space after them.
pub(crate) const fn trim_end(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_consists_of_letters_digits_and_fifteen_others() {
        let others = b"!#$%&'*+-.^_`|~";
        for byte in 0..=255u8 {
            let want = byte.is_ascii_alphanumeric() || others.contains(&byte);
            assert_eq!(Class::Token.has(byte), want, "{byte:#x}");
        }
    }

    #[test]
    fn white_space_is_trimmed_at_both_ends_only() {
        for (bytes, want) in
            [(&b" \t a b\t "[..], &b"a b"[..]), (b"", b""), (b"  ", b""), (b"a", b"a"), (b"a ", b"a"), (b"\ta", b"a")]
        {
            assert_eq!(trim(bytes), want);
        }
    }
}
