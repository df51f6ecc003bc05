//! The next place on most machines: a table, which the compiler makes from the rules.

use super::authority_rules::{Place, next as search};
use super::class::Class;

const PLACES: usize = Place::Invalid as usize + 1;

static NEXT: [[(Place, bool); PLACES]; 128] = {
    let mut table = [[(Place::Invalid, false); PLACES]; 128];
    let mut byte = 0;
    while byte < 128 {
        let mut first = Place::ALL.as_slice();
        while let [place, rest @ ..] = first {
            #[expect(clippy::indexing_slicing, reason = "only evaluated by the compiler")]
            {
                let lower = (byte as u8).to_ascii_lowercase();
                table[byte][*place as usize] = search(*place, lower, Class::set(byte as u8));
            }
            first = rest;
        }
        byte += 1;
    }
    table
};

/// Returns the place that a byte leads to from another place, and whether it is a digit that counts.
#[inline(always)]
pub(super) fn next(place: Place, byte: u8) -> (Place, bool) {
    let of_byte = NEXT.get(usize::from(byte)).and_then(|places| places.get(place as usize));
    of_byte.copied().unwrap_or((Place::Invalid, false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::authority_small;

    #[test]
    fn both_ways_lead_to_the_same_place() {
        for byte in 0..=255 {
            for place in Place::ALL {
                assert_eq!(next(place, byte), authority_small::next(place, byte), "{place:?} {byte:#x}");
            }
        }
    }
}
