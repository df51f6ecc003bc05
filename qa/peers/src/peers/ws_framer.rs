//! `ws-framer`: `WsRxFramer` over memory that is lent.

use crate::peer::{Contender, Offer, Peer, Size};
use crate::rows::handshake::{ACCEPT, KEY, REQUEST, RESPONSE, each, socket};
use crate::rows::send::send_each;
use crate::socket::Socket;
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use std::hint::black_box;
use ws_framer::{Header, WsFrame, WsRxFramer, WsTxFramer, process_sec_websocket_key};

pub struct WsFramer;

fn receive_all(framer: &mut WsRxFramer, socket: &Socket, out: &mut [u8], sum: &mut Sum) {
    loop {
        let n = socket.fetch(framer.read_buf());
        if n == 0 {
            return;
        }
        framer.advance(n);
        while let Some(frame) = framer.next_frame() {
            match frame.expect("a frame") {
                WsFrame::Text(text) => sum.piece(Kind::Text, text.as_bytes(), true),
                WsFrame::Binary(bytes) => sum.piece(Kind::Binary, bytes, true),
                WsFrame::Ping(bytes) => {
                    sum.piece(Kind::Ping, bytes, true);
                    socket.put(WsTxFramer::new(false, out).pong(bytes).expect("room"));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

impl Peer for WsFramer {
    fn name(&self) -> &'static str {
        "ws-framer"
    }

    fn receive(&self, stream: &Stream, socket: Socket) -> Offer {
        // the bytes after a frame are moved after each: in long memory that takes longer
        let (mut memory, mut out) = (vec![0; (stream.longest + 14).max(2048)], [0; 256]);
        let pass = move |sum: &mut Sum| {
            socket.rewind();
            receive_all(&mut WsRxFramer::new(&mut memory), &socket, &mut out, sum);
        };
        let contender = Contender::new(pass).lacks("takes frames without a mask").note(
            "whole messages, lent; moves the bytes after each frame, so its memory is short here: 2 KiB or a message",
        );
        Ok(if stream.has_pings { contender.note("a Pong for each Ping") } else { contender })
    }

    fn send(&self, len: usize, masked: bool) -> Offer {
        let mut out = vec![0; len + 14];
        let contender = send_each(len, move |payload, sum| {
            sum.frame(WsTxFramer::new(masked, &mut out).binary(payload).expect("room"));
        });
        Ok(if masked { contender.note("draws the key itself, with a system call") } else { contender })
    }

    fn serve(&self) -> Offer {
        let (socket, mut buf, mut out) = (socket(REQUEST), [0; 1024], [0; 512]);
        let contender = each(
            move |see| {
                socket.rewind();
                let n = socket.fetch(&mut buf);
                let mut headers = [httparse::EMPTY_HEADER; 16];
                let mut request = httparse::Request::new(&mut headers);
                assert!(request.parse(&buf[..n]).expect("a request").is_complete());
                let mut fields = request.headers.iter();
                let key = fields.find(|field| field.name.eq_ignore_ascii_case("sec-websocket-key")).expect("a key");
                let key = std::str::from_utf8(key.value).expect("ASCII");
                let accept = process_sec_websocket_key(key).expect("a key");
                let fields = [
                    Header { name: "Upgrade", value: b"websocket" },
                    Header { name: "Connection", value: b"Upgrade" },
                    Header { name: "Sec-WebSocket-Accept", value: &accept },
                ];
                let mut framer = WsTxFramer::new(false, &mut out);
                see(framer.http_response(101, "Switching Protocols", &fields).expect("room"));
            },
            Some(ACCEPT),
        );
        Ok(contender.lacks("reads and judges no request: httparse, and a search for the key"))
    }

    fn connect(&self) -> Offer {
        let (socket, mut memory, mut out) = (socket(RESPONSE), [0; 1024], [0; 512]);
        let contender = each(
            move |see| {
                socket.rewind();
                let mut sender = WsTxFramer::new(true, &mut out);
                sender.http_upgrade_request("localhost:8080", "/chat/room?id=42", &[]).expect("room");
                black_box(sender.accept_key());
                let mut receiver = WsRxFramer::new(&mut memory);
                let n = socket.fetch(receiver.read_buf());
                receiver.advance(n);
                let response = receiver.http_response().expect("all of it").expect("a response");
                assert!(response.is_websocket_accepted(ACCEPT.as_bytes()));
                see(&[]);
            },
            None,
        );
        Ok(contender
            .lacks("looks at the status and the accept value only")
            .note("draws the key itself, with a system call; the value that is compared is another's"))
    }

    fn accept_key(&self) -> Offer {
        let contender = each(|see| see(&process_sec_websocket_key(black_box(KEY)).expect("a key")), Some(ACCEPT));
        Ok(contender.lacks("the key is not checked"))
    }

    fn size(&self) -> Option<Size> {
        Some(Size::of::<WsRxFramer>(|_| Box::new(())))
    }
}
