//! The meanings of all symbols, computed when they are needed: for small machines, where tables cost more than time.

use super::alphabet::{Alphabet, Entry};

/// The meanings of one alphabet.
#[derive(Clone, Copy)]
pub(super) struct Meanings(Alphabet);

impl Meanings {
    pub(super) fn of(alphabet: Alphabet) -> Self {
        Self(alphabet)
    }

    pub(super) fn get(self, symbol: u16) -> Entry {
        self.0.meaning(symbol)
    }
}
