//! The literals and matches of a block, kept until its codes are chosen.

use super::finder::Match;
use super::parse::{LONGEST_RUN, Sink};
use super::symbols::{DISTANCES, LITERALS, SHORTEST, distance_symbol, length_symbol};

/// More symbols than this do not go into a block, so that 16 bits count them, and codes fit the text that they are for.
const MOST_SYMBOLS: usize = 30_000;

/// How often each symbol of a block occurs, and the number of extra bits.
#[derive(Clone)]
pub(super) struct Counts {
    pub(super) literals: [u16; LITERALS],
    pub(super) distances: [u16; DISTANCES],
    pub(super) extra_bits: u32,
}

/// Keeps tokens: the number of literals (8 bits), the length of the match less 3 (8), its distance less 1 (16). A run of
/// [`LONGEST_RUN`] literals has no match.
pub(super) struct Tokens<'w> {
    tokens: &'w mut [u32],
    n: usize,
    symbols: usize,
    pub(super) counts: Counts,
    pub(super) furthest: usize,
}

impl<'w> Tokens<'w> {
    pub(super) fn new(tokens: &'w mut [u32]) -> Self {
        let counts = Counts { literals: [0; LITERALS], distances: [0; DISTANCES], extra_bits: 0 };
        Self { tokens, n: 0, symbols: 0, counts, furthest: 0 }
    }

    /// Returns the tokens. The literals at the end are not among them.
    pub(super) fn as_slice(&self) -> &[u32] {
        self.tokens.get(..self.n).unwrap_or_default()
    }

    /// Returns how many symbols there are, at least.
    pub(super) fn symbols(&self) -> usize {
        self.symbols
    }
}

/// Returns the number of literals of a token, and the match after them.
#[inline(always)]
pub(super) fn unpack(token: u32) -> (usize, Match) {
    let run = (token >> 24) as usize;
    if run == LONGEST_RUN {
        return (run, Match::NONE);
    }
    let len = (token >> 16 & 0xFF).wrapping_add(SHORTEST as u32) as usize;
    (run, Match { len, distance: (token & 0xFFFF).wrapping_add(1) as usize })
}

#[inline(always)]
fn count(counts: &mut [u16], symbol: u16) {
    if let Some(count) = counts.get_mut(usize::from(symbol)) {
        *count = count.wrapping_add(1);
    }
}

impl Sink for Tokens<'_> {
    #[inline(always)]
    fn literal(&mut self, byte: u8) {
        count(&mut self.counts.literals, byte.into());
    }

    #[inline(always)]
    fn token(&mut self, literals: &[u8], found: Match) -> bool {
        self.symbols = self.symbols.wrapping_add(literals.len()).wrapping_add(1);
        let mut token = (literals.len() as u32) << 24;
        if found.len > 0 {
            self.furthest = self.furthest.max(found.distance);
            let (len, distance) = (found.len.wrapping_sub(SHORTEST) as u8, found.distance.wrapping_sub(1) as u16);
            let (length, far) = (length_symbol(len), distance_symbol(distance));
            count(&mut self.counts.literals, length.symbol);
            count(&mut self.counts.distances, far.symbol);
            let extra = length.extra_bits.wrapping_add(far.extra_bits);
            self.counts.extra_bits = self.counts.extra_bits.wrapping_add(extra);
            token |= u32::from(len) << 16 | u32::from(distance);
        } else if literals.len() < LONGEST_RUN {
            return true;
        }
        if let Some(place) = self.tokens.get_mut(self.n) {
            *place = token;
            self.n = self.n.wrapping_add(1);
        }
        self.n == self.tokens.len() || self.symbols > MOST_SYMBOLS
    }
}
