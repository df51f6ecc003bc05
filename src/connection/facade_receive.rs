//! One connection as its users see it: receiving.

use super::closing::EndOfStream;
use super::entropy::Entropy;
use super::error::Violation;
use super::event::Event;
use super::facade::Connection;
#[cfg(not(upframe_small))]
use super::receive::in_buffer::InBuffer;
use super::receive::input::Copied;
use super::receive::state::Receiver;
use super::receive::step::Step;
use super::role::{Client, Role};

/// Receiving.
impl<R: Role> Connection<R> {
    /// Consumes bytes from the front of `input` up to the next event. Payloads are unmasked in place.
    ///
    /// `None` means that all input is consumed and nothing is left to yield. Call it until then; `input.is_empty()`
    /// does not mean the same. After a Close and after a failure it consumes all input and returns `None`. Only after
    /// [`Event::TransmitFirst`] may input be left.
    ///
    /// A message is yielded in pieces of any length, as they are received: [`Place`](super::Place) tells where a piece
    /// lies. The pieces borrow `input`, not the connection, so that an answer can be sent while an event is held.
    ///
    /// ```
    /// use upframe::connection::{Connection, Event, Settings};
    /// let mut server = Connection::server(Settings::new());
    /// // RFC 6455 §5.7: "Hello"
    /// let mut wire = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    /// let mut input = &mut wire[..];
    /// let Some(Event::Text(text)) = server.receive(&mut input) else { panic!() };
    /// assert_eq!((text.as_str(), text.is_last()), ("Hello", true));
    /// assert_eq!(server.receive(&mut input), None);
    /// ```
    #[inline(always)]
    #[must_use = "an event that is ignored is lost"]
    pub fn receive<'b>(&mut self, input: &mut &'b mut [u8]) -> Option<Event<'b>> {
        self.common.receive_from(input)
    }

    /// [`receive`](Self::receive) from a read-only buffer: payloads are unmasked while they are copied to `scratch`.
    ///
    /// Pieces are at most as long as `scratch`. A scratch of 0 bytes does not compile.
    ///
    /// ```
    /// use upframe::connection::{Connection, Event, Settings};
    /// let mut server = Connection::server(Settings::new());
    /// // RFC 6455 §5.7: "Hello"
    /// let mut input = &b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"[..];
    /// let (mut scratch, mut text) = ([0; 2], String::new());
    /// while let Some(Event::Text(piece)) = server.receive_copied(&mut input, &mut scratch) {
    ///     text.push_str(piece.as_str());
    /// }
    /// assert_eq!(text, "Hello");
    /// ```
    #[must_use = "an event that is ignored is lost"]
    pub fn receive_copied<'b, const N: usize>(
        &mut self,
        input: &mut &[u8],
        scratch: &'b mut [u8; N],
    ) -> Option<Event<'b>> {
        const { assert!(N > 0, "a scratch of no bytes holds no piece") };
        let mut copied = Copied { input, scratch };
        let event = self.common.receive_from(&mut copied);
        *input = copied.input;
        event
    }

    /// [`receive`](Self::receive) with ranges of `input` instead of slices.
    ///
    /// It is for wrappers that own their buffer and return events from a loop, which the borrow checker refuses with
    /// slices. See [`Step`] for an example.
    pub fn step(&mut self, input: &mut [u8]) -> Step {
        Step::of(input, |rest| self.receive(rest))
    }

    /// Returns the half that receives.
    pub(crate) const fn receiver_mut(&mut self) -> &mut Receiver<R::Keyless> {
        &mut self.common.receiver
    }

    /// Receives from a buffer in which the pieces stay: for whole messages.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) fn receive_in_buffer(&mut self, input: &mut InBuffer) -> Option<Event<'static>> {
        self.common.receive_from(input)
    }

    /// Reports that the input stream has ended. Returns where it ended (RFC 6455 §7.1.4, §7.1.5), also when called
    /// again.
    ///
    /// After it nothing is received, and no data is sent; [`poll_transmit`](Self::poll_transmit) still writes what is
    /// queued. See [`EndOfStream`] for an example.
    pub fn receive_eof(&mut self) -> EndOfStream {
        self.common.receive_eof()
    }

    /// Skips the rest of the message that is being delivered: no more of its pieces are yielded.
    ///
    /// The rest is still checked, and counts towards the limits. Returns `false` if no message is being delivered, and
    /// after a Close or a failure.
    ///
    /// It is also `false` in a message of an extension, whose pieces all are yielded: later messages may refer to them.
    /// See [`MessageInflater::skip_message`](crate::deflate::MessageInflater::skip_message).
    ///
    /// ```
    /// use upframe::connection::{Connection, Settings};
    /// let mut server = Connection::server(Settings::new());
    /// // two fragments, masked with a key of zeros
    /// let mut wire = *b"\x01\x83\0\0\0\0Hel\x80\x82\0\0\0\0lo";
    /// let mut input = &mut wire[..];
    /// assert!(!server.skip_message());
    /// server.receive(&mut input).unwrap();
    /// assert!(server.skip_message());
    /// assert_eq!(server.receive(&mut input), None);
    /// ```
    pub fn skip_message(&mut self) -> bool {
        self.common.receiver.skip_message()
    }

    /// Returns how many bytes of the current data frame's payload are still to come: 0 between frames, until the length
    /// of a frame is known, in a control frame, and in a message that is skipped.
    ///
    /// ```
    /// use upframe::connection::{Connection, Settings};
    /// let mut server = Connection::server(Settings::new());
    /// let mut wire = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f"; // RFC 6455 §5.7: the front of "Hello"
    /// let _he = server.receive(&mut &mut wire[..]);
    /// assert_eq!(server.payload_remaining(), 3);
    /// ```
    pub fn payload_remaining(&self) -> u64 {
        self.common.receiver.payload_remaining()
    }

    /// Fails the connection because of a violation that the caller found (RFC 6455 §7.1.7).
    ///
    /// A Close with the [close code](Violation::close_code) of the violation is queued, and all further input is
    /// discarded. No [`Event::Failed`] follows. After a Close or a failure it does nothing. See [`Violation`] for an
    /// example.
    pub fn fail(&mut self, violation: Violation) {
        self.fail_back(violation, 0);
    }

    /// [`fail`](Self::fail) at a byte of the last piece: `back` bytes before the next one.
    pub(crate) fn fail_back(&mut self, violation: Violation, back: u64) {
        self.common.fail(violation, back);
    }

    /// Returns how many bytes a message may have.
    pub(crate) const fn message_limit(&self) -> u64 {
        self.common.receiver.message_limit()
    }

    /// Returns the payload of the control frame that the last event reported, up to 125 bytes: `Some` until the next
    /// call that receives, or that queues a Ping, a Pong or a Close which needs the room.
    ///
    /// It is also `None` after a Pong that found no room beside the answer to a Ping, or beside what waits to be written:
    /// there is room for 125 bytes of payload, and nobody is owed that of a Pong. The payload of a Ping makes room for
    /// the next Ping or Close as soon as that begins.
    ///
    /// ```
    /// use upframe::connection::{Connection, Event, Settings};
    /// let mut server = Connection::server(Settings::new());
    /// let mut wire = *b"\x89\x82\0\0\0\0hi"; // masked with a key of zeros
    /// let mut input = &mut wire[..];
    /// assert_eq!(server.receive(&mut input), Some(Event::Ping));
    /// assert_eq!(server.control_payload(), Some(&b"hi"[..]));
    /// ```
    pub fn control_payload(&self) -> Option<&[u8]> {
        self.common.receiver.control_payload()
    }
}

/// Receiving at a client.
impl<E: Entropy> Connection<Client<E>> {
    /// [`receive`](Self::receive) from a read-only buffer, such as shared memory or flash: a server masks nothing.
    ///
    /// The pieces have the lifetime of the buffer.
    ///
    /// ```
    /// use upframe::connection::{Connection, Event, NoEntropy, Settings};
    /// # fn entropy(_: &mut [u8]) -> Result<(), NoEntropy> { Err(NoEntropy) }
    /// let mut client = Connection::client(entropy, Settings::new());
    /// let mut input = &b"\x82\x02Hi"[..];
    /// let Some(Event::Binary(piece)) = client.receive_shared(&mut input) else {
    ///     panic!()
    /// };
    /// assert_eq!(piece.as_bytes(), b"Hi");
    /// ```
    #[inline(always)]
    #[must_use = "an event that is ignored is lost"]
    pub fn receive_shared<'b>(&mut self, input: &mut &'b [u8]) -> Option<Event<'b>> {
        self.common.receive_from(input)
    }

    /// [`step`](Self::step) on a read-only buffer.
    ///
    /// ```
    /// use upframe::connection::{Connection, NoEntropy, Settings};
    /// # fn entropy(_: &mut [u8]) -> Result<(), NoEntropy> { Err(NoEntropy) }
    /// let mut client = Connection::client(entropy, Settings::new());
    /// let step = client.step_shared(b"\x82\x02Hi");
    /// assert_eq!((step.consumed(), step.payload()), (4, 2..4));
    /// ```
    pub fn step_shared(&mut self, input: &[u8]) -> Step {
        Step::of(input, |rest| self.receive_shared(rest))
    }
}
