//! Long runs, a block at a time and without a branch on the text: each byte is judged by itself and the three before it, so the
//! compiler judges as many at once as its vectors hold.
//!
//! | the byte is wrong | where |
//! |---|---|
//! | C0, C1, F5 to FF | anywhere: they begin nothing |
//! | a continuation byte (80 to BF) or any other | where the three bytes before it ask for the opposite: a lead from C0 up asks the next byte to go on, from E0 up the next two, from F0 up the next three |
//! | 80 to 9F behind E0, A0 to BF behind ED | E0: a shorter form exists; ED: surrogates |
//! | 80 to 8F behind F0, 90 to BF behind F4 | F0: a shorter form exists; F4: beyond U+10FFFF |

use super::Verdict;

/// Bytes in a block.
const BLOCK: usize = 64;
/// A block with the three bytes before it.
const WINDOW: usize = BLOCK + 3;

/// Judges a run that begins with a code point. None where it is shorter than a block, and where it is bad: the automaton says at
/// which byte.
#[inline(always)]
pub(super) fn check(bytes: &[u8]) -> Option<Verdict> {
    let first = bytes.first_chunk::<BLOCK>()?;
    let mut window = [0; WINDOW];
    *window.last_chunk_mut()? = *first;
    if !is_good(&window) {
        return None;
    }
    let mut rest = bytes;
    // each window begins with the last three bytes of the block before
    while let Some((_, after)) = rest.split_at_checked(BLOCK)
        && after.len() >= BLOCK
    {
        let window = rest.get(BLOCK - 3..)?.first_chunk()?;
        if !is_ascii(window) && !is_good(window) {
            return None;
        }
        rest = after;
    }
    // what is left of the last block is judged with so much of the one before it that it makes one
    if rest.len() > BLOCK && !is_good(bytes.last_chunk()?) {
        return None;
    }
    let tail: &[u8; 3] = bytes.last_chunk()?;
    let lacking = match *tail {
        [0xF0..=0xFF, _, _] => 3,
        [_, 0xE0..=0xFF, _] => 2,
        [_, _, 0xC0..=0xFF] => 1,
        _ => return Some(Verdict::Whole),
    };
    Some(Verdict::Cut { valid: bytes.len().saturating_sub(lacking) })
}

/// Whether all bytes are ASCII, those before the block as well.
#[inline(always)]
fn is_ascii(window: &[u8; WINDOW]) -> bool {
    window.iter().fold(0, |or, byte| or | byte) < 0x80
}

/// Whether no byte of the block is wrong.
#[inline(always)]
fn is_good(window: &[u8; WINDOW]) -> bool {
    let (third, second, first, block) = (
        window.first_chunk::<BLOCK>(),
        window.get(1..).and_then(<[u8]>::first_chunk::<BLOCK>),
        window.get(2..).and_then(<[u8]>::first_chunk::<BLOCK>),
        window.last_chunk::<BLOCK>(),
    );
    let (Some(third), Some(second), Some(first), Some(block)) = (third, second, first, block) else { return false };
    let mut wrong = 0;
    for (((byte, first), second), third) in block.iter().zip(first).zip(second).zip(third) {
        wrong |= judge(*byte, *first, *second, *third);
    }
    wrong == 0
}

/// Bits are set where the byte is wrong behind those before it; `first` is the nearest.
#[inline(always)]
fn judge(byte: u8, first: u8, second: u8, third: u8) -> u8 {
    let all = |is: bool| if is { 0xFF } else { 0u8 };
    let goes_on = all((byte as i8) < -64);
    let must_go_on = all(first.saturating_sub(0xBF) | second.saturating_sub(0xDF) | third.saturating_sub(0xEF) != 0);
    let begins_nothing = byte.saturating_sub(0xF4) | all(byte & 0xFE == 0xC0);
    // what is the least behind E0 and F0, and the greatest behind ED and F4
    let least = all(first == 0xE0) & 0xA0 | all(first == 0xF0) & 0x90;
    let greatest = !(all(first == 0xED) & 0x60 | all(first == 0xF4) & 0x70);
    (goes_on ^ must_go_on) | begins_nothing | least.saturating_sub(byte) | byte.saturating_sub(greatest)
}
