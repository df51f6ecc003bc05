//! `tungstenite`: `WebSocket::read` over memory that implements `Read` and `Write`.

use crate::peer::{Contender, Offer, Peer};
use crate::socket::Socket;
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use std::io::ErrorKind;
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

pub struct Tungstenite;

fn server(socket: Socket) -> WebSocket<Socket> {
    let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
    WebSocket::from_raw_socket(socket, Role::Server, Some(config))
}

fn receive_all(websocket: &mut WebSocket<Socket>, sum: &mut Sum) {
    loop {
        match websocket.read() {
            Ok(Message::Text(text)) => sum.piece(Kind::Text, text.as_bytes(), true),
            Ok(Message::Binary(bytes)) => sum.piece(Kind::Binary, &bytes, true),
            Ok(Message::Ping(bytes)) => sum.piece(Kind::Ping, &bytes, true),
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return,
            other => panic!("{other:?}"),
        }
    }
}

impl Peer for Tungstenite {
    fn name(&self) -> &'static str {
        "tungstenite"
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
}
