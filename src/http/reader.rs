//! The machine that reads a head. The short elements of the first line are read in `start_line.rs`.

use super::class::{Class, is_tchar};
use super::{HeadError, HeadLimits, HeadViolation, Run, Source, Span};
use crate::target::SMALL;

/// Reads the head of an HTTP/1.1 request or response, cut anywhere (RFC 9112 §2 to §5).
///
/// ```
/// use upframe::http::{HeadLimits, HeadReader, Span};
/// let mut reader = HeadReader::request(HeadLimits::DEFAULT);
/// let (mut target, mut input) = (Vec::new(), &b"GET /chat HTTP/1.1\r\nHost: a\r\n\r\nrest"[..]);
/// while let Some(span) = reader.read(&mut input) {
///     match span {
///         Span::Target(run) => target.extend_from_slice(run.bytes),
///         Span::End => break,
///         _ => {}
///     }
/// }
/// assert_eq!((&target[..], input), (&b"/chat"[..], &b"rest"[..]));
/// ```
#[derive(Clone, Debug)]
pub struct HeadReader {
    pub(super) at: At,
    response: bool,
    /// The element under way has a byte.
    begun: bool,
    /// Bytes of the version that have come, or digits of the status.
    pub(super) index: u8,
    pub(super) minor: u8,
    pub(super) status: u16,
    fields: u16,
    pub(super) taken: u32,
    limits: HeadLimits,
}

/// What the next byte is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(super) enum At {
    // the long elements, in the order of [`ELEMENTS`]
    Method,
    Target,
    Name,
    Value,
    Reason,
    /// The first of the start line, or of an empty line in front of a request.
    Start,
    /// LF of an empty line in front.
    EmptyLine,
    Version,
    /// What follows the version of a response.
    StatusSpace,
    Status,
    /// What follows the status.
    ReasonSpace,
    /// CR of the request line.
    LineCr,
    /// LF behind the start line or a field.
    LineLf,
    /// The first of a field or of the empty line.
    Line,
    /// White space in front of a value.
    BeforeValue,
    /// LF of the empty line.
    EndLf,
    Done,
}

/// A long element of a head: of which bytes it is, which one ends it, what comes then, and what is wrong where another byte comes.
type Element = (Class, u8, At, HeadViolation);

/// In the order of [`At`].
const ELEMENTS: [Element; 5] = [
    // [9112-3-method]
    (Class::Token, b' ', At::Target, HeadViolation::Method),
    // [9112-3.2-target-bytes]
    (Class::Target, b' ', At::Version, HeadViolation::Target),
    // [9110-5.1-name]
    (Class::Token, b':', At::BeforeValue, HeadViolation::FieldName),
    // [9110-5.5-value]
    (Class::Value, b'\r', At::LineLf, HeadViolation::FieldValue),
    // [9112-4-reason-bytes]
    (Class::Value, b'\r', At::LineLf, HeadViolation::Reason),
];

#[inline(always)]
fn element(at: At) -> Element {
    ELEMENTS.get(at as usize).copied().unwrap_or(ELEMENTS[4])
}

impl HeadReader {
    /// Reads a request, in front of which there may be empty lines (RFC 9112 §2.2).
    pub const fn request(limits: HeadLimits) -> Self {
        Self::new(false, limits)
    }

    /// Reads a response.
    pub const fn response(limits: HeadLimits) -> Self {
        Self::new(true, limits)
    }

    const fn new(response: bool, limits: HeadLimits) -> Self {
        let at = if response { At::Version } else { At::Start };
        Self { at, response, begun: false, index: 0, minor: 0, status: 0, fields: 0, taken: 0, limits }
    }

    /// Reads another head behind the one that has ended, within the same limits: the response behind a 1xx.
    pub const fn read_next(&mut self) {
        // [9110-15.2-limits]
        *self = Self { taken: self.taken, fields: self.fields, ..Self::new(self.response, self.limits) };
    }

    /// How many bytes of the head have been taken.
    pub const fn taken(&self) -> u32 {
        self.taken
    }

    /// Whether nothing of a head has come.
    pub const fn is_at_start(&self) -> bool {
        self.taken == 0
    }

    /// Takes bytes from the front of `input` up to the next span.
    ///
    /// **`None` means: all input is taken**, or the head has ended ([`Span::End`], [`Span::Failed`]) and no more is.
    #[inline]
    pub fn read<'b>(&mut self, input: &mut impl Source<'b>) -> Option<Span<'b>> {
        self.read_one(input).or_else(|| self.read_any(input))
    }

    #[inline(never)]
    fn read_any<'b>(&mut self, input: &mut impl Source<'b>) -> Option<Span<'b>> {
        if self.response { self.next::<true>(input) } else { self.next::<false>(input) }
    }

    /// One byte that is all the input and ends nothing, in a name or a value: those who read byte by byte pay little for it.
    #[inline(always)]
    pub(crate) fn read_one<'b>(&mut self, input: &mut impl Source<'b>) -> Option<Span<'b>> {
        if SMALL {
            return None;
        }
        let &[byte] = input.bytes() else { return None };
        // [9110-5.5-value]
        let is_value = self.at == At::Value && Class::Value.holds(byte);
        let is_name = self.at == At::Name && is_tchar(byte);
        // [6585-5-bytes]
        if self.taken >= self.limits.bytes || !(is_value || is_name) {
            return None;
        }
        self.taken = self.taken.wrapping_add(1);
        self.begun = true;
        let run = Run { bytes: input.take_all(), last: false };
        Some(if is_value { Span::Value(run) } else { Span::Name(run) })
    }

    /// A field that lies whole in the input, in the usual form: `name: value`, CR, LF. Otherwise nothing is taken.
    ///
    /// Name and value, in one step, without the states between: a request has a dozen fields, and nearly all come so.
    #[inline(always)]
    pub(crate) fn field<'b>(&mut self, input: &mut impl Source<'b>) -> Option<(&'b [u8], &'b [u8])> {
        // [6585-5-fields]
        if SMALL || self.at != At::Line || self.fields >= self.limits.fields {
            return None;
        }
        // [6585-5-bytes]
        let bytes = self.within_limit(input.bytes());
        if bytes.len() < 6 {
            return None;
        }
        let name_len = Class::Token.len(bytes);
        // [9112-5-colon]
        let [b':', b' ', behind @ ..] = bytes.get(name_len..)? else { return None };
        // more white space is not the usual form
        let [0x21..=0xFF, ..] = behind else { return None };
        let value_len = Class::Value.len(behind);
        let [b'\r', b'\n', ..] = behind.get(value_len..)? else { return None };
        // [9110-5.1-name]
        if name_len == 0 {
            return None;
        }
        let (name, rest) = input.take(name_len.wrapping_add(value_len).wrapping_add(4)).split_at_checked(name_len)?;
        let value = rest.get(2..value_len.wrapping_add(2))?;
        self.fields = self.fields.wrapping_add(1);
        // no more than the limit
        self.taken = self.taken.wrapping_add(name_len.wrapping_add(value_len).wrapping_add(4) as u32);
        Some((name, value))
    }

    /// As many bytes of the input as the limit allows.
    #[inline(always)]
    pub(super) fn within_limit<'i>(&self, bytes: &'i [u8]) -> &'i [u8] {
        let left = self.limits.bytes.saturating_sub(self.taken);
        bytes.get(..usize::try_from(left).unwrap_or(usize::MAX)).unwrap_or(bytes)
    }

    /// [`read`](Self::read), inlined where a handshake takes spans apart at once: handed back through memory, they cost as much as
    /// reading them.
    #[cfg_attr(not(upframe_small), inline(always))]
    pub(crate) fn next<'b, const RESPONSE: bool>(&mut self, input: &mut impl Source<'b>) -> Option<Span<'b>> {
        self.advance::<RESPONSE>(input).unwrap_or_else(|violation| Some(self.fail(violation)))
    }

    #[inline(always)]
    fn advance<'b, const RESPONSE: bool>(
        &mut self,
        input: &mut impl Source<'b>,
    ) -> Result<Option<Span<'b>>, HeadViolation> {
        loop {
            let Some(&byte) = input.bytes().first() else { return Ok(None) };
            if self.at == At::Done {
                return Ok(None);
            }
            // [6585-5-bytes]
            if self.taken >= self.limits.bytes {
                return Err(HeadViolation::TooManyBytes);
            }
            match self.at {
                At::Line if byte == b'\r' => self.pass(input, At::EndLf),
                // [9112-5.2-fold] [9112-2.2-bare-lf]
                At::Line if byte == b'\n' => return Err(HeadViolation::LineEnd),
                // [6585-5-fields]
                At::Line if self.fields == self.limits.fields && is_tchar(byte) => {
                    return Err(HeadViolation::TooManyFields);
                }
                At::Line => {
                    self.fields = self.fields.saturating_add(1);
                    self.at = At::Name;
                    if !SMALL {
                        return self.run(input, At::Name).map(Some);
                    }
                }
                At::BeforeValue if matches!(byte, b' ' | b'\t') => self.pass(input, At::BeforeValue),
                At::BeforeValue => self.at = At::Value,
                At::Method | At::Target | At::Reason | At::Name | At::Value if SMALL => {
                    return self.run(input, self.at).map(Some);
                }
                // what each of them is made of is known here to the compiler
                At::Method => return self.run(input, At::Method).map(Some),
                At::Target => return self.run(input, At::Target).map(Some),
                At::Reason => return self.run(input, At::Reason).map(Some),
                At::Name => return self.run(input, At::Name).map(Some),
                At::Value => return self.run(input, At::Value).map(Some),
                // [9112-2.2-bare-cr] [9112-2.2-bare-lf]
                At::LineCr if byte == b'\r' => self.pass(input, At::LineLf),
                At::LineLf if byte == b'\n' => self.pass(input, At::Line),
                At::EndLf if byte == b'\n' => {
                    // [4.1-frames-behind]
                    self.pass(input, At::Done);
                    return Ok(Some(Span::End));
                }
                // [9112-2.2-bare-cr]
                At::EmptyLine if byte == b'\n' => self.pass(input, At::Start),
                At::EmptyLine | At::LineLf | At::EndLf | At::LineCr => return Err(HeadViolation::LineEnd),
                _ => {
                    let span = if RESPONSE { self.status_line(input, byte) } else { self.request_line(input, byte) }?;
                    if span.is_some() {
                        return Ok(span);
                    }
                }
            }
        }
    }

    /// Takes one byte.
    #[cfg_attr(not(upframe_small), inline(always))]
    pub(super) fn pass<'b>(&mut self, input: &mut impl Source<'b>, next: At) {
        input.take(1);
        self.taken = self.taken.wrapping_add(1);
        self.at = next;
    }

    /// Takes a run of the element under way, and what ends it, if it is there.
    #[inline(always)]
    fn run<'b>(&mut self, input: &mut impl Source<'b>, at: At) -> Result<Span<'b>, HeadViolation> {
        // [6585-5-bytes]
        let bytes = self.within_limit(input.bytes());
        let (class, end, next, violation) = element(at);
        let n = class.len(bytes);
        let may_be_empty = matches!(at, At::Value | At::Reason);
        self.begun |= n > 0 || may_be_empty;
        // [9112-5.1-colon] [9112-2.2-bare-lf]
        let run = match bytes.get(n..).unwrap_or_default() {
            // the usual case: one space, and a value
            [b':', b' ', 0x21..=0xFF, ..] if !SMALL && at == At::Name => self.take_run(input, n, 2, At::Value),
            // the usual case: the end of the line is in sight
            [b'\r', b'\n', ..] if !SMALL && may_be_empty => self.take_run(input, n, 2, At::Line),
            behind => {
                // [9112-5-colon]
                let ends = behind.first() == Some(&end);
                self.take_run(input, n, usize::from(ends), if ends { next } else { at })
            }
        };
        let Some(run) = run else {
            // [9112-2.2-bare-lf] [9110-5.5-value] [9112-4-reason-bytes]
            let line_end = may_be_empty && input.bytes().first() == Some(&b'\n');
            return Err(if line_end { HeadViolation::LineEnd } else { violation });
        };
        Ok(match at {
            At::Method => Span::Method(run),
            At::Target => Span::Target(run),
            At::Name => Span::Name(run),
            At::Value => Span::Value(run),
            _ => Span::Reason(run),
        })
    }

    /// Takes a run of `n` bytes and the `end` bytes behind it that end the element, if there are any. `None`: there is neither, or
    /// the element is empty and may not be.
    #[cfg_attr(not(upframe_small), inline(always))]
    fn take_run<'b>(&mut self, input: &mut impl Source<'b>, n: usize, end: usize, next: At) -> Option<Run<'b>> {
        // [9110-5.1-name]
        let last = end > 0 && self.begun;
        if n == 0 && !last {
            return None;
        }
        let bytes = input.take(n);
        // no more than the limit
        self.taken = self.taken.wrapping_add(n as u32);
        if last {
            input.take(end);
            self.taken = self.taken.wrapping_add(end as u32);
            self.at = next;
            self.begun = false;
        }
        Some(Run { bytes, last })
    }

    #[cold]
    fn fail<'b>(&mut self, violation: HeadViolation) -> Span<'b> {
        self.at = At::Done;
        Span::Failed(HeadError { violation, offset: self.taken })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Behind what was read of a request.
    fn behind(mut head: &[u8], limits: HeadLimits) -> HeadReader {
        let mut reader = HeadReader::request(limits);
        while reader.read(&mut head).is_some() {}
        reader
    }

    #[test]
    fn single_bytes_of_names_and_values_are_read_at_once_while_the_limit_allows() {
        if SMALL {
            return; // has no such way
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
            let mut reader = behind(head, limits);
            assert_eq!(reader.read_one(&mut &[byte][..]), want, "{}", head.escape_ascii());
            assert_eq!(reader.read_one(&mut &b"ab"[..]), None);
        }
    }

    #[test]
    fn fields_in_sight_are_read_in_one_step_while_the_limits_allow() {
        if SMALL {
            return; // has no such way
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
            let mut reader = behind(start, limits);
            assert_eq!(reader.field(&mut &input[..]), want, "{}", input.escape_ascii());
            assert_eq!(reader.field(&mut &input[..]), None);
        }
    }
}
