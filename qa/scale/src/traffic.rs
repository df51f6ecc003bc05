//! What the load sends, encoded once, and what must come back.

/// A ring of messages as a client sends them, and of their payloads. Each is duplicated, one after the other, so that any stretch
/// of it lies in one piece.
pub struct Traffic {
    pub frames: Vec<u8>,
    pub payloads: Vec<u8>,
    pub frame_len: usize,
    pub payload_len: usize,
}

/// Different messages.
pub const RING: usize = 16;

impl Traffic {
    /// Binary messages of one length.
    pub fn new(len: usize) -> Self {
        let (mut frames, mut payloads) = (Vec::new(), Vec::new());
        let mut state = len as u64 + 1;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        for _ in 0..RING {
            let payload: Vec<u8> = (0..len).map(|_| random()).collect();
            let key: Vec<u8> = (0..4).map(|_| random()).collect();
            frames.extend(header(len));
            frames.extend(&key);
            frames.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
            payloads.extend(payload);
        }
        let frame_len = frames.len() / RING;
        Self { frames: frames.repeat(2), payloads: payloads.repeat(2), frame_len, payload_len: len }
    }
}

/// RFC 6455 §5.2, for the lengths that are used.
fn header(len: usize) -> Vec<u8> {
    match len {
        ..=125 => vec![0x82, 0x80 | len as u8],
        126..=0xFFFF => [&[0x82, 0xFE], &(len as u16).to_be_bytes()[..]].concat(),
        _ => [&[0x82, 0xFF], &(len as u64).to_be_bytes()[..]].concat(),
    }
}
