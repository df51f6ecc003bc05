//! Room for the codes of one block.

use super::alphabet::{Alphabet, Entry};
use super::bits::Word;
use super::code::{BadCode, Code, Incomplete, at};
use super::error::InflateViolation;
use ::core::fmt;

/// The most code lengths that a block has: 288 literals and lengths, and 32 distances (RFC 1951 §3.2.6). A block that
/// brings its codes has at most 286 and 30.
pub(super) const MOST_LENGTHS: usize = 288 + 32;

/// The code lengths of a block.
#[derive(Clone, Eq, PartialEq)]
pub(super) struct Lengths {
    /// Those of literals and lengths, then those of distances, then zeros.
    pub(super) all: [u8; MOST_LENGTHS],
    /// How many are those of literals and lengths. 0: these are the lengths of no block.
    pub(super) literals: u16,
    pub(super) distances: u16,
}

impl Lengths {
    pub(super) const NONE: Self = Self { all: [0; MOST_LENGTHS], literals: 0, distances: 0 };
}

/// What the symbols of a block are decoded with.
pub(super) trait Codes {
    /// The most bits of an entry of a literal or length that is not `LONG`, without extra bits.
    #[cfg(not(upframe_small))]
    const LITERAL_BITS: u32;
    /// The same of a distance.
    #[cfg(not(upframe_small))]
    const DISTANCE_BITS: u32;
    /// Whether `LONG` entries are so frequent that the rounds look further, which takes registers from all others.
    #[cfg(not(upframe_small))]
    const OFTEN_LONG: bool;
    /// Whether they are those of fixed blocks.
    #[cfg(not(upframe_small))]
    const ARE_FIXED: bool;
    /// The entry for the next bits, which is `LONG` if the code is longer than the table's.
    fn literal(&self, word: Word) -> Entry;
    fn distance(&self, word: Word) -> Entry;
    /// The entry of a code that is longer than the table's.
    fn long_literal(&self, word: Word) -> Entry;
    fn long_distance(&self, word: Word) -> Entry;
}

/// Caller-provided memory for the Huffman codes of one block, with tables of `L` entries for literals and lengths, and
/// `D` for distances.
///
/// Use [`FastTables`] or [`SmallTables`]. Both inflate the same data; codes that are longer than a table's take a slower
/// way. `L` is a power of two from 128, `D` one from 32, to 32,768; anything else does not compile.
///
/// **All connections of a thread can share one.** It holds nothing that a connection needs later: an inflater compares
/// what the tables were built for with what its block needs, and builds them again if they differ.
///
/// ```
/// use upframe::deflate::{FastTables, Inflater};
/// let mut tables = FastTables::new();
/// let (mut one, mut two) = (Inflater::new([0; 512]), Inflater::new([0; 512]));
/// let mut input = &b"\xf2\x48\xcd\xc9\xc9\x07\x00"[..]; // RFC 7692 §7.2.3.1
/// let piece = one.inflate(&mut tables, &mut input, true).unwrap().unwrap();
/// assert_eq!(piece.as_bytes(), b"Hello");
/// assert_eq!(two.inflate(&mut tables, &mut &b"\xf2"[..], false), Ok(None));
/// ```
#[derive(Clone)]
pub struct Tables<const L: usize, const D: usize> {
    pub(super) literals: Code<288, L>,
    pub(super) distances: Code<32, D>,
    /// What both were built for.
    pub(super) built: Lengths,
    /// What `literals` was built for, if it is the code for code lengths; 0 if not.
    pub(super) length_code: u64,
}

/// Tables for servers: 6.2 KB. Their 10 bits for literals and 8 for distances hold nearly every code that occurs.
pub type FastTables = Tables<1024, 256>;

/// Tables for microcontrollers: 1.7 KB.
pub type SmallTables = Tables<128, 32>;

impl<const L: usize, const D: usize> Tables<L, D> {
    /// Creates tables of no block.
    pub const fn new() -> Self {
        const {
            assert!(L.is_power_of_two() && L >= 128 && L <= 1 << 15, "L is not a power of two from 128 to 32768");
            assert!(D.is_power_of_two() && D >= 32 && D <= 1 << 15, "D is not a power of two from 32 to 32768");
        }
        Self { literals: Code::EMPTY, distances: Code::EMPTY, built: Lengths::NONE, length_code: 0 }
    }

    /// Builds the codes of a block, unless they are here.
    pub(super) fn build(&mut self, lengths: &Lengths) -> Result<(), InflateViolation> {
        if self.built == *lengths {
            return Ok(());
        }
        // of no block until both are built
        self.built.literals = 0;
        self.length_code = 0;
        let (literals, rest) = lengths.all.split_at_checked(usize::from(lengths.literals)).unwrap_or_default();
        let distances = rest.get(..usize::from(lengths.distances)).unwrap_or_default();
        self.literals.build(literals, Alphabet::Literals, Incomplete::UpToOneBit).map_err(|bad| match bad {
            BadCode::Oversubscribed => InflateViolation::LiteralCodeOversubscribed,
            BadCode::Incomplete => InflateViolation::LiteralCodeIncomplete,
        })?;
        self.distances.build(distances, Alphabet::Distances, Incomplete::UpToOneBit).map_err(|bad| match bad {
            BadCode::Oversubscribed => InflateViolation::DistanceCodeOversubscribed,
            BadCode::Incomplete => InflateViolation::DistanceCodeIncomplete,
        })?;
        self.built = lengths.clone();
        Ok(())
    }

    /// Builds the code for code lengths, unless it is here: 19 lengths of 3 bits, by symbol.
    pub(super) fn build_length_code(&mut self, lengths: u64) -> Result<(), InflateViolation> {
        if self.length_code == lengths && lengths != 0 {
            return Ok(());
        }
        self.built.literals = 0;
        self.length_code = 0;
        // 19 lengths, and zeros
        let mut lens = [0; 24];
        for (k, len) in (0..).zip(&mut lens).take(19) {
            *len = (lengths.wrapping_shr(u32::wrapping_mul(3, k)) & 7) as u8;
        }
        self.literals.build_short(&lens).map_err(|bad| match bad {
            BadCode::Oversubscribed => InflateViolation::LengthCodeOversubscribed,
            BadCode::Incomplete => InflateViolation::LengthCodeIncomplete,
        })?;
        self.length_code = lengths;
        Ok(())
    }
}

impl<const L: usize, const D: usize> Codes for Tables<L, D> {
    #[cfg(not(upframe_small))]
    const LITERAL_BITS: u32 = L.trailing_zeros();
    #[cfg(not(upframe_small))]
    const DISTANCE_BITS: u32 = D.trailing_zeros();
    #[cfg(not(upframe_small))]
    const OFTEN_LONG: bool = L < 512 || D < 128;
    #[cfg(not(upframe_small))]
    const ARE_FIXED: bool = false;

    #[inline(always)]
    fn literal(&self, word: Word) -> Entry {
        at(&self.literals.table, word)
    }

    #[inline(always)]
    fn distance(&self, word: Word) -> Entry {
        at(&self.distances.table, word)
    }

    #[inline(always)]
    fn long_literal(&self, word: Word) -> Entry {
        self.literals.long(word, Alphabet::Literals)
    }

    #[inline(always)]
    fn long_distance(&self, word: Word) -> Entry {
        self.distances.long(word, Alphabet::Distances)
    }
}

impl<const L: usize, const D: usize> Default for Tables<L, D> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const L: usize, const D: usize> fmt::Debug for Tables<L, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tables<{L}, {D}>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_take_the_memory_that_the_documentation_states() {
        assert!(size_of::<SmallTables>() <= 1_700, "{}", size_of::<SmallTables>());
        assert!(size_of::<FastTables>() <= 6_200, "{}", size_of::<FastTables>());
    }
}
