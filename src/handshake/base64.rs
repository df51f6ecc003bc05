//! Base64 (RFC 4648 §4) for the key and the accept value, of which neither is a secret.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Returns `bytes` as base64 with padding: 4 characters for each 3 bytes, also for the last one or two. `CHARACTERS` must
/// be that number.
pub(super) fn base64<const BYTES: usize, const CHARACTERS: usize>(bytes: &[u8; BYTES]) -> [u8; CHARACTERS] {
    const { assert!(CHARACTERS == BYTES.div_ceil(3) * 4, "4 characters for each 3 bytes") };
    let mut text = [b'='; CHARACTERS];
    for (group, places) in bytes.chunks(3).zip(text.as_chunks_mut::<4>().0) {
        let byte = |i| u32::from(group.get(i).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        // a group of n bytes has n + 1 digits; what is left is padding
        for (place, shift) in places.iter_mut().zip([18, 12, 6, 0]).take(group.len().saturating_add(1)) {
            *place = DIGITS.get((bits >> shift & 0x3F) as usize).copied().unwrap_or_default();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64ct::{Base64, Encoding};

    #[test]
    fn published_vectors() {
        // RFC 4648 §10
        assert_eq!(base64(b""), *b"");
        assert_eq!(base64(b"f"), *b"Zg==");
        assert_eq!(base64(b"fo"), *b"Zm8=");
        assert_eq!(base64(b"foo"), *b"Zm9v");
        assert_eq!(base64(b"foob"), *b"Zm9vYg==");
        assert_eq!(base64(b"fooba"), *b"Zm9vYmE=");
        assert_eq!(base64(b"foobar"), *b"Zm9vYmFy");
    }

    #[test]
    fn each_byte_at_each_place_is_as_another_encoder_has_it() {
        for place in 0..20 {
            for byte in 0..=255 {
                let mut bytes = [0x5A; 20];
                bytes[place] = byte;
                let text: [u8; 28] = base64(&bytes);
                assert_eq!(text, Base64::encode(&bytes, &mut [0; 28]).unwrap().as_bytes());
            }
        }
    }
}
