//! `websocket-sans-io`: `WebsocketFrameDecoder::add_data` on the bytes of each read.

use super::BUFFER;
use crate::peer::{Contender, Keys, Offer, Peer, Size};
use crate::rows::mask::mask_each;
use crate::rows::send::send_each;
use crate::socket::Socket;
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use websocket_sans_io::{
    FrameInfo, Opcode, WebsocketFrameDecoder, WebsocketFrameEncoder, WebsocketFrameEvent, apply_mask,
};

pub struct WebSocketSansIo;

fn kind(opcode: Opcode) -> Kind {
    match opcode {
        Opcode::Text => Kind::Text,
        Opcode::Binary => Kind::Binary,
        Opcode::Ping => Kind::Ping,
        other => panic!("{other:?}"),
    }
}

fn receive_all(decoder: &mut WebsocketFrameDecoder, socket: &Socket, buf: &mut [u8], sum: &mut Sum) {
    loop {
        let n = socket.fetch(buf);
        if n == 0 {
            return;
        }
        let mut input = &mut buf[..n];
        loop {
            let result = decoder.add_data(input).expect("it takes any bytes");
            let (taken, rest) = input.split_at_mut(result.consumed_bytes);
            input = rest;
            match result.event {
                Some(WebsocketFrameEvent::Start { frame_info, original_opcode }) => {
                    assert!(frame_info.is_reasonable());
                    // an empty one has no chunk
                    if frame_info.payload_length == 0 && original_opcode == Opcode::Ping {
                        sum.piece(Kind::Ping, &[], true);
                    }
                }
                Some(WebsocketFrameEvent::PayloadChunk { original_opcode }) => {
                    sum.piece(kind(original_opcode), taken, false);
                }
                Some(WebsocketFrameEvent::End { original_opcode: Opcode::Ping, .. }) => {}
                Some(WebsocketFrameEvent::End { frame_info, original_opcode }) => {
                    sum.piece(kind(original_opcode), &[], frame_info.fin);
                }
                None if taken.is_empty() => break,
                None => {}
            }
        }
    }
}

impl Peer for WebSocketSansIo {
    fn name(&self) -> &'static str {
        "websocket-sans-io"
    }

    fn receive(&self, stream: &Stream, socket: Socket) -> Offer {
        let (mut decoder, mut buf) = (WebsocketFrameDecoder::new(), vec![0; BUFFER]);
        let pass = move |sum: &mut Sum| {
            socket.rewind();
            receive_all(&mut decoder, &socket, &mut buf, sum);
        };
        Ok(Contender::new(pass)
            .lacks("takes frames without a mask")
            .lacks("reads frames, knows no messages: no order of fragments, no limits, no length of control frames")
            .lacks_if(stream.has_text, "no UTF-8 check")
            .lacks_if(stream.has_pings, "leaves the Pong to its user")
            .note("pieces, as they come"))
    }

    fn messages(&self, _: &Stream, _: Socket) -> Offer {
        Err("puts no messages together")
    }

    fn mask(&self, len: usize) -> Offer {
        Ok(mask_each(len, |payload, key| apply_mask(key, payload, 0)))
    }

    fn send(&self, len: usize, masked: bool) -> Offer {
        let (mut keys, mut encoder, mut out) =
            (Keys::new(), WebsocketFrameEncoder::new(), Vec::with_capacity(len + 14));
        Ok(send_each(len, move |payload, sum| {
            let frame = FrameInfo {
                opcode: Opcode::Binary,
                payload_length: payload.len() as u64,
                mask: masked.then(|| keys.next()),
                fin: true,
                reserved: 0,
            };
            out.clear();
            out.extend_from_slice(&encoder.start_frame(&frame));
            let at = out.len();
            out.extend_from_slice(payload);
            encoder.transform_frame_payload(&mut out[at..]);
            sum.frame(&out);
        })
        .note("its codec of headers; the copy is the user's"))
    }

    fn size(&self) -> Option<Size> {
        Some(Size::of::<WebsocketFrameDecoder>(|_| Box::new(WebsocketFrameDecoder::new())))
    }
}
