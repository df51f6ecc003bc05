//! `embedded-websocket`: `WebSocket::read` from the bytes of each read to memory of its user.

use super::BUFFER;
use crate::peer::{Contender, Keys, Offer, Peer, Size};
use crate::rows::handshake::{ACCEPT, KEY, NONCE, REQUEST, RESPONSE, each, socket};
use crate::rows::send::send_each;
use crate::socket::Socket;
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use embedded_websocket::{
    Error, WebSocketClient, WebSocketOptions, WebSocketReceiveMessageType as Type, WebSocketSendMessageType,
    WebSocketServer, WebSocketState, read_http_header,
};

pub struct EmbeddedWebSocket;

fn server() -> WebSocketServer {
    let mut server = WebSocketServer::new_server();
    server.state = WebSocketState::Open;
    server
}

/// A header must lie whole in the input: what is left of one is kept before the next read.
fn receive_all(server: &mut WebSocketServer, socket: &Socket, buf: &mut [u8], to: &mut [u8], sum: &mut Sum) {
    let mut kept = 0;
    loop {
        let n = socket.fetch(&mut buf[kept..]);
        if n == 0 {
            return;
        }
        let (mut at, end) = (0, kept + n);
        while at < end {
            match server.read(&buf[at..end], to) {
                Ok(result) => {
                    at += result.len_from;
                    let kind = match result.message_type {
                        Type::Text => Kind::Text,
                        Type::Binary => Kind::Binary,
                        Type::Ping => Kind::Ping,
                        other => panic!("{other:?}"),
                    };
                    sum.piece(kind, &to[..result.len_to], result.end_of_message);
                }
                Err(Error::ReadFrameIncomplete) => break,
                Err(error) => panic!("{error}"),
            }
        }
        buf.copy_within(at..end, 0);
        kept = end - at;
    }
}

impl Peer for EmbeddedWebSocket {
    fn name(&self) -> &'static str {
        "embedded-websocket"
    }

    fn receive(&self, stream: &Stream, socket: Socket) -> Offer {
        let (mut server, mut buf, mut to) = (server(), vec![0; BUFFER], vec![0; BUFFER]);
        let pass = move |sum: &mut Sum| {
            socket.rewind();
            receive_all(&mut server, &socket, &mut buf, &mut to, sum);
        };
        Ok(Contender::new(pass)
            .lacks("takes frames without a mask")
            .lacks("reserved bits and the length of control frames are not checked")
            .lacks_if(stream.has_text, "no UTF-8 check")
            .lacks("the order of fragments is not checked")
            .lacks_if(stream.has_pings, "leaves the Pong to its user")
            .note("pieces, copied"))
    }

    fn messages(&self, _: &Stream, _: Socket) -> Offer {
        Err("assembles no messages if its input is a slice")
    }

    fn send(&self, len: usize, masked: bool) -> Offer {
        let mut out = vec![0; len + 14];
        if masked {
            let mut client = WebSocketClient::new_client(Draw(Keys::new()));
            client.state = WebSocketState::Open;
            return Ok(send_each(len, move |payload, sum| {
                let n = client.write(WebSocketSendMessageType::Binary, true, payload, &mut out).expect("room");
                sum.frame(&out[..n]);
            }));
        }
        let mut server = server();
        Ok(send_each(len, move |payload, sum| {
            let n = server.write(WebSocketSendMessageType::Binary, true, payload, &mut out).expect("room");
            sum.frame(&out[..n]);
        }))
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
                let fields = request.headers.iter().map(|field| (field.name, field.value));
                let found = read_http_header(fields).expect("fields").expect("an upgrade");
                let mut server = WebSocketServer::new_server();
                let n = server.server_accept(&found.sec_websocket_key, None, &mut out).expect("room");
                see(&out[..n]);
            },
            Some(ACCEPT),
        );
        Ok(contender.lacks("looks at Upgrade and the key only").note("with httparse, as its docs do it"))
    }

    fn connect(&self) -> Offer {
        let (socket, mut buf, mut out) = (socket(RESPONSE), [0; 1024], [0; 512]);
        let options = WebSocketOptions {
            path: "/chat/room?id=42",
            host: "localhost:8080",
            origin: "http://localhost:8080",
            sub_protocols: None,
            additional_headers: None,
        };
        let contender = each(
            move |see| {
                socket.rewind();
                let mut client = WebSocketClient::new_client(Draw(Keys::new()));
                let (written, key) = client.client_connect(&options, &mut out).expect("room");
                let n = socket.fetch(&mut buf);
                client.client_accept(&key, &buf[..n]).expect("agreed");
                see(&out[..written]);
            },
            Some(KEY),
        );
        Ok(contender.lacks("looks at the status and the accept value only"))
    }

    fn size(&self) -> Option<Size> {
        Some(Size::of::<WebSocketServer>(|_| Box::new(server())))
    }
}

/// Masking keys, and the nonce of the handshake.
struct Draw(Keys);

impl rand_core::RngCore for Draw {
    fn next_u32(&mut self) -> u32 {
        u32::from_ne_bytes(self.0.next())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from(self.next_u32())
    }

    fn fill_bytes(&mut self, to: &mut [u8]) {
        match to.len() {
            4 => to.copy_from_slice(&self.0.next()),
            n => to.copy_from_slice(&NONCE[..n]),
        }
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(to);
        Ok(())
    }
}
