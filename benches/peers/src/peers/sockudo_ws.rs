//! `sockudo-ws`: `Protocol::process_into` on a `BytesMut` that reads fill.

use super::BUFFER;
use crate::peer::{Contender, Offer, Peer};
use crate::socket::{Socket, now};
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use bytes::BytesMut;
use sockudo_ws::protocol::{Message, Protocol, Role};
use tokio::io::AsyncReadExt;

pub struct SockudoWs;

struct Server {
    protocol: Protocol,
    input: BytesMut,
    messages: Vec<Message>,
    output: BytesMut,
}

impl Server {
    fn new() -> Self {
        let limit = 1 << 30;
        let protocol = Protocol::new(Role::Server, limit, limit);
        Self { protocol, input: BytesMut::with_capacity(BUFFER), messages: Vec::new(), output: BytesMut::new() }
    }

    fn receive_all(&mut self, socket: &mut Socket, sum: &mut Sum) {
        loop {
            self.input.reserve(BUFFER / 2);
            if now(socket.read_buf(&mut self.input)).is_none() {
                return;
            }
            self.protocol.process_into(&mut self.input, &mut self.messages).expect("messages");
            for message in self.messages.drain(..) {
                match message {
                    Message::Text(bytes) => sum.piece(Kind::Text, &bytes, true),
                    Message::Binary(bytes) => sum.piece(Kind::Binary, &bytes, true),
                    Message::Ping(bytes) => {
                        sum.piece(Kind::Ping, &bytes, true);
                        self.protocol.encode_pong(&bytes, &mut self.output);
                    }
                    other => panic!("{other:?}"),
                }
            }
            if !self.output.is_empty() {
                socket.put(&self.output);
                self.output.clear();
            }
        }
    }
}

impl Peer for SockudoWs {
    fn name(&self) -> &'static str {
        "sockudo-ws"
    }

    fn receive(&self, stream: &Stream, socket: Socket) -> Offer {
        let mut server = Server::new();
        let mut socket = socket;
        let pass = move |sum: &mut Sum| {
            socket.rewind();
            server.receive_all(&mut socket, sum);
        };
        let contender = Contender::new(pass).note("whole messages, in memory of their own");
        Ok(if stream.has_pings { contender.note("a Pong for each Ping") } else { contender })
    }
}
