//! `embedded-websocket`: `WebSocket::read` from the bytes of each read to memory of its user.

use super::BUFFER;
use crate::peer::{Contender, Offer, Peer};
use crate::socket::Socket;
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use embedded_websocket::{Error, WebSocketReceiveMessageType as Type, WebSocketServer, WebSocketState};

pub struct EmbeddedWebSocket;

fn server() -> WebSocketServer {
    let mut server = WebSocketServer::new_server();
    server.state = WebSocketState::Open;
    server
}

/// A header must lie whole in the input: what is left of one is kept in front of the next read.
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
            .lacks_if(stream.has_fragments, "the order of fragments is not checked")
            .lacks_if(stream.has_pings, "leaves the Pong to its user")
            .note("pieces, copied"))
    }

    fn messages(&self, _: &Stream, _: Socket) -> Offer {
        Err("puts no messages together where its input is a slice")
    }
}
