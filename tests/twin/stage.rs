//! An end that receives compressed messages (RFC 7692 §6.2): each is inflated from its beginning, as far as it has come,
//! and then read as text.

use super::super::laws::Seen;
use super::inflate::{inflate_front, inflate_to};
use super::utf8::first_bad;
use super::{End, Rules};
use upframe::connection::{MessageKind, ProtocolError, Violation};
use upframe::deflate::InflateViolation;
use upframe::frame::ReservedBits;

/// How the messages of the peer are compressed.
#[derive(Clone, Copy, Debug)]
pub struct Compression {
    /// The longest distance that is accepted.
    pub window: usize,
    pub takes_over: bool,
    /// How long an inflated message may be.
    pub limit: u64,
}

/// The compressed message that is open.
struct Open {
    kind: MessageKind,
    packed: Vec<u8>,
    /// Where each byte of it was in the wire.
    places: Vec<u64>,
    /// Where the wire was when the message began.
    start: u64,
    /// How many inflated bytes were yielded.
    yielded: usize,
    /// Whether its last piece was yielded last.
    joins: bool,
    skipped: bool,
}

/// One end of a connection with compression.
pub struct Stage {
    end: End,
    compression: Compression,
    history: Vec<u8>,
    open: Option<Open>,
    pub seen: Vec<Seen>,
    pub failed: bool,
}

impl Stage {
    pub fn new(rules: Rules, compression: Compression) -> Self {
        Self { end: End::new(rules), compression, history: vec![], open: None, seen: vec![], failed: false }
    }

    /// Notes a byte. What it inflates to shows when something else happens.
    pub fn receive(&mut self, byte: u8) {
        if self.failed {
            return;
        }
        self.end.receive(byte);
        for seen in std::mem::take(&mut self.end.seen) {
            let Seen::Piece { kind, rsv, bytes, first, last } = seen else {
                self.flush(false);
                self.other(seen);
                continue;
            };
            if rsv.is_empty() {
                self.plain(kind, bytes, first, last);
                continue;
            }
            if first {
                let start = self.end.offset - bytes.len() as u64;
                let (packed, places) = (vec![], vec![]);
                self.open = Some(Open { kind, packed, places, start, yielded: 0, joins: false, skipped: false });
            }
            let open = self.open.as_mut().unwrap();
            open.places.extend((0..bytes.len() as u64).map(|at| self.end.offset - bytes.len() as u64 + at));
            open.packed.extend(bytes);
            if last {
                self.flush(true);
            }
        }
    }

    fn other(&mut self, seen: Seen) {
        if !self.failed {
            self.seen.push(seen);
            self.open.iter_mut().for_each(|open| open.joins = false);
        }
    }

    /// Pieces of a message are joined unless something came between them.
    fn plain(&mut self, kind: MessageKind, new: Vec<u8>, first: bool, last: bool) {
        match self.seen.last_mut() {
            Some(Seen::Piece { bytes, last: ends, .. }) if !first => {
                bytes.extend(new);
                *ends = last;
            }
            _ => self.seen.push(Seen::Piece { kind, rsv: ReservedBits::NONE, bytes: new, first, last }),
        }
    }

    /// Inflates the open message, as far as it has come.
    pub fn flush(&mut self, ends: bool) {
        let Some(mut open) = self.open.take() else { return };
        let Compression { window, takes_over, limit } = self.compression;
        let history = if takes_over { &self.history[..] } else { &[] };
        let inflate = if ends { inflate_to } else { inflate_front };
        let (bytes, end) = inflate(&open.packed, history, window, limit);
        let mut failure = end.err().map(|(violation, at)| {
            let violation = match violation {
                InflateViolation::TooBig => Violation::MessageTooBig,
                _ => Violation::ExtensionData,
            };
            (violation, open.places.get(at as usize).copied().unwrap_or(self.end.offset))
        });
        let mut valid = bytes.len();
        if open.kind == MessageKind::Text
            && let Some(bad) = first_bad(&bytes)
        {
            valid = std::str::from_utf8(&bytes).unwrap_err().valid_up_to();
            if bad < bytes.len() || (ends && failure.is_none()) {
                failure = Some((Violation::NotUtf8, open.start));
            }
        }
        self.deliver(&mut open, &bytes[..valid], ends && failure.is_none());
        if let Some((violation, offset)) = failure {
            self.seen.push(Seen::Failed(ProtocolError { violation, offset }));
            self.failed = true;
        } else if !ends {
            self.open = Some(open);
        } else if takes_over {
            self.history.extend(bytes);
            self.history.drain(..self.history.len().saturating_sub(1 << 15));
        }
    }

    fn deliver(&mut self, open: &mut Open, valid: &[u8], ends: bool) {
        let new = &valid[open.yielded..];
        if open.skipped || (new.is_empty() && !ends) {
            return;
        }
        match self.seen.last_mut() {
            Some(Seen::Piece { bytes, last, .. }) if open.joins => {
                bytes.extend(new);
                *last = ends;
            }
            _ => {
                let first = open.yielded == 0;
                let rsv = ReservedBits::NONE;
                self.seen.push(Seen::Piece { kind: open.kind, rsv, bytes: new.to_vec(), first, last: ends });
            }
        }
        (open.yielded, open.joins) = (valid.len(), true);
    }

    /// The program skips the message that is being delivered.
    pub fn skip(&mut self) -> bool {
        self.flush(false);
        match &mut self.open {
            _ if self.failed => false,
            Some(open) => {
                open.skipped |= open.yielded > 0;
                open.skipped
            }
            None => self.end.skip(),
        }
    }
}
