//! Values that the compiler knows nothing about, and a destination for results.

use core::hint::black_box;
use core::{ptr, slice, str};
use upframe::connection::{MessageKind, NoEntropy, Place};
use upframe::frame::{MaskingKey, Opcode, ReservedBits};

/// A register that returns another value each time.
const REGISTER: *const usize = 0x4000_C000 as *const usize;
/// Part of the RAM.
const MEMORY: *mut u8 = 0x2000_8000 as *mut u8;

/// Returns any number.
#[inline(never)]
pub fn word() -> usize {
    // SAFETY: a register that can be read at any time.
    unsafe { ptr::read_volatile(REGISTER) }
}

/// Returns any 64-bit number.
pub fn long() -> u64 {
    (word() as u64) << 32 | word() as u64
}

/// Returns `true` or `false`.
pub fn flag() -> bool {
    word() & 1 == 1
}

/// Returns any byte.
pub fn byte() -> u8 {
    word() as u8
}

/// Returns any bytes. The program never runs, so it does not matter that they overlap.
#[inline(never)]
pub fn bytes() -> &'static mut [u8] {
    let (start, len) = (word() & 0xFFF, word() & 0x3FFF);
    // SAFETY: memory of the board that nothing else uses.
    unsafe { slice::from_raw_parts_mut(MEMORY.add(start), len) }
}

/// Returns any text.
pub fn text() -> &'static str {
    // SAFETY: the program never runs. Callers of upframe guarantee that a `str` is UTF-8.
    unsafe { str::from_utf8_unchecked(bytes()) }
}

/// Returns some texts.
pub fn texts() -> &'static [&'static str] {
    sink([text(), text(), text()]);
    // SAFETY: as above.
    unsafe { slice::from_raw_parts(MEMORY.cast(), word() & 0xFF) }
}

/// Returns some fields.
pub fn fields() -> &'static [(&'static str, &'static str)] {
    // SAFETY: as above.
    unsafe { slice::from_raw_parts(MEMORY.cast(), word() & 0xFF) }
}

/// Returns a masking key or `None`.
pub fn key() -> Option<MaskingKey> {
    flag().then(|| MaskingKey((word() as u32).to_ne_bytes()))
}

/// Returns any reserved bits.
pub fn reserved_bits() -> ReservedBits {
    ReservedBits::of_first_byte(byte())
}

/// Returns any opcode.
pub fn opcode() -> Opcode {
    Opcode::from_bits(byte()).unwrap_or(Opcode::Text)
}

/// Returns either kind.
pub fn kind() -> MessageKind {
    if flag() { MessageKind::Text } else { MessageKind::Binary }
}

/// Returns any place.
pub fn place() -> Place {
    Place::new(flag(), flag())
}

/// A source of keys that may fail.
pub fn entropy(bytes: &mut [u8]) -> Result<(), NoEntropy> {
    bytes.fill(byte());
    if flag() { Ok(()) } else { Err(NoEntropy) }
}

/// Keeps a result from being optimised away.
#[inline(always)]
pub fn sink<T>(value: T) {
    black_box(value);
}
