//! Sending binary messages: the payload is looked at only, the frame ends in memory that the next write may use.

use super::mask::LENGTHS;
use super::{Row, Unit};
use crate::peer::{Contender, Peer};
use crate::socket::Socket;
use crate::stream::{Random, bytes};
use crate::sum::Sum;
use std::hint::black_box;

/// Frames of a pass.
const COUNT: usize = 32;

/// The payload of every message of this length.
pub fn payload(len: usize) -> Vec<u8> {
    Random::new(len as u64 + 3).bytes(len)
}

fn frame(len: usize, masked: bool) -> Vec<u8> {
    let bit = u8::from(masked) << 7;
    let mut frame = vec![0x82];
    match len {
        0..=125 => frame.push(bit | len as u8),
        126..=0xFFFF => frame.extend([&[bit | 126], &(len as u16).to_be_bytes()[..]].concat()),
        _ => frame.extend([&[bit | 127], &(len as u64).to_be_bytes()[..]].concat()),
    }
    // masked with zeros, it stays as it is
    frame.extend(std::iter::repeat_n(0, if masked { 4 } else { 0 }));
    frame.extend(payload(len));
    frame
}

pub fn rows(peers: &[Box<dyn Peer>]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (section, masked) in [("send unmasked", false), ("send masked", true)] {
        rows.extend(LENGTHS.map(|len| {
            let offers = Row::offers(peers, |peer| peer.send(len, masked));
            row(section, len, masked, offers)
        }));
    }
    rows.extend(LENGTHS.map(|len| row("send prepared", len, false, Row::offers(peers, |peer| peer.prepared(len)))));
    rows
}

fn row(section: &'static str, len: usize, masked: bool, offers: Vec<(&'static str, crate::peer::Offer)>) -> Row {
    let mut want = Sum::thorough();
    (0..COUNT).for_each(|_| want.frame(&frame(len, masked)));
    let limit = if masked { limit_masked(len) } else { limit(len) };
    let name = bytes(len);
    let feature = (masked && len >= 1024).then_some("simd");
    Row { section, feature, name, unit: Unit::Nanoseconds, items: COUNT, want, offers, limit: Some(limit) }
}

/// The payload in several places, so that it is no luck how it lies beside the memory of a frame.
struct Places {
    block: Vec<u8>,
    stride: usize,
    count: usize,
    len: usize,
}

impl Places {
    fn of(len: usize) -> Self {
        let (stride, count) = (len + 523, if len < 4096 { 8 } else { 1 });
        let mut block = vec![0; stride * count];
        block.chunks_mut(stride).for_each(|place| place[..len].copy_from_slice(&payload(len)));
        Self { block, stride, count, len }
    }

    #[inline(always)]
    fn get(&self, i: usize) -> &[u8] {
        let at = (i & (self.count - 1)) * self.stride;
        black_box(&self.block[at..at + self.len])
    }
}

/// Sends the payload again and again. `send` hands what it wrote to [`Sum::frame`].
pub fn send_each(len: usize, mut send: impl FnMut(&[u8], &mut Sum) + 'static) -> Contender {
    let places = Places::of(len);
    Contender::new(move |sum| (0..COUNT).for_each(|i| send(places.get(i), sum)))
}

/// The same for those that write to a socket.
pub fn send_to(socket: Socket, len: usize, mut send: impl FnMut(&[u8]) + 'static) -> Contender {
    send_each(len, move |payload, sum| {
        send(payload);
        socket.written(|frame| sum.frame(frame));
    })
}

/// A copy.
fn limit(len: usize) -> Contender {
    let (places, mut out) = (Places::of(len), vec![0; len]);
    Contender::limit(move |_| {
        for i in 0..COUNT {
            black_box(&mut out[..]).copy_from_slice(places.get(i));
        }
    })
}

/// A plain loop that masks while it copies.
fn limit_masked(len: usize) -> Contender {
    let (places, mut out) = (Places::of(len), vec![0; len]);
    Contender::limit(move |_| {
        for i in 0..COUNT {
            let key = black_box(0x3D21_FA37_3D21_FA37_u64);
            let (from, to) = (places.get(i).as_chunks::<8>(), black_box(&mut out[..]).as_chunks_mut::<8>());
            for (word, place) in from.0.iter().zip(to.0) {
                *place = (u64::from_ne_bytes(*word) ^ key).to_ne_bytes();
            }
            for (byte, place) in from.1.iter().zip(to.1) {
                *place = byte ^ key as u8;
            }
        }
    })
}
