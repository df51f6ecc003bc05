//! `ws:` and `wss:` URIs (RFC 6455 §3).

use super::uri_host::is_host;
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
    secure: bool,
    host: &'a str,
    port: u16,
    /// Path and query. It begins with `?` if the path is empty and there is a query.
    resource: &'a str,
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
    /// The host is empty, or not a name, an IPv4 address or an IPv6 address in brackets.
    Host,
    /// The port is not a number from 1 to 65535.
    Port,
    /// Path or query contain a space, a control byte or a character beyond ASCII, which must be percent-encoded.
    Resource,
    /// The URI has a fragment, which a `ws:` URI must not have.
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
    /// Splits a URI into its parts.
    ///
    /// # Errors
    ///
    /// [`UriError`] if `uri` is not a valid WebSocket URI.
    pub fn parse(uri: &'a str) -> Result<Self, UriError> {
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
        // Path and query are visible ASCII, so that they cannot break the request line. [4.1-uri-resource]
        if !resource.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(UriError::Resource);
        }
        // No user name precedes the host. [4.1-uri-userinfo]
        if authority.bytes().any(|byte| byte == b'@') {
            return Err(UriError::UserInfo);
        }
        // an IPv6 address contains colons, too, and ends with its bracket
        let host_len = match authority.bytes().rposition(|byte| byte == b']') {
            Some(bracket) => bracket.saturating_add(1),
            None => find(authority, |byte| byte == b':'),
        };
        let (host, port) = authority.split_at_checked(host_len).unwrap_or_default();
        // The host is a name, an IPv4 address, or an IPv6 address in brackets. [4.1-uri-host]
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
                port.parse().ok().filter(|port| *port > 0).ok_or(UriError::Port)?
            }
            // The port is a number from 1 to 65535. [4.1-uri-port]
            Some(_) => return Err(UriError::Port),
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
