//! The records of a [`Head`](super::head::Head), and its fields as an iterator.

use super::class::trim;
use core::fmt;

pub(super) const METHOD: u8 = b'M';
pub(super) const TARGET: u8 = b'T';
pub(super) const REASON: u8 = b'R';
pub(super) const NAME: u8 = b'N';
pub(super) const VALUE: u8 = b'V';
/// The name of a field whose value did not fit.
pub(super) const LOST: u8 = b'L';

/// Why a [`Head`](super::Head) cannot answer a question: it did not keep the element.
///
/// This is not the same as an element that is absent. A check that passes if a field is absent, such as that of
/// `Origin`, must not pass on this error: answer with 431, or use more memory.
///
/// ```
/// use upframe::http::{Head, LeftOut, Run, Span};
/// let mut buffer = [0; 12];
/// let mut head = Head::wanting(&["cookie", "origin"], &mut buffer);
/// for (name, value) in [("Cookie", "id=1234567"), ("Accept", "text/html")] {
///     head.push(&Span::Name(Run { bytes: name.as_bytes(), last: true }));
///     head.push(&Span::Value(Run { bytes: value.as_bytes(), last: true }));
/// }
/// assert_eq!(head.field("cookie"), Err(LeftOut::DidNotFit));
/// assert_eq!(head.field("origin"), Ok(None));
/// assert_eq!(head.field("accept"), Err(LeftOut::NotWanted));
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum LeftOut {
    /// The element did not fit in the memory of the head.
    DidNotFit,
    /// The field is not among those that [`Head::wanting`](super::Head::wanting) names, so it was not kept.
    NotWanted,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DidNotFit => "element of the head did not fit in its memory",
            Self::NotWanted => "field is not among the wanted ones",
        })
    }
}

impl core::error::Error for LeftOut {}

/// The fields that a [`Head`](super::Head) kept: an iterator of names and values.
///
/// [`Head::fields`](super::Head::fields) and [`Head::kept`](super::Head::kept) return it. `Debug` shows no bytes.
///
/// ```
/// use upframe::http::{Head, Run, Span};
/// let mut buffer = [0; 16];
/// let mut head = Head::new(&mut buffer);
/// head.push(&Span::Name(Run { bytes: b"Accept", last: true }));
/// head.push(&Span::Value(Run { bytes: b"*/* ", last: true }));
/// assert_eq!(head.kept().next(), Some((&b"Accept"[..], &b"*/*"[..])));
/// ```
#[derive(Clone)]
pub struct Fields<'h> {
    pub(super) rest: &'h [u8],
}

impl<'h> Fields<'h> {
    /// Returns the next field: its name, and its value if that was kept.
    pub(super) fn next_line(&mut self) -> Option<(&'h [u8], Option<&'h [u8]>)> {
        let mut name = None;
        loop {
            let end = self.rest.iter().position(|byte| *byte == b'\n')?;
            let (record, rest) = self.rest.split_at_checked(end)?;
            self.rest = rest.get(1..).unwrap_or_default();
            match (record.split_first(), name) {
                (Some((&NAME, bytes)), _) => name = Some(bytes),
                (Some((&VALUE, value)), Some(name)) => return Some((name, Some(trim(value)))),
                (Some((&LOST, name)), _) => return Some((name, None)),
                _ => {}
            }
        }
    }
}

impl<'h> Iterator for Fields<'h> {
    type Item = (&'h [u8], &'h [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let (name, Some(value)) = self.next_line()? {
                return Some((name, value));
            }
        }
    }
}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fields({} bytes)", self.rest.len())
    }
}
