//! What the peer's window holds: the end of the messages before, in a ring.

/// A ring of `memory`, of which the length of a power of two is used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ring {
    /// Where the next byte is kept.
    pub(super) at: u16,
    /// How many bytes are kept.
    pub(super) kept: u16,
}

impl Ring {
    pub(super) const EMPTY: Self = Self { at: 0, kept: 0 };

    /// Keeps the end of a message.
    pub(super) fn keep(&mut self, message: &[u8], ring: &mut [u8]) {
        let mask = ring.len().wrapping_sub(1);
        if ring.is_empty() {
            return;
        }
        let skipped = message.len().saturating_sub(ring.len());
        let tail = message.get(skipped..).unwrap_or_default();
        let from = usize::from(self.at).wrapping_add(skipped) & mask;
        let (first, second) = tail.split_at(tail.len().min(ring.len().saturating_sub(from)));
        if let Some(place) = ring.get_mut(from..) {
            crate::target::copy(first, place);
        }
        crate::target::copy(second, ring);
        self.at = (usize::from(self.at).wrapping_add(message.len()) & mask) as u16;
        self.kept = usize::from(self.kept).saturating_add(message.len()).min(ring.len()) as u16;
    }

    /// Returns where the byte is that was kept so many bytes ago.
    #[inline(always)]
    pub(super) fn place(&self, back: usize, ring: &[u8]) -> usize {
        usize::from(self.at).wrapping_sub(back) & ring.len().wrapping_sub(1)
    }

    /// Returns the bytes from `back` bytes before the end of what was kept on, in two parts: at most that many.
    #[inline(always)]
    pub(super) fn last<'r>(&self, back: usize, ring: &'r [u8]) -> (&'r [u8], &'r [u8]) {
        let from = self.place(back, ring);
        let first = ring.get(from..).unwrap_or_default();
        match first.get(..back) {
            Some(first) => (first, &[]),
            None => (first, ring.get(..back.saturating_sub(first.len())).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn the_ring_keeps_the_end_of_all_messages() {
        let (mut memory, mut ring, mut all) = ([0; 16], Ring::EMPTY, Vec::new());
        for n in [0, 1, 3, 16, 5, 15, 17, 40, 2, 1, 31] {
            let message: Vec<u8> = (0..n).map(|k| (all.len() + k) as u8).collect();
            all.extend_from_slice(&message);
            ring.keep(&message, &mut memory);
            let kept = usize::from(ring.kept);
            assert_eq!(kept, all.len().min(16));
            for back in 0..=kept {
                let (first, second) = ring.last(back, &memory);
                assert_eq!([first, second].concat(), all[all.len() - back..]);
            }
        }
        ring.keep(b"ignored", &mut []);
    }
}
