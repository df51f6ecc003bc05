//! A server after its handshake: frames in, frames out, the closing handshake.
#![no_std]
#![no_main]

use upframe::connection::{Connection, Event, Limits, Settings};
use upframe::frame::CloseCode;
use upframe_budgets::{random, read, write};

#[upframe_budgets::entry]
fn main() -> ! {
    random(&mut [0; 4]);
    loop {
        serve();
    }
}

fn serve() {
    let (mut buf, mut out) = ([0; 512], [0; 512]);
    let mut connection = Connection::server(Settings::new().with_limits(Limits::SMALL_DEVICE));
    while !connection.may_disconnect() {
        let mut input = read(&mut buf);
        if input.is_empty() {
            connection.receive_eof();
        }
        while let Some(event) = connection.receive(&mut input) {
            let sent = match &event {
                Event::Text(piece) => connection.send(piece, &mut out),
                Event::Binary(piece) => connection.send(piece, &mut out),
                Event::Pong => connection.close(CloseCode::GOING_AWAY, "bye").map(|()| &[][..]),
                _ => Ok(&[][..]),
            };
            write(sent.unwrap_or_default());
            // there is room for all that is queued
            let n = connection.poll_transmit(&mut out);
            write(out.get(..n).unwrap_or_default());
        }
    }
}
