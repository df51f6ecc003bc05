//! Known values that are told apart byte by byte, on small machines: all of them at once. Little code.

use super::letters::Letters;

/// What follows the last byte of a value.
pub(super) const END: u32 = 0x100;

/// The known values, and how they are compared.
#[derive(Clone, Copy)]
pub(super) struct Known<'k> {
    pub(super) values: &'k [&'k str],
    pub(super) letters: Letters,
}

/// Which of the known values the bytes so far agree with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidates {
    /// One bit for each of the first 32 known values: whether it differs from the bytes so far.
    differ: u32,
    len: u32,
}

impl Candidates {
    pub(crate) const ALL: Self = Self { differ: 0, len: 0 };

    /// Returns whether nothing of the value has come.
    #[inline(always)]
    pub(crate) const fn is_all(&self) -> bool {
        self.len == 0
    }

    /// Compares the next bytes of the value.
    #[inline(always)]
    pub(crate) fn push(&mut self, run: &[u8], values: &[&str], letters: Letters) {
        for byte in run {
            self.step(u32::from(*byte), &Known { values, letters });
        }
    }

    /// Returns the index of the first known value that equals the whole value.
    #[inline(always)]
    pub(crate) fn found(mut self, values: &[&str], letters: Letters) -> Option<u8> {
        let found = self.step(END, &Known { values, letters });
        if found == 0 { None } else { Some(found.trailing_zeros() as u8) }
    }

    /// Compares the next byte, or the end, with each known value. Returns the bit of the first one that agrees, or 0.
    #[inline(never)]
    pub(super) fn step(&mut self, byte: u32, known: &Known<'_>) -> u32 {
        let mut bit = 1_u32;
        let mut agree = 0;
        for value in known.values {
            let other = value.as_bytes().get(self.len as usize).map_or(END, |other| u32::from(*other));
            let difference = byte ^ other;
            let is_same = difference == 0
                || difference == 0x20 && known.letters == Letters::AnyCase && matches!(byte | 0x20, 0x61..=0x7A);
            if is_same {
                agree |= bit;
            }
            // 0 after the 32nd
            bit <<= 1;
        }
        self.differ |= !agree;
        self.len = self.len.wrapping_add(1);
        !self.differ & self.differ.wrapping_add(1)
    }
}
