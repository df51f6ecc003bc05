//! Nothing but the stream: what the others are measured against.
#![no_std]
#![no_main]

use upframe_budgets::{random, read, write};

#[cortex_m_rt::entry]
fn main() -> ! {
    let mut buf = [0; 512];
    loop {
        let came = read(&mut buf);
        random(came);
        write(came);
    }
}
