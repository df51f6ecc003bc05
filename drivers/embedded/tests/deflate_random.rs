//! Random messages, compressed both ways, against an inflater and a compressor of other authors (zlib-rs): both roles,
//! every window, with takeover and without, fragments cut anywhere, control frames in between, any cut of the stream,
//! each call dropped after some polls.

mod common;

use common::{After, Memory, Script, TestClock, again, keys, masked, plain};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use upframe::connection::Entropy;
use upframe::deflate::{Balanced, Deflater, Inflater};
use upframe_embedded::upframe;
use upframe_embedded::{
    Config, DeflateParams, Direction, Endpoint, Fragment, Limits, Message, NoKeys, Place, WebSocket, Workspace,
};

/// The longest message that is received whole.
const LONGEST: usize = 3000;

/// A xorshift generator: the same messages in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn direction(&mut self) -> Direction {
        Direction::new(8 + self.below(8) as u8, !self.one_in(3))
    }

    /// Sometimes a part of an earlier message.
    fn message(&mut self, earlier: &[Data], longest: usize) -> Data {
        let len = match self.below(8) {
            0 => self.below(3),
            1..=5 => self.below(300),
            _ => self.below(longest),
        };
        let alphabet = 1 + self.below(250) as u32;
        let text = self.one_in(2);
        if let (false, Some(Data(_, bytes))) = (self.one_in(3), earlier.get(self.below(earlier.len() + 1))) {
            let (from, mut bytes) = (self.below(bytes.len() + 1), bytes.clone());
            bytes.drain(..from);
            bytes.truncate(len);
            let text = std::str::from_utf8(&bytes).is_ok();
            return Data(text, bytes);
        }
        if text {
            let char = |i: u32| char::from_u32([0x20, 0xE0, 0x2000, 0x1_F600][i as usize % 4] + i).unwrap();
            let mut text: String = (0..len / 2).map(|_| char(self.below(alphabet as usize) as u32)).collect();
            while text.len() > len {
                text.pop();
            }
            return Data(true, text.into_bytes());
        }
        Data(false, (0..len).map(|_| self.below(alphabet as usize) as u8).collect())
    }
}

/// A message: whether it is text, and its bytes.
#[derive(Clone, Eq, PartialEq)]
struct Data(bool, Vec<u8>);

/// What a peer compresses. zlib has no window of 8 bits.
enum Compressor {
    Zlib(Compress),
    Small(Box<(Deflater<Vec<u8>, Balanced>, Workspace<4096, 512>)>),
}

impl Compressor {
    fn new(direction: Direction, level: u32) -> Self {
        match direction.window_bits() {
            8 => {
                let deflater = Deflater::new(direction, Balanced, vec![0; direction.window()]);
                Self::Small(Box::new((deflater, Workspace::new())))
            }
            bits => Self::Zlib(Compress::new_with_window_bits(Compression::new(level), false, bits)),
        }
    }

    /// The compressed message, `None` if it does not get shorter.
    fn compressed(&mut self, message: &[u8], takes_over: bool) -> Option<Vec<u8>> {
        match self {
            Self::Zlib(zlib) => {
                let mut out = Vec::with_capacity(message.len() * 2 + 100);
                if !takes_over {
                    zlib.reset();
                }
                let before = zlib.total_in();
                zlib.compress_vec(message, &mut out, FlushCompress::Sync).unwrap();
                assert_eq!(zlib.total_in() - before, message.len() as u64);
                // zlib writes nothing a second time if nothing came
                if out.is_empty() {
                    out = vec![0, 0, 0, 0xFF, 0xFF];
                }
                assert!(out.ends_with(&[0, 0, 0xFF, 0xFF]));
                out.truncate(out.len() - 4);
                Some(out)
            }
            Self::Small(small) => {
                let (deflater, workspace) = &mut **small;
                let mut out = vec![0; message.len() + 16];
                let compressed = deflater.compress(workspace, message, &mut out)?;
                out.truncate(compressed.len());
                deflater.commit(message, compressed);
                Some(out)
            }
        }
    }
}

/// What a peer sends for this message: fragments, with Pings between them. Returns the number of Pings.
fn frames(
    random: &mut Random,
    frame: fn(u8, &[u8]) -> Vec<u8>,
    compressor: &mut Compressor,
    direction: Direction,
    Data(text, message): &Data,
    wire: &mut Vec<u8>,
) -> usize {
    let compressed = if random.one_in(5) { None } else { compressor.compressed(message, direction.takes_over()) };
    let rsv1 = if compressed.is_some() { 0x40 } else { 0 };
    let payload = compressed.as_ref().unwrap_or(message);
    let (parts, mut at, mut pings) = (1 + random.below(4), 0, 0);
    for i in 0..parts {
        let end = if i + 1 == parts { payload.len() } else { at + random.below(payload.len() - at + 1) };
        let first = if i == 0 { rsv1 | if *text { 1 } else { 2 } } else { 0 };
        let fin = if i + 1 == parts { 0x80 } else { 0 };
        wire.extend(frame(fin | first, &payload[at..end]));
        at = end;
        if random.one_in(4) {
            wire.extend(frame(0x89, b"?"));
            pings += 1;
        }
    }
    pings
}

/// What was written: messages, and the number of those that were compressed; with zlib-rs as the inflater.
fn read(mut wire: &[u8], direction: Direction) -> (Vec<Data>, usize, Option<Vec<u8>>) {
    // zlib-rs has no window of 8 bits, and a longer one inflates the same
    let mut zlib = Decompress::new_with_window_bits(false, direction.window_bits().max(9));
    let (mut messages, mut current, mut count, mut close) = (vec![], None::<(bool, bool, Vec<u8>)>, 0, None);
    while let [b0, b1, rest @ ..] = wire {
        let (len, rest) = match b1 & 0x7F {
            126 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..]),
            len => (usize::from(len), rest),
        };
        // keys are zeros
        let rest = if b1 & 0x80 == 0 { rest } else { &rest[4..] };
        let (payload, rest) = rest.split_at(len);
        wire = rest;
        match b0 & 0x0F {
            0x8 => assert!(close.replace(payload.to_vec()).is_none()),
            0xA => assert_eq!(payload, b"?"),
            opcode => {
                if opcode > 0 {
                    assert!(current.replace((opcode == 1, b0 & 0x40 > 0, vec![])).is_none());
                }
                current.as_mut().unwrap().2.extend(payload);
                if b0 & 0x80 > 0 {
                    let (text, compressed, mut bytes) = current.take().unwrap();
                    if compressed {
                        count += 1;
                        if !direction.takes_over() {
                            zlib.reset(false);
                        }
                        bytes = inflated(&mut zlib, &bytes);
                    }
                    messages.push(Data(text, bytes));
                }
            }
        }
    }
    (messages, count, close)
}

fn inflated(zlib: &mut Decompress, message: &[u8]) -> Vec<u8> {
    let input = [message, &[0, 0, 0xFF, 0xFF]].concat();
    let (start, mut out) = (zlib.total_in(), vec![]);
    loop {
        let at = (zlib.total_in() - start) as usize;
        out.reserve(1000);
        zlib.decompress_vec(&input[at..], &mut out, FlushDecompress::Sync).unwrap();
        if (zlib.total_in() - start) as usize == input.len() && out.len() < out.capacity() {
            return out;
        }
    }
}

/// One connection, which echoes everything.
struct Case {
    params: DeflateParams,
    messages: Vec<Data>,
    wire: Vec<u8>,
    /// Received piece by piece.
    pieces: bool,
    halves: bool,
    /// Bytes of a read and of a write.
    size: usize,
    /// When a call is dropped.
    polls: usize,
    random: Random,
}

/// Sends it back, whole or in pieces. The receive buffer holds it no longer.
macro_rules! send_back {
    ($case:ident, $clock:ident, $writer:expr, $data:ident, $place:ident) => {{
        let Data(text, bytes) = &$data;
        // of text, a piece can only be cut between two characters
        let cut = if *text { 0 } else { $case.random.below(bytes.len() + 1) };
        let kind =
            |bytes| if *text { Fragment::text(std::str::from_utf8(bytes).unwrap()) } else { Fragment::binary(bytes) };
        let places = match $place {
            Place::Whole => [Place::First, Place::Last],
            Place::First => [Place::First, Place::Middle],
            Place::Middle => [Place::Middle; 2],
            Place::Last => [Place::Middle, Place::Last],
        };
        let parts = if $case.random.one_in(2) {
            vec![kind(bytes).at($place)]
        } else {
            vec![kind(&bytes[..cut]).at(places[0]), kind(&bytes[cut..]).at(places[1])]
        };
        let plain = $case.random.one_in(5);
        for part in parts {
            if plain {
                again(&$clock, $case.polls, async || $writer.feed_plain(part).await).unwrap();
            } else {
                again(&$clock, $case.polls, async || $writer.feed(part).await).unwrap();
            }
        }
        if $case.random.one_in(3) {
            again(&$clock, $case.polls, async || $writer.flush().await).unwrap();
        }
    }};
}

/// Receives what comes next: `None` at the end, `Some(None)` for a control frame.
macro_rules! receive {
    ($case:ident, $clock:ident, $reader:expr) => {
        if $case.pieces {
            again(&$clock, $case.polls, async || {
                let piece = $reader.next_piece().await?.unwrap();
                Some(Some((Data(piece.to_text().is_some(), piece.as_bytes().to_vec()), piece.place())))
            })
        } else {
            again(&$clock, $case.polls, async || {
                let data = match $reader.next().await?.unwrap() {
                    Message::Text(text) => Some(Data(true, text.as_bytes().to_vec())),
                    Message::Binary(bytes) => Some(Data(false, bytes.to_vec())),
                    _ => None,
                };
                Some(data.map(|data| (data, Place::Whole)))
            })
        }
    };
}

impl Case {
    fn new(seed: usize, is_server: bool) -> Self {
        let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ (seed as u64) << 8);
        let params = DeflateParams { server: random.direction(), client: random.direction() };
        let incoming = params.incoming(is_server);
        let pieces = random.one_in(2);
        let longest = if pieces { 40_000 } else { LONGEST };
        let mut compressor = Compressor::new(incoming, random.below(10) as u32);
        let (mut messages, mut wire) = (vec![], vec![]);
        for _ in 0..1 + random.below(20) {
            let message = random.message(&messages, longest);
            let frame = if is_server { masked } else { plain };
            frames(&mut random, frame, &mut compressor, incoming, &message, &mut wire);
            messages.push(message);
        }
        wire.extend(if is_server { masked(0x88, b"\x03\xe8") } else { plain(0x88, b"\x03\xe8") });
        let sizes: &[_] = if wire.len() < 5000 { &[1, 3, 50, 1 << 16] } else { &[300, 2000, 1 << 16] };
        let size = sizes[random.below(sizes.len())];
        let polls = [2, 3, 7, usize::MAX][random.below(4)];
        Self { params, messages, wire, pieces, halves: random.one_in(2), size, polls, random }
    }

    /// Returns what was written.
    fn echo<E: Entropy>(&mut self, endpoint: Endpoint<E>) -> Vec<u8> {
        let is_server = matches!(endpoint, Endpoint::Server);
        let (clock, longest) = (TestClock::default(), if self.pieces { 0 } else { LONGEST + 16 });
        let script = Script::new(&self.wire, self.size, After::End);
        let output = script.output.clone();
        let incoming = self.params.incoming(is_server);
        // without takeover, only the pieces of one message need a window
        let window = incoming.takes_over() || self.pieces;
        let window = if window { Inflater::memory(incoming.window_bits()) } else { 0 };
        // a compressed message that is received whole takes a few bytes more at most
        let receive = if self.pieces { 64 + self.random.below(2000) } else { LONGEST + LONGEST / 8 + 64 };
        let (mut receive, mut send) = (vec![0xEE; receive], vec![0; 70_000]);
        let own = [0, 256, 512, 4096, 1 << 15][self.random.below(5)];
        let mut memory = Memory::new(window + longest, own);
        let mut deflate = memory.deflate(15);
        let config = Config::new().with_limits(Limits::SERVER);
        let params = self.params;
        let mut ws =
            WebSocket::with_deflate(script, &clock, endpoint, &mut receive, &mut send, config, params, &mut deflate);
        let mut seen = vec![];
        let mut see = |data: &Data, place: Place| match seen.last_mut() {
            Some((Data(text, bytes), false)) => {
                assert!(*text == data.0 && !place.is_first());
                bytes.extend_from_slice(&data.1);
                seen.last_mut().unwrap().1 = place.is_last();
            }
            _ => {
                assert!(place.is_first());
                seen.push((data.clone(), place.is_last()));
            }
        };
        if self.halves {
            let mut halves = ws.halves(|script| {
                let mut writer = Script::new(b"", self.size, After::Silence);
                writer.output = script.output.clone();
                (script, writer)
            });
            let (mut reader, mut writer) = halves.split();
            while let Some(received) = receive!(self, clock, reader) {
                let Some((data, place)) = received else { continue };
                see(&data, place);
                send_back!(self, clock, writer, data, place);
            }
        } else {
            while let Some(received) = receive!(self, clock, ws) {
                let Some((data, place)) = received else { continue };
                see(&data, place);
                send_back!(self, clock, ws.writer(), data, place);
            }
        }
        assert!(seen.iter().all(|(_, ended)| *ended));
        let seen: Vec<_> = seen.into_iter().map(|(data, _)| data).collect();
        assert!(seen == self.messages, "received");
        output.take()
    }
}

#[test]
fn random_messages_come_back_as_they_were_sent_and_zlib_inflates_them() {
    let (mut compressed, mut all) = (0, 0);
    for seed in 0..600 {
        let is_server = seed % 2 == 0;
        let mut case = Case::new(seed, is_server);
        let outgoing = case.params.outgoing(is_server);
        let output = if is_server { case.echo(Endpoint::<NoKeys>::Server) } else { case.echo(Endpoint::Client(keys)) };
        let (messages, count, close) = read(&output, outgoing);
        assert!(messages == case.messages, "sent back: {seed}, {:?}", case.params);
        assert_eq!(close, Some(b"\x03\xe8".to_vec()), "{seed}");
        compressed += count;
        all += messages.len();
    }
    assert!(compressed > all / 3, "{compressed} of {all}");
}
