//! How long a body is: `Content-Length` and `Transfer-Encoding`, judged in one place for requests and responses.

use super::class::Class;
use super::field::list::ElementPart;
use super::field::tokens::TokenList;
use super::field::value::SoleValue;
use super::span::Run;

/// How long the body after a head is (RFC 9112 §6.3).
///
/// ```
/// use upframe::handshake::{Outcome, ServerHandshake, ServerOptions};
/// use upframe::http::Body;
/// let mut handshake = ServerHandshake::new(ServerOptions::new());
/// let mut input = &b"POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nx=y"[..];
/// let Some(Outcome::PlainHttp(request)) = handshake.receive(&mut input) else { panic!() };
/// assert_eq!((request.body(), input), (Body::Length(3), &b"x=y"[..]));
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
// not `non_exhaustive`: RFC 9112 §6.3 knows no other body
pub enum Body {
    /// No body follows.
    None,
    /// This many bytes follow, at least one.
    Length(u64),
    /// Chunks follow, the last of which is empty (RFC 9112 §7.1). If other codings than `chunked` were applied to the
    /// body, the field `Transfer-Encoding` names them.
    Chunked,
    /// All bytes up to the end of the stream follow. Only responses have such a body.
    UntilEnd,
}

/// `Content-Length` and `Transfer-Encoding` of a head that streams by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyJudge {
    length: u64,
    content_length: SoleValue,
    /// The list of `Transfer-Encoding`, in which [`CODINGS`] are known.
    pub(crate) codings: TokenList,
}

/// The transfer coding that tells the length of a body.
pub(crate) const CODINGS: &[&str] = &["chunked"];

/// The length of the body is malformed, or contradictory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct BadLength;

impl BodyJudge {
    pub(crate) const fn new() -> Self {
        Self { length: 0, content_length: SoleValue::new(), codings: TokenList::new() }
    }

    /// Reads the next bytes of a line of `Content-Length`.
    pub(crate) fn push_length(&mut self, run: Run) {
        for byte in self.content_length.push(run, Class::Digit) {
            let digit = u64::from(byte & 0x0F);
            match self.length.checked_mul(10).and_then(|tens| tens.checked_add(digit)) {
                Some(length) => self.length = length,
                // A Content-Length is below 2^64. [9110-8.6-overflow]
                None => self.content_length.invalidate(),
            }
        }
    }

    /// Marks the list of codings as invalid if a token comes after `chunked`.
    #[inline(always)]
    pub(crate) fn check(codings: &mut TokenList, part: ElementPart) {
        // chunked appears once, and is the last transfer coding. [9112-6.1-chunked-last]
        if matches!(part, ElementPart::Token(_)) && codings.found(0) {
            codings.invalidate();
        }
    }

    /// Judges the body of a request.
    pub(crate) fn judge(&self, http_1_1: bool) -> Result<Body, BadLength> {
        match self.judge_fields(http_1_1)? {
            Body::Length(0) => Ok(Body::None),
            // A request whose last transfer coding is not chunked is refused: its length is not known.
            // [9112-6.3-request-coding]
            Body::UntilEnd => Err(BadLength),
            body => Ok(body),
        }
    }

    /// Judges the body of a response to a GET, if its status is final.
    pub(crate) fn judge_response(&self, status: u16, http_1_1: bool) -> Result<Body, BadLength> {
        match self.judge_fields(http_1_1)? {
            // A 204 and a 304 have no body, whatever length they announce. [9112-6.3-no-body]
            _ if matches!(status, 204 | 304) => Ok(Body::None),
            Body::Length(0) => Ok(Body::None),
            // A response without a length ends with the stream. [9112-6.3-until-end]
            Body::None => Ok(Body::UntilEnd),
            body => Ok(body),
        }
    }

    /// Returns what the fields announce: `None` if there is no such field, `UntilEnd` for other codings than chunked.
    fn judge_fields(&self, http_1_1: bool) -> Result<Body, BadLength> {
        let measured = self.content_length.lines() > 0;
        let chunked = self.codings.found(0);
        let coded = chunked || self.codings.lines() > 0;
        // Content-Length appears once and is a decimal number; equal numbers are refused, too. [9110-8.6-number]
        if measured && !self.content_length.is_sole_and_not_empty() {
            return Err(BadLength);
        }
        // A message has Content-Length or Transfer-Encoding, never both. [9112-6.3-both]
        if measured && coded {
            return Err(BadLength);
        }
        // A message in HTTP/1.0 has no Transfer-Encoding. [9112-6.1-http-1.0]
        if coded && !http_1_1 {
            return Err(BadLength);
        }
        Ok(match (measured, coded) {
            (true, _) => Body::Length(self.length),
            (_, true) if chunked && !self.codings.has_invalid() => Body::Chunked,
            (_, true) => Body::UntilEnd,
            _ => Body::None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::field::known::Letters;
    use crate::http::field::list::ElementReader;

    /// Returns a line in pieces.
    fn runs(line: &str, cut: usize, apart: bool) -> std::vec::Vec<Run<'_>> {
        let pieces = line.as_bytes().chunks(cut);
        let mut runs: std::vec::Vec<_> = pieces.map(|bytes| Run { bytes, last: false }).collect();
        match runs.last_mut() {
            Some(run) if !apart => run.last = true,
            _ => runs.push(Run { bytes: b"", last: true }),
        }
        runs
    }

    /// Reads lines in pieces of `cut` bytes, with the end of each line apart or together with the last piece.
    fn read(lengths: &[&str], codings: &[&str], cut: usize, apart: bool) -> BodyJudge {
        let mut judge = BodyJudge::new();
        for line in lengths {
            runs(line, cut, apart).into_iter().for_each(|run| judge.push_length(run));
        }
        let mut elements = ElementReader::new();
        for line in codings {
            for run in runs(line, cut, apart) {
                judge.codings.read(run, &mut elements, CODINGS, Letters::AnyCase, BodyJudge::check);
            }
        }
        judge
    }

    #[test]
    fn a_length_is_one_decimal_number_below_2_to_the_64() {
        const MAX: &str = "18446744073709551615";
        for (lines, want) in [
            (&[][..], Ok(Body::None)),
            (&["0"], Ok(Body::None)),
            (&["000"], Ok(Body::None)),
            (&["1"], Ok(Body::Length(1))),
            (&["\t 5 "], Ok(Body::Length(5))),
            (&["0000000000000000000000000000005"], Ok(Body::Length(5))),
            (&["9999999999999999999"], Ok(Body::Length(9_999_999_999_999_999_999))),
            (&["18446744073709551609"], Ok(Body::Length(u64::MAX - 6))),
            (&["18446744073709551614"], Ok(Body::Length(u64::MAX - 1))),
            (&[MAX], Ok(Body::Length(u64::MAX))),
            (&["018446744073709551615"], Ok(Body::Length(u64::MAX))),
            (&["18446744073709551616"], Err(BadLength)),
            (&["18446744073709551620"], Err(BadLength)),
            (&["28446744073709551615"], Err(BadLength)),
            (&["184467440737095516150"], Err(BadLength)),
            (&["99999999999999999999"], Err(BadLength)),
            (&["100000000000000000000000000000000000000000"], Err(BadLength)),
            (&[""], Err(BadLength)),
            (&[" "], Err(BadLength)),
            (&["+5"], Err(BadLength)),
            (&["-5"], Err(BadLength)),
            (&["-0"], Err(BadLength)),
            (&["0x5"], Err(BadLength)),
            (&["5x"], Err(BadLength)),
            (&["5."], Err(BadLength)),
            (&["5e1"], Err(BadLength)),
            (&["1_0"], Err(BadLength)),
            (&["5 5"], Err(BadLength)),
            (&["5,"], Err(BadLength)),
            (&[",5"], Err(BadLength)),
            (&["5, 5"], Err(BadLength)),
            (&["5, 6"], Err(BadLength)),
            (&["\"5\""], Err(BadLength)),
            (&["/"], Err(BadLength)),
            (&[":"], Err(BadLength)),
            (&["\u{665}"], Err(BadLength)),
            (&["5", "5"], Err(BadLength)),
            (&["5", "6"], Err(BadLength)),
            (&["5", ""], Err(BadLength)),
            (&["", "5"], Err(BadLength)),
            (&["1", "2", "3"], Err(BadLength)),
        ] {
            for (cut, apart) in (1..45).flat_map(|cut| [(cut, false), (cut, true)]) {
                let judge = read(lines, &[], cut, apart);
                assert_eq!(judge.judge(true), want, "{lines:?} {cut}");
                assert_eq!(judge.judge(false), want, "{lines:?} {cut}");
                let response = if lines.is_empty() { Ok(Body::UntilEnd) } else { want };
                assert_eq!(judge.judge_response(200, true), response, "{lines:?} {cut}");
            }
        }
    }

    #[test]
    fn chunked_is_the_last_coding_and_appears_once() {
        use Body::{Chunked, UntilEnd};
        for (lines, want, response) in [
            (&["chunked"][..], Ok(Chunked), Chunked),
            (&["CHUNKED"], Ok(Chunked), Chunked),
            (&[" , chunked\t,,"], Ok(Chunked), Chunked),
            (&["gzip, chunked"], Ok(Chunked), Chunked),
            (&["gzip", "chunked"], Ok(Chunked), Chunked),
            (&["chunked", ""], Ok(Chunked), Chunked),
            (&["", "chunked"], Ok(Chunked), Chunked),
            (&["chunked, gzip"], Err(BadLength), UntilEnd),
            (&["chunked", "gzip"], Err(BadLength), UntilEnd),
            (&["chunked", "chunked"], Err(BadLength), UntilEnd),
            (&["chunked,chunked"], Err(BadLength), UntilEnd),
            (&["chunked", "x", "chunked"], Err(BadLength), UntilEnd),
            (&["gzip"], Err(BadLength), UntilEnd),
            (&["identity"], Err(BadLength), UntilEnd),
            (&[""], Err(BadLength), UntilEnd),
            (&[","], Err(BadLength), UntilEnd),
            (&["chunke"], Err(BadLength), UntilEnd),
            (&["chunkedd"], Err(BadLength), UntilEnd),
            (&["xchunked"], Err(BadLength), UntilEnd),
            (&["chun ked"], Err(BadLength), UntilEnd),
            (&["chun", "ked"], Err(BadLength), UntilEnd),
            (&["\"chunked\""], Err(BadLength), UntilEnd),
            (&["chunked;a=b"], Err(BadLength), UntilEnd),
            (&["chunked, \u{b}"], Err(BadLength), UntilEnd),
        ] {
            for (cut, apart) in (1..18).flat_map(|cut| [(cut, false), (cut, true)]) {
                let judge = read(&[], lines, cut, apart);
                assert_eq!(judge.judge(true), want, "{lines:?} {cut}");
                assert_eq!(judge.judge_response(200, true), Ok(response), "{lines:?} {cut}");
                assert_eq!(judge.judge_response(204, true), Ok(Body::None), "{lines:?} {cut}");
                assert_eq!(judge.judge(false), Err(BadLength), "HTTP/1.0 {lines:?} {cut}");
                assert_eq!(judge.judge_response(200, false), Err(BadLength), "HTTP/1.0 {lines:?} {cut}");
                for length in ["0", "5", "x"] {
                    let both = read(&[length], lines, cut, apart);
                    assert_eq!(both.judge(true), Err(BadLength), "{length} {lines:?} {cut}");
                    assert_eq!(both.judge_response(200, true), Err(BadLength), "{length} {lines:?} {cut}");
                }
            }
        }
    }
}
