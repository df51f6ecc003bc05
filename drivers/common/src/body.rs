//! The start of the body of a response.

use crate::head::Response;
use std::fmt;
use upframe::http::Body;

/// The most bytes that are read of a body. If it comes in chunks, the lines between them count, too.
const READ_MAX: usize = 4 * Response::BODY_MAX;

/// Collects the start of a body: up to [`Response::BODY_MAX`] bytes, without the lines between its chunks (RFC 9112
/// §7.1). `Debug` shows no part of it.
///
/// ```
/// use upframe::http::Body;
/// let mut body = upframe_driver::BodyStart::new(Body::Chunked);
/// body.push(b"6\r\nno roo");
/// assert!(body.wants_more()); // read on
/// body.push(b"\r\n2\r\nm\n\r\n0\r\n\r\n");
/// assert!(!body.wants_more());
/// ```
pub struct BodyStart {
    part: Part,
    bytes: Vec<u8>,
    /// So many bytes may still come.
    readable: usize,
}

/// What comes next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    /// This many bytes, then nothing.
    Length(u64),
    /// All bytes up to the end of the stream.
    UntilEnd,
    /// The size of a chunk, in hexadecimal digits. `None` before the first of them.
    Size(Option<u64>),
    /// The rest of the line with the size: extensions.
    Extensions(u64),
    /// This many bytes of a chunk.
    Chunk(u64),
    /// The end of the line after a chunk.
    LineEnd,
    /// Nothing: the body is complete.
    Complete,
    /// Nothing: the body is too long, or malformed.
    CutOff,
}

impl BodyStart {
    /// Returns the collector for a body of this form.
    #[must_use]
    pub const fn new(form: Body) -> Self {
        let part = match form {
            Body::None | Body::Length(0) => Part::Complete,
            Body::Length(len) => Part::Length(len),
            Body::Chunked => Part::Size(None),
            Body::UntilEnd => Part::UntilEnd,
        };
        Self { part, bytes: Vec::new(), readable: READ_MAX }
    }

    /// Consumes the next bytes of the stream. What follows the body is ignored.
    pub fn push(&mut self, input: &[u8]) {
        let mut input = input.get(..self.readable).unwrap_or(input);
        self.readable = self.readable.saturating_sub(input.len());
        while let [first, rest @ ..] = input {
            (self.part, input) = match self.part {
                Part::Complete | Part::CutOff => return,
                Part::Length(left) => match self.take(input, left) {
                    Some((0, rest)) => (Part::Complete, rest),
                    Some((left, rest)) => (Part::Length(left), rest),
                    None => (Part::CutOff, rest),
                },
                Part::Chunk(left) => match self.take(input, left) {
                    Some((0, rest)) => (Part::LineEnd, rest),
                    Some((left, rest)) => (Part::Chunk(left), rest),
                    None => (Part::CutOff, rest),
                },
                Part::UntilEnd => match self.take(input, u64::MAX) {
                    Some((_, rest)) => (Part::UntilEnd, rest),
                    None => (Part::CutOff, rest),
                },
                Part::Size(size) => (after_size(size, *first), rest),
                Part::Extensions(size) => (if *first == b'\n' { chunk(size) } else { self.part }, rest),
                Part::LineEnd => match *first {
                    b'\r' => (Part::LineEnd, rest),
                    b'\n' => (Part::Size(None), rest),
                    _ => (Part::CutOff, rest),
                },
            };
        }
    }

    /// The stream has ended: so has a body without a length.
    pub fn end(&mut self) {
        if self.part == Part::UntilEnd {
            self.part = Part::Complete;
        }
    }

    /// Returns whether more of the stream would change anything.
    #[must_use]
    pub const fn wants_more(&self) -> bool {
        !matches!(self.part, Part::Complete | Part::CutOff) && self.readable > 0
    }

    /// Returns the bytes, and whether they are all.
    pub(crate) fn into_parts(self) -> (Box<[u8]>, bool) {
        (self.bytes.into(), self.part == Part::Complete)
    }

    /// Keeps up to `len` bytes of the input. Returns how many of `len` are left, and the rest of the input; `None` if
    /// there is no room for all.
    fn take<'i>(&mut self, input: &'i [u8], len: u64) -> Option<(u64, &'i [u8])> {
        let n = usize::try_from(len).map_or(input.len(), |len| len.min(input.len()));
        let (bytes, rest) = input.split_at_checked(n)?;
        let room = Response::BODY_MAX.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        (n <= room).then_some((len.saturating_sub(n as u64), rest))
    }
}

/// Returns what follows a byte of a line with a size.
fn after_size(size: Option<u64>, byte: u8) -> Part {
    let digit = char::from(byte).to_digit(16).map(u64::from);
    match (size, digit, byte) {
        (size, Some(digit), _) => match size.unwrap_or(0).checked_mul(16) {
            Some(sixteenfold) => Part::Size(Some(sixteenfold | digit)),
            None => Part::CutOff,
        },
        (Some(size), None, b'\n') => chunk(size),
        (Some(size), None, b'\r' | b';' | b' ' | b'\t') => Part::Extensions(size),
        _ => Part::CutOff,
    }
}

/// Returns what follows the line with the size of a chunk. The last one has none; what follows it is of no use.
const fn chunk(size: u64) -> Part {
    if size == 0 { Part::Complete } else { Part::Chunk(size) }
}

impl fmt::Debug for BodyStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BodyStart({} bytes)", self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = Response::BODY_MAX;

    /// Pushes a stream in pieces of `cut` bytes for as long as more is wanted. Returns the bytes, whether they are all,
    /// and how many were pushed.
    fn read(form: Body, stream: &[u8], cut: usize, ends: bool) -> (Vec<u8>, bool, usize) {
        let (mut body, mut pushed) = (BodyStart::new(form), 0);
        for piece in stream.chunks(cut) {
            if !body.wants_more() {
                break;
            }
            body.push(piece);
            pushed += piece.len();
        }
        if ends {
            body.end();
        }
        let (bytes, is_complete) = body.into_parts();
        (bytes.into(), is_complete, pushed)
    }

    fn check(form: Body, stream: &[u8], ends: bool, want: &[u8], complete: bool) {
        for cut in [1, 2, 3, 7, 1024, 1 << 20] {
            let (bytes, is_complete, _) = read(form, stream, cut, ends);
            assert_eq!((&bytes[..], is_complete), (want, complete), "{form:?} in pieces of {cut}");
        }
    }

    #[test]
    fn a_body_with_a_length_has_that_and_no_more() {
        check(Body::None, b"HTTP/1.1 200", false, b"", true);
        check(Body::Length(0), b"HTTP/1.1 200", false, b"", true);
        check(Body::Length(5), b"no ro", false, b"no ro", true);
        check(Body::Length(5), b"no room", false, b"no ro", true);
        check(Body::Length(5), b"no r", false, b"no r", false);
        check(Body::Length(5), b"no r", true, b"no r", false);
        check(Body::Length(u64::MAX), b"no room", true, b"no room", false);
    }

    #[test]
    fn a_body_without_a_length_is_complete_when_the_stream_ends() {
        check(Body::UntilEnd, b"no room", true, b"no room", true);
        check(Body::UntilEnd, b"no room", false, b"no room", false);
        check(Body::UntilEnd, b"", true, b"", true);
    }

    #[test]
    fn a_longer_body_is_cut_off_and_no_more_of_it_is_read() {
        let long = vec![b'x'; 10 * MAX];
        for form in [Body::UntilEnd, Body::Length(10 * MAX as u64), Body::Length(MAX as u64 + 1)] {
            check(form, &long, true, &long[..MAX], false);
            assert_eq!(read(form, &long, 1, true).2, MAX + 1, "{form:?}");
        }
        check(Body::Length(MAX as u64), &long, false, &long[..MAX], true);
        check(Body::UntilEnd, &long[..MAX], true, &long[..MAX], true);
    }

    #[test]
    fn chunks_are_put_together() {
        for stream in [
            "7\r\nno room\r\n0\r\n\r\n",
            "3\r\nno \r\n4\r\nroom\r\n0\r\n\r\nHTTP/1.1 200",
            "3;a=\"b\"\r\nno \r\n0004 ; x\r\nroom\r\n000\r\nTrailer: 1\r\n\r\n",
            "7\nno room\n0\n\n",
        ] {
            check(Body::Chunked, stream.as_bytes(), false, b"no room", true);
        }
        check(Body::Chunked, b"0\r\n\r\n", false, b"", true);
        check(Body::Chunked, b"1A\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n", false, b"abcdefghijklmnopqrstuvwxyz", true);
    }

    #[test]
    fn malformed_or_missing_chunks_end_the_body_where_they_are() {
        for (stream, want) in [
            ("", ""),
            ("7", ""),
            ("7\r\nno ", "no "),
            ("7\r\nno room", "no room"),
            ("7\r\nno room\r\n", "no room"),
            ("7\r\nno roomX\r\n0\r\n\r\n", "no room"),
            ("\r\n7\r\nno room", ""),
            ("x\r\nno room", ""),
            ("-7\r\nno room", ""),
            ("7x\r\nno room", ""),
            ("10000000000000007\r\nno room", ""),
            ("FFFFFFFFFFFFFFFF\r\nno room", "no room"),
        ] {
            for ends in [false, true] {
                check(Body::Chunked, stream.as_bytes(), ends, want.as_bytes(), false);
            }
        }
    }

    #[test]
    fn lines_between_chunks_are_bounded() {
        let extension = format!("1;{}\r\na", "x".repeat(10 * READ_MAX));
        check(Body::Chunked, extension.as_bytes(), false, b"", false);
        assert_eq!(read(Body::Chunked, extension.as_bytes(), 1, false).2, READ_MAX);
        let chunks = "1\r\nx\r\n".repeat(READ_MAX);
        assert_eq!(read(Body::Chunked, chunks.as_bytes(), 1, false).2, READ_MAX);
    }

    #[test]
    fn the_longest_body_in_chunks_is_complete() {
        for size in [MAX - 1, MAX, MAX + 1] {
            let text = vec![b'x'; size];
            let stream = [format!("{size:x}\r\n").as_bytes(), &text, b"\r\n0\r\n\r\n"].concat();
            check(Body::Chunked, &stream, false, &text[..size.min(MAX)], size <= MAX);
        }
    }
}
