//! `edge-ws`: `io::recv`, polled over memory.

use super::BUFFER;
use crate::peer::{Contender, Keys, Offer, Peer};
use crate::rows::mask::mask_each;
use crate::rows::send::send_to;
use crate::socket::{Socket, now};
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use edge_ws::{FrameHeader, FrameType, io};

pub struct EdgeWs;

fn receive_all(socket: &mut Socket, payload: &mut [u8], sum: &mut Sum) {
    let mut open = Kind::Binary;
    while let Some(frame) = now(io::recv(&mut *socket, payload)) {
        let (frame, len) = frame.expect("a frame");
        let (kind, last) = match frame {
            FrameType::Text(more) => (Kind::Text, !more),
            FrameType::Binary(more) => (Kind::Binary, !more),
            FrameType::Continue(last) => (open, last),
            FrameType::Ping => (Kind::Ping, true),
            other => panic!("{other:?}"),
        };
        if kind != Kind::Ping {
            open = kind;
        }
        sum.piece(kind, &payload[..len], last);
    }
}

impl Peer for EdgeWs {
    fn name(&self) -> &'static str {
        "edge-ws"
    }

    fn receive(&self, stream: &Stream, mut socket: Socket) -> Offer {
        let mut payload = vec![0; BUFFER];
        let pass = move |sum: &mut Sum| {
            socket.rewind();
            receive_all(&mut socket, &mut payload, sum);
        };
        Ok(Contender::new(pass)
            .lacks("takes frames without a mask")
            .lacks("reads frames, knows no messages: no order of fragments, no limits, no length of control frames")
            .lacks_if(stream.has_text, "no UTF-8 check")
            .lacks_if(stream.has_pings, "leaves the Pong to its user")
            .note("frames, in one memory")
            .note("small reads: on a socket a system call for each part of a header"))
    }

    fn messages(&self, _: &Stream, _: Socket) -> Offer {
        Err("puts no messages together")
    }

    fn mask(&self, len: usize) -> Offer {
        Ok(mask_each(len, |payload, key| FrameHeader::mask_with(payload, Some(u32::from_be_bytes(key)), 0)))
    }

    fn send(&self, len: usize, masked: bool) -> Offer {
        let (mut socket, mut keys) = (Socket::silent(), Keys::new());
        let contender = send_to(socket.clone(), len, move |payload| {
            let key = masked.then(|| u32::from_be_bytes(keys.next()));
            now(io::send(&mut socket, FrameType::Binary(false), key, payload)).expect("room").expect("a frame");
        });
        Ok(contender.note("small writes: on a socket a system call for each"))
    }

    fn serve(&self) -> Offer {
        Err("its handshake is edge-http's")
    }

    fn connect(&self) -> Offer {
        Err("its handshake is edge-http's")
    }
}
