//! `tungstenite`: `WebSocket::read` over memory that implements `Read` and `Write`.

use super::Peer;
use crate::End;
use crate::opening::{Asked, Judged, Verdict, keeps, written_value};
use crate::receiving::{MAX_MESSAGE, Seen, Transcript, answers};
use crate::twin::digest::base64;
use crate::wire::Wire;
use std::io::ErrorKind;
use tungstenite::handshake::HandshakeError;
use tungstenite::handshake::client::ClientHandshake;
use tungstenite::handshake::server::{NoCallback, Request, ServerHandshake};
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

pub struct Tungstenite;

/// The code that its errors stand for; it leaves the Close to its caller.
fn close_code(error: &Error) -> u16 {
    match error {
        Error::Utf8(_) => 1007,
        Error::Capacity(_) => 1009,
        Error::Protocol(_) => 1002,
        other => panic!("{other}"),
    }
}

impl Peer for Tungstenite {
    fn name(&self) -> &'static str {
        super::TUNGSTENITE
    }

    fn receive(&mut self, end: End, pieces: &[&[u8]]) -> Transcript {
        let wire = Wire::of(pieces);
        let role = if end == End::Server { Role::Server } else { Role::Client };
        let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
        let mut websocket = WebSocket::from_raw_socket(wire.clone(), role, Some(config));
        let (mut seen, mut words) = (vec![], String::new());
        loop {
            seen.push(match websocket.read() {
                Ok(Message::Text(text)) => Seen::Text(text.as_bytes().to_vec()),
                Ok(Message::Binary(bytes)) => Seen::Binary(bytes.to_vec()),
                Ok(Message::Ping(payload)) => Seen::Ping(payload.to_vec()),
                Ok(Message::Pong(payload)) => Seen::Pong(payload.to_vec()),
                Ok(Message::Close(None)) => Seen::Close(1005, vec![]),
                Ok(Message::Close(Some(close))) => Seen::Close(close.code.into(), close.reason.as_bytes().to_vec()),
                Ok(Message::Frame(frame)) => panic!("{frame}"),
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => break,
                Err(Error::ConnectionClosed) => break,
                Err(error) => {
                    words = error.to_string();
                    seen.push(Seen::Failed(Some(close_code(&error))));
                    break;
                }
            });
        }
        Transcript { seen, answers: Some(answers(&wire.written())), failure: None, words }
    }

    fn serve(&mut self, wire: &[u8]) -> Option<Judged> {
        let socket = Wire::of(&[wire]);
        Some(match ServerHandshake::start(socket.clone(), NoCallback, None).handshake() {
            Ok(_) => {
                let said = written_value(&socket.written(), "sec-websocket-accept");
                Judged::new(Verdict::Agreed { said, kept: None }, "")
            }
            Err(HandshakeError::Interrupted(_)) => Judged::new(Verdict::Waiting, ""),
            Err(HandshakeError::Failure(error)) => Judged::new(Verdict::Refused(None), error),
        })
    }

    fn connect(&mut self, asked: &Asked, wire: &[u8]) -> Option<Judged> {
        let mut request = Request::builder()
            .uri("ws://server.example.com/chat")
            .header("Host", "server.example.com")
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", base64(&asked.nonce));
        if !asked.subprotocols.is_empty() {
            request = request.header("Sec-WebSocket-Protocol", asked.subprotocols.join(", "));
        }
        let request = request.body(()).expect("a request");
        let handshake = ClientHandshake::start(Wire::of(&[wire]), request, None).expect("a handshake");
        Some(match handshake.handshake() {
            Ok((mut websocket, response)) => {
                let said =
                    response.headers().get("Sec-WebSocket-Protocol").map(|name| name.to_str().expect("a token").into());
                let kept = keeps(wire, || websocket.read().is_ok());
                Judged::new(Verdict::Agreed { said, kept }, "")
            }
            Err(HandshakeError::Interrupted(_)) => Judged::new(Verdict::Waiting, ""),
            Err(HandshakeError::Failure(Error::Http(response))) => {
                Judged::new(Verdict::Refused(Some(response.status().as_u16())), "")
            }
            Err(HandshakeError::Failure(error)) => Judged::new(Verdict::Refused(None), error),
        })
    }
}
