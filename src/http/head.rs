//! The elements of a head, collected in a caller-provided buffer.

use super::class::trim;
use super::span::Span;
use crate::target::copy;
use core::fmt;

/// Collects the start line and the fields of a head in a caller-provided buffer, and returns them by name.
///
/// An element that does not fit is left out whole, and [`left_out`](Self::left_out) counts it: a small buffer keeps the
/// start line and the first fields. [`wanting`](Self::wanting) keeps only the fields that are named. `Debug` shows
/// lengths only.
///
/// ```
/// use upframe::http::{Head, HeadLimits, HeadReader, Span};
/// let mut buffer = [0; 256];
/// let mut head = Head::new(&mut buffer);
/// let mut reader = HeadReader::request(HeadLimits::DEFAULT);
/// let mut input = &b"GET /chat?room=1 HTTP/1.1\r\nHost: a\r\nCookie: id=7 \r\n\r\n"[..];
/// while let Some(span) = reader.read(&mut input) {
///     head.push(&span);
/// }
/// assert_eq!((head.method(), head.target()), (&b"GET"[..], &b"/chat?room=1"[..]));
/// assert_eq!(head.field("cookie"), Some(&b"id=7"[..]));
/// assert_eq!(head.field("origin"), None);
/// ```
pub struct Head<'m> {
    /// Records: a byte for the kind, then the bytes of the element, then LF, which no element contains.
    memory: &'m mut [u8],
    /// The number of bytes in complete records.
    len: usize,
    /// Where the last complete record begins. Records are never searched for it, so that many fields cost no more than
    /// their bytes.
    last: usize,
    /// The number of bytes in the open record, which follows the complete ones; `None` if the record is left out.
    open: Option<usize>,
    /// Whether the next value is left out, since its name was.
    skip_value: bool,
    left_out: u16,
    status: u16,
    wanted: &'m [&'m str],
}

const METHOD: u8 = b'M';
const TARGET: u8 = b'T';
const REASON: u8 = b'R';
const NAME: u8 = b'N';
const VALUE: u8 = b'V';

impl<'m> Head<'m> {
    /// Returns an empty head that keeps every field that fits in `memory`.
    pub const fn new(memory: &'m mut [u8]) -> Self {
        Self::wanting(&[], memory)
    }

    /// Returns an empty head that keeps only the fields with these names, in any case of the letters. No name means all
    /// fields.
    ///
    /// ```
    /// use upframe::http::{Head, Run, Span};
    /// let mut buffer = [0; 16];
    /// let mut head = Head::wanting(&["cookie"], &mut buffer);
    /// for (name, value) in [("Host", "a"), ("Cookie", "id=7")] {
    ///     head.push(&Span::Name(Run { bytes: name.as_bytes(), last: true }));
    ///     head.push(&Span::Value(Run { bytes: value.as_bytes(), last: true }));
    /// }
    /// assert_eq!(head.fields().collect::<Vec<_>>(), [(&b"Cookie"[..], &b"id=7"[..])]);
    /// ```
    pub const fn wanting(names: &'m [&'m str], memory: &'m mut [u8]) -> Self {
        Self { memory, len: 0, last: 0, open: Some(0), skip_value: false, left_out: 0, status: 0, wanted: names }
    }

    /// Adds the next span of the head. Every span is to be pushed, in order.
    pub fn push(&mut self, span: &Span) {
        match *span {
            Span::Method(run) => self.add(METHOD, run.bytes, run.last),
            Span::Target(run) => self.add(TARGET, run.bytes, run.last),
            Span::Reason(run) => self.add(REASON, run.bytes, run.last),
            Span::Status(status) => self.status = status,
            Span::Name(run) => {
                self.skip_value = false;
                self.add(NAME, run.bytes, run.last);
                if run.last {
                    self.drop_unwanted_name();
                }
            }
            Span::Value(_) if self.skip_value => {}
            Span::Value(run) => self.add(VALUE, run.bytes, run.last),
            Span::Version(_) | Span::End | Span::Failed(_) => {}
        }
    }

    /// Adds bytes to the open record.
    fn add(&mut self, kind: u8, bytes: &[u8], last: bool) {
        if let Some(open) = self.open {
            // a record begins with its kind and ends with LF
            let begin = if open == 0 { &[kind][..] } else { &[] };
            let end = if last { &b"\n"[..] } else { &[] };
            let mut open = open;
            let fits = [begin, bytes, end].into_iter().all(|part| {
                let from = self.len.saturating_add(open);
                open = open.saturating_add(part.len());
                let to = self.memory.get_mut(from..from.saturating_add(part.len()));
                to.map(|to| copy(part, to)).is_some()
            });
            self.open = fits.then_some(open);
        }
        if last {
            match self.open {
                Some(open) => (self.last, self.len) = (self.len, self.len.saturating_add(open)),
                None => self.leave_out(kind),
            }
            self.open = Some(0);
        }
    }

    /// Leaves out a record that did not fit: the name with its value, the value with its name.
    fn leave_out(&mut self, kind: u8) {
        self.left_out = self.left_out.saturating_add(1);
        match kind {
            VALUE => self.drop_last_record(),
            NAME => self.skip_value = true,
            _ => {}
        }
    }

    /// Drops a complete name that is not wanted.
    fn drop_unwanted_name(&mut self) {
        if self.skip_value || self.wanted.is_empty() {
            return;
        }
        // after its kind, before its LF
        let Some([_, name @ .., _]) = self.memory.get(self.last..self.len) else { return };
        if !self.wanted.iter().any(|wanted| name.eq_ignore_ascii_case(wanted.as_bytes())) {
            self.drop_last_record();
            self.skip_value = true;
        }
    }

    /// Drops the last complete record. The one before it cannot be dropped then.
    fn drop_last_record(&mut self) {
        self.len = self.last;
    }

    /// Returns kind and bytes of each record.
    fn records(&self) -> impl Iterator<Item = (u8, &[u8])> {
        let kept = self.memory.get(..self.len).unwrap_or_default();
        kept.split(|byte| *byte == b'\n').filter_map(|record| record.split_first().map(|(kind, bytes)| (*kind, bytes)))
    }

    /// Returns the bytes of the first record of a kind, or nothing.
    fn record(&self, wanted: u8) -> &[u8] {
        self.records().find(|(kind, _)| *kind == wanted).map_or(&[], |(_, bytes)| bytes)
    }

    /// Returns the method of a request. It is empty for a response, and if it did not fit.
    pub fn method(&self) -> &[u8] {
        self.record(METHOD)
    }

    /// Returns the target of a request as it appears in the request line. It is empty for a response, and if it did not
    /// fit.
    pub fn target(&self) -> &[u8] {
        self.record(TARGET)
    }

    /// Returns the path and the query of a request: the *resource name* (RFC 6455 §3), also if the target is in
    /// absolute form (RFC 9112 §3.2.2). The result begins with `?` if such a target has a query and no path.
    ///
    /// ```
    /// use upframe::http::{Head, Run, Span};
    /// let mut buffer = [0; 64];
    /// let mut head = Head::new(&mut buffer);
    /// head.push(&Span::Target(Run { bytes: b"http://example.com:81/chat?room=1", last: true }));
    /// assert_eq!((head.path(), head.host()), (&b"/chat?room=1"[..], Some(&b"example.com:81"[..])));
    /// ```
    pub fn path(&self) -> &[u8] {
        match absolute(self.target()) {
            Some((_, [])) => b"/",
            Some((_, path)) => path,
            None => self.target(),
        }
    }

    /// Returns the host that a request is for, with its port if there is one: the authority of a target in absolute
    /// form, or else the value of the first `Host` (RFC 9112 §3.2.2).
    pub fn host(&self) -> Option<&[u8]> {
        match absolute(self.target()) {
            Some((authority, _)) => Some(authority),
            None => self.field("host"),
        }
    }

    /// Returns the status of a response, and 0 for a request.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Returns the reason of a response, which may be empty.
    pub fn reason(&self) -> &[u8] {
        trim(self.record(REASON))
    }

    /// Returns the value of the first field with this name, in any case of the letters, without the white space around
    /// the value.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.fields().find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// Returns all fields that were kept, in their order: the name, and the value without the white space around it.
    pub fn fields(&self) -> Fields<'_> {
        Fields { rest: self.memory.get(..self.len).unwrap_or_default() }
    }

    /// Returns how many elements were left out because they did not fit: fields, the method, the target or the reason.
    /// At most 65,535 are counted.
    pub const fn left_out(&self) -> u16 {
        self.left_out
    }

    /// Removes all elements, so that the same buffer can be used for the next head.
    pub const fn clear(&mut self) {
        (self.len, self.last, self.open, self.skip_value) = (0, 0, Some(0), false);
        (self.left_out, self.status) = (0, 0);
    }
}

/// Returns the authority, and path with query, of a target in absolute form (RFC 9112 §3.2.2).
fn absolute(target: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = target.iter().position(|byte| *byte == b':')?;
    let (scheme, [b':', b'/', b'/', rest @ ..]) = target.split_at_checked(colon)? else { return None };
    let is_scheme = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    let path = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    if is_scheme { rest.split_at_checked(path) } else { None }
}

impl fmt::Debug for Head<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Head({} of {} bytes)", self.len, self.memory.len())
    }
}

/// The fields of a [`Head`]: an iterator of names and values, which [`Head::fields`] returns.
///
/// ```
/// use upframe::http::{Head, Run, Span};
/// let mut buffer = [0; 16];
/// let mut head = Head::new(&mut buffer);
/// head.push(&Span::Name(Run { bytes: b"Accept", last: true }));
/// head.push(&Span::Value(Run { bytes: b"*/* ", last: true }));
/// assert_eq!(head.fields().next(), Some((&b"Accept"[..], &b"*/*"[..])));
/// ```
#[derive(Clone, Debug)]
pub struct Fields<'h> {
    rest: &'h [u8],
}

impl<'h> Iterator for Fields<'h> {
    type Item = (&'h [u8], &'h [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let mut name = None;
        loop {
            let end = self.rest.iter().position(|byte| *byte == b'\n')?;
            let (record, rest) = self.rest.split_at_checked(end)?;
            self.rest = rest.get(1..).unwrap_or_default();
            match (record.split_first(), name) {
                (Some((&NAME, bytes)), _) => name = Some(bytes),
                (Some((&VALUE, value)), Some(name)) => return Some((name, trim(value))),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::limits::HeadLimits;
    use crate::http::reader::HeadReader;
    use std::vec::Vec;

    const REQUEST: &[u8] = b"GET http://h:1/p?q HTTP/1.1\r\nHost: h\r\nA:  1 2 \r\nEmpty:\r\na: 3\r\n\
        Long: 0123456789012345678901234567890\r\nZ: z\r\n\r\n";

    fn push(head: &mut Head, wire: &[u8], cut: usize) {
        let mut reader = HeadReader::request(HeadLimits::DEFAULT);
        for mut piece in wire.chunks(cut) {
            while let Some(span) = reader.read(&mut piece) {
                assert!(!matches!(span, Span::Failed(_)));
                head.push(&span);
            }
        }
    }

    fn fields(head: &Head) -> Vec<(Vec<u8>, Vec<u8>)> {
        head.fields().map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
    }

    #[test]
    fn unwanted_fields_are_left_out_at_every_cut() {
        for cut in 1..=REQUEST.len() {
            let mut memory = [0; 256];
            let mut head = Head::wanting(&["host", "z"], &mut memory);
            push(&mut head, REQUEST, cut);
            let want = [(b"Host".to_vec(), b"h".to_vec()), (b"Z".to_vec(), b"z".to_vec())];
            assert_eq!(fields(&head), want, "{cut}");
        }
    }

    #[test]
    fn every_cut_makes_the_same_head() {
        for cut in 1..=REQUEST.len() {
            let mut memory = [0; 256];
            let mut head = Head::new(&mut memory);
            push(&mut head, REQUEST, cut);
            assert_eq!((head.method(), head.target()), (&b"GET"[..], &b"http://h:1/p?q"[..]));
            assert_eq!(head.path(), b"/p?q");
            assert_eq!(head.field("A"), Some(&b"1 2"[..]));
            assert_eq!(head.field("empty"), Some(&b""[..]));
            assert_eq!(head.field("z"), Some(&b"z"[..]));
            assert_eq!(head.field("Z "), None);
            assert_eq!((fields(&head).len(), head.left_out()), (6, 0));
        }
    }

    #[test]
    fn an_element_that_does_not_fit_is_left_out_whole_for_every_buffer() {
        let mut memory = [0; 256];
        let mut all = Head::new(&mut memory);
        push(&mut all, REQUEST, 1000);
        let all = fields(&all);
        for size in 0..160 {
            for cut in [1, 3, 1000] {
                let mut memory = vec![0; size];
                let mut head = Head::new(&mut memory);
                push(&mut head, REQUEST, cut);
                let kept = fields(&head);
                assert!(kept.iter().all(|field| all.contains(field)), "{size}");
                assert!(kept.len() + usize::from(head.left_out()) >= 6, "{size}: {kept:?} and {}", head.left_out());
                assert!([&b""[..], b"GET"].contains(&head.method()));
            }
        }
        // the long one does not fit, the short one after it does
        let mut memory = [0; 64];
        let mut head = Head::new(&mut memory);
        push(&mut head, REQUEST, 7);
        assert_eq!((head.field("long"), head.field("z"), head.left_out()), (None, Some(&b"z"[..]), 1));
    }

    #[test]
    fn only_wanted_fields_are_kept() {
        let mut memory = [0; 64];
        let mut head = Head::wanting(&["LONG", "a"], &mut memory);
        push(&mut head, REQUEST, 5);
        assert_eq!(fields(&head).iter().map(|(name, _)| &name[..]).collect::<Vec<_>>(), [b"A", b"a"]);
        assert_eq!(head.left_out(), 1);
        head.clear();
        assert_eq!((head.target(), head.left_out()), (&b""[..], 0));
    }
}
