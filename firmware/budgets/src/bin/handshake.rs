//! The server's opening handshake alone, with its refusals.
#![no_std]
#![no_main]

use upframe::connection::{Limits, Settings};
use upframe::handshake::{Outcome, Refusal, ServerHandshake, ServerOptions};
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
    let mut handshake = ServerHandshake::new(ServerOptions::new().with_subprotocols(&["chat"]));
    loop {
        let mut input = read(&mut buf);
        if input.is_empty() {
            return;
        }
        let answer = match handshake.receive(&mut input) {
            None => continue,
            Some(Outcome::Upgrade(upgrade)) => handshake
                .accept(&upgrade, Settings::new().with_limits(Limits::SMALL_DEVICE), &[], &mut out)
                .map(|(response, _)| response),
            Some(Outcome::PlainHttp(_)) => Refusal::UpgradeRequired.write(handshake.method(), &mut out),
            Some(Outcome::Refusal(refusal)) => refusal.write(handshake.method(), &mut out),
        };
        return write(answer.unwrap_or_default());
    }
}
