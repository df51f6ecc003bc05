//! The receiving stage: compressed pieces of a connection in, checked text and binary pieces out.

use super::inflate::error::{InflateError, InflateViolation};
use super::inflate::inflater::Inflater;
use super::inflate::tables::Tables;
use super::params::Direction;
use crate::connection::error::Violation;
use crate::connection::piece::{Extended, MessageKind, Place};
use crate::frame::error::BufferTooSmall;
use crate::frame::reserved_bits::ReservedBits;
use crate::utf8::check::check;
use crate::utf8::validator::{CutCodePoint, InvalidByte};
use crate::utf8::verdict::Verdict;
use core::fmt;

/// Inflates the messages that one connection receives (RFC 7692 §6.2, §7.2.2): compressed pieces in, checked text and
/// binary pieces out. [`Connection::inflate`](crate::Connection::inflate) drives it, and has an example.
///
/// **The caller provides the memory.** It is the window, and pieces are slices of it: see [`Inflater`]. All messages
/// with RSV1 must pass through it in order, also those that nobody wants: later messages may refer to them.
///
/// Text is checked after it is inflated, and fails at the first byte that is not UTF-8 (RFC 6455 §8.1). The limit of an
/// inflated message is [`Limits::message`](crate::connection::Limits::message), unless
/// [`with_message_limit`](Self::with_message_limit) sets one; on the wire, `Limits::message` applies in any case.
#[derive(Clone)]
pub struct MessageInflater<M> {
    inflater: Inflater<M>,
    limit: Option<u64>,
    /// The inflated bytes in the memory that were not yielded, and whether the message ends with them.
    from: usize,
    to: usize,
    ends: bool,
    progress: Progress,
    cut: CutCodePoint,
    failure: Option<Violation>,
    /// How many bytes the connection had received before the first byte of the message.
    message_start: u64,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Progress {
    /// Nothing of a message was yielded.
    NotStarted,
    /// Some of it was.
    Started,
    /// The caller skips the rest.
    Skipped,
    /// All of it was, or it failed.
    Done,
}

/// What was found in a piece.
pub(super) enum Found {
    /// Inflated bytes, from one place of the memory to another.
    Bytes(usize, usize, Place),
    /// A code point that was cut.
    CodePoint([u8; 4], Place),
    /// A failure, so many bytes before the next one of the connection.
    Failed(Violation, u64),
}

impl<M: AsRef<[u8]> + AsMut<[u8]>> MessageInflater<M> {
    /// Creates a stage for what the peer sends, as agreed:
    /// [`DeflateParams::incoming`](super::DeflateParams::incoming).
    ///
    /// With context takeover, `memory` must be as long as the window: [`Inflater::memory`]. Without, it must be as long
    /// as the longest message, or as the window.
    ///
    /// # Errors
    ///
    /// [`BufferTooSmall`] if `memory` is shorter than the window and the peer takes over its context, or if it is empty.
    pub fn new(peer: Direction, memory: M) -> Result<Self, BufferTooSmall> {
        let required = if peer.takes_over() { Inflater::memory(peer.window_bits()) } else { 1 };
        if memory.as_ref().len() < required {
            return Err(BufferTooSmall { required });
        }
        let inflater = Inflater::new(memory).with_window_bits(peer.window_bits());
        Ok(Self {
            inflater: inflater.with_context_takeover(peer.takes_over()),
            limit: None,
            from: 0,
            to: 0,
            ends: false,
            progress: Progress::Done,
            cut: CutCodePoint::NONE,
            failure: None,
            message_start: 0,
        })
    }

    /// Sets how many bytes a message may inflate to. A longer one fails with 1009 after its first `limit` bytes.
    #[must_use]
    pub fn with_message_limit(self, limit: u64) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// Sets the length of the longest piece that is yielded; only the memory limits it by default. 0 counts as 1.
    #[must_use]
    pub fn with_longest_piece(self, len: usize) -> Self {
        Self { inflater: self.inflater.with_longest_piece(len), ..self }
    }

    /// Skips the rest of the message that is being delivered: no more of its pieces are yielded.
    ///
    /// The rest is still inflated and checked, and counts towards the limits. So its pieces must still be passed to
    /// [`Connection::inflate`](crate::Connection::inflate). Returns `false` if no message is being delivered.
    pub fn skip_message(&mut self) -> bool {
        if self.progress == Progress::Started {
            self.progress = Progress::Skipped;
        }
        self.progress == Progress::Skipped
    }

    /// Returns why a message could not be inflated, and at which of its compressed bytes; `None` if none failed.
    pub fn failure(&self) -> Option<InflateError> {
        self.inflater.failure()
    }

    /// Forgets all that was received, and a failure: for pools, together with the
    /// [`reset`](crate::Connection::reset) of the connection. The memory need not be cleared.
    pub fn reset(&mut self) {
        self.inflater.reset();
        (self.from, self.to, self.ends, self.progress) = (0, 0, false, Progress::Done);
        self.failure = None;
    }

    /// Borrows the memory, in which the last piece lies: for wrappers that return it later. A code point that was cut does
    /// not lie there.
    pub fn as_memory(&self) -> &[u8] {
        self.inflater.bytes(0..self.inflater.memory_len())
    }

    /// Returns the memory.
    pub fn into_memory(self) -> M {
        self.inflater.into_memory()
    }

    /// Finds the next thing to report in a piece, whose last byte is before `offset` of the connection.
    pub(super) fn next<const L: usize, const D: usize>(
        &mut self,
        tables: &mut Tables<L, D>,
        piece: &mut Extended<'_>,
        connection: Facts,
    ) -> Option<Found> {
        if !piece.reserved_bits().contains(ReservedBits::RSV1) {
            return None;
        }
        if piece.is_first() {
            self.begin(connection.offset.saturating_sub(piece.as_bytes().len() as u64), connection.message_limit);
            piece.go_on();
        }
        while self.progress != Progress::Done {
            if self.from < self.to || (self.ends && self.failure.is_none()) {
                if let Some(found) = self.take_inflated(piece.kind()) {
                    return Some(found);
                }
                continue;
            }
            if let Some(violation) = self.failure {
                self.progress = Progress::Done;
                return Some(Found::Failed(violation, self.bytes_since(violation, piece, connection.offset)));
            }
            let ends = piece.is_last();
            match self.inflater.run(tables, piece.rest(), ends) {
                Ok(None) => return None,
                Ok(Some((range, ends))) => (self.from, self.to, self.ends) = (range.start, range.end, ends),
                Err(error) => self.failure = Some(violation_of(error.violation)),
            }
        }
        None
    }

    /// Returns bytes of the memory.
    pub(super) fn bytes(&self, from: usize, to: usize) -> &[u8] {
        self.inflater.bytes(from..to)
    }

    fn begin(&mut self, start: u64, message_limit: u64) {
        self.inflater.begin_message();
        self.inflater.set_message_limit(self.limit.unwrap_or(message_limit));
        (self.from, self.to, self.ends, self.progress) = (0, 0, false, Progress::NotStarted);
        (self.cut, self.failure, self.message_start) = (CutCodePoint::NONE, None, start);
    }

    /// Takes what was inflated: a piece, or `None` if it is not worth an event.
    fn take_inflated(&mut self, kind: MessageKind) -> Option<Found> {
        let (from, to) = (self.from, self.to);
        let inflated = self.inflater.bytes(from..to);
        let verdict = match kind {
            MessageKind::Binary => Verdict::Whole,
            MessageKind::Text if !self.cut.is_none() => return self.take_cut(inflated.first().copied()),
            // Text is checked after it is inflated. [7692-6.2-text]
            MessageKind::Text => check(inflated),
        };
        self.from = to;
        let valid = match verdict {
            Verdict::Whole => return self.yields(self.ends).map(|place| Found::Bytes(from, to, place)),
            Verdict::Cut { valid } => {
                self.cut.extend(inflated.get(valid..).unwrap_or_default());
                valid
            }
            Verdict::Bad { valid, .. } => {
                self.fail_text();
                valid
            }
        };
        if valid == 0 {
            return None;
        }
        self.yields(false).map(|place| Found::Bytes(from, from.saturating_add(valid), place))
    }

    /// Takes the next byte of a code point that was cut; `None` is the end of the message.
    fn take_cut(&mut self, byte: Option<u8>) -> Option<Found> {
        let Some(byte) = byte else {
            self.fail_text();
            return None;
        };
        match self.cut.push(byte) {
            Err(InvalidByte) => {
                self.fail_text();
                None
            }
            Ok(is_whole) => {
                self.from = self.from.saturating_add(1);
                if !is_whole {
                    return None;
                }
                let ends = self.ends && self.from == self.to;
                let joined = self.cut.joined();
                self.yields(ends).map(|place| Found::CodePoint(joined, place))
            }
        }
    }

    /// The text is not UTF-8: nothing of the message is left.
    fn fail_text(&mut self) {
        (self.from, self.ends, self.failure) = (self.to, false, Some(Violation::NotUtf8));
    }

    /// Notes that a piece is yielded, and returns its place in the message; `None` if the caller skips the message.
    fn yields(&mut self, ends: bool) -> Option<Place> {
        let was = self.progress;
        if ends {
            self.progress = Progress::Done;
        } else if was != Progress::Skipped {
            self.progress = Progress::Started;
        }
        (was != Progress::Skipped).then(|| Place::new(was == Progress::NotStarted, ends))
    }

    /// Returns how many bytes the connection has received since the failing one, and with it. They do not depend on how
    /// the input was cut: text that is not UTF-8 fails at the first byte of its message.
    fn bytes_since(&self, violation: Violation, piece: &Extended<'_>, offset: u64) -> u64 {
        match self.inflater.failure() {
            Some(error) if violation != Violation::NotUtf8 => {
                let received = self.inflater.taken().saturating_add(piece.as_bytes().len() as u64);
                received.saturating_sub(error.offset)
            }
            _ => offset.saturating_sub(self.message_start),
        }
    }
}

/// What a stage needs to know of its connection.
#[derive(Clone, Copy)]
pub(super) struct Facts {
    /// How many bytes were received.
    pub(super) offset: u64,
    pub(super) message_limit: u64,
}

/// Returns what the connection fails with.
const fn violation_of(violation: InflateViolation) -> Violation {
    match violation {
        InflateViolation::TooBig | InflateViolation::MemoryTooSmall => Violation::MessageTooBig,
        // Data that cannot be inflated fails the connection with 1007. [7692-7.2.2-fail]
        _ => Violation::ExtensionData,
    }
}

impl<M> fmt::Debug for MessageInflater<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageInflater").field("progress", &self.progress).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_beside_window_and_tables_is_small() {
        assert!(size_of::<MessageInflater<()>>() <= 512, "{}", size_of::<MessageInflater<()>>());
    }
}
