//! A server that receives requests, with the exact bytes of all its answers.

use super::{ACCEPT, Came, Element, Seen, every_cut, fields, refusal_text, replace, serve, upgrade_of};
use upframe::handshake::{Origins, Outcome, Refusal, RequestJudge, ServerHandshake, ServerOptions};
use upframe::http::{HeadError, HeadViolation};

pub const ANY: ServerOptions<'static> = ServerOptions::new();
/// The first frame, in the same segment: RFC 6455 §5.7.
pub const FRAME: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
pub const GOOD: [&str; 6] = [
    "GET /chat HTTP/1.1",
    "Host: server.example.com",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
];

pub fn with(name: &str, lines: &[&str]) -> Vec<u8> {
    replace(&GOOD, name, lines)
}

/// The result is the same at every cut, and for the fields as pairs.
pub fn judge<O: Origins>(options: ServerOptions<O>, request: &[u8]) -> Seen<Came> {
    let wire = [request, FRAME].concat();
    let seen = every_cut(&wire, |pieces| serve(ServerHandshake::new(options), pieces).1);
    if let [Element::Run { bytes: method, .. }, Element::Run { bytes: target, .. }, Element::Version(1, minor), ..] =
        &seen.elements[..]
        && seen.elements.last() == Some(&Element::End)
    {
        let mut judge = RequestJudge::new(options);
        judge.request_line(method, target, *minor);
        fields(&seen.elements).iter().for_each(|(name, value)| judge.field(name, value));
        let pairs = match (judge.finish(), &seen.came) {
            (Outcome::Upgrade(upgrade), Some(Came::Upgrade { answer, .. })) => upgrade_of(&upgrade, answer.clone()),
            (Outcome::Upgrade(upgrade), _) => upgrade_of(&upgrade, String::new()),
            (Outcome::PlainHttp(plain), _) => Came::PlainHttp(plain),
            (Outcome::Refusal(refusal), _) => Came::Refused(refusal, refusal_text(refusal)),
        };
        assert_eq!(Some(&pairs), seen.came.as_ref(), "as pairs: {}", request.escape_ascii());
    }
    seen
}

pub fn refused_by<O: Origins>(options: ServerOptions<O>, request: &[u8], refusal: Refusal) {
    let seen = judge(options, request);
    let shown = request[..request.len().min(600)].escape_ascii();
    assert_eq!(seen.came, Some(Came::Refused(refusal, answer(refusal))), "{shown}");
    let taken = if let Refusal::Head(error) = refusal { error.offset as usize } else { request.len() };
    assert_eq!(seen.left, [&request[taken..], FRAME].concat(), "{shown}");
}

pub fn refused(request: &[u8], refusal: Refusal) {
    refused_by(ANY, request, refusal);
}

pub fn accepted_by<O: Origins>(options: ServerOptions<O>, request: &[u8], subprotocol: Option<&str>) {
    let seen = judge(options, request);
    let field = subprotocol.map_or(String::new(), |name| format!("Sec-WebSocket-Protocol: {name}\r\n"));
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {ACCEPT}\r\n{field}\r\n"
    );
    let subprotocol = subprotocol.map(String::from);
    let want = Came::Upgrade { accept: ACCEPT.into(), subprotocol, answer };
    assert_eq!(seen.came, Some(want), "{}", request.escape_ascii());
    assert_eq!(seen.left, FRAME, "the first frame");
}

pub fn accepted(request: &[u8]) {
    accepted_by(ANY, request, None);
}

/// Returns the whole answer, byte for byte.
pub fn answer(refusal: Refusal) -> String {
    let (status, more, text) = match refusal {
        Refusal::Head(error) => match error.violation {
            HeadViolation::MajorVersion => ("505 HTTP Version Not Supported", "", "HTTP version is not 1.1"),
            HeadViolation::RequestLineTooLong => ("414 URI Too Long", "", "URI is too long"),
            HeadViolation::TooManyBytes => ("431 Request Header Fields Too Large", "", "head is too large"),
            HeadViolation::TooManyFields => ("431 Request Header Fields Too Large", "", "too many fields"),
            HeadViolation::LineEnd => ("400 Bad Request", "", "line ends without CR LF"),
            HeadViolation::FieldName => ("400 Bad Request", "", "bad field name"),
            HeadViolation::FieldValue => ("400 Bad Request", "", "bad field value"),
            _ => ("400 Bad Request", "", "bad request line"),
        },
        Refusal::HttpVersion => ("505 HTTP Version Not Supported", "", "HTTP version is not 1.1"),
        Refusal::UpgradeRequired => ("426 Upgrade Required", UPGRADE, "does not ask for a WebSocket"),
        Refusal::Method => ("405 Method Not Allowed", "Allow: GET\r\n", "method is not GET"),
        Refusal::Target => ("400 Bad Request", "", "bad target"),
        Refusal::Host => ("400 Bad Request", "", "there must be one valid Host"),
        Refusal::BodyLength => ("400 Bad Request", "", "bad body length"),
        Refusal::Body => ("400 Bad Request", "", "body is not allowed"),
        Refusal::Connection => ("400 Bad Request", "", "Connection has no Upgrade"),
        Refusal::Key => ("400 Bad Request", "", "Sec-WebSocket-Key must be 16 bytes in base64"),
        Refusal::VersionMissing => ("400 Bad Request", "", "Sec-WebSocket-Version is missing"),
        Refusal::VersionMalformed => ("400 Bad Request", "", "bad Sec-WebSocket-Version"),
        Refusal::VersionUnsupported => ("426 Upgrade Required", UPGRADE, "Sec-WebSocket-Version is not 13"),
        Refusal::Subprotocols => ("400 Bad Request", "", "bad Sec-WebSocket-Protocol"),
        Refusal::TooManySubprotocols => ("431 Request Header Fields Too Large", "", "too many subprotocols"),
        Refusal::Extensions => ("400 Bad Request", "", "bad Sec-WebSocket-Extensions"),
        Refusal::Origin => ("403 Forbidden", "", "origin is not allowed"),
        other => panic!("{other:?}"),
    };
    let len = text.len() + 1;
    format!(
        "HTTP/1.1 {status}\r\n{more}Content-Type: text/plain\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n{text}\n"
    )
}

pub const UPGRADE: &str = "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";

pub fn at(violation: HeadViolation, offset: usize) -> Refusal {
    Refusal::Head(HeadError { violation, offset: offset as u32 })
}

/// Returns one of each; of those about the head, one for each answer.
pub fn every_refusal() -> [Refusal; 26] {
    [
        at(HeadViolation::Method, 0),
        at(HeadViolation::Target, 0),
        at(HeadViolation::Version, 0),
        at(HeadViolation::MajorVersion, 0),
        at(HeadViolation::FieldName, 0),
        at(HeadViolation::FieldValue, u32::MAX as usize),
        at(HeadViolation::LineEnd, 0),
        at(HeadViolation::RequestLineTooLong, 0),
        at(HeadViolation::TooManyBytes, 0),
        at(HeadViolation::TooManyFields, 0),
        Refusal::HttpVersion,
        Refusal::UpgradeRequired,
        Refusal::Method,
        Refusal::Target,
        Refusal::Host,
        Refusal::BodyLength,
        Refusal::Body,
        Refusal::Connection,
        Refusal::Key,
        Refusal::VersionMissing,
        Refusal::VersionMalformed,
        Refusal::VersionUnsupported,
        Refusal::Subprotocols,
        Refusal::TooManySubprotocols,
        Refusal::Extensions,
        Refusal::Origin,
    ]
}
