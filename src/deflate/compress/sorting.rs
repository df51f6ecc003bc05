//! The symbols that occur, the rarest first.

use super::symbols::LITERALS;
use crate::target::SMALL;
use core::mem::replace;

/// A symbol that occurs: how often, above bit 16, and which.
pub(super) type Leaf = u32;

/// Returns the symbols that occur, the rarest first; at least two symbols.
#[inline(always)]
pub(super) fn rarest_first<'l>(counts: &[u16], leaves: &'l mut [Leaf; LITERALS]) -> &'l [Leaf] {
    let used = counts.iter().filter(|count| **count > 0).count();
    if SMALL || used < 2 { sorted(counts, used, leaves) } else { sorted_by_count(counts, used, leaves) }
}

/// `used`: how many symbols occur.
fn sorted<'l>(counts: &[u16], used: usize, leaves: &'l mut [Leaf; LITERALS]) -> &'l [Leaf] {
    let mut missing = 2usize.saturating_sub(used);
    let mut n = 0usize;
    for (symbol, count) in counts.iter().enumerate() {
        if *count == 0 {
            if missing == 0 {
                continue;
            }
            missing = missing.wrapping_sub(1);
        }
        put(leaves, n, leaf(symbol, *count));
        n = n.wrapping_add(1);
    }
    let leaves = leaves.get_mut(..n).unwrap_or_default();
    sort(leaves);
    leaves
}

/// Does what [`sorted`] does, faster: most symbols occur rarely, and those are put at once where they belong. No branch
/// depends on the counts.
fn sorted_by_count<'l>(counts: &[u16], used: usize, leaves: &'l mut [Leaf; LITERALS]) -> &'l [Leaf] {
    // A symbol that occurs as often as the last one of these, or more often, is sorted later.
    let mut places = [0u16; 64];
    let most = places.len().wrapping_sub(1);
    let group = |count: u16| usize::from(count).min(most);
    for count in counts {
        add(&mut places, group(*count), 1);
    }
    // symbols that do not occur are put after all others
    put(&mut places, 0, used as u16);
    let mut next = 0u16;
    for place in places.iter_mut().skip(1) {
        next = next.wrapping_add(replace(place, next));
    }
    let often = places.last().copied().unwrap_or_default();
    for (symbol, count) in counts.iter().enumerate() {
        if let Some(place) = places.get_mut(group(*count)) {
            put(leaves, usize::from(*place), leaf(symbol, *count));
            *place = place.wrapping_add(1);
        }
    }
    let leaves = leaves.get_mut(..used).unwrap_or_default();
    sort(leaves.get_mut(usize::from(often)..).unwrap_or_default());
    leaves
}

fn leaf(symbol: usize, count: u16) -> Leaf {
    u32::from(count) << 16 | symbol as u32
}

/// Shell's sort: small, without recursion, and quick for as few numbers as these. The gaps are those of Ciura.
fn sort(numbers: &mut [Leaf]) {
    for gap in [132usize, 57, 23, 10, 4, 1] {
        for i in gap..numbers.len() {
            let mut at = i;
            while let Some(before) = at.checked_sub(gap)
                && let (Some(high), Some(low)) = (numbers.get(at).copied(), numbers.get(before).copied())
                && low > high
            {
                put(numbers, at, low);
                put(numbers, before, high);
                at = before;
            }
        }
    }
}

pub(super) fn put<T>(numbers: &mut [T], at: usize, number: T) {
    if let Some(place) = numbers.get_mut(at) {
        *place = number;
    }
}

pub(super) fn add(numbers: &mut [u16], at: usize, number: u16) {
    if let Some(place) = numbers.get_mut(at) {
        *place = place.wrapping_add(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;
    use std::vec::Vec;

    #[test]
    fn the_rarest_symbols_come_first_and_both_ways_agree() {
        let mut state = 1u32;
        for n in [1, 2, 30, LITERALS] {
            for most in [1, 2, 60, 63, 64, 65, 3000] {
                let mut counts = vec![0u16; n];
                for count in &mut counts {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    *count = (state >> 16) as u16 % (most + 1);
                }
                let mut wanted: Vec<Leaf> = Vec::new();
                for (symbol, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                    wanted.push(u32::from(*count) << 16 | symbol as u32);
                }
                wanted.sort_unstable();
                let (used, mut leaves, mut others) = (wanted.len(), [0; LITERALS], [0; LITERALS]);
                assert_eq!(sorted_by_count(&counts, used, &mut leaves), wanted);
                if used >= 2 {
                    assert_eq!(sorted(&counts, used, &mut others), wanted);
                }
                assert_eq!(rarest_first(&counts, &mut leaves).len(), used.max(2.min(n)), "{n} {most}");
            }
        }
    }
}
