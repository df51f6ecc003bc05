//! Lines that come whole are read by ways of their own: with the same outcome as at every cut, and as pairs.

mod heads;

use heads::server::{ANY, GOOD, judge};
use heads::{Came, Seen, ask, client, every_cut, head};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use upframe::handshake::{ClientRequest, NoExtension, OriginPolicy, ServerOptions, Uri};

/// The first lines of requests, in the usual form and near it.
const REQUEST_LINES: &[&str] = &[
    "GET / HTTP/1.1",
    "GET /chat/room?id=42&x=~%7f HTTP/1.1",
    "GET /1234567 HTTP/1.1",
    "GET /123456# HTTP/1.1",
    "GET /\" HTTP/1.1",
    "GET /\u{7f} HTTP/1.1",
    "GET /\u{e4} HTTP/1.1",
    "GET http://a/ HTTP/1.1",
    "GET * HTTP/1.1",
    "GET  / HTTP/1.1",
    "GET  HTTP/1.1",
    "GET / HTTP/1.0",
    "GET / HTTP/1.12",
    "GET / HTTP/2.0",
    "GET /  HTTP/1.1",
    "GET /",
    "GETT / HTTP/1.1",
    "HEAD / HTTP/1.1",
    "get / HTTP/1.1",
];

/// Lines of fields, in the usual form and near it.
const FIELDS: &[&str] = &[
    "Host: a",
    "Host: server.example.com:8080",
    "Host: localhost:080",
    "Host: localhost:65536",
    "Host: localhost:",
    "Host: a b",
    "Host: a:80 ",
    "Host: [::1]:1",
    "Host: a%41",
    "Host: a@b",
    "Host:",
    "Upgrade: websocket",
    "Upgrade: WebSocket",
    "Upgrade: websocket ",
    "Upgrade: websockes",
    "Upgrade: websocket, h2c",
    "Connection: Upgrade",
    "Connection: keep-alive, Upgrade",
    "Connection: Keep-Alive, upgrade",
    "Connection: keep-alive; Upgrade",
    "Connection: keep-alive,\tUpgrade",
    "Connection: keep-alive, upgrades",
    "Connection: close, Upgrade",
    "Connection: close",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==",
    "Sec-WebSocket-Key: dGhlIHNhbXBs ZSBub25jZQ==",
    "Sec-WebSocket-Key: dGhlIHNhbXB ZSBub25jZQ==",
    "Sec-WebSocket-Key: dGhlIHNhbXB@ZSBub25jZQ==",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ== ",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Version: 13 ",
    "Sec-WebSocket-Version: 8",
    "Sec-WebSocket-Version: 13, 8",
    "Sec-WebSocket-Version: 1",
    "Sec-WebSocket-Protocol: chat",
    "Sec-WebSocket-Protocol: chat, superchat",
    "Sec-WebSocket-Protocol: a,b, c ,  d,\te",
    "Sec-WebSocket-Protocol: a, b, superchat, a",
    "Sec-WebSocket-Protocol: a, b,, c,",
    "Sec-WebSocket-Protocol: ,",
    "Sec-WebSocket-Protocol: a b, c",
    "Sec-WebSocket-Protocol: a, @, c",
    "Sec-WebSocket-Protocol: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16",
    "Sec-WebSocket-Protocol: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, chat, 17",
    "Sec-WebSocket-Protocol: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, chat, @",
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    "Sec-WebSocket-Extensions: a; b=1; c,d;e=f, g",
    "Sec-WebSocket-Extensions: a; b=\"1\"",
    "Sec-WebSocket-Extensions: a;  b",
    "Sec-WebSocket-Extensions: a; b=",
    "Sec-WebSocket-Extensions: a; b=c=d",
    "Sec-WebSocket-Extensions: a=b",
    "Sec-WebSocket-Extensions: a;",
    "Sec-WebSocket-Extensions: a,",
    "Sec-WebSocket-Extensions: , a",
    "Sec-WebSocket-Extensions: a b",
    "Sec-WebSocket-Extensions: ;a",
    "Origin: http://a",
    "Origin: http://evil.test",
    "Content-Length: 0",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0",
    "X_1.2!: \u{e4}\u{fc} and\ta tab",
    "Accept-Encoding: \u{7f}",
    "Accept-Language: en\u{1}",
    "Pragma:no-cache",
    "Pragma:  no-cache",
    "Pragma : no-cache",
    "Pragma: a\rb",
    "no colon",
];

/// The first lines of responses, in the usual form and near it.
const STATUS_LINES: &[&str] = &[
    "HTTP/1.1 101 Switching Protocols",
    "HTTP/1.1 101 ",
    "HTTP/1.1 101",
    "HTTP/1.1 101 \u{e4}",
    "HTTP/1.1 101 a\u{1}b and more of it",
    "HTTP/1.0 101 Switching Protocols",
    "HTTP/1.1 200 OK",
    "HTTP/1.1 1010 OK",
    "HTTP/1.1 099 OK",
    "HTTP/1.1  101 OK",
    "HTTP/2.0 101 OK",
];

/// Further lines of responses, beside those that requests have, too.
const ANSWERS: &[&str] = &[
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOp=",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9 YGzzhZRbK+xOo=",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\t",
    "Sec-WebSocket-Protocol: chat",
    "Content-Length: 5",
    "Server: nginx",
];

const SUBPROTOCOLS: ServerOptions<'static> = ANY.with_subprotocols(&["superchat", "chat", "cha"]);

/// The outcome is the same at every cut, and as pairs, with and without subprotocols and a policy for origins.
fn serve(request: &[u8]) -> Option<Came> {
    judge(SUBPROTOCOLS.with_origins(OriginPolicy::list(&["http://a"]).unwrap()), request);
    judge(SUBPROTOCOLS, request);
    judge(ANY, request).came
}

fn hear(response: &[u8]) {
    let request = ClientRequest::new(Uri::parse("ws://server.example.com/chat").unwrap());
    let wire = [response, b"\x81\x05Hello"].concat();
    let Seen { left, .. } =
        every_cut(&wire, |pieces| ask(client(request.with_subprotocols(&["chat"]), NoExtension), pieces).2);
    assert!(left.ends_with(b"\x81\x05Hello") || left.is_empty());
}

/// [4.2.1-cuts]
#[test]
fn one_unusual_line_among_usual_ones_has_the_same_outcome_at_every_cut() {
    let mut upgrades = 0;
    for line in REQUEST_LINES {
        let lines = [&[*line], &GOOD[1..]].concat();
        upgrades += u32::from(matches!(serve(&head(&lines)), Some(Came::Upgrade { .. })));
    }
    for line in FIELDS {
        let name = line.split(':').next().unwrap();
        // in place of the good one, before it, and after it
        let others: Vec<_> = GOOD.iter().copied().filter(|good| !good.starts_with(name)).collect();
        for lines in [[&others[..], &[*line]].concat(), [&GOOD[..], &[*line]].concat()] {
            upgrades += u32::from(matches!(serve(&head(&lines)), Some(Came::Upgrade { .. })));
        }
    }
    assert!(upgrades > 40, "{upgrades}");
}

/// Bytes that are refused in some place.
const ODD: &[u8] = b"\r\n \t:,;\0\x7F\x80\xFF@Aa-=\"";

/// A head with these lines, in which another byte stands in one place, perhaps.
fn flipped(lines: &[&str], flip: Option<(Index, u8)>) -> Vec<u8> {
    let mut wire = head(lines);
    if let Some((at, byte)) = flip {
        let at = at.index(wire.len());
        wire[at] = byte;
    }
    wire
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lines_of_requests_have_the_same_outcome_at_every_cut(
        first in select(REQUEST_LINES),
        usual: bool,
        fields in vec(select(FIELDS), 0..5),
        flip in proptest::option::of((any::<Index>(), select(ODD.to_vec()))),
    ) {
        let mut lines = vec![if usual { GOOD[0] } else { first }];
        if usual {
            lines.extend(&GOOD[1..]);
        }
        lines.extend(fields);
        serve(&flipped(&lines, flip));
    }

    #[test]
    fn lines_of_responses_have_the_same_outcome_at_every_cut(
        first in select(STATUS_LINES),
        usual: bool,
        fields in vec(prop_oneof![select(FIELDS), select(ANSWERS)], 0..5),
        flip in proptest::option::of((any::<Index>(), select(ODD.to_vec()))),
    ) {
        let mut lines = vec![if usual { STATUS_LINES[0] } else { first }];
        if usual {
            lines.extend(["Upgrade: websocket", "Connection: Upgrade", ANSWERS[0]]);
        }
        lines.extend(fields);
        hear(&flipped(&lines, flip));
    }
}
