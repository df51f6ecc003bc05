//! The rules for every field section of HTTP/2 and HTTP/3 (RFC 9113 §8.2, §8.3, RFC 9114 §4.2, §4.3).

use super::malformed::MalformedFields;
use crate::http::class::{Class, trim};
use crate::http::scan::is_tchar;

/// A pseudo-header field. Each has a bit of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(super) enum Pseudo {
    Method = 1,
    Protocol = 2,
    Scheme = 4,
    Path = 8,
    Authority = 16,
    Status = 32,
}

impl Pseudo {
    const ALL: [(Self, &'static [u8]); 6] = [
        (Self::Method, b":method"),
        (Self::Protocol, b":protocol"),
        (Self::Scheme, b":scheme"),
        (Self::Path, b":path"),
        (Self::Authority, b":authority"),
        (Self::Status, b":status"),
    ];

    /// Returns the pseudo-header field with this name.
    fn of(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find_map(|(pseudo, known)| (known == name).then_some(pseudo))
    }
}

/// A part of a field section that is not malformed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Part {
    Pseudo(Pseudo),
    Field,
}

/// What has come of a field section.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    /// The pseudo-header fields that may come, one bit for each.
    allowed: u8,
    /// Those that have come.
    seen: u8,
    /// Whether a field has come that is not a pseudo-header field.
    in_fields: bool,
    malformed: Option<MalformedFields>,
}

impl Section {
    /// Returns the section of a request, of which nothing has come.
    pub(super) const fn request() -> Self {
        const ALLOWED: u8 = Pseudo::Method as u8
            | Pseudo::Protocol as u8
            | Pseudo::Scheme as u8
            | Pseudo::Path as u8
            | Pseudo::Authority as u8;
        Self { allowed: ALLOWED, seen: 0, in_fields: false, malformed: None }
    }

    /// Returns the section of a response, of which nothing has come.
    pub(super) const fn response() -> Self {
        Self { allowed: RESPONSE, seen: 0, in_fields: false, malformed: None }
    }

    /// Reads the next pair, and returns what it is. After a problem, the rest of the section is not read.
    pub(super) fn read(&mut self, name: &[u8], value: &[u8]) -> Option<Part> {
        if self.malformed.is_some() {
            return None;
        }
        match self.check(name, value) {
            Ok(part) => Some(part),
            Err(problem) => {
                self.malformed = Some(problem);
                None
            }
        }
    }

    fn check(&mut self, name: &[u8], value: &[u8]) -> Result<Part, MalformedFields> {
        // A field value has no control byte, and no white space around it. [9113-8.2.1-value]
        if Class::Value.len(value) < value.len() || trim(value).len() < value.len() {
            return Err(MalformedFields::Value);
        }
        if name.first() != Some(&b':') {
            self.in_fields = true;
            self.check_name(name, value)?;
            return Ok(Part::Field);
        }
        // A pseudo-header field never follows a field. [9113-8.3-late]
        if self.in_fields {
            return Err(MalformedFields::PseudoLate);
        }
        // A pseudo-header field is known, and belongs to this kind of message. [9113-8.3-known]
        let Some(pseudo) = Pseudo::of(name).filter(|pseudo| self.allowed & *pseudo as u8 != 0) else {
            return Err(MalformedFields::PseudoNotAllowed);
        };
        // No pseudo-header field is duplicated. [9113-8.3-duplicated]
        if self.has(pseudo) {
            return Err(MalformedFields::PseudoDuplicated);
        }
        self.seen |= pseudo as u8;
        Ok(Part::Pseudo(pseudo))
    }

    /// Checks the name of a field that is not a pseudo-header field.
    fn check_name(&self, name: &[u8], value: &[u8]) -> Result<(), MalformedFields> {
        // A field name is a token without upper-case letters. [9113-8.2.1-name]
        if name.is_empty() || !name.iter().all(|byte| is_tchar(*byte) && !byte.is_ascii_uppercase()) {
            return Err(MalformedFields::Name);
        }
        // Only a request has a TE, which is trailers and nothing else. [9113-8.2.2-te]
        if name == b"te" && self.allowed != RESPONSE && value.eq_ignore_ascii_case(b"trailers") {
            return Ok(());
        }
        // A field of one connection of HTTP/1.1, such as Connection or Upgrade, is malformed. [9113-8.2.2-connection]
        if CONNECTION_FIELDS.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(name)) {
            return Err(MalformedFields::ConnectionField);
        }
        Ok(())
    }

    /// Returns whether a pseudo-header field has come.
    pub(super) const fn has(&self, pseudo: Pseudo) -> bool {
        self.seen & pseudo as u8 != 0
    }

    /// Marks the section as malformed, unless it is already.
    pub(super) fn fail(&mut self, problem: MalformedFields) {
        self.malformed.get_or_insert(problem);
    }

    /// Returns what is malformed, if anything is.
    pub(super) fn judge(&self) -> Result<(), MalformedFields> {
        self.malformed.map_or(Ok(()), Err)
    }
}

/// The pseudo-header fields of a response.
const RESPONSE: u8 = Pseudo::Status as u8;

/// The fields of one connection of HTTP/1.1.
pub(super) static CONNECTION_FIELDS: [&str; 6] =
    ["Connection", "Upgrade", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "TE"];
