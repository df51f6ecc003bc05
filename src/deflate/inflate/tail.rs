//! Rounds at the end of the input, where a round cannot load 8 bytes: they are copied, with zeros after them.
//!
//! A round that takes some of the zeros is undone. What it wrote stays after the data, so this is only for a window
//! where nothing is needed that lies there, in the [`ROOM`](super::rounds::ROOM) of a round.

use super::mode::Padded;
use super::reach::Reach;
use super::rounds::{Run, Stop};
use super::tables::Codes;

/// Zeros after the input. A round begins if all bits that were taken belong to the input: so at most 8 of these bytes
/// are in the bit buffer, and it loads 8 more.
const ZEROS: usize = 16;

/// With fewer bits than this, hardly more than one symbol is there, and the way with all checks takes it faster.
const WORTH: u32 = 24;

/// Takes symbols of the last bytes of input; fewer than 8 are here.
pub(super) fn rounds<C: Codes>(run: &mut Run<'_>, codes: &C, front: &mut [u8], reach: &Reach) -> Stop {
    let input = run.input;
    let bits = run.bits();
    if (input.len() as u32).wrapping_mul(8).wrapping_add(bits.n) < WORTH {
        return Stop::Here;
    }
    let mut bytes = [0; 8 + ZEROS];
    if let Some(place) = bytes.first_chunk_mut() {
        *place = last_bytes(input).to_le_bytes();
    }
    let padding = bytes.len().wrapping_sub(input.len());
    let mut padded = Run { word: bits.word, n: bits.n, input: &bytes, pos: run.pos, padding };
    let stop = padded.rounds::<C, Padded>(codes, front, reach);
    let zeros = padding.saturating_sub(padded.input.len()) as u32;
    let left = padded.input.len().saturating_sub(padding);
    // all bits that the rounds took are the input's, but the buffer may hold some of the zeros
    let n = (padded.n & 63).wrapping_sub(zeros.wrapping_mul(8));
    let rest = input.get(input.len().wrapping_sub(left)..).unwrap_or_default();
    *run = Run { word: padded.word, n, input: rest, pos: padded.pos, padding: 0 };
    stop
}

/// Fewer than 8 bytes as a number, the first one lowest.
fn last_bytes(mut bytes: &[u8]) -> u64 {
    let (mut word, mut at) = (0, 0u32);
    if let Some((four, rest)) = bytes.split_first_chunk() {
        (word, at, bytes) = (u32::from_le_bytes(*four).into(), 32, rest);
    }
    if let Some((two, rest)) = bytes.split_first_chunk() {
        word |= u64::from(u16::from_le_bytes(*two)).wrapping_shl(at);
        (at, bytes) = (at.wrapping_add(16), rest);
    }
    if let Some(byte) = bytes.first() {
        word |= u64::from(*byte).wrapping_shl(at);
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_last_bytes_is_lowest() {
        let bytes = [1, 2, 3, 4, 5, 6, 7, 8];
        for len in 0..8 {
            let mut padded = [0; 8];
            padded[..len].copy_from_slice(&bytes[..len]);
            assert_eq!(last_bytes(&bytes[..len]), u64::from_le_bytes(padded));
        }
    }
}
