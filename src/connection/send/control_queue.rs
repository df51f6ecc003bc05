//! The control frame of the caller's that waits to be written, and the one that is being written (RFC 6455 §5.5).
//!
//! Their payloads are in the [`ControlRoom`].

use crate::connection::control_room::ControlRoom;
use crate::connection::reply::Owed;
use crate::frame::header::{FIN_BIT, MASK_BIT};
use crate::frame::mask::key::{MaskingKey, PhasedKey};
#[cfg(not(upframe_small))]
use crate::frame::mask::loops::copy_masked_short;
use crate::frame::opcode::Opcode;
use crate::target::copy;
use core::mem::replace;

/// The longest header of a control frame: 2 bytes, and a key of 4.
const MAX_HEADER: usize = 6;

#[derive(Clone)]
pub(crate) struct ControlQueue {
    queued: Waiting,
    header: [u8; MAX_HEADER],
    /// Where the payload of the frame in progress begins in the room.
    start: u8,
    /// Whether the last frame could not begin because no key could be drawn.
    starved: bool,
    /// How many bytes of the frame in progress are not written. 0 if no frame is in progress.
    unwritten: u8,
}

/// A frame that has not begun.
#[derive(Clone, Copy)]
struct Waiting {
    /// `Continuation`, which no control frame has, if nothing waits: so an empty queue is all zeros, which takes no flash.
    opcode: Opcode,
    /// Where its payload begins in the room.
    start: u8,
    len: u8,
}

impl ControlQueue {
    pub(crate) const EMPTY: Self =
        Self { unwritten: 0, start: 0, header: [0; MAX_HEADER], queued: Waiting::NOTHING, starved: false };

    /// Whether a frame is half-written.
    #[inline(always)]
    pub(crate) const fn is_in_progress(&self) -> bool {
        self.unwritten > 0
    }

    /// Whether no frame waits, and none is in progress.
    #[inline(always)]
    pub(crate) const fn is_empty(&self) -> bool {
        self.unwritten | self.queued.opcode.bits() == 0
    }

    /// Whether a frame of the caller's waits.
    pub(crate) const fn is_waiting(&self) -> bool {
        !self.queued.is_nothing()
    }

    /// Whether nothing can be written until the source of keys recovers.
    pub(crate) const fn is_starved(&self) -> bool {
        self.starved && !self.is_in_progress()
    }

    /// Notes whether a key could be drawn for the next frame.
    pub(crate) const fn note_draw(&mut self, drawn: bool) {
        self.starved = !drawn;
    }

    /// Queues a frame of the caller's with a payload of up to 125 bytes, in two parts, after the first `used` bytes of the
    /// room. Returns where its payload begins; `None`, and changes nothing, if there is no room or another one waits.
    pub(crate) fn put_frame(
        &mut self,
        room: &mut ControlRoom,
        opcode: Opcode,
        [first, second]: [&[u8]; 2],
        used: u8,
    ) -> Option<u8> {
        let len = first.len().wrapping_add(second.len()) as u8;
        let start = room.free().checked_sub(len)?;
        if self.is_waiting() || start < used {
            return None;
        }
        let (place, rest) = room.bytes.get_mut(usize::from(start)..)?.split_at_mut_checked(first.len())?;
        copy(first, place);
        copy(second, rest);
        self.queued = Waiting { opcode, start, len };
        room.take_from(start);
        Some(start)
    }

    /// Drops the frame that waits, but not what is in progress.
    pub(crate) const fn drop_waiting(&mut self, room: &mut ControlRoom) {
        self.queued = Waiting::NOTHING;
        if !self.is_in_progress() {
            room.taken = 0;
        }
    }

    /// Begins the frame that waits, an answer first. No frame may be in progress.
    pub(crate) fn begin(&mut self, room: &mut ControlRoom, owed: &mut Owed, masking_key: Option<MaskingKey>) {
        let frame = match replace(owed, Owed::Nothing) {
            Owed::Nothing => replace(&mut self.queued, Waiting::NOTHING),
            owed => {
                let opcode = if owed.is_pong() { Opcode::Pong } else { Opcode::Close };
                Waiting { opcode, start: room.move_answer(), len: room.owed_len }
            }
        };
        room.owed_len = 0;
        let [b0, b1, key @ ..] = &mut self.header;
        (*b0, *b1) = (FIN_BIT | frame.opcode.bits(), frame.len);
        self.unwritten = frame.len.wrapping_add(2);
        if let Some(MaskingKey(bytes)) = masking_key {
            (*b1, *key) = (MASK_BIT | frame.len, bytes);
            self.unwritten = frame.len.wrapping_add(6);
        }
        self.start = frame.start;
    }

    /// Writes as many bytes of the frame in progress, which is `masked` or not, as fit `out`. Returns how many.
    #[cfg(upframe_small)]
    pub(crate) fn flush(&mut self, room: &ControlRoom, masked: bool, out: &mut [u8]) -> usize {
        let (header_len, key) = self.parts(masked);
        let mut at = header_len.wrapping_add(self.len_in_progress()).wrapping_sub(self.unwritten);
        let mut n: usize = 0;
        for place in out {
            let Some(unwritten) = self.unwritten.checked_sub(1) else { break };
            self.unwritten = unwritten;
            *place = if at < header_len {
                self.header.get(usize::from(at)).copied().unwrap_or_default()
            } else {
                let at = usize::from(at.wrapping_sub(header_len));
                let byte = room.bytes.get(usize::from(self.start).wrapping_add(at)).copied().unwrap_or_default();
                byte ^ key.at(at).first()
            };
            at = at.wrapping_add(1);
            n = n.wrapping_add(1);
        }
        n
    }

    /// Writes as many bytes of the frame in progress, which is `masked` or not, as fit `out`. Returns how many.
    #[cfg(not(upframe_small))]
    pub(crate) fn flush(&mut self, room: &ControlRoom, masked: bool, out: &mut [u8]) -> usize {
        let (header_len, key) = self.parts(masked);
        let (header_len, len) = (usize::from(header_len), usize::from(self.len_in_progress()));
        let written = len.saturating_add(header_len).saturating_sub(usize::from(self.unwritten));
        let header = self.header.get(written..header_len).unwrap_or_default();
        let header_part = header.len().min(out.len());
        let (to_header, to_payload) = out.split_at_mut_checked(header_part).unwrap_or_default();
        copy(header.get(..header_part).unwrap_or_default(), to_header);
        let passed = written.saturating_sub(header_len);
        let from = usize::from(self.start).saturating_add(passed);
        let payload = len.saturating_sub(passed).min(to_payload.len());
        if let (Some(to), Some((_, from))) = (to_payload.get_mut(..payload), room.bytes.split_at_checked(from))
            && let Some(from) = from.get(..payload)
        {
            copy_masked_short(from, to, key.at(passed));
        }
        let n = header_part.saturating_add(payload);
        self.unwritten = self.unwritten.saturating_sub(n as u8);
        n
    }

    /// Returns the length of the header, and the masking key.
    #[inline(always)]
    fn parts(&self, masked: bool) -> (u8, PhasedKey) {
        let [_, _, key @ ..] = self.header;
        if masked { (6, PhasedKey::new(MaskingKey(key))) } else { (2, PhasedKey::NONE) }
    }

    /// Returns the length of the payload of the frame in progress.
    const fn len_in_progress(&self) -> u8 {
        self.header[1] & !MASK_BIT
    }
}

impl Waiting {
    const NOTHING: Self = Self { opcode: Opcode::Continuation, start: 0, len: 0 };

    const fn is_nothing(self) -> bool {
        self.opcode.bits() == 0
    }
}

impl core::fmt::Debug for ControlQueue {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ControlQueue").field("unwritten", &self.unwritten).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{vec, vec::Vec};

    struct Sender {
        queue: ControlQueue,
        room: ControlRoom,
        owed: Owed,
    }

    impl Sender {
        fn new() -> Self {
            Self { queue: ControlQueue::EMPTY, room: ControlRoom::EMPTY, owed: Owed::Nothing }
        }

        fn put_answer(&mut self, payload: &[u8]) -> bool {
            let fits = self.room.put_answer(payload);
            self.owed = if fits { Owed::Pong } else { self.owed };
            fits
        }

        fn put_frame(&mut self, opcode: Opcode, payload: &[u8]) -> bool {
            let used = self.room.owed_len;
            self.queue.put_frame(&mut self.room, opcode, [&[], payload], used).is_some()
        }

        fn is_empty(&self) -> bool {
            self.queue.is_empty() && self.owed == Owed::Nothing
        }

        fn write(&mut self, n: usize) -> Vec<u8> {
            if !self.queue.is_in_progress() {
                self.queue.begin(&mut self.room, &mut self.owed, None);
            }
            let mut out = vec![0; n];
            let n = self.queue.flush(&self.room, false, &mut out);
            if self.queue.is_empty() {
                self.room.taken = 0;
            }
            out.truncate(n);
            out
        }

        /// Writes all that waits, in parts of `n` bytes.
        fn drain(&mut self, n: usize) -> Vec<u8> {
            let mut written = vec![];
            while !self.is_empty() {
                written.extend(self.write(n));
            }
            assert_eq!(self.room.free(), 125);
            written
        }
    }

    fn frame(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
        [&[0x80 | opcode.bits(), payload.len() as u8], payload].concat()
    }

    #[test]
    fn two_frames_share_the_room_if_they_fit_and_change_nothing_if_not() {
        for answer in 0..=125 {
            for queued in 0..=125 {
                let (pong, ping) = (vec![1; answer], vec![2; queued]);
                let fits = answer + queued <= 125;
                // each in its turn first
                let mut sender = Sender::new();
                assert!(sender.put_answer(&pong));
                assert_eq!(sender.put_frame(Opcode::Ping, &ping), fits, "{answer} {queued}");
                let mut want = frame(Opcode::Pong, &pong);
                want.extend(if fits { frame(Opcode::Ping, &ping) } else { vec![] });
                assert_eq!(sender.drain(7), want);

                let mut sender = Sender::new();
                assert!(sender.put_frame(Opcode::Ping, &ping));
                assert!(!sender.put_frame(Opcode::Ping, b""), "one waits");
                assert_eq!(sender.put_answer(&pong), fits);
                let mut want = if fits { frame(Opcode::Pong, &pong) } else { vec![] };
                want.extend(frame(Opcode::Ping, &ping));
                assert_eq!(sender.drain(131), want);
            }
        }
    }

    #[test]
    fn a_half_written_frame_keeps_its_bytes_whatever_is_queued() {
        for len in [0, 1, 60, 62, 63, 125] {
            for written in 1..len + 2 {
                for next in [0, 1, 59, 60, 62, 63, 65, 118, 120, 124, 125] {
                    for is_answer in [false, true] {
                        let first: Vec<u8> = (0..len as u8).collect();
                        let mut sender = Sender::new();
                        let opcode = if is_answer { Opcode::Pong } else { Opcode::Ping };
                        assert!(if is_answer { sender.put_answer(&first) } else { sender.put_frame(opcode, &first) });
                        let mut out = sender.write(written);
                        let mut want = frame(opcode, &first);
                        // an answer moves to the end if it fits beside itself
                        let moves = !is_answer || len <= 62;
                        let fits = if moves { next + len <= 125 } else { next == 0 };
                        assert_eq!(sender.put_answer(&vec![7; next]), fits, "{len} {written} {next}");
                        if fits {
                            want.extend(frame(Opcode::Pong, &vec![7; next]));
                        }
                        if sender.put_frame(Opcode::Close, &[8; 3]) {
                            want.extend(frame(Opcode::Close, &[8; 3]));
                        }
                        out.extend(sender.drain(5));
                        assert_eq!(out, want, "{len} {written} {next} {is_answer}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_newer_answer_takes_the_place_of_one_that_waits() {
        let mut sender = Sender::new();
        assert!(sender.put_answer(b"old"));
        assert!(sender.put_answer(b"newer"));
        assert_eq!(sender.drain(131), b"\x8a\x05newer");
        assert!(sender.put_frame(Opcode::Ping, b"dropped"));
        sender.queue.drop_waiting(&mut sender.room);
        assert!(sender.is_empty());
        // two of one kind are not none
        assert!(sender.put_answer(b"answer") && sender.put_frame(Opcode::Pong, b"unasked"));
        assert!(!sender.is_empty());
        assert_eq!(sender.drain(131), b"\x8a\x06answer\x8a\x07unasked");
    }
}
