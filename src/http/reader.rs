//! The machine that reads a head.

use super::class::{SMALL, is_tchar, is_value_byte, target_len, token_len, value_len};
use super::{HeadError, HeadViolation, Run, Span, Version};
use core::mem::take;

/// Where a head is read from: `&mut &[u8]` or `&mut &mut [u8]`. Sealed.
pub trait Source<'b>: sealed::Source<'b> {}
impl<'b> Source<'b> for &'b [u8] {}
impl<'b> Source<'b> for &'b mut [u8] {}

mod sealed {
    #[expect(unnameable_types, reason = "sealed")]
    pub trait Source<'b> {
        /// What is left.
        fn bytes(&self) -> &[u8];
        /// Takes `n` bytes, or all.
        fn take(&mut self, n: usize) -> &'b [u8];
        /// Takes all that is left.
        fn take_all(&mut self) -> &'b [u8];
    }
}

impl<'b> sealed::Source<'b> for &'b [u8] {
    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        self
    }
    #[inline(always)]
    fn take(&mut self, n: usize) -> &'b [u8] {
        let (taken, rest) = self.split_at_checked(n).unwrap_or((self, &[]));
        *self = rest;
        taken
    }
    #[inline(always)]
    fn take_all(&mut self) -> &'b [u8] {
        take(self)
    }
}

impl<'b> sealed::Source<'b> for &'b mut [u8] {
    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        self
    }
    #[inline(always)]
    fn take(&mut self, n: usize) -> &'b [u8] {
        let n = n.min(self.len());
        let Some((taken, rest)) = take(self).split_at_mut_checked(n) else { return &[] };
        *self = rest;
        taken
    }
    #[inline(always)]
    fn take_all(&mut self) -> &'b [u8] {
        let all: &'b mut [u8] = take(self);
        all
    }
}

/// How large a head may be. Beyond, a request is answered with 431, a response fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct HeadLimits {
    /// Bytes in all, empty lines in front and at the end included.
    pub bytes: u32,
    /// Fields.
    pub fields: u16,
}

impl HeadLimits {
    /// For a server with memory, and for clients: 32 KiB, 128 fields. No memory of that size is needed.
    pub const DEFAULT: Self = Self { bytes: 32 << 10, fields: 128 };
    /// For a small device, whose time is short: 8 KiB, 64 fields.
    pub const SMALL_DEVICE: Self = Self { bytes: 8 << 10, fields: 64 };

    /// With this many bytes in all.
    #[must_use]
    pub const fn with_bytes(self, bytes: u32) -> Self {
        Self { bytes, ..self }
    }

    /// With this many fields.
    #[must_use]
    pub const fn with_fields(self, fields: u16) -> Self {
        Self { fields, ..self }
    }
}

impl Default for HeadLimits {
    /// [`HeadLimits::DEFAULT`].
    fn default() -> Self {
        Self::DEFAULT
    }
}

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
    at: At,
    response: bool,
    /// The element under way has a byte.
    begun: bool,
    /// Bytes of the version that have come, or digits of the status.
    index: u8,
    minor: u8,
    status: u16,
    fields: u16,
    taken: u32,
    limits: HeadLimits,
}

/// What the next byte is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
enum At {
    /// The first of the start line, or of an empty line in front of a request.
    Start,
    /// LF of an empty line in front.
    EmptyLine,
    Method,
    Target,
    Version,
    /// What follows the version of a response.
    StatusSpace,
    Status,
    /// What follows the status.
    ReasonSpace,
    Reason,
    /// CR of the request line.
    LineCr,
    /// LF behind the start line or a field.
    LineLf,
    /// The first of a field or of the empty line.
    Line,
    Name,
    /// White space in front of a value.
    BeforeValue,
    Value,
    /// LF of the empty line.
    EndLf,
    Done,
}

const VERSION: &[u8; 8] = b"HTTP/d.d";

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
        self.next(input)
    }

    /// One byte that is all the input and ends nothing, in a name or a value: those who read byte by byte pay little for it.
    #[inline(always)]
    pub(crate) fn read_one<'b>(&mut self, input: &mut impl Source<'b>) -> Option<Span<'b>> {
        let &[byte] = input.bytes() else { return None };
        // [9110-5.5-value]
        let is_value = self.at == At::Value && is_value_byte(byte);
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
        let name_len = token_len(bytes);
        // [9112-5-colon]
        let [b':', b' ', behind @ ..] = bytes.get(name_len..)? else { return None };
        // more white space is not the usual form
        let [0x21..=0xFF, ..] = behind else { return None };
        let value_len = value_len(behind);
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
    fn within_limit<'i>(&self, bytes: &'i [u8]) -> &'i [u8] {
        let left = self.limits.bytes.saturating_sub(self.taken);
        bytes.get(..usize::try_from(left).unwrap_or(usize::MAX)).unwrap_or(bytes)
    }

    /// [`read`](Self::read), inlined where a handshake takes spans apart at once: handed back through memory, they cost as much as
    /// reading them.
    #[inline(always)]
    pub(crate) fn next<'b>(&mut self, input: &mut impl Source<'b>) -> Option<Span<'b>> {
        loop {
            if self.at == At::Done {
                return None;
            }
            let bytes = input.bytes();
            let &byte = bytes.first()?;
            // [6585-5-bytes]
            if self.taken >= self.limits.bytes {
                return Some(self.fail(HeadViolation::TooManyBytes));
            }
            // [6585-5-bytes]
            let bytes = self.within_limit(bytes);
            match self.at {
                // [9112-2.2-empty-lines]
                At::Start if byte == b'\r' => self.pass(input, At::EmptyLine),
                // [9112-2.2-bare-lf]
                At::Start if byte == b'\n' => return Some(self.fail(HeadViolation::LineEnd)),
                At::Start => self.at = At::Method,
                // [9112-2.2-bare-cr]
                At::EmptyLine if byte == b'\n' => self.pass(input, At::Start),
                At::LineLf if byte == b'\n' => self.pass(input, At::Line),
                At::EndLf if byte == b'\n' => {
                    // [4.1-frames-behind]
                    self.pass(input, At::Done);
                    return Some(Span::End);
                }
                // [9112-2.2-bare-lf]
                At::LineCr if byte == b'\r' => self.pass(input, At::LineLf),
                At::EmptyLine | At::LineLf | At::EndLf | At::LineCr => return Some(self.fail(HeadViolation::LineEnd)),
                At::Method => {
                    let n = token_len(bytes);
                    let run = match bytes.get(n) {
                        Some(b' ') => self.run(input, n, 1, At::Target),
                        _ => self.run(input, n, 0, At::Method),
                    };
                    return Some(match run {
                        Some(run) => Span::Method(run),
                        // [9112-3-method]
                        None => self.fail(HeadViolation::Method),
                    });
                }
                At::Target => {
                    let n = target_len(bytes);
                    let run = match bytes.get(n) {
                        Some(b' ') => self.run(input, n, 1, At::Version),
                        _ => self.run(input, n, 0, At::Target),
                    };
                    return Some(match run {
                        Some(run) => Span::Target(run),
                        // [9112-3.2-target-bytes]
                        None => self.fail(HeadViolation::Target),
                    });
                }
                // the usual case: all of it is in sight
                At::Version if self.index == 0 && !self.response && bytes.starts_with(b"HTTP/1.1\r\n") => {
                    input.take(10);
                    self.taken = self.taken.saturating_add(10);
                    (self.at, self.minor) = (At::Line, 1);
                    return Some(Span::Version(Version { major: 1, minor: 1 }));
                }
                At::Version => match self.version(byte) {
                    Err(violation) => return Some(self.fail(violation)),
                    Ok(whole) => {
                        let next = if self.response { At::StatusSpace } else { At::LineCr };
                        self.pass(input, if whole { next } else { At::Version });
                        if whole {
                            return Some(Span::Version(Version { major: 1, minor: self.minor }));
                        }
                    }
                },
                At::StatusSpace if byte == b' ' => {
                    (self.index, self.status) = (0, 0);
                    self.pass(input, At::Status);
                }
                // [9112-4-status]
                At::Status if byte.is_ascii_digit() && (self.index > 0 || byte != b'0') => {
                    // three digits: at most 999
                    self.status = self.status.wrapping_mul(10).wrapping_add(u16::from(byte & 0x0F));
                    self.index = self.index.saturating_add(1);
                    self.pass(input, if self.index == 3 { At::ReasonSpace } else { At::Status });
                    if self.index == 3 {
                        return Some(Span::Status(self.status));
                    }
                }
                At::ReasonSpace if byte == b' ' => self.pass(input, At::Reason),
                // RFC 9112 §4: the space is required, but some senders leave it out with the reason [9112-4-reason]
                At::ReasonSpace if byte == b'\r' => self.at = At::Reason,
                // [9112-4-status]
                At::StatusSpace | At::Status | At::ReasonSpace => return Some(self.fail(HeadViolation::Status)),
                At::Reason | At::Value => {
                    let n = value_len(bytes);
                    let is_value = self.at == At::Value;
                    self.begun = true;
                    let run = match bytes.get(n..) {
                        // the usual case: the end of the line is in sight
                        Some([b'\r', b'\n', ..]) => self.run(input, n, 2, At::Line),
                        Some([b'\r', ..]) => self.run(input, n, 1, At::LineLf),
                        // [9112-2.2-bare-lf]
                        Some([b'\n', ..]) if n == 0 => return Some(self.fail(HeadViolation::LineEnd)),
                        _ => self.run(input, n, 0, self.at),
                    };
                    return Some(match run {
                        Some(run) if is_value => Span::Value(run),
                        Some(run) => Span::Reason(run),
                        // [9110-5.5-value]
                        None if is_value => self.fail(HeadViolation::FieldValue),
                        // [9112-4-reason-bytes]
                        None => self.fail(HeadViolation::Reason),
                    });
                }
                At::Line if byte == b'\r' => self.pass(input, At::EndLf),
                // [9112-5.2-fold] [9112-2.2-bare-lf]
                At::Line if byte == b'\n' => return Some(self.fail(HeadViolation::LineEnd)),
                // [6585-5-fields]
                At::Line if self.fields == self.limits.fields && is_tchar(byte) => {
                    return Some(self.fail(HeadViolation::TooManyFields));
                }
                At::Line | At::Name => {
                    if self.at == At::Line {
                        self.fields = self.fields.saturating_add(1);
                        self.at = At::Name;
                    }
                    let n = token_len(bytes);
                    let run = match bytes.get(n..) {
                        // the usual case: one space, and a value
                        Some([b':', b' ', 0x21..=0xFF, ..]) => self.run(input, n, 2, At::Value),
                        // [9112-5.1-colon]
                        Some([b':', ..]) => self.run(input, n, 1, At::BeforeValue),
                        // [9112-5-colon]
                        _ => self.run(input, n, 0, At::Name),
                    };
                    return Some(match run {
                        Some(run) => Span::Name(run),
                        // [9110-5.1-name]
                        None => self.fail(HeadViolation::FieldName),
                    });
                }
                At::BeforeValue if matches!(byte, b' ' | b'\t') => self.pass(input, At::BeforeValue),
                At::BeforeValue => self.at = At::Value,
                At::Done => return None,
            }
        }
    }

    /// Takes one byte.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn pass<'b>(&mut self, input: &mut impl Source<'b>, next: At) {
        input.take(1);
        self.taken = self.taken.wrapping_add(1);
        self.at = next;
    }

    /// Takes a run of `n` bytes and the `end` bytes behind it that end the element, if there are any. `None`: there is neither, or
    /// the element is empty.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn run<'b>(&mut self, input: &mut impl Source<'b>, n: usize, end: usize, next: At) -> Option<Run<'b>> {
        self.begun |= n > 0;
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

    /// One byte of `HTTP/1.1`; whether it was the last.
    fn version(&mut self, byte: u8) -> Result<bool, HeadViolation> {
        match VERSION.get(usize::from(self.index)) {
            // [9112-2.3-version]
            Some(b'd') if !byte.is_ascii_digit() => return Err(HeadViolation::Version),
            // the first digit [9110-15.6.6-major]
            Some(b'd') if self.index == 5 && byte != b'1' => return Err(HeadViolation::MajorVersion),
            Some(b'd') => self.minor = byte & 0x0F,
            Some(known) if *known == byte => {}
            // [9112-2.3-version]
            _ => return Err(HeadViolation::Version),
        }
        self.index = self.index.saturating_add(1);
        Ok(usize::from(self.index) == VERSION.len())
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
    use crate::http::HeadLimits;

    /// Behind what was read of a request.
    fn behind(mut head: &[u8], limits: HeadLimits) -> HeadReader {
        let mut reader = HeadReader::request(limits);
        while reader.read(&mut head).is_some() {}
        reader
    }

    #[test]
    fn single_bytes_of_names_and_values_are_read_at_once_while_the_limit_allows() {
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
    #[cfg(target_pointer_width = "64")]
    fn fields_in_sight_are_read_in_one_step_while_the_limits_allow() {
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
