//! A client: handshake with a subprotocol, one message, an echo of what it receives, the closing handshake.

use crate::{answer, read, write};
use upframe::connection::{Connection, Entropy, Event, Limits, Settings};
use upframe::frame::CloseCode;
use upframe::handshake::{Answer, ClientRequest, Uri};

/// Runs one session of a client. `PLACE` makes two copies differ that have the same type.
#[inline(never)]
pub fn session<const PLACE: u16, E: Entropy>(mut entropy: E) {
    let (mut buf, mut out) = ([0; 512], [0; 512]);
    let Ok(uri) = Uri::parse("ws://server.example.com/chat") else { return };
    let request = ClientRequest::new(uri).with_subprotocols(&["chat"]);
    let Ok(mut handshake) = answer::begin(request, &mut entropy) else { return };
    write(handshake.write_request(&mut out).unwrap_or_default());
    let (mut connection, mut input) = loop {
        let mut input = read(&mut buf);
        if input.is_empty() {
            return;
        }
        match handshake.receive(&mut input) {
            None => {}
            Some(Answer::Agreed(agreed)) => {
                break (agreed.connect(entropy, Settings::new().with_limits(Limits::SMALL_DEVICE)), input);
            }
            Some(_) => return,
        }
    };
    loop {
        events::<PLACE, E>(&mut connection, input, &mut out);
        if connection.may_disconnect() {
            return;
        }
        input = read(&mut buf);
        if input.is_empty() {
            connection.receive_eof();
        }
    }
}

fn events<const PLACE: u16, E: Entropy>(
    connection: &mut Connection<upframe::connection::Client<E>>,
    mut input: &mut [u8],
    out: &mut [u8],
) {
    while let Some(event) = connection.receive(&mut input) {
        let sent = match &event {
            Event::Text(piece) => connection.send(piece, out),
            Event::Binary(piece) => connection.send(piece, out),
            Event::Pong => connection.close(CloseCode(4000 + PLACE), "bye").map(|()| &[][..]),
            _ => Ok(&[][..]),
        };
        write(sent.unwrap_or_default());
        // there is room for all that is queued
        let n = connection.poll_transmit(out);
        write(out.get(..n).unwrap_or_default());
    }
}
