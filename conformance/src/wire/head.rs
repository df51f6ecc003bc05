//! Heads of HTTP/1.1 messages: those that this suite writes, valid and invalid, and those of the subject (RFC 6455 §4).

use super::base64;
use super::sha1::sha1;

/// Returns the accept value for a key (RFC 6455 §4.2.2).
pub(crate) fn accept_value(key: &str) -> String {
    base64::encode(&sha1([key.as_bytes(), b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"].concat().as_slice()))
}

/// A head with placeholders that are replaced when it is sent: `{target}`, `{host}`, `{key}` in a request, `{accept}`
/// in a response.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    before: Vec<u8>,
    lines: Vec<Vec<u8>>,
    line_end: &'static [u8],
}

impl Template {
    /// The smallest request that a server must accept (RFC 6455 §4.1).
    pub(crate) fn request() -> Self {
        Self::of(&[
            "GET {target} HTTP/1.1",
            "Host: {host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        ])
    }

    /// The smallest response that a client must accept (RFC 6455 §4.2.2).
    pub(crate) fn response() -> Self {
        Self::of(&[
            "HTTP/1.1 101 Switching Protocols",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Accept: {accept}",
        ])
    }

    /// Creates a head with these lines.
    pub(crate) fn of(lines: &[&str]) -> Self {
        let lines = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
        Self { before: vec![], lines, line_end: b"\r\n" }
    }

    /// Replaces the field with this name by these lines, or appends them if there is no such field.
    pub(crate) fn with(mut self, name: &str, lines: &[impl AsRef<[u8]>]) -> Self {
        let is_it = |line: &Vec<u8>| {
            line.split(|byte| *byte == b':').next().is_some_and(|it| it.eq_ignore_ascii_case(name.as_bytes()))
        };
        let at = self.lines.iter().position(is_it).unwrap_or(self.lines.len());
        self.lines.retain(|line| !is_it(line));
        self.lines.splice(at..at, lines.iter().map(|line| line.as_ref().to_vec()));
        self
    }

    /// Appends a line.
    pub(crate) fn and(mut self, line: impl AsRef<[u8]>) -> Self {
        self.lines.push(line.as_ref().to_vec());
        self
    }

    /// Replaces the first line.
    pub(crate) fn starting(mut self, line: impl AsRef<[u8]>) -> Self {
        self.lines[0] = line.as_ref().to_vec();
        self
    }

    /// Puts these bytes before the first line.
    pub(crate) fn preceded_by(mut self, before: impl AsRef<[u8]>) -> Self {
        self.before.extend_from_slice(before.as_ref());
        self
    }

    /// Ends each line with these bytes.
    pub(crate) fn with_line_end(mut self, line_end: &'static [u8]) -> Self {
        self.line_end = line_end;
        self
    }

    /// Returns the bytes, with the placeholders replaced.
    pub(crate) fn render(&self, values: &[(&str, &str)]) -> Vec<u8> {
        let mut bytes = self.before.clone();
        for line in &self.lines {
            bytes.extend_from_slice(line);
            bytes.extend_from_slice(self.line_end);
        }
        bytes.extend_from_slice(self.line_end);
        for (name, value) in values {
            let place = format!("{{{name}}}").into_bytes();
            while let Some(at) = bytes.windows(place.len()).position(|window| window == place) {
                bytes.splice(at..at + place.len(), value.bytes());
            }
        }
        bytes
    }
}

/// The head of a message that the subject sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Head {
    pub(crate) start: String,
    fields: Vec<(String, String)>,
}

impl Head {
    /// Parses a head. Returns it and its length, or `None` if it is not complete.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, String> {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            // Bytes that begin like a frame can never become a head.
            return match bytes.first() {
                Some(first) if !first.is_ascii_graphic() => Err(format!("{} is not HTTP", preview(bytes))),
                _ => Ok(None),
            };
        };
        let text: String = bytes[..end].iter().map(|byte| char::from(*byte)).collect();
        let mut lines = text.split("\r\n");
        let start = lines.next().unwrap_or_default().to_string();
        let mut fields = vec![];
        for line in lines {
            let Some((name, value)) = line.split_once(':') else {
                return Err(format!("the line {line:?} is not a valid field"));
            };
            if name.is_empty() || name.contains(|c: char| c.is_whitespace()) {
                return Err(format!("the line {line:?} has no valid field name"));
            }
            fields.push((name.to_string(), value.trim_matches([' ', '\t']).to_string()));
        }
        Ok(Some((Self { start, fields }, end + 4)))
    }

    /// Returns the values of all fields with this name.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        let named = self.fields.iter().filter(|(it, _)| it.eq_ignore_ascii_case(name));
        named.map(|(_, value)| &**value).collect()
    }

    /// Returns the value of a field that appears once.
    pub(crate) fn once(&self, name: &str) -> Result<&str, String> {
        match self.values(name)[..] {
            [value] => Ok(value),
            [] => Err(format!("{name} is missing")),
            _ => Err(format!("{name} appears more than once")),
        }
    }

    /// Whether the list in this field contains this token, in any case.
    pub(crate) fn has_token(&self, name: &str, token: &str) -> bool {
        let values = self.values(name);
        values.iter().flat_map(|value| value.split(',')).any(|it| it.trim().eq_ignore_ascii_case(token))
    }

    /// Returns the status of a response.
    pub(crate) fn status(&self) -> Result<u16, String> {
        let words = self.start.split(' ').collect::<Vec<_>>();
        match (words.first(), words.get(1).and_then(|word| word.parse().ok())) {
            (Some(version), Some(status)) if version.starts_with("HTTP/1.") => Ok(status),
            _ => Err(format!("{:?} is not a valid status line", self.start)),
        }
    }

    /// Checks what a response needs to open a connection (RFC 6455 §4.2.2).
    pub(crate) fn check_response(&self, key: &str) -> Result<(), String> {
        if self.status()? != 101 {
            return Err(format!("the server refuses the connection: {}", self.start));
        }
        if !self.start.starts_with("HTTP/1.1 ") {
            return Err(format!("{:?} is not HTTP/1.1", self.start));
        }
        let upgrade = self.once("Upgrade")?;
        if !upgrade.eq_ignore_ascii_case("websocket") {
            return Err(format!("Upgrade is {upgrade:?}"));
        }
        if !self.has_token("Connection", "upgrade") {
            return Err(format!("Connection has no token Upgrade: {:?}", self.values("Connection")));
        }
        let (accept, wanted) = (self.once("Sec-WebSocket-Accept")?, accept_value(key));
        if accept != wanted {
            return Err(format!("Sec-WebSocket-Accept is {accept:?}, but {wanted:?} answers the key {key:?}"));
        }
        if let [extensions, ..] = self.values("Sec-WebSocket-Extensions")[..] {
            return Err(format!("the extensions {extensions:?} were not offered"));
        }
        Ok(())
    }

    /// Checks what a request needs (RFC 6455 §4.1).
    pub(crate) fn check_request(&self) -> Result<(), String> {
        let [method, target, version] = self.start.split(' ').collect::<Vec<_>>()[..] else {
            return Err(format!("{:?} is not a valid request line", self.start));
        };
        if method != "GET" || version != "HTTP/1.1" {
            return Err(format!("{:?} is not a GET of HTTP/1.1", self.start));
        }
        if !(target.starts_with('/') || target.starts_with("http://") || target.starts_with("ws://")) {
            return Err(format!("the target {target:?} is neither a path nor an absolute URI"));
        }
        if self.once("Host")?.is_empty() {
            return Err("Host is empty".into());
        }
        if !self.has_token("Upgrade", "websocket") {
            return Err(format!("Upgrade does not contain websocket: {:?}", self.values("Upgrade")));
        }
        if !self.has_token("Connection", "upgrade") {
            return Err(format!("Connection has no token Upgrade: {:?}", self.values("Connection")));
        }
        let version = self.once("Sec-WebSocket-Version")?;
        if version != "13" {
            return Err(format!("Sec-WebSocket-Version is {version:?}"));
        }
        let key = self.once("Sec-WebSocket-Key")?;
        if base64::decode(key).is_none_or(|nonce| nonce.len() != 16) {
            return Err(format!("the key {key:?} is not 16 bytes in base64"));
        }
        Ok(())
    }
}

/// Formats the beginning of some bytes.
pub(crate) fn preview(bytes: &[u8]) -> String {
    let (shown, rest) = bytes.split_at(bytes.len().min(40));
    format!("\"{}\"{}", shown.escape_ascii(), if rest.is_empty() { "" } else { "…" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [(&str, &str); 4] =
        [("target", "/chat"), ("host", "server.example.com"), ("key", "dGhlIHNhbXBsZSBub25jZQ=="), ("accept", "x")];

    #[test]
    fn the_accept_value_of_the_rfc() {
        assert_eq!(accept_value("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn a_template_is_read_back_and_not_before_its_last_byte() {
        let wire = Template::request().render(&VALUES);
        for len in 0..wire.len() {
            assert_eq!(Head::parse(&wire[..len]), Ok(None));
        }
        let (head, len) = Head::parse(&wire).unwrap().unwrap();
        assert_eq!((&*head.start, len), ("GET /chat HTTP/1.1", wire.len()));
        assert_eq!((head.once("host"), head.check_request()), (Ok("server.example.com"), Ok(())));
    }

    #[test]
    fn a_response_is_held_against_the_key() {
        let check = |template: Template| {
            let accept = accept_value("key");
            let wire = template.render(&[("accept", &accept)]);
            Head::parse(&wire).unwrap().unwrap().0.check_response("key")
        };
        let good = Template::response;
        assert_eq!(check(good()), Ok(()));
        assert_eq!(check(good().with("Connection", &["Connection: keep-alive, upgrade"])), Ok(()));
        for (bad, word) in [
            (good().with("Upgrade", &["Upgrade: h2c"]), "Upgrade"),
            (good().with("Connection", &["Connection: close"]), "Connection"),
            (good().with("Sec-WebSocket-Accept", &["Sec-WebSocket-Accept: x"]), "answers the key"),
            (good().with("Sec-WebSocket-Accept", &[""; 0]), "missing"),
            (good().starting("HTTP/1.1 200 OK"), "refuses"),
            (good().and("Sec-WebSocket-Extensions: x"), "not offered"),
        ] {
            assert!(check(bad).unwrap_err().contains(word));
        }
    }

    #[test]
    fn fields_are_replaced_where_they_stand() {
        let wire =
            Template::of(&["A", "B: 1", "C: 2"]).with("b", &["b: 3", "B: 4"]).with("D", &["D: {key}"]).and("E: 5");
        assert_eq!(
            wire.render(&VALUES[2..3]),
            b"A\r\nb: 3\r\nB: 4\r\nC: 2\r\nD: dGhlIHNhbXBsZSBub25jZQ==\r\nE: 5\r\n\r\n"
        );
    }
}
