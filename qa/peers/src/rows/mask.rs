//! Masking in place, if that is public.

use super::{Row, Unit};
use crate::peer::{Contender, Peer};
use crate::stream::{Random, bytes};
use crate::sum::{Kind, Sum};
use std::hint::black_box;

const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];
pub const LENGTHS: [usize; 5] = [16, 125, 1024, 4096, 1 << 16];

/// So many payloads lie one after the other, as in the memory of a read.
fn count(len: usize) -> usize {
    ((1 << 14) / len).max(1)
}

fn payloads(len: usize) -> Vec<u8> {
    Random::new(len as u64).bytes(len * count(len))
}

pub fn rows(peers: &[Box<dyn Peer>]) -> Vec<Row> {
    LENGTHS.iter().map(|len| row(peers, *len)).collect()
}

fn row(peers: &[Box<dyn Peer>], len: usize) -> Row {
    let mut want = Sum::thorough();
    for payload in payloads(len).chunks(len) {
        let masked: Vec<u8> = payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        want.piece(Kind::Binary, &masked, true);
    }
    Row {
        section: "mask in place",
        feature: (len >= 512).then_some("simd"),
        name: bytes(len),
        unit: Unit::Gigabytes(len),
        items: count(len),
        want,
        offers: Row::offers(peers, |peer| peer.mask(len)),
        limit: Some(limit(len)),
    }
}

/// Masks all payloads, one by one.
pub fn mask_each(len: usize, mut mask: impl FnMut(&mut [u8], [u8; 4]) + 'static) -> Contender {
    let (original, mut block) = (payloads(len), payloads(len));
    Contender::new(move |sum| {
        if sum.thorough {
            block.copy_from_slice(&original);
        }
        for payload in block.chunks_exact_mut(len) {
            mask(payload, black_box(KEY));
        }
        if sum.thorough {
            block.chunks(len).for_each(|payload| sum.piece(Kind::Binary, payload, true));
        } else {
            sum.messages += count(len) as u64;
            sum.bytes += black_box(&block).len() as u64;
        }
    })
}

/// One plain loop over all of it.
fn limit(len: usize) -> Contender {
    let mut block = payloads(len);
    Contender::limit(move |_| {
        let key = u64::from(u32::from_ne_bytes(black_box(KEY))) * 0x1_0000_0001;
        let (words, tail) = block.as_chunks_mut::<8>();
        words.iter_mut().for_each(|word| *word = (u64::from_ne_bytes(*word) ^ key).to_ne_bytes());
        tail.iter_mut().for_each(|byte| *byte ^= key as u8);
        black_box(&mut block);
    })
}
