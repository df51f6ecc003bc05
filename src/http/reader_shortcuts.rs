//! Shortcuts of the reader for the usual cases: one byte of a name or a value, and a field that lies whole in the
//! input.
//!
//! A small machine has none of them. What a shortcut does not consume, the machine reads, with the same result.

use super::class::Class;
#[cfg(not(upframe_small))]
use super::line_words::field_line;
use super::reader::HeadReader;
use super::reader_state::HeadState;
use super::scan::is_tchar;
use super::source::Source;
#[cfg(not(upframe_small))]
use super::source::{FIELD_GAP, parts};
use super::span::{Run, Span};
use crate::target::SMALL;

impl HeadReader {
    /// Consumes one byte that is all the input and ends nothing, in a name or a value: reading byte by byte costs
    /// little then.
    #[inline(always)]
    pub(crate) fn read_one<'b>(&mut self, input: &mut impl Source<'b>) -> Option<Span<'b>> {
        if SMALL {
            return None;
        }
        let &[byte] = input.bytes() else { return None };
        let is_value = self.state == HeadState::Value && Class::Value.holds(byte);
        let is_name = self.state == HeadState::Name && is_tchar(byte);
        if self.taken >= self.limits.bytes || !(is_value || is_name) {
            return None;
        }
        self.taken = self.taken.wrapping_add(1);
        self.begun = true;
        let run = Run { bytes: input.take_all(), last: false };
        Some(if is_value { Span::Value(run) } else { Span::Name(run) })
    }

    /// Consumes one byte that is all the input, at the beginning or the end of a name, a value or a line of a field.
    /// Returns the span, if it belongs to one. `None`: it is another byte, and is not consumed.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) fn read_edge<'b>(&mut self, input: &mut impl Source<'b>) -> Option<Option<Span<'b>>> {
        let &[byte] = input.bytes() else { return None };
        if self.taken >= self.limits.bytes {
            return None;
        }
        let is_space = matches!(byte, b' ' | b'\t');
        let (next, in_name, last) = match self.state {
            HeadState::Line if is_tchar(byte) && self.fields < self.limits.fields => {
                self.fields = self.fields.wrapping_add(1);
                (HeadState::Name, true, false)
            }
            HeadState::Name if byte == b':' && self.begun => (HeadState::BeforeValue, true, true),
            HeadState::BeforeValue if !is_space && Class::Value.holds(byte) => (HeadState::Value, false, false),
            HeadState::Value if byte == b'\r' => (HeadState::LineLf, false, true),
            HeadState::BeforeValue if is_space => {
                self.pass(input, HeadState::BeforeValue);
                return Some(None);
            }
            HeadState::LineLf if byte == b'\n' => {
                self.pass(input, HeadState::Line);
                return Some(None);
            }
            _ => return None,
        };
        self.taken = self.taken.wrapping_add(1);
        (self.state, self.begun) = (next, !last);
        let bytes = input.take_all();
        let run = Run { bytes: if last { &[] } else { bytes }, last };
        Some(Some(if in_name { Span::Name(run) } else { Span::Value(run) }))
    }

    /// Consumes a request line in one step if it lies in the input in the usual form: GET, target, HTTP/1.1. Returns
    /// method and target.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) fn read_get<'b>(&mut self, input: &mut impl Source<'b>) -> Option<(&'b [u8], &'b [u8])> {
        let len = input.bytes().len();
        let left = self.limits.bytes.saturating_sub(self.taken);
        if self.state != HeadState::Start || len > left as usize {
            return None;
        }
        let line = input.take_get()?;
        // no more than the limit
        self.taken = self.taken.wrapping_add(len.wrapping_sub(input.bytes().len()) as u32);
        (self.state, self.minor) = (HeadState::Line, 1);
        Some(line)
    }

    /// Consumes a whole field in one step if it lies in the input in the usual form: name, colon, one space, a value
    /// that is not empty, CR, LF. Returns the name and the value, which may have white space at its end.
    ///
    /// `None` means that nothing is consumed, for whatever reason: [`read`](Self::read) goes on then, and reads any
    /// field. A reader that asks for fields first reads a request of a browser in fewer instructions. On small
    /// machines the result is always `None`.
    ///
    /// ```
    /// use upframe::http::{HeadLimits, HeadReader, Span};
    /// let mut reader = HeadReader::request(HeadLimits::DEFAULT);
    /// let mut input = &b"GET / HTTP/1.1\r\nHost: a\r\nOrigin:null\r\n\r\n"[..];
    /// let (mut host, mut is_host) = (Vec::new(), false);
    /// loop {
    ///     while let Some((name, value)) = reader.read_field(&mut input) {
    ///         if name.eq_ignore_ascii_case(b"host") {
    ///             host.extend_from_slice(value);
    ///         }
    ///     }
    ///     match reader.read(&mut input) {
    ///         Some(Span::Name(run)) => is_host = run.bytes.eq_ignore_ascii_case(b"host"),
    ///         Some(Span::Value(run)) if is_host => host.extend_from_slice(run.bytes),
    ///         Some(Span::End | Span::Failed(_)) => break,
    ///         Some(_) => {}
    ///         None => break, // a program would read more here
    ///     }
    /// }
    /// assert_eq!(host, b"a");
    /// ```
    #[inline(always)]
    pub fn read_field<'b>(&mut self, input: &mut impl Source<'b>) -> Option<(&'b [u8], &'b [u8])> {
        #[cfg(not(upframe_small))]
        if self.state == HeadState::Line && self.fields < self.limits.fields {
            let len = input.bytes().len();
            if len > self.limits.bytes.saturating_sub(self.taken) as usize {
                return self.read_field_within_limit(input);
            }
            let field = input.take_field()?;
            self.count_field(len.wrapping_sub(input.bytes().len()));
            return Some(field);
        }
        #[cfg(upframe_small)]
        let _ = input;
        None
    }

    /// Does what [`read_field`](Self::read_field) does, for an input that is longer than the limit allows.
    #[cfg(not(upframe_small))]
    #[cold]
    #[inline(never)]
    fn read_field_within_limit<'b>(&mut self, input: &mut impl Source<'b>) -> Option<(&'b [u8], &'b [u8])> {
        let window = self.within_limit(input.bytes());
        let (name, value, rest) = field_line(window)?;
        let (name, value, len) = (name.len(), value.len(), window.len().wrapping_sub(rest.len()));
        self.count_field(len);
        parts(input.take(len), name, FIELD_GAP, value)
    }

    /// Counts a field of `len` bytes, no more than the limit.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn count_field(&mut self, len: usize) {
        self.fields = self.fields.wrapping_add(1);
        self.taken = self.taken.wrapping_add(len as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::limits::HeadLimits;

    /// A reader that has read the beginning of a request.
    fn after(mut head: &[u8], limits: HeadLimits) -> HeadReader {
        let mut reader = HeadReader::request(limits);
        while reader.read(&mut head).is_some() {}
        reader
    }

    #[test]
    fn single_bytes_of_names_and_values_are_read_at_once_while_the_limit_allows() {
        if SMALL {
            return; // has no such shortcut
        }
        let limits = HeadLimits::DEFAULT.with_bytes(30);
        for (head, byte, want) in [
            (&b"GET / HTTP/1.1\r\nHo"[..], b's', Some(Span::Name(Run { bytes: b"s", last: false }))),
            (b"GET / HTTP/1.1\r\nHost: a", b'b', Some(Span::Value(Run { bytes: b"b", last: false }))),
            (b"GET / HTTP/1.1\r\nHost: a", 0x80, Some(Span::Value(Run { bytes: &[0x80], last: false }))),
            (b"GET / HTTP/1.1\r\nHo", b':', None),
            (b"GET / HTTP/1.1\r\nHost: a", b'\r', None),
            (b"GET / HTTP/1.1\r\nHost: aaaaaaaa", b'b', None),
            (b"GE", b'T', None),
        ] {
            let mut reader = after(head, limits);
            assert_eq!(reader.read_one(&mut &[byte][..]), want, "{}", head.escape_ascii());
            assert_eq!(reader.read_one(&mut &b"ab"[..]), None);
        }
    }

    #[test]
    fn fields_in_sight_are_read_in_one_step_while_the_limits_allow() {
        if SMALL {
            return; // has no such shortcut
        }
        let start = &b"GET / HTTP/1.1\r\n"[..];
        let limits = HeadLimits::DEFAULT.with_bytes(16 + 9).with_fields(1);
        for (input, want) in [
            (&b"a: b\r\n"[..], Some((&b"a"[..], &b"b"[..]))),
            (b"Host: a\r\n", Some((b"Host", b"a"))),
            (b"Host: ab\r\n", None),
            (b"a:b\r\nc", None),
            (b"a:  b\r\n", None),
            (b": bc\r\n", None),
            (b"a: b\rc\n", None),
            (b"a: b\r", None),
        ] {
            let mut reader = after(start, limits);
            assert_eq!(reader.read_field(&mut &input[..]), want, "{}", input.escape_ascii());
            assert_eq!(reader.read_field(&mut &input[..]), None);
        }
    }
}
