//! `tokio-websockets`: the stream of messages, polled over memory.

use super::Peer;
use crate::End;
use crate::opening::{Asked, Judged, Verdict, answer_to, keeps, written_value};
use crate::receiving::{Answer, MAX_MESSAGE, Seen, Transcript, answers};
use crate::wire::{Wire, now};
use futures_util::{Sink as _, Stream as _};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use tokio_websockets::proto::ProtocolError;
use tokio_websockets::upgrade;
use tokio_websockets::{ClientBuilder, Error, Limits, Message, ServerBuilder, WebSocketStream};
use tungstenite::http::{HeaderName, HeaderValue};

pub struct TokioWebSockets;

fn next(websocket: &mut WebSocketStream<Wire>) -> Option<Result<Message, Error>> {
    match Pin::new(websocket).poll_next(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(message) => message,
        Poll::Pending => None,
    }
}

fn close_code(error: &Error) -> u16 {
    match error {
        Error::Protocol(ProtocolError::InvalidUtf8) => 1007,
        Error::Protocol(_) => 1002,
        Error::PayloadTooLong { .. } => 1009,
        other => panic!("{other}"),
    }
}

fn refused(error: &Error) -> Judged {
    let status = match error {
        Error::Upgrade(upgrade::Error::DidNotSwitchProtocols(status)) => Some(*status),
        _ => None,
    };
    Judged::new(Verdict::Refused(status), error)
}

/// The handshake succeeded: whether what follows comes out of the stream.
fn agreed(websocket: &mut WebSocketStream<Wire>, said: Option<String>, wire: &[u8]) -> Judged {
    let kept = keeps(wire, || next(websocket).is_some());
    Judged::new(Verdict::Agreed { said, kept }, "")
}

impl Peer for TokioWebSockets {
    fn name(&self) -> &'static str {
        super::TOKIO_WEBSOCKETS
    }

    fn receive(&mut self, end: End, pieces: &[&[u8]]) -> Transcript {
        let (wire, limits) = (Wire::of(pieces), Limits::default().max_payload_len(Some(MAX_MESSAGE)));
        let mut websocket = match end {
            End::Server => ServerBuilder::new().limits(limits).serve(wire.clone()),
            End::Client => ClientBuilder::new().limits(limits).take_over(wire.clone()),
        };
        let (mut seen, mut words, mut failed) = (vec![], String::new(), None);
        while let Some(message) = next(&mut websocket) {
            seen.push(match message {
                Ok(message) if message.is_text() => Seen::Text(message.as_payload().to_vec()),
                Ok(message) if message.is_binary() => Seen::Binary(message.as_payload().to_vec()),
                Ok(message) if message.is_ping() => Seen::Ping(message.as_payload().to_vec()),
                Ok(message) if message.is_pong() => Seen::Pong(message.as_payload().to_vec()),
                Ok(message) => {
                    let (code, reason) = message.as_close().expect("a Close");
                    Seen::Close(code.into(), reason.as_bytes().to_vec())
                }
                Err(error) => {
                    words = error.to_string();
                    failed = Some(close_code(&error));
                    Seen::Failed(Some(close_code(&error)))
                }
            });
            if failed.is_some() {
                break;
            }
        }
        // its Pongs and its Close go out when there is time
        assert!(Pin::new(&mut websocket).poll_flush(&mut Context::from_waker(Waker::noop())).is_ready());
        let mut answers = answers(&wire.written());
        // a message that is too big only when its fragments are joined gets no Close
        if failed.is_some() && answers.last() == Some(&Answer::Close(failed)) {
            answers.pop();
        }
        Transcript { seen, answers: Some(answers), failure: None, words }
    }

    fn serve(&mut self, wire: &[u8]) -> Option<Judged> {
        let socket = Wire::of(&[wire]);
        Some(match now(ServerBuilder::new().accept(socket.clone())) {
            None => Judged::new(Verdict::Waiting, ""),
            Some(Ok((_, mut websocket))) => {
                agreed(&mut websocket, written_value(&socket.written(), "sec-websocket-accept"), wire)
            }
            Some(Err(error)) => {
                // its answer is always the same
                let status = socket.written().starts_with(b"HTTP/1.1 400 ").then_some(400);
                Judged::new(Verdict::Refused(status), error)
            }
        })
    }

    fn connect(&mut self, asked: &Asked, wire: &[u8]) -> Option<Judged> {
        let socket = Wire::default();
        let mut builder = ClientBuilder::new().uri("ws://server.example.com/chat").expect("a URI");
        if !asked.subprotocols.is_empty() {
            let list = HeaderValue::from_str(&asked.subprotocols.join(", ")).expect("tokens");
            let name = HeaderName::from_static("sec-websocket-protocol");
            builder = builder.add_header(name, list).expect("a field of the caller's");
        }
        let mut handshake = pin!(builder.connect_on(socket.clone()));
        let mut context = Context::from_waker(Waker::noop());
        assert!(handshake.as_mut().poll(&mut context).is_pending());
        let key = written_value(&socket.written(), "sec-websocket-key").expect("a key");
        socket.put(&[&answer_to(&key, asked, wire)]);
        Some(match handshake.poll(&mut context) {
            Poll::Pending => Judged::new(Verdict::Waiting, ""),
            Poll::Ready(Ok((mut websocket, response))) => {
                let value = response.headers().get("Sec-WebSocket-Protocol");
                let said = value.map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned());
                agreed(&mut websocket, said, wire)
            }
            Poll::Ready(Err(error)) => refused(&error),
        })
    }
}
