//! Writes a block with the codes that make it the shortest (RFC 1951 §3.2.3).

use super::bit_writer::BitWriter;
use super::code::{self, Codes};
use super::fixed_block::put_stored;
#[cfg(upframe_small)]
use super::fixed_small as fixed;
#[cfg(not(upframe_small))]
use super::fixed_static as fixed;
use super::huffman::{self, LONGEST_CODE};
use super::length_runs::{LENGTH_SYMBOLS, ORDER, runs};
use super::put::{put_literals, put_match, put_symbol};
use super::symbols::{DISTANCES, END, LITERALS};
use super::tokens::{Counts, Tokens, unpack};

/// Codes of their own do not pay for fewer symbols: sending them takes about 40 bytes.
const FEW_SYMBOLS: usize = 32;
/// At least so many lengths of literals are sent (RFC 1951 §3.2.7: HLIT + 257).
const LEAST_LITERALS: usize = 257;
/// The longest code for code lengths has 7 bits, since 3 bits tell its length.
const LONGEST_LENGTH_CODE: usize = 7;
/// At least so many lengths of the code for code lengths are sent (RFC 1951 §3.2.7: HCLEN + 4).
const LEAST_LENGTHS: usize = 4;

/// The lengths of the codes of a block, as they are sent (RFC 1951 §3.2.7).
struct Header {
    /// Those of literals and distances in a row.
    lengths: [u16; LITERALS + DISTANCES],
    literals: usize,
    distances: usize,
    /// The lengths of the code for these.
    length_lengths: [u16; LENGTH_SYMBOLS],
    length_count: usize,
    /// How many bits it takes.
    size: u32,
}

/// Writes `bytes`, which are the tokens, as one block. `short`: the size in bytes below which codes of their own are not
/// tried. Returns whether there are matches in it.
#[inline(never)]
pub(super) fn write_block(bytes: &[u8], tokens: &mut Tokens<'_>, short: u32, bits: &mut BitWriter<'_>) -> bool {
    let counts = &mut tokens.counts;
    if let Some(count) = counts.literals.get_mut(usize::from(END)) {
        *count = 1;
    }
    let extra = counts.extra_bits;
    // the lengths of the fixed codes of literals and lengths, by the symbols that have them
    let fixed = [(0, 144), (144, 112), (256, 24), (280, 6)].map(|(from, n)| {
        let counts = counts.literals.iter().skip(from).take(n);
        sum(counts.map(|count| u32::from(*count))).wrapping_mul(code::fixed_len(from as u16))
    });
    let distances = sum(counts.distances.iter().map(|count| u32::from(*count)));
    let fixed =
        sum(fixed.into_iter()).wrapping_add(distances.wrapping_mul(code::FIXED_DISTANCE_LEN)).wrapping_add(extra);
    // the length of the bytes, twice, and what the current byte lacks
    let padding = bits.held.wrapping_add(3).wrapping_neg() & 7;
    let stored = (bytes.len() as u32).wrapping_mul(8).wrapping_add(32).wrapping_add(padding);
    let counts = counts.clone();
    let mut dynamic = None;
    if tokens.symbols() >= FEW_SYMBOLS && fixed >= short.wrapping_mul(8) {
        let header = Header::new(&counts);
        let size = header.size.wrapping_add(header.cost(&counts)).wrapping_add(extra);
        dynamic = Some((size, header)).filter(|(size, _)| *size < fixed);
    }
    let best = dynamic.as_ref().map_or(fixed, |(size, _)| *size);
    if stored <= best && bytes.len() <= 0xFFFF {
        put_stored(bits, bytes);
        return false;
    }
    match &dynamic {
        Some((_, header)) => {
            header.write(bits);
            write_tokens(bytes, tokens.as_slice(), &header.codes(), bits);
        }
        None => {
            // BTYPE 01, not the last one
            bits.put(0b010, 3);
            fixed::with_codes(|codes| write_tokens(bytes, tokens.as_slice(), codes, bits));
        }
    }
    true
}

fn sum(numbers: impl Iterator<Item = u32>) -> u32 {
    numbers.fold(0, u32::wrapping_add)
}

/// Writes the symbols of a block, and its end.
fn write_tokens(bytes: &[u8], tokens: &[u32], codes: &Codes, bits: &mut BitWriter<'_>) {
    let mut own = bits.up_to(usize::MAX);
    let mut rest = bytes;
    for token in tokens {
        let (run, found) = unpack(*token);
        let Some((now, after)) = rest.split_at_checked(run) else { break };
        put_literals(&mut own, now, codes);
        rest = after.get(found.len..).unwrap_or_default();
        if found.len > 0 {
            put_match(&mut own, found, |symbol| codes.literal(symbol), |symbol| codes.distance(symbol));
        }
        if own.overflow {
            break;
        }
    }
    put_literals(&mut own, rest, codes);
    put_symbol(&mut own, codes.literal(END));
    let mark = own.mark();
    bits.go_to(mark);
}

impl Header {
    /// Makes codes for symbols that occur so often.
    fn new(counts: &Counts) -> Self {
        let (mut literal_lengths, mut distance_lengths) = (counts.literals, counts.distances);
        huffman::lengths(&mut literal_lengths, LONGEST_CODE);
        huffman::lengths(&mut distance_lengths, LONGEST_CODE);
        let literals = used(&literal_lengths).max(LEAST_LITERALS);
        let distances = used(&distance_lengths);
        let mut lengths = [0; LITERALS + DISTANCES];
        let both = literal_lengths.iter().take(literals).chain(distance_lengths.iter().take(distances));
        for (place, len) in lengths.iter_mut().zip(both) {
            *place = *len;
        }
        let mut length_counts = [0u16; LENGTH_SYMBOLS];
        let mut size = 0u32;
        let sent = lengths.get(..literals.wrapping_add(distances)).unwrap_or_default();
        runs(sent, |symbol, _, extra_bits| {
            size = size.wrapping_add(extra_bits);
            if let Some(count) = length_counts.get_mut(usize::from(symbol)) {
                *count = count.wrapping_add(1);
            }
        });
        let mut length_lengths = length_counts;
        huffman::lengths(&mut length_lengths, LONGEST_LENGTH_CODE);
        let in_order = ORDER.map(|symbol| length_lengths.get(usize::from(symbol)).copied().unwrap_or(0));
        let length_count = used(&in_order).max(LEAST_LENGTHS);
        // HLIT, HDIST and HCLEN take 14 bits
        size = size.wrapping_add(14).wrapping_add((length_count as u32).wrapping_mul(3));
        size = size.wrapping_add(cost(&length_counts, &length_lengths));
        Self { lengths, literals, distances, length_lengths, length_count, size }
    }

    /// Returns the lengths of the codes of distances.
    fn distance_lengths(&self) -> &[u16] {
        self.lengths.get(self.literals..self.literals.wrapping_add(self.distances)).unwrap_or_default()
    }

    /// Returns how many bits the codes of all symbols take.
    fn cost(&self, counts: &Counts) -> u32 {
        let literals = self.lengths.get(..self.literals).unwrap_or_default();
        cost(&counts.literals, literals).wrapping_add(cost(&counts.distances, self.distance_lengths()))
    }

    fn write(&self, bits: &mut BitWriter<'_>) {
        // BTYPE 10, not the last one
        bits.put(0b100, 3);
        bits.put(self.literals.wrapping_sub(LEAST_LITERALS) as u32, 5);
        bits.put(self.distances.wrapping_sub(1) as u32, 5);
        bits.put(self.length_count.wrapping_sub(LEAST_LENGTHS) as u32, 4);
        for symbol in ORDER.iter().take(self.length_count) {
            bits.put(self.length_lengths.get(usize::from(*symbol)).copied().unwrap_or(0).into(), 3);
        }
        let mut codes = [0; LENGTH_SYMBOLS];
        huffman::codes(&self.length_lengths, &mut codes);
        let sent = self.lengths.get(..self.literals.wrapping_add(self.distances)).unwrap_or_default();
        runs(sent, |symbol, extra, extra_bits| {
            put_symbol(bits, codes.get(usize::from(symbol)).copied().unwrap_or(0));
            bits.put(extra, extra_bits);
        });
    }

    fn codes(&self) -> Codes {
        let mut codes = Codes { literals: [0; LITERALS], distances: [0; DISTANCES] };
        huffman::codes(self.lengths.get(..self.literals).unwrap_or_default(), &mut codes.literals);
        huffman::codes(self.distance_lengths(), &mut codes.distances);
        codes
    }
}

/// Returns the number of lengths up to the last that is not 0.
fn used(lengths: &[u16]) -> usize {
    lengths.iter().rposition(|len| *len > 0).map_or(0, |last| last.wrapping_add(1))
}

fn cost(counts: &[u16], lengths: &[u16]) -> u32 {
    sum(counts.iter().zip(lengths).map(|(count, len)| u32::from(*count).wrapping_mul((*len).into())))
}
