//! `web-socket`: `WebSocket::recv`, polled over memory.

use crate::peer::{Contender, Offer, Peer, Size};
use crate::rows::send::send_to;
use crate::socket::{Socket, now};
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use web_socket::{DataType, Event, MessageType, Stream as Part, WebSocket};

pub struct WebSocketCrate;

fn kind(of: MessageType) -> Kind {
    match of {
        MessageType::Text => Kind::Text,
        MessageType::Binary => Kind::Binary,
    }
}

fn receive_all(websocket: &mut WebSocket<Socket>, sum: &mut Sum) {
    while let Some(event) = now(websocket.recv()) {
        match event.expect("an event") {
            Event::Data { ty: DataType::Complete(of), data } => sum.piece(kind(of), &data, true),
            Event::Data { ty: DataType::Stream(part), data } => {
                sum.piece(kind(part.ty()), &data, matches!(part, Part::End(_)));
            }
            Event::Ping(data) => sum.piece(Kind::Ping, &data, true),
            other => panic!("{other:?}"),
        }
    }
}

impl Peer for WebSocketCrate {
    fn name(&self) -> &'static str {
        "web-socket"
    }

    fn receive(&self, stream: &Stream, socket: Socket) -> Offer {
        let mut websocket = WebSocket::server(socket.clone());
        let pass = move |sum: &mut Sum| {
            socket.rewind();
            receive_all(&mut websocket, sum);
        };
        Ok(Contender::new(pass)
            .lacks_if(stream.has_text, "no UTF-8 check")
            .lacks_if(stream.has_pings, "leaves the Pong to its user")
            .note("frames, in memory of their own")
            .note("small reads: on a socket a system call for each part of a header"))
    }

    fn messages(&self, _: &Stream, _: Socket) -> Offer {
        Err("puts no messages together")
    }

    fn send(&self, len: usize, masked: bool) -> Offer {
        let socket = Socket::silent();
        let mut websocket = match masked {
            true => WebSocket::client(socket.clone()),
            false => WebSocket::server(socket.clone()),
        };
        let contender = send_to(socket, len, move |payload| {
            now(websocket.send(payload)).expect("room").expect("a frame");
        });
        Ok(match masked {
            true => contender.note("draws the key itself, from rand").note("a frame on the heap, then copied"),
            false => contender.note("header and payload apart, to a vectored write"),
        })
    }

    fn size(&self) -> Option<Size> {
        Some(Size::of::<WebSocket<Socket>>(|socket| {
            let mut websocket = WebSocket::server(socket);
            receive_all(&mut websocket, &mut Sum::default());
            Box::new(websocket)
        }))
    }
}
