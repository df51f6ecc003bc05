//! DEFLATE streams that cost much for their length, without a fault.

use crate::stream::{Bits, ORDER, codes};

/// Inputs that cost much for their length.
pub fn hostile() -> Vec<(String, Vec<u8>)> {
    let mut all = vec![];
    // bombs: a literal for each byte of the period, and matches of 258 bytes
    for distance in [1usize, 2, 3, 5, 7, 9, 13, 15, 16, 31, 32] {
        // the length has 1 bit, and the distance 1
        let symbol = (0..30).rev().find(|symbol| base(*symbol) <= distance).unwrap();
        let mut bits = Bits::default();
        bits.put(0, 3);
        bits.align();
        bits.put_bytes(&(distance as u16).to_le_bytes());
        bits.put_bytes(&(!(distance as u16)).to_le_bytes());
        bits.put_bytes(&(0..distance as u8).collect::<Vec<_>>());
        let mut literals = vec![0; 286];
        (literals[285], literals[256]) = (1, 1);
        let mut distances = vec![0; 30];
        distances[symbol] = 1;
        dynamic(&mut bits, &literals, &distances);
        let length = codes(&literals)[285];
        for _ in 0..40_000 {
            bits.put_code(length);
            bits.put_code((0, 1));
            bits.put((distance - base(symbol)) as u64, (symbol as u32 / 2).saturating_sub(1));
        }
        bits.put_code(codes(&literals)[256]);
        bits.put(0, 3);
        all.push((format!("matches of 258 at distance {distance}"), bits.into_bytes()));
    }
    // empty blocks, each with its own codes: few, long, and all that exist
    for (name, longest, used) in [("few", 1u8, 0usize), ("of up to 15 bits", 15, 14), ("of 8 bits", 8, 255)] {
        let mut bits = Bits::default();
        let mut literals = vec![0; 286];
        literals[256] = longest;
        for (at, place) in literals.iter_mut().take(used).enumerate() {
            *place = if longest == 15 { at as u8 + 1 } else { longest };
        }
        if longest == 15 {
            literals[20] = 15;
        }
        for _ in 0..2000 {
            dynamic(&mut bits, &literals, &[0]);
            bits.put_code(codes(&literals)[256]);
        }
        bits.put(0, 3);
        all.push((format!("empty blocks with codes: {name}"), bits.into_bytes()));
    }
    let mut bits = Bits::default();
    for _ in 0..100_000 {
        bits.put(0b010, 3);
        bits.put(0, 7);
    }
    bits.put(0, 3);
    all.push(("empty fixed blocks".into(), bits.into_bytes()));
    let mut bits = Bits::default();
    for _ in 0..40_000 {
        bits.put(0, 3);
        bits.align();
        bits.put_bytes(&[0, 0, 0xFF, 0xFF]);
    }
    bits.put(0, 3);
    all.push(("empty stored blocks".into(), bits.into_bytes()));
    all
}

fn base(symbol: usize) -> usize {
    if symbol < 4 { symbol + 1 } else { ((2 + symbol % 2) << (symbol / 2 - 1)) + 1 }
}

/// The header of a dynamic block, as short as it can be: zeros in runs, and a code for those lengths that occur.
fn dynamic(bits: &mut Bits, literals: &[u8], distances: &[u8]) {
    let lens = [literals, distances].concat();
    let mut symbols = vec![];
    let mut at = 0;
    while at < lens.len() {
        let run = lens[at..].iter().take_while(|len| **len == lens[at]).count();
        if lens[at] == 0 && run >= 11 {
            symbols.push((18, run.min(138) as u64 - 11, 7));
            at += run.min(138);
        } else if at > 0 && lens[at] == lens[at - 1] && run >= 3 {
            symbols.push((16, run.min(6) as u64 - 3, 2));
            at += run.min(6);
        } else {
            symbols.push((usize::from(lens[at]), 0, 0));
            at += 1;
        }
    }
    let mut used: Vec<usize> = symbols.iter().map(|(symbol, ..)| *symbol).collect();
    used.sort_unstable();
    used.dedup();
    let mut of = [0u8; 19];
    for (at, symbol) in used.iter().enumerate() {
        of[*symbol] = (at as u8 + 1).min(used.len() as u8 - 1);
    }
    if used.len() > 8 {
        // a flat code
        of = [5; 19];
        of[..13].fill(4);
    }
    let count = (4..=19).rev().find(|count| of[ORDER[count - 1]] > 0).unwrap_or(4);
    bits.put(2 << 1, 3);
    bits.put(literals.len() as u64 - 257, 5);
    bits.put(distances.len() as u64 - 1, 5);
    bits.put(count as u64 - 4, 4);
    for symbol in &ORDER[..count] {
        bits.put(of[*symbol].into(), 3);
    }
    let codes = codes(&of);
    for (symbol, extra, n) in symbols {
        bits.put_code(codes[symbol]);
        bits.put(extra, n);
    }
}
