//! The memory that data is inflated into. It is the window, too: a ring.
//!
//! ```text
//!   0            pos                        lap        len
//!   ├─────────────┼──────────────────────────┼──────────┤
//!   │ this lap    │ rest of the last lap     │ not used │
//!   └─────────────┴──────────────────────────┴──────────┘
//! ```
//!
//! Data is written at `pos`, over the oldest bytes. A match of distance d begins d bytes before `pos`: in this lap, or,
//! before its start, at the end of the last one.

use super::error::InflateViolation;
use crate::target::copy;

/// How many bytes a copy in words may write after the end of a match, at most: a word of 16 bytes less one.
pub(super) const SLACK: usize = 16;

/// Where the next byte is written, and what lies before it: kept between runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) pos: usize,
    /// The end of the last lap.
    pub(super) lap: usize,
    /// How many bytes of this connection came before, at most `window`. **No byte before them is ever read**, so the
    /// memory need not be cleared.
    pub(super) history: usize,
    /// The longest distance that was agreed on.
    pub(super) window: usize,
}

impl Place {
    pub(super) const fn new(window: usize, memory: usize) -> Self {
        Self { pos: 0, lap: memory, history: 0, window }
    }

    /// Forgets all that was received.
    pub(super) fn forget(&mut self, memory: usize) {
        *self = Self::new(self.window, memory);
    }

    /// Begins a new lap, if this one holds all that a distance may reach.
    pub(super) fn begin_message(&mut self) {
        if self.pos >= self.window.wrapping_add(SLACK) {
            (self.lap, self.pos) = (self.pos, 0);
        }
    }

    /// Begins a new lap at the end of the memory.
    pub(super) fn wrap(&mut self, memory: usize) {
        if self.pos >= memory {
            (self.lap, self.pos) = (memory, 0);
        }
    }

    /// Whether some of the `n` bytes after the next one that is written may be needed: as the oldest of the window.
    #[cfg(not(upframe_small))]
    pub(super) const fn needs(&self, n: usize) -> bool {
        self.lap < self.window.saturating_add(n) && self.history > self.pos
    }

    /// Counts `n` bytes that were written.
    pub(super) fn advance(&mut self, n: usize) {
        self.pos = self.pos.wrapping_add(n);
        // The history is no longer than the window that was agreed on. [7692-7.1.2-window]
        self.history = self.history.saturating_add(n).min(self.window);
    }
}

/// The window during one run.
pub(super) struct Window<'m> {
    pub(super) memory: &'m mut [u8],
    pub(super) place: &'m mut Place,
    /// Up to here may be written.
    pub(super) end: usize,
}

impl<'m> Window<'m> {
    /// For a run that writes up to `room` bytes.
    pub(super) fn new(memory: &'m mut [u8], place: &'m mut Place, room: usize) -> Self {
        let end = memory.len().min(place.pos.saturating_add(room));
        Self { memory, place, end }
    }

    pub(super) fn room(&self) -> usize {
        self.end.saturating_sub(self.place.pos)
    }

    /// Writes a byte. Returns `false` if there is no room.
    #[inline(always)]
    pub(super) fn push(&mut self, byte: u8) -> bool {
        if self.place.pos >= self.end {
            return false;
        }
        if let Some(place) = self.memory.get_mut(self.place.pos) {
            *place = byte;
        }
        self.place.advance(1);
        true
    }

    /// Writes as many bytes as there is room for. Returns how many.
    pub(super) fn append(&mut self, bytes: &[u8]) -> usize {
        let n = bytes.len().min(self.room());
        if let (Some(to), Some(from)) = (self.memory.get_mut(self.place.pos..), bytes.get(..n)) {
            copy(from, to);
        }
        self.place.advance(n);
        n
    }

    /// Judges a distance.
    #[inline(always)]
    pub(super) fn check(&self, distance: u16) -> Result<(), InflateViolation> {
        let distance = usize::from(distance);
        // A distance does not go beyond the first byte, or beyond the agreed window. [1951-3.2.5-far]
        if distance > self.place.history {
            return Err(InflateViolation::DistanceTooFar);
        }
        if distance > self.place.pos && distance > self.place.lap {
            return Err(InflateViolation::MemoryTooSmall);
        }
        Ok(())
    }

    /// Copies as much of a match as there is room for. Returns how much there was no room for.
    #[inline(never)]
    pub(super) fn copy(&mut self, len: usize, distance: usize) -> usize {
        let n = len.min(self.room());
        let Place { pos, lap, .. } = *self.place;
        copy_match(self.memory, pos, lap, n, distance);
        self.place.advance(n);
        len.wrapping_sub(n)
    }
}

/// Copies a match of `n` bytes to `pos`, byte for byte: nothing after its end is written.
pub(super) fn copy_match(memory: &mut [u8], mut pos: usize, lap: usize, mut n: usize, distance: usize) {
    let mut from = pos.wrapping_sub(distance);
    if distance > pos {
        from = from.wrapping_add(lap);
        if from == pos {
            // As far back as the memory is long: these bytes are their own copy, up to the end of the lap.
            let k = n.min(lap.wrapping_sub(from));
            (from, pos, n) = (from.wrapping_add(k), pos.wrapping_add(k), n.wrapping_sub(k));
        }
        // In the last lap: what is read lies after what is written.
        while n > 0 && from < lap {
            let k = n.min(lap.wrapping_sub(from)).min(from.wrapping_sub(pos));
            if let Some((low, high)) = memory.split_at_mut_checked(from)
                && let (Some(to), Some(bytes)) = (low.get_mut(pos..), high.get(..k))
            {
                copy(bytes, to);
            }
            if k == 0 {
                return;
            }
            (from, pos, n) = (from.wrapping_add(k), pos.wrapping_add(k), n.wrapping_sub(k));
        }
        from = 0;
    }
    // A match that is longer than its distance repeats what it has copied. `from` stays at the start of the period, so
    // each step copies twice as much as the one before.
    while n > 0 && from < pos {
        let k = n.min(pos.wrapping_sub(from));
        if let Some((low, high)) = memory.split_at_mut_checked(pos)
            && let Some(bytes) = low.get(from..from.wrapping_add(k))
        {
            copy(bytes, high);
        }
        (pos, n) = (pos.wrapping_add(k), n.wrapping_sub(k));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// Every position, length and distance in small rings, against the history as one sequence.
    #[test]
    fn a_match_is_what_was_written_so_far_back_wherever_the_lap_ends() {
        for memory_len in [1usize, 2, 7, 16, 33] {
            for written in 0..3 * memory_len {
                for distance in 1..=memory_len.min(written) {
                    for len in [1, 2, 3, 9, 40] {
                        let mut memory = vec![0xEE; memory_len];
                        let mut place = Place::new(1 << 15, memory_len);
                        let mut history: Vec<u8> = vec![];
                        for byte in 0..written as u8 {
                            place.wrap(memory_len);
                            assert!(Window::new(&mut memory, &mut place, 1).push(byte));
                            history.push(byte);
                        }
                        let mut left = len;
                        while left > 0 {
                            place.wrap(memory_len);
                            let from = place.pos;
                            let mut window = Window::new(&mut memory, &mut place, 1000);
                            assert_eq!(window.check(distance as u16), Ok(()));
                            let rest = window.copy(left, distance);
                            for _ in 0..left - rest {
                                history.push(history[history.len() - distance]);
                            }
                            let n = left - rest;
                            assert_eq!(
                                memory[from..from + n],
                                history[history.len() - n..],
                                "{memory_len} {written} {distance}"
                            );
                            left = rest;
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_distance_is_judged_by_what_was_received_what_was_agreed_and_the_memory() {
        let mut memory = [0; 8];
        let mut place = Place::new(10, 8);
        let mut distances = |received: usize, distance: u16| {
            place.forget(8);
            for _ in 0..received {
                place.wrap(8);
                Window::new(&mut memory, &mut place, 8).push(0);
            }
            Window::new(&mut memory, &mut place, 8).check(distance)
        };
        assert_eq!(distances(3, 3), Ok(()));
        assert_eq!(distances(3, 4), Err(InflateViolation::DistanceTooFar));
        assert_eq!(distances(12, 8), Ok(()));
        assert_eq!(distances(12, 9), Err(InflateViolation::MemoryTooSmall));
        assert_eq!(distances(12, 10), Err(InflateViolation::MemoryTooSmall));
        assert_eq!(distances(12, 11), Err(InflateViolation::DistanceTooFar));
    }
}
