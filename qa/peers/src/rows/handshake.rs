//! The opening handshake.

use super::{Row, Unit};
use crate::peer::{Contender, Offer, Peer};
use crate::socket::Socket;
use crate::sum::Sum;
use std::rc::Rc;

/// What a browser sends, on its way to a server without subprotocols and extensions.
pub const REQUEST: &str = "GET /chat/room?id=42 HTTP/1.1\r\nHost: localhost:8080\r\nConnection: Upgrade\r\nPragma: no-cache\r\n\
    Cache-Control: no-cache\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
    Chrome/126.0.0.0 Safari/537.36\r\nUpgrade: websocket\r\nOrigin: http://localhost:8080\r\nSec-WebSocket-Version: 13\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9,de;q=0.8\r\n\
    Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\nSec-WebSocket-Protocol: chat, superchat\r\n\r\n";
pub const FIELDS: usize = 14;
pub const KEY: &str = "x3JJHMbDL1EzLkh9GBhXDw==";
pub const ACCEPT: &str = "HSmrc0sMlYUkAGmm5OPpG2HaGWk=";
/// Of which [`KEY`] is the base64.
pub const NONCE: [u8; 16] = *b"\xc7\x72\x49\x1c\xc6\xc3\x2f\x51\x33\x2e\x48\x7d\x18\x18\x57\x0f";
pub const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nServer: nginx\r\n\r\n";

const COUNT: usize = 16;

pub fn rows(peers: &[Box<dyn Peer>]) -> Vec<Row> {
    let serve = format!("server, a request of {} B in, 101 out", REQUEST.len());
    let head = format!("that head read only, {FIELDS} fields");
    type Ask = fn(&dyn Peer) -> Offer;
    let rows: [(String, Ask); 4] = [
        (serve, |peer| peer.serve()),
        (format!("client, request out, {} B of 101 in", RESPONSE.len()), |peer| peer.connect()),
        (head, |peer| peer.head()),
        ("accept key".to_owned(), |peer| peer.accept_key()),
    ];
    let row = |(name, ask): (String, Ask)| Row {
        section: "opening handshake",
        feature: (!name.contains("head")).then_some("fast-sha1"),
        name,
        unit: Unit::Nanoseconds,
        items: COUNT,
        want: Sum { messages: COUNT as u64, ..Sum::thorough() },
        offers: Row::offers(peers, ask),
        limit: None,
    };
    rows.map(row).into()
}

/// One handshake after the other, each with what it needs of its own. A thorough pass looks for the accept value, or for the key.
pub fn each(mut handshake: impl FnMut(&mut dyn FnMut(&[u8])) + 'static, must_have: Option<&'static str>) -> Contender {
    Contender::new(move |sum| {
        for _ in 0..COUNT {
            let thorough = sum.thorough;
            handshake(&mut |written| {
                sum.messages += 1;
                let has = |what: &str| written.windows(what.len()).any(|window| window == what.as_bytes());
                assert!(!thorough || must_have.is_none_or(has), "{:?}", String::from_utf8_lossy(written));
            });
        }
    })
}

/// A socket from which these bytes come.
pub fn socket(input: &str) -> Socket {
    Socket::new(Rc::from(input.as_bytes()), usize::MAX)
}
