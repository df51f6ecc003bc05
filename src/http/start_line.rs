//! The first line of a head, but for its long elements (RFC 9112 §3, §4).

use super::error::HeadViolation;
use super::reader::{At, HeadReader};
use super::source::Source;
use super::span::{Span, Version};
use crate::target::SMALL;

const VERSION: &[u8; 8] = b"HTTP/d.d";

impl HeadReader {
    /// The request line, but for its long elements.
    #[inline(always)]
    pub(super) fn request_line<'b>(
        &mut self,
        input: &mut impl Source<'b>,
        byte: u8,
    ) -> Result<Option<Span<'b>>, HeadViolation> {
        match self.at {
            // [9112-2.2-empty-lines]
            At::Start if byte == b'\r' => self.pass(input, At::EmptyLine),
            // [9112-2.2-bare-lf]
            At::Start if byte == b'\n' => return Err(HeadViolation::LineEnd),
            At::Start => self.at = At::Method,
            // the usual case: all of it is in sight
            _ if !SMALL && self.index == 0 && self.within_limit(input.bytes()).starts_with(b"HTTP/1.1\r\n") => {
                input.take(10);
                self.taken = self.taken.saturating_add(10);
                (self.at, self.minor) = (At::Line, 1);
                return Ok(Some(Span::Version(Version { major: 1, minor: 1 })));
            }
            _ => return self.version(input, byte, At::LineCr),
        }
        Ok(None)
    }

    /// The status line, but for the reason.
    #[inline(always)]
    pub(super) fn status_line<'b>(
        &mut self,
        input: &mut impl Source<'b>,
        byte: u8,
    ) -> Result<Option<Span<'b>>, HeadViolation> {
        match self.at {
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
                    return Ok(Some(Span::Status(self.status)));
                }
            }
            At::ReasonSpace if byte == b' ' => self.pass(input, At::Reason),
            // RFC 9112 §4: the space is required, but some senders leave it out with the reason [9112-4-reason]
            At::ReasonSpace if byte == b'\r' => self.at = At::Reason,
            // [9112-4-status]
            At::StatusSpace | At::Status | At::ReasonSpace => return Err(HeadViolation::Status),
            _ => return self.version(input, byte, At::StatusSpace),
        }
        Ok(None)
    }

    /// One byte of `HTTP/1.1`; what comes behind it is `next`.
    fn version<'b>(
        &mut self,
        input: &mut impl Source<'b>,
        byte: u8,
        next: At,
    ) -> Result<Option<Span<'b>>, HeadViolation> {
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
        let whole = usize::from(self.index) == VERSION.len();
        self.pass(input, if whole { next } else { At::Version });
        Ok(whole.then_some(Span::Version(Version { major: 1, minor: self.minor })))
    }
}
