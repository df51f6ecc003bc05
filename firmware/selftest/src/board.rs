//! Start, console and end on the emulated boards.

use core::fmt::{self, Write};
use core::panic::PanicInfo;

#[cfg(target_arch = "arm")]
#[cortex_m_rt::entry]
fn main() -> ! {
    run()
}

#[cfg(target_arch = "riscv32")]
#[riscv_rt::entry]
fn main() -> ! {
    run()
}

fn run() -> ! {
    exit(upframe_selftest::run(&mut Console))
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let _ = writeln!(Console, "{info}");
    exit(false)
}

struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(put);
        Ok(())
    }
}

/// Semihosting, which the emulator provides.
#[cfg(target_arch = "arm")]
fn call(operation: usize, argument: usize) {
    // SAFETY: the calling convention of semihosting.
    unsafe { core::arch::asm!("bkpt 0xAB", inout("r0") operation => _, in("r1") argument, options(nostack)) };
}

#[cfg(target_arch = "arm")]
fn put(byte: u8) {
    call(0x03, (&raw const byte).addr()); // SYS_WRITEC
}

#[cfg(target_arch = "arm")]
fn exit(passed: bool) -> ! {
    loop {
        call(0x18, if passed { 0x2_0026 } else { 0x2_0023 }); // SYS_EXIT: success or failure
    }
}

#[cfg(target_arch = "riscv32")]
fn put(byte: u8) {
    // SAFETY: the UART of the machine `virt`.
    unsafe { core::ptr::write_volatile(0x1000_0000 as *mut u8, byte) };
}

#[cfg(target_arch = "riscv32")]
fn exit(passed: bool) -> ! {
    loop {
        // SAFETY: the device that ends the machine `virt` with a status.
        unsafe { core::ptr::write_volatile(0x10_0000 as *mut u32, if passed { 0x5555 } else { 0x1_3333 }) };
    }
}
