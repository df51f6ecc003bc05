//! Inflates the messages of a connection (RFC 7692 §6.2).

use super::inflate::tables::Tables;
use super::stage::{Facts, Found, MessageInflater};
use crate::connection::error::{ProtocolError, Violation};
use crate::connection::event::Event;
use crate::connection::facade::Connection;
use crate::connection::piece::{Binary, Extended, MessageKind, Text};
use crate::connection::receive::state::Receiver;
use crate::connection::role::Role;
use crate::frame::reserved_bits::ReservedBits;
use crate::message::found::{MessageInBuffer, Next};
use crate::target::copy;
use crate::utf8::chars::Chars;

/// What a connection and its half have in common here.
trait Inflates {
    fn facts(&self) -> Facts;
    fn failure(&self) -> Option<ProtocolError>;
    fn fail_back(&mut self, violation: Violation, back: u64);
}

impl<R: Role> Inflates for Connection<R> {
    fn facts(&self) -> Facts {
        Facts { offset: self.offset(), message_limit: self.message_limit() }
    }
    fn failure(&self) -> Option<ProtocolError> {
        self.failure()
    }
    fn fail_back(&mut self, violation: Violation, back: u64) {
        self.fail_back(violation, back);
    }
}

impl<R: Role + Copy> Inflates for Receiver<R> {
    fn facts(&self) -> Facts {
        Facts { offset: self.offset(), message_limit: self.message_limit() }
    }
    fn failure(&self) -> Option<ProtocolError> {
        self.failure()
    }
    fn fail_back(&mut self, violation: Violation, back: u64) {
        self.fail_back(violation, back);
    }
}

fn inflate<'s, M: AsRef<[u8]> + AsMut<[u8]>, const L: usize, const D: usize>(
    receiver: &mut impl Inflates,
    stage: &'s mut MessageInflater<M>,
    tables: &mut Tables<L, D>,
    piece: &mut Extended<'_>,
) -> Option<Event<'s>> {
    // After a failure, which is reported once, nothing is yielded. [7692-nothing-behind]
    if receiver.failure().is_some() {
        return None;
    }
    Some(match stage.next(tables, piece, receiver.facts())? {
        Found::CodePoint(joined, place) => Event::Text(Text::new(Chars::joined(joined), place)),
        Found::Bytes(from, to, place) => {
            let bytes = stage.bytes(from, to);
            match piece.kind() {
                MessageKind::Text => Event::Text(Text::new(Chars::checked(bytes), place)),
                MessageKind::Binary => Event::Binary(Binary::new(bytes, place)),
            }
        }
        Found::Failed(violation, back) => {
            receiver.fail_back(violation, back);
            // nothing, if the connection has ended
            Event::Failed(receiver.failure()?)
        }
    })
}

/// Inflates a whole message into `out`.
fn inflate_message<M: AsRef<[u8]> + AsMut<[u8]>, const L: usize, const D: usize>(
    receiver: &mut impl Inflates,
    stage: &mut MessageInflater<M>,
    tables: &mut Tables<L, D>,
    mut message: Extended<'_>,
    out: &mut [u8],
) -> Next {
    let (mut len, mut fits, mut next) = (0_usize, true, Next::ReadOn { at: 0, missing: 0 });
    while let Some(event) = inflate(receiver, stage, tables, &mut message) {
        if let Event::Failed(error) = event {
            return Next::Failed(error);
        }
        let Some(piece) = event.as_fragment() else { continue };
        let end = len.saturating_add(piece.bytes().len());
        match out.get_mut(len..end) {
            Some(place) => copy(piece.bytes(), place),
            None => fits = false,
        }
        len = end;
        if piece.frame().place().is_last() {
            let (kind, range) = (message.kind(), 0..len);
            next = if fits {
                Next::Message(MessageInBuffer { kind, reserved_bits: ReservedBits::NONE, range })
            } else {
                Next::TooBig
            };
        }
    }
    next
}

impl<R: Role> Connection<R> {
    /// Inflates a piece of a compressed message up to the next event: a piece of text, a piece of bytes, or a failure.
    ///
    /// `None` means that all of `piece` is consumed and nothing is left to yield. **Call it until then, before the
    /// connection receives anything more.** The event borrows the memory of `stage`, and neither the input nor the
    /// connection, so that an answer can be sent while it is held.
    ///
    /// A failure is an event, as in [`receive`](Self::receive), and its Close is queued: 1007 for data that cannot be
    /// inflated and for text that is not UTF-8, 1009 for a message that is longer than its limit. The offset of the
    /// first kind is that of the compressed byte, and [`MessageInflater::failure`] has the reason; text fails at the
    /// first byte of its message.
    ///
    /// A piece without RSV1, of another extension, is left unchanged, and the result is `None`.
    ///
    /// ```
    /// use upframe::connection::{Connection, Event, Settings};
    /// use upframe::deflate::{Direction, FastTables, MessageInflater};
    /// use upframe::frame::ReservedBits;
    ///
    /// // as the opening handshake agreed
    /// let settings = Settings::new().with_reserved_bits(ReservedBits::RSV1);
    /// let mut server = Connection::server(settings);
    /// let mut stage = MessageInflater::new(Direction::DEFAULT, vec![0; 1 << 15]).unwrap();
    /// let mut tables = Box::new(FastTables::new());
    ///
    /// let handle = |event: Event<'_>| match event {
    ///     Event::Text(piece) => assert_eq!(piece.as_str(), "Hello"),
    ///     other => println!("{other:?}"),
    /// };
    /// // RFC 7692 §7.2.3.1: "Hello", masked with a key of zeros
    /// let mut wire = *b"\xc1\x87\0\0\0\0\xf2\x48\xcd\xc9\xc9\x07\x00";
    /// let mut input = &mut wire[..];
    /// while let Some(event) = server.receive(&mut input) {
    ///     let Event::Extended(mut piece) = event else {
    ///         handle(event); // a message that is not compressed, a Ping, a Close
    ///         continue;
    ///     };
    ///     while let Some(event) = server.inflate(&mut stage, &mut tables, &mut piece) {
    ///         handle(event);
    ///     }
    /// }
    /// ```
    ///
    /// RFC 7692 §6.2, §7.2.2.
    #[must_use = "an event that is ignored is lost"]
    pub fn inflate<'s, M: AsRef<[u8]> + AsMut<[u8]>, const L: usize, const D: usize>(
        &mut self,
        stage: &'s mut MessageInflater<M>,
        tables: &mut Tables<L, D>,
        piece: &mut Extended<'_>,
    ) -> Option<Event<'s>> {
        inflate(self, stage, tables, piece)
    }

    /// Inflates a whole message into `out`: one that [`MessageReader`](crate::message::MessageReader) found, as
    /// [`MessageInBuffer::as_extended`].
    ///
    /// [`Next::Message`] tells where the message is in `out`; it is checked, and has no reserved bits.
    /// [`Next::TooBig`] means that `out` is too short: the message was inflated and checked all the same, so the
    /// connection can go on without it, or [fail](Self::fail) with
    /// [`Violation::MessageTooBig`]. [`Next::Failed`] is as in
    /// [`inflate`](Self::inflate). After a failure, and for a message without RSV1, it is [`Next::ReadOn`].
    ///
    /// The offset of a failure is right if the message came in one frame; otherwise it counts back from the end of the
    /// message, and leaves out the headers in it.
    ///
    /// ```
    /// use upframe::connection::{Connection, Settings};
    /// use upframe::deflate::{Direction, MessageInflater, SmallTables};
    /// use upframe::frame::ReservedBits;
    /// use upframe::message::{MessageReader, Next};
    ///
    /// let settings = Settings::new().with_reserved_bits(ReservedBits::RSV1);
    /// let mut server = Connection::server(settings);
    /// let mut stage = MessageInflater::new(Direction::new(9, true), [0; 512]).unwrap();
    /// let (mut tables, mut messages) = (SmallTables::new(), MessageReader::new());
    /// // RFC 7692 §7.2.3.1: "Hello", masked with a key of zeros
    /// let mut buffer = *b"\xc1\x87\0\0\0\0\xf2\x48\xcd\xc9\xc9\x07\x00";
    /// let (filled, mut out) = (buffer.len(), [0; 64]);
    /// let mut next = messages.next(&mut server, &mut buffer, filled);
    /// if let Next::Message(message) = &next
    ///     && !message.reserved_bits.is_empty()
    /// {
    ///     let message = message.as_extended(&buffer);
    ///     next = server.inflate_message(&mut stage, &mut tables, message, &mut out);
    /// }
    /// let Next::Message(message) = next else { panic!("{next:?}") };
    /// assert_eq!(&out[message.range], b"Hello");
    /// ```
    pub fn inflate_message<M: AsRef<[u8]> + AsMut<[u8]>, const L: usize, const D: usize>(
        &mut self,
        stage: &mut MessageInflater<M>,
        tables: &mut Tables<L, D>,
        message: Extended<'_>,
        out: &mut [u8],
    ) -> Next {
        inflate_message(self, stage, tables, message, out)
    }
}

impl<R: Role + Copy> Receiver<R> {
    /// Inflates a piece of a compressed message up to the next event. See [`Connection::inflate`]. The stage is with this
    /// half, and the Close of a failure is a reply: [`take_reply`](Self::take_reply).
    #[must_use = "an event that is ignored is lost"]
    pub fn inflate<'s, M: AsRef<[u8]> + AsMut<[u8]>, const L: usize, const D: usize>(
        &mut self,
        stage: &'s mut MessageInflater<M>,
        tables: &mut Tables<L, D>,
        piece: &mut Extended<'_>,
    ) -> Option<Event<'s>> {
        inflate(self, stage, tables, piece)
    }
    /// Inflates a whole message into `out`. See [`Connection::inflate_message`].
    pub fn inflate_message<M: AsRef<[u8]> + AsMut<[u8]>, const L: usize, const D: usize>(
        &mut self,
        stage: &mut MessageInflater<M>,
        tables: &mut Tables<L, D>,
        message: Extended<'_>,
        out: &mut [u8],
    ) -> Next {
        inflate_message(self, stage, tables, message, out)
    }
}
