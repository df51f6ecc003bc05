//! `yawc`: its frame `Decoder` on a `BytesMut` that reads fill; for whole messages its `WebSocket`, polled over memory.

use super::BUFFER;
use crate::peer::{Contender, Keys, Offer, Peer, Size};
use crate::rows::mask::mask_each;
use crate::rows::send::{payload, send_each};
use crate::socket::{Socket, now};
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use bytes::{Bytes, BytesMut};
use std::task::{Context, Poll, Waker};
use tokio::io::AsyncReadExt;
use tokio_util::codec::{Decoder as _, Encoder as _};
use yawc::codec::{Decoder, Encoder};
use yawc::{Frame, OpCode, Options, Role, WebSocket};

pub struct Yawc;

const LIMIT: usize = 1 << 30;

fn receive_all(decoder: &mut Decoder, input: &mut BytesMut, socket: &mut Socket, sum: &mut Sum) {
    let mut open = Kind::Binary;
    loop {
        input.reserve(BUFFER / 2);
        if now(socket.read_buf(input)).is_none() {
            return;
        }
        while let Some(frame) = decoder.decode(input).expect("a frame") {
            let kind = match frame.opcode() {
                OpCode::Text => Kind::Text,
                OpCode::Binary => Kind::Binary,
                OpCode::Continuation => open,
                OpCode::Ping => Kind::Ping,
                other => panic!("{other:?}"),
            };
            if kind != Kind::Ping {
                open = kind;
            }
            sum.piece(kind, frame.payload(), frame.is_fin());
        }
    }
}

fn receive_messages(websocket: &mut WebSocket<Socket>, sum: &mut Sum) {
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Ready(frame) = websocket.poll_next_frame(&mut context) {
        let frame = frame.expect("a message");
        match frame.opcode() {
            OpCode::Text => sum.piece(Kind::Text, frame.payload(), true),
            OpCode::Binary => sum.piece(Kind::Binary, frame.payload(), true),
            other => panic!("{other:?}"),
        }
    }
}

impl Peer for Yawc {
    fn name(&self) -> &'static str {
        "yawc"
    }

    fn receive(&self, stream: &Stream, mut socket: Socket) -> Offer {
        let (mut decoder, mut input) = (Decoder::new(Role::Server, LIMIT), BytesMut::with_capacity(BUFFER));
        let pass = move |sum: &mut Sum| {
            socket.rewind();
            receive_all(&mut decoder, &mut input, &mut socket, sum);
        };
        Ok(Contender::new(pass)
            .lacks_if(stream.has_text, "no UTF-8 check")
            .lacks("the order of fragments is not checked")
            .lacks_if(stream.has_pings, "leaves the Pong to its user")
            .note("frames, in memory of their own"))
    }

    fn messages(&self, stream: &Stream, socket: Socket) -> Offer {
        let options = Options::default().with_utf8().with_limits(LIMIT, LIMIT);
        let made = WebSocket::from_stream(socket.clone(), Role::Server, options);
        let mut websocket = made.map_err(|_| "could not be made")?;
        let pass = move |sum: &mut Sum| {
            socket.rewind();
            receive_messages(&mut websocket, sum);
        };
        debug_assert!(!stream.has_pings);
        Ok(Contender::new(pass).note("whole messages, in memory of their own"))
    }

    fn mask(&self, len: usize) -> Offer {
        Ok(mask_each(len, yawc::mask::apply_mask))
    }

    fn send(&self, len: usize, masked: bool) -> Offer {
        let role = if masked { Role::Client } else { Role::Server };
        let (mut keys, mut out, bytes) = (Keys::new(), BytesMut::with_capacity(len + 32), Bytes::from(payload(len)));
        let mut encoder = Encoder::new(role);
        let contender = send_each(len, move |_, sum| {
            out.clear();
            let frame = Frame::binary(bytes.clone());
            let frame = if masked { frame.with_mask(keys.next()) } else { frame };
            encoder.encode(frame, &mut out).expect("a frame");
            sum.frame(&out);
        });
        Ok(contender.note("the payload is in `Bytes` already"))
    }

    fn serve(&self) -> Offer {
        Err("its handshake is one of hyper's requests")
    }

    fn connect(&self) -> Offer {
        Err("its handshake is one of hyper's requests")
    }

    fn size(&self) -> Option<Size> {
        Some(Size::of::<WebSocket<Socket>>(|socket| {
            let options = Options::default().with_utf8().with_limits(LIMIT, LIMIT);
            let mut websocket = WebSocket::from_stream(socket, Role::Server, options).expect("a connection");
            receive_messages(&mut websocket, &mut Sum::default());
            Box::new(websocket)
        }))
    }
}
