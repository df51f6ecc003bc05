//! The first line of a head, except its long elements (RFC 9112 §3, §4).

use super::error::HeadViolation;
use super::reader::HeadReader;
use super::reader_state::HeadState;
use super::source::Source;
use super::span::{Span, Version};
use crate::target::SMALL;

const VERSION: &[u8; 8] = b"HTTP/d.d";

impl HeadReader {
    /// Reads the request line, except its long elements.
    #[inline(always)]
    pub(super) fn request_line<'b>(
        &mut self,
        input: &mut impl Source<'b>,
        byte: u8,
    ) -> Result<Option<Span<'b>>, HeadViolation> {
        match self.state {
            // Empty lines before the request line are skipped. [9112-2.2-empty-lines]
            HeadState::Start if !SMALL && byte == b'\r' => self.pass(input, HeadState::EmptyLine),
            HeadState::Start if !SMALL && byte == b'\n' => return Err(HeadViolation::LineEnd),
            HeadState::Start => self.state = HeadState::Method,
            // the usual case: all of it is in sight
            _ if !SMALL && self.index == 0 && self.within_limit(input.bytes()).starts_with(b"HTTP/1.1\r\n") => {
                input.take(10);
                self.taken = self.taken.saturating_add(10);
                (self.state, self.minor) = (HeadState::Line, 1);
                return Ok(Some(Span::Version(Version { major: 1, minor: 1 })));
            }
            _ => return self.version(input, byte, HeadState::LineCr),
        }
        Ok(None)
    }

    /// Reads the status line, except the reason.
    #[inline(always)]
    pub(super) fn status_line<'b>(
        &mut self,
        input: &mut impl Source<'b>,
        byte: u8,
    ) -> Result<Option<Span<'b>>, HeadViolation> {
        match self.state {
            // the usual case: all of the version is in sight
            HeadState::Version
                if !SMALL && self.index == 0 && self.within_limit(input.bytes()).starts_with(b"HTTP/1.1 ") =>
            {
                input.take(9);
                self.taken = self.taken.saturating_add(9);
                (self.state, self.minor, self.index) = (HeadState::Status, 1, 0);
                return Ok(Some(Span::Version(Version { major: 1, minor: 1 })));
            }
            HeadState::StatusSpace if byte == b' ' => {
                (self.index, self.status) = (0, 0);
                self.pass(input, HeadState::Status);
            }
            // The status is three digits, after one space, from 100 to 999. [9112-4-status]
            HeadState::Status if byte.is_ascii_digit() && (self.index > 0 || byte != b'0') => {
                // three digits: at most 999
                self.status = self.status.wrapping_mul(10).wrapping_add(u16::from(byte & 0x0F));
                self.index = self.index.saturating_add(1);
                self.pass(input, if self.index == 3 { HeadState::ReasonSpace } else { HeadState::Status });
                if self.index == 3 {
                    return Ok(Some(Span::Status(self.status)));
                }
            }
            HeadState::ReasonSpace if byte == b' ' => self.pass(input, HeadState::Reason),
            // The reason may be missing, and so may the space before it. [9112-4-reason]
            HeadState::ReasonSpace if byte == b'\r' => self.state = HeadState::Reason,
            HeadState::StatusSpace | HeadState::Status | HeadState::ReasonSpace => return Err(HeadViolation::Status),
            _ => return self.version(input, byte, HeadState::StatusSpace),
        }
        Ok(None)
    }

    /// Reads one byte of `HTTP/1.1`. The state after the last one is `next`.
    fn version<'b>(
        &mut self,
        input: &mut impl Source<'b>,
        byte: u8,
        next: HeadState,
    ) -> Result<Option<Span<'b>>, HeadViolation> {
        match VERSION.get(usize::from(self.index)) {
            // The version is written as HTTP, slash, digit, point, digit. [9112-2.3-version]
            Some(b'd') if !byte.is_ascii_digit() => return Err(HeadViolation::Version),
            // A head in another major version of HTTP is answered with 505. [9110-15.6.6-major]
            Some(b'd') if self.index == 5 && byte != b'1' => return Err(HeadViolation::MajorVersion),
            Some(b'd') => self.minor = byte & 0x0F,
            Some(known) if *known == byte => {}
            _ => return Err(HeadViolation::Version),
        }
        self.index = self.index.saturating_add(1);
        let whole = usize::from(self.index) == VERSION.len();
        self.pass(input, if whole { next } else { HeadState::Version });
        Ok(whole.then_some(Span::Version(Version { major: 1, minor: self.minor })))
    }
}
