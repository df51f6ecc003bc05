//! What clients send: streams of masked frames, seeded, with the sum that must come out of them.

use crate::sum::{Kind, Sum};
use std::rc::Rc;

/// A stream of masked frames.
#[derive(Clone)]
pub struct Stream {
    pub name: String,
    pub wire: Rc<[u8]>,
    /// Frames, or messages if those are counted.
    pub items: usize,
    pub want: Sum,
    pub has_text: bool,
    pub has_pings: bool,
    /// Bytes of the longest message.
    pub longest: usize,
    /// Bytes that a read returns at most.
    pub piece: usize,
}

/// xorshift64*: the same streams in every run.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() >> 33) as usize % n
    }

    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| (self.next() >> 56) as u8).collect()
    }
}

/// Which letters a text has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Script {
    Ascii,
    /// Letters of two bytes among those of one.
    Latin,
    /// Letters of three bytes, a few marks of one.
    Cjk,
}

/// Words in no order, since repeated text flatters branch predictors.
pub fn words(random: &mut Random, script: Script, len: usize) -> String {
    let mut text = String::new();
    while text.len() < len {
        for _ in 0..2 + random.below(8) {
            let roll = random.next() >> 20;
            text.push(match script {
                Script::Latin if roll.is_multiple_of(5) => {
                    char::from_u32(0xE0 + (roll >> 8) as u32 % 0x90).expect("a letter of Latin-1 or Latin Extended-A")
                }
                Script::Ascii | Script::Latin => char::from(b'a' + (roll >> 8) as u8 % 26),
                Script::Cjk => char::from_u32(0x4E00 + (roll >> 8) as u32 % 0x5000).expect("an ideograph"),
            });
        }
        text.push(if random.below(9) == 0 { '.' } else { ' ' });
    }
    // of exactly this length: whole code points, then spaces
    let mut end = len;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text.extend(std::iter::repeat_n(' ', len - end));
    text
}

/// Writes a stream.
pub struct Writer {
    pub random: Random,
    wire: Vec<u8>,
    want: Sum,
    frames: usize,
    has_text: bool,
    longest: usize,
}

impl Writer {
    pub fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            wire: Vec::new(),
            want: Sum::thorough(),
            frames: 0,
            has_text: false,
            longest: 0,
        }
    }

    pub fn len(&self) -> usize {
        self.wire.len()
    }

    /// One frame: the first of its message, or not; the last, or not.
    pub fn frame(&mut self, kind: Kind, first: bool, last: bool, payload: &[u8]) {
        let opcode = if first { kind as u8 } else { 0 };
        self.wire.push(u8::from(last) << 7 | opcode);
        match payload.len() {
            len @ 0..=125 => self.wire.push(0x80 | len as u8),
            len @ 126..=0xFFFF => self.wire.extend([&[0xFE], &(len as u16).to_be_bytes()[..]].concat()),
            len => self.wire.extend([&[0xFF], &(len as u64).to_be_bytes()[..]].concat()),
        }
        let key = ((self.random.next() >> 32) as u32).to_be_bytes();
        self.wire.extend(key);
        self.wire.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        self.want.piece(kind, payload, last);
        self.frames += 1;
        self.has_text |= kind == Kind::Text;
    }

    /// A message in so many frames of about the same length.
    pub fn message(&mut self, kind: Kind, payload: &[u8], frames: usize) {
        self.longest = self.longest.max(payload.len());
        let cut = |i: usize| payload.len() * i / frames;
        for i in 0..frames {
            self.frame(kind, i == 0, i + 1 == frames, &payload[cut(i)..cut(i + 1)]);
        }
    }

    pub fn finish(self, name: impl Into<String>) -> Stream {
        Stream {
            name: name.into(),
            wire: self.wire.into(),
            items: self.frames,
            has_text: self.has_text,
            has_pings: self.want.pings > 0,
            longest: self.longest,
            want: self.want,
            piece: usize::MAX,
        }
    }
}

impl Stream {
    /// Binary messages of one length.
    pub fn binary(len: usize, total: usize) -> Self {
        let mut writer = Writer::new(len as u64 + 1);
        while writer.len() < total {
            let payload = writer.random.bytes(len);
            writer.message(Kind::Binary, &payload, 1);
        }
        writer.finish(format!("binary, {}", bytes(len)))
    }

    /// Text messages of one length.
    pub fn text(script: Script, len: usize, total: usize) -> Self {
        let mut writer = Writer::new(len as u64 + script as u64);
        while writer.len() < total {
            let payload = words(&mut writer.random, script, len);
            writer.message(Kind::Text, payload.as_bytes(), 1);
        }
        let script = match script {
            Script::Ascii => "ASCII",
            Script::Latin => "Latin",
            Script::Cjk => "CJK",
        };
        writer.finish(format!("text, {script}, {}", bytes(len)))
    }

    /// Pings.
    pub fn pings(len: usize, total: usize) -> Self {
        let mut writer = Writer::new(9);
        while writer.len() < total {
            let payload = writer.random.bytes(len);
            writer.frame(Kind::Ping, true, true, &payload);
        }
        writer.finish(format!("Ping, {}", bytes(len)))
    }

    /// Binary messages of eight fragments, each of one length.
    pub fn fragments(len: usize, total: usize) -> Self {
        let mut writer = Writer::new(8);
        while writer.len() < total {
            let payload = writer.random.bytes(8 * len);
            writer.message(Kind::Binary, &payload, 8);
        }
        writer.finish(format!("fragments, {}", bytes(len)))
    }

    /// What a chat or a game sends: short text mostly, binary, now and then something long, fragmented, or a Ping.
    pub fn mix(total: usize) -> Self {
        let mut writer = Writer::new(77);
        while writer.len() < total {
            let random = &mut writer.random;
            let (roll, script) = (random.below(100), [Script::Ascii, Script::Latin, Script::Cjk][random.below(9) / 4]);
            let (kind, len, frames) = match roll {
                0..45 => (Kind::Text, 8 + random.below(120), 1),
                45..60 => (Kind::Text, 128 + random.below(900), 1),
                60..85 => (Kind::Binary, 4 + random.below(100), 1),
                85..93 => (Kind::Binary, 200 + random.below(2000), 1),
                93..97 => (Kind::Text, 300 + random.below(1000), 2 + random.below(3)),
                _ => (Kind::Ping, random.below(20), 1),
            };
            let payload = match kind {
                Kind::Text => words(random, script, len).into_bytes(),
                _ => random.bytes(len),
            };
            writer.message(kind, &payload, frames);
        }
        writer.message(Kind::Text, b"the end", 1);
        writer.finish("a mix of all")
    }

    /// Binary messages in four frames each; what is counted are messages.
    pub fn in_four(len: usize, total: usize) -> Self {
        let mut writer = Writer::new(len as u64 + 4);
        while writer.len() < total {
            let payload = writer.random.bytes(len);
            writer.message(Kind::Binary, &payload, 4);
        }
        let mut stream = writer.finish(format!("{} in 4 fragments", bytes(len)));
        stream.items /= 4;
        stream
    }

    /// The same bytes, in reads of at most so many.
    pub fn cut(mut self, piece: usize, name: &str) -> Self {
        self.piece = piece;
        self.name = format!("{}, {name}", self.name);
        self
    }
}

/// A length as people write it.
pub fn bytes(len: usize) -> String {
    if len >= 1024 && len.is_multiple_of(1024) { format!("{} KiB", len / 1024) } else { format!("{len} B") }
}
