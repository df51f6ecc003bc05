//! Inflates compressed messages.
#![no_std]
#![no_main]

use upframe_budgets::{compression, write};

#[upframe_budgets::entry]
fn main() -> ! {
    loop {
        compression::inflate(|piece, _| write(piece));
    }
}
