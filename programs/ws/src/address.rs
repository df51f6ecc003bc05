//! URLs as people type them.

use crate::failure::Failure;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use upframe_tokio::Uri;
use url::Url;

/// What RFC 3986 does not allow in path and query, and URLs of browsers do.
const NOT_IN_URI: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b']')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Where to connect to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Address {
    /// Valid for [`Uri::parse`].
    uri: String,
    /// Without brackets.
    host: String,
    port: u16,
    is_secure: bool,
    url: Url,
}

impl Address {
    /// Reads a URL, and `user:password` from it. Without a scheme, it means `ws:`; `http:` and `https:` mean `ws:` and
    /// `wss:`; a port alone means `localhost`.
    pub fn parse(text: &str) -> Result<(Self, Option<String>), Failure> {
        let wrong =
            |why: &dyn std::fmt::Display| Failure::usage(format!("{text}: {why}; a URL is like ws://host:port/path"));
        let url = Url::parse(&with_scheme(text)).map_err(|error| wrong(&error))?;
        if url.fragment().is_some() {
            return Err(wrong(&"a WebSocket URL has no fragment: write # as %23"));
        }
        let auth = (!url.username().is_empty() || url.password().is_some()).then(|| {
            let text = |part| percent_decode_str(part).decode_utf8_lossy().into_owned();
            format!("{}:{}", text(url.username()), text(url.password().unwrap_or_default()))
        });
        let address = Self::new(url).map_err(|error| wrong(&error))?;
        Ok((address, auth))
    }

    /// Where a redirect leads to. User name, password and fragment in it are left out.
    pub fn join(&self, location: &str) -> Result<Self, String> {
        let url = self.url.join(location).map_err(|error| error.to_string())?;
        Self::new(url)
    }

    fn new(mut url: Url) -> Result<Self, String> {
        match url.scheme() {
            "http" => url.set_scheme("ws"),
            "https" => url.set_scheme("wss"),
            "ws" | "wss" => Ok(()),
            other => return Err(format!("the scheme {other}: is not ws:, wss:, http: or https:")),
        }
        .and_then(|()| url.set_username(""))
        .and_then(|()| url.set_password(None))
        .map_err(|()| "the host is missing")?;
        url.set_fragment(None);
        let is_secure = url.scheme() == "wss";
        let name = url.host_str().unwrap_or_default().to_string();
        let port = url.port_or_known_default().unwrap_or(80);
        let mut uri = format!("{}://{name}", url.scheme());
        if let Some(port) = url.port() {
            uri.push_str(&format!(":{port}"));
        }
        uri.extend(utf8_percent_encode(url.path(), NOT_IN_URI));
        if let Some(query) = url.query() {
            uri.push('?');
            uri.extend(utf8_percent_encode(query, NOT_IN_URI));
        }
        Uri::parse(&uri).map_err(|error| error.to_string())?;
        let host = name.trim_matches(['[', ']']).to_string();
        Ok(Self { uri, host, port, is_secure, url })
    }

    pub fn uri(&self) -> &str {
        &self.uri
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Whether both are the same server, so that it may see what was meant for the other one.
    pub fn same_server(&self, other: &Self) -> bool {
        (&self.host, self.port, self.is_secure) == (&other.host, other.port, other.is_secure)
    }
}

fn with_scheme(text: &str) -> String {
    let scheme = text.split_once(":/").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let is_scheme = |scheme: &str| !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    // `localhost:/path` is a host with an empty port
    let has_scheme = |scheme: &str| text.contains("://") || matches!(scheme, "ws" | "wss" | "http" | "https");
    if scheme.is_some_and(|scheme| is_scheme(&scheme) && has_scheme(&scheme)) {
        return text.to_string();
    }
    let text = text.trim_start_matches('/');
    let end = text.find(['/', '?', '#']).unwrap_or(text.len());
    let (authority, rest) = text.split_at(end);
    let port = authority.strip_prefix(':').unwrap_or(authority);
    if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("ws://localhost:{port}{rest}");
    }
    format!("ws://{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_a_uri() {
        for (typed, uri, host, port) in [
            ("ws://a.example/", "ws://a.example/", "a.example", 80),
            ("wss://a.example", "wss://a.example/", "a.example", 443),
            ("WSS://A.example:443/x", "wss://a.example/x", "a.example", 443),
            ("localhost:9000/path?q=1", "ws://localhost:9000/path?q=1", "localhost", 9000),
            ("localhost", "ws://localhost/", "localhost", 80),
            ("9000", "ws://localhost:9000/", "localhost", 9000),
            (":9000/ws", "ws://localhost:9000/ws", "localhost", 9000),
            ("//a/b", "ws://a/b", "a", 80),
            ("a/?next=http://b/", "ws://a/?next=http://b/", "a", 80),
            ("http://a/b", "ws://a/b", "a", 80),
            ("https://a:8443/b", "wss://a:8443/b", "a", 8443),
            ("ws://[::1]:9000/", "ws://[::1]:9000/", "::1", 9000),
            ("[::1]:9000", "ws://[::1]:9000/", "::1", 9000),
            (
                "ws://bücher.example/ä?ö=ü",
                "ws://xn--bcher-kva.example/%C3%A4?%C3%B6=%C3%BC",
                "xn--bcher-kva.example",
                80,
            ),
            ("ws://a/b c|d?e={f}", "ws://a/b%20c%7Cd?e=%7Bf%7D", "a", 80),
        ] {
            let (address, auth) = Address::parse(typed).unwrap_or_else(|failure| panic!("{typed}: {}", failure.text));
            assert_eq!((address.uri(), address.host(), address.port(), auth), (uri, host, port, None), "{typed}");
        }
    }

    #[test]
    fn user_and_password_are_taken_out() {
        for (typed, wanted) in [
            ("ws://me:secret@a/", "me:secret"),
            ("me:se%40cret@a", "me:se@cret"),
            ("ws://me@a/", "me:"),
            ("ws://:key@a/", ":key"),
        ] {
            let (address, auth) = Address::parse(typed).unwrap();
            assert_eq!((address.uri(), auth.as_deref()), ("ws://a/", Some(wanted)), "{typed}");
        }
    }

    #[test]
    fn what_is_not_a_url_is_told() {
        for (typed, told) in [
            ("ftp://a/", "scheme ftp:"),
            ("ws://a/#b", "fragment"),
            ("ws://", "empty host"),
            ("ws://a:99999/", "port"),
            ("ws://a b/", "host"),
            ("ws://[::g]/", "IPv6"),
            ("ws://a/100%", "percent"),
            ("", "empty host"),
        ] {
            let failure = Address::parse(typed).unwrap_err();
            assert!(failure.text.contains(told), "{typed}: {}", failure.text);
        }
    }

    #[test]
    fn a_redirect_is_relative_and_keeps_no_password() {
        let (from, _) = Address::parse("ws://a:81/x/y?z").unwrap();
        for (location, uri) in
            [("/b", "ws://a:81/b"), ("b", "ws://a:81/x/b"), ("//c/", "ws://c/"), ("https://u:p@d/e#f", "wss://d/e")]
        {
            let to = from.join(location).unwrap();
            assert_eq!(to.uri(), uri, "{location}");
            assert_eq!(to.same_server(&from), uri.starts_with("ws://a:81/"));
        }
        assert!(from.join("mailto:a").is_err());
    }
}
