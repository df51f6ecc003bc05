//! How fast messages are compressed, and how short they get, beside zlib-rs, zlib, miniz_oxide and libdeflate.
//!
//! `compress table [FILTER] [ROUNDS]`: the same messages to all in turn; CPU time of the thread, the first quartile of the
//! rounds. A peer's size has the four bytes less that end a message.
//! `compress compare ONE OTHER [FILTER] [ROUNDS]`: two of them only, so that it is quicker.
//! `compress sizes [FILE…]`: sizes only, also of messages of another corpus, each after its length as 4 bytes.
//! `compress windows`: sizes with less memory than the peer's window.
//! `compress count KIND-SIZE|FILE takeover|alone PEER REPETITIONS`: for callgrind.

use std::hint::black_box;
use upframe::deflate::{Balanced, Best, Deflater, Direction, Effort, Fast, Workspace};
use upframe_deflate_qa::corpus::{Kind, SIZES, named};
use upframe_deflate_qa::timing::{cpu, quartile};
use upframe_deflate_qa::zlib::Deflate;

const PEERS: [&str; 14] = [
    "fixed",
    "fast",
    "balanced",
    "best",
    "fixed-1K",
    "zlib-rs-1",
    "zlib-rs-6",
    "zlib-1",
    "zlib-6",
    "zlib-9",
    "miniz-1",
    "miniz-6",
    "libdeflate-1",
    "libdeflate-6",
];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match &args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["count", which, takeover, peer, repetitions] => {
            let messages = named(which);
            let mut peer = Peer::new(peer, 15, *takeover == "takeover");
            for _ in 0..repetitions.parse().unwrap() {
                black_box(peer.pass(&messages));
            }
            println!("{} messages", messages.len());
        }
        ["compare", one, other, rest @ ..] => {
            let rounds = rest.get(1).map_or(15, |rounds| rounds.parse().unwrap());
            compare(one, other, rest.first().copied().unwrap_or_default(), rounds);
        }
        ["windows"] => windows(),
        ["sizes", files @ ..] => sizes(files),
        ["table", rest @ ..] => {
            let rounds = rest.get(1).map_or(15, |rounds| rounds.parse().unwrap());
            table(rest.first().copied().unwrap_or_default(), rounds);
        }
        _ => panic!(
            "compress table [FILTER] [ROUNDS] | compare ONE OTHER [FILTER] [ROUNDS] | sizes [FILE…] | windows | count WHICH takeover|alone PEER REPETITIONS"
        ),
    }
}

/// All names of streams.
fn streams() -> impl Iterator<Item = String> {
    Kind::ALL.into_iter().flat_map(|kind| SIZES.map(|(size, _)| format!("{}-{size}", kind.name())))
}

enum Compressor {
    Fixed(Deflater<Vec<u8>, Fast>, Box<Workspace<32_768, 0>>),
    FixedSmall(Deflater<Vec<u8>, Fast>, Box<Workspace<512, 0>>),
    Fast(Deflater<Vec<u8>, Fast>, Box<Workspace>),
    Balanced(Deflater<Vec<u8>, Balanced>, Box<Workspace>),
    Best(Deflater<Vec<u8>, Best>, Box<Workspace<65_536, 8_192>>),
    ZlibRs(flate2::Compress),
    Zlib(Deflate),
    Miniz(Box<miniz_oxide::deflate::core::CompressorOxide>),
    Libdeflate(libdeflater::Compressor),
}

struct Peer {
    compressor: Compressor,
    takeover: bool,
    out: Vec<u8>,
}

fn ours<E: Effort, const H: usize, const T: usize>(
    deflater: &mut Deflater<Vec<u8>, E>,
    workspace: &mut Workspace<H, T>,
    message: &[u8],
    out: &mut [u8],
) -> usize {
    match deflater.compress(workspace, message, out) {
        Some(compressed) => {
            deflater.commit(message, compressed);
            compressed.len()
        }
        None => {
            deflater.note_plain();
            message.len()
        }
    }
}

impl Peer {
    fn new(name: &str, bits: u8, takeover: bool) -> Self {
        let direction = Direction::new(bits, takeover);
        let memory = vec![0; if takeover { direction.window() } else { 0 }];
        let level = name.rsplit_once('-').and_then(|(_, level)| level.parse::<u8>().ok()).unwrap_or_default();
        let compressor = match name {
            "fixed" => Compressor::Fixed(Deflater::new(direction, Fast, memory), Box::default()),
            "fixed-1K" => Compressor::FixedSmall(Deflater::new(direction, Fast, memory), Box::default()),
            "fast" => Compressor::Fast(Deflater::new(direction, Fast, memory), Box::default()),
            "balanced" => Compressor::Balanced(Deflater::new(direction, Balanced, memory), Box::default()),
            "best" => Compressor::Best(Deflater::new(direction, Best, memory), Box::default()),
            _ if name.starts_with("zlib-rs") => {
                Compressor::ZlibRs(flate2::Compress::new(flate2::Compression::new(level.into()), false))
            }
            _ if name.starts_with("zlib") => Compressor::Zlib(Deflate::new(level.into(), bits.into(), 0)),
            _ if name.starts_with("miniz") => {
                let mut miniz = Box::<miniz_oxide::deflate::core::CompressorOxide>::default();
                miniz.set_format_and_level(miniz_oxide::DataFormat::Raw, level);
                Compressor::Miniz(miniz)
            }
            _ if name.starts_with("libdeflate") => {
                let level = libdeflater::CompressionLvl::new(level.into()).unwrap();
                Compressor::Libdeflate(libdeflater::Compressor::new(level))
            }
            _ => panic!("the peers are {PEERS:?}"),
        };
        Self { compressor, takeover, out: vec![0; 1 << 18] }
    }

    /// Compresses all messages once, and returns the number of bytes.
    fn pass(&mut self, messages: &[Vec<u8>]) -> usize {
        let out = &mut self.out[..];
        messages
            .iter()
            .map(|message| match &mut self.compressor {
                Compressor::Fixed(deflater, workspace) => ours(deflater, workspace, message, out),
                Compressor::FixedSmall(deflater, workspace) => ours(deflater, workspace, message, out),
                Compressor::Fast(deflater, workspace) => ours(deflater, workspace, message, out),
                Compressor::Balanced(deflater, workspace) => ours(deflater, workspace, message, out),
                Compressor::Best(deflater, workspace) => ours(deflater, workspace, message, out),
                Compressor::ZlibRs(stream) => {
                    if !self.takeover {
                        stream.reset();
                    }
                    let before = stream.total_out();
                    stream.compress(message, out, flate2::FlushCompress::Sync).unwrap();
                    (stream.total_out() - before) as usize - 4
                }
                Compressor::Zlib(stream) => {
                    if !self.takeover {
                        stream.reset();
                    }
                    stream.run(message, out, libz_sys::Z_SYNC_FLUSH) - 4
                }
                Compressor::Miniz(stream) => {
                    use miniz_oxide::deflate::core::{TDEFLFlush, compress};
                    if !self.takeover {
                        stream.reset();
                    }
                    compress(stream, message, out, TDEFLFlush::Sync).2 - 4
                }
                // it has no streams, so it ends each message with a last block, which takes no empty block after it
                Compressor::Libdeflate(compressor) => compressor.deflate_compress(message, out).unwrap(),
            })
            .sum()
    }
}

fn has(peer: &str, takeover: bool) -> bool {
    !(takeover && peer.starts_with("libdeflate"))
}

fn percent(part: usize, of: usize) -> f64 {
    100.0 * part as f64 / of as f64
}

fn table(filter: &str, rounds: usize) {
    let heads = "| messages | fixed MB/s | / zlib-rs 1 | / libdeflate 1 | size | zlib-rs 1 \
        | balanced MB/s | / zlib-rs 6 | / zlib 6 | / miniz 6 | / libdeflate 6 | size | zlib-rs 6 | zlib 6 | miniz 6 | libdeflate 6 \
        | fast MB/s | / zlib-rs 1 | size | best MB/s | / zlib 9 | size | zlib 9 |";
    println!("{heads}\n{}", "|---".repeat(heads.matches('|').count() - 1) + "|");
    for takeover in [true, false] {
        for stream in streams() {
            let name = format!("{stream} {}", if takeover { "takeover" } else { "alone" });
            if !name.contains(filter) {
                continue;
            }
            let messages = named(&stream);
            let bytes: usize = messages.iter().map(Vec::len).sum();
            let mut peers = PEERS.map(|peer| Peer::new(peer, 15, takeover));
            let mut times = [const { Vec::new() }; PEERS.len()];
            let mut lens = [0; PEERS.len()];
            for round in 0..=rounds {
                for at in 0..PEERS.len() {
                    let at = (at + round) % PEERS.len();
                    if !has(PEERS[at], takeover) {
                        continue;
                    }
                    let start = cpu();
                    let len = black_box(peers[at].pass(&messages));
                    if round > 0 {
                        times[at].push(cpu() - start);
                    } else {
                        lens[at] = len;
                    }
                }
            }
            let speeds =
                times.map(|mut times| if times.is_empty() { 0.0 } else { bytes as f64 / quartile(&mut times) / 1e6 });
            let at = |peer: &str| PEERS.iter().position(|of| *of == peer).unwrap();
            let speed = |peer: &str| format!("{:.0}", speeds[at(peer)]);
            let ratio = |one: &str, other: &str| {
                if has(other, takeover) { format!("{:.2}", speeds[at(one)] / speeds[at(other)]) } else { "–".into() }
            };
            let size = |peer: &str| {
                if has(peer, takeover) { format!("{:.1}", percent(lens[at(peer)], bytes)) } else { "–".into() }
            };
            let cells = [
                name,
                speed("fixed"),
                ratio("fixed", "zlib-rs-1"),
                ratio("fixed", "libdeflate-1"),
                size("fixed"),
                size("zlib-rs-1"),
                speed("balanced"),
                ratio("balanced", "zlib-rs-6"),
                ratio("balanced", "zlib-6"),
                ratio("balanced", "miniz-6"),
                ratio("balanced", "libdeflate-6"),
                size("balanced"),
                size("zlib-rs-6"),
                size("zlib-6"),
                size("miniz-6"),
                size("libdeflate-6"),
                speed("fast"),
                ratio("fast", "zlib-rs-1"),
                size("fast"),
                speed("best"),
                ratio("best", "zlib-9"),
                size("best"),
                size("zlib-9"),
            ];
            println!("| {} |", cells.join(" | "));
        }
    }
}

/// Two peers, and files as well as streams.
fn compare(one: &str, other: &str, filter: &str, rounds: usize) {
    println!("| messages | {one} MB/s | / {other} | size | {other} |\n|---|---|---|---|---|");
    let of: Vec<String> = match std::path::Path::new(filter).is_file() {
        true => vec![filter.into()],
        false => streams().collect(),
    };
    for takeover in ["takeover", "alone"] {
        for stream in &of {
            let name = format!("{stream} {takeover}");
            if !name.contains(filter) {
                continue;
            }
            let messages = named(stream);
            let bytes: usize = messages.iter().map(Vec::len).sum();
            let mut peers = [one, other].map(|peer| Peer::new(peer, 15, takeover == "takeover"));
            let (mut times, mut lens) = ([vec![], vec![]], [0; 2]);
            for round in 0..=rounds {
                for at in [round % 2, 1 - round % 2] {
                    let start = cpu();
                    let len = black_box(peers[at].pass(&messages));
                    match round {
                        0 => lens[at] = len,
                        _ => times[at].push(cpu() - start),
                    }
                }
            }
            let [time, of] = times.map(|mut times| quartile(&mut times));
            let [len, other] = lens.map(|len| percent(len, bytes));
            let speed = bytes as f64 / time / 1e6;
            println!("| {name} | {speed:.0} | {:.2} | {len:.2} | {other:.2} |", of / time);
        }
    }
}

fn sizes(files: &[&str]) {
    let heads = PEERS.join(" | ");
    println!("| messages | {heads} |\n|---{}|", "|---".repeat(PEERS.len()));
    let of: Vec<String> =
        if files.is_empty() { streams().collect() } else { files.iter().map(|file| (*file).into()).collect() };
    for takeover in [true, false] {
        for which in &of {
            let messages = named(which);
            let bytes: usize = messages.iter().map(Vec::len).sum();
            let cells = PEERS.map(|peer| match has(peer, takeover) {
                true => format!("{:.2}", percent(Peer::new(peer, 15, takeover).pass(&messages), bytes)),
                false => "–".into(),
            });
            let name = which.rsplit('/').next().unwrap();
            println!("| {name} {} | {} |", if takeover { "takeover" } else { "alone" }, cells.join(" | "));
        }
    }
}

/// What the balanced level makes with windows of 2^9 to 2^15 bytes, and zlib at level 6.
fn windows() {
    const BITS: [u8; 7] = [9, 10, 11, 12, 13, 14, 15];
    let heads: Vec<String> = BITS.iter().map(|bits| format!("{}", 1 << bits)).collect();
    println!("| window | {} |\n|---{}|", heads.join(" | "), "|---".repeat(BITS.len()));
    for stream in streams() {
        let messages = named(&stream);
        let bytes: usize = messages.iter().map(Vec::len).sum();
        for peer in ["balanced", "zlib-6"] {
            let cells = BITS.map(|bits| format!("{:.1}", percent(Peer::new(peer, bits, true).pass(&messages), bytes)));
            println!("| {stream}, {peer} | {} |", cells.join(" | "));
        }
    }
}
