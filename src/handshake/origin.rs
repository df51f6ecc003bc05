//! `Origin`: which pages may connect (RFC 6454, RFC 6455 §4.2.2, §10.2).

use super::Refusal;
use super::candidates::OneOf;

/// Whether a page with this origin may connect, for servers with an HTTP stack of their own.
///
/// A request without the field comes from no page, and may: what is not a browser can say what it likes, and is kept out by
/// other means. Scheme and host are compared without regard to case.
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
    // [10.2-origin]
    origin.is_none_or(|origin| allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)))
}

/// The same for a value that streams by; without a list, every origin is allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OriginJudge<'p> {
    allowed: Option<OneOf<'p>>,
}

impl<'p> OriginJudge<'p> {
    pub(crate) const fn new(allowed: Option<&'p [&'p str]>) -> Self {
        Self {
            allowed: match allowed {
                Some(allowed) => Some(OneOf::new(allowed, true)),
                None => None,
            },
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8], last: bool) {
        if let Some(allowed) = &mut self.allowed {
            allowed.push(bytes, last);
        }
    }

    pub(crate) fn judge(&self) -> Result<(), Refusal> {
        match self.allowed.as_ref().and_then(OneOf::judge) {
            None | Some(Some(_)) => Ok(()),
            // [10.2-origin]
            Some(None) => Err(Refusal::Origin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_streams_by_is_judged_as_what_is_whole() {
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
                let mut judge = OriginJudge::new(Some(&allowed));
                origin.as_bytes().chunks(cut).for_each(|piece| judge.push(piece, false));
                judge.push(b"", true);
                assert_eq!(judge.judge().is_ok(), want, "{origin}");
                let mut twice = judge;
                twice.push(b"https://example.com", true);
                assert_eq!(twice.judge(), Err(Refusal::Origin), "two origins");
                let mut none = OriginJudge::new(Some(&[]));
                none.push(origin.as_bytes(), true);
                assert_eq!(none.judge(), Err(Refusal::Origin));
                let mut any = OriginJudge::new(None);
                any.push(origin.as_bytes(), true);
                assert_eq!(any.judge(), Ok(()));
            }
        }
    }
}
