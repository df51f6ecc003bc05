//! How fast messages inflate, beside zlib-rs, zlib, miniz_oxide and libdeflate.
//!
//! `speed inflate [FILTER] [ROUNDS]`: the same messages, compressed by zlib at level 6, to all in turn; CPU time of the
//! thread, the first quartile of the rounds.
//! `speed count KIND-SIZE takeover|alone PEER REPETITIONS`: for callgrind. `FILE` instead of `KIND-SIZE` has messages of
//! another corpus, each after its length as 4 bytes, the lowest first.
//! `speed work`: the input that costs most, in ns a byte.

use std::hint::black_box;
use upframe::deflate::{FastTables, Inflater, SmallTables, Tables};
use upframe_deflate_qa::corpus::{Kind, SIZES, messages, named};
use upframe_deflate_qa::hostile::hostile;
use upframe_deflate_qa::timing::{cpu, quartile};
use upframe_deflate_qa::zlib::{Deflate, Inflate};

const PEERS: [&str; 6] = ["upframe", "zlib-rs", "zlib", "miniz_oxide", "libdeflate", "upframe-small"];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match &args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["count", which, takeover, peer, repetitions] => {
            count(which, *takeover == "takeover", peer, repetitions.parse().unwrap())
        }
        ["work"] => work(),
        ["inflate", rest @ ..] => {
            let rounds = rest.get(1).map_or(31, |rounds| rounds.parse().unwrap());
            inflate(rest.first().copied().unwrap_or_default(), rounds);
        }
        _ => panic!("speed inflate [FILTER] [ROUNDS] | count KIND-SIZE takeover|alone PEER REPETITIONS | work"),
    }
}

/// Messages, compressed.
struct Case {
    /// As they are sent.
    packed: Vec<Vec<u8>>,
    /// With the four bytes that a receiver adds.
    with_tail: Vec<Vec<u8>>,
    /// With a last block after them, for libdeflate.
    ended: Vec<Vec<u8>>,
    bytes: usize,
    takeover: bool,
}

impl Case {
    fn new(messages: &[Vec<u8>], takeover: bool) -> Self {
        let mut deflate = Deflate::new(6, 15, 0);
        let mut pack = |message: &Vec<u8>| {
            if !takeover {
                deflate.reset();
            }
            deflate.message(message)
        };
        let packed: Vec<Vec<u8>> = messages.iter().map(&mut pack).collect();
        let with_tail: Vec<Vec<u8>> = packed.iter().map(|one| [one, &[0, 0, 255, 255][..]].concat()).collect();
        let ended = with_tail.iter().map(|one| [one, &[1, 0, 0, 255, 255][..]].concat()).collect();
        Self { packed, with_tail, ended, bytes: messages.iter().map(Vec::len).sum(), takeover }
    }
}

struct Peers {
    upframe: Inflater<Vec<u8>>,
    fast: Box<FastTables>,
    upframe_small: Inflater<Vec<u8>>,
    small: Box<SmallTables>,
    zlib_rs: flate2::Decompress,
    zlib: Inflate,
    miniz: Box<miniz_oxide::inflate::stream::InflateState>,
    libdeflate: libdeflater::Decompressor,
    out: Vec<u8>,
}

fn ours<const L: usize, const D: usize>(
    inflater: &mut Inflater<Vec<u8>>,
    tables: &mut Tables<L, D>,
    case: &Case,
) -> usize {
    let mut bytes = 0;
    if case.takeover {
        inflater.reset();
    }
    for packed in &case.packed {
        inflater.begin_message();
        let mut input = &packed[..];
        while let Some(piece) = inflater.inflate(tables, &mut input, true).unwrap() {
            bytes += black_box(piece.as_bytes()).len();
        }
    }
    bytes
}

impl Peers {
    fn new(takeover: bool) -> Self {
        // room for a message of 64 KiB beside the window, as the output of the others
        let new = || Inflater::new(vec![0; 32_768 + 70_000]).with_context_takeover(takeover);
        Self {
            upframe: new(),
            fast: Box::new(Tables::new()),
            upframe_small: new(),
            small: Box::new(Tables::new()),
            zlib_rs: flate2::Decompress::new(false),
            zlib: Inflate::new(15),
            miniz: miniz_oxide::inflate::stream::InflateState::new_boxed(miniz_oxide::DataFormat::Raw),
            libdeflate: libdeflater::Decompressor::new(),
            out: vec![0; 200_000],
        }
    }

    /// Inflates all messages once. Returns the number of bytes; 0 if the peer cannot do it.
    fn pass(&mut self, peer: &str, case: &Case) -> usize {
        let mut bytes = 0;
        match peer {
            "upframe" => bytes = ours(&mut self.upframe, &mut self.fast, case),
            "upframe-small" => bytes = ours(&mut self.upframe_small, &mut self.small, case),
            "zlib-rs" => {
                self.zlib_rs.reset(false);
                for packed in &case.with_tail {
                    if !case.takeover {
                        self.zlib_rs.reset(false);
                    }
                    let before = self.zlib_rs.total_out();
                    self.zlib_rs.decompress(packed, &mut self.out, flate2::FlushDecompress::Sync).unwrap();
                    bytes += (self.zlib_rs.total_out() - before) as usize;
                }
            }
            "zlib" => {
                self.zlib.reset();
                for packed in &case.with_tail {
                    if !case.takeover {
                        self.zlib.reset();
                    }
                    bytes += self.zlib.run(packed, &mut self.out).produced;
                }
            }
            "miniz_oxide" => {
                use miniz_oxide::inflate::stream::{MinReset, inflate};
                self.miniz.reset(miniz_oxide::DataFormat::Raw);
                for packed in &case.with_tail {
                    if !case.takeover {
                        self.miniz.reset_as(MinReset);
                    }
                    bytes += inflate(&mut self.miniz, packed, &mut self.out, miniz_oxide::MZFlush::Sync).bytes_written;
                }
            }
            // it has no streams
            "libdeflate" if !case.takeover => {
                for packed in &case.ended {
                    bytes += self.libdeflate.deflate_decompress(packed, &mut self.out).unwrap();
                }
            }
            "libdeflate" => return 0,
            _ => panic!("the peers are {PEERS:?}"),
        }
        assert_eq!(bytes, case.bytes, "{peer}");
        bytes
    }
}

fn inflate(filter: &str, rounds: usize) {
    println!("MB/s, inflated; `/` is the ratio of upframe to the peer\n");
    println!(
        "| messages | bytes | packed | {} | / zlib-rs | / zlib | / miniz_oxide | / libdeflate |",
        PEERS.join(" | ")
    );
    println!("|---|---|---|{}", "---|".repeat(PEERS.len() + 4));
    for takeover in [true, false] {
        for kind in Kind::ALL {
            for (size, count) in SIZES {
                let name = format!("{}-{size} {}", kind.name(), if takeover { "takeover" } else { "alone" });
                if !name.contains(filter) {
                    continue;
                }
                let case = Case::new(&messages(kind, size, count), takeover);
                let mut peers = Peers::new(takeover);
                let mut times = [const { Vec::new() }; PEERS.len()];
                for round in 0..=rounds {
                    for at in 0..PEERS.len() {
                        let at = (at + round) % PEERS.len();
                        let start = cpu();
                        peers.pass(PEERS[at], &case);
                        if round > 0 {
                            times[at].push(cpu() - start);
                        }
                    }
                }
                let speeds = times.map(|mut times| case.bytes as f64 / quartile(&mut times) / 1e6);
                let packed: usize = case.packed.iter().map(Vec::len).sum();
                let show = |at: usize| if at == 4 && takeover { "–".into() } else { format!("{:.0}", speeds[at]) };
                let ratio = |at: usize| {
                    if at == 4 && takeover { "–".into() } else { format!("{:.2}", speeds[0] / speeds[at]) }
                };
                println!(
                    "| {name} | {} | {:.1} % | {} | {} |",
                    case.bytes / case.packed.len(),
                    100.0 * packed as f64 / case.bytes as f64,
                    (0..PEERS.len()).map(show).collect::<Vec<_>>().join(" | "),
                    (1..5).map(ratio).collect::<Vec<_>>().join(" | ")
                );
            }
        }
    }
}

fn count(which: &str, takeover: bool, peer: &str, repetitions: usize) {
    let messages = named(which);
    let case = Case::new(&messages, takeover);
    let mut peers = Peers::new(takeover);
    for _ in 0..repetitions {
        black_box(peers.pass(peer, &case));
    }
    println!("{} messages, {} bytes", case.packed.len(), case.bytes);
}

/// The best time of some for an input in parts of this length, in ns a byte.
fn cost(input: &[u8], part: usize, mut run: impl FnMut(&[u8], bool)) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..7 {
        let start = cpu();
        let parts = input.chunks(part).len();
        for (at, bytes) in input.chunks(part).enumerate() {
            run(bytes, at + 1 == parts);
        }
        best = best.min(cpu() - start);
    }
    best * 1e9 / input.len() as f64
}

fn work() {
    let (mut worst, mut worst_bytes) = (0f64, 0f64);
    let text = messages(Kind::Text, 65_536, 1).remove(0);
    let text = Deflate::new(6, 15, 0).message(&text);
    let inputs = [hostile(), vec![("text of 64 KiB".into(), text)]].concat();
    println!("| input | bytes | inflated | ns a byte, whole | byte by byte | zlib, whole |\n|---|---|---|---|---|---|");
    for (name, input) in inputs {
        let mut inflated = 0;
        let mut inflater = Inflater::new(vec![0; 1 << 15]);
        let mut tables = Box::new(FastTables::new());
        let mut run = |mut bytes: &[u8], last: bool| {
            while let Some(piece) = inflater.inflate(&mut tables, &mut bytes, last).unwrap() {
                inflated += black_box(piece.as_bytes()).len();
            }
            if last {
                inflater.reset();
            }
        };
        let whole = cost(&input, usize::MAX, &mut run);
        let bytes = cost(&input, 1, &mut run);
        let mut zlib = Inflate::new(15);
        let mut out = vec![0; 1 << 26];
        let of_zlib = cost(&input, usize::MAX, |bytes, _| {
            zlib.reset();
            black_box(zlib.run(bytes, &mut out).produced);
        });
        (worst, worst_bytes) = (worst.max(whole), worst_bytes.max(bytes));
        println!("| {name} | {} | {} | {whole:.0} | {bytes:.0} | {of_zlib:.0} |", input.len(), inflated / 14);
    }
    println!("\nworst: {worst:.0} ns a byte whole, {worst_bytes:.0} byte by byte");
}
