//! `embedded-websocket`: the `Framer` that its documentation recommends. The caller parses the head of a request with
//! httparse, as in its server example. The server example reads the head into the buffer of the framer and forgets
//! how long it was: frames in the same segment are handed over here as its client does it.

use super::{ROOM, Stack, answer_request, key};
use crate::script::{Begins, Check, End, Script, Seen};
use crate::wire::{ScriptEnds, Wire};
use embedded_websocket::framer::{Framer, FramerError, ReadResult, Stream};
use embedded_websocket::{
    EmptyRng, WebSocket, WebSocketClient, WebSocketOptions, WebSocketServer, WebSocketState, WebSocketType,
    read_http_header,
};
use rand_core_06::RngCore;

pub const STACK: Stack = Stack {
    name: "embedded-websocket",
    version: "0.9.5",
    kind: "messages; the head of a request is the caller's",
    leaves: |end, check| end == End::Server && check == Check::Head,
    play: |script, wire| Some(play(script, wire)),
};

impl Stream<ScriptEnds> for Wire {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, ScriptEnds> {
        Wire::read(self, buf)
    }

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), ScriptEnds> {
        Wire::write(self, bytes);
        Ok(())
    }
}

struct Keys;

impl RngCore for Keys {
    fn next_u32(&mut self) -> u32 {
        0x5A5A_5A5A
    }

    fn next_u64(&mut self) -> u64 {
        0x5A5A_5A5A_5A5A_5A5A
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        key(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core_06::Error> {
        key(bytes);
        Ok(())
    }
}

fn play(script: &Script, wire: &Wire) -> Seen {
    let (mut buf, mut cursor, mut out) = ([0; ROOM], 0, [0; ROOM]);
    match script.end {
        End::Server => {
            let mut websocket = WebSocketServer::new_server();
            if script.begins == Begins::Open {
                websocket.state = WebSocketState::Open;
            } else {
                match accept(&mut websocket, wire) {
                    None => return Seen::default(),
                    Some(Err(())) => return Seen { failed: true, ..Seen::default() },
                    Some(Ok(())) => {}
                }
            }
            read(Framer::new(&mut buf, &mut cursor, &mut out, &mut websocket), wire)
        }
        End::Client => {
            let mut websocket = WebSocketClient::new_client(Keys);
            if script.begins == Begins::Open {
                websocket.state = WebSocketState::Open;
            }
            let mut framer = Framer::new(&mut buf, &mut cursor, &mut out, &mut websocket);
            if script.begins == Begins::Opening {
                let options = WebSocketOptions {
                    path: "/",
                    host: "a",
                    origin: "http://a",
                    sub_protocols: None,
                    additional_headers: None,
                };
                match framer.connect(&mut wire.clone(), &options) {
                    Ok(_) => {}
                    Err(FramerError::Io(ScriptEnds)) => return Seen::default(),
                    Err(_) => return Seen { failed: true, ..Seen::default() },
                }
            }
            read(framer, wire)
        }
    }
}

/// Answers a request, as the server example does.
fn accept(websocket: &mut WebSocket<EmptyRng, embedded_websocket::Server>, wire: &Wire) -> Option<Result<(), ()>> {
    answer_request(wire, |fields| {
        let context = read_http_header(fields.iter().map(|field| (field.name, field.value)));
        let context = context.ok().flatten().ok_or(())?;
        let (mut cursor, mut out) = (0, [0; ROOM]);
        let mut no_buf = [];
        let mut framer = Framer::new(&mut no_buf, &mut cursor, &mut out, websocket);
        framer.accept(&mut wire.clone(), &context).map_err(drop)
    })
}

fn read<T: RngCore, R: WebSocketType>(mut framer: Framer<T, R>, wire: &Wire) -> Seen {
    let mut seen = Seen { opened: true, ..Seen::default() };
    let mut message = [0; ROOM];
    loop {
        match framer.read(&mut wire.clone(), &mut message) {
            Ok(ReadResult::Text(text)) => seen.messages.push(text.as_bytes().to_vec()),
            Ok(ReadResult::Binary(bytes)) => seen.messages.push(bytes.to_vec()),
            Ok(ReadResult::Pong(_)) => {}
            Ok(ReadResult::Closed) => return Seen { closed: true, ..seen },
            Err(FramerError::Io(ScriptEnds)) => return seen,
            Err(_) => return Seen { failed: true, ..seen },
        }
    }
}
