//! The control frames that wait to be written, and the one that is being written (RFC 6455 §5.5).

use crate::frame::header::Header;
use crate::frame::mask::key::{MaskingKey, PhasedKey};
use crate::frame::mask::loops::apply_mask;
use crate::frame::opcode::Opcode;
use crate::target::copy;
use core::mem::replace;

/// The longest header of a control frame: 2 bytes, and a key of 4.
const MAX_HEADER: usize = 6;

/// The longest control frame.
const MAX_FRAME: usize = MAX_HEADER + Header::MAX_CONTROL_PAYLOAD;

/// Room for one control frame of any length, which shorter ones share.
///
/// The payload of an answer waits at the front, after the room for its header. The payload of a frame that the caller
/// queued waits at the end, also with room for its header. Each becomes a frame in its place.
#[derive(Clone)]
pub(crate) struct ControlQueue {
    bytes: [u8; MAX_FRAME],
    /// How many bytes of the frame in progress are not written, and where they end. 0 if no frame is in progress.
    unwritten: u8,
    end: u8,
    answer: Waiting,
    queued: Waiting,
    /// Whether the last frame could not begin because no key could be drawn.
    starved: bool,
}

/// A frame that has not begun.
#[derive(Clone, Copy)]
struct Waiting {
    /// `Continuation`, which no control frame has, if nothing waits: so an empty queue is all zeros, which takes no flash.
    opcode: Opcode,
    len: u8,
}

impl ControlQueue {
    pub(crate) const EMPTY: Self = Self {
        bytes: [0; MAX_FRAME],
        unwritten: 0,
        end: 0,
        answer: Waiting::NOTHING,
        queued: Waiting::NOTHING,
        starved: false,
    };

    /// Whether a frame is half-written.
    #[inline(always)]
    pub(crate) const fn is_in_progress(&self) -> bool {
        self.unwritten > 0
    }

    /// Whether no frame waits, and none is in progress.
    #[inline(always)]
    pub(crate) const fn is_empty(&self) -> bool {
        self.unwritten | self.answer.opcode.bits() | self.queued.opcode.bits() == 0
    }

    /// Whether nothing can be written until the source of keys recovers.
    pub(crate) const fn is_starved(&self) -> bool {
        self.starved && !self.is_in_progress()
    }

    /// Notes whether a key could be drawn for the next frame.
    pub(crate) const fn note_draw(&mut self, drawn: bool) {
        self.starved = !drawn;
    }

    /// Queues an answer with a payload of up to 125 bytes, in place of one that waits. Returns `false`, and changes
    /// nothing, if there is no room beside a frame that the caller queued, or while any frame is in progress: so the room
    /// does not depend on how much of that is written.
    pub(crate) fn put_answer(&mut self, opcode: Opcode, payload: &[u8]) -> bool {
        let room = if self.queued.is_nothing() { MAX_FRAME } else { self.queued.start_at_the_end() };
        let end = payload.len().saturating_add(MAX_HEADER);
        if self.is_in_progress() || end > room {
            return false;
        }
        self.put(payload, end);
        self.answer = Waiting { opcode, len: payload.len() as u8 };
        true
    }

    /// Queues a frame of the caller's with a payload of up to 125 bytes. Returns `false`, and changes nothing, if there
    /// is no room: another one waits, or an answer takes the room.
    pub(crate) fn put_frame(&mut self, opcode: Opcode, payload: &[u8]) -> bool {
        let frame = Waiting { opcode, len: payload.len() as u8 };
        let busy = if self.is_in_progress() { usize::from(self.end) } else { 0 };
        let answer = if self.answer.is_nothing() { 0 } else { usize::from(self.answer.len).saturating_add(MAX_HEADER) };
        if !self.queued.is_nothing() || frame.start_at_the_end() < answer.max(busy) {
            return false;
        }
        self.put(payload, MAX_FRAME);
        self.queued = frame;
        true
    }

    /// Drops what waits, but not what is in progress.
    pub(crate) const fn drop_waiting(&mut self) {
        (self.answer, self.queued) = (Waiting::NOTHING, Waiting::NOTHING);
    }

    /// Copies a payload to the place that ends there.
    fn put(&mut self, payload: &[u8], end: usize) {
        if let Some(place) = self.bytes.get_mut(end.saturating_sub(payload.len())..end) {
            copy(payload, place);
        }
    }

    /// Begins the frame that waits, an answer first. No frame may be in progress.
    pub(crate) fn begin(&mut self, masking_key: Option<MaskingKey>) {
        let (mut frame, mut payload_at) = (replace(&mut self.answer, Waiting::NOTHING), MAX_HEADER);
        if frame.is_nothing() {
            frame = replace(&mut self.queued, Waiting::NOTHING);
            payload_at = frame.start_at_the_end().saturating_add(MAX_HEADER);
        }
        // a control frame: the longer forms of the length need no code here
        let header = Header { masking_key, ..Header::new(frame.opcode, u64::from(frame.len.min(125))) };
        let header_len = header.encoded_len();
        let start = payload_at.saturating_sub(header_len);
        let Some((head, payload)) = self.bytes.split_at_mut_checked(payload_at) else { return };
        if let (Some(key), Some(payload)) = (masking_key, payload.get_mut(..usize::from(frame.len))) {
            apply_mask::<false>(payload, PhasedKey::new(key));
        }
        if head.get_mut(start..).is_some_and(|place| header.encode(place).is_ok()) {
            self.unwritten = frame.len.saturating_add(header_len as u8);
            self.end = frame.len.saturating_add(payload_at as u8);
        }
    }

    /// Writes as many bytes of the frame in progress as fit `out`. Returns how many.
    pub(crate) fn flush(&mut self, out: &mut [u8]) -> usize {
        let start = self.end.saturating_sub(self.unwritten);
        let rest = self.bytes.get(usize::from(start)..usize::from(self.end)).unwrap_or_default();
        let n = rest.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..n), rest.get(..n)) {
            copy(from, to);
        }
        self.unwritten = self.unwritten.saturating_sub(n as u8);
        n
    }
}

impl Waiting {
    const NOTHING: Self = Self { opcode: Opcode::Continuation, len: 0 };

    const fn is_nothing(self) -> bool {
        self.opcode.bits() == 0
    }

    /// Where the room of a frame at the end starts.
    fn start_at_the_end(self) -> usize {
        Header::MAX_CONTROL_PAYLOAD.saturating_sub(usize::from(self.len))
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

    /// Writes all that waits, in parts of `n` bytes.
    fn drain(queue: &mut ControlQueue, n: usize) -> Vec<u8> {
        let mut written = vec![];
        while !queue.is_empty() {
            if !queue.is_in_progress() {
                queue.begin(None);
            }
            let mut out = vec![0; n];
            let n = queue.flush(&mut out);
            written.extend_from_slice(&out[..n]);
        }
        written
    }

    fn frame(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
        [&[0x80 | opcode.bits(), payload.len() as u8], payload].concat()
    }

    #[test]
    fn two_frames_share_the_room_if_they_fit_and_change_nothing_if_not() {
        for answer in 0..=125 {
            for queued in 0..=125 {
                let (pong, ping) = (vec![1; answer], vec![2; queued]);
                // each in its turn first
                let mut queue = ControlQueue::EMPTY;
                assert!(queue.put_answer(Opcode::Pong, &pong));
                let fits = queue.put_frame(Opcode::Ping, &ping);
                assert_eq!(fits, 6 + answer + 6 + queued <= 131, "{answer} {queued}");
                let mut want = frame(Opcode::Pong, &pong);
                want.extend(if fits { frame(Opcode::Ping, &ping) } else { vec![] });
                assert_eq!(drain(&mut queue, 7), want);

                let mut queue = ControlQueue::EMPTY;
                assert!(queue.put_frame(Opcode::Ping, &ping));
                assert!(!queue.put_frame(Opcode::Ping, b""), "one waits");
                assert_eq!(queue.put_answer(Opcode::Pong, &pong), fits);
                let mut want = if fits { frame(Opcode::Pong, &pong) } else { vec![] };
                want.extend(frame(Opcode::Ping, &ping));
                assert_eq!(drain(&mut queue, 131), want);
            }
        }
    }

    #[test]
    fn a_half_written_frame_keeps_its_bytes_whatever_is_queued() {
        for in_progress in [0, 1, 60, 125] {
            for written in 1..in_progress + 2 {
                for next in [0, 1, 59, 60, 118, 119, 120, 125] {
                    for at_the_end in [false, true] {
                        let mut queue = ControlQueue::EMPTY;
                        let first: Vec<u8> = (0..in_progress as u8).collect();
                        if at_the_end {
                            assert!(queue.put_frame(Opcode::Ping, &first));
                        } else {
                            assert!(queue.put_answer(Opcode::Ping, &first));
                        }
                        queue.begin(None);
                        let mut out = vec![0; written];
                        assert_eq!(queue.flush(&mut out), written);
                        let mut want = frame(Opcode::Ping, &first);
                        let is_written = written == want.len();
                        assert_eq!(queue.put_answer(Opcode::Pong, &vec![7; next]), is_written);
                        if is_written {
                            want.extend(frame(Opcode::Pong, &vec![7; next]));
                        }
                        if queue.put_frame(Opcode::Close, &[8; 3]) {
                            want.extend(frame(Opcode::Close, &[8; 3]));
                        }
                        out.extend(drain(&mut queue, 5));
                        assert_eq!(out, want, "{in_progress} {written} {next} {at_the_end}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_newer_answer_takes_the_place_of_one_that_waits() {
        let mut queue = ControlQueue::EMPTY;
        assert!(queue.put_answer(Opcode::Pong, b"old"));
        assert!(queue.put_answer(Opcode::Pong, b"newer"));
        assert_eq!(drain(&mut queue, 131), b"\x8a\x05newer");
        assert!(queue.put_answer(Opcode::Pong, b"dropped") && queue.put_frame(Opcode::Ping, b"too"));
        queue.drop_waiting();
        assert!(queue.is_empty());
        // two of one kind are not none
        assert!(queue.put_answer(Opcode::Pong, b"answer") && queue.put_frame(Opcode::Pong, b"unasked"));
        assert!(!queue.is_empty());
        assert_eq!(drain(&mut queue, 131), b"\x8a\x06answer\x8a\x07unasked");
    }
}
