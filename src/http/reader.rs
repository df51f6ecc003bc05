//! The machine that reads a head. The short elements of the first line, and faster ways for the usual cases, have files
//! of their own.

use super::error::{HeadError, HeadViolation};
use super::limits::HeadLimits;
#[cfg(upframe_small)]
use super::reader_state::after_line_end;
use super::reader_state::{HeadState, element};
use super::scan::is_tchar;
use super::source::Source;
use super::span::{Run, Span};
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
    pub(super) state: HeadState,
    /// Whether the head is that of a response.
    response: bool,
    /// Whether the element being read has a byte.
    pub(super) begun: bool,
    /// How many bytes of the version, or digits of the status, have come.
    pub(super) index: u8,
    pub(super) minor: u8,
    pub(super) status: u16,
    pub(super) fields: u16,
    pub(super) taken: u32,
    pub(super) limits: HeadLimits,
}

impl HeadReader {
    /// Returns a reader of a request. Empty lines before the request are skipped (RFC 9112 §2.2).
    pub const fn request(limits: HeadLimits) -> Self {
        Self::new(HeadState::Start, false, limits)
    }

    /// Returns a reader of a response.
    pub const fn response(limits: HeadLimits) -> Self {
        Self::new(HeadState::Version, true, limits)
    }

    const fn new(state: HeadState, response: bool, limits: HeadLimits) -> Self {
        Self { state, response, begun: false, index: 0, minor: 0, status: 0, fields: 0, taken: 0, limits }
    }

    /// Starts to read the next head, after the one that has ended, within the same limits: the response after a 1xx.
    pub const fn read_next(&mut self) {
        let next = if self.response { Self::response(self.limits) } else { Self::request(self.limits) };
        // Interim responses and the final one share the limits of one head. [9110-15.2-limits]
        *self = Self { taken: self.taken, fields: self.fields, ..next };
    }

    /// Returns how many bytes of the head have been consumed.
    pub const fn taken(&self) -> u32 {
        self.taken
    }

    /// Returns whether the version of the request has not come whole.
    pub(crate) const fn is_in_request_line(&self) -> bool {
        use HeadState::{EmptyLine, Method, Start, Target, Version};
        matches!(self.state, Start | EmptyLine | Method | Target | Version)
    }

    /// Returns whether no byte of a head has come yet.
    pub const fn is_at_start(&self) -> bool {
        self.taken == 0
    }

    /// Consumes bytes from the front of `input` up to the next span.
    ///
    /// **`None` means that all input is consumed**, or that the head has ended ([`Span::End`], [`Span::Failed`]) and
    /// nothing more is consumed.
    #[inline]
    #[must_use = "each element is returned once"]
    pub fn read<'b>(&mut self, input: &mut impl Source<'b>) -> Option<Span<'b>> {
        self.read_one(input).or_else(|| self.read_any(input))
    }

    #[inline(never)]
    fn read_any<'b>(&mut self, input: &mut impl Source<'b>) -> Option<Span<'b>> {
        if self.response { self.next::<true>(input) } else { self.next::<false>(input) }
    }

    /// Returns as many bytes of the input as the limit allows.
    #[inline(always)]
    pub(super) fn within_limit<'i>(&self, bytes: &'i [u8]) -> &'i [u8] {
        // no more than the limit was consumed
        let left = self.limits.bytes.wrapping_sub(self.taken);
        bytes.get(..usize::try_from(left).unwrap_or(usize::MAX)).unwrap_or(bytes)
    }

    /// [`read`](Self::read), inlined into a handshake, which matches on the span at once: returned through memory, a
    /// span costs as much as reading it.
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
            if self.state == HeadState::Done {
                return Ok(None);
            }
            // A head has no more bytes than the limit. [6585-5-bytes]
            if self.taken >= self.limits.bytes {
                return Err(self.too_many_bytes::<RESPONSE>());
            }
            // one way for all elements
            if SMALL && self.state.is_element() {
                return self.run(input, self.state).map(Some);
            }
            #[cfg(upframe_small)]
            if let Some(next) = after_line_end(self.state, byte)? {
                self.pass(input, next);
                if next == HeadState::Done {
                    return Ok(Some(Span::End));
                }
                continue;
            }
            match self.state {
                HeadState::Line if !SMALL && byte == b'\r' => self.pass(input, HeadState::EndLf),
                HeadState::Line if !SMALL && byte == b'\n' => return Err(HeadViolation::LineEnd),
                // A head has no more fields than the limit. [6585-5-fields]
                HeadState::Line if self.fields == self.limits.fields && is_tchar(byte) => {
                    return Err(HeadViolation::TooManyFields);
                }
                // Every other line begins with a field name: a folded line, which begins with white space, is refused.
                // [9112-5.2-fold]
                HeadState::Line => {
                    // beyond the limit, the byte is not one of a name
                    self.fields = self.fields.wrapping_add(1);
                    self.state = HeadState::Name;
                    if !SMALL {
                        return self.run(input, HeadState::Name).map(Some);
                    }
                }
                HeadState::BeforeValue if matches!(byte, b' ' | b'\t') => self.pass(input, HeadState::BeforeValue),
                HeadState::BeforeValue => self.state = HeadState::Value,
                // one arm for each, so that the compiler knows what the element consists of
                HeadState::Method => return self.run(input, HeadState::Method).map(Some),
                HeadState::Target => return self.run(input, HeadState::Target).map(Some),
                HeadState::Reason => return self.run(input, HeadState::Reason).map(Some),
                HeadState::Name => return self.run(input, HeadState::Name).map(Some),
                HeadState::Value => return self.run(input, HeadState::Value).map(Some),
                HeadState::LineCr if !SMALL && byte == b'\r' => self.pass(input, HeadState::LineLf),
                HeadState::LineLf if !SMALL && byte == b'\n' => self.pass(input, HeadState::Line),
                HeadState::EndLf if !SMALL && byte == b'\n' => {
                    // What follows the head stays in the input: the first frames. [4.1-frames-behind]
                    self.pass(input, HeadState::Done);
                    return Ok(Some(Span::End));
                }
                HeadState::EmptyLine if !SMALL && byte == b'\n' => self.pass(input, HeadState::Start),
                // A CR without an LF is refused. [9112-2.2-bare-cr]
                // An LF without a CR does not end a line, which is strict on purpose. [9112-2.2-bare-lf]
                HeadState::EmptyLine | HeadState::LineLf | HeadState::EndLf | HeadState::LineCr if !SMALL => {
                    return Err(HeadViolation::LineEnd);
                }
                _ => {
                    let span = if RESPONSE { self.status_line(input, byte) } else { self.request_line(input, byte) }?;
                    if span.is_some() {
                        return Ok(span);
                    }
                }
            }
        }
    }

    /// Returns the violation that a byte beyond the limit is.
    #[cold]
    fn too_many_bytes<const RESPONSE: bool>(&self) -> HeadViolation {
        let in_line = matches!(
            self.state,
            HeadState::Method | HeadState::Target | HeadState::Version | HeadState::LineCr | HeadState::LineLf
        );
        // the LF of a field comes after its name
        if !RESPONSE && in_line && self.fields == 0 {
            HeadViolation::RequestLineTooLong
        } else {
            HeadViolation::TooManyBytes
        }
    }

    /// Consumes one byte.
    #[cfg_attr(not(upframe_small), inline(always))]
    #[cfg_attr(upframe_small, inline(never))]
    pub(super) fn pass<'b>(&mut self, input: &mut impl Source<'b>, next: HeadState) {
        input.take(1);
        self.taken = self.taken.wrapping_add(1);
        self.state = next;
    }

    /// Consumes a run of the element being read, and what ends the element if that has come.
    #[inline(always)]
    fn run<'b>(&mut self, input: &mut impl Source<'b>, state: HeadState) -> Result<Span<'b>, HeadViolation> {
        let bytes = self.within_limit(input.bytes());
        let &(class, end, next, violation) = element(state);
        let n = class.len(bytes);
        // what a line end ends: a value, a reason
        let may_be_empty = end == b'\r';
        self.begun |= n > 0 || may_be_empty;
        let run = match bytes.get(n..).unwrap_or_default() {
            // the usual case: one space, and a value
            [b':', b' ', 0x21..=0xFF, ..] if !SMALL && state == HeadState::Name => {
                self.take_run(input, n, 2, HeadState::Value)
            }
            // the usual case: the end of the line is in sight
            [b'\r', b'\n', ..] if !SMALL && may_be_empty => self.take_run(input, n, 2, HeadState::Line),
            rest => {
                // A line without a colon is not a field line. [9112-5-colon]
                let ends = rest.first() == Some(&end);
                self.take_run(input, n, usize::from(ends), if ends { next } else { state })
            }
        };
        // There is no white space between the field name and the colon. [9112-5.1-colon]
        let Some(run) = run else {
            let line_end = may_be_empty && input.bytes().first() == Some(&b'\n');
            return Err(if line_end { HeadViolation::LineEnd } else { violation });
        };
        Ok(match state {
            HeadState::Method => Span::Method(run),
            HeadState::Target => Span::Target(run),
            HeadState::Name => Span::Name(run),
            HeadState::Value => Span::Value(run),
            _ => Span::Reason(run),
        })
    }

    /// Consumes a run of `n` bytes and the `end` bytes after it that end the element, if there are any. Returns `None`
    /// if there is neither, or if the element is empty and must not be.
    #[cfg_attr(not(upframe_small), inline(always))]
    fn take_run<'b>(&mut self, input: &mut impl Source<'b>, n: usize, end: usize, next: HeadState) -> Option<Run<'b>> {
        let last = end > 0;
        // Field names are non-empty tokens; methods and targets are not empty either. [9110-5.1-name]
        if n == 0 && !(last && self.begun) {
            return None;
        }
        let len = n.wrapping_add(end);
        let bytes = input.take(len);
        // no more than the limit
        self.taken = self.taken.wrapping_add(len as u32);
        if last {
            self.state = next;
            self.begun = false;
        }
        Some(Run { bytes: bytes.get(..n).unwrap_or(bytes), last })
    }

    #[cold]
    fn fail<'b>(&mut self, violation: HeadViolation) -> Span<'b> {
        self.state = HeadState::Done;
        Span::Failed(HeadError { violation, offset: self.taken })
    }
}
