//! The inflater: good messages and each kind of malformed ones, at every cut, with every size of memory.

#[path = "twin/inflate.rs"]
mod naive;

use proptest::collection::vec;
use proptest::prelude::*;
use upframe::deflate::InflateViolation::{self, *};
use upframe::deflate::{FastTables, InflateError, Inflater, SmallTables, Tables};

/// Adds what a part of a message inflates to.
fn add<M: AsRef<[u8]> + AsMut<[u8]>, const L: usize, const D: usize>(
    inflater: &mut Inflater<M>,
    tables: &mut Tables<L, D>,
    mut part: &[u8],
    ends: bool,
    out: &mut Vec<u8>,
) -> Result<bool, InflateError> {
    let mut ended = false;
    while let Some(piece) = inflater.inflate(tables, &mut part, ends)? {
        assert!(!ended && (piece.is_last() || !piece.as_bytes().is_empty()));
        out.extend_from_slice(piece.as_bytes());
        ended = piece.is_last();
    }
    assert!(part.is_empty());
    Ok(ended)
}

/// What a message in these parts inflates to.
fn in_parts<const L: usize, const D: usize>(
    inflater: &mut Inflater<Vec<u8>>,
    tables: &mut Tables<L, D>,
    parts: &[&[u8]],
) -> naive::Naive {
    let mut out = vec![];
    inflater.begin_message();
    for (at, part) in (1..).zip(parts) {
        match add(inflater, tables, part, at == parts.len(), &mut out) {
            Ok(ended) => assert_eq!(ended, at == parts.len()),
            Err(InflateError { violation, offset }) => {
                // and so it stays
                let again = inflater.inflate(tables, &mut &b"\0"[..], true);
                assert_eq!(again, Err(InflateError { violation, offset }));
                return (out, Err((violation, offset)));
            }
        }
    }
    (out, Ok(()))
}

/// An inflater whose memory holds what another connection left.
fn new(memory: usize) -> Inflater<Vec<u8>> {
    Inflater::new(vec![0xEE; memory])
}

/// Inflates in every cut, with both kinds of tables, in long and short memory, in long and short pieces. All agree with
/// the twin.
fn every_way(message: &[u8]) -> naive::Naive {
    let want = naive::inflate(message, &[], 1 << 15);
    let (mut fast, mut small) = (Box::new(FastTables::new()), Box::new(SmallTables::new()));
    assert_eq!(in_parts(&mut new(1 << 16), &mut fast, &[message]), want);
    assert_eq!(in_parts(&mut new(1 << 15), &mut small, &[message]), want);
    for cut in 0..=message.len() {
        let (front, back) = message.split_at(cut);
        for piece in [1, 2, 300] {
            let mut inflater = new(1 << 15).with_longest_piece(piece);
            assert_eq!(in_parts(&mut inflater, &mut fast, &[front, back]), want, "cut at {cut}, pieces of {piece}");
        }
        assert_eq!(in_parts(&mut new(1 << 15), &mut small, &[front, &[], back]), want, "cut at {cut}");
    }
    let bytes: Vec<&[u8]> = message.chunks(1).collect();
    if !bytes.is_empty() {
        assert_eq!(in_parts(&mut new(1 << 15), &mut fast, &bytes), want);
    }
    want
}

// ------------------------------------------------------------------------------------------------- streams by hand

/// Bits, from the lowest of each byte up (RFC 1951 §3.1.1).
#[derive(Clone, Default)]
struct Bits(Vec<bool>);

impl Bits {
    /// Adds a number, from its lowest bit up.
    fn put(mut self, value: usize, n: usize) -> Self {
        self.0.extend((0..n).map(|bit| value >> bit & 1 == 1));
        self
    }

    /// Adds a code, from its highest bit down, as text.
    fn code(mut self, code: &str) -> Self {
        self.0.extend(code.bytes().filter(|bit| *bit != b' ').map(|bit| bit == b'1'));
        self
    }

    fn align(mut self) -> Self {
        self.0.resize(self.0.len().next_multiple_of(8), false);
        self
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        for byte in bytes {
            self = self.put((*byte).into(), 8);
        }
        self
    }

    /// Adds the header of a dynamic block, and lengths in a code of 19 symbols with 5 bits, of which 13 have 4 bits.
    fn dynamic(self, literals: &[u8], distances: &[u8]) -> Self {
        let mut bits = self.lengths_code(literals.len(), distances.len());
        for len in [literals, distances].concat() {
            bits = bits.length(len.into());
        }
        bits
    }

    fn lengths_code(self, literals: usize, distances: usize) -> Self {
        let mut bits = self.put(0b100, 3).put(literals - 257, 5).put(distances - 1, 5).put(15, 4);
        for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] {
            bits = bits.put(if symbol < 13 { 4 } else { 5 }, 3);
        }
        bits
    }

    /// Adds a symbol in that code.
    fn length(self, symbol: usize) -> Self {
        let code = if symbol < 13 { format!("{symbol:04b}") } else { format!("{:05b}", 26 + symbol - 13) };
        self.code(&code)
    }

    /// Ends the block as a message does: with the header of an empty stored block.
    fn end(self) -> Vec<u8> {
        self.put(0, 3).into_bytes()
    }

    fn into_bytes(self) -> Vec<u8> {
        let bits = self.align().0;
        let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
        bits.chunks(8).map(byte).collect()
    }
}

fn bits() -> Bits {
    Bits::default()
}

/// The lengths of literals and lengths with these codes.
fn lens(codes: &[(usize, u8)]) -> Vec<u8> {
    let mut lens = vec![0; 257.max(codes.iter().map(|(symbol, _)| symbol + 1).max().unwrap())];
    for (symbol, len) in codes {
        lens[*symbol] = *len;
    }
    lens
}

/// A fixed block's header.
fn fixed() -> Bits {
    bits().put(0b010, 3)
}

#[track_caller]
fn fails(message: &[u8], inflated: &[u8], violation: InflateViolation, offset: usize) {
    assert_eq!(every_way(message), (inflated.into(), Err((violation, offset as u64))));
}

#[track_caller]
fn inflates(message: &[u8], inflated: &[u8]) {
    assert_eq!(every_way(message), (inflated.into(), Ok(())));
}

// ------------------------------------------------------------------------------- a row of the table after the other

/// [1951-3.2.3-type]
#[test]
fn the_reserved_block_type_is_refused() {
    fails(&[0b110], b"", BlockType, 0);
    // after a block: in the byte that has its last bit
    fails(&fixed().code("0111 0001").code("0000000").put(0b110, 3).into_bytes(), b"A", BlockType, 2);
    fails(&fixed().code("000 0000").put(0b0, 3).align().bytes(b"\0\0\xff\xff\x07").into_bytes(), b"", BlockType, 6);
}

/// [1951-3.2.4-check]
#[test]
fn a_stored_block_with_a_wrong_check_is_refused() {
    fails(b"\0\x05\0\xfa\xfeHello\0", b"", StoredLength, 4);
    fails(b"\0\x05\0\xfa\xffHello\0\x01\0\xff\xff", b"Hello", StoredLength, 14);
    inflates(b"\0\x05\0\xfa\xffHello\0", b"Hello");
    // padding may be anything
    inflates(b"\xf8\x05\0\xfa\xffHello\xf8", b"Hello");
}

/// [1951-3.2.7-counts]
#[test]
fn more_codes_than_symbols_are_refused() {
    fails(&bits().put(0b100, 3).put(30, 5).put(0, 5).put(0, 4).end(), b"", TooManyCodes, 2);
    fails(&bits().put(0b100, 3).put(0, 5).put(30, 5).put(0, 4).end(), b"", TooManyCodes, 2);
    inflates(&bits().dynamic(&[&lens(&[(256, 1)])[..], &[0; 29]].concat(), &[0; 30]).code("0").end(), b"");
}

/// [1951-3.2.2-incomplete] [1951-3.2.2-oversubscribed]
#[test]
fn a_code_for_code_lengths_must_be_complete() {
    let header = || bits().put(0b100, 3).put(0, 5).put(0, 5);
    // 4 lengths: none; a single one of one bit; three of one bit
    fails(&header().put(0, 4).put(0, 12).end(), b"", LengthCodeIncomplete, 3);
    fails(&header().put(0, 4).put(1, 3).put(0, 9).end(), b"", LengthCodeIncomplete, 3);
    fails(&header().put(0, 4).put(1, 3).put(1, 3).put(1, 3).put(0, 3).end(), b"", LengthCodeOversubscribed, 3);
}

/// [1951-3.2.7-first] [1951-3.2.7-past]
#[test]
fn repetitions_stay_between_the_first_and_the_last_length() {
    let header = || bits().lengths_code(257, 1);
    let before = header().0.len();
    fails(&header().length(16).put(0, 2).put(0, 30).end(), b"", RepeatBeforeFirst, (before + 6) / 8);
    // 257 + 1 lengths: 138 + 120 zeros, or one more
    let run = |n: usize| header().length(18).put(127, 7).length(18).put(n - 11, 7);
    let at = (run(120).0.len() - 1) / 8;
    fails(&run(120).end(), b"", NoEndOfBlock, at);
    fails(&run(121).end(), b"", RepeatPastLast, at);
    // the same by the two others
    let near = |n: usize| header().length(18).put(127, 7).length(18).put(n - 11, 7).length(1);
    fails(&near(118).length(16).put(0, 2).end(), b"", RepeatPastLast, (near(118).0.len() + 6) / 8);
    fails(&near(118).length(17).put(0, 3).end(), b"", RepeatPastLast, near(118).0.len().div_ceil(8));
    // a run may go from literals to distances: 256 has length 2, and so have two literals and one distance
    let run = header().length(18).put(127, 7).length(18).put(115 - 11, 7).length(1).length(2).length(16).put(0, 2);
    fails(&run.code("1").end(), b"", LiteralCodeOversubscribed, run_end());
}

/// The byte with the last of those lengths.
fn run_end() -> usize {
    (bits().lengths_code(257, 1).0.len() + 2 * (5 + 7) + 4 + 4 + 7 - 1) / 8
}

/// [1951-3.2.7-end]
#[test]
fn a_block_needs_a_code_for_its_end() {
    let all = bits().dynamic(&lens(&[(b'a'.into(), 1), (b'b'.into(), 1)]), &[0]);
    let at = (all.0.len() - 1) / 8;
    fails(&all.end(), b"", NoEndOfBlock, at);
}

/// [1951-3.2.2-oversubscribed] [1951-3.2.2-incomplete]
#[test]
fn codes_are_complete_but_for_those_of_one_bit() {
    let end = |bits: &Bits| (bits.0.len() - 1) / 8;
    let all = bits().dynamic(&lens(&[(97, 1), (98, 1), (256, 1)]), &[0]);
    fails(&all.clone().end(), b"", LiteralCodeOversubscribed, end(&all));
    let all = bits().dynamic(&lens(&[(97, 2), (98, 2), (256, 2)]), &[0]);
    fails(&all.clone().end(), b"", LiteralCodeIncomplete, end(&all));
    let all = bits().dynamic(&lens(&[(256, 2)]), &[0]);
    fails(&all.clone().end(), b"", LiteralCodeIncomplete, end(&all));
    let all = bits().dynamic(&lens(&[(97, 1), (256, 1)]), &[1, 1, 1]);
    fails(&all.clone().end(), b"", DistanceCodeOversubscribed, end(&all));
    for distances in [&[2, 2, 2][..], &[2], &[15]] {
        let all = bits().dynamic(&lens(&[(97, 1), (256, 1)]), distances);
        fails(&all.clone().end(), b"", DistanceCodeIncomplete, end(&all));
    }
    // accepted: a single literal code of one bit, no distance code, a single one of one bit
    inflates(&bits().dynamic(&lens(&[(256, 1)]), &[0]).code("0").end(), b"");
    let with = |distances: &[u8]| bits().dynamic(&lens(&[(97, 2), (98, 2), (256, 2), (257, 2)]), distances);
    inflates(&with(&[0]).code("00 01 10").end(), b"ab");
    inflates(&with(&[1]).code("00 11 0 10").end(), b"aaaa");
    inflates(&with(&[0, 1]).code("00 01 11 0 10").end(), b"ababa");
}

/// [1951-3.2.5-length] [1951-3.2.5-distance]
#[test]
fn bits_and_symbols_without_a_meaning_are_refused() {
    // length symbols 286 and 287, distance symbols 30 and 31
    for code in ["11000110", "11000111"] {
        fails(&fixed().code("01110001").code(code).end(), b"A", NoLength, 2);
    }
    for code in ["11110", "11111"] {
        fails(&fixed().code("01110001").code("0000001").code(code).put(0, 13).end(), b"A", NoDistance, 2);
    }
    // codes of one bit: the other bit
    let only = bits().dynamic(&lens(&[(256, 1)]), &[0]);
    fails(&only.clone().code("1").end(), b"", NoLength, only.0.len() / 8);
    let with =
        |distances: &[u8]| bits().dynamic(&lens(&[(97, 2), (98, 2), (256, 2), (257, 2)]), distances).code("00 11");
    fails(&with(&[1]).code("1 10").end(), b"a", NoDistance, with(&[1]).0.len() / 8);
    for bit in ["0", "1"] {
        fails(&with(&[0]).code(bit).code("10").end(), b"a", NoDistance, with(&[0]).0.len() / 8);
    }
}

/// [1951-3.2.5-far]
#[test]
fn a_distance_beyond_what_was_received_is_refused() {
    // a length of 3 at distance 1, before any byte; at distance 2 after one
    fails(&fixed().code("0000001 00000").end(), b"", DistanceTooFar, 1);
    fails(&fixed().code("01110001 0000001 00001").end(), b"A", DistanceTooFar, 2);
    inflates(&fixed().code("01110001 0000001 00000 0000000").end(), b"AAAA");
    // 5 is the base of the fifth distance; its extra bit makes it 6
    let five = |extra| fixed().code(&"01110001".repeat(5)).code("0000001 00100").put(extra, 1).code("0000000").end();
    inflates(&five(0), b"AAAAAAAA");
    fails(&five(1), b"AAAAA", DistanceTooFar, (3 + 40 + 7 + 5) / 8);
}

/// [1951-3.2.5-far] [1951-3.2.5-distance]
#[test]
fn the_offset_is_that_of_the_bad_symbol_whatever_comes_after_it() {
    for before in 1..50usize {
        let text = vec![b'A'; before];
        let start = fixed().code(&"01110001".repeat(before)).code("0000001");
        let far = start.clone().code("11101").put(0, 13).code(&"01110001".repeat(40)).end();
        fails(&far, &text, DistanceTooFar, (3 + 8 * before + 7 + 5 + 13 - 1) / 8);
        let none = start.code("11110").code(&"01110001".repeat(40)).end();
        fails(&none, &text, NoDistance, (3 + 8 * before + 7 + 5 - 1) / 8);
    }
}

#[test]
fn what_interrupts_ascii_in_a_fixed_block_is_found_at_every_place() {
    // a literal of 9 bits, matches of 3, 12 and 116 bytes at distance 1, and the end of the block
    let match_of = |symbol, extra: &str, len: usize| (format!("{}{extra} 00000", fixed_code(symbol)), len);
    let matches = [match_of(257, "", 3), match_of(265, "1", 12), match_of(280, "1000", 116)];
    let others = [(fixed_code(0xE9), 0), (format!("{} 0 10", fixed_code(256)), 0)];
    for (code, len) in matches.into_iter().chain(others) {
        for at in 1..30usize {
            let (mut bits, mut text) = (fixed(), vec![]);
            for place in 0..30usize {
                if place == at {
                    bits = bits.code(&code);
                    text.extend(vec![text[place - 1]; len]);
                    if code == fixed_code(0xE9) {
                        text.push(0xE9);
                    }
                }
                let byte = b'a' + (place % 26) as u8;
                bits = bits.code(&fixed_code(byte.into()));
                text.push(byte);
            }
            let message = bits.code(&fixed_code(256)).end();
            assert_eq!(in_parts(&mut new(1 << 15), &mut Box::new(FastTables::new()), &[&message]), (text, Ok(())));
        }
    }
}

#[test]
fn symbols_with_the_most_bits_that_tables_hold_follow_each_other() {
    // seven codes of 1 to 7 bits and eight of 10; seven of 1 to 7 bits and two of 8
    let short = (0..7usize).map(|k| (usize::from(b'a') + k, k as u8 + 1));
    let long = [119, 120, 121, 122, 256, 282, 283, 284].map(|symbol| (symbol, 10));
    let literals = lens(&short.chain(long).collect::<Vec<_>>());
    let distances: Vec<u8> =
        (0..30).map(|symbol| if symbol < 7 { symbol + 1 } else { 8 * u8::from(symbol > 27) }).collect();
    let ten = |place: usize| format!("{:010b}", 0b11_1111_1000 + place);
    let history = far(1 << 15, 1);
    let mut tables = Box::new(FastTables::new());
    for shift in 0..24 {
        // `far` ends with an empty stored block, whose lengths are still to come
        let mut bits = bits().bytes(&history).bytes(&[0, 0, 255, 255]).dynamic(&literals, &distances);
        bits = bits.code(&"0".repeat(shift));
        for k in 0..40 {
            // none, one or two literals, then a length of 257 at distance 32,767
            bits = bits.code(&[ten(0), ten(1)][..k % 3].concat());
            bits = bits.code(&ten(7)).put(30, 5).code("11111111").put(8190, 13);
        }
        let message = bits.code(&ten(4)).end();
        let want = naive::inflate(&message, &[], 1 << 15);
        assert_eq!((want.0.len() > 40 * 257, &want.1), (true, &Ok(())));
        assert_eq!(in_parts(&mut new(1 << 16), &mut tables, &[&message]), want);
        let (front, back) = message.split_at(message.len() - 50);
        assert_eq!(in_parts(&mut new(1 << 16), &mut tables, &[front, back]), want);
    }
}

/// [7692-7.2.2-end]
#[test]
fn a_message_must_end_between_two_blocks() {
    fails(b"", b"", Unfinished, 0);
    // the end of a block, without the header of the empty one: the tail does not fit
    fails(b"\0\x01\0\xfe\xffA", b"A", Unfinished, 6);
    // what a stored block lacks is taken from the tail, as zlib takes it
    fails(b"\0\x02\0\xfd\xffA", b"A\0", Unfinished, 6);
    inflates(b"\0\x05\0\xfa\xffA", b"A\0\0\xff\xff");
    for cut in 1..6 {
        let hello = &b"\xf2\x48\xcd\xc9\xc9\x07\x00"[..cut];
        let (_, end) = every_way(hello);
        assert_eq!(end, Err((Unfinished, cut as u64)));
    }
    // a code with which the 16 ones of the tail leave one bit: 15 ones are the end of the block
    let mut deep: Vec<(usize, u8)> = (0..15).map(|symbol| (symbol, symbol as u8 + 1)).collect();
    deep[14].1 = 15;
    deep.push((256, 15));
    let all = bits().dynamic(&lens(&deep), &[0]);
    let left = 8 - all.0.len() % 8;
    let mut message = all;
    for _ in 0..left % 8 {
        message = message.code("0");
    }
    let message = message.into_bytes();
    fails(&message, &vec![0; left % 8 + 16], BitsAfterEnd, message.len());
}

/// RFC 7692 §7.2.3, byte for byte. [7692-7.2.3.4-bfinal]
#[test]
fn the_examples_of_the_rfc_inflate() {
    inflates(b"\xf2\x48\xcd\xc9\xc9\x07\x00", b"Hello");
    inflates(b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", b"Hello");
    inflates(b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", b"Hello");
    inflates(b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", b"Hello");
    // an empty message (§7.2.3.6)
    inflates(b"\x00", b"");
    // without the byte that ends the block with BFINAL
    inflates(b"\xf3\x48\xcd\xc9\xc9\x07\x00", b"Hello");
    // blocks with BFINAL in a row, with padding that is not 0
    inflates(b"\xf3\x48\xcd\xc9\xc9\x07\xf8\xf3\x48\xcd\xc9\xc9\x07\xf8", b"HelloHello");
    // the same bytes without BFINAL are not complete
    fails(b"\xf2\x48\xcd\xc9\xc9\x07\xf8", b"Hello", BlockType, 6);
    // §7.2.3.2
    let (mut inflater, mut tables) = (new(1 << 15), Box::new(FastTables::new()));
    for message in [&b"\xf2\x48\xcd\xc9\xc9\x07\x00"[..], b"\xf2\x00\x11\x00\x00", b"\xf2\x00\x11\x00\x00"] {
        assert_eq!(in_parts(&mut inflater, &mut tables, &[message]), (b"Hello".into(), Ok(())));
    }
}

// --------------------------------------------------------------------------------------------------------- windows

/// A message: `n` bytes stored, then a match of 3 at this distance.
fn far(n: usize, distance: usize) -> Vec<u8> {
    let mut all = bits();
    for chunk in (0..n).map(|i| (i % 251) as u8).collect::<Vec<_>>().chunks(60_000) {
        let len = chunk.len() as u16;
        all = all.put(0, 3).align().bytes(&len.to_le_bytes()).bytes(&(!len).to_le_bytes()).bytes(chunk);
    }
    let symbol = (0..30usize).rev().find(|symbol| base(*symbol) <= distance).unwrap();
    let extra = symbol.saturating_sub(2) / 2;
    let all = all.put(0b010, 3).code("0000001").code(&format!("{symbol:05b}"));
    all.put(distance - base(symbol), extra).code("0000000").end()
}

fn base(symbol: usize) -> usize {
    if symbol < 4 { symbol + 1 } else { ((2 + symbol % 2) << (symbol / 2 - 1)) + 1 }
}

/// [7692-7.1.2-window]
#[test]
fn a_distance_reaches_as_far_as_the_window_that_was_agreed_on() {
    let (mut fast, mut small) = (Box::new(FastTables::new()), Box::new(SmallTables::new()));
    for bits in 8..=15 {
        let window = Inflater::memory(bits);
        // 512 for 8, too: old versions of zlib
        assert_eq!(window, if bits == 8 { 512 } else { 1 << bits });
        for memory in [window, window + 1, window + 40, 2 * window] {
            for (distance, good) in [(window - 1, true), (window, true), (window + 1, false)] {
                for received in [window + 1, 2 * window + 7] {
                    if distance > 1 << 15 {
                        continue;
                    }
                    let message = far(received, distance);
                    let want = naive::inflate(&message, &[], window);
                    assert_eq!(want.1.is_ok(), good);
                    let new = || new(memory).with_window_bits(bits);
                    assert_eq!(in_parts(&mut new(), &mut fast, &[&message]), want);
                    assert_eq!(in_parts(&mut new(), &mut small, &[&message]), want);
                    let parts: Vec<&[u8]> = message.chunks(977).collect();
                    assert_eq!(in_parts(&mut new(), &mut fast, &parts), want);
                }
            }
        }
    }
}

#[test]
fn matches_out_of_the_last_lap_are_whole_wherever_a_piece_ends() {
    // 700 bytes, then matches of 3, 35 and 258 bytes, near and far
    let stored: Vec<u8> = (0..700u32).map(|i| (i * i / 7) as u8).collect();
    let mut message = bits().put(0, 3).align().bytes(&700u16.to_le_bytes()).bytes(&(!700u16).to_le_bytes());
    message = message.bytes(&stored).put(0b010, 3);
    for at in 0..240usize {
        let distance = if at % 4 == 0 { [1, 3, 15, 16, 17, 496, 511, 512][at / 4 % 8] } else { 512 - at * 7 % 300 };
        let symbol = (0..30).rev().find(|symbol| base(*symbol) <= distance).unwrap();
        let (len, extra) = [(285, 0), (257, 0), (285, 0), (273, 3)][at % 4];
        message = message.code(&fixed_code(usize::from(b'x'))).code(&fixed_code(len)).put(0, extra);
        message = message.code(&format!("{symbol:05b}"));
        message = message.put(distance - base(symbol), symbol.saturating_sub(2) / 2);
    }
    let message = message.code(&fixed_code(256)).end();
    let want = naive::inflate(&message, &[], 512);
    assert_eq!(want.1, Ok(()));
    let mut tables = Box::new(FastTables::new());
    for memory in [512, 527, 528, 529, 600, 700, 812, 1100] {
        for piece in (275..315).step_by(3).chain([1000]) {
            let mut inflater = new(memory).with_window_bits(9).with_longest_piece(piece);
            for _ in 0..3 {
                assert_eq!(in_parts(&mut inflater, &mut tables, &[&message]), want, "{memory} {piece}");
            }
        }
    }
}

#[test]
fn a_cut_in_a_match_takes_nothing_from_the_last_lap() {
    // a window full, and as much more as a lap may have
    for more in [0, 1, 15, 16, 17, 100, 257, 258, 270, 275, 276, 277, 300] {
        let stored: Vec<u8> = (0..512 + more as u32).map(|i| (i * i / 7) as u8).collect();
        let len = stored.len() as u16;
        let header = bits().put(0, 3).align().bytes(&len.to_le_bytes()).bytes(&(!len).to_le_bytes());
        let first = header.bytes(&stored).end();
        // far matches with extra bits: without these, they are as long and begin elsewhere
        let mut second = fixed().code(&fixed_code(usize::from(b'a'))).code(&fixed_code(usize::from(b'b')));
        for distance in [384usize, 512, 450, 511] {
            let symbol = (0..30).rev().find(|symbol| base(*symbol) <= distance).unwrap();
            second = second.code(&fixed_code(285)).code(&format!("{symbol:05b}"));
            second = second.put(distance - base(symbol), symbol / 2 - 1);
        }
        let second = second.code(&fixed_code(256)).end();
        let want = naive::inflate(&second, &stored, 512);
        assert_eq!(want.1, Ok(()));
        let mut tables = Box::new(FastTables::new());
        for cut in 0..=second.len() {
            let mut inflater = new(512 + more).with_window_bits(9);
            assert_eq!(in_parts(&mut inflater, &mut tables, &[&first]), (stored.clone(), Ok(())));
            let (front, rest) = second.split_at(cut);
            assert_eq!(in_parts(&mut inflater, &mut tables, &[front, rest]), want, "{more} {cut}");
        }
    }
}

#[test]
fn memory_that_is_shorter_than_the_window_is_reported_if_a_distance_needs_more() {
    let mut tables = Box::new(SmallTables::new());
    for memory in [64, 100, 1000] {
        let mut inflater = new(memory).with_context_takeover(false);
        for (received, distance, good) in [
            (memory - 3, memory - 3, true),
            (3 * memory, memory, true),
            (3 * memory, memory + 1, false),
            (memory + 1, memory + 1, false),
        ] {
            let message = far(received, distance);
            let (out, end) = in_parts(&mut inflater, &mut tables, &[&message]);
            assert_eq!(out[..received], naive::inflate(&message, &[], 1 << 15).0[..received]);
            if good {
                assert_eq!(end, Ok(()));
            } else {
                assert_eq!(end.unwrap_err().0, MemoryTooSmall);
                inflater.reset();
            }
        }
    }
    // none at all
    let (out, end) = in_parts(&mut new(0), &mut tables, &[b"\xf2\x48\xcd\xc9\xc9\x07\x00"]);
    assert_eq!((out, end), (vec![], Err((MemoryTooSmall, 1))));
    inflates(b"\0", b"");
}

#[test]
fn history_is_what_this_connection_has_seen_and_only_with_takeover() {
    let (hello, again) = (&b"\xf2\x48\xcd\xc9\xc9\x07\x00"[..], &b"\xf2\x00\x11\x00\x00"[..]);
    let mut tables = Box::new(SmallTables::new());
    let want = |inflater: &mut Inflater<Vec<u8>>, tables: &mut SmallTables, good: bool| {
        let end = in_parts(inflater, tables, &[again]);
        assert_eq!(end, if good { (b"Hello".into(), Ok(())) } else { (b"H".into(), Err((DistanceTooFar, 2))) });
    };
    let after_hello = |takeover| {
        let mut inflater = new(512).with_context_takeover(takeover);
        assert_eq!(in_parts(&mut inflater, &mut SmallTables::new(), &[hello]).1, Ok(()));
        inflater
    };
    want(&mut after_hello(true), &mut tables, true);
    want(&mut after_hello(false), &mut tables, false);
    // another connection with the same memory
    want(&mut Inflater::new(after_hello(true).into_memory()), &mut tables, false);
    let mut again = after_hello(true);
    again.reset();
    want(&mut again, &mut tables, false);
    // a message that was not completed
    let mut broken = after_hello(true);
    broken.begin_message();
    add(&mut broken, &mut tables, b"\xf2\x48", false, &mut vec![]).unwrap();
    want(&mut broken, &mut tables, false);
    // begun twice, and nothing is lost
    let mut twice = after_hello(true);
    twice.begin_message();
    want(&mut twice, &mut tables, true);
    // after a failure
    let mut failed = after_hello(true);
    failed.begin_message();
    assert_eq!(in_parts(&mut failed, &mut tables, &[b"\x06"]), (vec![], Err((BlockType, 0))));
    failed.begin_message();
    assert!(failed.inflate(&mut tables, &mut &hello[..], true).is_err());
    failed.reset();
    assert_eq!(in_parts(&mut failed, &mut tables, &[hello]).1, Ok(()));
}

#[test]
fn connections_share_tables_byte_by_byte() {
    let dynamic = |at: usize| {
        let letter = b'a' as usize + at;
        bits().dynamic(&lens(&[(letter, 2), (98, 2), (256, 2), (257, 2)]), &[1]).code("00 01 11 0 00 10").end()
    };
    let messages = [dynamic(0), dynamic(2), b"\xf2\x48\xcd\xc9\xc9\x07\x00".to_vec(), dynamic(3)];
    let mut tables = Box::new(SmallTables::new());
    let mut inflaters: Vec<_> = messages.iter().map(|_| (new(512), vec![])).collect();
    for at in 0..messages.iter().map(Vec::len).max().unwrap() {
        for (message, (inflater, out)) in messages.iter().zip(&mut inflaters) {
            if let Some(byte) = message.get(at) {
                assert_eq!(
                    add(inflater, &mut tables, &[*byte], at + 1 == message.len(), out),
                    Ok(at + 1 == message.len())
                );
            }
        }
    }
    for (message, (_, out)) in messages.iter().zip(inflaters) {
        assert_eq!(out, naive::inflate(message, &[], 1 << 15).0);
    }
}

// ---------------------------------------------------------------------------------------------------------- limits

/// [7692-inflated-limit]
#[test]
fn an_inflated_message_is_not_longer_than_its_limit() {
    let mut fast = Box::new(FastTables::new());
    // literals, a match, and a stored block: the limit at every byte
    let message = fixed().code("01110001 01110010 0000110 00001 0000000").put(0, 3).align();
    let message = message.bytes(b"\x04\0\xfb\xffwxyz").end();
    let whole = b"ABABABABABwxyz";
    assert_eq!(every_way(&message), (whole.into(), Ok(())));
    for limit in 0..=whole.len() {
        let mut found = vec![];
        for cut in 0..=message.len() {
            for piece in [1, 3, usize::MAX] {
                let mut inflater = new(512).with_message_limit(limit as u64).with_longest_piece(piece);
                let (front, back) = message.split_at(cut);
                found.push(in_parts(&mut inflater, &mut fast, &[front, back]));
            }
        }
        let want = found[0].clone();
        assert!(found.iter().all(|one| *one == want), "{limit}");
        assert_eq!(want.0, whole[..limit]);
        match want.1 {
            Ok(()) => assert_eq!(limit, whole.len()),
            Err((violation, offset)) => {
                // the byte that holds the element: 8-bit literals after 3 bits, and a stored byte
                let at = [1, 2, 3, 3, 3, 3, 3, 3, 3, 3][..].get(limit).copied().unwrap_or(limit as u64);
                assert_eq!((violation, offset), (TooBig, at), "{limit}");
            }
        }
    }
}

#[test]
fn after_a_reset_nothing_of_the_connection_before_is_reached() {
    let (mut inflater, mut tables) = (new(512).with_window_bits(9), SmallTables::new());
    let (hello, again) = (&b"\xf2\x48\xcd\xc9\xc9\x07\x00"[..], &b"\xf2\x00\x11\x00\x00"[..]);
    // after a message, and after the next one has begun
    for begins in [false, true] {
        assert_eq!(in_parts(&mut inflater, &mut tables, &[hello]), (b"Hello".into(), Ok(())));
        if begins {
            inflater.begin_message();
        }
        inflater.reset();
        let (out, end) = in_parts(&mut inflater, &mut tables, &[again]);
        assert_eq!((&out[..], end.map_err(|(violation, _)| violation)), (&b"H"[..], Err(DistanceTooFar)));
        inflater.reset();
    }
}

/// The bytes that are added to the end of a message are after its last one, also the one that breaks the limit.
#[test]
fn the_byte_that_breaks_the_limit_may_be_one_of_the_tail() {
    for (limit, message) in
        [(1, &b"\0\x06\0\xf9\xff\0"[..]), (1, b"\x63\0\0\0\0\xff\xff\0"), (2, b"\0\x06\0\xf9\xff\0")]
    {
        let want = naive::inflate_to(message, &[], 1 << 15, limit);
        assert_eq!(want, (vec![0; limit as usize], Err((TooBig, message.len() as u64))));
        for cut in 0..=message.len() {
            let (front, back) = message.split_at(cut);
            let mut inflater = new(512).with_message_limit(limit);
            assert_eq!(in_parts(&mut inflater, &mut FastTables::new(), &[front, back]), want, "{limit}, cut at {cut}");
        }
    }
}

#[test]
fn a_bomb_is_stopped_at_the_limit() {
    // 258 bytes for each 13 bits
    let mut bomb = fixed().code("00110000");
    for _ in 0..4000 {
        bomb = bomb.code("11000101 00000");
    }
    let bomb = bomb.code("0000000").end();
    let mut tables = Box::new(FastTables::new());
    for (memory, limit) in [(1 << 15, 1 << 20), (1 << 15, 1_000_003), (512, 70_000)] {
        let mut inflater = new(memory).with_window_bits(9).with_message_limit(limit);
        let (out, end) = in_parts(&mut inflater, &mut tables, &[&bomb]);
        assert_eq!((out.len() as u64, end.is_ok()), (limit.min(1 + 4000 * 258), limit > 1 + 4000 * 258));
        assert!(out.iter().all(|byte| *byte == 0));
    }
}

#[test]
fn a_message_that_fits_is_one_piece_if_the_memory_is_longer_than_the_window() {
    let mut inflater = new(512 + 100).with_window_bits(9);
    let mut tables = Box::new(FastTables::new());
    for _ in 0..50 {
        inflater.begin_message();
        let message = far(84 - 3, 40);
        let piece = inflater.inflate(&mut tables, &mut &message[..], true).unwrap().unwrap();
        assert_eq!((piece.as_bytes().len(), piece.is_last()), (84, true));
    }
}

// ------------------------------------------------------------------------------------------------------ properties

/// Random blocks: mostly sound ones with fixed or random codes.
fn blocks() -> impl Strategy<Value = Vec<u8>> {
    let symbols = || vec((0usize..288, any::<u16>(), 0usize..32), 0..60);
    let block = (0u8..3, symbols(), vec(any::<u8>(), 0..40), vec(0u8..9, 286), vec(0u8..7, 30), any::<bool>());
    (vec(block, 1..4), any::<bool>()).prop_map(|(blocks, ends)| {
        let mut all = bits();
        for (kind, symbols, bytes, literals, distances, last) in blocks {
            match kind {
                0 => {
                    let len = bytes.len() as u16;
                    all = all
                        .put(last.into(), 3)
                        .align()
                        .bytes(&len.to_le_bytes())
                        .bytes(&(!len).to_le_bytes())
                        .bytes(&bytes);
                }
                1 => {
                    all = all.put(0b010 | usize::from(last), 3);
                    for (symbol, extra, distance) in symbols {
                        // far distances are nearly always errors
                        all = all.code(&fixed_code(if symbol >= 270 { symbol } else { symbol % 257 }));
                        if (270..286).contains(&symbol) {
                            let bits = if symbol == 285 { 0 } else { (symbol - 261) / 4 };
                            all = all.put(extra.into(), bits).code(&format!("{:05b}", distance % 5));
                            all = all.put(0, usize::from(distance % 5 == 4));
                        }
                    }
                    all = all.code("0000000");
                }
                _ => {
                    // a complete code: the number of symbols of each length is made to fit
                    let (literals, distances) = (complete(&literals, 256), complete(&distances, 0));
                    all = all.dynamic(&literals, &distances).bytes(&bytes);
                }
            }
            if last {
                all = all.align();
            }
        }
        if ends { all.end() } else { all.into_bytes() }
    })
}

fn fixed_code(symbol: usize) -> String {
    match symbol {
        0..=143 => format!("{:08b}", 0x30 + symbol),
        144..=255 => format!("{:09b}", 0x190 + symbol - 144),
        256..=279 => format!("{:07b}", symbol - 256),
        _ => format!("{:08b}", 0xC0 + symbol - 280),
    }
}

/// Lengths of a complete code that are like these; `must` has one.
fn complete(like: &[u8], must: usize) -> Vec<u8> {
    let mut lens = vec![0; like.len()];
    let mut left = 1u32 << 15;
    for at in std::iter::once(must).chain(0..like.len()) {
        let len = like[at].clamp(1, 15);
        let part = 1 << (15 - len);
        if lens[at] == 0 && (at == must || (like[at] > 0 && part < left)) {
            lens[at] = len;
            left -= part;
        }
    }
    // the rest, from the longest codes up
    for len in lens.iter_mut().filter(|len| **len == 0) {
        if left > 0 {
            *len = (15 - left.trailing_zeros() as u8).max(1);
            left -= 1 << (15 - *len);
        }
    }
    lens
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 4 } else { 400 }, ..ProptestConfig::default() })]

    #[test]
    fn any_message_is_what_the_twin_makes_of_it(message in blocks(), bytes in vec(any::<u8>(), 0..60), cuts in vec(0usize..200, 0..5)) {
        for message in [&message, &bytes] {
            let want = naive::inflate(message, &[], 1 << 15);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (message.len() + 1)).collect();
            cuts.extend([0, message.len()]);
            cuts.sort_unstable();
            let parts: Vec<&[u8]> = cuts.windows(2).map(|cut| &message[cut[0]..cut[1]]).collect();
            prop_assert_eq!(&in_parts(&mut new(1 << 15), &mut FastTables::new(), &[message]), &want);
            prop_assert_eq!(&in_parts(&mut new(40_000), &mut SmallTables::new(), &parts), &want);
            let mut short = new(1 << 15).with_longest_piece(3);
            prop_assert_eq!(&in_parts(&mut short, &mut Tables::<32768, 32768>::new(), &parts), &want);
        }
    }

    #[test]
    fn messages_in_a_row_are_those_of_the_twin_with_their_history(messages in vec(blocks(), 1..6), bits in 8u8..=15, more in 0usize..40) {
        let window = Inflater::memory(bits);
        let mut inflater = new(window + more).with_window_bits(bits);
        let (mut tables, mut history) = (Box::new(FastTables::new()), vec![]);
        for message in messages {
            let want = naive::inflate(&message, &history, window);
            prop_assert_eq!(&in_parts(&mut inflater, &mut tables, &[&message]), &want);
            if want.1.is_err() {
                break;
            }
            history.extend(want.0);
        }
    }
}
