//! What a wire says, read naively.

/// The masking key of the frame with this number.
pub fn key(number: u32) -> [u8; 4] {
    (number.wrapping_mul(2_654_435_761) | 1).to_be_bytes()
}

/// Stands for the payload of a Pong for which there was no room.
pub const UNKNOWN: &[u8] = b"?";

/// A Ping or a Pong: opcode, payload, and how many messages were whole before it.
pub type Control = (u8, Vec<u8>, usize);

/// What a wire says, or what was observed of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// Whole messages, as opcode and payload.
    pub messages: Vec<(u8, Vec<u8>)>,
    pub open: Option<(u8, Vec<u8>)>,
    pub controls: Vec<Control>,
    /// The body of the Close.
    pub close: Option<Vec<u8>>,
}

impl Said {
    pub fn piece(&mut self, opcode: u8, bytes: &[u8], last: bool) {
        let open = self.open.get_or_insert((opcode, vec![]));
        open.1.extend_from_slice(bytes);
        if last {
            self.messages.extend(self.open.take());
        }
    }

    /// Reads the whole frames of a wire naively. Returns what they say, and the number of frames, whole or not.
    pub fn on(mut wire: &[u8], masked: bool) -> (Self, u32) {
        let (mut said, mut frames) = (Self::default(), 0);
        while !wire.is_empty() {
            frames += 1;
            assert!(said.close.is_none(), "a frame follows a Close");
            let [b0, b1, ..] = *wire else { break };
            assert_eq!(b1 & 0x80 != 0, masked);
            let extra = [(126, 2), (127, 8)].iter().find(|(len, _)| *len == b1 & 0x7F).map_or(0, |(_, extra)| *extra);
            let head = 2 + extra + if masked { 4 } else { 0 };
            let Some(header) = wire.get(..head) else { break };
            let len = header[2..2 + extra].iter().fold(0, |len, byte| len << 8 | usize::from(*byte));
            let len = if extra == 0 { usize::from(b1 & 0x7F) } else { len };
            let key_here: [u8; 4] = if masked { header[head - 4..].try_into().unwrap() } else { [0; 4] };
            assert!(!masked || key_here == key(frames), "frame {frames} has not the key that was drawn for it");
            let Some(payload) = wire.get(head..head + len) else { break };
            let payload: Vec<u8> = payload.iter().zip(key_here.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
            match b0 & 0x0F {
                8 => said.close = Some(payload),
                opcode @ (9 | 10) => said.controls.push((opcode, payload, said.messages.len())),
                opcode => said.piece(opcode, &payload, b0 & 0x80 != 0),
            }
            wire = &wire[head + len..];
        }
        (said, frames)
    }
}
