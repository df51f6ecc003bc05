//! `sockudo-ws`: `Protocol::process_into` on a `BytesMut` that reads fill.

use super::BUFFER;
use crate::peer::{Contender, Keys, Offer, Peer, Size};
use crate::rows::handshake::{ACCEPT, KEY, REQUEST, RESPONSE, each, socket};
use crate::rows::mask::mask_each;
use crate::rows::send::send_each;
use crate::socket::{Socket, now};
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use bytes::BytesMut;
use sockudo_ws::frame::{OpCode, encode_frame};
use sockudo_ws::handshake::{
    build_request, build_response, generate_accept_key, parse_request, parse_response, validate_accept_key,
};
use sockudo_ws::protocol::{Message, Protocol, Role};
use sockudo_ws::simd::apply_mask;
use std::hint::black_box;
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

    fn mask(&self, len: usize) -> Offer {
        Ok(mask_each(len, apply_mask))
    }

    fn send(&self, len: usize, masked: bool) -> Offer {
        let (mut keys, mut out) = (Keys::new(), BytesMut::with_capacity(len + 14));
        Ok(send_each(len, move |payload, sum| {
            out.clear();
            encode_frame(&mut out, OpCode::Binary, payload, true, masked.then(|| keys.next()));
            sum.frame(&out);
        }))
    }

    fn serve(&self) -> Offer {
        let (socket, mut buf) = (socket(REQUEST), [0; 1024]);
        Ok(each(
            move |see| {
                socket.rewind();
                let n = socket.fetch(&mut buf);
                let (request, _) = parse_request(&buf[..n]).expect("a request").expect("all of it");
                see(&build_response(&generate_accept_key(request.key), None, None));
            },
            Some(ACCEPT),
        ))
    }

    fn connect(&self) -> Offer {
        let (socket, mut buf) = (socket(RESPONSE), [0; 1024]);
        let contender = each(
            move |see| {
                socket.rewind();
                let request = build_request("localhost:8080", "/chat/room?id=42", KEY, None, None);
                let n = socket.fetch(&mut buf);
                let (response, _) = parse_response(&buf[..n]).expect("a response").expect("all of it");
                assert!(validate_accept_key(KEY, response.accept.expect("a value")));
                see(&request);
            },
            Some(KEY),
        );
        Ok(contender.note("the key is passed as text"))
    }

    fn accept_key(&self) -> Offer {
        Ok(each(|see| see(generate_accept_key(black_box(KEY)).as_bytes()), Some(ACCEPT))
            .lacks("the key is not checked"))
    }

    fn size(&self) -> Option<Size> {
        Some(Size::of::<Protocol>(|mut socket| {
            let mut server = Server::new();
            server.receive_all(&mut socket, &mut Sum::default());
            Box::new(server.protocol)
        }))
    }
}
