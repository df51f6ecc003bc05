//! `ws-framer`: the loops of its README and of its example, whose server parses the head of a request with httparse and
//! looks for the key.

use super::{ROOM, Stack, answer_request};
use crate::script::{Begins, Check, End, Script, Seen};
use crate::wire::Wire;
use ws_framer::{Header, WsFrame, WsRxFramer, WsTxFramer};

pub const STACK: Stack = Stack {
    name: "ws-framer",
    version: "0.4.0",
    kind: "messages; the head of a request and all answers are the caller's",
    leaves: |end, check| check == Check::Answer || end == End::Server && check == Check::Head,
    play: |script, wire| Some(play(script, wire)),
};

fn play(script: &Script, wire: &Wire) -> Seen {
    let (mut buf, mut out) = ([0; ROOM], [0; ROOM]);
    let mut framer = WsRxFramer::new(&mut buf);
    let mut seen = Seen::default();
    if script.begins == Begins::Opening {
        let opened = match script.end {
            End::Server => accept(wire, &mut WsTxFramer::new(false, &mut out)),
            End::Client => connect(wire, &mut framer, &mut WsTxFramer::new(true, &mut out)),
        };
        match opened {
            None => return seen,
            Some(Err(())) => return Seen { failed: true, ..seen },
            Some(Ok(())) => {}
        }
    }
    seen.opened = true;
    loop {
        while let Some(frame) = framer.next_frame() {
            match frame {
                Ok(WsFrame::Text(text)) => seen.messages.push(text.as_bytes().to_vec()),
                Ok(WsFrame::Binary(bytes)) => seen.messages.push(bytes.to_vec()),
                Ok(WsFrame::Close(..)) => return Seen { closed: true, ..seen },
                Ok(WsFrame::Ping(_) | WsFrame::Pong(_)) => {}
                Err(_) => return Seen { failed: true, ..seen },
            }
        }
        let Ok(n) = wire.read(framer.read_buf()) else { return seen };
        framer.advance(n);
    }
}

fn accept(wire: &Wire, tx: &mut WsTxFramer) -> Option<Result<(), ()>> {
    answer_request(wire, |fields| {
        let key = fields.iter().find(|field| field.name.eq_ignore_ascii_case("Sec-WebSocket-Key"));
        let key = key.and_then(|key| core::str::from_utf8(key.value).ok());
        let accept = key.and_then(ws_framer::process_sec_websocket_key).ok_or(())?;
        let fields = [
            Header { name: "Upgrade", value: b"websocket" },
            Header { name: "Connection", value: b"upgrade" },
            Header { name: "Sec-WebSocket-Accept", value: &accept },
        ];
        wire.write(tx.http_response(101, "Switching Protocols", &fields).expect("room"));
        Ok(())
    })
}

fn connect(wire: &Wire, rx: &mut WsRxFramer, tx: &mut WsTxFramer) -> Option<Result<(), ()>> {
    wire.write(tx.http_upgrade_request("a", "/", &[]).expect("room"));
    let accept = tx.accept_key();
    loop {
        let n = wire.read(rx.read_buf()).ok()?;
        rx.advance(n);
        match rx.http_response() {
            None => {}
            Some(Ok(response)) if response.is_websocket_accepted(&accept) => return Some(Ok(())),
            Some(_) => return Some(Err(())),
        }
    }
}
