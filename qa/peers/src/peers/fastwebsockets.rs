//! `fastwebsockets`: `FragmentCollector::read_frame`, polled over memory.

use crate::peer::{Contender, Keys, Offer, Peer, Size};
use crate::rows::mask::mask_each;
use crate::rows::send::send_each;
use crate::socket::{Socket, now};
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload, Role, WebSocket};

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

    fn mask(&self, len: usize) -> Offer {
        Ok(mask_each(len, fastwebsockets::unmask))
    }

    fn send(&self, len: usize, masked: bool) -> Offer {
        let (mut keys, mut out) = (Keys::new(), Vec::new());
        let contender = send_each(len, move |payload, sum| {
            let key = masked.then(|| keys.next());
            let mut frame = Frame::new(true, OpCode::Binary, key, Payload::Borrowed(payload));
            if masked {
                frame.mask();
            }
            sum.frame(frame.write(&mut out));
        });
        Ok(if masked { contender.note("copies the payload to the heap to mask it") } else { contender })
    }

    fn serve(&self) -> Offer {
        Err("its handshake is one of hyper's requests")
    }

    fn connect(&self) -> Offer {
        Err("its handshake is one of hyper's requests")
    }

    fn size(&self) -> Option<Size> {
        Some(Size::of::<FragmentCollector<Socket>>(|socket| {
            let mut websocket = FragmentCollector::new(server(socket));
            receive_all(&mut websocket, &mut Sum::default());
            Box::new(websocket)
        }))
    }
}
