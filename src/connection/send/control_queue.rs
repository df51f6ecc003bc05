//! The control frame that a connection is writing (RFC 6455 §5.5), and a Pong that waits for its turn.

use crate::frame::header::Header;
use crate::frame::mask::key::{MaskingKey, PhasedKey};
use crate::frame::mask::loops::apply_mask;
use crate::frame::opcode::Opcode;
use crate::target::copy;

/// The longest header of a control frame: 2 bytes, and a key of 4.
const MAX_HEADER: usize = 6;

/// Room for one control frame: the payload has a fixed place, and the header ends where it begins.
#[derive(Clone)]
pub(crate) struct ControlQueue {
    frame: [u8; MAX_HEADER + Header::MAX_CONTROL_PAYLOAD],
    /// How many bytes of the frame in progress are not written, and where they end. 0 if no frame is in progress.
    unwritten: u8,
    end: u8,
    /// The length of a payload that waits in `frame`: the Pong that comes next.
    pong: Option<u8>,
    /// Whether the last answer could not begin because no key could be drawn.
    starved: bool,
}

impl ControlQueue {
    pub(crate) const EMPTY: Self =
        Self { frame: [0; MAX_HEADER + Header::MAX_CONTROL_PAYLOAD], unwritten: 0, end: 0, pong: None, starved: false };

    /// Whether a frame is half-written.
    #[inline(always)]
    pub(crate) const fn is_in_progress(&self) -> bool {
        self.unwritten > 0
    }

    /// Whether nothing can be written until the source of keys recovers.
    pub(crate) const fn is_starved(&self) -> bool {
        self.starved && !self.is_in_progress()
    }

    /// Notes whether a key could be drawn for the next answer.
    pub(crate) const fn note_draw(&mut self, drawn: bool) {
        self.starved = !drawn;
    }

    /// Keeps the payload of a Pong that is owed, in place of an older one (§5.5.3). No frame may be in progress.
    pub(crate) fn keep_pong(&mut self, payload: &[u8]) {
        self.pong = Some(self.put_payload(payload));
    }

    /// The payload of the Pong that is kept.
    #[cfg_attr(upframe_small, inline(always))]
    pub(crate) fn kept_pong(&self) -> Option<&[u8]> {
        let len = usize::from(self.pong?);
        self.frame.get(MAX_HEADER..).and_then(|payload| payload.get(..len))
    }

    pub(crate) const fn drop_pong(&mut self) {
        self.pong = None;
    }

    /// Begins the Pong that is kept, if there is one.
    pub(crate) fn begin_pong(&mut self, masking_key: Option<MaskingKey>) {
        if let Some(len) = self.pong.take() {
            self.begin(Opcode::Pong, len, masking_key);
        }
    }

    /// Begins a Close with this body. No frame may be in progress.
    pub(crate) fn begin_close(&mut self, body: &[u8], masking_key: Option<MaskingKey>) {
        let len = self.put_payload(body);
        self.begin(Opcode::Close, len, masking_key);
    }

    /// Copies a payload of up to 125 bytes to its place. Returns its length.
    fn put_payload(&mut self, payload: &[u8]) -> u8 {
        if let Some(place) = self.frame.get_mut(MAX_HEADER..).and_then(|place| place.get_mut(..payload.len())) {
            copy(payload, place);
        }
        payload.len() as u8
    }

    /// Writes the header before the payload of `len` bytes, which is in its place, and masks it.
    fn begin(&mut self, opcode: Opcode, len: u8, masking_key: Option<MaskingKey>) {
        // a control frame: the longer forms of the length need no code here
        let header = Header { masking_key, ..Header::new(opcode, u64::from(len.min(125))) };
        let start = MAX_HEADER.saturating_sub(header.encoded_len());
        let Some((head, payload)) = self.frame.split_at_mut_checked(MAX_HEADER) else { return };
        if let (Some(key), Some(payload)) = (masking_key, payload.get_mut(..usize::from(len))) {
            apply_mask::<false>(payload, PhasedKey::new(key));
        }
        if head.get_mut(start..).is_some_and(|place| header.encode(place).is_ok()) {
            self.end = len.saturating_add(MAX_HEADER as u8);
            self.unwritten = self.end.saturating_sub(start as u8);
        }
    }

    /// Writes as many bytes of the frame as fit `out`. Returns how many.
    pub(crate) fn flush(&mut self, out: &mut [u8]) -> usize {
        let start = self.end.saturating_sub(self.unwritten);
        let rest = self.frame.get(usize::from(start)..usize::from(self.end)).unwrap_or_default();
        let n = rest.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..n), rest.get(..n)) {
            copy(from, to);
        }
        self.unwritten = self.unwritten.saturating_sub(n as u8);
        n
    }
}
