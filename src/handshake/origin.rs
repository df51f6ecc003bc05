//! `Origin`: which pages may connect (RFC 6454, RFC 6455 §4.2.2, §10.2).

use super::origin_parts::{MAX, OriginProblem, Parts, parse, parse_host};
use crate::http::field::value::ShortValue;
use crate::http::span::Run;
use core::fmt;

/// Which pages may connect: [`AnyOrigin`], which costs nothing, or an [`OriginPolicy`]. Sealed.
///
/// ```
/// use upframe::handshake::{AnyOrigin, OriginPolicy, Origins, ServerOptions};
/// fn options<O: Origins>(origins: O) -> ServerOptions<'static, O> {
///     ServerOptions::new().with_origins(origins)
/// }
/// options(AnyOrigin);
/// options(OriginPolicy::same_host());
/// ```
pub trait Origins: sealed::Origins {}

/// Every page may connect, and so may programs that are not browsers.
///
/// ```
/// use upframe::handshake::{AnyOrigin, ServerOptions};
/// const OPTIONS: ServerOptions<AnyOrigin> = ServerOptions::new();
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct AnyOrigin;

/// Which pages may connect (RFC 6455 §10.2). A browser lets every page connect to every server, with the user's
/// cookies, and sends the origin of the page: a server that knows its users by cookies must check it.
///
/// Origins are compared by scheme, host and port (RFC 6454 §5): in any case of the letters, and `https://a` is
/// `https://a:443`. A request without `Origin` does not come from a page, and is allowed unless the policy is
/// [required](Self::required): a program that is not a browser can send any origin, and is kept out by other means.
///
/// Other pages are refused with 403. So are two origins, a malformed one, and one of more than 255 bytes. A handshake
/// with such a policy keeps `Origin` and, for [`same_host`](Self::same_host), the host of the request, of at most 255
/// bytes each; without a policy it keeps neither.
///
/// ```
/// use upframe::handshake::{OriginPolicy, ServerOptions};
/// const PAGES: OriginPolicy = match OriginPolicy::list(&["https://example.com", "http://localhost:8080"]) {
///     Ok(policy) => policy.or_same_host(),
///     Err(_) => panic!("not an origin"), // does not compile
/// };
/// const OPTIONS: ServerOptions<OriginPolicy> = ServerOptions::new().with_origins(PAGES);
///
/// let host = Some("chat.example.com");
/// assert!(PAGES.allows(Some("https://EXAMPLE.com:443"), host));
/// assert!(PAGES.allows(Some("https://chat.example.com"), host));
/// assert!(!PAGES.allows(Some("https://example.com.evil.test"), host));
/// assert!(!PAGES.allows(Some("null"), host));
/// assert!(PAGES.allows(None, host) && !PAGES.required().allows(None, host));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct OriginPolicy<'p> {
    list: &'p [&'p str],
    any: bool,
    same_host: bool,
    required: bool,
}

impl<'p> OriginPolicy<'p> {
    /// Returns the policy that allows every page, for servers whose policy is chosen at run time. [`AnyOrigin`] does
    /// the same without code.
    pub const fn any() -> Self {
        Self { list: &[], any: true, same_host: false, required: false }
    }

    /// Returns the policy that allows pages of these origins only. An empty list allows no page.
    ///
    /// An origin is a scheme, a host and perhaps a port, as browsers send it: names in `xn--` form, IPv6 addresses in
    /// brackets and shortened. `null` and `file://` are what browsers send for pages without a server. Work is linear
    /// in the list, once for each request.
    ///
    /// ```
    /// use upframe::handshake::{OriginPolicy, OriginProblem};
    /// let error = OriginPolicy::list(&["https://a", "https://a/"]).unwrap_err();
    /// assert_eq!((error.entry, error.problem), (1, OriginProblem::Path));
    /// assert_eq!(error.to_string(), "origin 1 of the list: a path, a query or a slash after the host");
    /// ```
    ///
    /// # Errors
    ///
    /// [`OriginError`] names the first entry that no page can have as its origin, so that no such entry is a silent 403.
    pub const fn list(list: &'p [&'p str]) -> Result<Self, OriginError> {
        let (mut rest, mut entry) = (list, 0_usize);
        while let [origin, others @ ..] = rest {
            if let Err(problem) = parse(origin.as_bytes()) {
                return Err(OriginError { entry, problem });
            }
            (rest, entry) = (others, entry.saturating_add(1));
        }
        Ok(Self { list, any: false, same_host: false, required: false })
    }

    /// Returns the policy that allows pages that come from the host of the request: from this server, under any of its
    /// names. A host without a port has the default port of the page's scheme.
    ///
    /// The schemes are not compared, since a server behind a proxy does not know its own: a page of `http://a` may
    /// connect to `wss://a:80` only.
    pub const fn same_host() -> Self {
        Self { list: &[], any: false, same_host: true, required: false }
    }

    /// Returns the same policy, which also allows pages that come from the host of the request: see
    /// [`same_host`](Self::same_host).
    #[must_use]
    pub const fn or_same_host(self) -> Self {
        Self { same_host: true, ..self }
    }

    /// Returns the same policy without requests that have no `Origin`: only pages may connect.
    #[must_use]
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Returns whether a request with this `Origin` and this `Host` may connect, for servers with an HTTP stack of
    /// their own. `None` means that the request has no such field; a request with two is to be refused.
    pub fn allows(&self, origin: Option<&str>, host: Option<&str>) -> bool {
        self.judge(origin.map(str::as_bytes), host.map(str::as_bytes))
    }

    fn judge(&self, origin: Option<&[u8]>, host: Option<&[u8]>) -> bool {
        // A server may require that a request has an origin. [10.2-origin-required]
        let Some(origin) = origin else { return !self.required };
        if self.any {
            return true;
        }
        let Ok(origin) = parse(origin) else { return false };
        self.list.iter().any(|entry| parse(entry.as_bytes()).is_ok_and(|entry| entry.is_same(&origin)))
            || self.same_host && host.is_some_and(|host| is_same_host(&origin, host))
    }
}

/// Returns whether a page comes from the host of a request.
fn is_same_host(origin: &Parts, host: &[u8]) -> bool {
    let default = origin.default_port();
    // only schemes with a default port have servers
    default != 0
        && parse_host(host).is_ok_and(|(host, port)| {
            let port = if port == 0 { default } else { port };
            port == origin.port && host.eq_ignore_ascii_case(origin.host)
        })
}

/// Why a list of origins is refused.
///
/// ```
/// use upframe::handshake::{OriginError, OriginPolicy, OriginProblem};
/// let error = OriginPolicy::list(&["example.com"]).unwrap_err();
/// assert_eq!(error, OriginError { entry: 0, problem: OriginProblem::Scheme });
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct OriginError {
    /// The index of the entry in the list.
    pub entry: usize,
    /// What is wrong with it.
    pub problem: OriginProblem,
}

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "origin {} of the list: {}", self.entry, self.problem)
    }
}

impl core::error::Error for OriginError {}

mod sealed {
    use crate::http::span::Run;

    #[expect(unnameable_types, reason = "sealed")]
    pub trait Origins: Copy {
        /// What has come of a request.
        type Seen: Clone;
        const NOTHING: Self::Seen;
        fn target(&self, seen: &mut Self::Seen, run: Run<'_>);
        fn host(&self, seen: &mut Self::Seen, run: Run<'_>);
        fn origin(&self, seen: &mut Self::Seen, run: Run<'_>);
        fn allow(&self, seen: &Self::Seen) -> bool;
    }
}

impl Origins for AnyOrigin {}

impl sealed::Origins for AnyOrigin {
    type Seen = ();
    const NOTHING: () = ();
    #[inline(always)]
    fn target(&self, (): &mut (), _: Run<'_>) {}
    #[inline(always)]
    fn host(&self, (): &mut (), _: Run<'_>) {}
    #[inline(always)]
    fn origin(&self, (): &mut (), _: Run<'_>) {}
    #[inline(always)]
    fn allow(&self, (): &()) -> bool {
        true
    }
}

/// What has come of a request whose origin is checked. The fields come in any order.
#[derive(Clone)]
#[allow(unnameable_types, unreachable_pub, reason = "sealed")]
pub struct OriginSeen {
    origin: ShortValue<MAX>,
    /// The value of `Host`, or the authority of a target in absolute form.
    host: ShortValue<MAX>,
    target: TargetPart,
}

impl fmt::Debug for OriginSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OriginSeen(..)")
    }
}

/// Where in a target its reader is.
#[derive(Clone, Copy, Eq, PartialEq)]
enum TargetPart {
    Start,
    /// In a path. The host is in `Host`.
    Path,
    Scheme,
    /// After the first slash of an absolute URI.
    Slash,
    Authority,
    /// After the authority. `Host` is ignored (RFC 9112 §3.2.2).
    Over,
}

impl Origins for OriginPolicy<'_> {}

impl sealed::Origins for OriginPolicy<'_> {
    type Seen = OriginSeen;
    const NOTHING: OriginSeen =
        OriginSeen { origin: ShortValue::new(), host: ShortValue::new(), target: TargetPart::Start };

    fn target(&self, seen: &mut OriginSeen, run: Run<'_>) {
        for byte in run.bytes {
            seen.target = match (seen.target, byte) {
                (TargetPart::Start, b'/') => TargetPart::Path,
                (TargetPart::Start, _) => TargetPart::Scheme,
                (TargetPart::Scheme, b'/') => TargetPart::Slash,
                (TargetPart::Slash, b'/') => TargetPart::Authority,
                (TargetPart::Authority, b'/' | b'?') => TargetPart::Over,
                (TargetPart::Authority, byte) => {
                    seen.host.push(Run { bytes: &[*byte], last: false });
                    TargetPart::Authority
                }
                (part, _) => part,
            };
        }
        if run.last && matches!(seen.target, TargetPart::Authority | TargetPart::Over) {
            seen.host.push(Run { bytes: b"", last: true });
            seen.target = TargetPart::Over;
        }
    }

    fn host(&self, seen: &mut OriginSeen, run: Run<'_>) {
        if self.same_host && seen.target != TargetPart::Over {
            seen.host.push(run);
        }
    }

    fn origin(&self, seen: &mut OriginSeen, run: Run<'_>) {
        seen.origin.push(run);
    }

    fn allow(&self, seen: &OriginSeen) -> bool {
        match (seen.origin.lines(), seen.origin.sole()) {
            (0, _) => self.judge(None, None),
            (_, Some(origin)) => self.judge(Some(origin), seen.host.sole()),
            // several origins, or one that is too long or contains white space
            _ => self.any,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::sealed::Origins;
    use super::*;

    fn push(value: &str, cut: usize, mut to: impl FnMut(Run)) {
        value.as_bytes().chunks(cut).for_each(|bytes| to(Run { bytes, last: false }));
        to(Run { bytes: b"", last: true });
    }

    #[test]
    fn values_that_stream_by_are_judged_like_whole_ones_in_any_order() {
        let policies = [
            OriginPolicy::any(),
            OriginPolicy::list(&["https://example.com", "http://localhost:8080"]).unwrap(),
            OriginPolicy::same_host(),
            OriginPolicy::list(&["https://b"]).unwrap().or_same_host(),
        ];
        let hosts = ["a", "a:443", "A:80", "b", "a:", "[::1]:8080", "example.com"];
        let origins = [
            "https://a",
            "http://A",
            "HTTPS://Example.COM",
            "https://b:443",
            "http://[::1]:8080",
            "null",
            "",
            "https://a b",
        ];
        for (policy, required) in policies.iter().flat_map(|policy| [(policy, false), (policy, true)]) {
            let policy = if required { policy.required() } else { *policy };
            for (host, origin) in hosts.iter().flat_map(|host| origins.map(|origin| (*host, origin))) {
                let want = policy.allows(Some(origin), Some(host));
                for cut in [1, 2, 3, 5, 100] {
                    for (order, target) in
                        (0..2).flat_map(|order| ["/", "/x//y/z", "http://h/a//b"].map(|to| (order, to)))
                    {
                        let (mut seen, absolute) = (OriginPolicy::NOTHING, target.starts_with('h'));
                        push(target, cut, |run| policy.target(&mut seen, run));
                        if order == 0 {
                            push(host, cut, |run| policy.host(&mut seen, run));
                        }
                        push(origin, cut, |run| policy.origin(&mut seen, run));
                        if order == 1 {
                            push(host, cut, |run| policy.host(&mut seen, run));
                        }
                        let want = if absolute { policy.allows(Some(origin), Some("h")) } else { want };
                        assert_eq!(policy.allow(&seen), want, "{origin} {host} {target} {policy:?}");
                        push("https://example.com", cut, |run| policy.origin(&mut seen, run));
                        assert_eq!(policy.allow(&seen), policy.any, "two origins");
                    }
                }
            }
            assert_eq!(policy.allow(&OriginPolicy::NOTHING), !required);
        }
        // the host of an absolute target counts, and not that of `Host`
        for (target, allowed) in
            [("http://a/", true), ("http://a?q", true), ("HTTP://A:443", true), ("http://b/a", false)]
        {
            for cut in 1..12 {
                let (mut seen, policy) = (OriginPolicy::NOTHING, OriginPolicy::same_host());
                push(target, cut, |run| policy.target(&mut seen, run));
                push(if allowed { "b" } else { "a" }, cut, |run| policy.host(&mut seen, run));
                push("https://a", cut, |run| policy.origin(&mut seen, run));
                assert_eq!(policy.allow(&seen), allowed, "{target}");
            }
        }
    }

    #[test]
    fn the_longest_values_are_exact() {
        for len in 250..260_usize {
            let host = "h".repeat(len - "https://".len());
            let origin = format!("https://{host}");
            let list = [&origin[..]];
            let policy = OriginPolicy::list(&list);
            assert_eq!(policy.is_ok(), len <= MAX, "{len}");
            let policies = [policy.ok(), Some(OriginPolicy::same_host())];
            for policy in policies.into_iter().flatten() {
                for cut in [1, 7, 1000] {
                    let mut seen = OriginPolicy::NOTHING;
                    push(&origin, cut, |run| policy.origin(&mut seen, run));
                    push(&host, cut, |run| policy.host(&mut seen, run));
                    assert_eq!(policy.allow(&seen), len <= MAX, "{len}");
                    assert_eq!(policy.allows(Some(&origin), Some(&host)), len <= MAX);
                }
            }
        }
    }
}
