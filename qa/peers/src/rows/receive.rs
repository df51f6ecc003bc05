//! A server receives: streams of masked frames, with one copy of the bytes, as the read from a socket makes it.

use super::{Row, Unit};
use crate::measure::Effort;
use crate::peer::{Contender, Peer};
use crate::peers::BUFFER;
use crate::socket::Socket;
use crate::stream::{Script, Stream};
use crate::table::{Cell, Line};
use std::hint::black_box;

const SECTION: &str = "receive";
/// Bytes of a pass.
const TOTAL: usize = 1 << 16;
const SEGMENT: usize = 1460;

pub fn streams() -> Vec<Stream> {
    let segments = |stream: Stream| stream.cut(SEGMENT, "in segments of 1460 B");
    let bytes = |stream: Stream| stream.cut(1, "byte by byte");
    vec![
        Stream::binary(16, TOTAL),
        Stream::binary(125, TOTAL),
        Stream::binary(1024, TOTAL),
        Stream::binary(1 << 16, 16 << 16),
        Stream::text(Script::Ascii, 64, TOTAL),
        Stream::text(Script::Latin, 1024, TOTAL),
        Stream::text(Script::Cjk, 1024, TOTAL),
        Stream::pings(16, TOTAL),
        Stream::fragments(16, TOTAL),
        Stream::mix(TOTAL),
        segments(Stream::binary(16, TOTAL)),
        segments(Stream::binary(1024, TOTAL)),
        bytes(Stream::binary(16, TOTAL / 4)),
        bytes(Stream::binary(1024, TOTAL / 4)),
        bytes(Stream::text(Script::Cjk, 64, TOTAL / 4)),
        Stream::binary(1024, TOTAL / 4).cut(7, "in reads of 7 B"),
    ]
}

/// One row for each stream.
pub fn rows(peers: &[Box<dyn Peer>]) -> Vec<Row> {
    streams().into_iter().map(|stream| row(peers, &stream)).collect()
}

fn row(peers: &[Box<dyn Peer>], stream: &Stream) -> Row {
    let ask = |peer: &dyn Peer| peer.receive(stream, Socket::new(stream.wire.clone(), stream.piece));
    Row {
        section: SECTION,
        feature: (stream.has_text || stream.name.contains("64 KiB")).then_some("simd"),
        name: stream.name.clone(),
        unit: Unit::Nanoseconds,
        items: stream.items,
        want: stream.want.clone(),
        offers: Row::offers(peers, ask),
        limit: Some(limit(stream)),
    }
}

/// The copy, and one plain loop over all bytes: no frames, no rules.
pub fn limit(stream: &Stream) -> Contender {
    let (socket, mut buf) = (Socket::new(stream.wire.clone(), stream.piece), vec![0; BUFFER]);
    Contender::limit(move |_| {
        socket.rewind();
        loop {
            let n = socket.fetch(&mut buf);
            if n == 0 {
                break;
            }
            let key = black_box(0x3D21_FA37_3D21_FA37_u64);
            let (words, tail) = buf[..n].as_chunks_mut::<8>();
            words.iter_mut().for_each(|word| *word = (u64::from_ne_bytes(*word) ^ key).to_ne_bytes());
            tail.iter_mut().for_each(|byte| *byte ^= key as u8);
            black_box(&mut buf[..n]);
        }
    })
}

const LENGTHS: &str = "binary, every length 0 to 300 B: worst upframe/peer (at length)";

/// Every length from 0 to 300 bytes: the worst ratio to each peer, and where.
pub fn lengths(peers: &[Box<dyn Peer>], effort: Effort, step: usize) -> Line {
    let effort = Effort { rounds: effort.rounds.min(9), sample: effort.sample / 4 };
    let mut worst: Vec<(String, f64, usize)> = Vec::new();
    let mut to_best = (0.0, 0, String::new());
    let mut line = Line::new(SECTION, None, LENGTHS.to_owned(), Unit::Nanoseconds);
    for len in (0..=300).step_by(step) {
        let at = row(peers, &Stream::binary(len, TOTAL / 8)).run(effort);
        for (name, cell) in at.cells {
            let Cell::Timed { ratio, .. } = cell else {
                line.add(&name, cell);
                continue;
            };
            match worst.iter_mut().find(|(who, ..)| *who == name) {
                Some((_, old, _)) if *old >= ratio => {}
                Some((_, old, place)) => (*old, *place) = (ratio, len),
                None => worst.push((name, ratio, len)),
            }
        }
    }
    for (name, ratio, len) in worst {
        if name != "upframe" && ratio > to_best.0 {
            to_best = (ratio, len, name.clone());
        }
        line.add(&name, Cell::Told(format!("{ratio:.2} ({len})")));
    }
    line.told = Some((to_best.0, format!("{} ({} B)", to_best.2, to_best.1)));
    line
}

/// Whether a filter asks for it.
pub fn lengths_name() -> String {
    format!("{SECTION}: {LENGTHS}")
}
