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
                bytes.iter().for_each(|byte| self.receive(*byte));
                Said::Nothing
            }
            Op::Transmit(size) => Said::Wrote(Ok(self.transmit(*size))),
            Op::Send { kind, place, bytes, room } => {
                let opcode = match (self.sending, kind) {
                    (Some(_), _) => 0,
                    (None, MessageKind::Text) => 1,
                    (None, MessageKind::Binary) => 2,
                };
                let fin = if place.is_last() { 0x80 } else { 0 };
                let sent = self.may_send_fragment(*kind, place.is_first());
                let sent = sent.and_then(|()| self.write(&[(opcode | fin, bytes)], *room));
                if sent.is_ok() {
                    self.sending = if place.is_last() { None } else { Some(*kind) };
                }
                Said::Wrote(sent)
            }
            Op::Ping(payload, room) => Said::Wrote(self.control(0x89, payload, *room)),
            Op::Pong(payload, room) => Said::Wrote(self.control(0x8A, payload, *room)),
            Op::Close(code, reason, room) => Said::Wrote(self.send_close(*code, reason, *room)),
            Op::Skip => Said::Skips(self.skip()),
            Op::EndOfStream => Said::Ended(self.end_of_stream()),
        }
    }

    /// Writes what the protocol owes: a Pong, then a Close.
    fn transmit(&mut self, size: usize) -> Vec<u8> {
        let mut out = vec![];
        loop {
            while out.len() < size && !self.half_written.is_empty() {
                out.push(self.half_written.remove(0));
            }
            if !self.half_written.is_empty() {
                return out;
            }
            if self.close == LocalClose::HalfWritten {
                self.close = LocalClose::Sent;
            }
            if let Some(owed) = self.owed.take() {
                self.pong = Some(owed);
            }
            if self.pong.is_none() && !matches!(self.close, LocalClose::Queued(_)) {
                return out;
            }
            if out.len() == size {
                return out;
            }
            let key = self.draw_key();
            if let Some(payload) = self.pong.take() {
                self.half_written = frame(0x8A, &payload, key);
            } else if let LocalClose::Queued(body) = &self.close {
                self.half_written = frame(0x88, body, key);
                self.close = LocalClose::HalfWritten;
            }
        }
    }

    fn draw_key(&mut self) -> Option<[u8; 4]> {
        if self.rules.server {
            return None;
        }
        self.keys_drawn += 1;
        Some(key(self.keys_drawn))
    }

    /// Writes frames one after the other, if there is room for all.
    fn write(&mut self, frames: &[(u8, &[u8])], room: usize) -> Result<Vec<u8>, SendError> {
        let before = self.keys_drawn;
        let mut bytes = vec![];
        for (b0, payload) in frames {
            let key = self.draw_key();
            bytes.extend(frame(*b0, payload, key));
        }
        if bytes.len() > room {
            self.keys_drawn = before;
            return Err(SendError::BufferTooSmall { required: bytes.len() });
        }
        Ok(bytes)
    }

    /// §5.5.1
    fn may_send(&self) -> Result<(), SendError> {
        if !self.half_written.is_empty() {
            return Err(SendError::FrameInProgress);
        }
        if self.close != LocalClose::No || self.ended.is_some() {
            return Err(SendError::Closing);
        }
        Ok(())
    }

    /// §5.4
    fn may_send_fragment(&self, kind: MessageKind, first: bool) -> Result<(), SendError> {
        self.may_send()?;
        match (self.sending, first) {
            (None, true) => Ok(()),
            (None, false) => Err(SendError::NoMessage),
            (Some(open), false) if open == kind => Ok(()),
            (Some(_), _) => Err(SendError::MessageInProgress),
        }
    }

    /// §5.5
    fn control(&mut self, b0: u8, payload: &[u8], room: usize) -> Result<Vec<u8>, SendError> {
        if !self.half_written.is_empty() {
            return Err(SendError::FrameInProgress);
        }
        if payload.len() > 125 {
            return Err(SendError::ControlTooLong);
        }
        self.may_send()?;
        self.write(&[(b0, payload)], room)
    }

    /// §7.1.2: a Pong that waits goes first.
    fn send_close(&mut self, code: u16, reason: &str, room: usize) -> Result<Vec<u8>, SendError> {
        if !is_close_code(code) {
            return Err(SendError::CloseCode);
        }
        if reason.len() > 123 {
            return Err(SendError::ControlTooLong);
        }
        self.may_send()?;
        let body = [&code.to_be_bytes(), reason.as_bytes()].concat();
        let pong = self.pong.clone();
        let mut frames: Vec<(u8, &[u8])> = pong.iter().map(|pong| (0x8A, &pong[..])).collect();
        frames.push((0x88, &body));
        let written = self.write(&frames, room)?;
        (self.pong, self.close) = (None, LocalClose::Sent);
        Ok(written)
    }
}
