//! Huffman codes from the number of times that each symbol occurs (RFC 1951 §3.2.2).

use super::code::{Word, word};
use super::sorting::{Leaf, add, put, rarest_first};
use super::symbols::LITERALS;

/// The longest code of any alphabet but that of code lengths (RFC 1951 §3.2.7).
pub(super) const LONGEST_CODE: usize = 15;
/// More than the depth of any tree. A leaf at depth d needs a Fibonacci number of symbols, F(d + 2), and a block has
/// less than 2¹⁵ symbols, which is less than F(24).
const DEPTHS: usize = 32;

/// Replaces each count by the length of the symbol's code, at most `longest` bits, or 0 if it does not occur. The sum
/// of the counts is below 2¹⁵.
///
/// At least two symbols get a code, so that it is complete: some decoders accept no other.
#[inline(never)]
pub(super) fn lengths(counts: &mut [u16], longest: usize) {
    let mut all = [0; LITERALS];
    let leaves = rarest_first(counts, &mut all);
    counts.fill(0);
    let per_length = limit(leaves_per_depth(leaves), longest);
    // the most frequent symbols get the shortest codes
    let mut rest = leaves.iter().rev();
    for (len, number) in per_length.into_iter().enumerate() {
        for leaf in rest.by_ref().take(number.into()) {
            if let Some(place) = counts.get_mut((leaf & 0xFFFF) as usize) {
                *place = len as u16;
            }
        }
    }
}

/// Builds the tree of sorted leaves, and returns how many leaves there are at each depth.
///
/// The two lightest nodes become one, until one is left. New nodes come in the order of their weights, so the lightest
/// is always at the front of the leaves or at the front of the nodes.
fn leaves_per_depth(leaves: &[Leaf]) -> [u16; DEPTHS] {
    // the weight of each node; once it has a parent, the number of that; at the end its depth
    let mut nodes = [0u16; LITERALS];
    let last = leaves.len().saturating_sub(2);
    let (mut leaf, mut node) = (0usize, 0usize);
    for next in 0..=last {
        let mut sum = 0u16;
        for _ in 0..2 {
            let from_leaves = leaves.get(leaf).map(|leaf| (leaf >> 16) as u16);
            let from_nodes = nodes.get(node).copied().filter(|_| node < next);
            let weight = match (from_leaves, from_nodes) {
                (Some(weight), light) if light.is_none_or(|light| weight <= light) => {
                    leaf = leaf.wrapping_add(1);
                    weight
                }
                (_, light) => {
                    put(&mut nodes, node, next as u16);
                    node = node.wrapping_add(1);
                    light.unwrap_or_default()
                }
            };
            sum = sum.wrapping_add(weight);
        }
        put(&mut nodes, next, sum);
    }
    put(&mut nodes, last, 0);
    let mut inner = [0u16; DEPTHS];
    for node in (0..=last).rev() {
        let mut depth = 0;
        if node < last {
            let parent = nodes.get(node).copied().unwrap_or_default();
            depth = nodes.get(usize::from(parent)).copied().unwrap_or_default().wrapping_add(1);
            put(&mut nodes, node, depth);
        }
        if let Some(number) = inner.get_mut(usize::from(depth)) {
            *number = number.wrapping_add(1);
        }
    }
    // A node has two children, and those that are not nodes are leaves.
    let mut found = [0; DEPTHS];
    let mut parents = 0u16;
    for (found, inner) in found.iter_mut().zip(inner) {
        *found = parents.wrapping_mul(2).wrapping_sub(inner);
        parents = inner;
    }
    // the root is a child of nothing
    put(&mut found, 0, 0);
    found
}

/// Makes codes of more than `longest` bits shorter, and others longer, until all fit.
///
/// A code of n bits takes up 2^(longest - n) of 2^longest places. Codes that were cut take up too many. Each step takes
/// one of the longest codes away, and makes two codes of a shorter one, one bit longer than it was: one place is free
/// after it.
fn limit(mut per_length: [u16; DEPTHS], longest: usize) -> [u16; DEPTHS] {
    let mut places = 0u32;
    let mut cut = 0u16;
    for (len, number) in per_length.iter_mut().enumerate() {
        if len > longest {
            cut = cut.wrapping_add(core::mem::take(number));
        }
    }
    if let Some(number) = per_length.get_mut(longest) {
        *number = number.wrapping_add(cut);
    }
    for (len, number) in per_length.iter().enumerate().take(longest.wrapping_add(1)).skip(1) {
        places = places.wrapping_add(u32::from(*number).wrapping_shl(longest.wrapping_sub(len) as u32));
    }
    while places > 1u32.wrapping_shl(longest as u32) {
        places = places.wrapping_sub(1);
        let shorter = per_length.get(..longest).unwrap_or_default().iter().rposition(|number| *number > 0);
        let Some(at) = shorter else { break };
        add(&mut per_length, longest, 1u16.wrapping_neg());
        add(&mut per_length, at, 1u16.wrapping_neg());
        add(&mut per_length, at.wrapping_add(1), 2);
    }
    per_length
}

/// Makes the codes of these lengths (RFC 1951 §3.2.2).
#[inline(never)]
pub(super) fn codes(lengths: &[u16], codes: &mut [Word]) {
    let mut next = [0u16; LONGEST_CODE + 2];
    for len in lengths.iter().filter(|len| **len > 0) {
        add(&mut next, usize::from(*len).wrapping_add(1), 1);
    }
    let mut code = 0u16;
    for next in &mut next {
        code = code.wrapping_add(*next).wrapping_mul(2);
        *next = code;
    }
    // `next` is twice the first code of the length before: that of its own length
    for (len, place) in lengths.iter().zip(codes) {
        *place = 0;
        if *len > 0
            && let Some(next) = next.get_mut(usize::from(*len))
        {
            *place = word(*next, (*len).into());
            *next = next.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflate::compress::code::{bits, len};
    use std::vec;
    use std::vec::Vec;

    /// The places that the codes take up, of 2¹⁵.
    fn places(lengths: &[u16]) -> u32 {
        lengths.iter().filter(|len| **len > 0).map(|len| 1 << (15 - len)).sum()
    }

    fn cost(counts: &[u16], lengths: &[u16]) -> u32 {
        counts.iter().zip(lengths).map(|(count, len)| u32::from(*count) * u32::from(*len)).sum()
    }

    /// The cost of an optimal code without a limit: the sum of all inner nodes.
    fn optimum(counts: &[u16]) -> u32 {
        let mut weights: Vec<u32> = counts.iter().filter(|count| **count > 0).map(|count| u32::from(*count)).collect();
        let mut cost = 0;
        while weights.len() > 1 {
            weights.sort_unstable_by(|a, b| b.cmp(a));
            let sum = weights.pop().unwrap() + weights.pop().unwrap();
            cost += sum;
            weights.push(sum);
        }
        cost
    }

    #[test]
    fn codes_are_complete_optimal_and_within_the_limit() {
        let mut seed = 1u32;
        let mut random = |n: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) % n
        };
        for round in 0..600 {
            let symbols = 2 + random(285) as usize;
            let counts: Vec<u16> = (0..symbols)
                .map(|_| if random(3) == 0 { 0 } else { (random(100) * random(100) / (1 + random(3000))) as u16 })
                .collect();
            for longest in [7, 15] {
                if longest == 7 && symbols > 100 {
                    continue;
                }
                let mut lengths = counts.clone();
                super::lengths(&mut lengths, longest);
                assert_eq!(places(&lengths), 1 << 15, "{round}");
                assert!(lengths.iter().all(|len| usize::from(*len) <= longest));
                if counts.iter().filter(|count| **count > 0).count() >= 2 {
                    assert!(counts.iter().zip(&lengths).all(|(count, len)| (*count > 0) == (*len > 0)));
                    if longest == 15 && optimum(&counts) > 0 {
                        assert_eq!(cost(&counts, &lengths), optimum(&counts));
                    }
                }
            }
        }
    }

    #[test]
    fn fewer_than_two_symbols_get_a_complete_code() {
        for used in [None, Some(0), Some(1), Some(2), Some(29)] {
            let mut counts = vec![0; 30];
            if let Some(used) = used {
                counts[used] = 9;
            }
            lengths(&mut counts, 15);
            assert_eq!((places(&counts), counts.iter().sum::<u16>()), (1 << 15, 2), "{used:?}");
            assert!(used.is_none_or(|used| counts[used] == 1));
        }
    }

    /// Fibonacci numbers make the deepest tree.
    #[test]
    fn a_deep_tree_is_cut() {
        let (mut counts, mut next) = (vec![], (1u16, 1u16));
        while counts.iter().map(|count| u32::from(*count)).sum::<u32>() + u32::from(next.0) < 1 << 15 {
            counts.push(next.0);
            next = (next.1, next.0 + next.1);
        }
        for longest in [7, 15] {
            let mut lengths = counts.clone();
            super::lengths(&mut lengths, longest);
            assert_eq!(places(&lengths), 1 << 15);
            assert_eq!(usize::from(*lengths.iter().max().unwrap()), longest);
        }
    }

    /// The example of RFC 1951 §3.2.2.
    #[test]
    fn the_codes_are_those_of_the_rfc() {
        let lengths = [3, 3, 3, 3, 3, 2, 4, 4];
        let mut words = [0; 8];
        codes(&lengths, &mut words);
        let want = [0b010u32, 0b011, 0b100, 0b101, 0b110, 0b00, 0b1110, 0b1111];
        for ((word, want), n) in words.into_iter().zip(want).zip(lengths) {
            let n = u32::from(n);
            let reversed: u32 = (0..n).map(|k| (want >> k & 1) << (n - 1 - k)).sum();
            assert_eq!((bits(word), len(word)), (reversed, n));
        }
    }
}
