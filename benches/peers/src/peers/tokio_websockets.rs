//! `tokio-websockets`: the stream of messages, polled over memory.

use crate::peer::{Contender, Offer, Peer};
use crate::socket::Socket;
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use futures_util::Stream as _;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use tokio_websockets::{Limits, ServerBuilder, WebSocketStream};

pub struct TokioWebSockets;

fn server(socket: Socket) -> WebSocketStream<Socket> {
    ServerBuilder::new().limits(Limits::unlimited()).serve(socket)
}

fn receive_all(websocket: &mut WebSocketStream<Socket>, sum: &mut Sum) {
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Ready(message) = Pin::new(&mut *websocket).poll_next(&mut context) {
        let message = message.expect("it goes on").expect("a message");
        let kind = match &message {
            message if message.is_text() => Kind::Text,
            message if message.is_binary() => Kind::Binary,
            message if message.is_ping() => Kind::Ping,
            other => panic!("{other:?}"),
        };
        sum.piece(kind, message.as_payload(), true);
    }
}

impl Peer for TokioWebSockets {
    fn name(&self) -> &'static str {
        "tokio-websockets"
    }

    fn receive(&self, stream: &Stream, socket: Socket) -> Offer {
        let mut websocket = server(socket.clone());
        let pass = move |sum: &mut Sum| {
            socket.rewind();
            receive_all(&mut websocket, sum);
        };
        let contender = Contender::new(pass).note("whole messages, in memory of their own");
        Ok(if stream.has_pings { contender.note("a Pong for each Ping") } else { contender })
    }
}
