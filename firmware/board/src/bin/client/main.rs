//! c
#![no_std]
#![no_main]
use upframe_board as _;
#[cortex_m_rt::entry]
fn main() -> ! {
    loop {
        cortex_m::asm::wfi()
    }
}
