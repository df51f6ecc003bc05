//! Random bytes for the keys of a client.

use std::fmt;
use upframe::connection::{Entropy, NoEntropy};

/// Random bytes of the operating system, drawn for 16 masking keys at a time. `Debug` does not show them.
///
/// One that has no bytes for a key reports [`NoEntropy`]. At most 64 bytes can be drawn at once.
pub struct Random {
    bytes: [u8; 64],
    used: usize,
}

impl Random {
    /// Returns a source that has drawn nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0; 64], used: 64 }
    }
}

impl Default for Random {
    /// Returns [`Random::new`].
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}

impl Entropy for Random {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), NoEntropy> {
        if out.len() > self.bytes.len().saturating_sub(self.used) {
            getrandom::fill(&mut self.bytes).map_err(|_| NoEntropy)?;
            self.used = 0;
        }
        let end = self.used.saturating_add(out.len());
        let bytes = self.bytes.get_mut(self.used..end).ok_or(NoEntropy)?;
        out.copy_from_slice(bytes);
        bytes.fill(0); // a key that was used does not stay in memory
        self.used = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_and_none_is_given_twice() {
        let (mut random, mut seen) = (Random::new(), std::collections::HashSet::new());
        for _ in 0..1000 {
            let mut key = [0; 16];
            random.fill(&mut key[..16]).unwrap();
            assert!(seen.insert(key));
            let mut key = [0; 4];
            random.fill(&mut key).unwrap();
        }
        assert_eq!(format!("{random:?}"), "Random");
        assert_eq!(random.fill(&mut [0; 65]), Err(NoEntropy));
    }
}
