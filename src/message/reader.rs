//! Whole messages in the buffer into which the caller reads.

use crate::connection::error::ProtocolError;
use crate::connection::event::Event;
use crate::connection::facade::Connection;
use crate::connection::piece::{Extended, MessageKind, Place};
use crate::connection::receive::state::Receiver;
use crate::connection::receive::step::Step;
use crate::connection::role::Role;
use crate::frame::close_code::CloseCode;
use crate::frame::reserved_bits::ReservedBits;
#[cfg(not(upframe_small))]
use crate::target::PIECE;
use crate::target::copy;
use core::ops::Range;

/// What receives: a [`Connection`] or a [`Receiver`]. Sealed.
pub trait Steps: sealed::Steps {}

impl<R: Role> Steps for Connection<R> {}
impl<R: Role + Copy> Steps for Receiver<R> {}

mod sealed {
    use super::Step;

    #[expect(unnameable_types, reason = "sealed")]
    pub trait Steps {
        fn step(&mut self, input: &mut [u8]) -> Step;
        fn payload_remaining(&self) -> u64;
    }
}

impl<R: Role> sealed::Steps for Connection<R> {
    fn step(&mut self, input: &mut [u8]) -> Step {
        self.step(input)
    }
    fn payload_remaining(&self) -> u64 {
        self.payload_remaining()
    }
}

impl<R: Role + Copy> sealed::Steps for Receiver<R> {
    fn step(&mut self, input: &mut [u8]) -> Step {
        self.step(input)
    }
    fn payload_remaining(&self) -> u64 {
        self.payload_remaining()
    }
}

/// A whole message in the caller's buffer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MessageInBuffer {
    /// What the message contains.
    pub kind: MessageKind,
    /// The reserved bits of its first frame. If there are none, a text message is valid UTF-8.
    pub reserved_bits: ReservedBits,
    /// Where the message is in the buffer. It stays there until the next call.
    pub range: Range<usize>,
}

impl MessageInBuffer {
    /// Returns the message as a piece that is the whole of it, for the extension that owns its reserved bits. `buffer` is
    /// the whole buffer.
    ///
    /// See [`Connection::inflate_message`] for an example.
    pub fn as_extended<'b>(&self, buffer: &'b [u8]) -> Extended<'b> {
        let bytes = buffer.get(self.range.clone()).unwrap_or_default();
        Extended::new(bytes, Place::Whole, self.kind, self.reserved_bits)
    }
}

/// What [`MessageReader::next`] found.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
#[non_exhaustive]
pub enum Next {
    /// A whole message.
    Message(MessageInBuffer),
    /// A Ping. Its payload is the `control_payload` of what receives, and the Pong is owed.
    Ping,
    /// A Pong. Its payload is the `control_payload` of what receives.
    Pong,
    /// The peer's Close with this code; its answer is owed.
    Close(CloseCode),
    /// The peer broke the protocol; the Close that reports it is owed.
    Failed(ProtocolError),
    /// All input is consumed. Read more into the buffer.
    ReadOn {
        /// The next byte from the transport belongs here. It is less than the buffer's length, unless the buffer is one
        /// that [can grow](MessageReader::next_within).
        at: usize,
        /// At least so many bytes of the current message are still to come.
        missing: u64,
    },
    /// The current message is longer than the buffer. The reader has forgotten it: call `skip_message` to discard its
    /// rest, or `fail` with [`Violation::MessageTooBig`](crate::connection::Violation::MessageTooBig). Where
    /// `skip_message` returns `false`, the message belongs to an extension: later messages may refer to it, so `fail`.
    TooBig,
}

/// Finds whole messages in the buffer into which the caller reads, without a second buffer.
///
/// A message that came in one frame is not copied, however many reads it took, unless the end of the buffer is reached:
/// then it moves to the front. Later fragments are moved next to the first. The buffer must be longer than the longest
/// message; one that does not fit is [`Next::TooBig`].
///
/// No borrow outlives a call, so a method can return the message:
///
/// ```
/// use std::io::{self, Read, Write};
/// use upframe::connection::{Connection, Server, Settings};
/// use upframe::message::{MessageReader, Next};
///
/// struct Socket<S> {
///     stream: S,
///     connection: Connection<Server>,
///     messages: MessageReader,
///     buffer: Vec<u8>,
///     filled: usize,
/// }
///
/// impl<S: Read + Write> Socket<S> {
///     /// The next message; `None` if the connection was closed.
///     fn next(&mut self) -> io::Result<Option<&[u8]>> {
///         loop {
///             let next = self.messages.next(&mut self.connection, &mut self.buffer, self.filled);
///             let mut out = [0; 131];
///             let n = self.connection.poll_transmit(&mut out);
///             self.stream.write_all(&out[..n])?; // a Pong, or a Close
///             match next {
///                 Next::Message(message) => return Ok(Some(&self.buffer[message.range])),
///                 Next::ReadOn { at, .. } => {
///                     let n = self.stream.read(&mut self.buffer[at..])?;
///                     if n == 0 {
///                         return Ok(None);
///                     }
///                     self.filled = at + n;
///                 }
///                 Next::Ping | Next::Pong => {}
///                 Next::Close(_) => return Ok(None),
///                 Next::Failed(error) => return Err(io::Error::other(error)),
///                 _ => return Err(io::Error::other("message too long")),
///             }
///         }
///     }
/// }
/// # struct Pipe(&'static [u8]);
/// # impl Read for Pipe { fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> { let n = buf.len().min(5); self.0.read(&mut buf[..n]) } }
/// # impl Write for Pipe {
/// #     fn write(&mut self, bytes: &[u8]) -> io::Result<usize> { Ok(bytes.len()) }
/// #     fn flush(&mut self) -> io::Result<()> { Ok(()) }
/// # }
/// # let wire = b"\x01\x83\0\0\0\0Hel\x89\x80\0\0\0\0\x80\x82\0\0\0\0lo\x82\x81\0\0\0\0!";
/// # let (connection, messages) = (Connection::server(Settings::new()), MessageReader::new());
/// # let mut socket = Socket { stream: Pipe(wire), connection, messages, buffer: vec![0; 32], filled: 0 };
/// # assert_eq!(socket.next().unwrap(), Some(&b"Hello"[..]));
/// # assert_eq!(socket.next().unwrap(), Some(&b"!"[..]));
/// # assert_eq!(socket.next().unwrap(), None);
/// ```
#[derive(Clone, Debug, Default)]
pub struct MessageReader {
    /// Where the current message begins in the buffer.
    start: usize,
    /// Its length so far.
    len: usize,
    /// The input from here on is not consumed.
    pos: usize,
    /// Whether the beginning of the current message is in the buffer.
    begun: bool,
}

/// The most bytes of a code point that was cut, for which room must stay after the message so far.
const MAX_CUT: usize = 3;

impl MessageReader {
    /// Returns a reader that has seen no input. The first byte from the transport belongs at the front of the buffer.
    pub const fn new() -> Self {
        Self::at(0)
    }

    /// Returns a reader for a buffer whose first `position` bytes are consumed: for a caller that removes the front of
    /// its buffer, or that has consumed some input without the reader.
    ///
    /// Of the text before the [`position`](Self::position) of the reader that it replaces, at least 3 bytes must stay
    /// in the buffer, unless the last call of `next` returned a message: a code point may be cut there.
    pub const fn at(position: usize) -> Self {
        Self { start: position, len: 0, pos: position, begun: false }
    }

    /// Returns where the input begins that is not consumed.
    pub const fn position(&self) -> usize {
        self.pos
    }

    /// Whether the beginning of a message is in the buffer, and its end is still to come.
    pub const fn is_message_begun(&self) -> bool {
        self.begun
    }

    /// Consumes input up to the next whole message or control frame.
    ///
    /// `buffer` is the whole buffer, the same at each call. `filled` is where the input ends in it: after a
    /// [`Next::ReadOn`] the number of bytes that were read plus its `at`, after everything else the same as before.
    /// After the peer's Close and after a failure all input is consumed, and the reader asks to read on.
    pub fn next(&mut self, receiver: &mut impl Steps, buffer: &mut [u8], filled: usize) -> Next {
        let most = buffer.len();
        self.next_within(receiver, buffer, filled, most)
    }

    /// [`next`](Self::next) in a buffer that can grow to `most` bytes.
    ///
    /// [`Next::TooBig`] is judged by `most`, and the `at` of [`Next::ReadOn`] may be the buffer's length: then the
    /// buffer must grow. So memory can grow with the bytes that came, and not with the length that a peer announces.
    ///
    /// ```
    /// use upframe::connection::{Connection, Settings};
    /// use upframe::message::{MessageReader, Next};
    /// let mut server = Connection::server(Settings::new());
    /// let mut messages = MessageReader::new();
    /// let mut buffer = Vec::new(); // as long as its input
    /// // "Hello" in two fragments, masked with a key of zeros
    /// for segment in [&b"\x01\x83\0\0\0\0Hel"[..], b"\x80\x82\0\0\0\0lo"] {
    ///     buffer.extend_from_slice(segment);
    ///     let filled = buffer.len();
    ///     match messages.next_within(&mut server, &mut buffer, filled, 1 << 20) {
    ///         Next::ReadOn { at, .. } => buffer.truncate(at),
    ///         Next::Message(message) => assert_eq!(&buffer[message.range], b"Hello"),
    ///         other => panic!("{other:?}"),
    ///     }
    /// }
    /// ```
    pub fn next_within(&mut self, receiver: &mut impl Steps, buffer: &mut [u8], filled: usize, most: usize) -> Next {
        loop {
            let base = self.pos;
            let step = receiver.step(buffer.get_mut(base..filled).unwrap_or_default());
            self.pos = base.saturating_add(step.consumed());
            let (kind, reserved_bits, place) = match step.event(&[]) {
                None => return self.read_on(receiver.payload_remaining(), buffer, most),
                Some(Event::Ping) => return Next::Ping,
                Some(Event::Pong) => return Next::Pong,
                Some(Event::Close(code)) => return Next::Close(code),
                Some(Event::Failed(error)) => return Next::Failed(error),
                Some(Event::Text(text)) => {
                    self.begin(text.place(), base, &step, text.as_bytes().len());
                    self.put_back(text.as_bytes(), buffer);
                    (MessageKind::Text, ReservedBits::NONE, text.place())
                }
                Some(Event::Binary(binary)) => {
                    self.begin(binary.place(), base, &step, 0);
                    (MessageKind::Binary, ReservedBits::NONE, binary.place())
                }
                Some(Event::Extended(extended)) => {
                    self.begin(extended.place(), base, &step, 0);
                    (extended.kind(), extended.reserved_bits(), extended.place())
                }
            };
            if self.begun && !step.payload().is_empty() {
                let from = base.saturating_add(step.payload().start);
                move_down(buffer, from, self.end(), step.payload().len());
                self.len = self.len.saturating_add(step.payload().len());
            }
            if place.is_last() && self.begun {
                let range = self.start..self.end();
                self.forget();
                return Next::Message(MessageInBuffer { kind, reserved_bits, range });
            }
        }
    }

    /// Where the message so far ends.
    const fn end(&self) -> usize {
        self.start.saturating_add(self.len)
    }

    /// The message is over: what was consumed is not needed any more.
    const fn forget(&mut self) {
        *self = Self::at(self.pos);
    }

    /// Notes where a message begins: at its first bytes in the input, so that they are not copied. `put_back` bytes of
    /// a code point that was cut end where the input was consumed: all of them came since the last message.
    fn begin(&mut self, place: Place, base: usize, step: &Step, put_back: usize) {
        if place.is_first() {
            let at = if step.payload().is_empty() { self.pos } else { base.saturating_add(step.payload().start) };
            (self.start, self.len, self.begun) = (at.saturating_sub(put_back), 0, true);
        }
    }

    /// Adds a code point that was cut. It fits: its bytes were consumed after the message so far.
    fn put_back(&mut self, bytes: &[u8], buffer: &mut [u8]) {
        if let Some(place) = buffer.get_mut(self.end()..self.end().saturating_add(bytes.len()))
            && self.begun
        {
            copy(bytes, place);
            self.len = self.len.saturating_add(bytes.len());
        }
    }

    /// All input is consumed: makes room, and tells where the next byte belongs.
    fn read_on(&mut self, missing: u64, buffer: &mut [u8], most: usize) -> Next {
        // of what was consumed after the message so far, only a code point that was cut may be needed
        let used = self.len.saturating_add(self.pos.saturating_sub(self.end()).min(MAX_CUT));
        let fits = |at: usize| most > at && most.saturating_sub(at) as u64 >= missing;
        if self.begun && !fits(used) {
            self.forget();
            return Next::TooBig;
        }
        if !self.begun || !fits(self.start.saturating_add(used)) {
            move_down(buffer, self.start, 0, self.len);
            self.start = 0;
        }
        self.pos = self.start.saturating_add(used);
        Next::ReadOn { at: self.pos, missing: if self.begun { missing } else { 0 } }
    }
}

/// Moves `len` bytes towards the front of a buffer, in pieces, for the reason that [`PIECE`] tells.
#[cfg(not(upframe_small))]
fn move_down(buffer: &mut [u8], from: usize, to: usize, len: usize) {
    let Some(end) = from.checked_add(len) else { return };
    if to >= from || end > buffer.len() {
        return;
    }
    let (mut from, mut to) = (from, to);
    while end.wrapping_sub(from) > PIECE {
        let after = from.wrapping_add(PIECE);
        buffer.copy_within(from..after, to);
        (from, to) = (after, to.wrapping_add(PIECE));
    }
    buffer.copy_within(from..end, to);
}

/// The same without the panic of `copy_within`, which the compiler would link: see `target::copy`.
#[cfg(any(test, upframe_small))]
fn move_down_in_parts(buffer: &mut [u8], from: usize, to: usize, len: usize) {
    let Some(distance) = from.checked_sub(to) else { return };
    let Some(mut rest) = buffer.get_mut(to..from.saturating_add(len)) else { return };
    // parts as long as the distance do not overlap
    while distance > 0
        && let Some((front, back)) = rest.split_at_mut_checked(distance)
        && !back.is_empty()
    {
        let n = back.len().min(distance);
        if let (Some(from), Some(to)) = (back.get(..n), front.get_mut(..n)) {
            copy(from, to);
        }
        rest = back;
    }
}

#[cfg(upframe_small)]
use move_down_in_parts as move_down;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::settings::Settings;
    use std::vec::Vec;
    use std::{format, vec};

    type Client =
        Connection<crate::connection::role::Client<fn(&mut [u8]) -> Result<(), crate::connection::entropy::NoEntropy>>>;

    fn client(settings: Settings) -> Client {
        Connection::client(|_| Ok(()), settings)
    }

    fn frame(b0: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![b0];
        match payload.len() {
            n @ 0..=125 => frame.push(n as u8),
            n => frame.extend([126, (n >> 8) as u8, n as u8]),
        }
        frame.extend(payload);
        frame
    }

    /// All that is found, read in parts of these sizes, in turn.
    fn found(wire: &[u8], sizes: &[usize], room: usize) -> Vec<std::string::String> {
        let mut client = client(Settings::new().with_reserved_bits(ReservedBits::RSV1));
        let (mut reader, mut buffer, mut filled) = (MessageReader::new(), vec![0xEE; room], 0);
        let (mut rest, mut sizes, mut seen) = (wire, sizes.iter().cycle(), vec![]);
        loop {
            let next = reader.next(&mut client, &mut buffer, filled);
            let mut out = [0; 131];
            let _ = client.poll_transmit(&mut out);
            match next {
                Next::Message(MessageInBuffer { kind, reserved_bits, range }) => {
                    let bytes = &buffer[range];
                    assert!(
                        kind == MessageKind::Binary || !reserved_bits.is_empty() || std::str::from_utf8(bytes).is_ok()
                    );
                    seen.push(format!("{kind:?} {} {}", reserved_bits.bits(), bytes.escape_ascii()));
                }
                Next::ReadOn { at, .. } => {
                    assert!(at < room);
                    let n = (*sizes.next().unwrap()).clamp(1, room - at).min(rest.len());
                    if rest.is_empty() {
                        return seen;
                    }
                    buffer[at..at + n].copy_from_slice(&rest[..n]);
                    (rest, filled) = (&rest[n..], at + n);
                }
                Next::Ping => {
                    seen.push(format!("Ping {}", client.control_payload().unwrap_or_default().escape_ascii()))
                }
                other => seen.push(format!("{other:?}")),
            }
        }
    }

    fn session() -> (Vec<u8>, Vec<&'static str>) {
        let text = "a\u{e9}\u{20ac}\u{1f600}z".as_bytes();
        let mut wire = vec![];
        let mut want = vec![];
        wire.extend(frame(0x81, text));
        want.push("Text 0 a\\xc3\\xa9\\xe2\\x82\\xac\\xf0\\x9f\\x98\\x80z");
        wire.extend(frame(0x82, b""));
        want.push("Binary 0 ");
        wire.extend(frame(0x81, b""));
        want.push("Text 0 ");
        // a code point cut by fragments, with a Ping in between, and the message begins with one
        wire.extend(
            [frame(0x01, &text[1..2]), frame(0x89, b"ping"), frame(0x00, b""), frame(0x80, &text[2..])].concat(),
        );
        want.extend(["Ping ping", "Text 0 \\xc3\\xa9\\xe2\\x82\\xac\\xf0\\x9f\\x98\\x80z"]);
        wire.extend([frame(0x02, b"one"), frame(0x00, b" two"), frame(0x80, b" three")].concat());
        want.push("Binary 0 one two three");
        wire.extend([frame(0x02, b""), frame(0x80, b"late")].concat());
        want.push("Binary 0 late");
        wire.extend([frame(0x41, b"\xff\xfe"), frame(0x80, b"\xfd")].concat());
        want.push("Text 64 \\xff\\xfe\\xfd");
        wire.extend([frame(0x41, b""), frame(0x80, b"")].concat());
        want.push("Text 64 ");
        wire.extend(frame(0x88, b"\x03\xe8"));
        want.push("Close(CloseCode(1000))");
        (wire, want)
    }

    #[test]
    fn messages_are_whole_in_any_buffer_however_they_are_read() {
        let (wire, want) = session();
        for room in [24, 25, 31, 64, 1000] {
            for size in 1..=wire.len() {
                assert_eq!(found(&wire, &[size], room), want, "{size} bytes at a time, {room} bytes of room");
                assert_eq!(
                    found(&wire, &[size, 1, 7], room),
                    want,
                    "{size} bytes, then 1, then 7, {room} bytes of room"
                );
            }
        }
    }

    #[test]
    fn a_message_in_one_frame_is_not_moved_however_many_reads_it_takes() {
        let wire = frame(0x82, &[7; 300]);
        let (mut client, mut reader, mut buffer) = (client(Settings::new()), MessageReader::new(), vec![0; 400]);
        let mut filled = 0;
        for chunk in wire.chunks(11) {
            let Next::ReadOn { at, missing } = reader.next(&mut client, &mut buffer, filled) else { panic!() };
            assert_eq!((at, missing), (filled, if filled < 4 { 0 } else { 304 - filled as u64 }));
            buffer[at..at + chunk.len()].copy_from_slice(chunk);
            filled = at + chunk.len();
        }
        let Next::Message(message) = reader.next(&mut client, &mut buffer, filled) else { panic!() };
        assert_eq!((message.range.clone(), &buffer[message.range]), (4..304, &[7; 300][..]));
    }

    #[test]
    fn a_message_that_does_not_fit_is_reported_as_soon_as_that_is_known_and_its_rest_is_discarded() {
        let good = [frame(0x81, b"before"), frame(0x01, &[b'x'; 20])].concat();
        let wire = [good, frame(0x00, &[b'y'; 13]), frame(0x80, b"z"), frame(0x81, b"after")].concat();
        for size in 1..wire.len() {
            let seen = found(&wire, &[size], 32);
            assert_eq!(seen, ["Text 0 before", "TooBig", "Text 0 after"], "{size} bytes at a time");
        }
        // a message in one frame may be as long as the buffer
        for (len, want) in [(31, "Text 0 "), (32, "Text 0 "), (33, "TooBig")] {
            for size in 1..=32 {
                let wire = frame(0x81, &vec![b'x'; len]);
                assert!(found(&wire, &[size], 32)[0].starts_with(want), "{len}");
            }
        }
    }

    /// The same in a buffer that is as long as its input. Its front is removed after messages.
    fn found_growing(wire: &[u8], size: usize, most: usize) -> Vec<std::string::String> {
        let mut client = client(Settings::new().with_reserved_bits(ReservedBits::RSV1));
        let (mut reader, mut buffer, mut rest, mut seen) = (MessageReader::new(), vec![], wire, vec![]);
        loop {
            let filled = buffer.len();
            let next = reader.next_within(&mut client, &mut buffer, filled, most);
            let mut out = [0; 131];
            let _ = client.poll_transmit(&mut out);
            match next {
                Next::Message(MessageInBuffer { kind, reserved_bits, range }) => {
                    let bytes: Vec<u8> = buffer.drain(..range.end).skip(range.start).collect();
                    assert!(!reader.is_message_begun());
                    reader = MessageReader::at(reader.position() - range.end);
                    seen.push(format!("{kind:?} {} {}", reserved_bits.bits(), bytes.escape_ascii()));
                }
                Next::ReadOn { at, .. } => {
                    if rest.is_empty() {
                        return seen;
                    }
                    buffer.truncate(at);
                    let n = size.min(rest.len()).min(most - at);
                    buffer.extend(&rest[..n]);
                    rest = &rest[n..];
                }
                Next::Ping => {
                    seen.push(format!("Ping {}", client.control_payload().unwrap_or_default().escape_ascii()));
                }
                other => seen.push(format!("{other:?}")),
            }
        }
    }

    #[test]
    fn a_buffer_that_grows_holds_what_came_and_not_what_was_announced() {
        let (wire, want) = session();
        for most in [24, 25, 1000] {
            for size in 1..=wire.len() {
                assert_eq!(found_growing(&wire, size, most), want, "{size} bytes at a time, {most} at most");
            }
        }
        // 62 KB are announced
        let (mut client, mut reader, mut buffer) = (client(Settings::new()), MessageReader::new(), vec![]);
        buffer.extend(*b"\x82\x7e\xf0\x00ab");
        let next = reader.next_within(&mut client, &mut buffer, 6, 1 << 20);
        assert_eq!((next, reader.is_message_begun()), (Next::ReadOn { at: 6, missing: 0xF000 - 2 }, true));
        // neighbours of the limit
        for (len, want) in [(31, "Binary 0"), (32, "Binary 0"), (33, "TooBig")] {
            for size in 1..=40 {
                let wire = frame(0x82, &vec![b'x'; len]);
                assert!(found_growing(&wire, size, 32)[0].starts_with(want), "{len}, {size} bytes at a time");
            }
        }
    }

    #[test]
    fn bytes_move_towards_the_front_in_parts_as_at_once() {
        let from: Vec<u8> = (0..40).collect();
        for (start, to, len) in
            [(6, 0, 30), (6, 5, 34), (20, 3, 20), (20, 3, 5), (5, 5, 9), (8, 2, 0), (10, 0, 31), (3, 9, 4)]
        {
            let (mut one, mut two) = (from.clone(), from.clone());
            move_down_in_parts(&mut one, start, to, len);
            if to < start && start + len <= 40 {
                two.copy_within(start..start + len, to);
            }
            assert_eq!(one[..to + len], two[..to + len], "{start} {to} {len}");
        }
    }

    #[cfg(not(upframe_small))]
    #[test]
    fn bytes_move_towards_the_front_in_pieces_as_at_once() {
        let from: Vec<u8> = (0..3 * PIECE).map(|i| (i % 251) as u8).collect();
        for len in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 1] {
            for (start, to) in [(1, 0), (9, 3), (PIECE - 1, 0), (PIECE, 1), (9, 9), (3, 4), (PIECE, 0)] {
                let (mut one, mut two) = (from.clone(), from.clone());
                move_down(&mut one, start, to, len);
                if to < start && start + len <= two.len() {
                    two.copy_within(start..start + len, to);
                }
                assert!(one == two, "{len} bytes from {start} to {to}");
            }
        }
    }
}
