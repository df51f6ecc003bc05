//! Compressed messages in, messages and pieces out.

use core::mem::take;
use core::ops::Range;
use upframe::connection::{Endpoint, Event, Extended, MessageKind, Place, Receiver, Violation};
use upframe::deflate::{Direction, MessageInflater, SmallTables};

/// What was inflated, without a borrow.
#[derive(Clone, Copy)]
pub(crate) enum Inflated {
    /// These bytes of the memory.
    Bytes(MessageKind, usize, usize, Place),
    /// A code point that was cut, and its length.
    CodePoint([u8; 4], usize, Place),
    /// All compressed bytes are consumed, or the connection has failed.
    Nothing,
}

/// Only programs with compression have the code behind it.
pub(crate) trait Inflates: Send {
    fn next(&mut self, receiver: &mut Receiver<Endpoint>, piece: &mut Extended<'_>) -> Inflated;
    fn skip_message(&mut self);
    fn bytes(&self, range: Range<usize>) -> &[u8];
}

pub(crate) struct Inflating<'m> {
    /// Until there is a stage.
    memory: &'m mut [u8],
    stage: Option<MessageInflater<&'m mut [u8]>>,
    tables: &'m mut SmallTables,
}

impl<'m> Inflating<'m> {
    pub(crate) const fn new(memory: &'m mut [u8], tables: &'m mut SmallTables) -> Self {
        Self { memory, stage: None, tables }
    }

    pub(crate) fn begin(&mut self, direction: Direction) {
        let memory = match self.stage.take() {
            Some(stage) => stage.into_memory(),
            None => take(&mut self.memory),
        };
        // without a stage, compressed messages are too big: an opening handshake of this crate does not agree on that
        self.stage = MessageInflater::new(direction, memory).ok();
    }
}

impl Inflates for Inflating<'_> {
    fn next(&mut self, receiver: &mut Receiver<Endpoint>, piece: &mut Extended<'_>) -> Inflated {
        let Some(stage) = &mut self.stage else {
            receiver.fail(Violation::MessageTooBig);
            return Inflated::Nothing;
        };
        let (kind, place, bytes) = match receiver.inflate(stage, self.tables, piece) {
            Some(Event::Text(text)) => match text.chars().in_input() {
                Some(bytes) => (MessageKind::Text, text.place(), bytes.as_ptr().addr()..bytes.len()),
                None => {
                    let (mut joined, bytes) = ([0; 4], text.as_bytes());
                    for (to, from) in joined.iter_mut().zip(bytes) {
                        *to = *from;
                    }
                    return Inflated::CodePoint(joined, bytes.len(), text.place());
                }
            },
            Some(Event::Binary(binary)) => {
                let bytes = binary.as_bytes();
                (MessageKind::Binary, binary.place(), bytes.as_ptr().addr()..bytes.len())
            }
            _ => return Inflated::Nothing,
        };
        let (address, len) = (bytes.start, bytes.end);
        let from = if len == 0 { 0 } else { address.wrapping_sub(stage.as_memory().as_ptr().addr()) };
        Inflated::Bytes(kind, from, from.saturating_add(len), place)
    }

    fn skip_message(&mut self) {
        if let Some(stage) = &mut self.stage {
            stage.skip_message();
        }
    }

    fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.stage.as_ref().and_then(|stage| stage.as_memory().get(range)).unwrap_or_default()
    }
}
