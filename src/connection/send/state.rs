//! What may be sent now: the sequence of fragments, the frame that is streamed, the closing handshake (RFC 6455 §5.4,
//! §5.5.1).

use crate::connection::closing::Closing;
use crate::connection::error::SendError;
use crate::connection::fragment::DataFrame;
use crate::connection::piece::MessageKind;
use crate::connection::settings::Settings;
use crate::frame::{Header, Key, MaskingKey, Opcode, ReservedBits};
use crate::utf8::Validator;

/// All of a transmitter but its source of keys: what does not depend on the role's type.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(in crate::connection) closing: Closing,
    /// A fragmented message is open, of this kind and with these bits.
    open: Option<(MessageKind, ReservedBits)>,
    /// The text of the open message so far: only a streamed frame can leave a code point unfinished.
    pub(in crate::connection) text: Validator,
    pub(in crate::connection) frame: Option<StreamedFrame>,
    pub(in crate::connection) owned: ReservedBits,
}

/// A frame whose payload is being streamed.
#[derive(Clone, Copy, Debug)]
pub(in crate::connection) struct StreamedFrame {
    remaining: u64,
    pub(in crate::connection) key: Key,
    /// Its payload is checked.
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
        }
    }

    /// Back to the state behind an opening handshake.
    pub(in crate::connection) fn reset(&mut self) {
        *self = Self::new(Settings::new().with_reserved_bits(self.owned));
    }

    /// A whole fragment may be sent now: its header, without a key.
    #[inline(always)]
    pub(in crate::connection) fn check_fragment(&self, frame: DataFrame, len: u64) -> Result<Header, SendError> {
        let header = self.check_frame(frame, len)?;
        // [5.6-text-sent]
        if frame.is_plain_text() && !self.text.is_whole() {
            return Err(SendError::NotUtf8);
        }
        Ok(header)
    }

    /// A data frame may be sent now: its header, without a key (RFC 6455 §5.4).
    #[inline(always)]
    pub(in crate::connection) fn check_frame(&self, frame: DataFrame, len: u64) -> Result<Header, SendError> {
        // [5.2-frame-whole]
        if self.frame.is_some() {
            return Err(SendError::FrameInProgress);
        }
        // §5.5.1: no more data frames after a Close [5.5.1-no-data-after]
        if !self.closing.is_open() {
            return Err(SendError::Closing);
        }
        let DataFrame { kind, place, reserved_bits } = frame;
        let (opcode, rsv) = match (self.open, place.is_first(), kind) {
            // [7692-6-rsv1-first-sent] [5.4-sequence-sent]
            (Some(open), false, _) if open == (kind, reserved_bits) => (Opcode::Continuation, ReservedBits::NONE),
            // [5.4-sequence-sent]
            (Some(_), ..) => return Err(SendError::MessageInProgress),
            (None, false, _) => return Err(SendError::NoMessage),
            // [6.1-opcode]
            (None, true, MessageKind::Text) => (Opcode::Text, reserved_bits),
            (None, true, MessageKind::Binary) => (Opcode::Binary, reserved_bits),
        };
        // [5.2-rsv-sent]
        if !self.owned.contains(rsv) {
            return Err(SendError::ReservedBits);
        }
        // [5.2-top-bit-sent]
        if len > Header::MAX_PAYLOAD {
            return Err(SendError::FrameTooBig);
        }
        // [6.1-fin]
        Ok(Header { fin: place.is_last(), rsv, opcode, masking_key: None, payload_len: len })
    }

    /// The frame that was admitted is sent.
    #[inline(always)]
    pub(in crate::connection) fn commit(&mut self, frame: DataFrame) {
        self.open = if frame.place.is_last() { None } else { Some((frame.kind, frame.reserved_bits)) };
    }

    pub(in crate::connection) fn begin(&mut self, frame: DataFrame, len: u64, key: Option<MaskingKey>) {
        self.frame = (len > 0).then_some(StreamedFrame {
            remaining: len,
            key: key.map_or(Key::NONE, Key::new),
            plain_text: frame.is_plain_text(),
            last: frame.place.is_last(),
        });
    }

    /// A chunk may follow: the frame, and the text as it will be.
    pub(in crate::connection) fn check_payload(&self, chunk: &[u8]) -> Result<(StreamedFrame, Validator), SendError> {
        let Some(frame) = self.frame else { return Err(SendError::NoFrame) };
        // [5.2-payload-length]
        if chunk.len() as u64 > frame.remaining {
            return Err(SendError::PayloadTooLong { remaining: frame.remaining });
        }
        let mut text = self.text;
        if frame.plain_text {
            // §5.6: text is UTF-8; in whole, though fragments may cut it
            let mut rest = chunk;
            // [5.6-text-sent]
            while text.next(&mut rest).map_err(|_| SendError::NotUtf8)?.is_some() {}
            if frame.last && chunk.len() as u64 == frame.remaining && !text.is_whole() {
                return Err(SendError::NotUtf8);
            }
        }
        Ok((frame, text))
    }

    /// The chunk that was checked is sent.
    pub(in crate::connection) fn take_payload(&mut self, frame: StreamedFrame, text: Validator, n: usize) -> u64 {
        let remaining = frame.remaining.saturating_sub(n as u64);
        self.text = text;
        // [5.3-phase]
        self.frame = (remaining > 0).then_some(StreamedFrame { remaining, key: frame.key.at(n), ..frame });
        remaining
    }
}
