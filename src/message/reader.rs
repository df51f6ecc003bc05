//! Whole messages in the buffer into which the caller reads.

#[cfg(not(upframe_small))]
use super::found::Quick;
use super::found::{MessageInBuffer, Next};
use super::steps::{Internal, Received, Steps};
use crate::connection::event::Event;
use crate::connection::piece::{MessageKind, Place};
use crate::frame::reserved_bits::ReservedBits;
use crate::target::{copy, move_down};
use core::ops::Range;

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
    pub(super) start: usize,
    /// Its length so far.
    pub(super) len: usize,
    /// The input from here on is not consumed.
    pub(super) pos: usize,
    /// Whether the beginning of the current message is in the buffer.
    pub(super) begun: bool,
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
            let input = buffer.get_mut(..filled).unwrap_or_default();
            if receiver.receiver(Internal).has_nothing(input.get(self.pos..).unwrap_or_default()) {
                return self.read_on(receiver.receiver(Internal).payload_remaining(), buffer, most);
            }
            #[cfg(not(upframe_small))]
            match self.find_quickly(receiver.receiver(Internal), input) {
                Quick::Message(message) => return Next::Message(message),
                Quick::Part => continue,
                Quick::Nothing => {}
            }
            let to = if self.begun { self.end() } else { usize::MAX };
            let received = Received::next(receiver, input, self.pos, to);
            self.pos = received.position;
            let (kind, reserved_bits, place, cut) = match &received.event {
                // Input is only left if there is no room for what comes next.
                None if received.position < filled => return Next::TransmitFirst,
                None => return self.read_on(receiver.receiver(Internal).payload_remaining(), buffer, most),
                Some(Event::TransmitFirst) => return Next::TransmitFirst,
                Some(Event::Ping) => return Next::Ping,
                Some(Event::Pong) => return Next::Pong,
                Some(Event::Close(code)) => return Next::Close(*code),
                Some(Event::Failed(error)) => return Next::Failed(*error),
                Some(Event::Text(text)) => (MessageKind::Text, ReservedBits::NONE, text.place(), text.as_bytes()),
                Some(Event::Binary(binary)) => (MessageKind::Binary, ReservedBits::NONE, binary.place(), &[][..]),
                Some(Event::Extended(extended)) => {
                    (extended.kind(), extended.reserved_bits(), extended.place(), &[][..])
                }
            };
            self.begin(place, &received.piece, cut.len());
            self.put_back(cut, buffer);
            if self.begun {
                self.len = self.len.saturating_add(received.piece.len());
                if place.is_last() {
                    return Next::Message(self.finish(kind, reserved_bits));
                }
            }
        }
    }

    /// Returns the message, which is whole, and forgets it.
    pub(super) fn finish(&mut self, kind: MessageKind, reserved_bits: ReservedBits) -> MessageInBuffer {
        let range = self.start..self.end();
        self.forget();
        MessageInBuffer { kind, reserved_bits, range }
    }

    /// Where the message so far ends.
    pub(super) const fn end(&self) -> usize {
        self.start.saturating_add(self.len)
    }

    /// The message is over: what was consumed is not needed any more.
    const fn forget(&mut self) {
        *self = Self::at(self.pos);
    }

    /// Notes where a message begins: at its first bytes in the input, so that they are not copied. `put_back` bytes of
    /// a code point that was cut end where the input was consumed: all of them came since the last message.
    fn begin(&mut self, place: Place, piece: &Range<usize>, put_back: usize) {
        if place.is_first() {
            let at = if piece.is_empty() { self.pos } else { piece.start };
            (self.start, self.len, self.begun) = (at.saturating_sub(put_back), 0, true);
        }
    }

    /// Adds a code point that was cut. It fits: its bytes were consumed after the message so far.
    fn put_back(&mut self, cut: &[u8], buffer: &mut [u8]) {
        if let Some(place) = buffer.get_mut(self.end()..self.end().saturating_add(cut.len()))
            && self.begun
        {
            copy(cut, place);
            self.len = self.len.saturating_add(cut.len());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::facade::Connection;
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
}
