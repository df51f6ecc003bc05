//! `echo` with ws-framer and httparse, with the checks that they have.
#![no_std]
#![no_main]

use httparse::Header;
use upframe_budgets::{fill, random, read, write};
use ws_framer::{WsFrame, WsRxError, WsRxFramer, WsTxFramer};

#[upframe_budgets::entry]
fn main() -> ! {
    random(&mut [0; 4]);
    loop {
        serve();
    }
}

fn serve() {
    let (mut buf, mut out) = ([0; 512], [0; 512]);
    let mut len = 0;
    let mut tx = WsTxFramer::new(false, &mut out);
    let taken = loop {
        if !fill(&mut buf, &mut len) {
            return;
        }
        let mut headers = [httparse::EMPTY_HEADER; 16];
        let mut request = httparse::Request::new(&mut headers);
        let taken = match request.parse(buf.get(..len).unwrap_or_default()) {
            Ok(httparse::Status::Complete(taken)) => taken,
            Ok(httparse::Status::Partial) => continue,
            Err(_) => return write(tx.http_response(400, "Bad Request", &[]).unwrap_or_default()),
        };
        let field = |name: &str| request.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name));
        let key = field("Sec-WebSocket-Key").and_then(|field| core::str::from_utf8(field.value).ok());
        let Some(accept) = key.and_then(ws_framer::process_sec_websocket_key) else {
            let upgrade = [Header { name: "Upgrade", value: b"websocket" }];
            return write(tx.http_response(426, "Upgrade Required", &upgrade).unwrap_or_default());
        };
        let chat = field("Sec-WebSocket-Protocol")
            .is_some_and(|field| field.value.split(|byte| *byte == b',').any(|name| name.trim_ascii() == b"chat"));
        let fields = [
            Header { name: "Upgrade", value: b"websocket" },
            Header { name: "Connection", value: b"Upgrade" },
            Header { name: "Sec-WebSocket-Accept", value: &accept },
            Header { name: "Sec-WebSocket-Protocol", value: b"chat" },
        ];
        let fields = if chat { &fields[..] } else { &fields[..3] };
        write(tx.http_response(101, "Switching Protocols", fields).unwrap_or_default());
        break taken;
    };
    buf.copy_within(taken..len, 0);
    let mut rx = WsRxFramer::new(&mut buf);
    rx.advance(len - taken);
    loop {
        while let Some(frame) = rx.next_frame() {
            let (answer, last) = match frame {
                Ok(WsFrame::Ping(payload)) => (tx.pong(payload), false),
                Ok(WsFrame::Pong(_)) => continue,
                Ok(WsFrame::Close(1005, _)) => (tx.close(1000, ""), true),
                Ok(WsFrame::Close(code, _)) => (tx.close(code, ""), true),
                Ok(frame) => (tx.frame(frame), false),
                Err(WsRxError::Oversized { .. }) => (tx.close(1009, ""), true),
                Err(WsRxError::InvalidUtf8) => (tx.close(1007, ""), true),
                Err(WsRxError::Protocol) => (tx.close(1002, ""), true),
            };
            write(answer.unwrap_or_default());
            if last {
                return;
            }
        }
        let came = read(rx.read_buf()).len();
        if came == 0 {
            return;
        }
        rx.advance(came);
    }
}
