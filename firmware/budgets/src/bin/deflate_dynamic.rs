//! Inflates compressed messages, and compresses them again with codes of their own.
#![no_std]
#![no_main]

use upframe::deflate::Balanced;
use upframe_budgets::compression;

#[upframe_budgets::entry]
fn main() -> ! {
    loop {
        compression::echo::<_, 64>(Balanced);
    }
}
