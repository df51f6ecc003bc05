//! One type of client, used in two places: what a second place costs by itself.
#![no_std]
#![no_main]

use upframe_budgets::{client, random};

fn keys(bytes: &mut [u8]) -> Result<(), upframe::connection::NoEntropy> {
    random(bytes);
    Ok(())
}

#[upframe_budgets::entry]
fn main() -> ! {
    loop {
        client::session::<0, _>(keys);
        client::session::<1, _>(keys);
    }
}
