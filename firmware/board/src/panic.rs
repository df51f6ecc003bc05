//! The end: said on the serial line, and then the board starts again.

use crate::uart::Uart;
use core::fmt::Write;
use core::panic::PanicInfo;
use cortex_m::peripheral::SCB;
use cortex_m_rt::{ExceptionFrame, exception};

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    let _ = write!(Uart, "\r\nPANIC {info}\r\n");
    SCB::sys_reset()
}

#[exception]
// SAFETY: it does not return, and touches the serial line only.
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    let _ = write!(Uart, "\r\nHARD FAULT at {:#x}\r\n", frame.pc());
    SCB::sys_reset()
}
