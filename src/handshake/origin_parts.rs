//! The parts of an origin (RFC 6454 §6.2): scheme, host and port.

use core::fmt;

/// The most bytes of an origin and of a host that are kept.
pub(super) const MAX: usize = 255;

/// Why no page can have a text as its origin.
///
/// ```
/// use upframe::handshake::OriginProblem;
/// assert_eq!(OriginProblem::Port.to_string(), "the port is not a number from 1 to 65535");
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum OriginProblem {
    /// It does not begin with a scheme and `://`, or the scheme is `ws` or `wss`, which no page has.
    Scheme,
    /// The host is missing, or is not one that a browser sends.
    Host,
    /// The port is not a number from 1 to 65535.
    Port,
    /// A path, a query, or only a slash follows the host.
    Path,
    /// It has more than 255 bytes.
    TooLong,
}

impl fmt::Display for OriginProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "no scheme that a page can have, such as https://",
            Self::Host => "not a host as browsers send it (a name outside ASCII begins with xn--)",
            Self::Port => "the port is not a number from 1 to 65535",
            Self::Path => "a path, a query or a slash after the host",
            Self::TooLong => "more than 255 bytes",
        })
    }
}

/// An origin, with the port that it has by default.
pub(super) struct Parts<'o> {
    pub(super) scheme: &'o [u8],
    pub(super) host: &'o [u8],
    /// 0 if there is none.
    pub(super) port: u16,
}

impl Parts<'_> {
    /// Returns whether two origins are the same (RFC 6454 §5).
    pub(super) fn is_same(&self, other: &Self) -> bool {
        // Origins are compared by scheme, host and port, in any case of the letters. [6454-5-same]
        self.scheme.eq_ignore_ascii_case(other.scheme)
            && self.host.eq_ignore_ascii_case(other.host)
            && self.port == other.port
    }

    /// Returns the default port of the scheme, or 0.
    pub(super) const fn default_port(&self) -> u16 {
        default_port(self.scheme)
    }
}

/// Parses an origin as browsers send it.
pub(super) const fn parse(origin: &[u8]) -> Result<Parts<'_>, OriginProblem> {
    if origin.len() > MAX {
        return Err(OriginProblem::TooLong);
    }
    if is(origin, b"null") {
        return Ok(Parts { scheme: origin, host: &[], port: 0 });
    }
    let mut len = 0_usize;
    let mut rest = origin;
    while let [byte, after @ ..] = rest {
        if !(byte.is_ascii_alphabetic() || len > 0 && (byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.'))) {
            break;
        }
        (rest, len) = (after, len.saturating_add(1));
    }
    let ([b':', b'/', b'/', authority @ ..], Some((scheme, _))) = (rest, origin.split_at_checked(len)) else {
        return Err(OriginProblem::Scheme);
    };
    if scheme.is_empty() || is(scheme, b"ws") || is(scheme, b"wss") {
        return Err(OriginProblem::Scheme);
    }
    if authority.is_empty() && is(scheme, b"file") {
        return Ok(Parts { scheme, host: authority, port: 0 });
    }
    // an origin does not end with a colon, a host may
    if let [.., b':'] = authority {
        return Err(OriginProblem::Port);
    }
    match parse_host(authority) {
        // A default port is the same as none. [6454-4-default-port]
        Ok((host, port)) => Ok(Parts { scheme, host, port: if port == 0 { default_port(scheme) } else { port } }),
        Err(problem) => Err(problem),
    }
}

/// Parses a host with its port, which is 0 if there is none.
pub(super) const fn parse_host(authority: &[u8]) -> Result<(&[u8], u16), OriginProblem> {
    let (mut rest, mut len, bracket) = (authority, 0_usize, matches!(authority, [b'[', ..]));
    while let [byte, after @ ..] = rest {
        let goes_on = match byte {
            b'[' => len == 0,
            b']' | b':' => bracket,
            _ if bracket => byte.is_ascii_hexdigit() || *byte == b'.',
            _ => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'),
        };
        if !goes_on {
            break;
        }
        (rest, len) = (after, len.saturating_add(1));
        if *byte == b']' {
            break;
        }
    }
    let host = match authority.split_at_checked(len) {
        Some((host, _)) if !host.is_empty() && (!bracket || matches!(host, [_, _, _, .., b']'])) => host,
        _ => return Err(OriginProblem::Host),
    };
    match rest {
        [] => Ok((host, 0)),
        [b':', digits @ ..] => match parse_port(digits) {
            Ok(port) => Ok((host, port)),
            Err(problem) => Err(problem),
        },
        _ => Err(after_host(rest)),
    }
}

/// Parses a port; 0 if it is empty.
const fn parse_port(mut digits: &[u8]) -> Result<u16, OriginProblem> {
    let (is_empty, mut port) = (digits.is_empty(), 0_u32);
    while let [digit @ b'0'..=b'9', after @ ..] = digits {
        // saturates far above the bound
        port = port.saturating_mul(10).saturating_add((*digit & 0x0F) as u32);
        digits = after;
    }
    match digits {
        [] if is_empty => Ok(0),
        [] if 1 <= port && port <= 65_535 => Ok(port as u16),
        [b'/' | b'?' | b'#', ..] => Err(OriginProblem::Path),
        _ => Err(OriginProblem::Port),
    }
}

const fn after_host(rest: &[u8]) -> OriginProblem {
    if let [b'/' | b'?' | b'#', ..] = rest { OriginProblem::Path } else { OriginProblem::Host }
}

const fn default_port(scheme: &[u8]) -> u16 {
    if is(scheme, b"https") {
        443
    } else if is(scheme, b"http") {
        80
    } else {
        0
    }
}

/// Returns whether a text is this word, in any case of the letters. (The method of slices is not `const` yet.)
const fn is(mut text: &[u8], mut word: &[u8]) -> bool {
    while let ([a, text_after @ ..], [b, word_after @ ..]) = (text, word) {
        if !a.eq_ignore_ascii_case(b) {
            return false;
        }
        (text, word) = (text_after, word_after);
    }
    text.is_empty() && word.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_a_scheme_a_host_and_perhaps_a_port() {
        use OriginProblem::*;
        let (longest, too_long) = (format!("http://{}", "a".repeat(248)), format!("http://{}", "a".repeat(249)));
        for (origin, want) in [
            ("https://a", Ok(("https", "a", 443))),
            ("HTTPS://A", Ok(("HTTPS", "A", 443))),
            ("https://a:443", Ok(("https", "a", 443))),
            ("https://a:0443", Ok(("https", "a", 443))),
            ("http://a", Ok(("http", "a", 80))),
            ("http://a:8080", Ok(("http", "a", 8080))),
            ("http://a:1", Ok(("http", "a", 1))),
            ("http://a:65535", Ok(("http", "a", 65_535))),
            ("http://[::1]:8080", Ok(("http", "[::1]", 8080))),
            ("http://[::ffff:1.2.3.4]", Ok(("http", "[::ffff:1.2.3.4]", 80))),
            ("http://127.0.0.1", Ok(("http", "127.0.0.1", 80))),
            ("http://my_host-1.example.com", Ok(("http", "my_host-1.example.com", 80))),
            ("chrome-extension://abc", Ok(("chrome-extension", "abc", 0))),
            ("file://", Ok(("file", "", 0))),
            ("null", Ok(("null", "", 0))),
            (&longest, Ok(("http", &longest[7..], 80))),
            (&too_long, Err(TooLong)),
            ("", Err(Scheme)),
            ("a", Err(Scheme)),
            ("example.com", Err(Scheme)),
            ("nulls", Err(Scheme)),
            ("https", Err(Scheme)),
            ("https:", Err(Scheme)),
            ("https:/a", Err(Scheme)),
            ("://a", Err(Scheme)),
            ("1s://a", Err(Scheme)),
            ("h_s://a", Err(Scheme)),
            (" https://a", Err(Scheme)),
            ("ws://a", Err(Scheme)),
            ("WSS://a", Err(Scheme)),
            ("*", Err(Scheme)),
            ("https://", Err(Host)),
            ("https://:80", Err(Host)),
            ("https://*.example.com", Err(Host)),
            ("https://a b", Err(Host)),
            ("https://a ", Err(Host)),
            ("https://u@a", Err(Host)),
            ("https://b\u{fc}cher.example", Err(Host)),
            ("https://a,https://b", Err(Host)),
            ("https://[]", Err(Host)),
            ("https://[::1", Err(Host)),
            ("https://[g]", Err(Host)),
            ("https://::1", Err(Host)),
            ("https://[::1]x", Err(Host)),
            ("https://a]", Err(Host)),
            ("https://a[", Err(Host)),
            ("https://a:", Err(Port)),
            ("https://a:0", Err(Port)),
            ("https://a:65536", Err(Port)),
            ("https://a:99999999999", Err(Port)),
            ("https://a:x", Err(Port)),
            ("https://a:80:80", Err(Port)),
            ("https://a:-1", Err(Port)),
            ("https://a/", Err(Path)),
            ("https://a/b", Err(Path)),
            ("https://a?", Err(Path)),
            ("https://a#", Err(Path)),
            ("https://a:80/", Err(Path)),
            ("https://[::1]/", Err(Path)),
            ("file:///", Err(Host)),
        ] {
            let parsed = parse(origin.as_bytes());
            let want = want.map(|(scheme, host, port)| (scheme.as_bytes(), host.as_bytes(), port));
            assert_eq!(parsed.map(|Parts { scheme, host, port }| (scheme, host, port)), want, "{origin}");
        }
    }
}
