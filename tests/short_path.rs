//! A frame that is complete in the input takes a short path through the receiver. If it is cut anywhere, it takes the
//! general path. Both must yield the same events.

mod laws;

use laws::{Role, Transcript, receive};
use upframe::connection::{EndOfStream, Limits, Settings, Violation};

fn frame(b0: u8, payload: &[u8], masked: bool) -> Vec<u8> {
    let mask = if masked { 0x80 } else { 0 };
    let mut frame = vec![b0];
    match payload.len() {
        len @ 0..=125 => frame.push(mask | len as u8),
        len @ 126..=0xFFFF => frame.extend([&[mask | 126][..], &(len as u16).to_be_bytes()].concat()),
        len => frame.extend([&[mask | 127][..], &(len as u64).to_be_bytes()].concat()),
    }
    let key = if masked { [0xA5, 0x01, 0x80, 0x7F] } else { [0; 4] };
    if masked {
        frame.extend(key);
    }
    frame.extend(payload.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]));
    frame
}

/// Returns payloads of this length: bytes, ASCII, text with code points of every length, which may be cut inside its
/// last one, and text with an invalid byte.
fn payloads(len: usize) -> Vec<(u8, Vec<u8>)> {
    let mut payloads = vec![
        (0x82, (0..len).map(|i| (i * 37 + len) as u8).collect()),
        (0x81, (0..len).map(|i| b'a' + (i % 26) as u8).collect()),
    ];
    let mut mixed: Vec<u8> = "aé世😀 ".bytes().cycle().take(len).collect();
    payloads.push((0x81, mixed.clone()));
    if let Some(byte) = mixed.get_mut(len * 2 / 3) {
        *byte = 0xFF;
        payloads.push((0x81, mixed));
    }
    payloads
}

/// Checks that a frame between two others yields the same at every cut. The others show where the short path starts and
/// stops.
fn agree(role: Role, settings: Settings, b0: u8, payload: &[u8], cuts: impl Iterator<Item = usize>) {
    let masked = role == Role::Server;
    let wire = [frame(0x81, b"before", masked), frame(b0, payload, masked), frame(0x82, b"behind", masked)].concat();
    let whole = receive(role, settings, &wire, []);
    for cut in cuts {
        let cut = receive(role, settings, &wire, [cut]);
        assert_eq!(
            (&cut.seen, cut.offset, &cut.output),
            (&whole.seen, whole.offset, &whole.output),
            "{}",
            payload.len()
        );
    }
    let bytes = receive(role, settings, &wire, 0..wire.len());
    assert_eq!((bytes.seen, bytes.offset, bytes.output), (whole.seen, whole.offset, whole.output), "{}", payload.len());
    laws::the_reader_joins_the_pieces(role, settings, &wire, []);
}

/// [6.2-type] [6.2-unmask]
/// [5.3-key-bytes]
#[test]
fn both_ways_agree_at_every_length_and_cut() {
    for role in [Role::Server, Role::Client] {
        for len in 0..=140 {
            for (b0, payload) in payloads(len) {
                agree(role, Settings::new(), b0, &payload, 0..len + 30);
            }
        }
    }
}

/// [5.2-network-order]
#[test]
fn both_ways_agree_at_the_boundaries_of_long_lengths() {
    for role in [Role::Server, Role::Client] {
        for len in (141..300).chain([2047, 2048, 65_534, 65_535, 65_536, 70_000]) {
            for (b0, payload) in payloads(len) {
                agree(role, Settings::new(), b0, &payload, [0, 10, 16, 17, 18, 20, 24, 28, len, len + 9].into_iter());
            }
        }
    }
}

/// [10.4-frame] [10.4-message]
#[test]
fn both_ways_know_the_same_limits() {
    for role in [Role::Server, Role::Client] {
        for limit in [0u64, 1, 7, 124, 125, 126, 127, 200, 65_535, 65_536] {
            for limits in [Limits::SERVER.with_message(limit), Limits::SERVER.with_frame(limit)] {
                let settings = Settings::new().with_limits(limits);
                for len in [limit.saturating_sub(1), limit, limit + 1] {
                    agree(role, settings, 0x82, &vec![0; len as usize], [0, 9, 12, 17].into_iter());
                }
            }
        }
    }
}

/// Checks that the wire in one call and byte by byte yields the same events and the same offset.
fn whole_is_as_byte_by_byte(role: Role, settings: Settings, frames: &[(u8, &[u8])]) {
    let wire: Vec<u8> = frames.iter().flat_map(|(b0, payload)| frame(*b0, payload, role == Role::Server)).collect();
    laws::the_reader_joins_the_pieces(role, settings, &wire, []);
    let (whole, bytes) = (receive(role, settings, &wire, []), receive(role, settings, &wire, 0..wire.len()));
    assert_eq!(
        (whole.seen, whole.offset),
        (bytes.seen, bytes.offset),
        "{:?}",
        frames.iter().map(|(b0, payload)| (format!("{b0:02x}"), payload.len())).collect::<Vec<_>>()
    );
}

/// [6.2-unmask] [8.1-text-behind-cut]
#[test]
fn short_frames_of_every_kind_are_as_the_machine_sees_them() {
    let text = "aé世😀 ".repeat(20);
    let bad = b"ab\xFFcd".as_slice();
    for role in [Role::Server, Role::Client] {
        for len in [0, 1, 2, 7, 8, 15, 16, 31, 64, 124, 125, 126] {
            // Every first byte with or without FIN, and every opcode, before, inside and after a message.
            for b0 in (0..=0x0F).chain(0x80..=0x8F).chain([0xC1, 0x41, 0xA2, 0x90]) {
                for payload in [&text.as_bytes()[..len], &vec![0xC3; len], &[bad, &vec![b'x'; len]].concat()] {
                    let other = (b0, payload);
                    let text = text.as_bytes();
                    for frames in [
                        &[other, (0x81, &text[..1])][..],
                        &[(0x01, &text[..3]), other, (0x80, &text[3..6])],
                        &[(0x02, bad), other, (0x00, bad), (0x89, bad), (0x80, bad), (0x82, bad)],
                        // A code point that the fragment cuts.
                        &[(0x01, &text[..2]), other, (0x80, &text[2..3])],
                        &[(0x89, b"ping"), other, (0x8A, b"pong"), (0x81, &text[..6])],
                    ] {
                        whole_is_as_byte_by_byte(role, Settings::new(), frames);
                    }
                }
            }
        }
    }
}

/// [10.4-frame]
#[test]
fn short_frames_meet_the_same_budgets() {
    let (a, ping, empty) = (b"aaaa".as_slice(), b"still there?".as_slice(), b"".as_slice());
    let fragments = [(0x01, a), (0x00, a), (0x89, ping), (0x00, a), (0x00, empty), (0x80, a), (0x81, a), (0x82, a)];
    let pings = [(0x89, ping), (0x8A, ping), (0x89, a), (0x89, empty), (0x8A, a), (0x8A, a), (0x89, a), (0x81, a)];
    for role in [Role::Server, Role::Client] {
        for limit in 0..20 {
            for limits in [
                Limits::SERVER.with_message(limit),
                Limits::SERVER.with_frame(limit),
                Limits::SERVER.with_fragments(limit as u32),
                Limits::SERVER.with_empty_fragments(limit as u16),
            ] {
                for automatic_pong in [true, false] {
                    let settings = Settings::new().with_limits(limits).with_automatic_pong(automatic_pong);
                    whole_is_as_byte_by_byte(role, settings, &fragments);
                    whole_is_as_byte_by_byte(role, settings, &pings);
                }
            }
        }
    }
}

fn same(parts: &Transcript, whole: &Transcript, what: &str) {
    assert_eq!((&parts.seen, parts.offset, &parts.output), (&whole.seen, whole.offset, &whole.output), "{what}");
}

/// Messages in one frame and in fragments, short and long, of bytes and of text whose code points are cut, with control
/// frames before, between and after them.
fn session(role: Role) -> Vec<u8> {
    let (bytes, text) = ((0..=255).cycle(), "aé世😀 ".repeat(40));
    let bytes: Vec<u8> = bytes.take(400).collect();
    let text = text.as_bytes();
    let frames: [(u8, &[u8]); 24] = [
        (0x82, &bytes[..300]),
        (0x89, b"ping"),
        (0x81, &text[..11 * 16]),
        (0x8A, b"pong"),
        (0x82, &bytes[..20]),
        // fragments of each length
        (0x02, &bytes[..1]),
        (0x00, &bytes[..130]),
        (0x89, &bytes[..125]),
        (0x00, b""),
        (0x00, &bytes[..17]),
        (0x80, &bytes[..200]),
        // text that is cut at each byte of a code point, and is not
        (0x01, &text[..2]),
        (0x00, &text[2..4]),
        (0x00, &text[4..7]),
        (0x8A, b""),
        (0x00, &text[7..9]),
        (0x00, &text[9..150]),
        (0x00, b""),
        (0x80, &text[150..11 * 20]),
        (0x01, b""),
        (0x80, "ASCII only, and not so short".as_bytes()),
        (0x81, "世界".as_bytes()),
        (0x82, &bytes[..7]),
        (0x88, b"\x03\xe8"),
    ];
    frames.iter().flat_map(|(b0, payload)| frame(*b0, payload, role == Role::Server)).collect()
}

/// [5.3-phase] [5.4-control-inside] [8.1-text-behind-cut]
#[test]
fn reads_of_every_size_yield_the_same_from_wherever_they_begin() {
    for role in [Role::Server, Role::Client] {
        let wire = session(role);
        let whole = receive(role, Settings::new(), &wire, []);
        assert_eq!(whole.seen.len(), 15, "{:?}", whole.seen);
        for size in (1..=17).chain([31, 32, 33, 64, 127, 128, 200, 500]) {
            for start in 0..size {
                let parts = receive(role, Settings::new(), &wire, (start..wire.len()).step_by(size));
                same(&parts, &whole, &format!("in reads of {size} from {start}"));
            }
        }
    }
}

/// [5.3-phase] [5.4-control-inside] [8.1-text-behind-cut]
#[test]
fn whole_messages_are_the_same_in_reads_of_every_size() {
    for role in [Role::Server, Role::Client] {
        let wire = session(role);
        for size in (1..=17).chain([31, 32, 33, 64, 127, 128, 200, 500, wire.len()]) {
            for start in 0..size {
                let cuts = (start..wire.len()).step_by(size);
                laws::the_reader_joins_the_pieces(role, Settings::new(), &wire, cuts);
            }
        }
    }
}

/// Lengths around those of words, blocks and vectors, at each distance from the message so far that headers make.
///
/// [5.3-transform]
#[test]
fn fragments_of_every_length_are_joined() {
    for role in [Role::Server, Role::Client] {
        for len in (0..140).chain([191, 192, 193, 255, 256, 257, 1000, 4095, 4096, 4097, 10_000, 65_535, 65_536]) {
            let payload: Vec<u8> = (0..len).map(|i| (i * 37 + len) as u8).collect();
            let text = vec![b'a' + (len % 26) as u8; len];
            for (b0, payload) in [(0x02, &payload[..]), (0x01, &text)] {
                let frames = [(b0, &b"begin"[..]), (0x00, payload), (0x89, b"ping"), (0x00, payload), (0x80, b"end")];
                let wire: Vec<u8> =
                    frames.iter().flat_map(|(b0, payload)| frame(*b0, payload, role == Role::Server)).collect();
                for cut in [0, 1, 6, 11, 12, 17, 18, len, len + 20, len + 40].into_iter().chain([wire.len() - 1]) {
                    laws::the_reader_joins_the_pieces(role, Settings::new(), &wire, [cut]);
                }
            }
        }
    }
}

/// One byte alone, and more than one, at every place of the session.
#[test]
fn a_byte_alone_anywhere_changes_nothing() {
    for role in [Role::Server, Role::Client] {
        let wire = session(role);
        let whole = receive(role, Settings::new(), &wire, []);
        for at in 0..wire.len() {
            let parts = receive(role, Settings::new(), &wire, [at, at + 1, at + 2, at + 5]);
            same(&parts, &whole, &format!("around {at}"));
        }
    }
}

/// [8.1-text] [10.4-message]
#[test]
fn an_error_in_the_middle_of_a_payload_is_found_at_its_byte_in_reads_of_every_size() {
    let text = "aé世😀 ".repeat(8);
    for role in [Role::Server, Role::Client] {
        for at in 0..text.len() {
            let mut bad = text.clone().into_bytes();
            bad[at] = 0xFF;
            for fragments in [&[(0x81, &bad[..])][..], &[(0x01, &bad[..3]), (0x00, &bad[3..30]), (0x80, &bad[30..])]] {
                let wire: Vec<u8> =
                    fragments.iter().flat_map(|(b0, payload)| frame(*b0, payload, role == Role::Server)).collect();
                let whole = receive(role, Settings::new(), &wire, []);
                assert!(matches!(whole.seen.last(), Some(laws::Seen::Failed(_))), "{:?}", whole.seen);
                for size in [1, 2, 3, 5, 7, 16] {
                    let parts = receive(role, Settings::new(), &wire, (0..wire.len()).step_by(size));
                    same(&parts, &whole, &format!("{at}, in reads of {size}"));
                }
            }
        }
    }
}

/// What a caller does in the middle of a stream.
#[derive(Clone, Copy, Debug)]
enum Act {
    Skip,
    Fail,
    End,
    Reset,
}

/// Receives the parts of a wire before and after an act, each in reads of this size.
fn act_between(role: Role, parts: [&[u8]; 2], size: usize, act: Act) -> (Transcript, bool, u64) {
    let (mut end, mut seen, mut is_done, mut remaining) = (role.end(Settings::new()), vec![], false, 0);
    for (i, part) in parts.into_iter().enumerate() {
        if i == 1 {
            is_done = match act {
                Act::Skip => end.skip_message(),
                Act::Fail => {
                    end.fail(Violation::Policy);
                    true
                }
                Act::End => end.receive_eof() == EndOfStream::InFrame,
                Act::Reset => {
                    end.reset();
                    true
                }
            };
        }
        for read in part.chunks(size) {
            let mut read = read.to_vec();
            let mut input = &mut read[..];
            while let Some(event) = end.receive(&mut input) {
                laws::note(&mut seen, &end, &event);
            }
            assert!(input.is_empty());
        }
        remaining = remaining << 32 | end.payload_remaining();
    }
    let (offset, state, close_code) = (end.offset(), end.state(), end.close_code().map(|code| code.0));
    let output = laws::output(&mut end, 131);
    (Transcript { seen, events: 0, offset, states: [state, end.state()], close_code, output }, is_done, remaining)
}

/// The caller skips the message, fails the connection, ends its stream or begins again, at every byte: the ways for one
/// byte go on as the machine does.
///
/// [8.1-skipped]
#[test]
fn what_a_caller_does_between_two_bytes_is_the_same_in_reads_of_one_byte() {
    for role in [Role::Server, Role::Client] {
        let wire = session(role);
        for at in 0..=wire.len() {
            for act in [Act::Skip, Act::Fail, Act::End, Act::Reset] {
                let parts = [&wire[..at], if let Act::Reset = act { &wire[..] } else { &wire[at..] }];
                let whole = act_between(role, parts, wire.len(), act);
                assert_eq!(act_between(role, parts, 1, act), whole, "{act:?} at {at}");
            }
        }
    }
}
