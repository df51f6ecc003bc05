//! `ws:` and `wss:` URIs (RFC 6455 §3).

use crate::http::authority::{Authority, Fault};
use crate::http::class::Class;
use core::fmt;

/// A `ws:` or `wss:` URI, split into its parts (RFC 6455 §3). `Debug` does not show path and query, which may contain a
/// secret.
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
    pub(super) secure: bool,
    pub(super) host: &'a str,
    pub(super) port: u16,
    /// Path and query. It begins with `?` if the path is empty and there is a query.
    pub(super) resource: &'a str,
}

impl fmt::Debug for Uri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { secure, host, port, .. } = self;
        write!(f, "Uri({}://{host}:{port}/..)", if *secure { "wss" } else { "ws" })
    }
}

/// Why a URI is not a valid WebSocket URI.
///
/// ```
/// use upframe::handshake::{Uri, UriError};
/// assert_eq!(Uri::parse("https://example.com/"), Err(UriError::Scheme));
/// assert_eq!(Uri::parse("ws://example.com/#top"), Err(UriError::Fragment));
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum UriError {
    /// The scheme is not `ws` or `wss`.
    Scheme,
    /// A user name precedes the host, which a `ws:` URI must not have.
    UserInfo,
    /// The host contains a character that no host contains (RFC 3986 §3.2.2).
    Host,
    /// The host is empty.
    HostEmpty,
    /// The host contains a character beyond ASCII. Such a name is written in Punycode: `xn--bcher-kva.example` is
    /// `bücher.example` (RFC 5890 §2.3.2.1).
    HostNotAscii,
    /// The address in brackets is not an IPv6 address, or has a zone, or has no closing bracket.
    HostAddress,
    /// Two hexadecimal digits do not follow a percent sign, or they are `00` in a host.
    Percent,
    /// The port is not a number from 1 to 65535.
    Port,
    /// Path or query contain a character that must be percent-encoded: a space, a control byte, a character beyond
    /// ASCII, or one of ``"<>[\]^`{|}`` (RFC 3986 §3.3, §3.4).
    Resource,
    /// The URI has a fragment, which a `ws:` URI must not have.
    Fragment,
}

impl fmt::Display for UriError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "scheme is not ws or wss",
            Self::UserInfo => "URI has a user name",
            Self::Host => "host has a character that is not allowed",
            Self::HostEmpty => "host is empty",
            Self::HostNotAscii => "host is not ASCII: write it in Punycode, as in xn--bcher-kva.example",
            Self::HostAddress => "malformed IP address in brackets",
            Self::Percent => "percent sign is not followed by two hexadecimal digits, or %00 is in a host",
            Self::Port => "malformed port",
            Self::Resource => "path or query has a character that must be percent-encoded",
            Self::Fragment => "URI has a fragment",
        })
    }
}

impl core::error::Error for UriError {}

impl UriError {
    /// Returns the error for what is malformed about the authority.
    const fn of(fault: Fault) -> Self {
        match fault {
            Fault::Character => Self::Host,
            Fault::Empty => Self::HostEmpty,
            Fault::NotAscii => Self::HostNotAscii,
            Fault::Address => Self::HostAddress,
            Fault::Percent => Self::Percent,
            Fault::Port => Self::Port,
        }
    }
}

impl<'a> Uri<'a> {
    /// Splits a URI into its parts.
    ///
    /// # Errors
    ///
    /// [`UriError`] if `uri` is not a valid WebSocket URI.
    pub fn parse(uri: &'a str) -> Result<Self, UriError> {
        #[cfg(not(upframe_small))]
        if let Some(usual) = Self::usual(uri) {
            return Ok(usual);
        }
        Self::parse_any(uri)
    }

    /// Does what [`parse`](Self::parse) does, with any URI.
    #[cfg_attr(upframe_small, inline(always))]
    pub(super) fn parse_any(uri: &'a str) -> Result<Self, UriError> {
        let find = |text: &str, found: fn(u8) -> bool| text.bytes().position(found).unwrap_or(text.len());
        let (scheme, rest) = uri.split_at_checked(find(uri, |byte| byte == b':')).unwrap_or_default();
        let rest = rest.strip_prefix("://").ok_or(UriError::Scheme)?;
        let secure = match scheme {
            scheme if scheme.eq_ignore_ascii_case("ws") => false,
            scheme if scheme.eq_ignore_ascii_case("wss") => true,
            // A WebSocket URI begins with ws or wss; any other scheme fails the attempt. [4.1-uri-scheme]
            _ => return Err(UriError::Scheme),
        };
        let end = find(rest, |byte| matches!(byte, b'/' | b'?' | b'#'));
        let (authority, resource) = rest.split_at_checked(end).unwrap_or((rest, ""));
        // A WebSocket URI has no fragment. [3-fragment]
        if resource.bytes().any(|byte| byte == b'#') {
            return Err(UriError::Fragment);
        }
        check_resource(resource.as_bytes())?;
        // No user name precedes the host. [4.1-uri-userinfo]
        if authority.bytes().any(|byte| byte == b'@') {
            return Err(UriError::UserInfo);
        }
        // The host is a name, an IPv4 address, or an address in brackets. [4.1-uri-host]
        // The port is a number from 1 to 65535. [4.1-uri-port]
        if let Some(fault) = Authority::fault(authority.as_bytes()) {
            return Err(UriError::of(fault));
        }
        // the colons of an address are in its brackets
        let colon = authority.bytes().rposition(|byte| byte == b':').unwrap_or(authority.len());
        let (host, port) = match authority.split_at_checked(colon) {
            Some((host, port)) if port.as_bytes().last() != Some(&b']') => (host, port.get(1..).unwrap_or_default()),
            _ => (authority, ""),
        };
        let port = match port {
            // RFC 3986 §3.2.3: an empty port is the default
            "" if secure => 443,
            "" => 80,
            port => port.parse().ok().filter(|port| *port > 0).ok_or(UriError::Port)?,
        };
        Ok(Self { secure, host, port, resource: if resource.is_empty() { "/" } else { resource } })
    }

    /// Returns whether the connection uses TLS: `wss`.
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// Returns the host: a name, an IPv4 address, or an IPv6 address in brackets.
    pub const fn host(&self) -> &'a str {
        self.host
    }

    /// Returns the port. Without one in the URI, it is 80 for `ws` and 443 for `wss`.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Returns the *resource name*: path and query (RFC 6455 §3). It begins with `?` if the path is empty and there is
    /// a query; the request has a `/` before that.
    pub const fn resource(&self) -> &'a str {
        self.resource
    }

    /// Returns the port, unless it is the default of the scheme.
    pub(crate) const fn non_default_port(&self) -> Option<u16> {
        match (self.secure, self.port) {
            (false, 80) | (true, 443) => None,
            (_, port) => Some(port),
        }
    }
}

/// Checks that path and query consist of the characters of a URI (RFC 3986 §3.3, §3.4).
fn check_resource(mut rest: &[u8]) -> Result<(), UriError> {
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'%', [a, b, after @ ..]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => after,
            // Two hexadecimal digits follow each percent sign. [4.1-uri-percent]
            (b'%', _) => return Err(UriError::Percent),
            (b'/' | b'?' | b':' | b'@', _) => after,
            _ if Class::Host.holds(*first) => after,
            // Path and query consist of the characters of a URI, so that they cannot break the request line.
            // [4.1-uri-resource]
            _ => return Err(UriError::Resource),
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_host_and_port_and_not_path_and_query() {
        let shown = format!("{:?}", Uri::parse("wss://example.com:81/secret?token").unwrap());
        assert!(shown.contains("example.com") && shown.contains("81") && !shown.contains("secret"), "{shown}");
    }

    #[test]
    fn a_uri_is_split_into_its_parts() {
        for (uri, secure, host, port, resource) in [
            ("ws://a", false, "a", 80, "/"),
            ("ws://a!b/", false, "a!b", 80, "/"),
            ("ws://my_service:81", false, "my_service", 81, "/"),
            ("wss://[v1.x:y]:/", true, "[v1.x:y]", 443, "/"),
            ("ws://[fe80::1]/!$&'()*+,;=:@-._~%7c?/?", false, "[fe80::1]", 80, "/!$&'()*+,;=:@-._~%7c?/?"),
            ("ws://a/%00", false, "a", 80, "/%00"),
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
    fn an_invalid_uri_is_refused_for_its_reason() {
        for (uri, want) in [
            ("", UriError::Scheme),
            ("a", UriError::Scheme),
            ("http://a", UriError::Scheme),
            ("ws:/a", UriError::Scheme),
            ("ws://", UriError::HostEmpty),
            ("ws:///p", UriError::HostEmpty),
            ("ws://?q", UriError::HostEmpty),
            ("ws://:80", UriError::HostEmpty),
            ("ws://::1", UriError::HostEmpty),
            ("ws://a b", UriError::Host),
            ("ws://a ", UriError::Host),
            ("ws:// a", UriError::Host),
            ("ws://a]", UriError::Host),
            ("ws://a[", UriError::Host),
            ("ws://a\0", UriError::Host),
            ("ws://a:80 ", UriError::Port),
            ("ws://[::1]x", UriError::Host),
            ("ws://[::1]x:80", UriError::Host),
            ("ws://ä", UriError::HostNotAscii),
            ("ws://bücher.example/", UriError::HostNotAscii),
            ("ws://a%41ä", UriError::HostNotAscii),
            ("ws://[", UriError::HostAddress),
            ("ws://[]", UriError::HostAddress),
            ("ws://[::1", UriError::HostAddress),
            ("ws://[::g]", UriError::HostAddress),
            ("ws://[ä]", UriError::HostAddress),
            ("ws://[fe80::1%25eth0]/", UriError::HostAddress),
            ("ws://[fe80::1%eth0]/", UriError::HostAddress),
            ("ws://[v1]", UriError::HostAddress),
            ("ws://[v1.]", UriError::HostAddress),
            ("ws://a%", UriError::Percent),
            ("ws://a%2", UriError::Percent),
            ("ws://%zz", UriError::Percent),
            ("ws://%00", UriError::Percent),
            ("ws://a%00/", UriError::Percent),
            ("ws://a%:80", UriError::Percent),
            ("ws://a/%", UriError::Percent),
            ("ws://a/%2", UriError::Percent),
            ("ws://a/%2g", UriError::Percent),
            ("ws://a/%zz", UriError::Percent),
            ("ws://a?%zz", UriError::Percent),
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
            ("ws://a/[", UriError::Resource),
        ] {
            assert_eq!(Uri::parse(uri), Err(want), "{uri}");
        }
        for byte in b"{}|\"<>\\^[]` " {
            for before in ["ws://a/", "ws://a?", "ws://a/b?c"] {
                let uri = format!("{before}{}d", char::from(*byte));
                assert_eq!(Uri::parse(&uri), Err(UriError::Resource), "{uri}");
            }
        }
    }
}
