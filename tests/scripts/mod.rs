//! Streams and heads made from the bytes of a fuzzer, a property or a corpus file. They are mostly valid and often odd.
#![allow(dead_code, reason = "each test uses a part")]

pub mod deflate;
pub mod heads;
pub mod streams;

pub use arbitrary::{Result, Unstructured};

impl deflate::Choices for Unstructured<'_> {
    fn below(&mut self, n: usize) -> usize {
        self.int_in_range(0..=n.saturating_sub(1)).unwrap_or_default()
    }
}

pub fn pick<T: Copy>(u: &mut Unstructured, all: &[T]) -> Result<T> {
    u.choose(all).copied()
}

/// Returns `true` in one of `times` cases, and `false` if the choices have run out.
pub fn once_in(u: &mut Unstructured, times: u32) -> Result<bool> {
    Ok(u.int_in_range(1..=times)? == times)
}

/// Sizes of pieces into which a wire is cut, repeated in turn.
pub fn sizes(u: &mut Unstructured) -> Result<[usize; 3]> {
    let mut size = || Ok(usize::from(pick(u, &[1u8, 2, 3, 5, 7, 16, 40, 255])?));
    Ok([size()?, size()?, size()?])
}

/// Cuts bytes into pieces of these sizes.
pub fn cut(mut bytes: &[u8], sizes: [usize; 3]) -> Vec<&[u8]> {
    let mut pieces = vec![];
    for size in sizes.into_iter().cycle() {
        if bytes.len() <= size {
            break;
        }
        let (piece, rest) = bytes.split_at(size);
        pieces.push(piece);
        bytes = rest;
    }
    pieces.push(bytes);
    pieces
}

/// In one of four cases, changes bytes as a bad line, a faulty program or an attacker would.
pub fn mutate(u: &mut Unstructured, wire: &mut Vec<u8>) -> Result<()> {
    if !once_in(u, 4)? {
        return Ok(());
    }
    for _ in 0..u.int_in_range(1..=3)? {
        if wire.is_empty() {
            return Ok(());
        }
        let at = u.choose_index(wire.len())?;
        let len = u.int_in_range(0..=12)?.min(wire.len() - at);
        match u.int_in_range(0..=4)? {
            0 => wire[at] ^= 1 << u.int_in_range(0..=7)?,
            1 => wire[at] = u.arbitrary()?,
            2 => wire.truncate(at),
            3 => drop(wire.drain(at..at + len)),
            _ => {
                // A splice: bytes from one place are written at another.
                let copy = wire[at..at + len].to_vec();
                let to = u.choose_index(wire.len())?;
                wire.splice(to..to, copy);
            }
        }
    }
    Ok(())
}
