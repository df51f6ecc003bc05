//! An end that receives (RFC 6455 §5 to §8), byte by byte.

use super::super::laws::Seen;
use super::frame::Header;
use super::utf8::{can_go_on, first_bad};
use super::{Observed, Rules};
use upframe::connection::{EndOfStream, MessageKind, ProtocolError, State, Violation};
use upframe::frame::{FrameViolation, ReservedBits};

/// The state of the local Close.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LocalClose {
    No,
    /// Waiting, or half written.
    Queued,
    Sent,
}

/// The open message.
#[derive(Clone, Debug)]
pub struct Message {
    kind: MessageKind,
    rsv: u8,
    len: u128,
    frames: u64,
    empty_frames: u64,
    /// The bytes of an incomplete code point.
    cut: Vec<u8>,
}

/// One end of a connection.
#[derive(Clone, Debug)]
pub struct End {
    pub rules: Rules,
    pub seen: Vec<Seen>,
    pub offset: u64,
    /// All bytes so far of the current frame.
    frame: Vec<u8>,
    /// The unmasked payload of a control frame.
    control: Vec<u8>,
    /// There is no room to keep the payload of this Pong.
    not_kept: bool,
    message: Option<Message>,
    /// A piece of the open message was yielded.
    delivered: bool,
    /// The rest of the open message is skipped.
    skipped: bool,
    pub failed: bool,
    pub peer_closed: Option<(u16, String)>,
    pub ended: Option<EndOfStream>,

    /// The rest of a frame that is partly written.
    pub half_written: Vec<u8>,
    /// The answer that waits to be written: its first byte and its payload.
    pub answer: Option<(u8, Vec<u8>)>,
    /// The same for a frame that the program has queued.
    pub queued: Option<(u8, Vec<u8>)>,
    /// The room for payloads of control frames has 125 bytes, of which so many are free or have what the peer sent: those
    /// before what is half-written or queued. All are, as soon as nothing is.
    pub free: usize,
    /// What came and was not consumed.
    pub pending: Vec<u8>,
    /// Where the payload of the current control frame begins in the room.
    at: usize,
    /// Where it ends.
    pub current_end: usize,
    /// The program knows that there is no room for it.
    told: bool,
    pub close: LocalClose,
    pub sending: Option<MessageKind>,
    pub keys_drawn: u32,
}

impl End {
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            seen: vec![],
            offset: 0,
            frame: vec![],
            control: vec![],
            not_kept: false,
            message: None,
            delivered: false,
            skipped: false,
            failed: false,
            peer_closed: None,
            ended: None,
            half_written: vec![],
            answer: None,
            queued: None,
            free: 125,
            pending: vec![],
            at: 0,
            current_end: 0,
            told: false,
            close: LocalClose::No,
            sending: None,
            keys_drawn: 0,
        }
    }

    /// After this, received bytes are ignored (§5.5.1, §7.1.7).
    fn is_over(&self) -> bool {
        self.failed || self.peer_closed.is_some() || self.ended.is_some()
    }

    pub fn receive_pending(&mut self) {
        while let Some(byte) = self.pending.first().copied()
            && self.has_room()
        {
            self.pending.remove(0);
            self.receive(byte);
        }
    }

    /// Whether the next byte may be consumed. A payload of a control frame is kept only if all of it is free; the payloads
    /// of Pongs, and of Pings that are not answered, are discarded.
    fn has_room(&mut self) -> bool {
        let Some((header, end)) = self.coming() else { return true };
        if self.frame.len() < header.header_len || self.not_kept || end <= self.free {
            return true;
        }
        if header.opcode == 10 {
            (self.not_kept, self.current_end) = (true, self.at);
            return true;
        }
        if !self.told {
            self.seen.push(Seen::TransmitFirst);
        }
        self.told = true;
        false
    }

    /// The control frame whose length has come, and where its payload will end in the room.
    fn coming(&self) -> Option<(Header, usize)> {
        if self.is_over() || self.frame.len() < 2 {
            return None;
        }
        let header = Header::of(&self.frame);
        header.is_control().then(|| {
            let end = self.at + usize::from(header.short_len);
            (header, end)
        })
    }

    /// Where the payload of a control frame ends that is being received and kept; 0 if there is none.
    pub fn coming_until(&self) -> usize {
        self.coming().map_or(0, |(_, end)| if self.not_kept { 0 } else { end })
    }

    pub fn receive(&mut self, byte: u8) {
        if self.is_over() {
            return;
        }
        self.told = false;
        self.offset += 1;
        self.frame.push(byte);
        if self.frame.len() < 2 {
            return;
        }
        let header = Header::of(&self.frame);
        if self.frame.len() == 2
            && let Err((violation, at)) = self.judge_start(&header)
        {
            return self.fail(Violation::Frame(violation), self.offset - 2 + at);
        }
        if self.frame.len() < 2 + header.extra {
            return;
        }
        let len = header.payload_len(&self.frame);
        if self.frame.len() == 2 + header.extra {
            let judged = judge_length(&header, len).map_err(Violation::Frame);
            if let Err(violation) = judged.and_then(|()| self.admit(&header, len)) {
                return self.fail(violation, self.offset - 1);
            }
        }
        if self.frame.len() > header.header_len {
            let at = self.frame.len() - header.header_len - 1;
            self.payload(&header, byte ^ header.key(&self.frame)[at % 4]);
        }
        if !self.failed && self.frame.len() as u128 == header.header_len as u128 + u128::from(len) {
            self.frame_ends(&header);
        }
    }

    /// Judges the first two bytes, in the order of `FrameViolation`. The error holds the position of the invalid byte.
    fn judge_start(&self, header: &Header) -> Result<(), (FrameViolation, u64)> {
        use FrameViolation::*;
        let begins = matches!(header.opcode, 1 | 2);
        // §5.2: MUST be 0 unless an extension is negotiated. RFC 7692 §6: in the first frame of a message only.
        if header.rsv != 0 && !(begins && header.rsv & !self.rules.owned == 0) {
            return Err((ReservedBit, 0));
        }
        // §5.2
        if !matches!(header.opcode, 0 | 1 | 2 | 8 | 9 | 10) {
            return Err((ReservedOpcode, 0));
        }
        // §5.1
        if self.rules.server && !header.masked && !self.rules.unmasked_frames_trusted {
            return Err((Unmasked, 1));
        }
        if !self.rules.server && header.masked {
            return Err((Masked, 1));
        }
        // §5.5
        if header.is_control() && !header.fin {
            return Err((FragmentedControl, 0));
        }
        if header.is_control() && header.short_len > 125 {
            return Err((ControlTooLong, 1));
        }
        // §5.4
        if header.opcode == 0 && self.message.is_none() {
            return Err((UnexpectedContinuation, 0));
        }
        if begins && self.message.is_some() {
            return Err((UnfinishedMessage, 0));
        }
        Ok(())
    }

    /// Checks the limits, before any payload.
    fn admit(&mut self, header: &Header, len: u64) -> Result<(), Violation> {
        if header.is_control() {
            // A newer Ping or a Close takes the place of one whose answer waits.
            if header.opcode != 10 {
                self.answer = None;
            }
            self.at = self.answer.as_ref().map_or(0, |(_, payload)| payload.len());
            (self.not_kept, self.current_end) = (false, self.at + usize::from(header.short_len));
            self.control.clear();
            return Ok(());
        }
        if header.opcode != 0 {
            let kind = if header.opcode == 1 { MessageKind::Text } else { MessageKind::Binary };
            self.message = Some(Message { kind, rsv: header.rsv, len: 0, frames: 0, empty_frames: 0, cut: vec![] });
            (self.delivered, self.skipped) = (false, false);
        }
        let message = self.message.as_mut().unwrap();
        message.len += u128::from(len);
        message.frames += 1;
        let alone = header.opcode != 0 && header.fin;
        message.empty_frames += u64::from(len == 0 && !alone);
        if len > self.rules.frame {
            return Err(Violation::FrameTooBig);
        }
        if message.len > self.rules.message.into() {
            return Err(Violation::MessageTooBig);
        }
        if message.frames > u64::from(self.rules.fragments).max(1) {
            return Err(Violation::TooManyFragments);
        }
        if message.empty_frames > self.rules.empty_fragments.into() {
            return Err(Violation::TooManyEmptyFragments);
        }
        Ok(())
    }

    fn payload(&mut self, header: &Header, byte: u8) {
        if header.is_control() {
            self.control.push(byte);
            if header.opcode == 8 {
                self.close_body_goes_on();
            }
            return;
        }
        let message = self.message.as_mut().unwrap();
        if message.kind == MessageKind::Binary || message.rsv != 0 {
            return self.deliver(&[byte], false);
        }
        // §8.1
        message.cut.push(byte);
        let code_point = message.cut.clone();
        if std::str::from_utf8(&code_point).is_ok() {
            message.cut.clear();
            self.deliver(&code_point, false);
        } else if !can_go_on(&code_point) {
            self.fail(Violation::NotUtf8, self.offset - 1);
        }
    }

    fn frame_ends(&mut self, header: &Header) {
        self.frame.clear();
        if header.is_control() {
            return self.control_ends(header.opcode);
        }
        if header.fin {
            if !self.message.as_ref().unwrap().cut.is_empty() {
                return self.fail(Violation::NotUtf8, self.offset);
            }
            self.deliver(&[], true);
            self.message = None;
        }
    }

    /// Pieces of a message are joined unless something came between them.
    fn deliver(&mut self, new: &[u8], ends: bool) {
        let Some(Message { kind, rsv, .. }) = self.message else { return };
        if self.skipped {
            return;
        }
        if let Some(Seen::Piece { bytes, last, .. }) = self.seen.last_mut()
            && self.delivered
        {
            bytes.extend(new);
            *last = ends;
            return;
        }
        let (rsv, first) = (ReservedBits::of_first_byte(rsv), !self.delivered);
        self.seen.push(Seen::Piece { kind, rsv, bytes: new.to_vec(), first, last: ends });
        self.delivered = true;
    }

    fn control_ends(&mut self, opcode: u8) {
        let payload = self.control.clone();
        match opcode {
            9 => {
                self.seen.push(Seen::Ping((!self.not_kept).then(|| payload.clone())));
                // §5.5.2: a Ping is answered. Nothing follows the local Close once that has begun.
                if self.rules.automatic_pong && (self.close == LocalClose::No || self.queued.is_some()) {
                    self.answer = Some((0x8A, payload));
                }
            }
            10 => self.seen.push(Seen::Pong((!self.not_kept).then_some(payload))),
            _ => self.close_came(&payload),
        }
    }

    /// An invalid body of a Close is detected at its first invalid byte (§5.5.1, §7.4, §8.1).
    fn close_body_goes_on(&mut self) {
        let begin = self.offset - self.control.len() as u64;
        if let [high, low, reason @ ..] = &self.control[..] {
            if !is_close_code(u16::from_be_bytes([*high, *low])) {
                return self.fail(Violation::CloseCode, begin);
            }
            if let Some(at) = first_bad(reason).filter(|at| *at < reason.len()) {
                self.fail(Violation::CloseReason, begin + 2 + at as u64);
            }
        }
    }

    /// §5.5.1, §7.1.5, §7.4
    fn close_came(&mut self, body: &[u8]) {
        let begin = self.offset - body.len() as u64;
        if body.len() == 1 {
            return self.fail(Violation::CloseTruncated, begin);
        }
        let (code, reason) =
            if body.is_empty() { (1005, &[][..]) } else { (u16::from_be_bytes([body[0], body[1]]), &body[2..]) };
        if !body.is_empty() && !is_close_code(code) {
            return self.fail(Violation::CloseCode, begin);
        }
        if let Some(at) = first_bad(reason) {
            return self.fail(Violation::CloseReason, begin + 2 + at as u64);
        }
        let reason = String::from_utf8(reason.to_vec()).unwrap();
        self.seen.push(Seen::Close(code, reason.clone()));
        self.peer_closed = Some((code, reason));
        self.queue_close(body.to_vec());
    }

    /// §7.1.7
    fn fail(&mut self, violation: Violation, offset: u64) {
        self.failed = true;
        (self.at, self.current_end) = (0, 0);
        self.offset = offset;
        self.seen.push(Seen::Failed(ProtocolError { violation, offset }));
        let code = match violation {
            Violation::Frame(_) | Violation::CloseTruncated | Violation::CloseCode => 1002,
            Violation::NotUtf8 | Violation::CloseReason => 1007,
            Violation::FrameTooBig | Violation::MessageTooBig => 1009,
            _ => 1008u16,
        };
        self.queue_close(code.to_be_bytes().to_vec());
    }

    fn queue_close(&mut self, body: Vec<u8>) {
        self.answer = None;
        if self.close == LocalClose::No {
            self.close = LocalClose::Queued;
            (self.answer, self.queued) = (Some((0x88, body)), None);
        }
    }

    /// RFC 7692 §7.2.2: later messages may refer to a compressed one, so its pieces are not skipped.
    pub fn skip(&mut self) -> bool {
        let is_plain = self.message.as_ref().is_some_and(|message| message.rsv == 0);
        let some = !self.is_over() && is_plain && self.delivered;
        self.skipped |= some;
        some
    }

    pub fn end_of_stream(&mut self) -> EndOfStream {
        if let Some(ended) = self.ended {
            return ended;
        }
        let ended = if self.is_over() {
            EndOfStream::Expected
        } else if !self.frame.is_empty() {
            EndOfStream::InFrame
        } else if self.message.is_some() {
            EndOfStream::InMessage
        } else {
            EndOfStream::WithoutClose
        };
        self.ended = Some(ended);
        ended
    }

    fn state(&self) -> State {
        let one = self.close != LocalClose::No || self.peer_closed.is_some();
        let both = self.close == LocalClose::Sent && self.peer_closed.is_some();
        match (self.failed, self.ended.is_some() || both, one) {
            (true, ..) => State::Failed,
            (_, true, _) => State::Closed,
            (.., true) => State::Closing,
            _ => State::Open,
        }
    }

    pub fn observed(&self, said: Vec<super::Said>) -> Observed {
        let abnormal = self.failed || self.ended.is_some();
        let wants_transmit = !self.half_written.is_empty() || self.answer.is_some() || self.queued.is_some();
        // §7.1.1: the server closes first, when everything is written.
        let done = self.rules.server && self.close == LocalClose::Sent && (self.failed || self.peer_closed.is_some());
        Observed {
            seen: self.seen.clone(),
            said,
            offset: self.offset,
            state: self.state(),
            close_code: self.peer_closed.as_ref().map(|(code, _)| *code).or(abnormal.then_some(1006)),
            close_reason: self.peer_closed.as_ref().map(|(_, reason)| reason.clone()).unwrap_or_default(),
            may_disconnect: (self.ended.is_some() || done) && !wants_transmit,
            wants_transmit,
        }
    }
}

/// §5.2: the shortest form, and the top bit is 0.
fn judge_length(header: &Header, len: u64) -> Result<(), FrameViolation> {
    if len >= 1 << 63 {
        return Err(FrameViolation::LengthTopBit);
    }
    let shortest = if len < 126 {
        0
    } else if len < 65_536 {
        2
    } else {
        8
    };
    if header.extra == shortest { Ok(()) } else { Err(FrameViolation::LengthNotMinimal) }
}

/// §7.4.1, §7.4.2, and the registry.
pub fn is_close_code(code: u16) -> bool {
    let never = !(1000..=4999).contains(&code);
    let unassigned = (1016..3000).contains(&code);
    let not_in_a_frame = [1004, 1005, 1006, 1015].contains(&code);
    !never && !unassigned && !not_in_a_frame
}
