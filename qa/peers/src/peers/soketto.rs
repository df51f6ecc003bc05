//! `soketto`: `Receiver::receive`, polled over memory.

use crate::peer::{Contender, Keys, Offer, Peer, Size};
use crate::rows::handshake::{ACCEPT, REQUEST, each, socket};
use crate::rows::mask::mask_each;
use crate::rows::send::send_each;
use crate::socket::{Socket, now};
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use soketto::base::{Codec, Header, OpCode};
use soketto::connection::{Builder, Mode, Receiver, Sender};
use soketto::handshake::Server;
use soketto::handshake::server::Response;
use soketto::{Data, Incoming};

pub struct Soketto;

fn server(socket: Socket) -> (Sender<Socket>, Receiver<Socket>) {
    Builder::new(socket, Mode::Server).finish()
}

/// As many messages as there are: a future that waits for more must not be dropped, according to its documentation.
fn receive_all(receiver: &mut Receiver<Socket>, message: &mut Vec<u8>, count: u64, sum: &mut Sum) {
    for _ in 0..count {
        message.clear();
        match now(receiver.receive(message)).expect("bytes").expect("a message") {
            Incoming::Data(Data::Text(_)) => sum.piece(Kind::Text, message, true),
            Incoming::Data(Data::Binary(_)) => sum.piece(Kind::Binary, message, true),
            other => panic!("{other:?}"),
        }
    }
}

impl Peer for Soketto {
    fn name(&self) -> &'static str {
        "soketto"
    }

    fn receive(&self, stream: &Stream, socket: Socket) -> Offer {
        let count = stream.want.messages;
        if count == 0 {
            return Err("answers Pings and does not show them");
        }
        let ((sender, mut receiver), mut message) = (server(socket.clone()), Vec::new());
        let pass = move |sum: &mut Sum| {
            let _open = &sender;
            socket.rewind();
            receive_all(&mut receiver, &mut message, count, sum);
        };
        Ok(Contender::new(pass)
            .lacks("takes frames without a mask")
            .lacks_if(stream.has_text, "no UTF-8 check")
            .note("whole messages, in one memory")
            .hides_pings())
    }

    fn mask(&self, len: usize) -> Offer {
        Ok(mask_each(len, |payload, key| {
            let mut header = Header::new(OpCode::Binary);
            header.set_masked(true).set_mask(u32::from_be_bytes(key));
            Codec::apply_mask(&header, payload);
        }))
    }

    fn send(&self, len: usize, masked: bool) -> Offer {
        let (mut keys, mut codec, mut out) = (Keys::new(), Codec::new(), Vec::with_capacity(len + 14));
        Ok(send_each(len, move |payload, sum| {
            let mut header = Header::new(OpCode::Binary);
            header.set_payload_len(payload.len()).set_masked(masked);
            if masked {
                header.set_mask(u32::from_be_bytes(keys.next()));
            }
            out.clear();
            out.extend_from_slice(codec.encode_header(&header));
            let at = out.len();
            out.extend_from_slice(payload);
            Codec::apply_mask(&header, &mut out[at..]);
            sum.frame(&out);
        })
        .note("its codec of headers; the copy is the user's"))
    }

    fn serve(&self) -> Offer {
        let socket = socket(REQUEST);
        Ok(each(
            move |see| {
                socket.rewind();
                let mut server = Server::new(socket.clone());
                let key = now(server.receive_request()).expect("all of it").expect("a request").key();
                let accept = Response::Accept { key, protocol: None };
                now(server.send_response(&accept)).expect("room").expect("a response");
                socket.written(|response| see(response));
            },
            Some(ACCEPT),
        ))
    }

    fn connect(&self) -> Offer {
        Err("draws its key, which cannot be set")
    }

    fn size(&self) -> Option<Size> {
        Some(Size::of::<(Sender<Socket>, Receiver<Socket>)>(|socket| {
            let count = u64::from(socket.left() > 0);
            let (sender, mut receiver) = server(socket);
            receive_all(&mut receiver, &mut Vec::new(), count, &mut Sum::default());
            Box::new((sender, receiver))
        }))
    }
}
