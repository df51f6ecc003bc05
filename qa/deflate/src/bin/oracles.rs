//! The same bytes to upframe's inflater and to zlib, zlib-rs, miniz_oxide and libdeflate.
//!
//! `oracles random SECONDS SEED`: random, broken and adversarial messages of many connections, against zlib.
//! `oracles corpus`: messages as programs send them, at every window, level and takeover, cut everywhere, to all.
//! `oracles deflate`: the same messages and adversarial ones, compressed by upframe in every way, to all.
//! `oracles real FOLDER`: both for the messages of the files `*.messages` in the folder.
//! `oracles write FOLDER`: the messages of `corpus` at a few settings, compressed and inflated, for other languages.

use std::path::Path;
use std::time::{Duration, Instant};
use upframe::deflate::{Balanced, Best, Deflater, Direction, Effort, Fast, Workspace};
use upframe::deflate::{FastTables, InflateError, InflateViolation, Inflater, SmallTables, Tables};
use upframe_deflate_qa::corpus::{Kind, SIZES, messages};
use upframe_deflate_qa::random::Random;
use upframe_deflate_qa::stream::{self, Choices};
use upframe_deflate_qa::zlib::{self, Deflate};

type Result<T, E = InflateError> = std::result::Result<T, E>;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match &args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["random", seconds, seed] => random(seconds.parse().unwrap(), seed.parse().unwrap()),
        ["corpus"] => corpus(&generated(120)),
        ["deflate"] => deflate(&[generated(40), adversarial()].concat()),
        ["real", folder] => {
            let messages = real(Path::new(folder));
            corpus(&messages);
            deflate(&messages);
        }
        ["write", folder] => write(Path::new(folder)),
        _ => panic!("oracles random SECONDS SEED | corpus | deflate | real FOLDER | write FOLDER"),
    }
}

/// Adds what a part of a message inflates to. Returns whether the message ended.
fn add<const L: usize, const D: usize>(
    inflater: &mut Inflater<Vec<u8>>,
    tables: &mut Tables<L, D>,
    mut part: &[u8],
    ends: bool,
    out: &mut Vec<u8>,
) -> Result<bool> {
    let mut ended = false;
    while let Some(piece) = inflater.inflate(tables, &mut part, ends)? {
        assert!(!ended && (piece.is_last() || !piece.as_bytes().is_empty()));
        out.extend_from_slice(piece.as_bytes());
        ended = piece.is_last();
    }
    assert!(part.is_empty());
    Ok(ended)
}

fn mutate(random: &mut Random, message: &mut Vec<u8>) {
    for _ in 0..random.below(4) {
        if message.is_empty() {
            return;
        }
        let at = random.below(message.len());
        match random.below(4) {
            0 => message[at] ^= 1 << random.below(8),
            1 => message[at] = random.next() as u8,
            2 => drop(message.remove(at)),
            _ => message.truncate(at + 1),
        }
    }
}

fn message(random: &mut Random, seeds: &[Vec<u8>], history: usize) -> Vec<u8> {
    match random.below(10) {
        0 => {
            let len = random.below(200);
            random.bytes(len)
        }
        1..=4 => {
            let mut message = random.pick(seeds).clone();
            mutate(random, &mut message);
            message
        }
        _ => {
            let mut message = stream::message(random, history);
            if random.once_in(20) {
                mutate(random, &mut message);
            }
            message
        }
    }
}

#[derive(Default)]
struct Counts {
    connections: u64,
    messages: u64,
    good: u64,
    bad: u64,
    far: u64,
    finals: u64,
    bytes: u64,
}

fn random(seconds: u64, seed: u64) {
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut random = Random::new(seed);
    let mut seeds = vec![];
    for (at, (size, _)) in SIZES.iter().take(4).enumerate() {
        for kind in Kind::ALL {
            let mut deflate = Deflate::new(1 + 2 * at as i32, 15, 0);
            seeds.extend(messages(kind, *size, 50).iter().map(|message| deflate.message(message)));
        }
    }
    let mut counts = Counts::default();
    let mut tables = (Box::new(FastTables::new()), Box::new(FastTables::new()), Box::new(SmallTables::new()));
    let mut out = vec![0; 1 << 22];
    while Instant::now() < end {
        connection(&mut random, &seeds, &mut tables, &mut out, &mut counts);
    }
    let Counts { connections, messages, good, bad, far, finals, bytes } = counts;
    println!(
        "{connections} connections, {messages} messages: {good} good, {bad} bad for both, {far} beyond the agreed window, \
         {finals} blocks with BFINAL, {bytes} bytes: no disagreement"
    );
    assert!(good > 0 && bad > 0);
}

type AllTables = (Box<FastTables>, Box<FastTables>, Box<SmallTables>);

fn connection(random: &mut Random, seeds: &[Vec<u8>], tables: &mut AllTables, out: &mut [u8], counts: &mut Counts) {
    counts.connections += 1;
    let bits = 9 + random.below(7) as u8;
    let (takeover, more) = (!random.once_in(4), *random.pick(&[0, 0, 1, 15, 16, 17, 300, 5000]));
    let window = Inflater::memory(bits);
    let mut make = || {
        // whatever is in the memory
        let memory = random.bytes(window + more);
        Inflater::new(memory).with_window_bits(bits).with_context_takeover(takeover)
    };
    let (mut whole, mut cut) = (make(), make());
    cut = cut.with_longest_piece(*random.pick(&[1, 7, 300, usize::MAX]));
    let mut history = vec![];
    for _ in 0..=random.below(6) {
        counts.messages += 1;
        let message = message(random, seeds, if takeover { history.len().min(window) } else { 0 });
        let known = if takeover { &history[history.len().saturating_sub(1 << 15)..] } else { &[] };
        let (want, good, finals) = zlib::verdict(known, &message, out);
        counts.finals += finals;
        let (mut one, mut two) = (vec![], vec![]);
        whole.begin_message();
        let of_whole = add(&mut whole, &mut tables.0, &message, true, &mut one);
        cut.begin_message();
        let of_cut = in_parts(random, &mut cut, tables, &message, &mut two);
        let show = || format!("bits {bits} more {more} takeover {takeover} history {} {message:02x?}", history.len());
        assert!(one == two && of_whole == of_cut, "{of_whole:?} {} {of_cut:?} {} {}", one.len(), two.len(), show());
        counts.bytes += one.len() as u64;
        match of_whole {
            Ok(ended) => {
                assert!(ended && good, "only zlib refuses it: {}", show());
                assert!(one == want, "other bytes: {}", show());
                counts.good += 1;
                history.extend(one);
            }
            Err(error) => {
                let front = one.len().min(want.len());
                assert!(one[..front] == want[..front], "other bytes before an error: {}", show());
                assert!(error.offset <= message.len() as u64, "{error:?}");
                // zlib has 15 bits here
                let far = good && error.violation == InflateViolation::DistanceTooFar && window < 1 << 15;
                assert!(far || !good, "only upframe refuses it, {error}: {}", show());
                *(if far { &mut counts.far } else { &mut counts.bad }) += 1;
                return;
            }
        }
    }
}

/// Inflates in random parts, with tables that change.
fn in_parts(
    random: &mut Random,
    inflater: &mut Inflater<Vec<u8>>,
    tables: &mut AllTables,
    message: &[u8],
    out: &mut Vec<u8>,
) -> Result<bool> {
    let (mut from, small) = (0, random.once_in(2));
    loop {
        let left = message.len() - from;
        let n = [0, 1, random.below(20), random.below(left + 1)][random.below(4)].min(left);
        let part = &message[from..from + n];
        from += n;
        let ends = from == message.len() && random.once_in(2);
        let ended = match random.below(2) {
            _ if small => add(inflater, &mut tables.2, part, ends, out),
            0 => add(inflater, &mut tables.0, part, ends, out),
            _ => add(inflater, &mut tables.1, part, ends, out),
        }?;
        if ends {
            return Ok(ended);
        }
    }
}

/// Messages of one connection, with a name.
type Stream = (String, Vec<Vec<u8>>);

fn generated(most: usize) -> Vec<Stream> {
    let stream = |kind: Kind, (size, count): (usize, usize)| {
        (format!("{}-{size}", kind.name()), messages(kind, size, count.min(most)))
    };
    Kind::ALL.into_iter().flat_map(|kind| SIZES.map(|size| stream(kind, size))).collect()
}

/// Messages of packages of a registry, as `real.py` writes them.
fn real(folder: &Path) -> Vec<Stream> {
    let mut streams = vec![];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "messages") {
            continue;
        }
        let (data, mut messages) = (std::fs::read(&path).unwrap(), vec![]);
        let mut rest = &data[..];
        while let Some((len, after)) = rest.split_first_chunk() {
            let (message, after) = after.split_at(u32::from_le_bytes(*len) as usize);
            messages.push(message.to_vec());
            rest = after;
        }
        streams.push((path.file_stem().unwrap().to_str().unwrap().to_string(), messages));
    }
    streams.sort();
    assert!(streams.len() > 3);
    streams
}

/// Messages that are hard for a compressor, or at the edge of what a window can hold.
fn adversarial() -> Vec<Stream> {
    let mut random = Random::new(1951);
    let mut streams = vec![];
    // nothing shrinks, at the lengths of stored blocks
    let lens = [0, 1, 2, 7, 100, 8191, 8192, 8193, 65_534, 65_535, 65_536, 70_000];
    streams.push(("random".into(), lens.iter().map(|len| random.bytes(*len)).collect()));
    streams.push(("zeros".into(), lens.iter().map(|len| vec![0; *len]).collect()));
    // matches just within and just beyond each window, in one message and in two
    let mut edges = vec![];
    for bits in 8..=15 {
        for distance in (1usize << bits) - 2..=(1 << bits) + 2 {
            let (repeated, filler) = (random.bytes(60), vec![b'.'; distance - 60]);
            edges.push([&repeated[..], &filler, &repeated].concat());
            edges.push([&repeated[..], &filler].concat());
            edges.push(repeated);
        }
    }
    streams.push(("edges".into(), edges));
    // three-byte matches only, far away; lengths around the longest match; all literals, rarely
    let units: Vec<Vec<u8>> = (0..400).map(|_| random.bytes(3)).collect();
    let far = (0..6).map(|_| (0..3000).flat_map(|_| units[random.below(400)].clone()).collect());
    streams.push(("threes".into(), far.collect()));
    let runs = (250..270).map(|n| [vec![b'a'; n], b"b".to_vec()].concat().repeat(5));
    streams.push(("longest".into(), runs.collect()));
    // byte frequencies of Fibonacci: the deepest code
    let (mut deep, mut counts) = (vec![], (1usize, 1usize));
    for byte in 0..22u8 {
        deep.extend(vec![byte; counts.0]);
        counts = (counts.1, counts.0 + counts.1);
    }
    for at in (1..deep.len()).rev() {
        let with = random.below(at + 1);
        deep.swap(at, with);
    }
    streams.push(("deep".into(), vec![deep.clone(), deep]));
    // short ones, most of which are sent on credit
    let short = (0..300).map(|n| format!("{{\"n\":{n}}}").into_bytes());
    streams.push(("short".into(), short.collect()));
    streams
}

/// Calls `f` with messages and what a peer sends for them: kind, size, level, window bits, takeover.
fn each_setting(streams: &[Stream], mut f: impl FnMut(&str, u8, bool, &[Vec<u8>], &[Vec<u8>])) {
    for (kind, messages) in streams {
        for bits in 8..=15 {
            for takeover in [true, false] {
                // levels 1 to 9; strategy 4 has fixed codes only, 2 no matches, 3 only runs
                for (level, strategy) in [(1, 0), (6, 0), (9, 0), (6, 4), (6, 2), (6, 3), (0, 0)] {
                    // zlib has no window of 8 bits. Older ones use 9 bits then.
                    let mut deflate = Deflate::new(level, i32::from(bits).max(9), strategy);
                    let packed: Vec<Vec<u8>> = messages
                        .iter()
                        .map(|message| {
                            if !takeover {
                                deflate.reset();
                            }
                            deflate.message(message)
                        })
                        .collect();
                    let name = format!("{kind}-level{level}-strategy{strategy}-bits{bits}");
                    f(&name, bits, takeover, messages, &packed);
                }
            }
        }
    }
}

/// What upframe sends, to all peers, and to itself in parts.
fn deflate(streams: &[Stream]) {
    let mut peers = Peers::new();
    for (name, messages) in streams {
        for bits in 8..=15 {
            for takeover in [true, false] {
                let direction = Direction::new(bits, takeover);
                let name = format!("{name}-bits{bits}-{takeover}");
                peers.check(&name, direction, messages, Fast, Box::new(Workspace::<256, 0>::new()));
                peers.check(&name, direction, messages, Balanced, Box::new(<Workspace>::new()));
                peers.check(&name, direction, messages, Best, Box::new(Workspace::<4096, 64>::new()));
            }
        }
    }
    let Peers { checked, bytes, packed, .. } = peers;
    println!("{checked} messages of {bytes} bytes, compressed to {packed}: all peers inflate what was sent");
}

/// All that inflate what upframe compresses.
struct Peers {
    random: Random,
    tables: Box<FastTables>,
    libdeflate: libdeflater::Decompressor,
    out: Vec<u8>,
    checked: u64,
    bytes: u64,
    packed: u64,
}

impl Peers {
    fn new() -> Self {
        Self {
            random: Random::new(1951),
            tables: Box::new(FastTables::new()),
            libdeflate: libdeflater::Decompressor::new(),
            out: vec![0; 1 << 18],
            checked: 0,
            bytes: 0,
            packed: 0,
        }
    }

    /// Compresses whole messages, and every third in parts, into short buffers. Those that do not shrink are sent plain.
    fn check<E: Effort, const H: usize, const T: usize>(
        &mut self,
        name: &str,
        direction: Direction,
        messages: &[Vec<u8>],
        effort: E,
        mut workspace: Box<Workspace<H, T>>,
    ) {
        let bits = direction.window_bits();
        let mut deflater = Deflater::new(direction, effort, vec![0xEE; direction.window()]);
        let mut inflater = Inflater::new(vec![0xDD; Inflater::memory(bits)])
            .with_window_bits(bits)
            .with_context_takeover(direction.takes_over());
        let mut zlib = zlib::Inflate::new(bits.into());
        let mut zlib_rs = flate2::Decompress::new(false);
        let mut miniz = miniz_oxide::inflate::stream::InflateState::new_boxed(miniz_oxide::DataFormat::Raw);
        for (at, message) in messages.iter().enumerate() {
            let mut packed = vec![0; message.len() + 7];
            if at % 3 == 2 {
                packed = self.in_parts(&mut deflater, &mut workspace, message);
            } else {
                let Some(compressed) = deflater.compress(&mut workspace, message, &mut packed) else {
                    deflater.note_plain();
                    continue;
                };
                assert!(compressed.longest_distance() <= direction.window(), "{name} {at}");
                packed.truncate(compressed.len());
                deflater.commit(message, compressed);
            }
            if !direction.takes_over() {
                zlib.reset();
                zlib_rs.reset(false);
                miniz.reset(miniz_oxide::DataFormat::Raw);
                let ended = [&packed[..], &[0, 0, 0xFF, 0xFF, 1, 0, 0, 0xFF, 0xFF]].concat();
                let n = self.libdeflate.deflate_decompress(&ended, &mut self.out).unwrap();
                assert!(self.out[..n] == *message, "libdeflate: {name} {at}");
            }
            // a short buffer: the window counts
            assert!(zlib.message(&packed, 100).as_ref() == Some(message), "zlib: {name} {at}");
            let with_tail = [&packed[..], &[0, 0, 0xFF, 0xFF]].concat();
            let before = zlib_rs.total_out();
            zlib_rs.decompress(&with_tail, &mut self.out, flate2::FlushDecompress::Sync).unwrap();
            assert!(self.out[..(zlib_rs.total_out() - before) as usize] == *message, "zlib-rs: {name} {at}");
            let flush = miniz_oxide::MZFlush::Sync;
            let n = miniz_oxide::inflate::stream::inflate(&mut miniz, &with_tail, &mut self.out, flush);
            assert!(self.out[..n.bytes_written] == *message, "miniz_oxide: {name} {at}");
            let (mut found, cut) = (vec![], self.random.below(packed.len() + 1));
            inflater.begin_message();
            assert_eq!(add(&mut inflater, &mut self.tables, &packed[..cut], false, &mut found), Ok(false));
            assert_eq!(add(&mut inflater, &mut self.tables, &packed[cut..], true, &mut found), Ok(true));
            assert!(found == *message, "upframe: {name} {at}");
            self.checked += 1;
            self.bytes += message.len() as u64;
            self.packed += packed.len() as u64;
        }
    }

    fn in_parts<E: Effort, const H: usize, const T: usize>(
        &mut self,
        deflater: &mut Deflater<Vec<u8>, E>,
        workspace: &mut Workspace<H, T>,
        message: &[u8],
    ) -> Vec<u8> {
        let (mut packed, mut rest) = (vec![], message);
        loop {
            let n = self.random.below(2 * rest.len() + 2).min(rest.len());
            let (part, after) = rest.split_at(n);
            let (mut input, ends) = (part, after.is_empty());
            loop {
                let room = 9 + self.random.below(message.len() + 60);
                let deflated = deflater.deflate(workspace, &mut input, ends, &mut self.out[..room]);
                packed.extend_from_slice(&self.out[..deflated.len()]);
                if deflated.is_complete() {
                    return packed;
                }
                if input.is_empty() && !ends {
                    break;
                }
            }
            rest = after;
        }
    }
}

fn corpus(streams: &[Stream]) {
    let (mut random, mut checked, mut bytes) = (Random::new(7692), 0u64, 0u64);
    let (mut tables, mut small) = (Box::new(FastTables::new()), Box::new(SmallTables::new()));
    let mut out = vec![0; 1 << 18];
    let mut libdeflate = libdeflater::Decompressor::new();
    each_setting(streams, |name, bits, takeover, messages, packed| {
        let make =
            || Inflater::new(vec![0xEE; Inflater::memory(bits)]).with_window_bits(bits).with_context_takeover(takeover);
        let (mut whole, mut cut) = (make(), make());
        let mut zlib_rs = flate2::Decompress::new(false);
        let mut miniz = miniz_oxide::inflate::stream::InflateState::new_boxed(miniz_oxide::DataFormat::Raw);
        for (at, (message, packed)) in messages.iter().zip(packed).enumerate() {
            let mut found = vec![];
            whole.begin_message();
            assert_eq!(add(&mut whole, &mut tables, packed, true, &mut found), Ok(true), "{name} {at}");
            assert!(found == *message, "{name} {at}");
            // every cut of a short message, some of a long one
            let cuts: Vec<usize> = if packed.len() < 120 && at < 12 {
                (0..=packed.len()).collect()
            } else {
                vec![random.below(packed.len() + 1)]
            };
            let before = cut.clone();
            for at in cuts {
                cut = before.clone();
                let (front, back) = packed.split_at(at);
                found.clear();
                cut.begin_message();
                assert_eq!(add(&mut cut, &mut small, front, false, &mut found), Ok(false), "{name} {at}");
                assert_eq!(add(&mut cut, &mut small, back, true, &mut found), Ok(true), "{name} {at}");
                assert!(found == *message, "{name} {at}");
            }
            let with_tail = [&packed[..], &[0, 0, 0xFF, 0xFF]].concat();
            if !takeover {
                zlib_rs.reset(false);
                miniz.reset(miniz_oxide::DataFormat::Raw);
                let ended = [&with_tail[..], &[1, 0, 0, 0xFF, 0xFF]].concat();
                let n = libdeflate.deflate_decompress(&ended, &mut out).unwrap();
                assert!(out[..n] == *message, "libdeflate: {name} {at}");
            }
            let before = zlib_rs.total_out();
            zlib_rs.decompress(&with_tail, &mut out, flate2::FlushDecompress::Sync).unwrap();
            assert!(out[..(zlib_rs.total_out() - before) as usize] == *message, "zlib-rs: {name} {at}");
            let n = miniz_oxide::inflate::stream::inflate(&mut miniz, &with_tail, &mut out, miniz_oxide::MZFlush::Sync);
            assert!(out[..n.bytes_written] == *message, "miniz_oxide: {name} {at}");
            (checked, bytes) = (checked + 1, bytes + message.len() as u64);
        }
    });
    println!("{checked} messages of {bytes} bytes: all inflate to what was sent, at every cut, here and in all peers");
}

/// Files for another language: `NAME.packed` and `NAME.plain`, each a list of messages with their lengths before them.
fn write(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let list = |messages: &[Vec<u8>]| -> Vec<u8> {
        messages.iter().flat_map(|message| [&(message.len() as u32).to_le_bytes(), &message[..]].concat()).collect()
    };
    each_setting(&generated(120), |name, bits, takeover, messages, packed| {
        if !matches!(bits, 9 | 12 | 15) || name.starts_with("text-65536") {
            return;
        }
        let mut inflater =
            Inflater::new(vec![0; Inflater::memory(bits)]).with_window_bits(bits).with_context_takeover(takeover);
        let mut tables = Box::new(FastTables::new());
        let inflated: Vec<Vec<u8>> = packed
            .iter()
            .map(|packed| {
                let mut found = vec![];
                inflater.begin_message();
                assert_eq!(add(&mut inflater, &mut tables, packed, true, &mut found), Ok(true));
                found
            })
            .collect();
        assert!(inflated == messages);
        let name = format!("{name}-{}", if takeover { "takeover" } else { "alone" });
        std::fs::write(folder.join(format!("{name}.packed")), list(packed)).unwrap();
        std::fs::write(folder.join(format!("{name}.plain")), list(&inflated)).unwrap();
        // the same messages, as upframe sends them
        if !name.contains("level6-strategy0") {
            return;
        }
        let mut workspace = Box::new(<Workspace>::new());
        let mut deflater = Deflater::new(Direction::new(bits, takeover), Balanced, vec![0; 1 << bits]);
        let mut out = vec![0; 1 << 18];
        let packed: Vec<Vec<u8>> = messages
            .iter()
            .map(|message| {
                let deflated = deflater.deflate(&mut workspace, &mut &message[..], true, &mut out);
                assert!(deflated.is_complete());
                out[..deflated.len()].to_vec()
            })
            .collect();
        std::fs::write(folder.join(format!("sent-{name}.packed")), list(&packed)).unwrap();
        std::fs::write(folder.join(format!("sent-{name}.plain")), list(&inflated)).unwrap();
    });
}
