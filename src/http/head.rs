//! The elements of a head, collected in a caller-provided buffer.

use super::class::trim;
use super::field::known::Candidates;
use super::field::letters::{Letters, MAX};
use super::fields::{Fields, LOST, LeftOut, METHOD, NAME, REASON, TARGET, VALUE};
use super::span::{Run, Span};
use crate::target::copy;
use core::fmt;
use core::mem::replace;

/// Collects the start line and the fields of a head in a caller-provided buffer, and returns them by name.
///
/// An element that does not fit is left out whole, and [`left_out`](Self::left_out) counts it: a small buffer keeps the
/// start line and the first fields. The name of a field stays if only its value does not fit.
/// [`wanting`](Self::wanting) keeps only the fields that are named.
///
/// **"Absent" and "left out" are different answers.** A question about an element that was left out has no answer but
/// [`LeftOut`]; `Ok(None)` means that the head does not have the field. `Debug` shows lengths only.
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
/// assert_eq!((head.method(), head.target()), (Ok(&b"GET"[..]), Ok(&b"/chat?room=1"[..])));
/// assert_eq!(head.field("cookie"), Ok(Some(&b"id=7"[..])));
/// assert_eq!(head.field("origin"), Ok(None));
/// ```
///
/// A check that lets a request pass if a field is absent cannot take a field that was left out for one:
///
/// ```compile_fail
/// # let mut buffer = [0; 16];
/// # let head = upframe::http::Head::new(&mut buffer);
/// let may_pass = match head.field("origin") {
///     Some(origin) => origin == b"https://example.com",
///     None => true,
/// };
/// ```
pub struct Head<'m> {
    /// Records: a byte for the kind, then the bytes of the element, then LF, which no element contains.
    memory: &'m mut [u8],
    /// The number of bytes in complete records. It shrinks only by an unwanted name that was just added.
    len: usize,
    /// Where the last complete record begins. Records are never searched for it, so that many fields cost no more than
    /// their bytes.
    last: usize,
    /// The number of bytes in the open record, which follows the complete ones; `None` if the record is left out.
    open: Option<usize>,
    /// Whether the next value is left out, since its name was.
    skip_value: bool,
    status: u16,
    wanted: &'m [&'m str],
    /// Which of the wanted names the name being read may be.
    candidates: Candidates,
    lost: Lost,
}

/// What was left out because it did not fit.
#[derive(Clone, Copy)]
struct Lost {
    count: u16,
    method: bool,
    target: bool,
    reason: bool,
    /// One bit for each of the first 32 wanted names: whether a field was left out since its name did not fit. If its
    /// value did not fit, a record has the name.
    names: u32,
    /// Whether a field of an unknown name was left out.
    unknown_name: bool,
    fields: bool,
}

impl Lost {
    const NOTHING: Self =
        Self { count: 0, method: false, target: false, reason: false, names: 0, unknown_name: false, fields: false };
}

impl<'m> Head<'m> {
    /// Returns an empty head that keeps every field that fits in `memory`.
    pub const fn new(memory: &'m mut [u8]) -> Self {
        Self::wanting(&[], memory)
    }

    /// Returns an empty head that keeps only the fields with these names, in any case of the letters. No name means all
    /// fields.
    ///
    /// A question about a field that is not wanted has the answer [`LeftOut::NotWanted`]. If more than 32 names are
    /// wanted, a name that did not fit counts as one of those after the first 32.
    ///
    /// ```
    /// use upframe::http::{Head, LeftOut, Run, Span};
    /// let mut buffer = [0; 16];
    /// let mut head = Head::wanting(&["cookie"], &mut buffer);
    /// for (name, value) in [("Host", "a"), ("Cookie", "id=7")] {
    ///     head.push(&Span::Name(Run { bytes: name.as_bytes(), last: true }));
    ///     head.push(&Span::Value(Run { bytes: value.as_bytes(), last: true }));
    /// }
    /// assert_eq!(head.fields().unwrap().collect::<Vec<_>>(), [(&b"Cookie"[..], &b"id=7"[..])]);
    /// assert_eq!(head.field("host"), Err(LeftOut::NotWanted));
    /// ```
    pub const fn wanting(names: &'m [&'m str], memory: &'m mut [u8]) -> Self {
        let (candidates, lost) = (Candidates::ALL, Lost::NOTHING);
        Self { memory, len: 0, last: 0, open: Some(0), skip_value: false, status: 0, wanted: names, candidates, lost }
    }

    /// Adds the next span of the head. Every span is to be pushed, in order.
    pub fn push(&mut self, span: &Span) {
        match *span {
            Span::Method(run) => self.add(METHOD, run),
            Span::Target(run) => self.add(TARGET, run),
            Span::Reason(run) => self.add(REASON, run),
            Span::Status(status) => self.status = status,
            Span::Name(run) => {
                self.skip_value = false;
                self.candidates.push(run.bytes, self.wanted, Letters::AnyCase);
                self.add(NAME, run);
            }
            Span::Value(_) if self.skip_value => {}
            Span::Value(run) => self.add(VALUE, run),
            Span::Version(_) | Span::End | Span::Failed(_) => {}
        }
    }

    /// Adds bytes to the open record.
    fn add(&mut self, kind: u8, Run { bytes, last }: Run) {
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
            let open = self.open.replace(0);
            if let Some(open) = open {
                (self.last, self.len) = (self.len, self.len.saturating_add(open));
            }
            if kind == NAME {
                self.end_name(open.is_some());
            } else if open.is_none() {
                self.leave_out(kind);
            }
        }
    }

    /// Ends a name, and drops it if it is not wanted.
    fn end_name(&mut self, fits: bool) {
        let index = replace(&mut self.candidates, Candidates::ALL).found(self.wanted, Letters::AnyCase);
        let others = self.wanted.get(MAX..).unwrap_or_default();
        if !fits {
            match index {
                Some(index) => self.lost.names |= 1 << index,
                None if self.wanted.is_empty() || !others.is_empty() => self.lost.unknown_name = true,
                None => return self.skip_value = true,
            }
            self.leave_out(NAME);
        } else if index.is_none() && !self.wanted.is_empty() {
            // after its kind, before its LF
            let Some([_, name @ .., _]) = self.memory.get(self.last..self.len) else { return };
            if !others.iter().any(|wanted| name.eq_ignore_ascii_case(wanted.as_bytes())) {
                // the record before it cannot be dropped then
                self.len = self.last;
                self.skip_value = true;
            }
        }
    }

    /// Notes that a record did not fit: a field is left out whole.
    fn leave_out(&mut self, kind: u8) {
        self.lost.count = self.lost.count.saturating_add(1);
        match kind {
            METHOD => self.lost.method = true,
            TARGET => self.lost.target = true,
            REASON => self.lost.reason = true,
            _ => self.lost.fields = true,
        }
        match (kind, self.memory.get_mut(self.last)) {
            (NAME, _) => self.skip_value = true,
            (VALUE, Some(name)) => *name = LOST,
            _ => {}
        }
    }

    /// Returns the bytes of the first record of a kind, or nothing.
    fn record(&self, wanted: u8, lost: bool) -> Result<&[u8], LeftOut> {
        if lost {
            return Err(LeftOut::DidNotFit);
        }
        let mut records = self.kept().rest.split(|byte| *byte == b'\n').filter_map(<[u8]>::split_first);
        Ok(records.find(|(kind, _)| **kind == wanted).map_or(&[], |(_, bytes)| bytes))
    }

    /// Returns the method of a request. It is empty for a response.
    ///
    /// # Errors
    ///
    /// [`LeftOut::DidNotFit`].
    pub fn method(&self) -> Result<&[u8], LeftOut> {
        self.record(METHOD, self.lost.method)
    }

    /// Returns the target of a request as it appears in the request line. It is empty for a response.
    ///
    /// # Errors
    ///
    /// [`LeftOut::DidNotFit`].
    pub fn target(&self) -> Result<&[u8], LeftOut> {
        self.record(TARGET, self.lost.target)
    }

    /// Returns the path and the query of a request: the *resource name* (RFC 6455 §3), also if the target is in
    /// absolute form (RFC 9112 §3.2.2). The result begins with `?` if such a target has a query and no path.
    ///
    /// ```
    /// use upframe::http::{Head, Run, Span};
    /// let mut buffer = [0; 64];
    /// let mut head = Head::new(&mut buffer);
    /// head.push(&Span::Target(Run { bytes: b"http://example.com:81/chat?room=1", last: true }));
    /// assert_eq!((head.path(), head.host()), (Ok(&b"/chat?room=1"[..]), Ok(Some(&b"example.com:81"[..]))));
    /// ```
    ///
    /// # Errors
    ///
    /// [`LeftOut::DidNotFit`] if the target did not fit.
    pub fn path(&self) -> Result<&[u8], LeftOut> {
        let target = self.target()?;
        Ok(match absolute(target) {
            Some((_, [])) => b"/",
            Some((_, path)) => path,
            None => target,
        })
    }

    /// Returns the host that a request is for, with its port if there is one: the authority of a target in absolute
    /// form, or else the value of the first `Host` (RFC 9112 §3.2.2).
    ///
    /// # Errors
    ///
    /// [`LeftOut`] if the target did not fit, or if it has no authority and `Host` was left out.
    pub fn host(&self) -> Result<Option<&[u8]>, LeftOut> {
        match absolute(self.target()?) {
            Some((authority, _)) => Ok(Some(authority)),
            None => self.field("host"),
        }
    }

    /// Returns the status of a response, and 0 for a request.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Returns the reason of a response, which may be empty.
    ///
    /// # Errors
    ///
    /// [`LeftOut::DidNotFit`].
    pub fn reason(&self) -> Result<&[u8], LeftOut> {
        self.record(REASON, self.lost.reason).map(trim)
    }

    /// Returns the value of the first field with this name, in any case of the letters, without the white space around
    /// the value. `Ok(None)` means that no such field has come.
    ///
    /// # Errors
    ///
    /// [`LeftOut`] if the first field with this name was left out.
    pub fn field(&self, name: &str) -> Result<Option<&[u8]>, LeftOut> {
        let mut lines = self.kept();
        while let Some((found, value)) = lines.next_line() {
            if found.eq_ignore_ascii_case(name.as_bytes()) {
                return value.map(Some).ok_or(LeftOut::DidNotFit);
            }
        }
        self.check_name(name)?;
        Ok(None)
    }

    /// Returns the values of all fields with this name, in their order.
    ///
    /// ```
    /// use upframe::http::{Head, LeftOut, Run, Span};
    /// let mut buffer = [0; 32];
    /// let mut head = Head::new(&mut buffer);
    /// for (name, value) in [("Origin", "a"), ("ORIGIN", "b")] {
    ///     head.push(&Span::Name(Run { bytes: name.as_bytes(), last: true }));
    ///     head.push(&Span::Value(Run { bytes: value.as_bytes(), last: true }));
    /// }
    /// assert!(head.values("origin").unwrap().eq([b"a", b"b"]));
    /// assert_eq!(head.values("cookie").unwrap().count(), 0);
    /// ```
    ///
    /// # Errors
    ///
    /// [`LeftOut`] if any field with this name was left out.
    pub fn values<'h>(&'h self, name: &'h str) -> Result<impl Iterator<Item = &'h [u8]>, LeftOut> {
        let is_it = move |found: &[u8]| found.eq_ignore_ascii_case(name.as_bytes());
        let mut lines = self.kept();
        while let Some((found, value)) = lines.next_line() {
            if value.is_none() && is_it(found) {
                return Err(LeftOut::DidNotFit);
            }
        }
        self.check_name(name)?;
        Ok(self.kept().filter(move |(found, _)| is_it(found)).map(|(_, value)| value))
    }

    /// Checks that no field with this name was left out together with its name.
    fn check_name(&self, name: &str) -> Result<(), LeftOut> {
        let index = self.wanted.iter().position(|wanted| wanted.eq_ignore_ascii_case(name));
        let lost = match index {
            None if !self.wanted.is_empty() => return Err(LeftOut::NotWanted),
            Some(index @ 0..MAX) => self.lost.names >> index & 1 != 0,
            // a name that would still fit has not been left out: the room has only shrunk since
            _ => self.lost.unknown_name && self.room() < name.len().saturating_add(2),
        };
        if lost { Err(LeftOut::DidNotFit) } else { Ok(()) }
    }

    /// Returns how many bytes of the memory are free.
    fn room(&self) -> usize {
        self.memory.len().saturating_sub(self.len)
    }

    /// Returns all fields in their order: the name, and the value without the white space around it. If some are
    /// wanted, the result is all of those.
    ///
    /// # Errors
    ///
    /// [`LeftOut::DidNotFit`] if one of them was left out. [`kept`](Self::kept) returns the others.
    pub fn fields(&self) -> Result<Fields<'_>, LeftOut> {
        if self.lost.fields { Err(LeftOut::DidNotFit) } else { Ok(self.kept()) }
    }

    /// Returns the fields that were kept, in their order. Others may have been left out: to see whether a field is
    /// absent, ask [`field`](Self::field).
    pub fn kept(&self) -> Fields<'_> {
        Fields { rest: self.memory.get(..self.len).unwrap_or_default() }
    }

    /// Returns how many elements were left out because they did not fit: wanted fields, the method, the target or the
    /// reason. At most 65,535 are counted.
    pub const fn left_out(&self) -> u16 {
        self.lost.count
    }

    /// Removes all elements, so that the same buffer can be used for the next head.
    pub const fn clear(&mut self) {
        (self.len, self.last, self.open, self.skip_value) = (0, 0, Some(0), false);
        (self.candidates, self.lost, self.status) = (Candidates::ALL, Lost::NOTHING, 0);
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
        head.kept().map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
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
            assert_eq!((head.method(), head.target()), (Ok(&b"GET"[..]), Ok(&b"http://h:1/p?q"[..])));
            assert_eq!(head.path(), Ok(&b"/p?q"[..]));
            assert_eq!(head.field("A"), Ok(Some(&b"1 2"[..])));
            assert_eq!(head.field("empty"), Ok(Some(&b""[..])));
            assert_eq!(head.field("z"), Ok(Some(&b"z"[..])));
            assert_eq!(head.field("Z "), Ok(None));
            assert!(head.values("a").unwrap().eq([b"1 2", &b"3"[..]]));
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
                assert!([Err(LeftOut::DidNotFit), Ok(&b"GET"[..])].contains(&head.method()));
            }
        }
        // the long one does not fit, its name and the short one after it do
        let mut memory = [0; 70];
        let mut head = Head::new(&mut memory);
        push(&mut head, REQUEST, 7);
        assert_eq!((head.field("long"), head.field("z")), (Err(LeftOut::DidNotFit), Ok(Some(&b"z"[..]))));
        assert_eq!((head.field("origin"), head.left_out()), (Ok(None), 1));
        assert!(head.values("long").is_err() && head.fields().is_err());
    }

    #[test]
    fn only_wanted_fields_are_kept() {
        let mut memory = [0; 64];
        let mut head = Head::wanting(&["LONG", "a"], &mut memory);
        push(&mut head, REQUEST, 5);
        assert_eq!(fields(&head).iter().map(|(name, _)| &name[..]).collect::<Vec<_>>(), [b"A", b"a"]);
        assert_eq!(head.left_out(), 1);
        head.clear();
        assert_eq!((head.target(), head.left_out()), (Ok(&b""[..]), 0));
    }

    /// Every answer is the truth or an error, in every memory, and an error only if the element did not fit.
    #[test]
    fn an_element_that_did_not_fit_is_not_mistaken_for_an_absent_one() {
        let whole = [("Host", "h"), ("A", "1 2"), ("Empty", ""), ("a", "3"), ("Z", "z")];
        let whole = [&whole[..], &[("Long", "0123456789012345678901234567890")]].concat();
        let truth = |name: &str| {
            let mut fields = whole.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name));
            fields.next().map(|(_, value)| value.as_bytes())
        };
        let start = "MGET\nThttp://h:1/p?q\n".len();
        let most = whole.iter().map(|(name, value)| name.len() + value.len() + 4 + 2).sum::<usize>() + start;
        let many: Vec<_> = (0..32).map(|i| format!("x{i}")).chain(["LONG".into(), "z".into()]).collect();
        let many: Vec<_> = many.iter().map(|name| &name[..]).collect();
        for wanted in [&[][..], &["z"], &["A", "long", "origin"], &["origin", "z"], &many] {
            for (size, cut) in (0..most + 2).flat_map(|size| [1, 4, 1000].map(|cut| (size, cut))) {
                let mut memory = vec![0; size];
                let mut head = Head::wanting(wanted, &mut memory);
                push(&mut head, REQUEST, cut);
                let mut lost = [head.method().err(), head.target().err()].into_iter().flatten().count();
                assert_eq!(head.path().is_err(), head.target().is_err());
                assert!(head.host().is_err() == head.target().is_err());
                for name in ["host", "A", "EMPTY", "z", "long", "origin", "zz"] {
                    let is_wanted = wanted.is_empty() || wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
                    let is_here = whole.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name)).count();
                    match head.field(name) {
                        Ok(value) => assert!(is_wanted && value == truth(name), "{size} {name}"),
                        Err(LeftOut::NotWanted) => assert!(!is_wanted && head.values(name).is_err()),
                        Err(LeftOut::DidNotFit) => {
                            assert!(is_wanted && head.left_out() > 0, "{size} {name}");
                            assert!(is_here > 0 || wanted.is_empty() || wanted.len() > 32, "{size} {name}");
                            assert!(head.values(name).is_err() && head.fields().is_err());
                        }
                    }
                    let kept = head.kept().filter(|(field, _)| field.eq_ignore_ascii_case(name.as_bytes())).count();
                    if let Ok(values) = head.values(name) {
                        assert_eq!((values.count(), kept), (is_here, is_here));
                    }
                    lost += if is_wanted { is_here - kept } else { 0 };
                }
                let left_out = usize::from(head.left_out());
                assert!(left_out == lost || left_out > lost && wanted.len() > 32, "{size} {wanted:?}");
                assert_eq!(
                    head.left_out() == 0,
                    head.fields().is_ok() && head.target().is_ok() && head.method().is_ok()
                );
                assert!(size < most || head.left_out() == 0);
            }
        }
    }

    #[test]
    fn a_name_that_would_still_fit_has_not_been_left_out() {
        let mut memory = [0; 8];
        let mut head = Head::new(&mut memory);
        for name in [&b"Origin-Long"[..], b"Abcdef"] {
            head.push(&Span::Name(Run { bytes: name, last: true }));
            head.push(&Span::Value(Run { bytes: b"", last: true }));
        }
        assert_eq!((head.field("origin"), head.field("abcdef")), (Err(LeftOut::DidNotFit), Err(LeftOut::DidNotFit)));
        let mut memory = [0; 8];
        let mut head = Head::new(&mut memory);
        head.push(&Span::Name(Run { bytes: b"Originx", last: true }));
        assert_eq!((head.field("originx"), head.field("origin")), (Err(LeftOut::DidNotFit), Ok(None)));
    }
}
