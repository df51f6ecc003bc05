//! Frames as this suite writes them, valid and invalid (RFC 6455 §5.2).

use std::fmt;

/// The type of a message (RFC 6455 §5.6).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Text,
    Binary,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Binary => "binary",
        })
    }
}

/// A whole message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Message {
    pub(crate) kind: Kind,
    pub(crate) payload: Vec<u8>,
}

impl Message {
    pub(crate) fn new(kind: Kind, payload: impl Into<Vec<u8>>) -> Self {
        Self { kind, payload: payload.into() }
    }

    pub(crate) fn text(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(Kind::Text, payload)
    }

    /// Creates a message of this length whose parts all differ from each other. A text has letters and code points of
    /// all lengths.
    pub(crate) fn of_len(kind: Kind, len: usize) -> Self {
        let payload = match kind {
            Kind::Binary => (0..len as u32).map(|i| (i.wrapping_mul(0x9E37_79B1) >> 24) as u8).collect(),
            Kind::Text => {
                let mut text = Vec::with_capacity(len);
                for i in 0.. {
                    let unit = ["a", "\u{e9}", "7", "\u{20ac}", "z ", "\u{1f980}"][i * 7 / 5 % 6].as_bytes();
                    if text.len() + unit.len() > len {
                        break;
                    }
                    text.extend_from_slice(unit);
                }
                text.resize(len, b'.');
                text
            }
        };
        Self { kind, payload }
    }

    /// Cuts the message into fragments of this length, the last possibly shorter.
    pub(crate) fn fragments(&self, len: usize) -> Vec<Frame> {
        let mut frames: Vec<_> =
            self.payload.chunks(len).map(|chunk| Frame::continuation(chunk).unfinished()).collect();
        if let Some(first) = frames.first_mut() {
            *first = Frame::data(self.kind, &*first.payload).unfinished();
        }
        match frames.pop() {
            Some(last) => frames.push(last.finished()),
            None => frames.push(Frame::data(self.kind, [])),
        }
        frames
    }
}

/// The form in which a payload length is written, whether it is the right one or not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    Bits7,
    Bits16,
    Bits64,
}

#[derive(Clone, Copy, Debug)]
enum Mask {
    /// As the role demands, with a key that the writer draws.
    Due,
    /// Masked if the role forbids it, and not masked if the role demands it.
    Wrong,
    /// As the role demands, with this key.
    Key([u8; 4]),
}

/// A frame to be written.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// FIN, RSV1 to RSV3 and the opcode.
    b0: u8,
    payload: Vec<u8>,
    form: Option<Form>,
    /// The length that is written, if it differs from the payload's.
    announced: Option<u64>,
    mask: Mask,
}

impl Frame {
    /// Creates a frame with any first octet.
    pub(crate) fn new(b0: u8, payload: impl Into<Vec<u8>>) -> Self {
        Self { b0, payload: payload.into(), form: None, announced: None, mask: Mask::Due }
    }

    pub(crate) fn data(kind: Kind, payload: impl Into<Vec<u8>>) -> Self {
        Self::new(if kind == Kind::Text { 0x81 } else { 0x82 }, payload)
    }

    pub(crate) fn text(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(0x81, payload)
    }

    pub(crate) fn binary(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(0x82, payload)
    }

    pub(crate) fn continuation(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(0x80, payload)
    }

    pub(crate) fn ping(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(0x89, payload)
    }

    pub(crate) fn pong(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(0x8A, payload)
    }

    pub(crate) fn close(code: u16, reason: impl AsRef<[u8]>) -> Self {
        Self::new(0x88, [&code.to_be_bytes()[..], reason.as_ref()].concat())
    }

    /// Sets FIN to 0.
    pub(crate) fn unfinished(mut self) -> Self {
        self.b0 &= 0x7F;
        self
    }

    /// Sets FIN to 1.
    pub(crate) fn finished(mut self) -> Self {
        self.b0 |= 0x80;
        self
    }

    /// Sets RSV1 to RSV3, as the bits 0b100, 0b010 and 0b001.
    pub(crate) fn reserved(mut self, bits: u8) -> Self {
        self.b0 |= bits << 4;
        self
    }

    pub(crate) fn with_form(mut self, form: Form) -> Self {
        self.form = Some(form);
        self
    }

    /// Writes another length than the payload has.
    pub(crate) fn announcing(mut self, len: u64) -> Self {
        self.announced = Some(len);
        self
    }

    pub(crate) fn with_wrong_mask_bit(mut self) -> Self {
        self.mask = Mask::Wrong;
        self
    }

    pub(crate) fn with_key(mut self, key: [u8; 4]) -> Self {
        self.mask = Mask::Key(key);
        self
    }

    /// Returns the code of a Close, whether it is valid or not; `Some(None)` if the body is empty, and `None` for other
    /// frames.
    pub(crate) fn close_code(&self) -> Option<Option<u16>> {
        let code = self.payload.first_chunk().map(|code| u16::from_be_bytes(*code));
        (self.b0 & 0x0F == 0x8).then_some(code)
    }

    /// Appends the frame. `masked` is what the role demands; `key` is used for frames without a key of their own.
    pub(crate) fn write(&self, masked: bool, key: [u8; 4], out: &mut Vec<u8>) {
        let key = match self.mask {
            Mask::Due => masked.then_some(key),
            Mask::Wrong => (!masked).then_some(key),
            Mask::Key(key) => masked.then_some(key),
        };
        let len = self.announced.unwrap_or(self.payload.len() as u64);
        let form = self.form.unwrap_or(match len {
            ..=125 => Form::Bits7,
            126..=0xFFFF => Form::Bits16,
            _ => Form::Bits64,
        });
        let mask_bit = if key.is_some() { 0x80 } else { 0 };
        out.push(self.b0);
        match form {
            Form::Bits7 => out.push(mask_bit | len as u8),
            Form::Bits16 => {
                out.push(mask_bit | 126);
                out.extend((len as u16).to_be_bytes());
            }
            Form::Bits64 => {
                out.push(mask_bit | 127);
                out.extend(len.to_be_bytes());
            }
        }
        out.extend(key.into_iter().flatten());
        let start = out.len();
        out.extend_from_slice(&self.payload);
        if let Some(key) = key {
            mask(&mut out[start..], key, 0);
        }
    }
}

/// Masks or unmasks bytes that begin at offset `at` of a payload (RFC 6455 §5.3).
pub(crate) fn mask(payload: &mut [u8], key: [u8; 4], at: u64) {
    for (i, byte) in payload.iter_mut().enumerate() {
        *byte ^= key[(i + at as usize) % 4];
    }
}

/// Whether a Close frame may carry this code (RFC 6455 §7.4, and 1012 to 1014, which were registered later).
pub(crate) fn may_stand_in_a_close(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(frame: &Frame, masked: bool) -> Vec<u8> {
        let mut out = vec![];
        frame.write(masked, [0x37, 0xFA, 0x21, 0x3D], &mut out);
        out
    }

    #[test]
    fn the_examples_of_rfc_6455() {
        assert_eq!(wire(&Frame::text("Hello"), false), b"\x81\x05Hello");
        assert_eq!(wire(&Frame::text("Hello"), true), b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
        assert_eq!(wire(&Frame::ping("Hello"), false), b"\x89\x05Hello");
        let fragments = Message::text("Hello").fragments(3);
        assert_eq!([wire(&fragments[0], false), wire(&fragments[1], false)].concat(), b"\x01\x03Hel\x80\x02lo");
        assert_eq!(wire(&Frame::binary([7; 256]), false)[..4], [0x82, 0x7E, 0x01, 0x00]);
        assert_eq!(wire(&Frame::binary(vec![7; 65_536]), false)[..10], [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn messages_of_a_length_have_it_and_texts_are_valid() {
        for len in (0..200).chain([65_535, 65_536]) {
            for kind in [Kind::Text, Kind::Binary] {
                let message = Message::of_len(kind, len);
                assert_eq!(message.payload.len(), len);
                assert!(kind == Kind::Binary || std::str::from_utf8(&message.payload).is_ok());
            }
        }
    }

    #[test]
    fn an_empty_message_is_one_frame() {
        let frames = Message::text("").fragments(3);
        assert_eq!((frames.len(), wire(&frames[0], false)), (1, vec![0x81, 0]));
    }
}
