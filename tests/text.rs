//! UTF-8 in text messages (RFC 6455 §5.6, §8.1): every invalid combination at its byte, every cut, and skipped
//! messages.

mod common;

use common::{End, Seen, client, close_frame, fails, feed, frame, server, transmit};
use upframe::connection::{Connection, Event, Limits, Place, Role, Settings, State, Violation};

const NEW: Settings = Settings::new();

/// Returns byte sequences that are not UTF-8, each with the index of the first byte that cannot follow, or with its
/// length if the sequence ends too early.
fn bad_sequences() -> Vec<(Vec<u8>, usize)> {
    let mut bad = vec![];
    bad.extend((0xC0..=0xC1).chain(0xF5..=0xFF).map(|lead| (vec![lead, 0x80, 0x80, 0x80], 0)));
    bad.extend((0xC0..=0xC1).map(|lead| (vec![lead, 0xBF], 0)));
    bad.extend((0x80..=0xBF).map(|stray| (vec![stray], 0)));
    bad.extend((0x80..=0x9F).map(|second| (vec![0xE0, second, 0x80], 1)));
    bad.extend((0xA0..=0xBF).map(|second| (vec![0xED, second, 0x80], 1)));
    bad.extend((0x80..=0x8F).map(|second| (vec![0xF0, second, 0x80, 0x80], 1)));
    bad.extend((0x90..=0xBF).map(|second| (vec![0xF4, second, 0x80, 0x80], 1)));
    let beginnings: [&[u8]; 12] = [
        b"\xC2",
        b"\xDF",
        b"\xE0",
        b"\xE0\xA0",
        b"\xED\x9F",
        b"\xEF\xBF",
        b"\xF0",
        b"\xF0\x90",
        b"\xF0\x90\x80",
        b"\xF4\x8F",
        b"\xF4\x8F\xBF",
        b"\xF1\x80",
    ];
    for beginning in beginnings {
        // A new lead byte or an ASCII byte inside a code point, and the end of the message inside it.
        for next in [0x00, b'a', 0x7F, 0xC0, 0xC3, 0xE2, 0xED, 0xF0, 0xF4, 0xFF] {
            bad.push(([beginning, &[next]].concat(), beginning.len()));
        }
        bad.push((beginning.to_vec(), beginning.len()));
    }
    // One byte more than the longest code point.
    bad.push((b"\xF0\x9F\x98\x80\x80".to_vec(), 4));
    bad
}

/// Returns the length in bytes of the whole code points at the start.
fn valid_len(bytes: &[u8]) -> usize {
    std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len)
}

/// Returns the payload as one message, in frames with payloads of these lengths.
fn message(end: End, payload: &[u8], lens: &[usize]) -> Vec<u8> {
    let (mut rest, mut wire) = (payload, vec![]);
    for (i, len) in lens.iter().enumerate() {
        let (fragment, after) = rest.split_at(*len);
        let fin = if i + 1 == lens.len() { 0x80 } else { 0 };
        wire.extend(end.frame(fin | u8::from(i == 0), fragment));
        rest = after;
    }
    assert!(rest.is_empty());
    wire
}

/// Checks the result of invalid text in frames of these lengths, with the wire cut in several ways, or in every way.
fn is_refused(end: End, payload: &[u8], bad_at: usize, lens: &[usize], every_cut: bool) {
    let wire = message(end, payload, lens);
    // The number of frames up to the one with the bad byte. If the text ends too early, all frames.
    let mut sum = 0;
    let ends = lens.iter().map(|len| {
        sum += len;
        sum
    });
    let frames = ends.filter(|end| *end <= bad_at).count().min(lens.len() - 1) + 1;
    let offset = frames * end.head() + bad_at;
    let text = std::str::from_utf8(&payload[..valid_len(&payload[..bad_at])]).unwrap();
    let mut want = vec![Seen::text(text).open(), Seen::failed(Violation::NotUtf8, offset)];
    if text.is_empty() {
        want.remove(0);
    }
    let outcome = if every_cut { end.every_cut(NEW, &wire) } else { end.run(NEW, wire.chunks(1), 1) };
    assert_eq!((outcome.seen, outcome.output), (want.clone(), close_frame(1007)), "{payload:x?} in {lens:?}");
    assert_eq!((outcome.offset, outcome.state), (offset as u64, State::Failed));
    let at_once = end.run(NEW, [&wire[..]].into_iter(), 99);
    assert_eq!((at_once.seen, at_once.offset), (want.clone(), offset as u64), "{payload:x?} in {lens:?}");
    // The error is reported with the piece that has the bad byte, and not before.
    if bad_at < payload.len() {
        let early = end.run(NEW, [&wire[..offset], &wire[offset..offset + 1]].into_iter(), 99);
        assert_eq!(early.seen, want);
        let before = end.run(NEW, [&wire[..offset]].into_iter(), 99);
        assert_eq!(before.seen, want[..want.len() - 1]);
    }
}

/// [8.1-overlong] [8.1-surrogates] [8.1-beyond] [8.1-stray] [8.1-interrupted] [8.1-text]
/// [8.1-before]
#[test]
fn every_bad_combination_is_refused_at_its_byte() {
    for end in End::ALL {
        for (bad, at) in bad_sequences() {
            for prefix in ["", "a", "gr\u{fc}\u{df} \u{4e16}\u{1f600}", "sixteen ASCII bytes, and some"] {
                // Nothing may follow a sequence that ends too early.
                let suffix: &[u8] = if at < bad.len() { b"tail" } else { b"" };
                let payload = [prefix.as_bytes(), &bad, suffix].concat();
                let all = [payload.len()];
                is_refused(end, &payload, prefix.len() + at, &all, end == End::Server && prefix.len() < 2);
            }
        }
    }
}

/// [8.1-overlong] [8.1-surrogates] [8.1-beyond] [8.1-stray] [8.1-interrupted] [8.1-whole]
#[test]
fn every_bad_combination_in_a_long_text_is_refused_at_its_byte() {
    for end in [End::Server, End::Client] {
        for (bad, at) in bad_sequences() {
            for before in [62, 64, 79] {
                let suffix = if at < bad.len() { "and so on, to the end" } else { "" };
                let payload = ["x".repeat(before).as_bytes(), &bad, suffix.as_bytes()].concat();
                is_refused(end, &payload, before + at, &[payload.len()], false);
            }
        }
    }
}

/// [8.1-whole] [8.1-text]
#[test]
fn bad_text_cut_by_reads_by_fragments_and_by_both_is_refused_at_the_same_byte() {
    let cases: [(&[u8], usize); 14] = [
        (b"a\xC0\x80b", 1),
        (b"\xFF", 0),
        (b"a\x80", 1),
        (b"a\xE0\x9F\x80b", 2),
        (b"\xED\xA0\x80", 1),
        (b"\xF0\x8F\xBF\xBF", 1),
        (b"b\xF4\x90\x80\x80", 2),
        (b"\xC3\xA4\xC3\xC3\xA4", 3),
        (b"\xE2\x82\xE2\x82\xAC", 2),
        (b"\xF0\x9F\x98a", 3),
        (b"a\xC3", 2),
        (b"a\xE2\x82", 3),
        (b"a\xF0\x9F\x98", 4),
        (b"\xF0\x9F\x98\x80\xF0", 5),
    ];
    for end in [End::Server, End::Client] {
        for (payload, at) in cases {
            for a in 0..=payload.len() {
                is_refused(end, payload, at, &[a, payload.len() - a], true);
                for b in a..=payload.len() {
                    is_refused(end, payload, at, &[a, b - a, payload.len() - b], true);
                }
            }
        }
    }
}

/// [5.3-phase] [5.3-key-bytes] [6.2-unmask] [8.1-text-behind-cut]
#[test]
fn text_that_lies_whole_in_the_input_is_a_str_of_the_input() {
    let mut server = server(Settings::new());
    let mut wire = frame(0x81, "äh".as_bytes(), true);
    let mut input = &mut wire[..];
    let Some(Event::Text(text)) = server.receive(&mut input) else { panic!() };
    assert_eq!(text.str_in_input(), Some("äh"));
    // the second half of a code point whose first half came in another read
    let mut wire = frame(0x81, "ä".as_bytes(), true);
    let (first, second) = wire.split_at_mut(7);
    while server.receive(&mut &mut first[..]).is_some() {}
    let Some(Event::Text(text)) = server.receive(&mut &mut second[..]) else { panic!() };
    assert_eq!((text.str_in_input(), text.as_str()), (None, "ä"));
}

#[test]
fn good_text_may_be_cut_anywhere_by_reads_by_fragments_and_by_both() {
    let text = "a\u{e9}\u{4e16}\u{1f600}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}\u{d7ff}\u{e000}\0";
    for end in End::ALL {
        assert_eq!(end.every_cut(NEW, &message(end, text.as_bytes(), &[text.len()])).seen, [Seen::text(text)]);
        for a in 0..=text.len() {
            let wire = message(end, text.as_bytes(), &[a, text.len() - a]);
            assert_eq!(end.every_cut(NEW, &wire).seen, [Seen::text(text)]);
        }
        let bytes: Vec<_> = text.bytes().map(|_| 1).collect();
        assert_eq!(end.every_cut(NEW, &message(end, text.as_bytes(), &bytes)).seen, [Seen::text(text)]);
    }
}

#[test]
fn the_check_of_text_starts_again_with_each_message() {
    for end in End::ALL {
        let whole = [end.frame(0x81, "\u{e9}".as_bytes()), end.frame(0x82, b"\xC3"), end.frame(0x81, b"")].concat();
        let want = [Seen::text("\u{e9}"), Seen::binary(b"\xC3"), Seen::text("")];
        assert_eq!(end.every_cut(NEW, &whole).seen, want);
        fails(end, NEW, (&whole, &want), &end.frame(0x81, b"\xA9"), Violation::NotUtf8, end.head());
    }
}

/// Returns the text pieces that are received, each with its place, and whether its bytes are in the input.
fn pieces<R: Role>(mut connection: Connection<R>, reads: &[&[u8]]) -> Vec<(String, Place, bool)> {
    let mut pieces = vec![];
    for read in reads {
        let mut read = read.to_vec();
        let mut input = &mut read[..];
        while let Some(event) = connection.receive(&mut input) {
            match event {
                Event::Text(piece) => {
                    pieces.push((piece.as_str().into(), piece.place(), piece.chars().in_input().is_some()));
                }
                other => assert_eq!(other, Event::Pong),
            }
        }
    }
    pieces
}

/// [5.4-fin]
#[test]
fn a_code_point_that_was_cut_comes_whole_as_a_piece_of_its_own() {
    for char in ["\u{e9}", "\u{4e16}", "\u{1f600}"] {
        let text = format!("ab{char}cd");
        for at in 3..2 + char.len() {
            let want = [
                ("ab".to_string(), Place::First, true),
                (char.to_string(), Place::Middle, false),
                ("cd".to_string(), Place::Last, true),
            ];
            let (a, b) = text.as_bytes().split_at(at);
            let wire = frame(0x81, text.as_bytes(), true);
            assert_eq!(pieces(server(NEW), &[&wire[..6 + at], &wire[6 + at..]]), want, "by reads");
            let (first, last) = (frame(0x01, a, false), frame(0x80, b, false));
            assert_eq!(pieces(client(NEW), &[&[&first[..], &last].concat()]), want, "by fragments");
            let pong = frame(0x8A, b"between", false);
            let empty = frame(0x00, b"", false);
            assert_eq!(pieces(client(NEW), &[&first, &pong, &empty, &pong, &last]), want, "by both");
        }
        // The code point is the whole message.
        let wire = frame(0x81, char.as_bytes(), false);
        let bytes: Vec<_> = wire.chunks(1).collect();
        assert_eq!(pieces(client(NEW), &bytes), [(char.to_string(), Place::Whole, false)]);
        // An empty fragment ends the message: the end is a piece of its own.
        let wire = [frame(0x01, char.as_bytes(), false), frame(0x80, b"", false)].concat();
        let bytes: Vec<_> = wire.chunks(1).collect();
        let want = [(char.to_string(), Place::First, false), (String::new(), Place::Last, true)];
        assert_eq!(pieces(client(NEW), &bytes), want);
    }
}

#[test]
fn an_empty_text_message_is_one_empty_piece() {
    for wire in [frame(0x81, b"", false), [frame(0x01, b"", false), frame(0x80, b"", false)].concat()] {
        for size in 1..=wire.len() {
            let reads: Vec<_> = wire.chunks(size).collect();
            assert_eq!(pieces(client(NEW), &reads), [(String::new(), Place::Whole, true)]);
        }
    }
}

/// Receives a wire byte by byte and skips the message after `skip_at` bytes. Returns what was received before and after
/// that.
fn skipping<R: Role>(connection: &mut Connection<R>, wire: &[u8], skip_at: usize) -> [Vec<Seen>; 2] {
    let [mut before, mut after] = [vec![], vec![]];
    wire[..skip_at].chunks(1).for_each(|byte| feed(connection, byte, &mut before));
    assert!(connection.skip_message());
    assert!(connection.skip_message(), "a second call changes nothing");
    wire[skip_at..].chunks(1).for_each(|byte| feed(connection, byte, &mut after));
    [before, after]
}

#[test]
fn the_rest_of_a_skipped_message_is_not_yielded() {
    let text = "ab\u{e9}\u{4e16}\u{1f600}cd";
    let parts = [
        frame(0x01, &text.as_bytes()[..5], true),
        frame(0x89, b"ping", true),
        frame(0x00, b"", true),
        frame(0x80, &text.as_bytes()[5..], true),
    ];
    let wire = [&parts.concat()[..], &frame(0x81, b"next", true), &frame(0x82, b"\xFF", true)].concat();
    let last = parts.concat().len();
    for skip_at in 7..last {
        let mut server = server(NEW);
        let [before, after] = skipping(&mut server, &wire, skip_at);
        assert!(before.iter().all(|seen| !matches!(seen, Seen::Data { whole: true, .. })));
        // Neither more of the message nor its end is yielded. Control frames inside it are, and the next message is
        // whole.
        let want = [Seen::ping(b"ping"), Seen::text("next"), Seen::binary(b"\xFF")];
        let pinged = before.contains(&want[0]);
        assert_eq!(after, want[usize::from(pinged)..]);
        assert!(!server.skip_message());
    }
}

/// [8.1-skipped]
#[test]
fn a_skipped_message_is_checked_all_the_same() {
    for (rest, at) in [(&b"\xFF"[..], 0), (b"\xC3\xC3", 1), (b"\xE4\xB8", 2), (b"b\xF0\x9Fa", 3)] {
        let wire = [frame(0x01, b"a", true), frame(0x80, rest, true)].concat();
        let mut server = server(NEW);
        let [_, seen] = skipping(&mut server, &wire, 7);
        assert_eq!(seen, [Seen::failed(Violation::NotUtf8, 7 + 6 + at)]);
        assert_eq!(transmit(&mut server, 9), close_frame(1007));
    }
    // It also counts towards the limits.
    let mut server = server(NEW.with_limits(Limits::SERVER.with_message(3)));
    let wire = [frame(0x02, b"ab", true), frame(0x80, b"cd", true)].concat();
    let [_, seen] = skipping(&mut server, &wire, 7);
    assert_eq!(seen, [Seen::failed(Violation::MessageTooBig, 9)]);
}

#[test]
fn a_message_cannot_be_skipped_before_its_first_piece_or_after_its_last() {
    let mut server = server(NEW);
    assert!(!server.skip_message());
    let mut seen = vec![];
    feed(&mut server, &frame(0x01, b"", true), &mut seen);
    feed(&mut server, &frame(0x00, b"\xC3", true), &mut seen);
    assert!(!server.skip_message());
    feed(&mut server, &frame(0x80, b"\xA9", true), &mut seen);
    assert!(!server.skip_message());
    feed(&mut server, &frame(0x82, b"binary", true), &mut seen);
    assert!(!server.skip_message());
    assert_eq!(seen, [Seen::text("\u{e9}"), Seen::binary(b"binary")]);
}
