//! The key of the opening handshake and the answer to it (RFC 6455 §4.2.2).

use crate::http::class::{Class, trim};
#[cfg(not(upframe_small))]
use crate::target::copy;
#[cfg(not(upframe_small))]
use base64ct::Base64;
#[cfg(upframe_small)]
use base64ct::Base64Unpadded;
use base64ct::Encoding;
use core::{fmt, str};

/// What is appended to the key before it is hashed (RFC 6455 §1.3).
const GUID: &[u8; 36] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The value of `Sec-WebSocket-Key`: 16 bytes in base64, 24 characters (RFC 6455 §4.1). `Debug` does not show it.
///
/// ```
/// use upframe::handshake::Key;
/// let key = Key::new(*b"the sample nonce");
/// assert_eq!(key.as_str(), "dGhlIHNhbXBsZSBub25jZQ==");
/// assert_eq!(key.accept_value().as_str(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// ```
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Key {
    text: [u8; 24],
}

/// A key is not 16 bytes in base64 (RFC 6455 §4.2.1): its length is wrong, a character is not a digit of base64, or
/// bits of padding are not zero.
///
/// ```
/// use upframe::handshake::{InvalidKey, Key};
/// assert_eq!(Key::parse(b"short"), Err(InvalidKey));
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct InvalidKey;

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("key is not 16 bytes in base64")
    }
}

impl core::error::Error for InvalidKey {}

impl Key {
    /// Returns the key that a client makes of 16 random bytes (RFC 6455 §4.1).
    pub fn new(nonce: [u8; 16]) -> Self {
        // The key is the base64 of its 16 bytes. [4.1-key-base64]
        Self { text: base64::<18, 24>(&nonce, 2) }
    }

    /// Returns the key of a request, from the value of the field without the white space around it.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] if `text` is not 16 bytes in base64.
    pub fn parse(text: &[u8]) -> Result<Self, InvalidKey> {
        Self::check(text).map(Self::checked)
    }

    /// Checks what [`parse`](Self::parse) checks, and copies nothing.
    #[cfg_attr(upframe_small, inline(always))]
    pub(super) fn check(text: &[u8]) -> Result<&[u8; 24], InvalidKey> {
        let text = <&[u8; 24]>::try_from(text).map_err(|_| InvalidKey)?;
        // 21 characters of 6 bits, and one of which the last 4 bits are padding
        // The key is 24 characters, of which the last two are padding. [4.2.1-key-length]
        let [digits @ .., last, b'=', b'='] = text else { return Err(InvalidKey) };
        // The key consists of the digits of base64. [4.2.1-key-digits]
        // The bits of padding in the key are zero. [4.2.1-key-padding]
        // A, Q, g and w: Q is A with one more bit, and w is g with it
        if !are_digits(digits) || !matches!(last & !0x10, b'A' | b'g') {
            return Err(InvalidKey);
        }
        Ok(text)
    }

    /// Returns the key of a text that was [checked](Self::check).
    pub(super) const fn checked(text: &[u8; 24]) -> Self {
        Self { text: *text }
    }

    pub(super) const fn as_bytes(&self) -> &[u8; 24] {
        &self.text
    }

    /// Returns the value of `Sec-WebSocket-Key`: 24 characters.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.text).unwrap_or_default()
    }

    /// Returns the server's answer: the base64 of the SHA-1 of [`sha1_input`](Self::sha1_input) (RFC 6455 §4.2.2).
    #[cfg_attr(upframe_small, inline(never))]
    pub fn accept_value(&self) -> AcceptValue {
        AcceptValue::from_sha1(sha1(&self.sha1_input()))
    }

    /// Returns what is hashed for the [answer](Self::accept_value): the text of the key, and a fixed GUID after it (RFC
    /// 6455 §1.3). It is for machines with SHA-1 in hardware or in ROM: see [`AcceptValue::from_sha1`].
    #[cfg_attr(upframe_small, inline(always))]
    pub fn sha1_input(&self) -> [u8; 60] {
        let mut input = [0; 60];
        if let Some(place) = input.first_chunk_mut() {
            *place = self.text;
        }
        if let Some(place) = input.last_chunk_mut() {
            *place = *GUID;
        }
        input
    }
}

/// Returns whether all 21 bytes are digits of base64. The compiler makes vectors of two blocks, which overlap.
#[cfg(not(upframe_small))]
#[inline(always)]
fn are_digits(bytes: &[u8; 21]) -> bool {
    let are = |block: &[u8; 16]| block.iter().fold(true, |all, byte| all & Class::Base64.has(*byte));
    bytes.first_chunk().is_some_and(are) && bytes.last_chunk().is_some_and(are)
}

/// The same with less code.
#[cfg(upframe_small)]
#[inline(always)]
fn are_digits(bytes: &[u8; 21]) -> bool {
    Class::Base64.len(bytes) == bytes.len()
}

/// SHA-1 (RFC 3174), by the instructions of the processor if it has some for it. If both features are on, speed wins: a
/// program that has the room asked for it.
#[cfg(feature = "fast-sha1")]
fn sha1(bytes: &[u8]) -> [u8; 20] {
    use sha1::Digest;
    sha1::Sha1::digest(bytes).into()
}

/// SHA-1 (RFC 3174), quick.
#[cfg(not(any(feature = "fast-sha1", feature = "small-sha1")))]
fn sha1(bytes: &[u8]) -> [u8; 20] {
    let mut sha1 = sha1_smol::Sha1::new();
    sha1.update(bytes);
    sha1.digest().bytes()
}

/// SHA-1 (RFC 3174), in little code.
#[cfg(all(feature = "small-sha1", not(feature = "fast-sha1")))]
fn sha1(bytes: &[u8]) -> [u8; 20] {
    hmac_sha1_compact::Hash::hash(bytes)
}

/// Encodes up to `GROUPS` bytes, a multiple of 3, as base64 (RFC 4648 §4): 4 characters for each 3 bytes, of which the
/// last `padding` are padding.
///
/// Whole groups are encoded, and the last characters are overwritten with the padding: so the encoder has no other
/// case.
#[cfg(not(upframe_small))]
fn base64<const GROUPS: usize, const CHARACTERS: usize>(bytes: &[u8], padding: usize) -> [u8; CHARACTERS] {
    let (mut groups, mut text) = ([0; GROUPS], [b'='; CHARACTERS]);
    copy(bytes, &mut groups);
    // the lengths are in that proportion
    let _ = Base64::encode(&groups, &mut text);
    text.iter_mut().rev().take(padding).for_each(|place| *place = b'=');
    text
}

/// The same in one copy for all lengths.
#[cfg(upframe_small)]
#[inline(always)]
fn base64<const GROUPS: usize, const CHARACTERS: usize>(bytes: &[u8], _padding: usize) -> [u8; CHARACTERS] {
    let mut text = [0; CHARACTERS];
    encode(bytes, &mut text);
    text
}

/// Encodes character by character, each of which is the first one of its 6 bits. What follows all bits is padding.
#[cfg(upframe_small)]
#[inline(never)]
fn encode(bytes: &[u8], text: &mut [u8]) {
    let mut bit = 0_usize;
    for character in text {
        let mut two = *b"==";
        if let Some([first, rest @ ..]) = bytes.get(bit >> 3..) {
            let pair = u16::from_be_bytes([*first, rest.first().copied().unwrap_or_default()]);
            // the buffer has the length that is needed
            let _ = Base64Unpadded::encode(&[(pair << (bit & 7) >> 8) as u8 & 0xFC], &mut two);
        }
        *character = two[0];
        bit = bit.wrapping_add(6);
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

#[cfg(feature = "defmt-1")]
impl defmt::Format for Key {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Key(..)");
    }
}

/// The value of `Sec-WebSocket-Accept`: 28 characters (RFC 6455 §4.2.2).
///
/// ```
/// use upframe::handshake::accept_key;
/// let accept = accept_key("x3JJHMbDL1EzLkh9GBhXDw==").unwrap();
/// assert_eq!(accept.as_str(), "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
/// ```
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct AcceptValue {
    text: [u8; 28],
}

impl AcceptValue {
    /// The answer to no key.
    pub(super) const NONE: Self = Self { text: [0; 28] };

    /// Returns the value for the SHA-1 of a key's [`sha1_input`](Key::sha1_input), for machines with SHA-1 in hardware
    /// or in ROM: with [`accept_with`](super::ServerHandshake::accept_with), no other SHA-1 is in the program.
    ///
    /// ```
    /// use upframe::handshake::{AcceptValue, Key};
    /// # let hash_by_hardware = |bytes: &[u8]| sha1_smol::Sha1::from(bytes).digest().bytes();
    /// let key = Key::parse(b"x3JJHMbDL1EzLkh9GBhXDw==").unwrap();
    /// let accept = AcceptValue::from_sha1(hash_by_hardware(&key.sha1_input()));
    /// assert_eq!(accept.as_str(), "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
    /// ```
    pub fn from_sha1(digest: [u8; 20]) -> Self {
        // 20 bytes are 28 characters, of which the last is padding
        Self { text: base64::<21, 28>(&digest, 1) }
    }

    /// Returns the value of `Sec-WebSocket-Accept`: 28 characters.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.text).unwrap_or_default()
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 28] {
        &self.text
    }
}

impl fmt::Debug for AcceptValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AcceptValue({})", self.as_str())
    }
}

/// Returns the value of `Sec-WebSocket-Accept` for a request's `Sec-WebSocket-Key`, for servers with an HTTP stack of
/// their own.
///
/// White space around the key does not belong to it.
///
/// ```
/// use upframe::handshake::accept_key;
/// let accept = accept_key("dGhlIHNhbXBsZSBub25jZQ==").unwrap(); // RFC 6455 §1.3
/// assert_eq!(accept.as_str(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// ```
///
/// # Errors
///
/// [`InvalidKey`] if the key is not 16 bytes in base64.
pub fn accept_key(key: &str) -> Result<AcceptValue, InvalidKey> {
    Ok(Key::parse(trim(key.as_bytes()))?.accept_value())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64ct::Base64;

    #[test]
    fn published_vectors() {
        for (key, accept) in [
            ("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            ("x3JJHMbDL1EzLkh9GBhXDw==", "HSmrc0sMlYUkAGmm5OPpG2HaGWk="),
        ] {
            assert_eq!(accept_key(key).unwrap().as_str(), accept);
            assert_eq!(accept_key(&format!(" \t{key} ")).unwrap().as_str(), accept);
        }
        assert_eq!(Key::new(*b"the sample nonce").as_str(), "dGhlIHNhbXBsZSBub25jZQ==");
    }

    #[test]
    fn every_nonce_makes_a_key_and_keys_are_those_that_another_decoder_accepts() {
        let mut nonce = [0; 16];
        for i in 0..=255u8 {
            nonce.fill_with(|| i);
            nonce[15] = i.wrapping_mul(7);
            let key = Key::new(nonce);
            assert_eq!(Key::parse(&key.text), Ok(key));
        }
        // each byte at each place, against the decoder of another crate
        let good = *b"x3JJHMbDL1EzLkh9GBhXDw==";
        for at in 0..24 {
            for byte in 0..=255 {
                let mut text = good;
                text[at] = byte;
                let want = Base64::decode(text, &mut [0; 16]).is_ok_and(|nonce| nonce.len() == 16);
                assert_eq!(Key::parse(&text).is_ok(), want, "{}", text.escape_ascii());
            }
        }
    }

    #[test]
    fn a_text_that_is_not_16_bytes_in_base64_is_not_a_key() {
        for key in [
            "",
            "AAAAAAAAAAAAAAAAAAAAAA=",
            "AAAAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAAAAA=",
            "AAAAAAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAAAAAAAA==",
            "AAAAAAAAAAAAAAAAAAAAAB==",
            "AAAAAAAAAAAAAAAAAAAAAA=A",
            "AAAAAAAAAA-_AAAAAAAAAA==",
            "AAAAAAAAAA AAAAAAAAAAA==",
            "AAAAAAAAAAAAAAAAAAAA====",
            "AAAAAAAAA\u{e9}AAAAAAAAAAA==",
        ] {
            assert_eq!(accept_key(key), Err(InvalidKey), "{key}");
        }
        assert_eq!(format!("{:?}", Key::new([7; 16])), "Key(..)");
    }
}
