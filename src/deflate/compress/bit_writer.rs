//! Bits out, from the lowest of each byte up (RFC 1951 §3.1.1).

use crate::target::{SMALL, copy};

/// The bits that do not fill a register: as many as one of the machine has.
#[cfg(not(upframe_small))]
pub(super) type Word = u64;
#[cfg(upframe_small)]
pub(super) type Word = u32;

/// Writes bits to the front of a buffer. What does not fit is dropped, and reported by [`overflow`](Self::overflow).
pub(super) struct BitWriter<'o> {
    out: &'o mut [u8],
    /// Bytes written.
    pub(super) len: usize,
    /// Bits that are not written. Those above `held` are 0.
    pub(super) word: Word,
    pub(super) held: u32,
    pub(super) overflow: bool,
}

/// A place to which a writer can go back.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    len: usize,
    word: Word,
    held: u32,
    overflow: bool,
}

impl<'o> BitWriter<'o> {
    /// Begins with up to 7 bits that were left over.
    pub(super) fn new(out: &'o mut [u8], left: u8, held: u8) -> Self {
        Self { out, len: 0, word: left.into(), held: held.into(), overflow: false }
    }

    /// Returns a writer that goes on where this one is, and has room up to `limit` bytes at most. This one
    /// [follows](Self::go_to) it later.
    ///
    /// The compiler keeps the parts of a writer in registers only if it is a variable of the function that writes.
    pub(super) fn up_to(&mut self, limit: usize) -> BitWriter<'_> {
        let Self { len, word, held, overflow, .. } = *self;
        let limit = limit.min(self.out.len());
        let out = self.out.get_mut(..limit).unwrap_or_default();
        BitWriter { out, len, word, held, overflow }
    }

    /// Writes the lowest `n` bits of `value`, whose other bits are 0. `n` is at most 28: a code of 15 bits and 13 extra
    /// bits.
    #[cfg_attr(not(upframe_small), inline(always))]
    #[cfg_attr(upframe_small, inline(never))]
    pub(super) fn put(&mut self, value: u32, n: u32) {
        if SMALL && n > 16 {
            // at most 7 bits are held, so a register of 32 has room for 16 more
            self.add((value & 0xFFFF) as Word, 16);
            self.drain();
            self.add((value >> 16) as Word, n.wrapping_sub(16));
        } else {
            self.add(value as Word, n);
        }
        self.flush();
    }

    /// Adds bits to those that are held, which must be [flushed](Self::flush) before they are more than the register has.
    #[inline(always)]
    pub(super) fn add(&mut self, value: Word, n: u32) {
        self.word |= value.wrapping_shl(self.held);
        self.held = self.held.wrapping_add(n);
    }

    /// Writes the whole bytes that are held: at most 7 bits are left.
    #[inline(always)]
    pub(super) fn flush(&mut self) {
        #[cfg(not(upframe_small))]
        if let Some(place) = self.out.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut) {
            // all of the register is written; only whole bytes count, and the rest is written again later
            *place = self.word.to_le_bytes();
            self.len = self.len.wrapping_add((self.held / 8) as usize);
            self.word = self.word.wrapping_shr(self.held & !7);
            self.held &= 7;
            return;
        }
        self.drain();
    }

    pub(super) fn byte(&mut self, byte: u8) {
        match self.out.get_mut(self.len) {
            Some(place) => {
                *place = byte;
                self.len = self.len.wrapping_add(1);
            }
            None => self.overflow = true,
        }
    }

    /// Writes all whole bytes, so that at most 7 bits are left.
    pub(super) fn drain(&mut self) {
        while self.held >= 8 {
            self.byte(self.word as u8);
            self.word = self.word.wrapping_shr(8);
            self.held = self.held.wrapping_sub(8);
        }
    }

    /// Fills the current byte with zeros, and writes all.
    pub(super) fn align(&mut self) {
        self.held = self.held.wrapping_add(7) & !7;
        self.drain();
    }

    /// Writes whole bytes after [`align`](Self::align).
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        let end = self.len.saturating_add(bytes.len());
        match self.out.get_mut(self.len..end) {
            Some(place) => {
                copy(bytes, place);
                self.len = end;
            }
            None => self.overflow = true,
        }
    }

    /// Returns where the output ends once `n` more bits are written and the last byte is full.
    #[inline(always)]
    pub(super) fn end_after(&self, n: u32) -> usize {
        self.len.saturating_add((self.held.wrapping_add(n).wrapping_add(7) / 8) as usize)
    }

    /// Returns where the output ends once the last byte is full.
    #[inline(always)]
    pub(super) fn end(&self) -> usize {
        self.end_after(0)
    }

    /// Returns how many more bytes fit after the bits that are held.
    pub(super) fn room(&self) -> usize {
        self.out.len().saturating_sub(self.end())
    }

    /// Whether `n` more bits fit.
    pub(super) fn has_room_for(&self, n: u32) -> bool {
        self.end_after(n) <= self.out.len()
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { len: self.len, word: self.word, held: self.held, overflow: self.overflow }
    }

    /// Goes back to where it was, or on to where another writer was in the same output.
    pub(super) fn go_to(&mut self, mark: Mark) {
        (self.len, self.word, self.held, self.overflow) = (mark.len, mark.word, mark.held, mark.overflow);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_written_from_the_lowest_up_and_only_as_many_as_fit() {
        let all: [u8; 12] = [0xED; 12];
        for len in 0..=12 {
            let mut out = [0; 12];
            let mut bits = BitWriter::new(&mut out[..len], 1, 1);
            // 1, then 95 bits of the same pattern in parts of any length
            let (mut at, mut n) = (1, 1);
            while at < 96 {
                let part = n.min(96 - at);
                let value = (0..part).map(|k| u32::from(all[(at + k) / 8] >> ((at + k) % 8) & 1) << k).sum();
                bits.put(value, part as u32);
                (at, n) = (at + part, n % 28 + 1);
            }
            bits.align();
            assert_eq!((bits.len, bits.overflow), (len, len < 12));
            assert_eq!(out[..len], all[..len]);
        }
    }

    #[test]
    fn a_writer_goes_back_to_a_mark() {
        let mut out = [0; 4];
        let mut bits = BitWriter::new(&mut out, 0, 0);
        bits.put(0b101, 3);
        let mark = bits.mark();
        bits.put(0x0FFF_FFFF, 28);
        bits.put(0x0FFF_FFFF, 28);
        assert!(bits.overflow || bits.held > 0);
        bits.go_to(mark);
        bits.put(1, 3);
        bits.align();
        bits.bytes(b"ab");
        assert_eq!((bits.len, bits.overflow, bits.room()), (3, false, 1));
        assert_eq!(out[..3], [0b1101, b'a', b'b']);
    }
}
