//! `websocket-sans-io`: the loops of its examples, which ask `is_reasonable` for each frame. It has no opening
//! handshake.

use super::{ROOM, Stack};
use crate::script::{Begins, Check, Script, Seen};
use crate::wire::Wire;
use websocket_sans_io::{Opcode, WebsocketFrameDecoder, WebsocketFrameEvent};

pub const STACK: Stack = Stack {
    name: "websocket-sans-io",
    version: "0.1.0",
    kind: "frames, \"no validation\"",
    // The caller has everything but the form of the length.
    leaves: |_, check| check != Check::LengthForm,
    play,
};

fn play(script: &Script, wire: &Wire) -> Option<Seen> {
    if script.begins == Begins::Opening {
        return None;
    }
    let mut decoder = WebsocketFrameDecoder::new();
    let mut seen = Seen { opened: true, ..Seen::default() };
    let (mut buf, mut message) = ([0; ROOM], vec![]);
    loop {
        let Ok(n) = wire.read(&mut buf) else { return Some(seen) };
        let mut rest = &mut buf[..n];
        loop {
            let Ok(added) = decoder.add_data(rest);
            let (consumed, left) = rest.split_at_mut(added.consumed_bytes);
            match added.event {
                Some(WebsocketFrameEvent::Start { frame_info, .. }) => {
                    if !frame_info.is_reasonable() {
                        return Some(Seen { failed: true, ..seen });
                    }
                    if frame_info.opcode == Opcode::ConnectionClose {
                        return Some(Seen { closed: true, ..seen });
                    }
                }
                Some(WebsocketFrameEvent::PayloadChunk { original_opcode }) if original_opcode.is_data() => {
                    message.extend_from_slice(consumed);
                }
                Some(WebsocketFrameEvent::End { frame_info, .. }) if frame_info.opcode.is_data() && frame_info.fin => {
                    seen.messages.push(std::mem::take(&mut message));
                }
                Some(_) => {}
                None if added.consumed_bytes == 0 => break,
                None => {}
            }
            rest = left;
        }
    }
}
