//! After a panic: prints it on the serial line and restarts the board.

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
// SAFETY: it does not return, and uses only the serial line.
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    let _ = write!(Uart, "\r\nHARD FAULT at {:#x}\r\n", frame.pc());
    SCB::sys_reset()
}
