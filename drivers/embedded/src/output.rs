//! What the sending half has queued, without the transport.

use crate::packing::{MIN_LEN, Packer};
use upframe::connection::{Endpoint, Entropy, Fragment, Place, Reply, SendError, Transmitter};
use upframe::frame::Header;

pub(crate) struct Output<'b, E: Entropy> {
    pub(crate) transmitter: Transmitter<Endpoint<E>>,
    /// The newest answer that the transmitter has no room for.
    owed: Option<Reply>,
    buffer: &'b mut [u8],
    /// These bytes of the buffer are to be written.
    start: usize,
    end: usize,
    /// Whether the transport may hold bytes that it was not told to flush.
    pub(crate) unflushed: bool,
    /// What compresses messages, if that was agreed on.
    packing: Option<Packer<'b, E>>,
    /// Whether the message that is sent in pieces is compressed.
    in_pieces: bool,
}

/// What became of something that was to be queued.
pub(crate) enum Queued {
    Done,
    /// There is no room: write something first.
    WriteFirst,
    Refused(SendError),
}

impl<'b, E: Entropy> Output<'b, E> {
    pub(crate) const fn new(
        transmitter: Transmitter<Endpoint<E>>,
        buffer: &'b mut [u8],
        packing: Option<Packer<'b, E>>,
    ) -> Self {
        Self { transmitter, owed: None, buffer, start: 0, end: 0, unflushed: false, packing, in_pieces: false }
    }

    /// Queues a message, or a piece of one, compressed if that was agreed on, and unless it is to be sent `plain`.
    pub(crate) fn queue_message(&mut self, fragment: Fragment<'_>, plain: bool) -> Queued {
        let (place, len) = (fragment.frame().place(), fragment.bytes().len());
        let compress = match place {
            Place::Whole => !plain && len >= MIN_LEN,
            Place::First => !plain,
            Place::Middle | Place::Last => self.in_pieces,
        };
        let packing = if compress { self.packing.take() } else { None };
        let Some(mut packing) = packing else {
            return self.queue(|transmitter, room| transmitter.send(fragment, room).map(<[u8]>::len));
        };
        // with less room, a message might be sent plain that gets shorter
        let enough = len.saturating_add(Header::MAX_LEN).saturating_add(7);
        let queued = if !self.is_empty() && self.buffer.len().saturating_sub(self.end) < enough {
            Queued::WriteFirst
        } else {
            self.queue(|transmitter, room| packing.send(transmitter, fragment, room))
        };
        self.packing = Some(packing);
        if matches!(queued, Queued::Done) && place != Place::Whole {
            self.in_pieces = !place.is_last();
        }
        queued
    }

    /// Returns the bytes that are to be written next.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    /// Whether the transport is to be told something.
    pub(crate) const fn waits(&self) -> bool {
        !self.is_empty() || self.unflushed
    }

    /// Removes bytes that were written.
    pub(crate) const fn advance(&mut self, n: usize) {
        self.start = self.start.saturating_add(n);
        if self.start >= self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Queues something whole, if there is room. `queue` returns how many bytes it wrote.
    pub(crate) fn queue(
        &mut self,
        queue: impl FnOnce(&mut Transmitter<Endpoint<E>>, &mut [u8]) -> Result<usize, SendError>,
    ) -> Queued {
        self.queue_owed();
        let waits = self.transmitter.wants_transmit() || self.owed.is_some();
        if waits && !self.is_empty() {
            return Queued::WriteFirst; // an answer comes first
        }
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        match queue(&mut self.transmitter, room) {
            Ok(len) => {
                self.end = self.end.saturating_add(len);
                self.queue_owed();
                Queued::Done
            }
            Err(SendError::BufferTooSmall { .. } | SendError::QueueFull | SendError::FrameInProgress)
                if !self.is_empty() =>
            {
                Queued::WriteFirst
            }
            Err(error) => Queued::Refused(error),
        }
    }

    /// Queues the control frames that the codec has.
    pub(crate) fn queue_owed(&mut self) {
        loop {
            if let Some(reply) = &self.owed
                && self.transmitter.answer(reply).is_ok()
            {
                self.owed = None;
            }
            let room = self.buffer.get_mut(self.end..).unwrap_or_default();
            let n = self.transmitter.poll_transmit(room);
            self.end = self.end.saturating_add(n);
            if self.owed.is_none() || n == 0 {
                break;
            }
        }
    }

    /// Queues an answer of the receiver. There is one place for it: a newer one takes the place of an older one.
    pub(crate) fn reply(&mut self, reply: Reply) {
        self.owed = Some(reply);
        self.queue_owed();
    }

    /// Nothing can be written any more.
    pub(crate) fn end_stream(&mut self) {
        self.transmitter.end_stream();
        (self.owed, self.start, self.end, self.unflushed) = (None, 0, 0, false);
    }
}
