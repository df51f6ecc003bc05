//! The classes of disagreement about heads, and who is right. The first that covers a difference is its class.

use super::{Difference, FOLLOWS, Verdict};
use crate::End::{Client, Server};
use crate::peers::{SOCKUDO_WS, TOKIO_WEBSOCKETS, TUNGSTENITE, WSPROTO};
use crate::table::{Class, Right};
use crate::twin::lists;
use upframe::handshake::{Failure, Refusal};
use upframe::http::HeadViolation;

// the lines of a good request, with the key of RFC 6455 §1.3
const GET: &[u8] = b"GET /chat HTTP/1.1\r\n";
const HOST: &[u8] = b"Host: server.example.com\r\n";
const UPGRADE: &[u8] = b"Upgrade: websocket\r\n";
const CONNECTION: &[u8] = b"Connection: Upgrade\r\n";
const KEY: &[u8] = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const VERSION: &[u8] = b"Sec-WebSocket-Version: 13\r\n";
const END: &[u8] = b"\r\n";

// and those of a good response to it, if it offers this subprotocol
const SWITCHING: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n";
const ACCEPT: &[u8] = b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
const CHAT: &[u8] = b"Sec-WebSocket-Protocol: chat\r\n";

/// Whether a host has a port that is not valid: one of digits, which is too high, or another one.
fn has_port(authority: &[u8], is_high: bool) -> bool {
    let Some(at) = authority.iter().rposition(|byte| *byte == b':') else { return false };
    let (host, port) = (&authority[..at], &authority[at + 1..]);
    let is_number = port.iter().all(u8::is_ascii_digit);
    let is_name = !host.is_empty() && !host.iter().any(|byte| b":[]@%".contains(byte));
    is_name && if is_high { is_number && port.len() >= 5 } else { !is_number }
}

fn announces(d: &Difference) -> bool {
    ["content-length", "transfer-encoding"].iter().any(|name| !d.values(name).is_empty())
}

pub const CLASSES: &[Class<Difference>] = &[
    // any head
    Class {
        name: "panics",
        peers: &[TOKIO_WEBSOCKETS],
        decides: "RFC 6455 §4.2.1: a request that is wrong is answered",
        right: Right::Upframe,
        example: (Server, &[b"GET ws://?q HTTP/1.1\r\n", HOST, UPGRADE, CONNECTION, KEY, VERSION, END]),
        covers: |d| d.end == Server && d.theirs.verdict == Verdict::Panicked,
    },
    Class {
        name: "panics if the accept value is too long",
        peers: &[TOKIO_WEBSOCKETS],
        decides: "RFC 6455 §4.1: a wrong accept value fails the connection",
        right: Right::Upframe,
        example: (
            Client,
            &[SWITCHING, UPGRADE, CONNECTION, b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOoA\r\n", CHAT, END],
        ),
        covers: |d| d.end == Client && d.theirs.verdict == Verdict::Panicked,
    },
    Class {
        name: "raises UnicodeDecodeError if a field has bytes above 0x7F",
        peers: &[WSPROTO],
        decides: "RFC 9110 §5.5: a recipient SHOULD treat them as opaque data",
        right: Right::Upframe,
        example: (Server, &[GET, b"Host: \xc3\xa9\r\n", UPGRADE, CONNECTION, KEY, VERSION, END]),
        covers: |d| d.theirs.verdict == Verdict::Panicked && d.they_say("UnicodeDecodeError"),
    },
    Class {
        name: "waits for the end of a head that is wrong already",
        peers: &[WSPROTO],
        decides: "RFC 6455 §4.2.2: when a server refuses is not said",
        right: Right::Both,
        example: (Server, &[b"(\r\n"]),
        covers: |d| d.head().is_some() && d.theirs.verdict == Verdict::Waiting,
    },
    Class {
        name: "waits for all of a status that is wrong already",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, SOCKUDO_WS],
        decides: "RFC 6455 §4.1: when a client fails is not said",
        right: Right::Both,
        example: (Client, &[b"HTTP/1.1 0"]),
        covers: |d| d.head().is_some() && d.theirs.verdict == Verdict::Waiting,
    },
    Class {
        name: "accepts a bare LF as the end of a line",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, SOCKUDO_WS, WSPROTO],
        decides: "RFC 9112 §2.2: a recipient MAY recognize a single LF",
        right: Right::Both,
        example: (Server, &[GET, HOST, UPGRADE, CONNECTION, KEY, VERSION, b"A: b\nB: c\r\n", END]),
        covers: |d| d.they_agreed() && d.head() == Some(HeadViolation::LineEnd),
    },
    Class {
        name: "accepts control bytes in a value, but not NUL, CR and LF",
        peers: &[WSPROTO],
        decides: "RFC 9110 §5.5: invalid, but recipients MAY retain such characters",
        right: Right::Both,
        example: (Client, &[SWITCHING, UPGRADE, CONNECTION, ACCEPT, CHAT, b"A: b\x7f\r\n", END]),
        covers: |d| d.they_agreed() && d.head() == Some(HeadViolation::FieldValue),
    },
    Class {
        name: "accepts a folded line in a response",
        peers: &[WSPROTO],
        decides: "RFC 9112 §5.2: a user agent MUST replace obs-fold with spaces; a server may refuse it",
        right: Right::Peer,
        example: (Client, &[SWITCHING, UPGRADE, CONNECTION, ACCEPT, CHAT, b"A: b\r\n", b" folded\r\n", END]),
        covers: |d| d.end == Client && d.they_agreed() && d.head() == Some(HeadViolation::FieldName),
    },
    Class {
        name: "accepts a folded line in a request",
        peers: &[WSPROTO],
        decides: "RFC 9112 §5.2: a server MUST refuse it, or replace obs-fold with spaces",
        right: Right::Both,
        example: (Server, &[GET, HOST, UPGRADE, CONNECTION, KEY, VERSION, b"A: b\r\n", b" folded\r\n", END]),
        covers: |d| d.end == Server && d.they_agreed() && d.head() == Some(HeadViolation::FieldName),
    },
    Class {
        name: "mistakes HTTP/2.0 and above for HTTP/1.1",
        peers: &[WSPROTO],
        decides: "RFC 9112 §2.3: the major version is that of another protocol",
        right: Right::Upframe,
        example: (Client, &[b"HTTP/2.0 101 Switching Protocols\r\n", UPGRADE, CONNECTION, ACCEPT, CHAT, END]),
        covers: |d| d.they_agreed() && d.head() == Some(HeadViolation::MajorVersion),
    },
    Class {
        name: "accepts control bytes in a reason phrase",
        peers: &[WSPROTO],
        decides: "RFC 9112 §4: a reason phrase has no control bytes; a client SHOULD ignore it",
        right: Right::Both,
        example: (Client, &[b"HTTP/1.1 101 Switching\x02Protocols\r\n", UPGRADE, CONNECTION, ACCEPT, CHAT, END]),
        covers: |d| d.they_agreed() && d.head() == Some(HeadViolation::Reason),
    },
    Class {
        name: "accepts a target with a fragment",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, WSPROTO],
        decides: "RFC 9112 §3.2, RFC 9110 §4.2.5: a target has no fragment; a recipient SHOULD respond with 400",
        right: Right::Upframe,
        example: (Server, &[b"GET /a#b HTTP/1.1\r\n", HOST, UPGRADE, CONNECTION, KEY, VERSION, END]),
        covers: |d| d.they_agreed() && d.head() == Some(HeadViolation::Target),
    },
    Class {
        name: "accepts a target with bytes above 0x7F",
        peers: &[SOCKUDO_WS],
        decides: "RFC 9112 §3.2, RFC 3986 §2: a URI has no such bytes; a recipient SHOULD respond with 400",
        right: Right::Upframe,
        example: (Server, &[b"GET /\xc3\xa9 HTTP/1.1\r\n", HOST, UPGRADE, CONNECTION, KEY, VERSION, END]),
        covers: |d| d.they_agreed() && d.head() == Some(HeadViolation::Target),
    },
    Class {
        name: "refuses HTTP/1.2 and above",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, SOCKUDO_WS],
        decides: "RFC 9110 §2.5: a recipient SHOULD process a higher minor version as the one that it knows",
        right: Right::Upframe,
        example: (Client, &[b"HTTP/1.9 101 Switching Protocols\r\n"]),
        covers: |d| d.refuses("") && d.read().minor >= Some(2),
    },
    // a request
    Class {
        name: "upgrades in HTTP/1.0",
        peers: &[TOKIO_WEBSOCKETS, WSPROTO],
        decides: "RFC 6455 §4.2.1, RFC 9110 §7.8: HTTP/1.1 or higher",
        right: Right::Upframe,
        example: (Server, &[b"GET /chat HTTP/1.0\r\n", HOST, UPGRADE, CONNECTION, KEY, VERSION, END]),
        covers: |d| d.accepts(Refusal::HttpVersion),
    },
    Class {
        name: "upgrades if the method is not GET",
        peers: &[TOKIO_WEBSOCKETS],
        decides: "RFC 6455 §4.2.1: a GET request",
        right: Right::Upframe,
        example: (Server, &[b"POST /chat HTTP/1.1\r\n", HOST, UPGRADE, CONNECTION, KEY, VERSION, END]),
        covers: |d| d.accepts(Refusal::Method),
    },
    Class {
        name: "upgrades if the host of an absolute target is empty",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, WSPROTO],
        decides: "RFC 9110 §4.2.1: a URI with an empty host MUST be rejected",
        right: Right::Upframe,
        example: (Server, &[b"GET http://:8080/x HTTP/1.1\r\n", HOST, UPGRADE, CONNECTION, KEY, VERSION, END]),
        covers: |d| d.accepts(Refusal::Target) && d.authority().is_some_and(|it| it.is_empty() || it.starts_with(b":")),
    },
    Class {
        name: "upgrades if an absolute target has a user name",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, WSPROTO],
        decides: "RFC 9110 §4.2.4: a recipient SHOULD treat a user name as an error",
        right: Right::Upframe,
        example: (Server, &[b"GET http://u:p@h/ HTTP/1.1\r\n", HOST, UPGRADE, CONNECTION, KEY, VERSION, END]),
        covers: |d| d.accepts(Refusal::Target) && d.authority().is_some_and(|it| it.contains(&b'@')),
    },
    Class {
        name: "upgrades if the port of an absolute target is not a number",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, WSPROTO],
        decides: "RFC 9112 §3.2, RFC 3986 §3.2.3: a recipient SHOULD respond with 400",
        right: Right::Upframe,
        example: (Server, &[b"GET http://h:abc/ HTTP/1.1\r\n", HOST, UPGRADE, CONNECTION, KEY, VERSION, END]),
        covers: |d| d.accepts(Refusal::Target) && d.authority().is_some_and(|it| has_port(&it, false)),
    },
    Class {
        name: "upgrades if the port of an absolute target is above 65535",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, SOCKUDO_WS, WSPROTO],
        decides: "RFC 3986 §3.2.3: no rule bounds the digits; nobody listens there",
        right: Right::Both,
        example: (Server, &[b"GET http://h:65536 HTTP/1.1\r\n", HOST, UPGRADE, CONNECTION, KEY, VERSION, END]),
        covers: |d| d.accepts(Refusal::Target) && d.authority().is_some_and(|it| has_port(&it, true)),
    },
    Class {
        name: "upgrades if the host of an absolute target is malformed",
        peers: &[WSPROTO],
        decides: "RFC 9112 §3.2, RFC 3986 §3.2.2: a recipient SHOULD respond with 400",
        right: Right::Upframe,
        example: (Server, &[b"GET http://]/ HTTP/1.1\r\n", HOST, UPGRADE, CONNECTION, KEY, VERSION, END]),
        covers: |d| d.accepts(Refusal::Target) && d.authority().is_some(),
    },
    Class {
        name: "upgrades if the target is neither a path nor an absolute URI",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, WSPROTO],
        decides: "RFC 9112 §3.2: origin-form or absolute-form, if the method is GET",
        right: Right::Upframe,
        example: (Server, &[b"GET h:443 HTTP/1.1\r\n", HOST, UPGRADE, CONNECTION, KEY, VERSION, END]),
        covers: |d| d.accepts(Refusal::Target),
    },
    Class {
        name: "upgrades with a Host whose port is not a number",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, SOCKUDO_WS, WSPROTO],
        decides: "RFC 9112 §3.2, RFC 3986 §3.2.3: a server MUST respond with 400 to a request with an invalid Host",
        right: Right::Upframe,
        example: (Server, &[GET, b"Host: localhost:es\r\n", UPGRADE, CONNECTION, KEY, VERSION, END]),
        covers: |d| d.accepts(Refusal::Host) && matches!(&d.values("host")[..], [host] if has_port(host, false)),
    },
    Class {
        name: "upgrades with a Host whose port is above 65535",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, SOCKUDO_WS, WSPROTO],
        decides: "RFC 3986 §3.2.3: no rule bounds the digits; nobody listens there",
        right: Right::Both,
        example: (Server, &[GET, b"Host: h:99999\r\n", UPGRADE, CONNECTION, KEY, VERSION, END]),
        covers: |d| d.accepts(Refusal::Host) && matches!(&d.values("host")[..], [host] if has_port(host, true)),
    },
    Class {
        name: "upgrades with a Host whose brackets hold no address",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, SOCKUDO_WS, WSPROTO],
        decides: "RFC 9112 §3.2, RFC 3986 §3.2.2: a server MUST respond with 400 to a request with an invalid Host",
        right: Right::Upframe,
        example: (Server, &[GET, b"Host: [g]\r\n", UPGRADE, CONNECTION, KEY, VERSION, END]),
        covers: |d| {
            let in_brackets = |host: &[u8]| host.iter().any(|byte| b"[]".contains(byte));
            d.accepts(Refusal::Host) && matches!(&d.values("host")[..], [host] if in_brackets(host))
        },
    },
    Class {
        name: "upgrades without a Host",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS],
        decides: "RFC 9112 §3.2: a server MUST respond with 400 to a request without Host, with two, or with an invalid one",
        right: Right::Upframe,
        example: (Server, &[GET, UPGRADE, CONNECTION, KEY, VERSION, END]),
        covers: |d| d.accepts(Refusal::Host),
    },
    Class {
        name: "upgrades with a Host that is not valid",
        peers: &[SOCKUDO_WS, WSPROTO],
        decides: "RFC 9112 §3.2: a server MUST respond with 400 to a request without Host, with two, or with an invalid one",
        right: Right::Upframe,
        example: (Server, &[GET, b"Host: a@b\r\n", UPGRADE, CONNECTION, KEY, VERSION, END]),
        covers: |d| d.accepts(Refusal::Host),
    },
    Class {
        name: "upgrades a request that announces a body",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, WSPROTO],
        decides: "RFC 9112 §6.3: what follows is a body, and no frames",
        right: Right::Upframe,
        example: (Server, &[GET, HOST, UPGRADE, CONNECTION, KEY, VERSION, b"Content-Length: 1\r\n", END]),
        covers: |d| d.accepts(Refusal::Body),
    },
    Class {
        name: "accepts a Content-Length that is a list of zeros",
        peers: &[SOCKUDO_WS],
        decides: "RFC 9112 §6.3: a recipient may take a list of the same value for one, or refuse it",
        right: Right::Both,
        example: (Server, &[GET, HOST, UPGRADE, CONNECTION, KEY, VERSION, b"Content-Length: 0,0\r\n", END]),
        covers: |d| d.accepts(Refusal::Body),
    },
    Class {
        name: "upgrades if Connection has no token upgrade: searches for it inside others",
        peers: &[TOKIO_WEBSOCKETS],
        decides: "RFC 6455 §4.2.1, RFC 9110 §5.6.1: a list of tokens that includes Upgrade",
        right: Right::Upframe,
        example: (Server, &[GET, HOST, UPGRADE, b"Connection: not-upgradeable\r\n", KEY, VERSION, END]),
        covers: |d| d.accepts(Refusal::Connection),
    },
    Class {
        name: "upgrades if Connection has no token upgrade: mistakes a space for a comma",
        peers: &[TUNGSTENITE],
        decides: "RFC 6455 §4.2.1, RFC 9110 §5.6.1: a list of tokens that includes Upgrade",
        right: Right::Upframe,
        example: (Server, &[GET, HOST, UPGRADE, b"Connection: Upgrade upgrade\r\n", KEY, VERSION, END]),
        covers: |d| d.accepts(Refusal::Connection),
    },
    Class {
        name: "upgrades with a key that is not 16 bytes in base64, or with two",
        peers: &[TOKIO_WEBSOCKETS, WSPROTO],
        decides: "RFC 6455 §4.2.1, §11.3.1: one key that is 16 bytes when decoded",
        right: Right::Upframe,
        example: (
            Server,
            &[GET, HOST, UPGRADE, CONNECTION, b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n", VERSION, END],
        ),
        covers: |d| d.accepts(Refusal::Key),
    },
    Class {
        name: "upgrades with two keys",
        peers: &[TUNGSTENITE],
        decides: "RFC 6455 §11.3.1: it MUST NOT appear more than once",
        right: Right::Upframe,
        example: (Server, &[GET, HOST, UPGRADE, CONNECTION, KEY, VERSION, KEY, END]),
        covers: |d| d.accepts(Refusal::Key),
    },
    Class {
        name: "upgrades with two versions",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, WSPROTO],
        decides: "RFC 6455 §11.3.5: it MUST NOT appear more than once in a request",
        right: Right::Upframe,
        example: (Server, &[GET, HOST, UPGRADE, CONNECTION, KEY, VERSION, VERSION, END]),
        covers: |d| d.accepts(Refusal::VersionMalformed),
    },
    Class {
        name: "accepts subprotocols that are not tokens, duplicated ones, or an empty list",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, WSPROTO],
        decides: "RFC 6455 §4.1, §11.3.4: elements MUST be tokens that are unique",
        right: Right::Upframe,
        example: (
            Server,
            &[GET, HOST, UPGRADE, CONNECTION, KEY, VERSION, b"Sec-WebSocket-Protocol: chat, chat\r\n", END],
        ),
        covers: |d| d.accepts(Refusal::Subprotocols),
    },
    Class {
        name: "accepts the same subprotocol in two fields",
        peers: &[SOCKUDO_WS],
        decides: "RFC 6455 §4.1, §11.3.4: elements MUST be unique, and fields with one name are one list",
        right: Right::Upframe,
        example: (Server, &[GET, HOST, UPGRADE, CONNECTION, KEY, VERSION, CHAT, CHAT, END]),
        covers: |d| d.accepts(Refusal::Subprotocols),
    },
    Class {
        name: "has no limit of subprotocols",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, SOCKUDO_WS, WSPROTO],
        decides: "RFC 6455 §10.4: limits are for each to choose",
        right: Right::Both,
        example: (
            Server,
            &[
                GET,
                HOST,
                UPGRADE,
                CONNECTION,
                KEY,
                VERSION,
                b"Sec-WebSocket-Protocol: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q\r\n",
                END,
            ],
        ),
        covers: |d| d.accepts(Refusal::TooManySubprotocols),
    },
    Class {
        name: "accepts a malformed list of extensions",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, WSPROTO],
        decides: "RFC 6455 §9.1: a value that does not conform to the grammar MUST be refused",
        right: Right::Upframe,
        example: (Server, &[GET, HOST, UPGRADE, CONNECTION, KEY, VERSION, b"Sec-WebSocket-Extensions: a b\r\n", END]),
        covers: |d| d.accepts(Refusal::Extensions),
    },
    Class {
        name: "answers 400 if another status describes the error",
        peers: &[TOKIO_WEBSOCKETS, WSPROTO],
        decides: "RFC 9110 §15.5.6, §15.5.22, §15.6.6, RFC 6455 §4.4, RFC 6585 §5",
        right: Right::Upframe,
        example: (Server, &[b"POST /chat HTTP/1.1\r\n", HOST, UPGRADE, CONNECTION, KEY, END]),
        covers: |d| d.end == Server && matches!(d.statuses(), (Some(405 | 426 | 431 | 505), Some(400))),
    },
    Class {
        name: "answers 426 to a version that is no number, or before it looks at what else is wrong",
        peers: &[WSPROTO],
        decides: "RFC 6455 §4.2.1, §4.2.2: with an appropriate code, such as 400 or 426",
        right: Right::Both,
        example: (Server, &[GET, HOST, UPGRADE, CONNECTION, KEY, b"Sec-WebSocket-Version: 13a\r\n", END]),
        covers: |d| d.end == Server && d.statuses().1 == Some(426),
    },
    Class {
        name: "refuses a request that frames follow",
        peers: &[TUNGSTENITE],
        decides: "RFC 6455 §4.1: the client MUST wait; the RFC does not define what a server does if it did not",
        right: Right::Both,
        example: (Server, &[GET, HOST, UPGRADE, CONNECTION, KEY, VERSION, END, FOLLOWS]),
        covers: |d| d.refuses("Junk after client request"),
    },
    Class {
        name: "drops frames that follow a request in one read",
        peers: &[WSPROTO],
        decides: "RFC 6455 §4.1: the client MUST wait; the RFC does not define what a server does if it did not",
        right: Right::Both,
        example: (Server, &[GET, HOST, UPGRADE, CONNECTION, KEY, VERSION, END, FOLLOWS]),
        covers: |d| d.end == Server && d.drops(),
    },
    Class {
        name: "knows Upgrade with a list of one element only",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, WSPROTO],
        decides: "RFC 6455 §4.2.1, RFC 9110 §7.8: a list that contains websocket",
        right: Right::Upframe,
        example: (Server, &[GET, HOST, b"Upgrade: h2c, websocket\r\n", CONNECTION, KEY, VERSION, END]),
        covers: |d| d.refuses_as(&["Upgrade: websocket", "was not websocket"]) && d.has("upgrade", "websocket"),
    },
    Class {
        name: "refuses a Connection that has bytes above 0x7F in another element",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS],
        decides: "RFC 9110 §5.5: a recipient SHOULD treat them as opaque data, and no token has them",
        right: Right::Both,
        example: (Server, &[GET, HOST, UPGRADE, b"Connection: \xc3\xa9, Upgrade\r\n", KEY, VERSION, END]),
        covers: |d| {
            d.refuses_as(&["\"Connection: upgrade\"", "missing required header: Connection"])
                && d.values("connection").iter().any(|value| !value.is_ascii())
        },
    },
    Class {
        name: "looks at one Connection field if there are two",
        peers: &[TOKIO_WEBSOCKETS, WSPROTO],
        decides: "RFC 9110 §5.3: fields with one name are one list",
        right: Right::Upframe,
        example: (Server, &[GET, HOST, UPGRADE, CONNECTION, KEY, VERSION, b"Connection: keep-alive\r\n", END]),
        covers: |d| {
            d.end == Server
                && d.refuses_as(&["'Connection: Upgrade'", "value was not upgrade"])
                && d.values("connection").len() > 1
                && d.has("connection", "upgrade")
        },
    },
    Class {
        name: "looks at the first Connection field if there are two",
        peers: &[TUNGSTENITE],
        decides: "RFC 9110 §5.3: fields with one name are one list",
        right: Right::Upframe,
        example: (Server, &[GET, HOST, UPGRADE, b"Connection: keep-alive\r\n", KEY, VERSION, CONNECTION, END]),
        covers: |d| {
            d.end == Server
                && d.refuses("\"Connection: upgrade\"")
                && d.values("connection").len() > 1
                && d.has("connection", "upgrade")
        },
    },
    Class {
        name: "does not accept a tab as white space in a list",
        peers: &[TUNGSTENITE],
        decides: "RFC 9110 §5.6.1, §5.6.3: white space is SP or HTAB",
        right: Right::Upframe,
        example: (Server, &[GET, HOST, UPGRADE, b"Connection: keep-alive,\tUpgrade\r\n", KEY, VERSION, END]),
        covers: |d| {
            let tab = d.values("connection").iter().any(|value| value.contains(&b'\t'));
            d.end == Server && d.refuses("\"Connection: upgrade\"") && tab && d.has("connection", "upgrade")
        },
    },
    Class {
        name: "refuses a target with characters that a URI has not, such as `",
        peers: &[TUNGSTENITE, SOCKUDO_WS],
        decides: "RFC 9112 §3.2, RFC 3986 §2: a recipient SHOULD respond with 400; browsers send some of them",
        right: Right::Both,
        example: (Server, &[b"GET /c`at HTTP/1.1\r\n", HOST, UPGRADE, CONNECTION, KEY, VERSION, END]),
        covers: |d| {
            d.refuses_as(&["invalid uri character", "invalid request target"])
                && d.read().target.iter().any(|byte| br#"`<>\^{|}""#.contains(byte))
        },
    },
    Class {
        name: "refuses a request with an empty line in front",
        peers: &[WSPROTO],
        decides: "RFC 9112 §2.2: a server SHOULD ignore at least one empty line",
        right: Right::Upframe,
        example: (Server, &[b"\r\n", GET, HOST, UPGRADE, CONNECTION, KEY, VERSION, END]),
        covers: |d| d.refuses("Bad HTTP message") && d.wire.starts_with(b"\r"),
    },
    Class {
        name: "refuses a target with the scheme ws or wss",
        peers: &[SOCKUDO_WS],
        decides: "RFC 6455 §4.2.1: an absolute HTTP/HTTPS URI",
        right: Right::Peer,
        example: (
            Server,
            &[b"GET ws://server.example.com/chat HTTP/1.1\r\n", HOST, UPGRADE, CONNECTION, KEY, VERSION, END],
        ),
        covers: |d| d.refuses("invalid request target") && d.read().target.to_ascii_lowercase().starts_with(b"ws"),
    },
    Class {
        name: "refuses an empty field of subprotocols if another one has some",
        peers: &[SOCKUDO_WS],
        decides: "RFC 9110 §5.3, §5.6.1: fields with one name are one list, and empty elements are ignored",
        right: Right::Upframe,
        example: (Server, &[GET, HOST, UPGRADE, CONNECTION, KEY, VERSION, b"Sec-WebSocket-Protocol:\r\n", CHAT, END]),
        covers: |d| {
            d.end == Server
                && d.refuses("invalid Sec-WebSocket-Protocol")
                && d.values("sec-websocket-protocol").into_iter().any(|value| lists::elements(&[value]).is_empty())
        },
    },
    Class {
        name: "refuses a field that is not UTF-8",
        peers: &[SOCKUDO_WS],
        decides: "RFC 9110 §5.5: a recipient SHOULD treat bytes above 0x7F as opaque data",
        right: Right::Upframe,
        example: (Server, &[GET, b"Cookie: \xe9\r\n", HOST, UPGRADE, CONNECTION, KEY, VERSION, END]),
        covers: |d| d.refuses("invalid header value") && std::str::from_utf8(&d.wire).is_err(),
    },
    // a response
    Class {
        name: "accepts a response with an empty line before it",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, SOCKUDO_WS],
        decides: "RFC 9112 §2.2: a server SHOULD ignore one; of clients nothing is said",
        right: Right::Both,
        example: (Client, &[b"\r\n", SWITCHING, UPGRADE, CONNECTION, ACCEPT, CHAT, END]),
        covers: |d| d.end == Client && d.they_agreed() && d.head() == Some(HeadViolation::Version),
    },
    Class {
        name: "connects in HTTP/1.0",
        peers: &[TOKIO_WEBSOCKETS, WSPROTO],
        decides: "RFC 9110 §15.2, §7.8: HTTP/1.0 has no 101",
        right: Right::Upframe,
        example: (Client, &[b"HTTP/1.0 101 Switching Protocols\r\n", UPGRADE, CONNECTION, ACCEPT, CHAT, END]),
        covers: |d| d.accepts(Failure::HttpVersion),
    },
    Class {
        name: "connects without Upgrade",
        peers: &[TOKIO_WEBSOCKETS],
        decides: "RFC 6455 §4.1: no Upgrade fails the connection",
        right: Right::Upframe,
        example: (Client, &[SWITCHING, CONNECTION, ACCEPT, CHAT, END]),
        covers: |d| d.accepts(Failure::Upgrade),
    },
    Class {
        name: "connects if there are two fields Upgrade",
        peers: &[TUNGSTENITE, SOCKUDO_WS, WSPROTO],
        decides: "RFC 6455 §4.1, RFC 9110 §5.3: the value, which both fields make, is not websocket",
        right: Right::Upframe,
        example: (Client, &[SWITCHING, UPGRADE, CONNECTION, ACCEPT, CHAT, UPGRADE, END]),
        covers: |d| d.accepts(Failure::Upgrade),
    },
    Class {
        name: "connects without Connection",
        peers: &[TOKIO_WEBSOCKETS],
        decides: "RFC 6455 §4.1: no token Upgrade fails the connection",
        right: Right::Upframe,
        example: (Client, &[SWITCHING, UPGRADE, ACCEPT, CHAT, END]),
        covers: |d| d.accepts(Failure::Connection),
    },
    Class {
        name: "accepts a duplicated accept value",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, WSPROTO],
        decides: "RFC 6455 §11.3.3: it MUST NOT appear more than once",
        right: Right::Upframe,
        example: (Client, &[SWITCHING, UPGRADE, CONNECTION, ACCEPT, CHAT, ACCEPT, END]),
        covers: |d| d.accepts(Failure::Accept),
    },
    Class {
        name: "accepts any subprotocol",
        peers: &[TOKIO_WEBSOCKETS],
        decides: "RFC 6455 §4.1: one that was not requested fails the connection",
        right: Right::Upframe,
        example: (Client, &[SWITCHING, UPGRADE, CONNECTION, ACCEPT, b"Sec-WebSocket-Protocol: mqtt\r\n", END]),
        covers: |d| d.accepts(Failure::Subprotocol),
    },
    Class {
        name: "accepts two fields with subprotocols",
        peers: &[TUNGSTENITE, WSPROTO],
        decides: "RFC 6455 §11.3.4: it MUST NOT appear more than once in a response",
        right: Right::Upframe,
        example: (Client, &[SWITCHING, UPGRADE, CONNECTION, ACCEPT, CHAT, CHAT, END]),
        covers: |d| d.accepts(Failure::Subprotocol),
    },
    Class {
        name: "accepts a malformed list of extensions",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS],
        decides: "RFC 6455 §9.1: a value that does not conform to the grammar MUST fail the connection",
        right: Right::Upframe,
        example: (Client, &[SWITCHING, UPGRADE, CONNECTION, ACCEPT, CHAT, b"Sec-WebSocket-Extensions: a b\r\n", END]),
        covers: |d| d.accepts(Failure::Extensions),
    },
    Class {
        name: "accepts an extension that was not offered",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, SOCKUDO_WS],
        decides: "RFC 6455 §4.1: one that was not requested fails the connection",
        right: Right::Upframe,
        example: (Client, &[SWITCHING, UPGRADE, CONNECTION, ACCEPT, CHAT, b"Sec-WebSocket-Extensions: x\r\n", END]),
        covers: |d| d.accepts(Failure::ExtensionNotAgreed),
    },
    Class {
        name: "mistakes a 100 for the answer",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, SOCKUDO_WS, WSPROTO],
        decides: "RFC 9110 §15.2: a client MUST be able to parse one or more 1xx responses before the final one",
        right: Right::Upframe,
        example: (Client, &[b"HTTP/1.1 100 Continue\r\n\r\n", SWITCHING, UPGRADE, CONNECTION, ACCEPT, CHAT, END]),
        covers: |d| d.end == Client && d.they_refused() && matches!(d.read().status, Some(100)),
    },
    Class {
        name: "mistakes another interim response for the answer",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, SOCKUDO_WS, WSPROTO],
        decides: "RFC 9110 §15.2: a client MUST be able to parse one or more 1xx responses before the final one",
        right: Right::Upframe,
        example: (Client, &[b"HTTP/1.1 103 Early Hints\r\n\r\n", SWITCHING, UPGRADE, CONNECTION, ACCEPT, CHAT, END]),
        covers: |d| d.end == Client && d.they_refused() && matches!(d.read().status, Some(102..=199)),
    },
    Class {
        name: "fails if the server chose no subprotocol",
        peers: &[TUNGSTENITE],
        decides: "RFC 6455 §4.1, §4.2.2: a server may choose none",
        right: Right::Upframe,
        example: (Client, &[SWITCHING, UPGRADE, CONNECTION, ACCEPT, END]),
        covers: |d| d.refuses("Server sent no subprotocol") && d.values("sec-websocket-protocol").is_empty(),
    },
    Class {
        name: "knows Connection with a list of one element only",
        peers: &[TUNGSTENITE],
        decides: "RFC 6455 §4.1, RFC 9110 §5.6.1: a list that includes Upgrade",
        right: Right::Upframe,
        example: (Client, &[SWITCHING, UPGRADE, b"Connection: keep-alive, Upgrade\r\n", ACCEPT, CHAT, END]),
        covers: |d| d.end == Client && d.refuses("\"Connection: upgrade\"") && d.has("connection", "upgrade"),
    },
    Class {
        name: "looks at one Connection field if there are two",
        peers: &[WSPROTO],
        decides: "RFC 9110 §5.3: fields with one name are one list",
        right: Right::Upframe,
        example: (Client, &[SWITCHING, UPGRADE, CONNECTION, ACCEPT, CHAT, b"Connection: keep-alive\r\n", END]),
        covers: |d| {
            d.end == Client
                && d.refuses("'Connection: Upgrade'")
                && d.values("connection").len() > 1
                && d.has("connection", "upgrade")
        },
    },
    Class {
        name: "reads the length that a 101 announces",
        peers: &[WSPROTO],
        decides: "RFC 9112 §6.3: a 1xx ends with its head, whatever its fields announce",
        right: Right::Upframe,
        example: (Client, &[SWITCHING, UPGRADE, CONNECTION, ACCEPT, CHAT, b"Content-Length: x\r\n", END]),
        covers: |d| d.end == Client && d.refuses("Bad HTTP message") && announces(d),
    },
];
