//! How far a run of bytes of one class reaches. Two ways with the same result: words on most machines, bytes on small
//! ones.

use super::class::Class;
#[cfg(upframe_small)]
use super::scan_small as way;
#[cfg(not(upframe_small))]
use super::scan_words as way;

impl Class {
    /// Returns whether a byte is of this class.
    #[inline(always)]
    pub(crate) fn holds(self, byte: u8) -> bool {
        way::holds(self, byte)
    }

    /// Returns the classes that a byte is of: a bit for each.
    #[inline(always)]
    pub(super) fn all_of(byte: u8) -> u8 {
        way::all_of(byte)
    }

    /// Returns how many bytes at the front are of this class.
    #[inline(always)]
    pub(crate) fn len(self, bytes: &[u8]) -> usize {
        way::len(self, bytes)
    }
}

/// Returns whether a byte may appear in a token (RFC 9110 §5.6.2).
#[inline(always)]
pub(crate) fn is_tchar(byte: u8) -> bool {
    Class::Token.holds(byte)
}

#[cfg(test)]
mod tests {
    use super::super::{scan_small, scan_words};
    use super::*;

    #[test]
    fn both_ways_know_the_class_of_every_byte() {
        for byte in 0..=255 {
            for class in Class::ALL {
                let ways = (scan_small::holds(class, byte), scan_words::holds(class, byte));
                assert_eq!(ways, (class.has(byte), class.has(byte)), "{byte:#x}");
            }
            assert_eq!(is_tchar(byte), Class::Token.has(byte), "{byte:#x}");
        }
    }

    #[test]
    fn runs_end_at_the_first_byte_of_another_class_wherever_it_is() {
        for len in 0..40 {
            for at in 0..len {
                for byte in 0..=255 {
                    let mut bytes = vec![b'7'; len];
                    bytes[at] = byte;
                    for class in Class::ALL {
                        let naive = bytes.iter().position(|byte| !class.has(*byte)).unwrap_or(len);
                        assert_eq!(class.len(&bytes), naive, "{len} {at} {byte}");
                        assert_eq!(scan_small::len(class, &bytes), naive, "{len} {at} {byte}");
                        assert_eq!(scan_words::len(class, &bytes), naive, "{len} {at} {byte}");
                    }
                }
            }
        }
    }
}
