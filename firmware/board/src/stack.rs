//! Measures the depth of the stack: it is painted before `main`, and words that lost their paint were used.

use cortex_m_rt::STACK_PAINT_VALUE;

unsafe extern "C" {
    /// The end of the statics, from the linker script. The stack may grow down to here.
    static _stack_end: u32;
    /// The start of the stack; it grows down.
    static _stack_start: u32;
}

/// Returns the bytes available for the stack: all RAM without statics.
pub fn size() -> usize {
    (&raw const _stack_start as usize) - (&raw const _stack_end as usize)
}

/// Returns the highest number of bytes that the stack has used since the start.
pub fn high_water() -> usize {
    let end = &raw const _stack_end;
    let words = size() / 4;
    let painted = |word: &usize| {
        // SAFETY: between the two symbols are aligned words of RAM. No Rust object there can race with this: below the
        // stack pointer nothing is alive, and the words above it are only compared with the paint.
        unsafe { end.add(*word).read_volatile() == STACK_PAINT_VALUE }
    };
    let free = (0..words).take_while(painted).count();
    (words - free) * 4
}
