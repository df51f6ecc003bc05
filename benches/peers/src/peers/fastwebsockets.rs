//! `fastwebsockets`: `FragmentCollector::read_frame`, polled over memory.

use crate::peer::{Contender, Offer, Peer};
use crate::socket::{Socket, now};
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use fastwebsockets::{FragmentCollector, Frame, OpCode, Role, WebSocket};

pub struct FastWebSockets;

fn server(socket: Socket) -> WebSocket<Socket> {
    let mut websocket = WebSocket::after_handshake(socket, Role::Server);
    // answered, a Ping is not shown
    websocket.set_auto_pong(false);
    websocket
}

fn receive_all(websocket: &mut FragmentCollector<Socket>, sum: &mut Sum) {
    while let Some(frame) = now(websocket.read_frame()) {
        let Frame { opcode, payload, .. } = frame.expect("a frame");
        match opcode {
            OpCode::Text => sum.piece(Kind::Text, &payload, true),
            OpCode::Binary => sum.piece(Kind::Binary, &payload, true),
            OpCode::Ping => sum.piece(Kind::Ping, &payload, true),
            other => panic!("{other:?}"),
        }
    }
}

impl Peer for FastWebSockets {
    fn name(&self) -> &'static str {
        "fastwebsockets"
    }

    fn receive(&self, stream: &Stream, socket: Socket) -> Offer {
        let mut websocket = FragmentCollector::new(server(socket.clone()));
        let pass = move |sum: &mut Sum| {
            socket.rewind();
            receive_all(&mut websocket, sum);
        };
        Ok(Contender::new(pass)
            .lacks("takes frames without a mask")
            .lacks_if(stream.has_pings, "leaves the Pong to its user")
            .note("whole messages, in memory of their own"))
    }
}
