//! The parts of `base64ct` that upframe calls, without checks and without a correct result.
#![no_std]

/// The alphabet.
pub struct Base64;

/// The alphabet, without padding.
pub struct Base64Unpadded;

/// An error.
pub struct InvalidLengthError;

/// The trait with the encoder.
pub trait Encoding {
    /// Writes to `dst`.
    fn encode<'o>(src: &[u8], dst: &'o mut [u8]) -> Result<&'o str, InvalidLengthError>;
}

impl Encoding for Base64 {
    fn encode<'o>(src: &[u8], dst: &'o mut [u8]) -> Result<&'o str, InvalidLengthError> {
        for (to, from) in dst.iter_mut().zip(src) {
            *to = from & 0x7F;
        }
        core::str::from_utf8(dst).map_err(|_| InvalidLengthError)
    }
}

impl Encoding for Base64Unpadded {
    fn encode<'o>(src: &[u8], dst: &'o mut [u8]) -> Result<&'o str, InvalidLengthError> {
        Base64::encode(src, dst)
    }
}
