//! `tokio-websockets`: the stream of messages, polled over memory.

use crate::peer::{Contender, Offer, Peer, Size};
use crate::rows::handshake::{ACCEPT, REQUEST, each, socket};
use crate::rows::send::{payload, send_to};
use crate::socket::{Socket, now};
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use bytes::Bytes;
use futures_util::{Sink as _, Stream as _};
use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use tokio_websockets::{ClientBuilder, Config, Limits, Message, ServerBuilder, WebSocketStream};

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

    fn send(&self, len: usize, masked: bool) -> Offer {
        let socket = Socket::silent();
        let mut websocket = match masked {
            true => ClientBuilder::new()
                .limits(Limits::unlimited())
                .config(Config::default().frame_size(1 << 20))
                .take_over(socket.clone()),
            false => ServerBuilder::new().config(Config::default().frame_size(1 << 20)).serve(socket.clone()),
        };
        let bytes = Bytes::from(payload(len));
        let contender = send_to(socket, len, move |_| {
            let mut context = Context::from_waker(Waker::noop());
            let mut websocket = Pin::new(&mut websocket);
            assert!(websocket.as_mut().poll_ready(&mut context).is_ready());
            websocket.as_mut().start_send(Message::binary(bytes.clone())).expect("a frame");
            assert!(websocket.poll_flush(&mut context).is_ready());
        });
        let contender = contender.note("the payload is in `Bytes` already");
        Ok(if masked { contender.note("draws the key itself, from fastrand") } else { contender })
    }

    fn serve(&self) -> Offer {
        let (socket, builder) = (socket(REQUEST), ServerBuilder::new());
        let contender = each(
            move |see| {
                socket.rewind();
                black_box(now(builder.accept(socket.clone())).expect("all of it").expect("a request"));
                socket.written(|response| see(response));
            },
            Some(ACCEPT),
        );
        Ok(contender.note("with the connection and its buffers").note("a request with all its fields on the heap"))
    }

    fn connect(&self) -> Offer {
        Err("draws its key, which cannot be set")
    }

    fn size(&self) -> Option<Size> {
        Some(Size::of::<WebSocketStream<Socket>>(|socket| {
            let mut websocket = server(socket);
            receive_all(&mut websocket, &mut Sum::default());
            Box::new(websocket)
        }))
    }
}
