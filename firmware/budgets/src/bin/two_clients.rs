//! Two types of clients, each with its own source of keys.
#![no_std]
#![no_main]

use upframe::connection::NoEntropy;
use upframe_budgets::{client, random};

#[upframe_budgets::entry]
fn main() -> ! {
    loop {
        client::session::<0, _>(|bytes: &mut [u8]| {
            random(bytes);
            Ok(())
        });
        let mut drawn = 0u32;
        client::session::<1, _>(move |bytes: &mut [u8]| {
            drawn = drawn.checked_add(1).ok_or(NoEntropy)?;
            random(bytes);
            Ok(())
        });
    }
}
