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

/// The number in `Content-Length`, or the bytes of `Transfer-Encoding` in lower case: 16 bits each, the lowest first.
/// They need no alignment to 8 bytes, and no multiplication of 64 bits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(align(4))]
pub(crate) struct Number {
    parts: [u16; 4],
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
        let [a, b, c, d] = self.parts;
        (d as u64) << 48 | (c as u64) << 32 | (b as u64) << 16 | a as u64
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
        Self { value: SoleValue::new(), coded: false, number: Number { parts: [0; 4] } }
    }

    /// Reads the next bytes of a line of `Transfer-Encoding` if `coded`, and of `Content-Length` if not.
    pub(crate) fn push(&mut self, run: Run, coded: bool) {
        self.coded |= coded;
        let (class, base) = if coded { (Class::NotSpace, 256) } else { (Class::Digit, 10) };
        for byte in self.value.push(run, class) {
            // no byte of a coding becomes 0, and only a letter becomes a letter
            let mut carry = u32::from(if coded { byte | 0x20 } else { byte & 0x0F });
            for part in &mut self.number.parts {
                // 16 bits times 9 bits, and less than 16 bits more, are below 2^32
                carry = u32::from(*part).wrapping_mul(base).wrapping_add(carry);
                *part = carry as u16;
                carry >>= 16;
            }
            // Content-Length is below 2^64. [9110-8.6-overflow]
            if carry != 0 {
                self.value.invalidate();
            }
        }
    }

    /// Judges the body of a request.
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
    use std::vec::Vec;

    /// A line, and whether it is one of `Transfer-Encoding`.
    type Line<'l> = (bool, &'l str);

    /// Reads lines in pieces of `cut` bytes, with the end of each line apart or together with its last piece.
    fn read(lines: &[Line], cut: usize, apart: bool) -> BodyJudge {
        let mut judge = BodyJudge::new();
        for (coded, line) in lines {
            let pieces = line.as_bytes().chunks(cut);
            let mut runs: Vec<_> = pieces.map(|bytes| Run { bytes, last: false }).collect();
            match runs.last_mut() {
                Some(run) if !apart => run.last = true,
                _ => runs.push(Run { bytes: b"", last: true }),
            }
            runs.into_iter().for_each(|run| judge.push(run, *coded));
        }
        judge
    }

    /// Checks the body of a request in HTTP/1.1, in HTTP/1.0, and of a response.
    fn check(lines: &[Line], http_1_1: Option<Body>, http_1_0: Option<Body>, response: Option<Body>) {
        for (cut, apart) in (1..45).flat_map(|cut| [(cut, false), (cut, true)]) {
            let judge = read(lines, cut, apart);
            let request = |http_1_1| match judge.judge(http_1_1) {
                BodyKind::Bad => None,
                kind => Some(judge.number.body(kind)),
            };
            assert_eq!([request(true), request(false)], [http_1_1, http_1_0], "{lines:?} {cut}");
            assert_eq!(judge.judge_response(200, true), response, "{lines:?} {cut}");
            for status in [204, 304] {
                assert_eq!(judge.judge_response(status, true), response.map(|_| Body::None), "{lines:?} {cut}");
            }
        }
    }

    #[test]
    fn a_length_is_one_decimal_number_below_2_to_the_64() {
        check(&[], Some(Body::None), Some(Body::None), Some(Body::UntilEnd));
        for (lines, want) in [
            (&["0"][..], Some(Body::None)),
            (&["000"], Some(Body::None)),
            (&["1"], Some(Body::Length(1))),
            (&["9"], Some(Body::Length(9))),
            (&["10"], Some(Body::Length(10))),
            (&["\t 5 "], Some(Body::Length(5))),
            (&["0000000000000000000000000000005"], Some(Body::Length(5))),
            (&["4294967295"], Some(Body::Length(4_294_967_295))),
            (&["4294967296"], Some(Body::Length(4_294_967_296))),
            (&["42949672960"], Some(Body::Length(42_949_672_960))),
            (&["9999999999999999999"], Some(Body::Length(9_999_999_999_999_999_999))),
            (&["18446744073709551609"], Some(Body::Length(u64::MAX - 6))),
            (&["18446744073709551614"], Some(Body::Length(u64::MAX - 1))),
            (&["18446744073709551615"], Some(Body::Length(u64::MAX))),
            (&["018446744073709551615"], Some(Body::Length(u64::MAX))),
            (&["18446744073709551616"], None),
            (&["18446744073709551620"], None),
            (&["28446744073709551615"], None),
            (&["184467440737095516150"], None),
            (&["99999999999999999999"], None),
            (&["1000000000000000000000000000000000000000"], None),
            (&[""], None),
            (&[" "], None),
            (&["+5"], None),
            (&["-5"], None),
            (&["-0"], None),
            (&["0x5"], None),
            (&["5x"], None),
            (&["5."], None),
            (&["5e1"], None),
            (&["1_0"], None),
            (&["5 5"], None),
            (&["5,"], None),
            (&[",5"], None),
            (&["5, 5"], None),
            (&["5, 6"], None),
            (&["\"5\""], None),
            (&["/"], None),
            (&[":"], None),
            (&["\u{665}"], None),
            (&["chunked"], None),
            (&["5", "5"], None),
            (&["0", "0"], None),
            (&["5", "6"], None),
            (&["5", ""], None),
            (&["", "5"], None),
            (&["1", "2", "3"], None),
        ] {
            let lines: Vec<Line> = lines.iter().map(|line| (false, *line)).collect();
            check(&lines, want, want, want);
        }
    }

    #[test]
    fn the_only_transfer_coding_is_chunked() {
        for (lines, want) in [
            (&["chunked"][..], Some(Body::Chunked)),
            (&["CHUNKED"], Some(Body::Chunked)),
            (&[" cHunkeD\t"], Some(Body::Chunked)),
            (&[""], None),
            (&["chunke"], None),
            (&["chunkedd"], None),
            (&["xchunked"], None),
            (&["\0chunked"], None),
            (&["chunkechunked"], None),
            (&["chun ked"], None),
            (&["\u{3}hunked"], None),
            (&["chunked,"], None),
            (&["chunked, chunked"], None),
            (&["chunked;a=b"], None),
            (&["\"chunked\""], None),
            (&["gzip, chunked"], None),
            (&["chunked, gzip"], None),
            (&["gzip"], None),
            (&["identity"], None),
            (&["27980876267349348"], None),
            (&["0"], None),
            (&["chunked", "chunked"], None),
            (&["chunked", ""], None),
            (&["gzip", "chunked"], None),
            (&["chun", "ked"], None),
        ] {
            let lines: Vec<Line> = lines.iter().map(|line| (true, *line)).collect();
            check(&lines, want, None, want);
        }
        // the number that the bytes of chunked are
        let want = Some(Body::Length(27_980_876_267_349_348));
        check(&[(false, "27980876267349348")], want, want, want);
    }

    #[test]
    fn a_length_and_a_transfer_coding_are_never_both() {
        for length in ["0", "5", "x", ""] {
            for coding in ["chunked", "identity", "", "5"] {
                check(&[(false, length), (true, coding)], None, None, None);
                check(&[(true, coding), (false, length)], None, None, None);
                check(&[(true, coding), (false, length), (true, coding)], None, None, None);
            }
        }
        check(&[(true, "chun"), (false, "5"), (true, "ked")], None, None, None);
    }
}
