//! Reads what the subject sends, in any pieces, and reports violations of the protocol.

use super::frame::{Kind, Message, mask, may_stand_in_a_close};

/// The content of a Close frame.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Close {
    /// `None` if the body is empty.
    pub(crate) code: Option<u16>,
    pub(crate) reason: String,
}

/// What has come from the subject, frame by frame.
#[derive(Debug)]
pub(crate) struct FrameReader {
    /// Whether the subject must mask, because it is a client.
    masked: bool,
    begun: bool,
    header: Vec<u8>,
    frame: Option<OpenFrame>,
    /// The payload so far of a control frame.
    control: Vec<u8>,
    /// A message that is not complete.
    pub(crate) partial: Option<Message>,
    pub(crate) messages: Vec<Message>,
    pub(crate) pings: Vec<Vec<u8>>,
    pub(crate) pongs: Vec<Vec<u8>>,
    /// The number of Pongs that came before the first message was whole.
    pub(crate) pongs_first: Option<usize>,
    pub(crate) close: Option<Close>,
    /// The masking keys of all frames.
    pub(crate) keys: Vec<[u8; 4]>,
    /// The subject's violation of the protocol. What comes after it is not read.
    pub(crate) breach: Option<String>,
}

#[derive(Clone, Copy, Debug)]
struct OpenFrame {
    opcode: u8,
    fin: bool,
    key: Option<[u8; 4]>,
    len: u64,
    taken: u64,
}

impl FrameReader {
    pub(crate) fn new(masked: bool) -> Self {
        Self {
            masked,
            begun: false,
            header: vec![],
            frame: None,
            control: vec![],
            partial: None,
            messages: vec![],
            pings: vec![],
            pongs: vec![],
            pongs_first: None,
            close: None,
            keys: vec![],
            breach: None,
        }
    }

    /// Whether the subject has sent its last frame.
    pub(crate) fn is_over(&self) -> bool {
        self.close.is_some() || self.breach.is_some()
    }

    /// Whether anything has come.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun
    }

    pub(crate) fn read(&mut self, mut bytes: &[u8]) {
        self.begun |= !bytes.is_empty();
        while !bytes.is_empty() && self.breach.is_none() {
            if let Err(breach) = self.step(&mut bytes) {
                self.breach = Some(breach);
            }
        }
    }

    fn step(&mut self, bytes: &mut &[u8]) -> Result<(), String> {
        let Some(mut frame) = self.frame.take() else {
            let (byte, rest) = bytes.split_first().expect("the loop ends with the bytes");
            self.header.push(*byte);
            *bytes = rest;
            if let Some(frame) = self.parse_header()? {
                self.header.clear();
                self.begin(&frame)?;
                self.go_on(frame)?;
            }
            return Ok(());
        };
        let n = usize::try_from(frame.len - frame.taken).map_or(bytes.len(), |left| left.min(bytes.len()));
        let (taken, rest) = bytes.split_at(n);
        *bytes = rest;
        let joined = if frame.opcode >= 8 {
            &mut self.control
        } else {
            &mut self.partial.as_mut().expect("a data frame belongs to a message").payload
        };
        let start = joined.len();
        joined.extend_from_slice(taken);
        if let Some(key) = frame.key {
            mask(&mut joined[start..], key, frame.taken);
        }
        frame.taken += n as u64;
        self.go_on(frame)
    }

    /// Returns `None` if the header is not complete.
    fn parse_header(&self) -> Result<Option<OpenFrame>, String> {
        let [b0, b1, rest @ ..] = &self.header[..] else { return Ok(None) };
        let size = match b1 & 0x7F {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let is_masked = b1 & 0x80 != 0;
        if is_masked != self.masked {
            let (role, bit) = if is_masked { ("server", "sets") } else { ("client", "does not set") };
            return Err(format!("the {role} {bit} the mask bit (§5.1)"));
        }
        if rest.len() < size + if is_masked { 4 } else { 0 } {
            return Ok(None);
        }
        let (extended, key) = rest.split_at(size);
        let len = match size {
            0 => u64::from(b1 & 0x7F),
            _ => extended.iter().fold(0, |len, byte| len << 8 | u64::from(*byte)),
        };
        let minimal = match size {
            0 => true,
            2 => len > 125,
            _ => len > 0xFFFF && len >> 63 == 0,
        };
        if !minimal {
            return Err(format!("a frame's length of {len} is not written in the minimal form (§5.2)"));
        }
        let (fin, reserved, opcode) = (b0 & 0x80 != 0, b0 & 0x70, b0 & 0x0F);
        if reserved != 0 {
            return Err(format!("a frame has reserved bits, first octet {b0:#04x} (§5.2)"));
        }
        if opcode >= 8 && (!fin || len > 125) {
            return Err(format!("a control frame is fragmented or too long, header {:02x?} (§5.5)", self.header));
        }
        Ok(Some(OpenFrame { opcode, fin, key: key.try_into().ok(), len, taken: 0 }))
    }

    fn begin(&mut self, frame: &OpenFrame) -> Result<(), String> {
        self.keys.extend(frame.key);
        if self.close.is_some() && frame.opcode < 8 {
            return Err("a data frame comes after a Close (§5.5.1)".into());
        }
        match (frame.opcode, &self.partial) {
            (0, Some(_)) | (8..=10, _) => {}
            (1, None) => self.partial = Some(Message::new(Kind::Text, [])),
            (2, None) => self.partial = Some(Message::new(Kind::Binary, [])),
            (0, None) => return Err("a continuation without a message (§5.4)".into()),
            (1 | 2, Some(_)) => return Err("a new message begins inside another (§5.4)".into()),
            (opcode, _) => return Err(format!("a frame has the reserved opcode {opcode:#x} (§5.2)")),
        }
        Ok(())
    }

    /// Keeps an unfinished frame, or ends a finished one.
    fn go_on(&mut self, frame: OpenFrame) -> Result<(), String> {
        if frame.taken < frame.len {
            self.frame = Some(frame);
            return Ok(());
        }
        if frame.opcode < 8 {
            if frame.fin {
                let message = self.partial.take().expect("a data frame belongs to a message");
                if message.kind == Kind::Text && std::str::from_utf8(&message.payload).is_err() {
                    return Err("a text message is not UTF-8 (§5.6)".into());
                }
                self.pongs_first.get_or_insert(self.pongs.len());
                self.messages.push(message);
            }
            return Ok(());
        }
        let payload = std::mem::take(&mut self.control);
        match frame.opcode {
            9 => self.pings.push(payload),
            10 => self.pongs.push(payload),
            _ if self.close.is_some() => return Err("a second Close comes (§5.5.1)".into()),
            _ => self.close = Some(close(&payload)?),
        }
        Ok(())
    }
}

fn close(payload: &[u8]) -> Result<Close, String> {
    match payload {
        [] => Ok(Close { code: None, reason: String::new() }),
        [_] => Err("a Close has a body of one byte (§5.5.1)".into()),
        [a, b, reason @ ..] => {
            let code = u16::from_be_bytes([*a, *b]);
            if !may_stand_in_a_close(code) {
                return Err(format!("a Close has the code {code}, which must not be sent (§7.4)"));
            }
            match std::str::from_utf8(reason) {
                Ok(reason) => Ok(Close { code: Some(code), reason: reason.into() }),
                Err(_) => Err("the reason of a Close is not UTF-8 (§5.5.1)".into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::Frame;
    use super::*;

    fn read(wire: &[u8], size: usize, masked: bool) -> FrameReader {
        let mut reader = FrameReader::new(masked);
        wire.chunks(size).for_each(|chunk| reader.read(chunk));
        reader
    }

    #[test]
    fn what_is_written_is_read_in_every_cut_and_both_roles() {
        let frames = [
            Frame::text("gr\u{fc}").unfinished(),
            Frame::ping("p"),
            Frame::continuation(""),
            Frame::binary(vec![7; 70_000]),
            Frame::pong([]),
            Frame::close(1000, "bye"),
        ];
        for masked in [false, true] {
            let mut wire = vec![];
            frames.iter().for_each(|frame| frame.write(masked, [1, 2, 3, 4], &mut wire));
            for size in [1, 2, 7, 1000, wire.len()] {
                let seen = read(&wire, size, masked);
                assert_eq!(seen.breach, None);
                assert_eq!(seen.messages, [Message::text("gr\u{fc}"), Message::new(Kind::Binary, vec![7; 70_000])]);
                assert_eq!((seen.pings, seen.pongs), (vec![b"p".to_vec()], vec![vec![]]));
                assert_eq!(seen.pongs_first, Some(0));
                assert_eq!(seen.close, Some(Close { code: Some(1000), reason: "bye".into() }));
                assert_eq!(seen.keys.len(), if masked { 6 } else { 0 });
            }
        }
    }

    #[test]
    fn every_breach_is_seen_in_every_cut() {
        for (wire, word) in [
            (&b"\x81\x80\0\0\0\0"[..], "mask"),
            (b"\x81\x7E\0\x05Hello", "minimal"),
            (b"\x81\x7F\0\0\0\0\0\0\0\x05Hello", "minimal"),
            (b"\x91\x00", "reserved bits"),
            (b"\x83\x00", "reserved opcode"),
            (b"\x8B\x00", "reserved opcode"),
            (b"\x09\x00", "fragmented"),
            (b"\x89\x7E\0\x7E", "too long"),
            (b"\x80\x00", "without a message"),
            (b"\x01\x00\x81\x00", "inside another"),
            (b"\x81\x01\xFF", "UTF-8"),
            (b"\x88\x01\x03", "one byte"),
            (b"\x88\x02\x03\xED", "1005"),
            (b"\x88\x03\x03\xE8\xFF", "reason"),
            (b"\x88\x00\x81\x00", "after a Close"),
            (b"\x88\x00\x88\x00", "second"),
        ] {
            for size in 1..=wire.len() {
                let breach = read(wire, size, false).breach.unwrap();
                assert!(breach.contains(word), "{breach}");
            }
        }
    }
}
