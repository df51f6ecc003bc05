//! `websocketz`: the loops of its documentation.

use super::{ROOM, Stack, key};
use crate::script::{Begins, End, Script, Seen};
use crate::wire::{Wire, run};
use rand_core_010::TryRng;
use std::cell::RefCell;
use std::convert::Infallible;
use websocketz::http::Header;
use websocketz::options::{AcceptOptions, ConnectOptions};
use websocketz::{Message, WebSocket, next};

pub const STACK: Stack = Stack {
    name: "websocketz",
    version: "0.2.0",
    kind: "whole protocol",
    leaves: |_, _| false,
    play: |script, wire| Some(play(script, wire)),
};

struct Keys;

impl TryRng for Keys {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(0x5A5A_5A5A)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(0x5A5A_5A5A_5A5A_5A5A)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        key(bytes);
        Ok(())
    }
}

fn play(script: &Script, wire: &Wire) -> Seen {
    let seen = RefCell::new(Seen::default());
    let (mut read, mut write, mut fragments) = ([0; ROOM], [0; ROOM], [0; ROOM]);
    run(async {
        let (read, write, fragments) = (&mut read, &mut write, &mut fragments);
        let websocket = match (script.end, script.begins) {
            (End::Server, Begins::Open) => Ok(WebSocket::server(wire.clone(), Keys, read, write, fragments)),
            (End::Client, Begins::Open) => Ok(WebSocket::client(wire.clone(), Keys, read, write, fragments)),
            (End::Server, Begins::Opening) => {
                WebSocket::accept::<16>(AcceptOptions::default(), wire.clone(), Keys, read, write, fragments).await
            }
            (End::Client, Begins::Opening) => {
                let host = [Header { name: "Host", value: b"a" }];
                let options = ConnectOptions::default().with_headers(&host);
                WebSocket::connect::<16>(options, wire.clone(), Keys, read, write, fragments).await
            }
        };
        let Ok(mut websocket) = websocket else {
            seen.borrow_mut().failed = true;
            return;
        };
        seen.borrow_mut().opened = true;
        loop {
            let next = next!(websocket);
            let mut seen = seen.borrow_mut();
            match next {
                Some(Ok(Message::Text(text))) => seen.messages.push(text.as_bytes().to_vec()),
                Some(Ok(Message::Binary(bytes))) => seen.messages.push(bytes.to_vec()),
                Some(Ok(_)) => {}
                Some(Err(_)) => return seen.failed = true,
                None => return seen.closed = true,
            }
        }
    });
    seen.into_inner()
}
