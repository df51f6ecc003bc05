//! What every measured program has: a stream of bytes, and a panic handler that stops. See `run`.
#![no_std]

pub mod answer;
pub mod client;
pub mod compression;
#[cfg(feature = "console")]
pub mod console;
pub mod embedded;

#[cfg(target_arch = "arm")]
pub use cortex_m_rt::entry;
#[cfg(target_arch = "riscv32")]
pub use riscv_rt::entry;

#[cfg(not(feature = "console"))]
use core::panic::PanicInfo;
use core::ptr;

/// The registers of the stream: bytes in and out, and how many are there. The compiler knows nothing about their
/// values.
const DATA: *mut u8 = 0x4000_C000 as *mut u8;
const WAITING: *const usize = 0x4000_C018 as *const usize;

/// Reads bytes into the front of `buf`. Returns 0 once the stream has ended.
#[inline(never)]
pub fn read(buf: &mut [u8]) -> &mut [u8] {
    // SAFETY: registers of this address can be read at any time.
    let waiting = unsafe { ptr::read_volatile(WAITING) };
    let len = waiting.min(buf.len());
    let Some((came, _)) = buf.split_at_mut_checked(len) else { return &mut [] };
    // SAFETY: as above.
    came.fill_with(|| unsafe { ptr::read_volatile(DATA) });
    came
}

/// Reads more after the first `len` bytes of `buf`. Returns `false` once the stream has ended or the buffer is full.
pub fn fill(buf: &mut [u8], len: &mut usize) -> bool {
    let came = buf.get_mut(*len..).map_or(0, |rest| read(rest).len());
    *len = len.wrapping_add(came);
    came > 0
}

/// Writes all of `bytes`.
#[inline(never)]
pub fn write(bytes: &[u8]) {
    for byte in bytes {
        // SAFETY: registers of this address can be written at any time.
        unsafe { ptr::write_volatile(DATA, *byte) };
    }
}

/// Fills the buffer with key material.
#[inline(never)]
pub fn random(bytes: &mut [u8]) {
    // SAFETY: as in `read`.
    bytes.fill_with(|| unsafe { ptr::read_volatile(DATA) });
}

#[cfg(not(feature = "console"))]
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}
