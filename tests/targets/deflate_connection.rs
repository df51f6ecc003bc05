//! A connection that receives compressed messages between others, good ones and bad ones.
//!
//! **It yields what the naive twin does, at any cut: the same pieces, the same failure at the same byte, the same close code.
//! Nothing is lost: what was sent is received. The half that receives does the same.**

use super::super::laws::Seen;
use super::super::scripts::deflate::{Choices, message};
use super::super::scripts::{Result, Unstructured, cut, mutate, once_in, pick, sizes};
use super::super::twin::Rules;
use super::super::twin::frame::frame;
use super::super::twin::stage::{Compression, Stage};
use super::agree;
use upframe::connection::{Connection, Endpoint, Event, MessageKind, NoEntropy, Violation};
use upframe::deflate::{Best, Deflater, Direction, FastTables, Inflater, MessageInflater, SmallTables, Workspace};
use upframe::message::{MessageReader, Next};

type End = Connection<Endpoint<fn(&mut [u8]) -> Result<(), NoEntropy>>>;

#[derive(Clone, Debug)]
struct Case {
    rules: Rules,
    direction: Direction,
    limit: Option<u64>,
    wire: Vec<u8>,
    /// Where the program skips the message that is being delivered.
    skips: Vec<usize>,
    sizes: [usize; 3],
    piece: usize,
}

/// What was sent, while all of it is good.
struct Script {
    wire: Vec<u8>,
    key: Option<[u8; 4]>,
    deflater: Deflater<Vec<u8>, Best>,
    workspace: Box<Workspace<1024, 64>>,
    sent: Vec<(MessageKind, Vec<u8>)>,
    is_good: bool,
    skips: Vec<usize>,
}

pub fn run(u: &mut Unstructured) -> Result<()> {
    let direction = Direction::new(u.int_in_range(8..=15)?, u.arbitrary()?);
    let (most, frame, fragments, empty_fragments) =
        pick(u, &[(1 << 20, 1 << 20, 1000, 64), (1 << 20, 1 << 20, 1000, 64), (300, 200, 4, 1), (20, 40, 2, 0)])?;
    let rules = Rules {
        server: u.arbitrary()?,
        owned: 0x40,
        automatic_pong: true,
        unmasked_frames_trusted: false,
        message: most,
        frame,
        fragments,
        empty_fragments,
    };
    let limit = if once_in(u, 4)? { Some(pick(u, &[0, 5, 100, 1000])?) } else { None };
    let mut script = Script {
        wire: vec![],
        key: rules.server.then_some([0; 4]),
        deflater: Deflater::new(direction, Best, vec![0; direction.window()]),
        workspace: Box::new(Workspace::new()),
        sent: vec![],
        is_good: true,
        skips: vec![],
    };
    for _ in 0..u.int_in_range(0..=8)? {
        script.step(u)?;
    }
    let before = script.wire.clone();
    mutate(u, &mut script.wire)?;
    let is_good = script.is_good && script.wire == before && most == 1 << 20 && limit.is_none();
    let mut skips = script.skips;
    skips.retain(|at| *at <= script.wire.len());
    skips.sort_unstable();
    let is_skipped = !skips.is_empty();
    let piece = pick(u, &[1, 3, 100, usize::MAX])?;
    let case = Case { rules, direction, limit, wire: script.wire, skips, sizes: sizes(u)?, piece };
    let want = check(&case);
    if is_good && !is_skipped {
        assert_eq!(messages(&want), script.sent, "{case:?}");
    }
    Ok(())
}

/// The complete messages.
fn messages(seen: &[Seen]) -> Vec<(MessageKind, Vec<u8>)> {
    let (mut found, mut open) = (vec![], vec![]);
    for seen in seen {
        match seen {
            Seen::Piece { kind, bytes, last, .. } => {
                open.extend(bytes);
                if *last {
                    found.push((*kind, std::mem::take(&mut open)));
                }
            }
            Seen::Failed(error) => panic!("a good wire fails with {error:?}"),
            _ => {}
        }
    }
    found
}

impl Script {
    fn frame(&mut self, b0: u8, payload: &[u8]) {
        self.wire.extend(frame(b0, payload, self.key));
    }

    fn step(&mut self, u: &mut Unstructured) -> Result<()> {
        let is_text = u.arbitrary()?;
        match u.int_in_range(0..=11)? {
            0..=4 => {
                let message = self.message(u, is_text)?;
                let (mut packed, mut input) = (vec![0; 2 * message.len() + 64], &message[..]);
                let deflated = self.deflater.deflate(&mut self.workspace, &mut input, true, &mut packed);
                assert!(deflated.is_complete() && input.is_empty());
                packed.truncate(deflated.len());
                self.fragments(u, 0x40 | if is_text { 1 } else { 2 }, &packed)?;
                self.sent(is_text, message);
            }
            5 | 6 => {
                let message = self.message(u, is_text)?;
                self.fragments(u, if is_text { 1 } else { 2 }, &message)?;
                self.sent(is_text, message);
            }
            7 => {
                // DEFLATE that no compressor makes
                let mut packed = message(u, 0);
                mutate(u, &mut packed)?;
                self.is_good = false;
                self.fragments(u, pick_kind(is_text), &packed)?;
            }
            8 => {
                let len = u.int_in_range(0..=60.min(u.len()))?;
                let packed = u.bytes(len)?.to_vec();
                self.is_good = false;
                self.fragments(u, pick_kind(is_text), &packed)?;
            }
            9 => {
                let payload = vec![b'p'; pick(u, &[0, 1, 125])?];
                self.frame(pick(u, &[0x89, 0x8A])?, &payload);
            }
            10 => {
                let back = u.int_in_range(0..=self.wire.len().min(20))?;
                self.skips.push(self.wire.len() - back);
            }
            _ if once_in(u, 3)? => {
                self.is_good = false;
                let b0 = pick(u, &[0xC0, 0x40, 0xC9, 0xC8, 0x91, 0xE1, 0x80, 0x41, 0xC3])?;
                self.frame(b0, b"\x00");
            }
            _ if once_in(u, 3)? => {
                self.is_good = false;
                self.frame(0x88, pick(u, &[&b""[..], b"\x03\xe8", b"\x03\xe9bye"])?);
            }
            _ => {}
        }
        Ok(())
    }

    fn sent(&mut self, is_text: bool, message: Vec<u8>) {
        self.is_good &= !is_text || std::str::from_utf8(&message).is_ok();
        self.sent.push((if is_text { MessageKind::Text } else { MessageKind::Binary }, message));
    }

    fn message(&mut self, u: &mut Unstructured, is_text: bool) -> Result<Vec<u8>> {
        let mut message = vec![];
        for _ in 0..u.int_in_range(0..=5)? {
            match u.int_in_range(0..=6)? {
                0 if !is_text || once_in(u, 3)? => {
                    let n = u.int_in_range(0..=40.min(u.len()))?;
                    message.extend_from_slice(u.bytes(n)?);
                }
                1 => message.extend(vec![b'a' + u.int_in_range(0..=9)?; u.int_in_range(0..=300)?]),
                2 if !self.sent.is_empty() => {
                    // An earlier message, or a part of it.
                    let earlier = &self.sent[u.choose_index(self.sent.len())?].1;
                    let n = if once_in(u, 3)? { u.below(earlier.len()) } else { earlier.len() }.min(3000);
                    message.extend_from_slice(&earlier[..n]);
                }
                3 if once_in(u, 4)? => message.extend_from_slice(&[b'0'; 5000]),
                4 if once_in(u, 12)? => message.extend_from_slice(pick(u, &[&b"\xff"[..], b"\xc3", b"\xed\xa0\x80"])?),
                _ => message.extend_from_slice(
                    pick(u, &["{\"type\":\"trade\",\"price\":", "é", "世界", "😀", "1234567", ",\"id\":", "the "])?
                        .as_bytes(),
                ),
            }
        }
        Ok(message)
    }

    /// A message in fragments, with control frames and empty fragments between them.
    fn fragments(&mut self, u: &mut Unstructured, b0: u8, payload: &[u8]) -> Result<()> {
        let (mut b0, mut rest) = (b0, payload);
        let fragments = pick(u, &[1, 1, 1, 2, 2, 3, 5])?;
        for at in 1..=fragments {
            let n = if at == fragments { rest.len() } else { u.int_in_range(0..=rest.len())? };
            let (part, after) = rest.split_at(n);
            self.frame(b0 | if at == fragments { 0x80 } else { 0 }, part);
            (b0, rest) = (0, after);
            if once_in(u, 4)? {
                self.frame(pick(u, &[0x89, 0x8A])?, b"between");
            }
            if once_in(u, 6)? {
                self.skips.push(self.wire.len());
            }
        }
        Ok(())
    }
}

fn pick_kind(is_text: bool) -> u8 {
    if is_text { 0x41 } else { 0x42 }
}

/// Receives in every way. Returns what the twin sees.
fn check(case: &Case) -> Vec<Seen> {
    let window = Inflater::memory(case.direction.window_bits());
    let limit = case.limit.unwrap_or(case.rules.message);
    let compression = Compression { window, takes_over: case.direction.takes_over(), limit };
    let mut twin = Stage::new(case.rules, compression);
    let mut said = vec![];
    for part in segments(case) {
        part.iter().for_each(|byte| twin.receive(*byte));
        said.push(twin.skip());
    }
    let want: Vec<Seen> = twin.seen.into_iter().map(plainly).collect();
    assert_eq!(connection(case, [usize::MAX; 3], usize::MAX, 0), (want.clone(), said.clone()), "whole, {case:02x?}");
    assert_eq!(connection(case, case.sizes, case.piece, 17), (want.clone(), said.clone()), "cut, {case:02x?}");
    assert_eq!(halves(case, [1; 3]), (want.clone(), said.clone()), "halves, byte by byte, {case:02x?}");
    assert_eq!(halves(case, case.sizes), (want.clone(), said), "halves, cut, {case:02x?}");
    if case.skips.is_empty() && !matches!(want.last(), Some(Seen::Failed(_))) {
        assert_eq!(whole_messages(case), messages(&want), "whole messages, {case:02x?}");
    }
    want
}

/// The parts of the wire before each skip, and after the last. Nothing is skipped at the end.
fn segments(case: &Case) -> Vec<&[u8]> {
    let ends = case.skips.iter().copied().chain([case.wire.len()]);
    ends.scan(0, |from, to| Some(&case.wire[std::mem::replace(from, to)..to])).collect()
}

/// Without the payloads of control frames.
fn plainly(seen: Seen) -> Seen {
    match seen {
        Seen::Ping(_) => Seen::Ping(None),
        Seen::Pong(_) => Seen::Pong(None),
        Seen::Close(code, _) => Seen::Close(code, String::new()),
        other => other,
    }
}

/// Adds an event. Pieces of one message are joined unless something came between them.
fn note(seen: &mut Vec<Seen>, event: &Event<'_>) {
    assert!(!matches!(seen.last(), Some(Seen::Failed(_) | Seen::Close(..))), "{event:?} after the end");
    let Some(piece) = event.as_fragment() else {
        seen.push(match event {
            Event::Ping => Seen::Ping(None),
            Event::Pong => Seen::Pong(None),
            Event::Close(code) => Seen::Close(code.0, String::new()),
            Event::Failed(error) => Seen::Failed(*error),
            other => panic!("{other:?}"),
        });
        return;
    };
    let (kind, rsv, place) = (piece.frame().kind(), piece.frame().reserved_bits(), piece.frame().place());
    assert!(place.is_last() || !piece.bytes().is_empty(), "an empty piece that ends nothing");
    assert!(rsv.is_empty());
    if let Event::Text(text) = event {
        assert!(std::str::from_utf8(text.as_bytes()).is_ok());
    }
    match seen.last_mut() {
        Some(Seen::Piece { bytes, last, .. }) if !place.is_first() => {
            assert!(!*last, "a piece of no message");
            bytes.extend_from_slice(piece.bytes());
            *last = place.is_last();
        }
        _ => seen.push(Seen::Piece {
            kind,
            rsv,
            bytes: piece.bytes().to_vec(),
            first: place.is_first(),
            last: place.is_last(),
        }),
    }
}

fn end(case: &Case) -> End {
    fn keys(key: &mut [u8]) -> Result<(), NoEntropy> {
        key.fill(0);
        Ok(())
    }
    let endpoint = if case.rules.server { Endpoint::Server } else { Endpoint::Client(keys as _) };
    Connection::endpoint(endpoint, agree::settings(&case.rules))
}

fn stage(case: &Case, piece: usize, more: usize) -> MessageInflater<Vec<u8>> {
    let memory = vec![0xEE; Inflater::memory(case.direction.window_bits()) + more];
    let stage = MessageInflater::new(case.direction, memory).unwrap().with_longest_piece(piece);
    case.limit.map_or(stage.clone(), |limit| stage.with_message_limit(limit))
}

fn connection(case: &Case, sizes: [usize; 3], piece: usize, more: usize) -> (Vec<Seen>, Vec<bool>) {
    let (mut end, mut stage, mut tables) = (end(case), stage(case, piece, more), Box::new(FastTables::new()));
    let (mut seen, mut said) = (vec![], vec![]);
    for segment in segments(case) {
        for part in cut(segment, sizes) {
            let mut part = part.to_vec();
            let mut input = &mut part[..];
            while let Some(event) = end.receive(&mut input) {
                let Event::Extended(mut piece) = event else {
                    note(&mut seen, &event);
                    continue;
                };
                while let Some(event) = end.inflate(&mut stage, &mut tables, &mut piece) {
                    note(&mut seen, &event);
                }
                assert!(piece.as_bytes().is_empty() || end.failure().is_some(), "None although input is left");
            }
            assert!(input.is_empty());
        }
        said.push(stage.skip_message() || end.skip_message());
    }
    if let Some(error) = end.failure() {
        let code: u16 = match error.violation {
            Violation::ExtensionData | Violation::NotUtf8 => 1007,
            Violation::MessageTooBig => 1009,
            Violation::Frame(_) => 1002,
            _ => return (seen, said),
        };
        let mut out = [0; 300];
        let n = end.poll_transmit(&mut out);
        let [high, low] = code.to_be_bytes();
        let close = if case.rules.server { vec![0x88, 2, high, low] } else { vec![0x88, 0x82, 0, 0, 0, 0, high, low] };
        assert!(out[..n].ends_with(&close), "{error:?}: {:02x?}", &out[..n]);
    }
    (seen, said)
}

fn halves(case: &Case, sizes: [usize; 3]) -> (Vec<Seen>, Vec<bool>) {
    let (mut receiver, _) = end(case).split();
    let (mut stage, mut tables) = (stage(case, usize::MAX, 3), SmallTables::new());
    let (mut seen, mut said) = (vec![], vec![]);
    for segment in segments(case) {
        for part in cut(segment, sizes) {
            let mut part = part.to_vec();
            let mut input = &mut part[..];
            while let Some(event) = receiver.receive(&mut input) {
                let Event::Extended(mut piece) = event else {
                    note(&mut seen, &event);
                    continue;
                };
                while let Some(event) = receiver.inflate(&mut stage, &mut tables, &mut piece) {
                    note(&mut seen, &event);
                }
            }
        }
        said.push(stage.skip_message() || receiver.skip_message());
    }
    (seen, said)
}

/// The messages that a reader of whole messages finds.
fn whole_messages(case: &Case) -> Vec<(MessageKind, Vec<u8>)> {
    let (mut end, mut stage, mut tables) = (end(case), stage(case, usize::MAX, 0), SmallTables::new());
    let (mut reader, mut buffer, mut out) = (MessageReader::new(), case.wire.clone(), vec![0; 1 << 15]);
    buffer.push(0);
    let mut found = vec![];
    loop {
        match reader.next(&mut end, &mut buffer, case.wire.len()) {
            Next::Message(message) if message.reserved_bits.is_empty() => {
                found.push((message.kind, buffer[message.range].to_vec()));
            }
            Next::Message(message) => {
                let message = message.as_extended(&buffer);
                let Next::Message(message) = end.inflate_message(&mut stage, &mut tables, message, &mut out) else {
                    panic!("not a message")
                };
                found.push((message.kind, out[message.range].to_vec()));
            }
            Next::Ping | Next::Pong => {}
            Next::Close(_) | Next::ReadOn { .. } => return found,
            other => panic!("{other:?}"),
        }
    }
}
