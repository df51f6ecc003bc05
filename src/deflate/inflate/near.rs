//! Short matches with a short period, which a copy in words would get wrong: frequent in short messages.

use super::alphabet::{Entry, LITERAL, SPECIAL, distance, length, total};
use super::rounds::Run;
use super::tables::Codes;

impl Run<'_> {
    /// Takes a short match with a short period, if it is what the rounds stopped at.
    #[inline(never)]
    pub(super) fn near<C: Codes>(&mut self, codes: &C, front: &mut [u8]) -> bool {
        let entry = codes.literal(self.word);
        let far = codes.distance(self.word.wrapping_shr(entry));
        let is_match = (entry | far) & SPECIAL == 0 && entry & LITERAL == 0;
        is_match && total(entry).wrapping_add(total(far)) <= self.n & 63 && self.copy_near(entry, far, front)
    }

    /// Copies a short match with a short period byte for byte, if it begins in this lap.
    #[inline(always)]
    pub(super) fn copy_near(&mut self, entry: Entry, far: Entry, front: &mut [u8]) -> bool {
        let after = self.word.wrapping_shr(entry);
        let len = length(self.word, entry).wrapping_add(3) as usize;
        let distance = distance(after, far).wrapping_add(1) as usize;
        if distance > 16 || len > 16 {
            return false;
        }
        let end = self.pos.wrapping_add(len);
        let Some(from) = self.pos.checked_sub(distance) else { return false };
        let Some(both) = front.get_mut(from..end) else { return false };
        for at in 0..len {
            if let Some(byte) = both.get(at).copied()
                && let Some(place) = both.get_mut(at.wrapping_add(distance))
            {
                *place = byte;
            }
        }
        self.word = after.wrapping_shr(far);
        self.n = self.n.wrapping_sub(entry).wrapping_sub(far);
        self.pos = end;
        true
    }
}
