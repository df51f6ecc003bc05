//! The room for the payloads of control frames, which both wings share: a connection has one.
//!
//! ```text
//!    0          owed_len     at          end           free                    125
//!    ├─── owed ────┼─ ... ────┼── current ──┼─ unused ────┼── being written, waiting ──┤
//!          front: what the peer sent                            end: what is to be written
//! ```
//!
//! **What the peer sent is at the front.** The payload of a Ping is there as it came, and is the Pong that is owed. A
//! newer Ping, or a Close, takes its place as soon as it begins (RFC 6455 §5.5.3). A Pong that comes meanwhile lies
//! after it.
//!
//! **What is to be written is at the end**, from `free` on: the payload of the frame that the caller queued, and that of
//! a frame that is half-written. An answer that begins moves there if it fits beside what it is a copy of. If it does
//! not, it is written from the front, and then nothing is free.
//!
//! **A payload is received only if all of it is free.** The receiver looks at `free`, and the sender changes it. If the
//! payload of a Ping or of a Close does not fit, the receiver stops before it until the sender has written enough. The
//! payload of a Pong that does not fit is discarded, since nobody is owed it.

use super::error::Violation;
use super::reply::Owed;
use crate::frame::header::Header;
use crate::target::{SMALL, copy};
use core::mem::replace;

/// The longest payload of a control frame.
const SIZE: usize = Header::MAX_CONTROL_PAYLOAD;

/// Room for 125 bytes of payload.
#[derive(Clone)]
#[repr(C)]
pub(crate) struct ControlRoom {
    /// The length of the payload of the answer that is owed; 0 if none is.
    pub(super) owed_len: u8,
    /// Where the payload of the current control frame begins and ends.
    pub(super) at: u8,
    pub(super) end: u8,
    /// So many bytes at the end are the sender's. Not where they begin, so that an empty room is all zeros.
    pub(super) taken: u8,
    pub(super) bytes: [u8; SIZE],
}

impl ControlRoom {
    pub(crate) const EMPTY: Self = Self { bytes: [0; SIZE], owed_len: 0, at: 0, end: 0, taken: 0 };

    /// Passes what is owed, and what is written from this room, to a room of the sender's own. A failure stays here if the
    /// front of the room, where its code would be, is being written.
    pub(crate) fn split(&mut self, owed: &mut Owed, violation: Violation) -> (Self, Owed) {
        let mut room = self.clone();
        (room.at, room.end, self.taken) = (0, 0, 0);
        if *owed == Owed::Failure && room.free() < 2 {
            return (room, Owed::Nothing);
        }
        room.prepare_answer(*owed, violation);
        self.owed_len = 0;
        (room, replace(owed, Owed::Nothing))
    }

    /// Returns how many bytes at the front are not the sender's.
    #[inline(always)]
    pub(crate) const fn free(&self) -> u8 {
        (SIZE as u8).wrapping_sub(self.taken)
    }

    /// Returns the payload of the current control frame, of which `missing` bytes have not arrived.
    #[inline(always)]
    pub(crate) fn current(&self, missing: u8) -> &[u8] {
        let (at, end) = (usize::from(self.at), usize::from(self.end.wrapping_sub(missing)));
        // nearly always; and then there is less to check
        let payload = if !SMALL && at == 0 { self.bytes.get(..end) } else { self.bytes.get(at..end) };
        payload.unwrap_or_default()
    }

    /// Returns the payload of the answer that is owed.
    pub(crate) fn answer(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.owed_len)).unwrap_or_default()
    }

    /// Moves the payload of the answer to the end of what is free, unless what the peer sent is in the way. It is the
    /// sender's then. Returns where it begins.
    pub(crate) fn move_answer(&mut self) -> u8 {
        let mut start = self.free().saturating_sub(self.owed_len);
        if start < self.end.max(self.owed_len) {
            start = 0;
        } else if let Some((front, back)) = self.bytes.split_at_mut_checked(usize::from(start))
            && let Some(answer) = front.get(..usize::from(self.owed_len))
        {
            copy(answer, back);
        }
        self.take_from(start);
        start
    }

    /// The bytes from `start` on are the sender's now.
    pub(crate) const fn take_from(&mut self, start: u8) {
        self.taken = (SIZE as u8).wrapping_sub(start);
    }

    /// Stores the payload of the answer that is owed, if it is not what the peer sent. Nothing may be half-written.
    pub(crate) fn prepare_answer(&mut self, owed: Owed, violation: Violation) {
        if owed == Owed::Failure
            && let Some(place) = self.bytes.first_chunk_mut()
        {
            *place = violation.close_code().0.to_be_bytes();
            self.owed_len = 2;
        }
    }

    /// Stores the payload of an answer, if its place is free. The one before it is gone.
    pub(crate) fn put_answer(&mut self, payload: &[u8]) -> bool {
        let fits = payload.len() <= usize::from(self.free());
        if fits {
            copy(payload, &mut self.bytes);
            self.owed_len = payload.len() as u8;
        }
        fits
    }
}
