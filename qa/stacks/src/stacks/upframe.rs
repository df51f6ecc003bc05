//! `upframe`: the loop of its documentation.

use super::{ROOM, Stack, key};
use crate::script::{Begins, End, Script, Seen};
use crate::wire::Wire;
use upframe::connection::{Connection, Endpoint, Event, Limits, NoEntropy, Settings};
use upframe::handshake::{Answer, ClientHandshake, ClientRequest, Outcome, ServerHandshake, ServerOptions, Uri};
use upframe::message::{Message, MessageAssembler};

pub const STACK: Stack = Stack {
    name: "upframe",
    version: "",
    kind: "whole protocol",
    leaves: |_, _| false,
    play: |script, wire| Some(play(script, wire)),
};

type Keys = fn(&mut [u8]) -> Result<(), NoEntropy>;

fn keys(bytes: &mut [u8]) -> Result<(), NoEntropy> {
    key(bytes);
    Ok(())
}

fn play(script: &Script, wire: &Wire) -> Seen {
    let endpoint = match script.end {
        End::Server => Endpoint::Server,
        End::Client => Endpoint::Client(keys as Keys),
    };
    let mut seen = Seen::default();
    let settings = Settings::new().with_limits(Limits::SERVER.with_message(ROOM as u64));
    let mut first = vec![];
    if script.begins == Begins::Opening {
        let opened = match script.end {
            End::Server => serve(wire),
            End::Client => connect(wire),
        };
        match opened {
            None => return seen,
            Some(Err(())) => return Seen { failed: true, ..seen },
            Some(Ok(rest)) => first = rest,
        }
    }
    seen.opened = true;
    let mut connection = Connection::endpoint(endpoint, settings);
    let (mut memory, mut buf, mut out) = ([0; ROOM], [0; ROOM], [0; ROOM]);
    let mut assembler = MessageAssembler::new(&mut memory);
    loop {
        let mut input = &mut first[..];
        while let Some(event) = connection.receive(&mut input) {
            let message = match event {
                Event::Text(piece) => assembler.push(piece),
                Event::Binary(piece) => assembler.push(piece),
                Event::Close(_) => {
                    seen.closed = true;
                    Ok(None)
                }
                Event::Failed(_) => {
                    seen.failed = true;
                    Ok(None)
                }
                _ => Ok(None),
            };
            match message {
                Ok(Some(Message::Text(text))) => seen.messages.push(text.as_bytes().to_vec()),
                Ok(Some(Message::Binary(bytes))) => seen.messages.push(bytes.to_vec()),
                Ok(None) => {}
                Err(_) => seen.failed = true,
            }
            let n = connection.poll_transmit(&mut out);
            wire.write(&out[..n]);
        }
        let Ok(n) = wire.read(&mut buf) else { return seen };
        first = buf[..n].to_vec();
    }
}

/// Answers a request. What follows its head, an error, or `None` if it is not whole.
fn serve(wire: &Wire) -> Option<Result<Vec<u8>, ()>> {
    let mut handshake = ServerHandshake::new(ServerOptions::new());
    let (mut buf, mut out) = ([0; ROOM], [0; ROOM]);
    loop {
        let n = wire.read(&mut buf).ok()?;
        let mut input = &mut buf[..n];
        let refusal = match handshake.receive(&mut input) {
            None => continue,
            Some(Outcome::Upgrade(upgrade)) => {
                let response = handshake.accept(&upgrade, Settings::new(), &[], &mut out);
                wire.write(response.expect("room").0);
                return Some(Ok(input.to_vec()));
            }
            Some(Outcome::PlainHttp(_)) => upframe::handshake::Refusal::UpgradeRequired,
            Some(Outcome::Refusal(refusal)) => refusal,
        };
        wire.write(refusal.write(handshake.method(), &mut out).expect("room"));
        return Some(Err(()));
    }
}

fn connect(wire: &Wire) -> Option<Result<Vec<u8>, ()>> {
    let request = ClientRequest::new(Uri::parse("ws://a/").expect("a URI"));
    let mut handshake = ClientHandshake::new(request, &mut (keys as Keys)).expect("a request");
    let (mut buf, mut out) = ([0; ROOM], [0; ROOM]);
    wire.write(handshake.write_request(&mut out).expect("room"));
    loop {
        let n = wire.read(&mut buf).ok()?;
        let mut input = &mut buf[..n];
        match handshake.receive(&mut input) {
            None => {}
            Some(Answer::Agreed(_)) => return Some(Ok(input.to_vec())),
            Some(_) => return Some(Err(())),
        }
    }
}
