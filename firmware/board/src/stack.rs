//! How deep the stack has been: it was painted before `main`, and what lost its paint was used.

use cortex_m_rt::STACK_PAINT_VALUE;

unsafe extern "C" {
    /// Where statics end, which is as far as the stack may grow; from the linker script.
    static _stack_end: u32;
    /// Where the stack begins; it grows down.
    static _stack_start: u32;
}

/// Bytes that the stack may take: all RAM that no static lies in.
pub fn size() -> usize {
    (&raw const _stack_start as usize) - (&raw const _stack_end as usize)
}

/// Bytes that it has taken at most since the start.
pub fn high_water() -> usize {
    let end = &raw const _stack_end;
    let words = size() / 4;
    let painted = |word: &usize| {
        // SAFETY: between the two symbols lie aligned words of RAM. Rust knows no object there that this could race with: below
        // the stack pointer nothing lives, and the words above it are only compared with the paint.
        unsafe { end.add(*word).read_volatile() == STACK_PAINT_VALUE }
    };
    let free = (0..words).take_while(painted).count();
    (words - free) * 4
}
