//! How long a body is: `Content-Length` and `Transfer-Encoding`, judged in one place for requests and responses.

use super::class::Class;
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
    /// The value of either field: a message has one line of one of them.
    value: SoleValue,
    /// Whether `Transfer-Encoding` is present.
    coded: bool,
    pub(crate) number: Number,
}

/// The number in `Content-Length`, or the bytes of `Transfer-Encoding` in lower case. Halves need no alignment to 8
/// bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Number {
    high: u32,
    low: u32,
}

/// The only transfer coding that is accepted.
const CHUNKED: u64 = u64::from_be_bytes(*b"\0chunked");

/// What kind of body a message announces.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum BodyKind {
    None,
    Length,
    Chunked,
    /// The length is malformed or contradictory.
    Bad,
}

impl Number {
    const fn get(self) -> u64 {
        (self.high as u64) << 32 | self.low as u64
    }

    /// Returns the body of this kind and this length.
    pub(crate) const fn body(self, kind: BodyKind) -> Body {
        match kind {
            BodyKind::Length => Body::Length(self.get()),
            BodyKind::Chunked => Body::Chunked,
            BodyKind::None | BodyKind::Bad => Body::None,
        }
    }
}

impl BodyJudge {
    pub(crate) const fn new() -> Self {
        Self { value: SoleValue::new(), coded: false, number: Number { high: 0, low: 0 } }
    }

    /// Reads the next bytes of a line of `Transfer-Encoding` if `coded`, and of `Content-Length` if not.
    #[cfg_attr(upframe_small, inline(never))]
    pub(crate) fn push(&mut self, run: Run, coded: bool) {
        self.coded |= coded;
        let (class, base) = if coded { (Class::NotSpace, 256) } else { (Class::Digit, 10) };
        for byte in self.value.push(run, class) {
            // no byte of a coding becomes 0, and only a letter becomes a letter
            let digit = u64::from(if coded { byte | 0x20 } else { byte & 0x0F });
            // 32 bits times 32 bits, and less than 32 bits more, are below 2^64
            let low = u64::from(self.number.low).wrapping_mul(base).wrapping_add(digit);
            let high = u64::from(self.number.high).wrapping_mul(base).wrapping_add(low >> 32);
            self.number = Number { high: high as u32, low: low as u32 };
            // Content-Length is below 2^64. [9110-8.6-overflow]
            if high >> 32 != 0 {
                self.value.invalidate();
            }
        }
    }

    /// Judges the body of a request.
    #[cfg_attr(upframe_small, inline(never))]
    pub(crate) fn judge(&self, http_1_1: bool) -> BodyKind {
        let number = self.number.get();
        match self.coded {
            _ if self.value.lines() == 0 => BodyKind::None,
            // Content-Length or Transfer-Encoding appears once, and never both; equal lengths are refused, too.
            // [9112-6.3-once]
            _ if !self.value.is_sole_and_not_empty() => BodyKind::Bad,
            // Transfer-Encoding is chunked and nothing else, and is not in HTTP/1.0. [9112-6.1-coding]
            true if number != CHUNKED || !http_1_1 => BodyKind::Bad,
            true => BodyKind::Chunked,
            false if number == 0 => BodyKind::None,
            false => BodyKind::Length,
        }
    }

    /// Judges the body of a response to a GET, if its status is final. Returns `None` if its length is malformed or
    /// contradictory.
    pub(crate) fn judge_response(&self, status: u16, http_1_1: bool) -> Option<Body> {
        match self.judge(http_1_1) {
            BodyKind::Bad => None,
            // A 204 and a 304 have no body, whatever length they announce. [9112-6.3-no-body]
            _ if matches!(status, 204 | 304) => Some(Body::None),
            // A response without a length ends with the stream. [9112-6.3-until-end]
            _ if self.value.lines() == 0 => Some(Body::UntilEnd),
            kind => Some(self.number.body(kind)),
        }
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
