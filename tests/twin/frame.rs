//! Frames as drawn in RFC 6455 §5.2.

/// Returns a whole frame with the shortest length; masked if there is a key (§5.3).
pub fn frame(b0: u8, payload: &[u8], key: Option<[u8; 4]>) -> Vec<u8> {
    let mask = if key.is_some() { 0x80 } else { 0 };
    let mut bytes = vec![b0];
    if payload.len() <= 125 {
        bytes.push(mask | payload.len() as u8);
    } else if payload.len() <= 0xFFFF {
        bytes.push(mask | 126);
        bytes.extend((payload.len() as u16).to_be_bytes());
    } else {
        bytes.push(mask | 127);
        bytes.extend((payload.len() as u64).to_be_bytes());
    }
    let Some(key) = key else {
        bytes.extend(payload);
        return bytes;
    };
    bytes.extend(key);
    for i in 0..payload.len() {
        bytes.push(payload[i] ^ key[i % 4]);
    }
    bytes
}

/// The header of a frame, as far as it has arrived.
#[derive(Clone, Copy)]
pub struct Header {
    pub fin: bool,
    /// RSV1 to RSV3, in place.
    pub rsv: u8,
    pub opcode: u8,
    pub masked: bool,
    /// The seven length bits of the second byte.
    pub short_len: u8,
    /// How many bytes of length follow the second byte.
    pub extra: usize,
    /// The length of the whole header.
    pub header_len: usize,
}

impl Header {
    /// Needs the first two bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let short_len = bytes[1] & 0x7F;
        let masked = bytes[1] & 0x80 != 0;
        let extra = match short_len {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        Self {
            fin: bytes[0] & 0x80 != 0,
            rsv: bytes[0] & 0x70,
            opcode: bytes[0] & 0x0F,
            masked,
            short_len,
            extra,
            header_len: 2 + extra + if masked { 4 } else { 0 },
        }
    }

    pub fn is_control(&self) -> bool {
        self.opcode >= 8
    }

    /// Needs the whole length.
    pub fn payload_len(&self, bytes: &[u8]) -> u64 {
        if self.extra == 0 {
            return self.short_len.into();
        }
        let mut len = 0;
        for byte in &bytes[2..2 + self.extra] {
            len = len << 8 | u64::from(*byte);
        }
        len
    }

    /// Needs the whole key.
    pub fn key(&self, bytes: &[u8]) -> [u8; 4] {
        if !self.masked {
            return [0; 4];
        }
        let at = self.header_len - 4;
        [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]
    }
}
