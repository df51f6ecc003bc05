//! A server that echoes, with upframe-embedded: handshake, keepalive, time limits, messages, the closing handshake.
#![no_std]
#![no_main]

use upframe_budgets::embedded::{Stream, Timer, block_on, echo};
use upframe_embedded::accept;

#[upframe_budgets::entry]
fn main() -> ! {
    loop {
        let (mut receive, mut send) = ([0; 512], [0; 512]);
        let _ = block_on(async { echo(accept(Stream, Timer, &mut receive, &mut send).await?).await });
    }
}
