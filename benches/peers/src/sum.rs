//! What came out of a pass: cheap to keep while the clock runs, thorough where the pass is only checked.

use std::hint::black_box;

/// What a message is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Kind {
    Text = 1,
    Binary = 2,
    Ping = 9,
}

/// Messages, bytes, and in a pass that is checked a hash of payloads, kinds and boundaries. How a message is cut into pieces
/// does not show.
#[derive(Clone, Debug, Default)]
pub struct Sum {
    pub messages: u64,
    pub bytes: u64,
    pub pings: u64,
    pub ping_bytes: u64,
    pub hash: u64,
    pub ping_hash: u64,
    pub thorough: bool,
}

impl Sum {
    pub fn thorough() -> Self {
        Self { thorough: true, ..Self::default() }
    }

    /// A piece of a message, or all of it.
    #[inline(always)]
    pub fn piece(&mut self, kind: Kind, bytes: &[u8], last: bool) {
        let bytes = black_box(bytes);
        if kind == Kind::Ping {
            self.pings += 1;
            self.ping_bytes += bytes.len() as u64;
            if self.thorough {
                self.mix_ping(bytes);
            }
            return;
        }
        self.bytes += bytes.len() as u64;
        self.messages += u64::from(last);
        if self.thorough {
            self.mix(kind, bytes, last);
        }
    }

    /// A frame that was written.
    #[inline(always)]
    pub fn frame(&mut self, frame: &[u8]) {
        let frame = black_box(frame);
        self.bytes += frame.len() as u64;
        self.messages += 1;
        if self.thorough {
            self.mix_frame(frame);
        }
    }

    #[cold]
    #[inline(never)]
    fn mix(&mut self, kind: Kind, bytes: &[u8], last: bool) {
        for byte in bytes {
            self.step(u64::from(*byte));
        }
        if last {
            self.step(0x100 + kind as u64);
        }
    }

    #[cold]
    #[inline(never)]
    fn mix_ping(&mut self, bytes: &[u8]) {
        let mut alone = Self { hash: self.ping_hash, ..Self::default() };
        alone.mix(Kind::Ping, bytes, true);
        self.ping_hash = alone.hash;
    }

    /// RFC 6455 §5.2, naively.
    #[cold]
    #[inline(never)]
    fn mix_frame(&mut self, frame: &[u8]) {
        let (head, len) = match frame[1] & 0x7F {
            126 => (4, u64::from(u16::from_be_bytes([frame[2], frame[3]]))),
            127 => (10, u64::from_be_bytes(frame[2..10].try_into().unwrap())),
            len => (2, u64::from(len)),
        };
        let masked = frame[1] & 0x80 != 0;
        let (key, payload) = if masked { frame[head..].split_at(4) } else { (&[0; 4][..], &frame[head..]) };
        assert_eq!(payload.len() as u64, len, "the length that the header tells");
        for (byte, key) in payload.iter().zip(key.iter().cycle()) {
            self.step(u64::from(byte ^ key));
        }
        self.step(0x100 + u64::from(frame[0]) + (u64::from(masked) << 10));
    }

    /// One more of anything.
    pub fn step(&mut self, what: u64) {
        self.hash = (self.hash.rotate_left(5) ^ what).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    /// Fails the run where a contender did other work than it should.
    pub fn check(&self, want: &Self, who: &str, row: &str, shows_pings: bool) {
        let data = |sum: &Self| (sum.messages, sum.bytes);
        let pings = |sum: &Self| (sum.pings, sum.ping_bytes);
        assert_eq!(data(self), data(want), "{who}, {row}: messages and their bytes");
        assert!(!shows_pings || pings(self) == pings(want), "{who}, {row}: {} Pings of {}", self.pings, want.pings);
        if self.thorough {
            assert_eq!(self.hash, want.hash, "{who}, {row}: other bytes, kinds or boundaries");
            assert!(!shows_pings || self.ping_hash == want.ping_hash, "{who}, {row}: other bytes in Pings");
        }
    }
}
