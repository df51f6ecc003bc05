//! Matches in the rounds: those that begin in this lap, or in the last one, and not too near.

use super::fast_copy::{chunk, copy_words, put};
use super::mode::Mode;
use super::near::copy_near;
use super::window::{Place, SLACK};

/// What a distance may reach during a run.
pub(super) struct Reach {
    agreed: usize,
    lap: usize,
    /// How far back the last lap may be read.
    back: usize,
    /// Before here, all that a match copies lies in the last lap.
    last: usize,
}

impl Reach {
    /// For memory of which the first `front` bytes may be written.
    #[inline(always)]
    pub(super) fn new(place: Place, front: usize) -> Self {
        let Place { lap, history, window: agreed, .. } = place;
        let last = lap.min(front).saturating_sub(258 + 16);
        Self { agreed, lap, back: history.min(lap).min(agreed), last }
    }

    /// Copies a match to `pos`. There is room for it, and for [`SLACK`] bytes after it. Returns its end; `None`, and
    /// nothing changes, if it is too near or too far.
    ///
    /// If `near`, short matches with a short period are copied, too.
    #[inline(always)]
    pub(super) fn copy<M: Mode>(
        &self,
        front: &mut [u8],
        pos: usize,
        len: usize,
        distance: usize,
        near: bool,
    ) -> Option<usize> {
        let end = pos.wrapping_add(len);
        let from = pos.wrapping_sub(distance);
        if distance <= pos {
            let bytes = if M::FAR && distance > self.agreed { None } else { word_before(front, pos, from) };
            let Some(bytes) = bytes else {
                return if near && copy_near(front, pos, end, distance) { Some(end) } else { None };
            };
            let saved = if M::TIGHT { chunk::<SLACK>(front, end) } else { None };
            put(front, pos, bytes);
            if len > 16 {
                copy_words(front, from.wrapping_add(16), pos.wrapping_add(16), end);
            }
            if let Some(saved) = saved {
                put(front, end, saved);
            }
        } else {
            let from = from.wrapping_add(self.lap);
            if distance > self.back || from >= self.last {
                return None;
            }
            let saved = if M::TIGHT { chunk::<SLACK>(front, end) } else { None };
            copy_words(front, from, pos, end);
            if let Some(saved) = saved {
                put(front, end, saved);
            }
        }
        Some(end)
    }
}

/// The 16 bytes at `from`, if all of them come before `pos`.
#[inline(always)]
fn word_before(front: &[u8], pos: usize, from: usize) -> Option<[u8; 16]> {
    front.get(..pos)?.get(from..)?.first_chunk().copied()
}
