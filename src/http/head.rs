//! Spans put together in lent memory.

use super::class::trim;
use super::span::Span;
use crate::target::copy;
use core::fmt;

/// The start line and the fields of a head, in lent memory: for those who want `target()` and `field("cookie")`.
///
/// What does not fit is left out whole, and [`left_out`](Self::left_out) counts it: a small memory keeps the start line and the
/// fields that came first. [`wanting`](Self::wanting) keeps those only that are named.
///
/// ```
/// use upframe::http::{Head, HeadLimits, HeadReader, Span};
/// let mut memory = [0; 256];
/// let mut head = Head::new(&mut memory);
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
    /// Records: a byte that says what it is, then the bytes, then LF, which no element holds.
    memory: &'m mut [u8],
    /// Bytes in whole records.
    len: usize,
    /// Where the last of them begins; they are never searched for it, so that many fields cost no more than their bytes.
    last: usize,
    /// Bytes of the record under way behind them; `None` while it is left out.
    open: Option<usize>,
    /// A field's value belongs to a name that was left out.
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
    /// Keeps every field that fits.
    pub const fn new(memory: &'m mut [u8]) -> Self {
        Self::wanting(&[], memory)
    }

    /// Keeps only the fields with these names, in any case; all, where none is named.
    pub const fn wanting(names: &'m [&'m str], memory: &'m mut [u8]) -> Self {
        Self { memory, len: 0, last: 0, open: Some(0), skip_value: false, left_out: 0, status: 0, wanted: names }
    }

    /// Adds the next span of a head.
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
                    self.judge_name();
                }
            }
            Span::Value(_) if self.skip_value => {}
            Span::Value(run) => self.add(VALUE, run.bytes, run.last),
            Span::Version(_) | Span::End | Span::Failed(_) => {}
        }
    }

    /// Adds bytes to the record under way.
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

    /// A record did not fit: a value takes its name with it, a name its value.
    fn leave_out(&mut self, kind: u8) {
        self.left_out = self.left_out.saturating_add(1);
        match kind {
            VALUE => self.drop_last_record(),
            NAME => self.skip_value = true,
            _ => {}
        }
    }

    /// A name is whole: is it wanted?
    fn judge_name(&mut self) {
        if self.skip_value || self.wanted.is_empty() {
            return;
        }
        // behind its kind, in front of its LF
        let Some([_, name @ .., _]) = self.memory.get(self.last..self.len) else { return };
        if !self.wanted.iter().any(|wanted| name.eq_ignore_ascii_case(wanted.as_bytes())) {
            self.drop_last_record();
            self.skip_value = true;
        }
    }

    /// Once, behind the record that was closed last.
    fn drop_last_record(&mut self) {
        self.len = self.last;
    }

    fn records(&self) -> impl Iterator<Item = (u8, &[u8])> {
        let kept = self.memory.get(..self.len).unwrap_or_default();
        kept.split(|byte| *byte == b'\n').filter_map(|record| record.split_first().map(|(kind, bytes)| (*kind, bytes)))
    }

    fn record(&self, wanted: u8) -> &[u8] {
        self.records().find(|(kind, _)| *kind == wanted).map_or(&[], |(_, bytes)| bytes)
    }

    /// The method of a request; empty where there is none.
    pub fn method(&self) -> &[u8] {
        self.record(METHOD)
    }

    /// The target of a request, as it stands in the request line; empty where there is none, or it did not fit.
    pub fn target(&self) -> &[u8] {
        self.record(TARGET)
    }

    /// The path and the query of a request: the *resource name* (RFC 6455 §3), also of a target in absolute form (RFC 9112
    /// §3.2.2). It begins with `?` where such a target has a query and no path.
    pub fn path(&self) -> &[u8] {
        match absolute(self.target()) {
            Some((_, [])) => b"/",
            Some((_, path)) => path,
            None => self.target(),
        }
    }

    /// The host that a request is for, with its port if there is one: what a target in absolute form says, and else the first
    /// `Host` (RFC 9112 §3.2.2).
    pub fn host(&self) -> Option<&[u8]> {
        match absolute(self.target()) {
            Some((authority, _)) => Some(authority),
            None => self.field("host"),
        }
    }

    /// The status of a response; 0 where there is none.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The reason of a response; empty where there is none.
    pub fn reason(&self) -> &[u8] {
        trim(self.record(REASON))
    }

    /// The value of the first field with this name, in any case, without the white space around it.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.fields().find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// All fields that were kept, in their order: name, and value without the white space around it.
    pub fn fields(&self) -> Fields<'_> {
        Fields { rest: self.memory.get(..self.len).unwrap_or_default() }
    }

    /// How many elements were left out, since they did not fit: fields, or the target.
    pub const fn left_out(&self) -> u16 {
        self.left_out
    }

    /// Forgets the head: for the next one, or for pools.
    pub const fn clear(&mut self) {
        (self.len, self.last, self.open, self.skip_value) = (0, 0, Some(0), false);
        (self.left_out, self.status) = (0, 0);
    }
}

/// Authority, and path and query, of a target in absolute form (RFC 9112 §3.2.2).
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

/// The fields of a [`Head`].
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

    const REQUEST: &[u8] =
        b"GET http://h:1/p?q HTTP/1.1\r\nHost: h\r\nA:  1 2 \r\nEmpty:\r\na: 3\r\nLong: 0123456789012345678901234567890\r\nZ: z\r\n\r\n";

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
    fn values_that_nobody_wants_are_left_out_at_every_cut() {
        for cut in 1..=REQUEST.len() {
            let mut memory = [0; 256];
            let mut head = Head::wanting(&["host", "z"], &mut memory);
            push(&mut head, REQUEST, cut);
            let want = [(b"Host".to_vec(), b"h".to_vec()), (b"Z".to_vec(), b"z".to_vec())];
            assert_eq!(fields(&head), want, "{cut}");
        }
    }

    #[test]
    fn any_cut_gives_the_same_head() {
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
    fn what_does_not_fit_is_left_out_whole_in_any_memory() {
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
        // the long one does not fit, the short one behind it does
        let mut memory = [0; 64];
        let mut head = Head::new(&mut memory);
        push(&mut head, REQUEST, 7);
        assert_eq!((head.field("long"), head.field("z"), head.left_out()), (None, Some(&b"z"[..]), 1));
    }

    #[test]
    fn only_the_fields_that_are_wanted_are_kept() {
        let mut memory = [0; 64];
        let mut head = Head::wanting(&["LONG", "a"], &mut memory);
        push(&mut head, REQUEST, 5);
        assert_eq!(fields(&head).iter().map(|(name, _)| &name[..]).collect::<Vec<_>>(), [b"A", b"a"]);
        assert_eq!(head.left_out(), 1);
        head.clear();
        assert_eq!((head.target(), head.left_out()), (&b""[..], 0));
    }
}
