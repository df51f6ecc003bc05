//! What happens to an end of a connection: frames of its peer, whole or broken, and the actions of its own program
//! between them.

use super::super::twin::frame::frame;
use super::super::twin::{Op, Rules};
use super::{Result, Unstructured, mutate, once_in, pick, sizes};
use upframe::connection::{MessageKind, Place};

/// The life of one end.
#[derive(Clone, Debug)]
pub struct Case {
    pub rules: Rules,
    pub ops: Vec<Op>,
    /// The sizes into which the received bytes are cut.
    pub sizes: [usize; 3],
}

const TEXTS: [&str; 8] =
    ["", "a", "Hello", "aé世😀", "😀😀", "\u{7FF}\u{800}\u{FFFF}\u{10FFFF}", "\0", "0123456789abcdef"];

/// Bytes that are not valid in a text, some of them only at its end (RFC 3629 §3, §4).
const BAD_TEXTS: [&[u8]; 16] = [
    b"\xC0\x80",
    b"\xC1\xBF",
    b"ok \xE0\x80\x80",
    b"\xED\xA0\x80",
    b"\xF0\x80\x80\x80",
    b"\xF4\x90\x80\x80",
    b"\xF5\x80\x80\x80",
    b"\xFF",
    b"\x80",
    b"abcdefgh\xBF",
    b"\xE4\xB8\xE4\xB8\x96",
    b"cut \xF0\x9F\x98",
    b"cut \xC3",
    b"0123456789abcdefg\xE4",
    b"\xF0\x9F\x98a",
    b"\xE4\xB8\xC3\xA4",
];

const CODES: [u16; 20] = [
    1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999, 0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535, 1002,
    4000,
];

pub fn case(u: &mut Unstructured) -> Result<Case> {
    let rules = rules(u)?;
    let mut script = Script { wire: vec![], masked: rules.server, owned: rules.owned, locals: vec![] };
    for _ in 0..u.int_in_range(0..=7)? {
        script.step(u)?;
        if once_in(u, 4)? {
            script.local(u)?;
        }
    }
    mutate(u, &mut script.wire)?;
    let sizes = sizes(u)?;
    if once_in(u, 8)? {
        script.wire.extend(u.bytes(u.len())?);
    }
    Ok(Case { rules, ops: script.ops(), sizes })
}

fn rules(u: &mut Unstructured) -> Result<Rules> {
    let flags: u8 = u.arbitrary()?;
    let (message, frame, fragments, empty_fragments) = pick(
        u,
        &[
            (64 << 20, 64 << 20, 65_536, 64),
            (3000, 2000, 6, 2),
            (3000, 2000, 6, 2),
            (40, 20, 3, 1),
            (20, 40, 2, 0),
            (0, 0, 0, 0),
            (u64::MAX, u64::MAX, u32::MAX, u16::MAX),
            (126, 125, 100, 100),
        ],
    )?;
    Ok(Rules {
        server: flags & 1 == 0,
        owned: [0, 0, 0x40, 0x30][usize::from(flags >> 1 & 3)],
        automatic_pong: flags & 0x18 != 0x18,
        unmasked_frames_trusted: flags & 0xE0 == 0xE0,
        message,
        frame,
        fragments,
        empty_fragments,
    })
}

struct Script {
    wire: Vec<u8>,
    masked: bool,
    owned: u8,
    /// The actions of the program, and their place in the wire.
    locals: Vec<(usize, Op)>,
}

impl Script {
    fn ops(mut self) -> Vec<Op> {
        self.locals.sort_by_key(|(at, _)| *at);
        let (mut ops, mut from) = (vec![], 0);
        for (at, op) in self.locals {
            let at = at.min(self.wire.len());
            ops.push(Op::Receive(self.wire[from..at].to_vec()));
            ops.push(op);
            from = at;
        }
        ops.push(Op::Receive(self.wire[from..].to_vec()));
        ops
    }

    fn key(&self, u: &mut Unstructured) -> Result<Option<[u8; 4]>> {
        if !self.masked {
            return Ok(None);
        }
        Ok(Some(if once_in(u, 4)? { [0; 4] } else { u.arbitrary()? }))
    }

    fn frame(&mut self, u: &mut Unstructured, b0: u8, payload: &[u8]) -> Result<()> {
        let key = self.key(u)?;
        self.wire.extend(frame(b0, payload, key));
        Ok(())
    }

    fn step(&mut self, u: &mut Unstructured) -> Result<()> {
        match u.int_in_range(0..=15)? {
            0..=6 => self.message(u),
            7 | 8 => self.control(u),
            9 => self.close(u),
            10 | 11 => self.oddity(u),
            12 => self.flood(u),
            13 => self.backlog(u),
            14 => self.local(u),
            _ => {
                let len = u.int_in_range(0..=20)?;
                let bytes = u.bytes(usize::min(len, u.len()))?.to_vec();
                self.wire.extend(bytes);
                Ok(())
            }
        }
    }

    /// A message in fragments, with control frames between them.
    fn message(&mut self, u: &mut Unstructured) -> Result<()> {
        let text = !once_in(u, 3)?;
        let mut payload = payload(u, text)?;
        if text && once_in(u, 8)? {
            payload.extend(pick(u, &BAD_TEXTS)?);
        }
        let rsv = if once_in(u, 3)? { self.owned } else { 0 };
        let mut b0 = if text { 1 } else { 2 } | rsv;
        let mut rest = &payload[..];
        let fragments = pick(u, &[1, 1, 1, 2, 2, 3, 4, 5])?;
        for i in 1..=fragments {
            let n = if i == fragments { rest.len() } else { u.int_in_range(0..=rest.len())? };
            let (part, after) = rest.split_at(n);
            let fin = if i == fragments { 0x80 } else { 0 };
            self.frame(u, b0 | fin, part)?;
            (b0, rest) = (0, after);
            if once_in(u, 6)? {
                self.control(u)?;
            }
            if once_in(u, 12)? {
                self.local(u)?;
            }
        }
        Ok(())
    }

    fn control(&mut self, u: &mut Unstructured) -> Result<()> {
        let len = if once_in(u, 24)? { 126 } else { pick(u, &[0, 1, 3, 5, 9, 124, 125])? };
        let b0 = pick(u, &[0x89, 0x89, 0x8A])?;
        let byte: u8 = u.arbitrary()?;
        self.frame(u, b0, &vec![byte; len])
    }

    fn close(&mut self, u: &mut Unstructured) -> Result<()> {
        let code = pick(u, &CODES)?.to_be_bytes();
        let body = match u.int_in_range(0..=7)? {
            0 => vec![],
            1 => vec![3],
            2 => [&code[..], pick(u, &BAD_TEXTS)?].concat(),
            3 => [&code[..], &[b'x'; 123]].concat(),
            _ => [&code[..], pick(u, &TEXTS)?.as_bytes()].concat(),
        };
        self.frame(u, 0x88, &body)
    }

    /// A frame that may break a rule.
    fn oddity(&mut self, u: &mut Unstructured) -> Result<()> {
        let b0 = pick(
            u,
            &[
                0x00, 0x80, 0x01, 0x82, 0x82, 0x81, 0x02, 0x42, 0x83, 0x87, 0x8B, 0x8F, 0xC1, 0xA2, 0x91, 0x40, 0xC9,
                0x09, 0x08, 0x0A, 0x89,
            ],
        )?;
        let b0 = if once_in(u, 2)? { 0x82 } else { b0 };
        let mask = if self.masked != once_in(u, 6)? { 0x80 } else { 0 };
        let len: u64 =
            pick(u, &[0, 1, 125, 126, 127, 128, 255, 256, 65_535, 65_536, 1 << 32, (1 << 63) - 1, 1 << 63, u64::MAX])?;
        self.wire.push(b0);
        match u.int_in_range(0..=2)? {
            0 => self.wire.push(mask | (len & 0x7F) as u8),
            1 => {
                self.wire.push(mask | 126);
                self.wire.extend((len as u16).to_be_bytes());
            }
            _ => {
                self.wire.push(mask | 127);
                self.wire.extend(len.to_be_bytes());
            }
        }
        let after = pick(u, &[0, 4, 5, 129, 130, 260])?;
        self.wire.extend(vec![b'o'; after]);
        Ok(())
    }

    /// Many small frames.
    fn flood(&mut self, u: &mut Unstructured) -> Result<()> {
        let (first, others, payload) = pick(
            u,
            &[
                (0x01, 0x00, ""),
                (0x02, 0x00, "x"),
                (0x89, 0x89, "p"),
                (0x8A, 0x8A, ""),
                (0x89, 0x8A, ""),
                (0x81, 0x81, ""),
            ],
        )?;
        self.frame(u, first, payload.as_bytes())?;
        // The peer reads slowly or not at all.
        let slow = once_in(u, 2)?;
        for _ in 0..u.int_in_range(0..=8)? {
            if slow {
                self.locals.push((self.wire.len(), Op::Transmit(pick(u, &[1, 1, 2, 6])?)));
            }
            self.frame(u, others, payload.as_bytes())?;
        }
        Ok(())
    }

    /// Pings and a Pong while an answer is half written.
    fn backlog(&mut self, u: &mut Unstructured) -> Result<()> {
        for b0 in [0x89, 0x89, pick(u, &[0x89, 0x8A, 0x8A])?] {
            self.frame(u, b0, &[b0])?;
            self.locals.push((self.wire.len(), Op::Transmit(pick(u, &[0, 1, 1, 2])?)));
        }
        Ok(())
    }

    /// An action of the program, here or some bytes earlier.
    fn local(&mut self, u: &mut Unstructured) -> Result<()> {
        let room = if once_in(u, 8)? { u.int_in_range(0..=140)? } else { 100_000 };
        let op = match u.int_in_range(0..=15)? {
            0..=4 => Op::Transmit(pick(u, &[0, 1, 2, 3, 4, 9, 131, 4096])?),
            5..=8 => {
                let kind = pick(u, &[MessageKind::Text, MessageKind::Binary])?;
                let place =
                    pick(u, &[Place::Whole, Place::Whole, Place::First, Place::First, Place::Middle, Place::Last])?;
                let bytes = payload(u, kind == MessageKind::Text)?;
                Op::Send { kind, place, bytes, room }
            }
            9 => Op::Ping(vec![7; pick(u, &[0, 1, 5, 125, 126])?]),
            10 => Op::Pong(vec![8; pick(u, &[0, 1, 5, 125, 126])?]),
            11 => {
                let (reason, times) = pick(u, &[("", 0), ("bye", 1), ("世", 1), ("x", 123), ("x", 124)])?;
                Op::Close(pick(u, &CODES)?, reason.repeat(times))
            }
            12..=14 => Op::Skip,
            _ => Op::EndOfStream,
        };
        let back = if once_in(u, 2)? { 0 } else { u.int_in_range(0..=9)? };
        self.locals.push((self.wire.len().saturating_sub(back), op));
        Ok(())
    }
}

fn payload(u: &mut Unstructured, text: bool) -> Result<Vec<u8>> {
    let short = |u: &mut Unstructured| -> Result<Vec<u8>> {
        let mut bytes = vec![];
        for _ in 0..u.int_in_range(0..=3)? {
            bytes.extend(pick(u, &TEXTS)?.as_bytes());
        }
        Ok(bytes)
    };
    Ok(match u.int_in_range(0..=15)? {
        0..=8 => short(u)?,
        9 => "x".repeat(pick(u, &[19, 20, 21, 40, 41, 124, 125, 126, 127, 128])?).into_bytes(),
        10 => "aé世😀".repeat(pick(u, &[2, 4, 12, 13, 25])?).into_bytes(),
        11 => vec![b'y'; pick(u, &[1999, 2000, 2001, 3000, 3001])?],
        12 if once_in(u, 8)? => vec![b'z'; pick(u, &[65_535, 65_536, 65_537])?],
        _ if text => short(u)?,
        _ => {
            let len = u.int_in_range(0..=40)?;
            u.bytes(usize::min(len, u.len()))?.to_vec()
        }
    })
}
