//! `Origin`: which pages may connect (RFC 6454, RFC 6455 §4.2.2, §10.2).

use super::refusal::Refusal;
use crate::http::field::known::{Candidates, KnownValue, Letters};
use crate::http::span::Run;

/// Returns whether a page with this origin may connect, for servers with an HTTP stack of their own (RFC 6455 §10.2).
///
/// `None`, a request without `Origin`, does not come from a page, and is allowed: a program that is not a browser can
/// send any origin, and is kept out by other means. Scheme and host are compared in any case of their letters.
///
/// ```
/// use upframe::handshake::origin_is_allowed;
/// let allowed = ["https://example.com", "http://localhost:8080"];
/// assert!(origin_is_allowed(Some("https://EXAMPLE.com"), &allowed));
/// assert!(!origin_is_allowed(Some("https://example.com.evil.test"), &allowed));
/// assert!(!origin_is_allowed(Some("null"), &allowed));
/// assert!(origin_is_allowed(None, &allowed));
/// ```
pub fn origin_is_allowed(origin: Option<&str>, allowed: &[&str]) -> bool {
    origin.is_none_or(|origin| allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)))
}

/// The same check for a value that streams by. Without a list, every origin is allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OriginJudge {
    value: KnownValue,
}

impl OriginJudge {
    pub(crate) const fn new() -> Self {
        Self { value: KnownValue::new() }
    }

    /// Reads the next bytes of the value.
    pub(crate) fn push(&mut self, run: Run, candidates: &mut Candidates, allowed: Option<&[&str]>) {
        if let Some(allowed) = allowed {
            self.value.push(run, candidates, allowed, Letters::AnyCase);
        }
    }

    pub(crate) fn judge(&self) -> Result<(), Refusal> {
        match self.value.judge() {
            None | Some(Some(_)) => Ok(()),
            Some(None) => Err(Refusal::Origin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_streams_by_is_judged_like_a_whole_one() {
        let allowed = ["https://example.com", "http://localhost:8080"];
        for origin in [
            "https://example.com",
            "HTTPS://Example.COM",
            "https://example.com ",
            "https://example.com.evil.test",
            "https://example.co",
            "http://localhost:8080",
            "http://localhost:80 80",
            "http://localhost",
            "null",
            "",
        ] {
            let want = origin_is_allowed(Some(origin.trim()), &allowed);
            for cut in 1..10 {
                let mut candidates = Candidates::ALL;
                let whole = |bytes| Run { bytes, last: true };
                let mut judge = OriginJudge::new();
                for bytes in origin.as_bytes().chunks(cut) {
                    judge.push(Run { bytes, last: false }, &mut candidates, Some(&allowed));
                }
                judge.push(whole(b""), &mut candidates, Some(&allowed));
                assert_eq!(judge.judge().is_ok(), want, "{origin}");
                let mut twice = judge;
                twice.push(whole(b"https://example.com"), &mut candidates, Some(&allowed));
                assert_eq!(twice.judge(), Err(Refusal::Origin), "two origins");
                let mut none = OriginJudge::new();
                none.push(whole(origin.as_bytes()), &mut candidates, Some(&[]));
                assert_eq!(none.judge(), Err(Refusal::Origin));
                let mut any = OriginJudge::new();
                any.push(whole(origin.as_bytes()), &mut candidates, None);
                assert_eq!(any.judge(), Ok(()));
            }
        }
    }
}
