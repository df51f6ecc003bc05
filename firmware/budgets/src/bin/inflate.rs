//! Inflates compressed messages.
#![no_std]
#![no_main]

use upframe_budgets::{compression, write};

#[cortex_m_rt::entry]
fn main() -> ! {
    loop {
        compression::inflate(|piece, _| write(piece));
    }
}
