//! `ws:` and `wss:` URIs (RFC 6455 §3).

use core::fmt;
use core::net::Ipv6Addr;

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
        let (scheme, rest) = uri.split_once("://").ok_or(UriError::Scheme)?;
        let secure = match scheme {
            scheme if scheme.eq_ignore_ascii_case("ws") => false,
            scheme if scheme.eq_ignore_ascii_case("wss") => true,
            _ => return Err(UriError::Scheme),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, resource) = rest.split_at_checked(end).unwrap_or((rest, ""));
        // §3: fragment identifiers are meaningless and MUST NOT be used
        if resource.contains('#') {
            return Err(UriError::Fragment);
        }
        if !resource.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(UriError::Resource);
        }
        if authority.contains('@') {
            return Err(UriError::UserInfo);
        }
        // an IPv6 address holds colons, too, and ends with its bracket
        let host_len = match authority.rfind(']') {
            Some(bracket) => bracket.saturating_add(1),
            None => authority.find(':').unwrap_or(authority.len()),
        };
        let (host, port) = authority.split_at_checked(host_len).unwrap_or_default();
        if !is_host(host) || !(port.is_empty() || port.starts_with(':')) {
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
            (false, 80) | (true, 443) => None,
            (_, port) => Some(port),
        }
    }
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        return address.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    }
    let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    // RFC 3986 §2.1: a percent sign and two hexadecimal digits
    let mut runs = host.split('%');
    let is_encoded = |run: &str| run.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    !host.is_empty()
        && runs.next().is_some_and(|run| run.bytes().all(is_name_byte))
        && runs.all(|run| is_encoded(run) && run.bytes().all(is_name_byte))
}

#[cfg(test)]
mod tests {
    use super::*;

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
