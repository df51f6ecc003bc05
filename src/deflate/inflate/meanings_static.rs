//! The meanings of all symbols, as tables that the compiler makes: for large machines.

use super::alphabet::{Alphabet, Entry, INVALID};

static LITERALS: [Entry; 288] = all(Alphabet::Literals);
static DISTANCES: [Entry; 32] = all(Alphabet::Distances);
static CODE_LENGTHS: [Entry; 19] = all(Alphabet::CodeLengths);

/// The meanings of one alphabet.
#[derive(Clone, Copy)]
pub(super) struct Meanings(&'static [Entry]);

impl Meanings {
    pub(super) fn of(alphabet: Alphabet) -> Self {
        Self(match alphabet {
            Alphabet::Literals => &LITERALS,
            Alphabet::Distances => &DISTANCES,
            Alphabet::CodeLengths => &CODE_LENGTHS,
        })
    }

    #[inline(always)]
    pub(super) fn get(self, symbol: u16) -> Entry {
        self.0.get(usize::from(symbol)).copied().unwrap_or(INVALID)
    }
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "only evaluated by the compiler, which would refuse an overflow"
)]
const fn all<const N: usize>(alphabet: Alphabet) -> [Entry; N] {
    let mut all = [0; N];
    let mut symbol = 0;
    while symbol < N {
        all[symbol] = alphabet.meaning(symbol as u16);
        symbol += 1;
    }
    all
}
