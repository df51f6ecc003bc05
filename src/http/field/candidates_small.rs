//! Known values that are told apart byte by byte, on small machines. Little code.

use super::letters::{Letters, MAX};

/// What ends a value: no byte.
const END: u32 = 0x100;

impl Letters {
    /// Returns whether two bytes, or the ends of two values, are the same.
    #[inline(never)]
    fn is_same(self, a: u32, b: u32) -> bool {
        a == b || a ^ b == 0x20 && self == Self::AnyCase && matches!(a | 0x20, 0x61..=0x7A)
    }
}

/// Which of the known values the bytes so far agree with.
///
/// Only the first such value is compared with what comes. When it differs, the next one that agrees is looked for, once
/// for each value, so that values with the same beginning cost no more than different ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidates {
    /// The index of the first known value that begins with the bytes so far; out of bounds if none does.
    first: u8,
    len: u16,
}

impl Candidates {
    pub(crate) const ALL: Self = Self { first: 0, len: 0 };

    /// Returns whether nothing of the value has come.
    #[inline(always)]
    pub(crate) const fn is_all(&self) -> bool {
        self.first == 0 && self.len == 0
    }

    /// Compares the next bytes of the value.
    #[inline(always)]
    pub(crate) fn push(&mut self, run: &[u8], known: &[&str], letters: Letters) {
        for byte in run {
            self.step(u32::from(*byte), known, letters);
        }
    }

    /// Returns the index of the first known value that equals the whole value.
    #[inline(always)]
    pub(crate) fn found(mut self, known: &[&str], letters: Letters) -> Option<u8> {
        self.step(END, known, letters);
        (self.first < MAX as u8).then_some(self.first)
    }

    /// Goes to the first known value that has the bytes so far and then this one, or the end.
    #[inline(never)]
    fn step(&mut self, byte: u32, known: &[&str], letters: Letters) {
        // of the first one it is known already
        let mut so_far: &[u8] = &[];
        while self.first < MAX as u8
            && let Some(value) = known.get(usize::from(self.first))
        {
            if let Some((front, rest)) = value.as_bytes().split_at_checked(usize::from(self.len))
                && so_far.iter().zip(front).all(|(a, b)| letters.is_same(u32::from(*a), u32::from(*b)))
            {
                if letters.is_same(byte, rest.first().map_or(END, |byte| u32::from(*byte))) {
                    self.len = self.len.saturating_add(1);
                    return;
                }
                so_far = front;
            }
            self.first = self.first.wrapping_add(1);
        }
        self.first = u8::MAX;
    }
}
