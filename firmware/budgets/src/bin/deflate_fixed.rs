//! Inflates compressed messages, and compresses them again with the fixed codes.
#![no_std]
#![no_main]

use upframe::deflate::Fast;
use upframe_budgets::compression;

#[upframe_budgets::entry]
fn main() -> ! {
    loop {
        compression::echo::<_, 0>(Fast);
    }
}
