//! `sockudo-ws`: `Protocol::process_into` on a `BytesMut`, and its handshakes over memory.

use super::Peer;
use crate::End;
use crate::opening::{Asked, FOLLOWS, Judged, Verdict, answer_to, keeps, written_value};
use crate::receiving::{MAX_MESSAGE, Seen, Transcript};
use crate::wire::{Wire, now};
use bytes::BytesMut;
use sockudo_ws::error::Error;
use sockudo_ws::handshake::{HandshakeResult, client_handshake, server_handshake};
use sockudo_ws::protocol::{Message, Protocol, Role};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

pub struct SockudoWs;

fn seen(message: Message) -> Seen {
    match message {
        Message::Text(bytes) => Seen::Text(bytes.to_vec()),
        Message::Binary(bytes) => Seen::Binary(bytes.to_vec()),
        Message::Ping(payload) => Seen::Ping(payload.to_vec()),
        Message::Pong(payload) => Seen::Pong(payload.to_vec()),
        Message::Close(None) => Seen::Close(1005, vec![]),
        Message::Close(Some(close)) => Seen::Close(close.code, close.reason.into_bytes()),
    }
}

/// The code that its errors stand for; it leaves the Close to its caller.
fn close_code(error: &Error) -> u16 {
    match error {
        Error::InvalidUtf8 => 1007,
        Error::MessageTooLarge | Error::FrameTooLarge => 1009,
        Error::InvalidFrame(_) | Error::Protocol(_) | Error::InvalidCloseCode(_) => 1002,
        other => panic!("{other}"),
    }
}

fn judged(
    result: Option<Result<HandshakeResult, Error>>,
    said: impl FnOnce(&HandshakeResult) -> Option<String>,
    wire: &[u8],
) -> Judged {
    match result {
        None => Judged::new(Verdict::Waiting, ""),
        Some(Ok(result)) => {
            let kept = keeps(wire, || result.leftover.as_deref() == Some(FOLLOWS));
            Judged::new(Verdict::Agreed { said: said(&result), kept }, "")
        }
        Some(Err(error)) => Judged::new(Verdict::Refused(None), error),
    }
}

impl Peer for SockudoWs {
    fn name(&self) -> &'static str {
        super::SOCKUDO_WS
    }

    fn receive(&mut self, end: End, pieces: &[&[u8]]) -> Transcript {
        let role = if end == End::Server { Role::Server } else { Role::Client };
        let mut protocol = Protocol::new(role, MAX_MESSAGE, MAX_MESSAGE);
        let (mut input, mut messages, mut transcript) = (BytesMut::new(), vec![], Transcript::default());
        for piece in pieces {
            input.extend_from_slice(piece);
            let result = protocol.process_into(&mut input, &mut messages);
            transcript.seen.extend(messages.drain(..).map(seen));
            if let Err(error) = result {
                transcript.words = error.to_string();
                transcript.seen.push(Seen::Failed(Some(close_code(&error))));
                break;
            }
            // its own streams stop here
            if matches!(transcript.seen.last(), Some(Seen::Close(..))) {
                break;
            }
        }
        transcript
    }

    fn serve(&mut self, wire: &[u8]) -> Option<Judged> {
        let mut socket = Wire::of(&[wire]);
        let result = now(server_handshake(&mut socket));
        Some(judged(result, |_| written_value(&socket.written(), "sec-websocket-accept"), wire))
    }

    fn connect(&mut self, asked: &Asked, wire: &[u8]) -> Option<Judged> {
        let socket = Wire::default();
        let (mut stream, list) = (socket.clone(), asked.subprotocols.join(", "));
        let protocol = (!list.is_empty()).then_some(&list[..]);
        let mut handshake = pin!(client_handshake(&mut stream, "server.example.com", "/chat", protocol));
        let mut context = Context::from_waker(Waker::noop());
        assert!(handshake.as_mut().poll(&mut context).is_pending());
        let key = written_value(&socket.written(), "sec-websocket-key").expect("a key");
        socket.put(&[&answer_to(&key, asked, wire)]);
        let result = match handshake.poll(&mut context) {
            Poll::Pending => None,
            Poll::Ready(result) => Some(result),
        };
        Some(judged(result, |result| result.protocol.clone(), wire))
    }
}
