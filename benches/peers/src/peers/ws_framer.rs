//! `ws-framer`: `WsRxFramer` over memory that is lent.

use crate::peer::{Contender, Offer, Peer};
use crate::socket::Socket;
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use ws_framer::{WsFrame, WsRxFramer, WsTxFramer};

pub struct WsFramer;

fn receive_all(framer: &mut WsRxFramer, socket: &Socket, out: &mut [u8], sum: &mut Sum) {
    loop {
        let n = socket.fetch(framer.read_buf());
        if n == 0 {
            return;
        }
        framer.advance(n);
        while let Some(frame) = framer.next_frame() {
            match frame.expect("a frame") {
                WsFrame::Text(text) => sum.piece(Kind::Text, text.as_bytes(), true),
                WsFrame::Binary(bytes) => sum.piece(Kind::Binary, bytes, true),
                WsFrame::Ping(bytes) => {
                    sum.piece(Kind::Ping, bytes, true);
                    socket.put(WsTxFramer::new(false, out).pong(bytes).expect("room"));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

impl Peer for WsFramer {
    fn name(&self) -> &'static str {
        "ws-framer"
    }

    fn receive(&self, stream: &Stream, socket: Socket) -> Offer {
        // what lies behind a frame is moved after each: in long memory that takes longer
        let (mut memory, mut out) = (vec![0; (stream.longest + 14).max(2048)], [0; 256]);
        let pass = move |sum: &mut Sum| {
            socket.rewind();
            receive_all(&mut WsRxFramer::new(&mut memory), &socket, &mut out, sum);
        };
        let contender = Contender::new(pass)
            .lacks("takes frames without a mask")
            .note("whole messages, lent; moves what lies behind each frame, so its memory is short here: 2 KiB or a message");
        Ok(if stream.has_pings { contender.note("a Pong for each Ping") } else { contender })
    }
}
