//! A server that echoes, on a machine that has SHA-1.
#![no_std]
#![no_main]

use upframe_budgets::{random, server};

#[cortex_m_rt::entry]
fn main() -> ! {
    random(&mut [0; 4]);
    loop {
        server::serve(server::accept_by_machine);
    }
}
