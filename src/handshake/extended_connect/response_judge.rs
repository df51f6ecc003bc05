//! The rules for the response (RFC 8441 §5, RFC 9220 §3).

use super::malformed::MalformedFields;
use super::outcome::ConnectAnswer;
use super::section::{Part, Section};
use crate::handshake::answer::Failure;
use crate::handshake::extension::NoExtension;
use crate::handshake::extensions::Extensions;
use crate::handshake::field_name::FieldName;
use crate::handshake::key::AcceptValue;
use crate::handshake::response_judge::ResponseJudge;
use core::fmt;

/// The rules for a response in HTTP/2 or HTTP/3 (RFC 8441 §5, RFC 9220 §3), for clients: judges `:status` and fields.
///
/// Subprotocol and extensions are judged by the same code as in HTTP/1.1.
///
/// ```
/// use upframe::handshake::{ConnectAnswer, ConnectResponseJudge};
/// let mut judge = ConnectResponseJudge::new(&["chat"]);
/// judge.field(b":status", b"200");
/// judge.field(b"sec-websocket-protocol", b"chat");
/// assert!(matches!(judge.finish(), ConnectAnswer::Agreed(agreed) if agreed.subprotocol() == Some("chat")));
/// ```
#[derive(Clone)]
pub struct ConnectResponseJudge<'a, X: Extensions = NoExtension> {
    section: Section,
    /// 0 before it has come.
    status: u16,
    /// Whether a field has come that only HTTP/1.1 has.
    accept: bool,
    /// The rules that both versions of HTTP have.
    shared: ResponseJudge<'a, X>,
}

impl<'a> ConnectResponseJudge<'a> {
    /// Returns a judge for a client that offered these subprotocols, and no extension. Subprotocols after the first 32
    /// are never agreed on.
    pub const fn new(subprotocols: &'a [&'a str]) -> Self {
        Self::with_extension(subprotocols, NoExtension)
    }
}

impl<'a, X: Extensions> ConnectResponseJudge<'a, X> {
    /// Returns a judge for a client that offered these subprotocols, and this extension.
    pub const fn with_extension(subprotocols: &'a [&'a str], extension: X) -> Self {
        let shared = ResponseJudge::with_accept(&AcceptValue::NONE, subprotocols, extension);
        Self { section: Section::response(), status: 0, accept: false, shared }
    }

    /// Reads the next pseudo-header field, with its colon, or the next field. Several fields with one name are several
    /// lines.
    pub fn field(&mut self, name: &[u8], value: &[u8]) {
        match self.section.read(name, value) {
            None => {}
            Some(Part::Pseudo(_)) => match status(value) {
                Some(status) => self.status = status,
                None => self.section.fail(MalformedFields::Status),
            },
            // The fields of an interim response are not those of the final one. [9110-15.2-connect-fields]
            Some(Part::Field) if is_interim(self.status) => {}
            Some(Part::Field) => match FieldName::of_any(name) {
                FieldName::Key | FieldName::Accept => self.accept = true,
                _ => self.shared.field(name, value),
            },
        }
    }

    /// Ends the field section, and returns the outcome of the response.
    #[must_use]
    pub fn finish(&mut self) -> ConnectAnswer<'a> {
        if let Err(problem) = self.section.judge() {
            return ConnectAnswer::Malformed(problem);
        }
        match self.status {
            // Every response has a status. [9113-8.3.2-status]
            0 => ConnectAnswer::Malformed(MalformedFields::PseudoMissing),
            // An interim response is followed by another one. [9110-15.2-connect-interim]
            100..=199 => {
                (self.section, self.status) = (Section::response(), 0);
                ConnectAnswer::Interim
            }
            // Any 2xx opens the stream, as for every CONNECT. [9110-9.3.6-success]
            200..=299 => self.judge(),
            // RFC 8441 §5: every other status is an answer of HTTP
            status => ConnectAnswer::Refused { status },
        }
    }

    /// Judges a response that opens the stream, in the order of [`Failure`].
    fn judge(&self) -> ConnectAnswer<'a> {
        // An answer with an accept value fails: there is no key. [8441-5-accept]
        if self.accept {
            return ConnectAnswer::Failed(Failure::Accept);
        }
        match self.shared.judge_agreement() {
            Ok(agreed) => ConnectAnswer::Agreed(agreed),
            Err(failure) => ConnectAnswer::Failed(failure),
        }
    }

    /// Returns the extension, which knows what was agreed on.
    pub const fn extension(&self) -> &X {
        self.shared.extension()
    }
}

/// Returns the status if it is a number of three digits from 100 to 999 except 101, which HTTP/2 and HTTP/3 do not have.
fn status(value: &[u8]) -> Option<u16> {
    // A status has three digits. [9113-8.3.2-digits]
    let &[hundreds @ b'1'..=b'9', tens @ b'0'..=b'9', units @ b'0'..=b'9'] = value else { return None };
    let digit = |byte: u8| u16::from(byte & 0x0F);
    let status = digit(hundreds).wrapping_mul(100).wrapping_add(digit(tens).wrapping_mul(10));
    let status = status.wrapping_add(digit(units));
    // Neither HTTP/2 nor HTTP/3 has a 101. [9113-8.6-101]
    if status == 101 { None } else { Some(status) }
}

/// Returns whether another response follows one with this status (RFC 9110 §15.2).
const fn is_interim(status: u16) -> bool {
    matches!(status, 100..=199)
}

impl<X: Extensions> fmt::Debug for ConnectResponseJudge<'_, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectResponseJudge").field("section", &self.section).finish_non_exhaustive()
    }
}
