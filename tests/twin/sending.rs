//! An end that sends (RFC 6455 §5, §6.1, §7.1.2): all or nothing.

use super::end::{End, LocalClose, is_close_code};
use super::frame::frame;
use super::{Observed, Op, Rules, Said, key};
use upframe::connection::{MessageKind, SendError};

impl End {
    /// Runs an end through these operations and returns what can be observed of it.
    pub fn run(rules: Rules, ops: &[Op]) -> Observed {
        let mut end = Self::new(rules);
        let said = ops.iter().map(|op| end.apply(op)).collect();
        end.observed(said)
    }

    pub fn apply(&mut self, op: &Op) -> Said {
        match op {
            Op::Receive(bytes) => {
                self.pending.extend(bytes);
                self.receive_pending();
                Said::Nothing
            }
            Op::Transmit(size) => {
                let wrote = self.transmit(*size);
                self.receive_pending();
                Said::Wrote(Ok(wrote))
            }
            Op::Send { kind, place, bytes, room } => {
                let opcode = match (self.sending, kind) {
                    (Some(_), _) => 0,
                    (None, MessageKind::Text) => 1,
                    (None, MessageKind::Binary) => 2,
                };
                let fin = if place.is_last() { 0x80 } else { 0 };
                let sent = self.may_send_fragment(*kind, place.is_first());
                let sent = sent.and_then(|()| self.write(opcode | fin, bytes, *room));
                if sent.is_ok() {
                    self.sending = if place.is_last() { None } else { Some(*kind) };
                }
                Said::Wrote(sent)
            }
            Op::Ping(payload) => Said::Queued(self.control(0x89, payload)),
            Op::Pong(payload) => Said::Queued(self.control(0x8A, payload)),
            Op::Close(code, reason) => Said::Queued(self.send_close(*code, reason)),
            Op::Skip => Said::Skips(self.skip()),
            Op::EndOfStream => Said::Ended(self.end_of_stream()),
        }
    }

    /// Writes what is queued: an answer, then a frame of the program.
    fn transmit(&mut self, size: usize) -> Vec<u8> {
        let mut out = vec![];
        loop {
            while out.len() < size && !self.half_written.is_empty() {
                out.push(self.half_written.remove(0));
            }
            if !self.half_written.is_empty() {
                return out;
            }
            if self.queued.is_none() {
                self.free = 125;
            }
            if self.answer.is_none() && self.queued.is_none() {
                if self.close == LocalClose::Queued {
                    self.close = LocalClose::Sent;
                }
                return out;
            }
            if out.len() == size {
                return out;
            }
            let key = self.draw_key();
            let (b0, payload) = match self.answer.take() {
                // it moves to the end of the room if it fits between what came and what waits
                Some((b0, payload)) => {
                    let used = payload.len().max(self.current_end);
                    let fits = used + payload.len() <= self.free;
                    self.free = if fits { self.free - payload.len() } else { 0 };
                    (b0, payload)
                }
                None => self.queued.take().unwrap(),
            };
            self.half_written = frame(b0, &payload, key);
        }
    }

    fn draw_key(&mut self) -> Option<[u8; 4]> {
        if self.rules.server {
            return None;
        }
        self.keys_drawn += 1;
        Some(key(self.keys_drawn))
    }

    /// Writes a frame, if there is room.
    fn write(&mut self, b0: u8, payload: &[u8], room: usize) -> Result<Vec<u8>, SendError> {
        let before = self.keys_drawn;
        let key = self.draw_key();
        let bytes = frame(b0, payload, key);
        if bytes.len() > room {
            self.keys_drawn = before;
            return Err(SendError::BufferTooSmall { required: bytes.len() });
        }
        Ok(bytes)
    }

    /// §5.5.1
    fn may_queue(&self) -> Result<(), SendError> {
        if self.close != LocalClose::No || self.ended.is_some() {
            return Err(SendError::Closing);
        }
        Ok(())
    }

    /// §5.4
    fn may_send_fragment(&self, kind: MessageKind, first: bool) -> Result<(), SendError> {
        if !self.half_written.is_empty() {
            return Err(SendError::FrameInProgress);
        }
        self.may_queue()?;
        match (self.sending, first) {
            (None, true) => Ok(()),
            (None, false) => Err(SendError::NoMessage),
            (Some(open), false) if open == kind => Ok(()),
            (Some(_), _) => Err(SendError::MessageInProgress),
        }
    }

    /// §5.5
    fn control(&mut self, b0: u8, payload: &[u8]) -> Result<(), SendError> {
        if payload.len() > 125 {
            return Err(SendError::ControlTooLong);
        }
        self.may_queue()?;
        let owed = self.answer.as_ref().map_or(0, |(_, payload)| payload.len());
        let used = owed.max(self.coming_until());
        if self.queued.is_some() || used + payload.len() > self.free {
            return Err(SendError::QueueFull);
        }
        self.free -= payload.len();
        self.queued = Some((b0, payload.to_vec()));
        Ok(())
    }

    /// §7.1.2
    fn send_close(&mut self, code: u16, reason: &str) -> Result<(), SendError> {
        if !is_close_code(code) {
            return Err(SendError::CloseCode);
        }
        self.control(0x88, &[&code.to_be_bytes(), reason.as_bytes()].concat())?;
        self.close = LocalClose::Queued;
        Ok(())
    }
}
