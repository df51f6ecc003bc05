//! One type of client.
#![no_std]
#![no_main]

use upframe_budgets::{client, random};

#[upframe_budgets::entry]
fn main() -> ! {
    loop {
        client::session::<0, _>(|bytes: &mut [u8]| {
            random(bytes);
            Ok(())
        });
    }
}
