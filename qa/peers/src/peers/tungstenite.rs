//! `tungstenite`: `WebSocket::read` over memory that implements `Read` and `Write`.

use crate::peer::{Contender, Keys, Offer, Peer, Size};
use crate::rows::handshake::{ACCEPT, KEY, REQUEST, RESPONSE, each, socket};
use crate::rows::send::{payload, send_each};
use crate::socket::Socket;
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use std::hint::black_box;
use std::io::ErrorKind;
use tungstenite::handshake::client::ClientHandshake;
use tungstenite::handshake::derive_accept_key;
use tungstenite::handshake::machine::TryParse;
use tungstenite::handshake::server::{Request, create_response, write_response};
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Bytes, Error, Message, WebSocket};

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

    fn send(&self, len: usize, masked: bool) -> Offer {
        let (mut keys, mut out, bytes) = (Keys::new(), Vec::with_capacity(len + 14), Bytes::from(payload(len)));
        let contender = send_each(len, move |_, sum| {
            out.clear();
            let mut frame = Frame::message(bytes.clone(), OpCode::Data(Data::Binary), true);
            frame.header_mut().mask = masked.then(|| keys.next());
            frame.format(&mut out).expect("a frame");
            sum.frame(&out);
        });
        Ok(contender.note("the payload is in `Bytes` already"))
    }

    fn serve(&self) -> Offer {
        let (socket, mut buf, mut out) = (socket(REQUEST), [0; 1024], Vec::new());
        let contender = each(
            move |see| {
                socket.rewind();
                let n = socket.fetch(&mut buf);
                let (_, request) = Request::try_parse(&buf[..n]).expect("a request").expect("all of it");
                let response = create_response(&request).expect("a response");
                out.clear();
                write_response(&mut out, &response).expect("room");
                see(&out);
            },
            Some(ACCEPT),
        );
        Ok(contender.note("a request with all its fields on the heap"))
    }

    fn connect(&self) -> Offer {
        let socket = socket(RESPONSE);
        let contender = each(
            move |see| {
                socket.rewind();
                let request = Request::builder()
                    .uri("ws://localhost:8080/chat/room?id=42")
                    .header("Host", "localhost:8080")
                    .header("Connection", "Upgrade")
                    .header("Upgrade", "websocket")
                    .header("Sec-WebSocket-Version", "13")
                    .header("Sec-WebSocket-Key", KEY);
                let request = request.body(()).expect("a request");
                let handshake = ClientHandshake::start(socket.clone(), request, None).expect("a handshake");
                black_box(handshake.handshake().expect("agreed"));
                socket.written(|request| see(request));
            },
            Some(KEY),
        );
        Ok(contender.note("with the connection and its buffers"))
    }

    fn accept_key(&self) -> Offer {
        Ok(each(|see| see(derive_accept_key(black_box(KEY.as_bytes())).as_bytes()), Some(ACCEPT)))
    }

    fn size(&self) -> Option<Size> {
        Some(Size::of::<WebSocket<Socket>>(|socket| {
            let mut websocket = server(socket);
            receive_all(&mut websocket, &mut Sum::default());
            Box::new(websocket)
        }))
    }
}
