//! Streams and heads made of bytes: what a fuzzer, a property or a file of a corpus decides. Mostly valid, often odd.
#![allow(dead_code, reason = "each user takes a part")]

pub mod heads;
pub mod streams;

pub use arbitrary::{Result, Unstructured};

pub fn pick<T: Copy>(u: &mut Unstructured, all: &[T]) -> Result<T> {
    u.choose(all).copied()
}

/// True once in so many times; never, where the choices have run out.
pub fn once_in(u: &mut Unstructured, times: u32) -> Result<bool> {
    Ok(u.int_in_range(1..=times)? == times)
}

/// Sizes of pieces to cut a wire into, over and over.
pub fn sizes(u: &mut Unstructured) -> Result<[usize; 3]> {
    let mut size = || Ok(usize::from(pick(u, &[1u8, 2, 3, 5, 7, 16, 40, 255])?));
    Ok([size()?, size()?, size()?])
}

/// Cuts bytes so.
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

/// Changes bytes as a bad line, a bad program or an attacker would, once in four times.
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
                // a splice: bytes of one place at another
                let copy = wire[at..at + len].to_vec();
                let to = u.choose_index(wire.len())?;
                wire.splice(to..to, copy);
            }
        }
    }
    Ok(())
}
