//! Messages of one connection, compressed in any way, with plain ones between them and with a workspace of others.
//!
//! **The peer reads back what was sent, at any cut. No match is further away than the window, and nothing gets longer than
//! its bound.**

use super::super::scripts::deflate::Choices;
use super::super::scripts::{Result, Unstructured, cut, once_in, pick, sizes};
use super::super::twin::inflate::inflate;
use super::said::Said;
use upframe::connection::{Connection, Fragment, MessageKind, Place, SendError, Settings};
use upframe::deflate::{Balanced, Best, Deflater, Direction, Effort, Fast, FastTables, Inflater};
use upframe::deflate::{PreparedDeflate, Workspace};
use upframe::frame::{Header, ReservedBits};

/// What was sent compressed.
#[derive(Debug)]
pub struct Sent {
    pub packed: Vec<u8>,
    pub message: Vec<u8>,
}

/// Returns what was agreed on, and adds what was sent.
pub fn run(u: &mut Unstructured, sent: &mut Vec<Sent>) -> Result<Direction> {
    let direction = Direction::new(u.int_in_range(8..=15)?, u.arbitrary()?);
    match u.int_in_range(0..=6)? {
        0 => connection(u, direction, Fast, Workspace::<256, 0>::new(), sent)?,
        1 => connection(u, direction, Balanced, Workspace::<256, 0>::new(), sent)?,
        2 => connection(u, direction, Best, Workspace::<1024, 64>::new(), sent)?,
        3 => connection(u, direction, Fast, Workspace::<4096, 512>::new(), sent)?,
        4 => connection(u, direction, Balanced, Workspace::<4096, 512>::new(), sent)?,
        5 => connection(u, direction, Best, Workspace::<4096, 512>::new(), sent)?,
        _ => connection(u, direction, Best, Workspace::<512, 65>::new(), sent)?,
    }
    Ok(direction)
}

fn connection<E: Effort, const H: usize, const T: usize>(
    u: &mut Unstructured,
    direction: Direction,
    effort: E,
    workspace: Workspace<H, T>,
    sent: &mut Vec<Sent>,
) -> Result<()> {
    let window = direction.window();
    let memory = pick(u, &[window, window, window, window / 2, 2 * window, 100, 1, 0])?;
    let inflater = Inflater::new(vec![0xDD; Inflater::memory(direction.window_bits())])
        .with_window_bits(direction.window_bits())
        .with_context_takeover(direction.takes_over());
    let settings = Settings::new().with_reserved_bits(ReservedBits::RSV1);
    let mut end = End {
        deflater: Deflater::new(direction, effort, vec![0xEE; memory]),
        workspace: Box::new(workspace),
        server: Connection::server(settings),
        has_credit: memory > 0 && direction.takes_over(),
        credit: 256,
        peer: Peer { inflater, tables: Box::new(FastTables::new()), direction, history: vec![] },
        all: vec![],
        sent,
    };
    for _ in 0..u.int_in_range(1..=12)? {
        end.step(u, effort)?;
    }
    Ok(())
}

/// What the peer makes of the messages.
struct Peer {
    inflater: Inflater<Vec<u8>>,
    tables: Box<FastTables>,
    direction: Direction,
    history: Vec<u8>,
}

impl Peer {
    /// Asserts that the peer reads the message, at this cut, within the window.
    fn reads(&mut self, packed: &[u8], message: &[u8], sizes: [usize; 3]) {
        if !self.direction.takes_over() {
            self.history.clear();
        }
        let twin = inflate(packed, &self.history, self.direction.window());
        assert_eq!(twin.1, Ok(()), "{message:02x?} became {packed:02x?}");
        assert!(twin.0 == message, "{message:02x?} became {packed:02x?}");
        let (mut found, parts) = (vec![], cut(packed, sizes));
        self.inflater.begin_message();
        for (at, part) in (1..).zip(&parts) {
            let mut part = *part;
            while let Some(piece) = self.inflater.inflate(&mut self.tables, &mut part, at == parts.len()).unwrap() {
                found.extend_from_slice(piece.as_bytes());
            }
        }
        assert!(found == message, "the inflater does not agree with its twin: {packed:02x?}");
        self.history.extend(message);
        self.history.drain(..self.history.len().saturating_sub(1 << 15));
    }
}

struct End<'s, E, const H: usize, const T: usize> {
    deflater: Deflater<Vec<u8>, E>,
    workspace: Box<Workspace<H, T>>,
    server: Connection<upframe::connection::Server>,
    has_credit: bool,
    /// How many bytes longer whole messages may still get.
    credit: usize,
    peer: Peer,
    /// All messages that were made.
    all: Vec<Vec<u8>>,
    sent: &'s mut Vec<Sent>,
}

impl<E: Effort, const H: usize, const T: usize> End<'_, E, H, T> {
    fn step(&mut self, u: &mut Unstructured, effort: E) -> Result<()> {
        let message = self.message(u)?;
        self.all.push(message.clone());
        match u.int_in_range(0..=13)? {
            0..=2 => self.whole(u, &message)?,
            3 | 4 => self.parts(u, &message)?,
            5 | 6 => self.frame(u, &message)?,
            7 => self.fragments(u, &message)?,
            8 | 9 => self.prepared(u, &message, effort)?,
            10 => {
                // Sent plain.
                if u.arbitrary()? {
                    self.deflater.note_plain();
                    self.credit = 256.min(self.credit + 1);
                }
            }
            11 => {
                // Another connection uses the workspace.
                let mut other = Deflater::new(Direction::DEFAULT, effort, vec![0; 512]);
                if u.arbitrary()? {
                    other.absorb(&[0; 300]);
                }
                let mut out = vec![0; message.len() + 7];
                if let Some(packed) = other.compress(&mut self.workspace, &message, &mut out) {
                    other.commit(&message, packed);
                }
                if u.arbitrary()? {
                    self.deflater.rehash(&mut self.workspace);
                }
            }
            12 => *self.workspace = Workspace::new(),
            _ => self.deflater.forget(),
        }
        Ok(())
    }

    fn message(&self, u: &mut Unstructured) -> Result<Vec<u8>> {
        let mut message = vec![];
        for _ in 0..u.int_in_range(0..=4)? {
            match u.int_in_range(0..=5)? {
                0 => {
                    let n = u.int_in_range(0..=40.min(u.len()))?;
                    message.extend_from_slice(u.bytes(n)?);
                }
                1 => message.extend(vec![u.arbitrary::<u8>()?; u.int_in_range(0..=400)?]),
                2 => message.extend_from_slice(
                    pick(u, &["{\"type\":\"trade\",\"price\":", "the ", "1234567", ",\"id\":"])?.as_bytes(),
                ),
                3 if !self.all.is_empty() => {
                    // A part of an earlier message.
                    let earlier = &self.all[u.choose_index(self.all.len())?];
                    let from = u.below(earlier.len());
                    let n = u.below(earlier.len() - from + 1).min(800);
                    message.extend_from_slice(&earlier[from..from + n]);
                }
                4 => {
                    // A part of this one.
                    let from = u.below(message.len());
                    let n = u.below(message.len() - from + 1).min(800);
                    message.extend_from_within(from..from + n);
                }
                _ => {
                    // Bytes that do not shrink, or hardly.
                    let most = if once_in(u, 60)? { 70_000 } else { 150 };
                    let (n, step, seed) = (u.int_in_range(0..=most)?, u.arbitrary::<u8>()?, u.arbitrary::<u32>()?);
                    let byte = |k: u32| ((k ^ seed).wrapping_mul(2_654_435_761) >> 11) as u8 | step;
                    message.extend((0..n).map(byte));
                }
            }
        }
        Ok(message)
    }

    fn arrives(&mut self, u: &mut Unstructured, packed: &[u8], message: &[u8]) -> Result<()> {
        self.peer.reads(packed, message, sizes(u)?);
        self.sent.push(Sent { packed: packed.to_vec(), message: message.to_vec() });
        Ok(())
    }

    /// Counts what a whole message, sent compressed, is longer or shorter than plain.
    fn count(&mut self, packed: usize, message: usize) {
        let longer = packed.saturating_sub(message);
        if self.has_credit {
            assert!(longer <= 7.min(self.credit), "{longer} bytes longer, with a credit of {}", self.credit);
        } else {
            assert!(packed < message, "not shorter than plain");
        }
        self.credit = 256.min(self.credit - longer + message.saturating_sub(packed));
    }

    /// A whole message, which is committed or not sent at all.
    fn whole(&mut self, u: &mut Unstructured, message: &[u8]) -> Result<()> {
        let room = if once_in(u, 4)? { u.below(message.len() + 7) } else { message.len() + 7 };
        let mut out = vec![0; room];
        let Some(compressed) = self.deflater.compress(&mut self.workspace, message, &mut out) else { return Ok(()) };
        assert!(compressed.longest_distance() <= self.deflater.direction().window());
        if once_in(u, 4)? {
            return Ok(());
        }
        out.truncate(compressed.len());
        self.count(out.len(), message.len());
        self.deflater.commit(message, compressed);
        self.arrives(u, &out, message)
    }

    /// A message in parts, into a buffer that is often full.
    fn parts(&mut self, u: &mut Unstructured, message: &[u8]) -> Result<()> {
        let least = 1 + message.len() / 200;
        let parts = cut(message, if u.arbitrary()? { [usize::MAX; 3] } else { [least + u.below(400); 3] });
        let bound = Workspace::<H, T>::bound(message.len());
        let room = if message.len() > 5000 { 500 } else { 9 }.max(pick(u, &[9, 10, 16, 60, 500, bound])?);
        let (mut packed, mut out) = (vec![], vec![0; room]);
        for (at, part) in (1..).zip(&parts) {
            let (mut input, ends) = (*part, at == parts.len());
            loop {
                let before = input.len();
                let deflated = self.deflater.deflate(&mut self.workspace, &mut input, ends, &mut out);
                packed.extend_from_slice(&out[..deflated.len()]);
                assert!(ends || !deflated.is_complete());
                if deflated.is_complete() || (!ends && input.is_empty()) {
                    assert!(input.is_empty());
                    break;
                }
                assert!(input.len() < before || deflated.len() > 0, "no progress with {room} bytes");
            }
        }
        if room == bound && parts.len() == 1 {
            assert!(packed.len() <= bound, "{} is more than the bound for {}", packed.len(), message.len());
        }
        self.arrives(u, &packed, message)
    }

    /// A whole message, as a frame of the connection.
    fn frame(&mut self, u: &mut Unstructured, message: &[u8]) -> Result<()> {
        let room = if once_in(u, 4)? { u.below(message.len() + 24) } else { message.len() + 7 + Header::MAX_LEN };
        let mut out = vec![0; room];
        let binary = Fragment::binary(message);
        match self.server.send_compressed(binary, &mut self.deflater, &mut self.workspace, &mut out) {
            Ok(frame) => {
                let (said, _) = Said::on(frame, false);
                let payload = &said.messages[0].1;
                if frame[0] & 0x40 == 0 {
                    assert_eq!((frame[0], &payload[..]), (0x82, message));
                    self.credit = 256.min(self.credit + 1);
                    return Ok(());
                }
                assert_eq!(frame[0], 0xC2);
                self.count(payload.len(), message.len());
                self.arrives(u, payload, message)
            }
            Err(SendError::BufferTooSmall { required }) => {
                assert!(required > room);
                Ok(())
            }
            Err(other) => panic!("{other}"),
        }
    }

    /// A message in fragments, with Pings between them.
    fn fragments(&mut self, u: &mut Unstructured, message: &[u8]) -> Result<()> {
        let least = 1 + message.len() / 200;
        let parts = match cut(message, [least + u.below(400); 3]) {
            parts if parts.len() > 1 => parts,
            mut parts => {
                parts.push(&[]);
                parts
            }
        };
        let (mut wire, mut at) = (vec![], 0);
        while let Some(part) = parts.get(at) {
            let place = Place::new(at == 0, at + 1 == parts.len());
            let most = Workspace::<H, T>::bound(part.len()) + Header::MAX_LEN;
            let mut out = vec![0; if once_in(u, 4)? { u.below(most) } else { most }];
            let fragment = Fragment::binary(part).at(place);
            match self.server.send_compressed(fragment, &mut self.deflater, &mut self.workspace, &mut out) {
                Ok(frame) => wire.extend_from_slice(frame),
                Err(SendError::BufferTooSmall { required }) => {
                    assert!(out.len() < most && required <= most);
                    continue;
                }
                Err(other) => panic!("{other}"),
            }
            at += 1;
            if once_in(u, 3)? {
                self.server.ping(b"between").unwrap();
                let n = self.server.poll_transmit(&mut out[..9.min(most)]);
                wire.extend_from_slice(&out[..n]);
                let mut rest = [0; 9];
                let n = self.server.poll_transmit(&mut rest);
                wire.extend_from_slice(&rest[..n]);
            }
        }
        assert_eq!(wire[0], 0x42);
        let (said, _) = Said::on(&wire, false);
        assert_eq!((said.messages.len(), &said.open), (1, &None));
        self.arrives(u, &said.messages[0].1, message)
    }

    /// A message that was compressed for many connections.
    fn prepared(&mut self, u: &mut Unstructured, message: &[u8], effort: E) -> Result<()> {
        let bits = u.int_in_range(8..=15)?;
        let room = 2 * (message.len() + Header::MAX_LEN);
        let room = if once_in(u, 4)? { u.below(room) } else { room };
        let kind = if std::str::from_utf8(message).is_ok() { MessageKind::Text } else { MessageKind::Binary };
        let fragment = match kind {
            MessageKind::Text => Fragment::text(std::str::from_utf8(message).unwrap()),
            MessageKind::Binary => Fragment::binary(message),
        };
        let made = PreparedDeflate::new(fragment, bits, effort, &mut self.workspace, vec![0; room]);
        let news = match made {
            Ok(news) => news,
            Err(error) => {
                assert!(matches!(error, SendError::BufferTooSmall { required } if required > room), "{error}");
                return Ok(());
            }
        };
        assert!(news.longest_distance() <= 1 << bits);
        assert!(news.compressed().is_none_or(|frame| frame.len() < news.plain().len()));
        let frame = self.server.send_prepared_compressed(&news, Some(&mut self.deflater)).unwrap();
        let (said, _) = Said::on(frame, false);
        let payload = &said.messages[0].1;
        if frame[0] & 0x40 == 0 {
            let has_no_room = news.longest_distance() > self.peer.direction.window();
            assert!(news.compressed().is_none() || has_no_room, "sent plain without a reason");
            assert_eq!(payload, message);
            return Ok(());
        }
        self.arrives(u, payload, message)
    }
}
