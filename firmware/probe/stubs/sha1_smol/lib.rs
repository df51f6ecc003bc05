//! The parts of `sha1_smol` that upframe calls, without checks and without a correct result.
#![no_std]

/// The state.
pub struct Sha1(u32);

/// The digest.
pub struct Digest(u32);

impl Sha1 {
    /// Creates the initial state.
    #[allow(clippy::new_without_default, reason = "as in the original")]
    pub const fn new() -> Self {
        Self(0)
    }

    /// Consumes bytes.
    pub fn update(&mut self, data: &[u8]) {
        self.0 = data.iter().fold(self.0, |state, byte| state.wrapping_mul(31).wrapping_add(u32::from(*byte)));
    }

    /// Returns the digest.
    pub const fn digest(&self) -> Digest {
        Digest(self.0)
    }
}

impl Digest {
    /// Returns the bytes of the digest.
    pub const fn bytes(&self) -> [u8; 20] {
        let [a, b, c, d] = self.0.to_be_bytes();
        [a, b, c, d, a, b, c, d, a, b, c, d, a, b, c, d, a, b, c, d]
    }
}
