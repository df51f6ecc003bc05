//! The heads of request and response, in memory of their own.

use crate::body::BodyStart;
use std::fmt;
use upframe::http::{Body, Head, Run, Span};

/// The request of a client (RFC 6455 §4.1). `Debug` shows neither target nor fields.
#[derive(Clone)]
pub struct Request {
    path: Box<str>,
    host: Box<str>,
    fields: Fields,
}

impl Request {
    /// Returns path and query: the *resource name* (RFC 6455 §3), such as `/chat?room=1`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the host that the request is for, with its port if there is one.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the value of the first field with this name, in any case of the letters.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.fields.first(name)
    }

    /// Returns all fields, in their order: names, and values without the white space around them.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.all()
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} fields)", self.fields.0.len())
    }
}

/// The response of a server (RFC 6455 §4.2.2). `Debug` shows its status only.
#[derive(Clone)]
pub struct Response {
    status: u16,
    reason: Box<str>,
    fields: Fields,
    body: Box<[u8]>,
    is_body_complete: bool,
}

impl Response {
    /// How many bytes of a body are kept: 4,096.
    pub const BODY_MAX: usize = 4096;

    /// Returns the status: 101 if the connection was opened.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Returns the reason, which may be empty.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Returns the value of the first field with this name, in any case of the letters.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.fields.first(name)
    }

    /// Returns all fields, in their order: names, and values without the white space around them.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.all()
    }

    /// Returns the start of the body of a refusal: up to [`BODY_MAX`](Self::BODY_MAX) bytes of what came within a second.
    ///
    /// Chunks are put together (RFC 9112 §7.1); nothing else is decoded. A response 101 has no body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Returns whether [`body`](Self::body) is all of the body. `false`: it is longer, it did not come in time, or its
    /// chunks are malformed.
    #[must_use]
    pub const fn is_body_complete(&self) -> bool {
        self.is_body_complete
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({}, {} fields)", self.status, self.fields.0.len())
    }
}

#[derive(Clone, Default)]
struct Fields(Vec<(String, Vec<u8>)>);

impl Fields {
    fn first(&self, name: &str) -> Option<&[u8]> {
        self.all().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn all(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (&**name, value.trim_ascii()))
    }
}

/// Collects the spans of a head, within the limits that its reader enforces. `Debug` shows no part of it.
///
/// ```
/// use upframe::handshake::{ServerHandshake, ServerOptions};
/// let mut request = &b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
///     Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n"[..];
/// let mut head = upframe_driver::Collector::default();
/// let mut handshake = ServerHandshake::new(ServerOptions::new());
/// handshake.receive_with(&mut request, |span| head.push(span));
/// let request = head.into_request();
/// assert_eq!((request.path(), request.host()), ("/chat", "a"));
/// assert_eq!(request.field("upgrade"), Some(&b"websocket"[..]));
/// ```
#[derive(Default)]
pub struct Collector {
    target: Vec<u8>,
    reason: Vec<u8>,
    status: u16,
    fields: Fields,
    /// Whether the last name is complete.
    named: bool,
}

impl Collector {
    /// Adds a span. Those of a head come in their order.
    pub fn push(&mut self, span: &Span<'_>) {
        match span {
            Span::Target(run) => self.target.extend_from_slice(run.bytes),
            Span::Reason(run) => self.reason.extend_from_slice(run.bytes),
            Span::Status(status) => self.status = *status,
            Span::Name(run) => {
                if self.fields.0.is_empty() || self.named {
                    self.fields.0.push((String::new(), Vec::new()));
                }
                self.named = run.last;
                if let Some((name, _)) = self.fields.0.last_mut() {
                    name.push_str(&String::from_utf8_lossy(run.bytes));
                }
            }
            Span::Value(run) => {
                if let Some((_, value)) = self.fields.0.last_mut() {
                    value.extend_from_slice(run.bytes);
                }
            }
            _ => {}
        }
    }

    /// Returns the request of these spans.
    #[must_use]
    pub fn into_request(self) -> Request {
        // the codec knows all forms of a target
        let mut memory = vec![0; self.target.len().saturating_add(2)];
        let mut head = Head::new(&mut memory);
        head.push(&Span::Target(Run { bytes: &self.target, last: true }));
        // the memory is long enough, so nothing was left out
        let host = head.host().ok().flatten().or_else(|| self.fields.first("host")).unwrap_or_default();
        Request { path: text(head.path().unwrap_or_default()), host: text(host), fields: self.fields }
    }

    /// Returns the response of these spans, without a body.
    #[must_use]
    pub fn into_response(self) -> Response {
        self.into_response_with(BodyStart::new(Body::None))
    }

    /// Returns the response of these spans, with the start of its body.
    #[must_use]
    pub fn into_response_with(self, body: BodyStart) -> Response {
        let (body, is_body_complete) = body.into_parts();
        let reason = text(self.reason.trim_ascii());
        Response { status: self.status, reason, fields: self.fields, body, is_body_complete }
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Collector({} fields)", self.fields.0.len())
    }
}

/// Targets and hosts are ASCII. A reason may be anything.
fn text(bytes: &[u8]) -> Box<str> {
    String::from_utf8_lossy(bytes).into()
}
