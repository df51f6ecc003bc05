//! Numbers that look random and are the same in every run.

/// A xorshift generator, seeded with a case's id: each run of a case sends the same bytes.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// FNV-1a of the name, which is never the one state (0) that xorshift cannot leave.
    pub(crate) fn named(name: &str) -> Self {
        let hash = name
            .bytes()
            .fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
        Self(hash | 1)
    }

    fn word(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| (self.word() >> 32) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_gives_the_same_bytes_and_another_gives_others() {
        let bytes = |name| Random::named(name).bytes::<16>();
        assert_eq!(bytes("a"), bytes("a"));
        assert_ne!(bytes("a"), bytes("b"));
    }
}
