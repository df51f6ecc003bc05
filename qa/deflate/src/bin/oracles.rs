//! The same bytes to upframe's inflater and to zlib, zlib-rs, miniz_oxide and libdeflate.
//!
//! `oracles random SECONDS SEED`: random, broken and adversarial messages of many connections, against zlib.
//! `oracles corpus`: messages as programs send them, at every window, level and takeover, cut everywhere, to all.
//! `oracles write FOLDER`: the messages of `corpus` at a few settings, compressed and inflated, for other languages.

use std::path::Path;
use std::time::{Duration, Instant};
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
        ["corpus"] => corpus(),
        ["write", folder] => write(Path::new(folder)),
        _ => panic!("oracles random SECONDS SEED | corpus | write FOLDER"),
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

/// Calls `f` with messages and what a peer sends for them: kind, size, level, window bits, takeover.
fn each_setting(mut f: impl FnMut(&str, u8, bool, &[Vec<u8>], &[Vec<u8>])) {
    for kind in Kind::ALL {
        for (size, count) in SIZES {
            let messages = messages(kind, size, count.min(120));
            for bits in 9..=15 {
                for takeover in [true, false] {
                    // levels 1 to 9; strategy 4 has fixed codes only, 2 no matches, 3 only runs
                    for (level, strategy) in [(1, 0), (6, 0), (9, 0), (6, 4), (6, 2), (6, 3), (0, 0)] {
                        let mut deflate = Deflate::new(level, i32::from(bits), strategy);
                        let packed: Vec<Vec<u8>> = messages
                            .iter()
                            .map(|message| {
                                if !takeover {
                                    deflate.reset();
                                }
                                deflate.message(message)
                            })
                            .collect();
                        let name = format!("{}-{size}-level{level}-strategy{strategy}-bits{bits}", kind.name());
                        f(&name, bits, takeover, &messages, &packed);
                    }
                }
            }
        }
    }
}

fn corpus() {
    let (mut random, mut checked, mut bytes) = (Random::new(7692), 0u64, 0u64);
    let (mut tables, mut small) = (Box::new(FastTables::new()), Box::new(SmallTables::new()));
    let mut out = vec![0; 1 << 18];
    let mut libdeflate = libdeflater::Decompressor::new();
    each_setting(|name, bits, takeover, messages, packed| {
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
    each_setting(|name, bits, takeover, messages, packed| {
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
    });
}
