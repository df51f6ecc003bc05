//! What may be sent now: the sequence of fragments, the frame that is streamed, the closing handshake (RFC 6455 §5.4,
//! §5.5.1).

use super::control_queue::ControlQueue;
use crate::connection::closing::Closing;
use crate::connection::error::SendError;
use crate::connection::fragment::DataFrame;
use crate::connection::piece::MessageKind;
use crate::connection::settings::Settings;
use crate::frame::header::Header;
use crate::frame::mask::key::MaskingKey;
use crate::frame::mask::key::PhasedKey;
use crate::frame::opcode::Opcode;
use crate::frame::reserved_bits::ReservedBits;
use crate::utf8::validator::Validator;

/// A transmitter without its source of keys: what does not depend on the type of the role.
#[derive(Clone, Debug)]
// In this order, what a message touches that is sent whole is at the end: see `common.rs`.
pub(crate) struct Outgoing {
    /// The control frames that wait.
    pub(in crate::connection) queue: ControlQueue,
    /// The text of the open message so far: only a streamed frame can leave a code point unfinished.
    pub(in crate::connection) text: Validator,
    pub(in crate::connection) closing: Closing,
    /// The fragmented message that is open: its kind, and its reserved bits.
    open: Option<(MessageKind, ReservedBits)>,
    pub(in crate::connection) owned: ReservedBits,
    pub(in crate::connection) frame: Option<StreamedFrame>,
}

/// A frame whose payload is being streamed.
#[derive(Clone, Copy, Debug)]
pub(in crate::connection) struct StreamedFrame {
    remaining: u64,
    pub(in crate::connection) key: PhasedKey,
    /// Its payload must be UTF-8.
    plain_text: bool,
    /// The message ends with it.
    last: bool,
}

impl Outgoing {
    pub(in crate::connection) const fn new(settings: Settings) -> Self {
        Self {
            closing: Closing::NOT_STARTED,
            open: None,
            text: Validator::new(),
            frame: None,
            owned: settings.reserved_bits,
            queue: ControlQueue::EMPTY,
        }
    }

    /// Restores the state after the opening handshake.
    pub(in crate::connection) fn reset(&mut self) {
        *self = Self::new(Settings::new().with_reserved_bits(self.owned));
    }

    /// Returns the header, without a key, of a fragment that is sent whole, if it may be sent now.
    #[inline(always)]
    pub(in crate::connection) fn check_fragment(&self, frame: DataFrame, len: u64) -> Result<Header, SendError> {
        let header = self.check_frame(frame, len)?;
        if frame.is_plain_text() && !self.text.is_whole() {
            return Err(SendError::NotUtf8);
        }
        Ok(header)
    }

    /// Returns the header of a data frame, without a key, if it may be sent now (RFC 6455 §5.4).
    #[inline(always)]
    pub(in crate::connection) fn check_frame(&self, frame: DataFrame, len: u64) -> Result<Header, SendError> {
        // No frame begins inside another one. [5.2-frame-whole]
        if self.frame.is_some() || self.queue.is_in_progress() {
            return Err(SendError::FrameInProgress);
        }
        // Nothing is sent after the local Close, nor once it is owed, except what was begun. [5.5.1-no-data-after]
        if !self.closing.is_open() {
            return Err(SendError::Closing);
        }
        let DataFrame { kind, place, reserved_bits } = frame;
        let (opcode, rsv) = match (self.open, place.is_first(), kind) {
            // Reserved bits appear on the first frame of a message only. [7692-6-rsv1-first-sent]
            (Some(open), false, _) if open == (kind, reserved_bits) => (Opcode::Continuation, ReservedBits::NONE),
            // A fragment is not sent inside another message, nor without one. [5.4-sequence-sent]
            (Some(_), ..) => return Err(SendError::MessageInProgress),
            (None, false, _) => return Err(SendError::NoMessage),
            // The first frame of a message has the opcode of its kind. [6.1-opcode]
            (None, true, MessageKind::Text) => (Opcode::Text, reserved_bits),
            (None, true, MessageKind::Binary) => (Opcode::Binary, reserved_bits),
        };
        // Reserved bits that no agreed extension owns are not sent. [5.2-rsv-sent]
        if !self.owned.contains(rsv) {
            return Err(SendError::ReservedBits);
        }
        // A frame whose length does not fit 63 bits is not begun. [5.2-top-bit-sent]
        if len > Header::MAX_PAYLOAD {
            return Err(SendError::FrameTooBig);
        }
        // Only the last frame of a message has FIN. [6.1-fin]
        Ok(Header { fin: place.is_last(), rsv, opcode, masking_key: None, payload_len: len })
    }

    /// Notes that the frame that was checked is sent.
    #[inline(always)]
    pub(in crate::connection) fn commit(&mut self, frame: DataFrame) {
        self.open = if frame.place.is_last() { None } else { Some((frame.kind, frame.reserved_bits)) };
    }

    pub(in crate::connection) fn begin(&mut self, frame: DataFrame, len: u64, key: Option<MaskingKey>) {
        self.frame = (len > 0).then_some(StreamedFrame {
            remaining: len,
            key: key.map_or(PhasedKey::NONE, PhasedKey::new),
            plain_text: frame.is_plain_text(),
            last: frame.place.is_last(),
        });
    }

    /// Returns the streamed frame, and the state of the text after `chunk`, if that may be sent now.
    pub(in crate::connection) fn check_payload(&self, chunk: &[u8]) -> Result<(StreamedFrame, Validator), SendError> {
        let Some(frame) = self.frame else { return Err(SendError::NoFrame) };
        // A frame has no more payload than its header announced. [5.2-payload-length]
        if chunk.len() as u64 > frame.remaining {
            return Err(SendError::PayloadTooLong { remaining: frame.remaining });
        }
        let mut text = self.text;
        // A text message is sent as valid UTF-8; frames and chunks may cut it anywhere. [5.6-text-sent]
        if frame.plain_text {
            let mut rest = chunk;
            while text.next(&mut rest).map_err(|_| SendError::NotUtf8)?.is_some() {}
            if frame.last && chunk.len() as u64 == frame.remaining && !text.is_whole() {
                return Err(SendError::NotUtf8);
            }
        }
        Ok((frame, text))
    }

    /// Notes that the chunk that was checked is sent. Returns how many bytes the frame lacks.
    pub(in crate::connection) fn take_payload(&mut self, frame: StreamedFrame, text: Validator, n: usize) -> u64 {
        let remaining = frame.remaining.saturating_sub(n as u64);
        self.text = text;
        self.frame = (remaining > 0).then_some(StreamedFrame { remaining, key: frame.key.at(n), ..frame });
        remaining
    }
}

/// Where the fields are that a message touches which is sent whole, and how long they are.
#[cfg(test)]
impl Outgoing {
    pub(in crate::connection) const TOUCHED: [(usize, usize); 6] = {
        use core::mem::{offset_of, size_of};
        [
            // that there is a frame in progress is told by one of its two flags
            (offset_of!(Self, frame) + offset_of!(StreamedFrame, plain_text), 1),
            (offset_of!(Self, frame) + offset_of!(StreamedFrame, last), 1),
            (offset_of!(Self, queue), size_of::<ControlQueue>()),
            (offset_of!(Self, text), size_of::<Validator>()),
            (offset_of!(Self, closing), size_of::<Closing>()),
            (offset_of!(Self, open), size_of::<Option<(MessageKind, ReservedBits)>>() + size_of::<ReservedBits>()),
        ]
    };
}
