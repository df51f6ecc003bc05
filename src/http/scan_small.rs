//! Runs of one class on small machines: all classes in one table, and bytes one at a time. Little code.

use super::class::Class;

static ASCII: [u8; 128] = {
    let mut table = [0; 128];
    let mut byte = 0;
    while byte < 128 {
        #[expect(clippy::indexing_slicing, reason = "only evaluated by the compiler; below 128")]
        {
            table[byte] = Class::set(byte as u8);
        }
        byte += 1;
    }
    table
};

/// Returns whether a byte is of a class.
pub(super) fn holds(class: Class, byte: u8) -> bool {
    all_of(byte) >> class as u8 & 1 == 1
}

/// Returns which classes a byte is of.
pub(super) fn all_of(byte: u8) -> u8 {
    // beyond ASCII all bytes are alike
    ASCII.get(usize::from(byte)).map_or(const { Class::set(0x80) }, |classes| *classes)
}

/// Returns how many bytes at the front are of a class.
#[inline(never)]
pub(super) fn len(class: Class, bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| !holds(class, *byte)).unwrap_or(bytes.len())
}
