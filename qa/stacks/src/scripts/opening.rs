//! Opening handshakes (RFC 6455 §4, RFC 9110, RFC 9112).

use super::{bad, good, script};
use crate::script::{Begins::Opening, Check::Head, Demand, End, Script};

/// A head: its lines, and the empty line.
macro_rules! head {
    ($($line:literal)+) => {
        concat!($($line, "\r\n",)+ "\r\n").as_bytes()
    };
}

pub fn server() -> Vec<Script> {
    let case = |name, section, bytes, demand: Demand| script(End::Server, Opening, name, section, bytes, demand);
    let plain = head!("GET / HTTP/1.1" "Host: a" "Upgrade: websocket" "Connection: Upgrade"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" "Sec-WebSocket-Version: 13");
    vec![
        case("a plain request", "§4.2.1", plain, good(&[])),
        Script { cut: 1, ..case("a request byte by byte", "§4.2.1", plain, good(&[])) },
        case(
            "`Connection: keep-alive, Upgrade`",
            "§4.2.1",
            head!("GET / HTTP/1.1" "Host: a" "Upgrade: websocket" "Connection: keep-alive, Upgrade"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" "Sec-WebSocket-Version: 13"),
            good(&[]),
        ),
        case(
            "`Upgrade: WebSocket`, in another case",
            "§4.2.1",
            head!("GET / HTTP/1.1" "Host: a" "Upgrade: WebSocket" "Connection: Upgrade"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" "Sec-WebSocket-Version: 13"),
            good(&[]),
        ),
        case(
            "a subprotocol with a name of 30 bytes",
            "§4.1",
            head!("GET / HTTP/1.1" "Host: a" "Upgrade: websocket" "Connection: Upgrade"
                "Sec-WebSocket-Protocol: v12.stomp.with.a.name.longer.x"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" "Sec-WebSocket-Version: 13"),
            good(&[]),
        ),
        case(
            "the first frame in the same segment",
            "§4.1",
            b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
              Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\
              \x81\x82\0\0\0\0Hi",
            good(&[b"Hi"]),
        ),
        case(
            "POST",
            "§4.2.1",
            head!("POST / HTTP/1.1" "Host: a" "Upgrade: websocket" "Connection: Upgrade"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" "Sec-WebSocket-Version: 13"),
            bad(Head, 405),
        ),
        case(
            "HTTP/1.0",
            "§4.2.1",
            head!("GET / HTTP/1.0" "Host: a" "Upgrade: websocket" "Connection: Upgrade"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" "Sec-WebSocket-Version: 13"),
            bad(Head, 505),
        ),
        case(
            "no `Host`",
            "RFC 9112 §3.2",
            head!("GET / HTTP/1.1" "Upgrade: websocket" "Connection: Upgrade"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" "Sec-WebSocket-Version: 13"),
            bad(Head, 400),
        ),
        case(
            "no `Upgrade`",
            "§4.2.1",
            head!("GET / HTTP/1.1" "Host: a" "Connection: Upgrade"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" "Sec-WebSocket-Version: 13"),
            bad(Head, 426),
        ),
        case(
            "`Connection: not-upgrade`",
            "§4.2.1",
            head!("GET / HTTP/1.1" "Host: a" "Upgrade: websocket" "Connection: not-upgrade"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" "Sec-WebSocket-Version: 13"),
            bad(Head, 400),
        ),
        case(
            "no key",
            "§4.2.1",
            head!("GET / HTTP/1.1" "Host: a" "Upgrade: websocket" "Connection: Upgrade"
                "Sec-WebSocket-Version: 13"),
            bad(Head, 400),
        ),
        case(
            "a key of 15 bytes",
            "§4.2.1",
            head!("GET / HTTP/1.1" "Host: a" "Upgrade: websocket" "Connection: Upgrade"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j" "Sec-WebSocket-Version: 13"),
            bad(Head, 400),
        ),
        case(
            "a key of 40 characters",
            "§4.2.1",
            head!("GET / HTTP/1.1" "Host: a" "Upgrade: websocket" "Connection: Upgrade"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAAAAAAAAAAAAAAAA==" "Sec-WebSocket-Version: 13"),
            bad(Head, 400),
        ),
        case(
            "two keys",
            "§4.2.1, §11.3.1",
            head!("GET / HTTP/1.1" "Host: a" "Upgrade: websocket" "Connection: Upgrade"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw=="
                "Sec-WebSocket-Version: 13"),
            bad(Head, 400),
        ),
        case(
            "version 8",
            "§4.2.2, §4.4",
            head!("GET / HTTP/1.1" "Host: a" "Upgrade: websocket" "Connection: Upgrade"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" "Sec-WebSocket-Version: 8"),
            bad(Head, 426),
        ),
        case(
            "no version",
            "§4.2.1",
            head!("GET / HTTP/1.1" "Host: a" "Upgrade: websocket" "Connection: Upgrade"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
            bad(Head, 400),
        ),
        case(
            "a space before a colon",
            "RFC 9112 §5.1",
            head!("GET / HTTP/1.1" "Host: a" "Upgrade : websocket" "Connection: Upgrade"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" "Sec-WebSocket-Version: 13"),
            bad(Head, 400),
        ),
    ]
}

/// `{accept}` stands for the accept value: the key is another each time.
pub fn client() -> Vec<Script> {
    let case = |name, section, bytes, demand: Demand| script(End::Client, Opening, name, section, bytes, demand);
    vec![
        case(
            "a plain response",
            "§4.1",
            head!("HTTP/1.1 101 Switching Protocols" "Upgrade: websocket" "Connection: Upgrade"
                "Sec-WebSocket-Accept: {accept}"),
            good(&[]),
        ),
        case(
            "`Connection: keep-alive, Upgrade`",
            "§4.1",
            head!("HTTP/1.1 101 Switching Protocols" "Upgrade: websocket" "Connection: keep-alive, Upgrade"
                "Sec-WebSocket-Accept: {accept}"),
            good(&[]),
        ),
        case(
            "the first frame in the same segment",
            "§4.1",
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
              Sec-WebSocket-Accept: {accept}\r\n\r\n\x81\x02Hi",
            good(&[b"Hi"]),
        ),
        case(
            "a 103 before the 101",
            "RFC 9110 §15.2",
            head!("HTTP/1.1 103 Early Hints" "Link: </style.css>" ""
                "HTTP/1.1 101 Switching Protocols" "Upgrade: websocket" "Connection: Upgrade"
                "Sec-WebSocket-Accept: {accept}"),
            good(&[]),
        ),
        case("a 200", "§4.1", head!("HTTP/1.1 200 OK" "Content-Length: 0"), bad(Head, 0)),
        case(
            "a wrong accept value",
            "§4.1",
            head!("HTTP/1.1 101 Switching Protocols" "Upgrade: websocket" "Connection: Upgrade"
                "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            bad(Head, 0),
        ),
        case(
            "no accept value",
            "§4.1",
            head!("HTTP/1.1 101 Switching Protocols" "Upgrade: websocket" "Connection: Upgrade"),
            bad(Head, 0),
        ),
        case(
            "no `Upgrade`",
            "§4.1",
            head!("HTTP/1.1 101 Switching Protocols" "Connection: Upgrade" "Sec-WebSocket-Accept: {accept}"),
            bad(Head, 0),
        ),
        case(
            "no `Connection`",
            "§4.1",
            head!("HTTP/1.1 101 Switching Protocols" "Upgrade: websocket" "Sec-WebSocket-Accept: {accept}"),
            bad(Head, 0),
        ),
        case(
            "a subprotocol that was not offered",
            "§4.1",
            head!("HTTP/1.1 101 Switching Protocols" "Upgrade: websocket" "Connection: Upgrade"
                "Sec-WebSocket-Protocol: chat" "Sec-WebSocket-Accept: {accept}"),
            bad(Head, 0),
        ),
        case(
            "an extension that was not offered",
            "§4.1",
            head!("HTTP/1.1 101 Switching Protocols" "Upgrade: websocket" "Connection: Upgrade"
                "Sec-WebSocket-Extensions: permessage-deflate" "Sec-WebSocket-Accept: {accept}"),
            bad(Head, 0),
        ),
    ]
}
