//! What came out of a pass: cheap to keep while the clock runs, thorough if the pass is only checked.

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

    /// Fails the run if a contender did not do the work that it should.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pieces: &[(Kind, &[u8], bool)]) -> Sum {
        let mut sum = Sum::thorough();
        pieces.iter().for_each(|(kind, bytes, last)| sum.piece(*kind, bytes, *last));
        sum
    }

    #[test]
    fn cuts_do_not_show() {
        let whole = of(&[(Kind::Text, b"Hello", true)]);
        let cut = of(&[(Kind::Text, b"Hel", false), (Kind::Ping, b"", true), (Kind::Text, b"lo", true)]);
        cut.check(&whole, "cut", "row", false);
    }

    #[test]
    fn kinds_bytes_boundaries_and_pings_show() {
        let want = of(&[(Kind::Text, b"ab", true), (Kind::Text, b"c", true), (Kind::Ping, b"x", true)]);
        let others: [&[(Kind, &[u8], bool)]; 4] = [
            &[(Kind::Text, b"a", true), (Kind::Text, b"bc", true), (Kind::Ping, b"x", true)],
            &[(Kind::Text, b"ab", true), (Kind::Binary, b"c", true), (Kind::Ping, b"x", true)],
            &[(Kind::Text, b"ab", true), (Kind::Text, b"d", true), (Kind::Ping, b"x", true)],
            &[(Kind::Text, b"ab", true), (Kind::Text, b"c", true), (Kind::Ping, b"y", true)],
        ];
        for other in others {
            let other = of(other);
            assert!(std::panic::catch_unwind(|| other.check(&want, "other", "row", true)).is_err(), "{other:?}");
        }
    }

    #[test]
    fn a_masked_frame_and_its_payload_with_a_key_of_zeros_are_the_same() {
        let (mut masked, mut zeros) = (Sum::thorough(), Sum::thorough());
        masked.frame(b"\x82\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"); // RFC 6455 §5.7
        zeros.frame(b"\x82\x85\0\0\0\0Hello");
        masked.check(&zeros, "masked", "row", true);
    }
}
