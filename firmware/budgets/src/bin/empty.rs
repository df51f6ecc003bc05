//! Only the stream: the base that is subtracted from the other programs.
#![no_std]
#![no_main]

use upframe_budgets::{random, read, write};

#[upframe_budgets::entry]
fn main() -> ! {
    let mut buf = [0; 512];
    loop {
        let came = read(&mut buf);
        random(came);
        write(came);
    }
}
