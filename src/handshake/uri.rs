//! `ws:` and `wss:` URIs (RFC 6455 §3).

use core::fmt;

/// A `ws:` or `wss:` URI (RFC 6455 §3), in its parts. `Debug` does not show path and query, which may hold a token.
///
/// ```
/// use upframe::handshake::Uri;
/// let uri = Uri::parse("wss://[::1]:8443/chat?room=1").unwrap();
/// assert!(uri.is_secure());
/// assert_eq!((uri.host(), uri.port(), uri.resource()), ("[::1]", 8443, "/chat?room=1"));
/// let uri = Uri::parse("ws://example.com").unwrap();
/// assert_eq!((uri.host(), uri.port(), uri.resource()), ("example.com", 80, "/"));
/// ```
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Uri<'a> {
    secure: bool,
    host: &'a str,
    port: u16,
    /// Path and query; without the path where it is empty.
    resource: &'a str,
}

impl fmt::Debug for Uri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { secure, host, port, .. } = self;
        write!(f, "Uri({}://{host}:{port}/..)", if *secure { "wss" } else { "ws" })
    }
}

/// Why a URI is none for a WebSocket.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum UriError {
    /// The scheme is not `ws` or `wss`.
    Scheme,
    /// A name and a password in front of the host, which a `ws:` URI does not have.
    UserInfo,
    /// The host is empty, or no name, IPv4 address or IPv6 address in brackets.
    Host,
    /// The port is no number from 1 to 65535.
    Port,
    /// Path or query hold a space, a control byte or a character beyond ASCII, which must be percent-encoded.
    Resource,
    /// There is a fragment, which a `ws:` URI must not have.
    Fragment,
}

impl fmt::Display for UriError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "scheme is not ws or wss",
            Self::UserInfo => "URI has a user name",
            Self::Host => "malformed host",
            Self::Port => "malformed port",
            Self::Resource => "path or query has a character that must be percent-encoded",
            Self::Fragment => "URI has a fragment",
        })
    }
}

impl core::error::Error for UriError {}

impl<'a> Uri<'a> {
    /// Takes a URI apart.
    ///
    /// # Errors
    ///
    /// [`UriError`].
    pub fn parse(uri: &'a str) -> Result<Self, UriError> {
        let find = |text: &str, found: fn(u8) -> bool| text.bytes().position(found).unwrap_or(text.len());
        let (scheme, rest) = uri.split_at_checked(find(uri, |byte| byte == b':')).unwrap_or_default();
        let rest = rest.strip_prefix("://").ok_or(UriError::Scheme)?;
        let secure = match scheme {
            scheme if scheme.eq_ignore_ascii_case("ws") => false,
            scheme if scheme.eq_ignore_ascii_case("wss") => true,
            // [4.1-uri-scheme]
            _ => return Err(UriError::Scheme),
        };
        let end = find(rest, |byte| matches!(byte, b'/' | b'?' | b'#'));
        let (authority, resource) = rest.split_at_checked(end).unwrap_or((rest, ""));
        // §3: fragment identifiers are meaningless and MUST NOT be used [3-fragment]
        if resource.bytes().any(|byte| byte == b'#') {
            return Err(UriError::Fragment);
        }
        // [4.1-uri-resource]
        if !resource.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(UriError::Resource);
        }
        // [4.1-uri-userinfo]
        if authority.bytes().any(|byte| byte == b'@') {
            return Err(UriError::UserInfo);
        }
        // an IPv6 address holds colons, too, and ends with its bracket
        let host_len = match authority.bytes().rposition(|byte| byte == b']') {
            Some(bracket) => bracket.saturating_add(1),
            None => find(authority, |byte| byte == b':'),
        };
        let (host, port) = authority.split_at_checked(host_len).unwrap_or_default();
        // [4.1-uri-host]
        if !is_host(host.as_bytes()) || !(port.is_empty() || port.starts_with(':')) {
            return Err(UriError::Host);
        }
        let port = port.strip_prefix(':');
        let port = match port {
            // RFC 3986 §3.2.3: an empty port is the default
            None | Some("") => {
                if secure {
                    443
                } else {
                    80
                }
            }
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                // [4.1-uri-port]
                port.parse().ok().filter(|port| *port > 0).ok_or(UriError::Port)?
            }
            // [4.1-uri-port]
            Some(_) => return Err(UriError::Port),
        };
        Ok(Self { secure, host, port, resource: if resource.is_empty() { "/" } else { resource } })
    }

    /// Whether the connection goes through TLS: `wss`.
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host: a name, an IPv4 address, or an IPv6 address in brackets.
    pub const fn host(&self) -> &'a str {
        self.host
    }

    /// The port: 80 for `ws` and 443 for `wss`, where none is given.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The *resource name*: path and query. It begins with `?` where the path is empty and the query is not; the request has the
    /// `/` in front.
    pub const fn resource(&self) -> &'a str {
        self.resource
    }

    /// The port, unless it is that of the scheme.
    pub(crate) const fn own_port(&self) -> Option<u16> {
        match (self.secure, self.port) {
            // [4.1-host-port]
            (false, 80) | (true, 443) => None,
            (_, port) => Some(port),
        }
    }
}

/// A name, an IPv4 address, or an IPv6 address in brackets (RFC 3986 §3.2.2).
fn is_host(host: &[u8]) -> bool {
    let mut rest = match host {
        [b'[', address @ .., b']'] => return is_ipv6(address),
        name => name,
    };
    while let [first, behind @ ..] = rest {
        rest = match (first, behind) {
            // RFC 3986 §2.1: a percent sign and two hexadecimal digits
            (b'%', [a, b, behind @ ..]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => behind,
            (b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' | b'~', behind) => behind,
            _ => return false,
        };
    }
    !host.is_empty()
}

/// Eight groups of one to four hexadecimal digits; `::` once for one or more of them; the last two may be an IPv4 address
/// (RFC 4291 §2.2).
fn is_ipv6(address: &[u8]) -> bool {
    let (mut groups, mut gap, mut rest) = (0u8, false, address);
    if let [b':', b':', behind @ ..] = rest {
        (gap, rest) = (true, behind);
    }
    while !rest.is_empty() {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        rest = match rest.split_at_checked(digits) {
            Some((_, [b'.', ..])) if is_ipv4(rest) => {
                groups = groups.saturating_add(1);
                &[]
            }
            Some(([_] | [_, _] | [_, _, _] | [_, _, _, _], behind)) => match behind {
                [b':', b':', behind @ ..] if !gap => {
                    gap = true;
                    behind
                }
                [b':', behind @ ..] if !matches!(behind, [] | [b':', ..]) => behind,
                [] => behind,
                _ => return false,
            },
            _ => return false,
        };
        groups = groups.saturating_add(1);
    }
    if gap { groups < 8 } else { groups == 8 }
}

/// Four numbers up to 255, without zeros in front.
fn is_ipv4(address: &[u8]) -> bool {
    let is_number = |number: &[u8]| match number {
        [a, b, c] => matches!((a, b, c), (b'1', _, _) | (b'2', b'0'..=b'4', _) | (b'2', b'5', b'0'..=b'5')),
        [a, _] => *a != b'0',
        [_] => true,
        _ => false,
    };
    let numbers = address.split(|byte| *byte == b'.');
    numbers.clone().count() == 4
        && numbers.into_iter().all(|number| is_number(number) && number.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};
    use std::string::String;

    #[test]
    fn a_percent_sign_in_a_name_stands_in_front_of_two_digits() {
        for (host, good) in
            [("a%4Fb", true), ("%41", true), ("a%4gb", false), ("a%g4b", false), ("a%4", false), ("a%", false)]
        {
            assert_eq!(is_host(host.as_bytes()), good, "{host}");
        }
    }

    #[test]
    fn debug_shows_where_a_connection_goes_and_not_what_it_asks_for() {
        let shown = format!("{:?}", Uri::parse("wss://example.com:81/secret?token").unwrap());
        assert!(shown.contains("example.com") && shown.contains("81") && !shown.contains("secret"), "{shown}");
    }

    #[test]
    fn addresses_are_those_of_the_standard_library() {
        let mut good = 0;
        let mut check = |text: &str| {
            let want = text.parse::<Ipv6Addr>().is_ok();
            assert_eq!(is_ipv6(text.as_bytes()), want, "{text}");
            assert_eq!(is_ipv4(text.as_bytes()), text.parse::<Ipv4Addr>().is_ok(), "{text}");
            good += u32::from(want);
        };
        for text in [
            "",
            ":",
            "::",
            ":::",
            "1",
            "1::",
            "::1",
            "1::2::3",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1:2:3:4::5:6:7:8",
            "1:2:3:4:5:6:7:8::",
            "1:2:3:4:5:6:7:8:9",
            "12345::",
            "g::",
            "::ffff:1.2.3.4",
            "1.2.3.4",
            "::1.2.3.4:5",
            "1:2:3:4:5:6:1.2.3.4",
            "1:2:3:4:5:6:7:1.2.3.4",
            "::1.2.3",
            "::1.2.3.256",
            "::01.2.3.4",
            "::1.2.3.",
            "1:::2",
            "fe80::1%25eth0",
            "::255.249.199.99",
            "::0.0.0.0",
            "::00.0.0.0",
            "::1:",
            ":1::",
            "1:2:3:4:5:6:7:",
            "A:b:C:d:E:f:0:9",
        ] {
            check(text);
        }
        // all texts of up to seven characters of a small alphabet, and long ones put together of parts
        let mut texts = vec![String::new()];
        for _ in 0..6 {
            texts =
                texts.iter().flat_map(|text| ["", ":", "1", ".", "f"].map(|next| format!("{text}{next}"))).collect();
        }
        texts.iter().for_each(|text| check(text));
        let mut seed = 1u32;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..(seed >> 16) % 12 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                text += ["1:", "ff:", "::", "abcd:", "9", ":", "12.", "255.0.0.", "0:"][(seed >> 24) as usize % 9];
            }
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            check(&text);
        }
        assert!(good > 1000, "{good} of them are addresses");
    }

    #[test]
    fn what_a_uri_holds_is_found() {
        for (uri, secure, host, port, resource) in [
            ("ws://a", false, "a", 80, "/"),
            ("wss://a", true, "a", 443, "/"),
            ("WS://A.example:8080/", false, "A.example", 8080, "/"),
            ("wss://a:443/x/y?z=%20#".trim_end_matches('#'), true, "a", 443, "/x/y?z=%20"),
            ("ws://a?q", false, "a", 80, "?q"),
            ("ws://a:/p", false, "a", 80, "/p"),
            ("ws://127.0.0.1:65535", false, "127.0.0.1", 65535, "/"),
            ("ws://[::1]", false, "[::1]", 80, "/"),
            ("ws://[::1]:", false, "[::1]", 80, "/"),
            ("ws://a%2Db%c3%a4", false, "a%2Db%c3%a4", 80, "/"),
            ("ws://[2001:db8::7]:1/p", false, "[2001:db8::7]", 1, "/p"),
            ("ws://a/p:1@2//?", false, "a", 80, "/p:1@2//?"),
        ] {
            let got = Uri::parse(uri).unwrap();
            assert_eq!((got.secure, got.host, got.port, got.resource), (secure, host, port, resource), "{uri}");
        }
    }

    #[test]
    fn what_is_none_is_refused_for_its_reason() {
        for (uri, want) in [
            ("", UriError::Scheme),
            ("a", UriError::Scheme),
            ("http://a", UriError::Scheme),
            ("ws:/a", UriError::Scheme),
            ("ws://", UriError::Host),
            ("ws:///p", UriError::Host),
            ("ws://:80", UriError::Host),
            ("ws://a b", UriError::Host),
            ("ws://ä", UriError::Host),
            ("ws://[::1", UriError::Host),
            ("ws://[::g]", UriError::Host),
            ("ws://::1", UriError::Host),
            ("ws://[::1]x", UriError::Host),
            ("ws://[::1]x:80", UriError::Host),
            ("ws://a%", UriError::Host),
            ("ws://a%2", UriError::Host),
            ("ws://%zz", UriError::Host),
            ("ws://a:80:80", UriError::Port),
            ("ws://a:0", UriError::Port),
            ("ws://a:65536", UriError::Port),
            ("ws://a:+1", UriError::Port),
            ("ws://a:x", UriError::Port),
            ("ws://u:p@a", UriError::UserInfo),
            ("ws://a/#f", UriError::Fragment),
            ("ws://a#f", UriError::Fragment),
            ("ws://a/ ", UriError::Resource),
            ("ws://a/\r\nX: y", UriError::Resource),
            ("ws://a/é", UriError::Resource),
        ] {
            assert_eq!(Uri::parse(uri), Err(want), "{uri}");
        }
    }
}
