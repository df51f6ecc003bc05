//! Messages as programs send them: JSON of chats and markets, running text, and records of sensors.
//!
//! The same seed makes the same messages. A stream of messages has what streams of real ones have: few senders, times that
//! go up, values near the ones before.

use crate::random::Random;
use crate::stream::Choices;
use std::fmt::Write;

/// The kinds of messages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    Json,
    Text,
    Telemetry,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Json, Self::Text, Self::Telemetry];

    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Text => "text",
            Self::Telemetry => "telemetry",
        }
    }
}

/// The sizes of messages, about, and how many of each a stream has.
pub const SIZES: [(usize, usize); 5] = [(64, 1000), (200, 600), (1024, 300), (4096, 100), (65_536, 12)];

/// A stream of messages of about `size` bytes each.
pub fn messages(kind: Kind, size: usize, count: usize) -> Vec<Vec<u8>> {
    let mut writer = Writer::new(size as u64 * 31 + kind as u64);
    (0..count).map(|_| writer.message(kind, size)).collect()
}

/// The messages of a stream, `KIND-SIZE`, or of a file: each after its length as 4 bytes, the lowest first.
pub fn named(which: &str) -> Vec<Vec<u8>> {
    if std::path::Path::new(which).is_file() {
        return of_file(which);
    }
    let (kind, size) = which.split_once('-').unwrap();
    let kind = Kind::ALL.into_iter().find(|of| of.name() == kind).unwrap();
    let (size, many) = SIZES.into_iter().find(|(of, _)| of.to_string() == size).unwrap();
    messages(kind, size, many)
}

fn of_file(path: &str) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(path).unwrap();
    let (mut rest, mut all) = (&bytes[..], vec![]);
    while let Some((len, after)) = rest.split_first_chunk() {
        let (message, after) = after.split_at(u32::from_le_bytes(*len) as usize);
        all.push(message.to_vec());
        rest = after;
    }
    all
}

const WORDS: &str = "about after again all already also always and another any anyone are around ask away back because been before \
    better between both branch build call can change check code come could customer day deploy design different do does done \
    down each early error even every example few find first fix for friday from get give go good great had has have help here \
    how idea if in into invoice is issue it just keep know large last later latency least less like line link list little log \
    long look lot make many maybe merge message might monday more morning most much must need never new next no not nothing now \
    of off office often on once one only open or order other our out over page part people plan please point price problem \
    question quick ready really release reply report restart review right room run same say schedule second see send server \
    set should show since small so some something soon still such support sure system take team tell test than thank that the \
    their them then there these they thing think this those though through ticket time to today together tomorrow too try two \
    under until up update us use user version very wait want was way we week well went were what when where which while who \
    why will with without word work would yes yet you your";
const NAMES: [&str; 9] = ["amara", "bo.lin", "chloe99", "d_ortiz", "emre.k", "fatima", "goran", "hana.m", "ines"];
const MARKETS: [&str; 6] = ["BTC-EUR", "ETH-EUR", "SOL-EUR", "ADA-EUR", "XMR-EUR", "LTC-EUR"];
const EMOJI: [&str; 6] = ["👍", "😀", "🎉", "🚀", "❤️", "🙏"];

struct Writer {
    random: Random,
    words: Vec<&'static str>,
    time: u64,
    ids: Vec<String>,
    prices: [f64; 6],
    temperatures: [f64; 16],
}

impl Writer {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let ids = (0..NAMES.len()).map(|_| format!("{:024x}", u128::from(random.next()) << 20)).collect();
        let temperatures = std::array::from_fn(|_| 18.0 + 6.0 * random.bell());
        Self {
            random,
            words: WORDS.split_whitespace().collect(),
            time: 1_767_225_600_000,
            ids,
            prices: [61_204.5, 3_120.25, 148.75, 0.41, 290.5, 71.0],
            temperatures,
        }
    }

    fn message(&mut self, kind: Kind, size: usize) -> Vec<u8> {
        match kind {
            Kind::Json if size <= 64 => self.small_json().into_bytes(),
            Kind::Json => self.json(size).into_bytes(),
            Kind::Text => self.text(size),
            Kind::Telemetry => self.telemetry(size),
        }
    }

    fn tick(&mut self, most: usize) -> u64 {
        self.time += 1 + self.random.below(most) as u64;
        self.time
    }

    fn sentence(&mut self, words: usize) -> String {
        let mut text = String::new();
        for at in 0..words {
            let word = *self.random.pick(&self.words);
            if at == 0 {
                text.push(word.as_bytes()[0].to_ascii_uppercase() as char);
                text.push_str(&word[1..]);
            } else {
                text.push(' ');
                text.push_str(word);
            }
        }
        if self.random.once_in(4) {
            text.push(' ');
            text.push_str(self.random.pick::<&str>(&EMOJI));
        }
        text.push_str(self.random.pick::<&str>(&[".", ".", "!", "?", ""]));
        text
    }

    fn small_json(&mut self) -> String {
        let time = self.tick(900);
        let (name, n) = (*self.random.pick(&NAMES), self.random.below(9000) + 1000);
        match self.random.below(4) {
            0 => format!(r#"{{"t":"typing","u":"{name}","room":{n},"ts":{time}}}"#),
            1 => format!(r#"{{"op":7,"seq":{n},"ack":{},"ok":true}}"#, n + self.random.below(40)),
            2 => {
                let market = *self.random.pick(&MARKETS);
                format!(r#"{{"e":"tick","m":"{market}","p":{n}.{:02},"q":{}}}"#, n % 100, self.random.below(500))
            }
            _ => format!(r#"{{"e":"seen","u":"{name}","id":{},"ts":{time}}}"#, 100_000 + self.random.below(900_000)),
        }
    }

    fn chat(&mut self) -> String {
        let (who, time, n) = (self.random.below(NAMES.len()), self.tick(9000), 3 + self.random.below(15));
        let (id, text) = (self.random.next(), self.sentence(n));
        let (name, user) = (NAMES[who], &self.ids[who]);
        format!(
            r#"{{"type":"message","id":"{id:016x}","user":{{"id":"{user}","name":"{name}"}},"ts":{time},"text":"{text}"}}"#
        )
    }

    fn depth(&mut self, size: usize) -> String {
        let (which, time) = (self.random.below(MARKETS.len()), self.tick(120));
        self.prices[which] *= 1.0 + (self.random.bell() - 0.5) / 500.0;
        let (market, price) = (MARKETS[which], self.prices[which]);
        let mut text =
            format!(r#"{{"e":"depth","m":"{market}","ts":{time},"seq":{},"bids":["#, self.random.next() >> 34);
        let mut level = 0;
        while text.len() + 2 < size || level < 2 {
            let comma = if level > 0 { "," } else { "" };
            let amount = 5.0 * self.random.bell();
            write!(text, r#"{comma}["{:.4}","{amount:.5}"]"#, price * (1.0 - 0.0001 * f64::from(level))).unwrap();
            level += 1;
        }
        text + "]}"
    }

    fn state(&mut self) -> String {
        let (which, time) = (self.random.below(16), self.tick(1000));
        self.temperatures[which] += (self.random.bell() - 0.5) / 4.0;
        let (t, r) = (self.temperatures[which], &mut self.random);
        let (humidity, pressure, battery) = (44.0 + 4.0 * r.bell(), 1012.0 + 3.0 * r.bell(), 3.6 + r.bell() / 8.0);
        let (rssi, status) = (40 + r.below(50), *r.pick(&["ok", "ok", "ok", "low battery"]));
        format!(
            r#"{{"device":"sensor-{which:04}","time":{time},"temperature":{t:.2},"humidity":{humidity:.1},"pressure":{pressure:.2},"battery":{battery:.3},"rssi":-{rssi},"status":"{status}"}}"#
        )
    }

    fn json(&mut self, size: usize) -> String {
        match self.random.below(3) {
            0 if size < 400 => self.chat(),
            1 if size < 400 => self.state(),
            2 => self.depth(size),
            of => {
                let mut text = String::from(r#"{"type":"history","items":["#);
                loop {
                    text += &if of == 0 { self.chat() } else { self.state() };
                    if text.len() + 2 >= size {
                        break text + "]}";
                    }
                    text.push(',');
                }
            }
        }
    }

    fn text(&mut self, size: usize) -> Vec<u8> {
        let mut text = String::new();
        while text.len() < size {
            let words = 4 + self.random.below(16);
            text = text + &self.sentence(words) + " ";
        }
        let mut end = size;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.into_bytes()
    }

    /// Records of 30 bytes.
    fn telemetry(&mut self, size: usize) -> Vec<u8> {
        let mut bytes = vec![];
        while bytes.len() < size {
            let (which, time) = (self.random.below(16), self.tick(1000));
            self.temperatures[which] += (self.random.bell() - 0.5) / 4.0;
            bytes.extend([0xA5, 0x5A, which as u8, 0]);
            bytes.extend(time.to_le_bytes());
            bytes.extend(((self.temperatures[which] * 100.0) as i16).to_le_bytes());
            for middle in [450u16, 10_130, 3_700, 60] {
                bytes.extend((middle + (16.0 * self.random.bell()) as u16).to_le_bytes());
            }
            bytes.extend((self.random.next() as u32 >> 16).to_le_bytes());
            bytes.extend([0, 0, 0, if self.random.once_in(9) { 1 } else { 0 }]);
        }
        bytes.truncate(size);
        bytes
    }
}
