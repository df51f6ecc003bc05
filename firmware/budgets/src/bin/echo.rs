//! A server that echoes: handshake with a subprotocol, refusals, all frames, the closing handshake.
#![no_std]
#![no_main]

use upframe::connection::{Connection, Limits, Server, Settings};
use upframe::handshake::{Outcome, Refusal, ServerHandshake, ServerOptions};
use upframe_budgets::{answer, random, read, write};

const SETTINGS: Settings = Settings::new().with_limits(Limits::SMALL_DEVICE);

#[upframe_budgets::entry]
fn main() -> ! {
    random(&mut [0; 4]);
    loop {
        serve();
    }
}

fn serve() {
    let (mut buf, mut out) = ([0; 512], [0; 512]);
    let mut handshake = ServerHandshake::new(ServerOptions::new().with_subprotocols(&["chat"]));
    loop {
        let mut input = read(&mut buf);
        if input.is_empty() {
            return;
        }
        let answer = match handshake.receive(&mut input) {
            None => continue,
            Some(Outcome::Upgrade(upgrade)) => match answer::accept(&handshake, &upgrade, SETTINGS, &mut out) {
                Ok((response, mut connection)) => {
                    write(response);
                    events(&mut connection, input, &mut out);
                    return echo(&mut connection, &mut buf, &mut out);
                }
                Err(_) => return,
            },
            Some(Outcome::PlainHttp(_)) => answer::refuse(Refusal::UpgradeRequired, &handshake, &mut out),
            Some(Outcome::Refusal(refusal)) => answer::refuse(refusal, &handshake, &mut out),
        };
        return write(answer.unwrap_or_default());
    }
}

fn echo(connection: &mut Connection<Server>, buf: &mut [u8], out: &mut [u8]) {
    while !connection.may_disconnect() {
        let input = read(buf);
        if input.is_empty() {
            connection.receive_eof();
        }
        events(connection, input, out);
    }
}

fn events(connection: &mut Connection<Server>, mut input: &mut [u8], out: &mut [u8]) {
    while let Some(event) = connection.receive(&mut input) {
        if let Some(piece) = event.as_fragment()
            && let Ok(frame) = connection.send(piece, out)
        {
            write(frame);
        }
        // there is room for all that is queued
        let n = connection.poll_transmit(out);
        write(out.get(..n).unwrap_or_default());
    }
}
