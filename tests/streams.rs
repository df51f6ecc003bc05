//! Messages far longer than any buffer, every way to receive, and messages assembled in a caller-provided buffer.

mod common;

use common::{End, Form, KEY, Seen, client, close_frame, feed, frame, header, note, server};
use upframe::connection::{
    Connection, Event, Limits, MessageKind, Place, Role, Settings, State, Step, Text, Violation,
};
use upframe::message::{Message, MessageAssembler, MessageTooBig};
use upframe::utf8::Chars;

const NEW: Settings = Settings::new();
const HUNDRED_MB: u64 = 100 << 20;

/// Streams numbered words of 8 bytes through 64-byte buffers, in frames of this many bytes, and checks each word.
fn stream_words<R: Role>(mut connection: Connection<R>, key: Option<[u8; 4]>, total: u64, frame: u64) {
    let mask = u64::from_le_bytes([key.unwrap_or_default(); 2].concat().try_into().unwrap());
    let (mut sent, mut received) = (0u64, 0u64);
    let mut buffer = [0u8; 64];
    let mut last = false;
    while sent < total {
        let fin = if sent + frame == total { 0x80 } else { 0 };
        let head = header(fin | if sent == 0 { 2 } else { 0 }, frame, Form::shortest(frame as usize), key);
        assert_eq!(connection.receive(&mut &mut head.clone()[..]), None);
        for _ in 0..frame / 64 {
            for word in buffer.as_chunks_mut::<8>().0 {
                *word = ((sent / 8) ^ mask).to_le_bytes();
                sent += 8;
            }
            let mut input = &mut buffer[..];
            while let Some(event) = connection.receive(&mut input) {
                let Event::Binary(piece) = event else { panic!("{event:?}") };
                assert_eq!(piece.is_first(), received == 0);
                for word in piece.as_bytes().as_chunks::<8>().0 {
                    assert_eq!(u64::from_le_bytes(*word), received / 8);
                    received += 8;
                }
                last = piece.is_last();
                assert_eq!(last, received == total);
            }
        }
    }
    assert_eq!((received, last, connection.state()), (total, true, State::Open));
}

const LONG: Settings =
    NEW.with_limits(Limits::SERVER.with_message(HUNDRED_MB).with_frame(HUNDRED_MB).with_fragments(u32::MAX));

#[test]
fn a_hundred_megabytes_in_one_frame_pass_through_64_bytes_of_a_server() {
    stream_words(server(LONG), Some(KEY), HUNDRED_MB, HUNDRED_MB);
}

#[test]
fn a_hundred_megabytes_in_one_frame_pass_through_64_bytes_of_a_client() {
    stream_words(client(LONG), None, HUNDRED_MB, HUNDRED_MB);
}

#[test]
fn a_hundred_megabytes_in_fragments_pass_through_64_bytes() {
    stream_words(server(LONG), Some(KEY), HUNDRED_MB, 4096);
    stream_words(client(LONG), None, HUNDRED_MB, 1 << 20);
}

#[test]
fn a_hundred_megabytes_are_refused_by_default() {
    for end in End::ALL {
        let head = header(0x82, HUNDRED_MB, Form::Bits64, end.key());
        let outcome = end.run(NEW, head.chunks(1), 9);
        assert_eq!(outcome.seen, [Seen::failed(Violation::FrameTooBig, 9)]);
        assert_eq!(outcome.output, close_frame(1009));
    }
}

/// Passes fragments of one byte, 64 in a buffer. Returns what was received, and the event that was not a piece.
fn one_byte_fragments<R: Role>(mut connection: Connection<R>, end: End, total: u64) -> (u64, Option<Seen>) {
    let [first, middle] = [0x02, 0x00].map(|b0| end.frame(b0, b"x"));
    let block = middle.repeat(64);
    let mut received = 0;
    let mut buffer = block.clone();
    for i in 0..total / 64 {
        buffer.copy_from_slice(&block);
        if i == 0 {
            buffer[..first.len()].copy_from_slice(&first);
        }
        let mut input = &mut buffer[..];
        while let Some(event) = connection.receive(&mut input) {
            let Event::Binary(piece) = event else {
                let mut seen = vec![];
                note(&connection, &event, &mut seen);
                return (received, seen.pop());
            };
            assert!(piece.as_bytes() == b"x");
            received += 1;
        }
    }
    (received, None)
}

#[test]
fn sixteen_megabytes_in_fragments_of_one_byte_pass_within_raised_limits() {
    let total = 16 << 20;
    let settings = NEW.with_limits(Limits::SERVER.with_fragments(total as u32));
    assert_eq!(one_byte_fragments(client(settings), End::Client, total), (total, None));
    assert_eq!(one_byte_fragments(server(settings), End::Server, 1 << 20), (1 << 20, None));
}

#[test]
fn sixteen_megabytes_in_fragments_of_one_byte_are_refused_by_default() {
    let count = u64::from(Limits::SERVER.fragments);
    let failed = |at| Some(Seen::failed(Violation::TooManyFragments, at));
    let want = |frame| (count, failed(count as usize * frame + 1));
    assert_eq!(one_byte_fragments(client(NEW), End::Client, 1 << 20), want(3));
    assert_eq!(one_byte_fragments(server(NEW), End::Server, 1 << 20), want(7));
}

/// Returns a wire with all kinds of frames, and with cut code points.
fn wire(masked: bool) -> Vec<u8> {
    let text = "a\u{e9}\u{4e16}\u{1f600}";
    let parts: [(u8, &[u8]); 9] = [
        (0x81, text.as_bytes()),
        (0x01, &text.as_bytes()[..7]),
        (0x89, b"ping"),
        (0x00, b""),
        (0x80, &text.as_bytes()[7..]),
        (0x82, b"binary"),
        (0x82, b""),
        (0x81, b"bad \xC3("),
        (0x81, b"discarded"),
    ];
    parts.iter().flat_map(|(b0, payload)| frame(*b0, payload, masked)).collect()
}

fn copied<R: Role, const N: usize>(mut connection: Connection<R>, reads: &[&[u8]]) -> Vec<Seen> {
    let mut seen = vec![];
    for read in reads {
        let mut input = *read;
        let mut scratch = [0xEE; N];
        while let Some(event) = connection.receive_copied(&mut input, &mut scratch) {
            note(&connection, &event, &mut seen);
            let len = match event {
                Event::Text(piece) => piece.chars().in_input().map_or(0, <[u8]>::len),
                Event::Binary(piece) => piece.as_bytes().len(),
                _ => 0,
            };
            assert!(len <= N, "a piece is longer than the scratch buffer");
        }
        assert!(input.is_empty());
    }
    seen
}

/// [6.2-unmask]
#[test]
fn receiving_through_a_scratch_of_any_size_is_the_same_at_every_cut() {
    for end in [End::Server, End::Client] {
        let wire = wire(end.is_server());
        let want = end.every_cut(NEW, &wire).seen;
        for cut in 0..=wire.len() {
            let (a, b) = wire.split_at(cut);
            let reads = [a, b];
            let got = if end.is_server() {
                [
                    copied::<_, 1>(server(NEW), &reads),
                    copied::<_, 3>(server(NEW), &reads),
                    copied::<_, 64>(server(NEW), &reads),
                ]
            } else {
                [
                    copied::<_, 1>(client(NEW), &reads),
                    copied::<_, 3>(client(NEW), &reads),
                    copied::<_, 64>(client(NEW), &reads),
                ]
            };
            got.iter().for_each(|got| assert_eq!(*got, want, "cut at {cut}"));
        }
    }
}

#[test]
fn a_client_receives_from_memory_that_is_only_looked_at() {
    let wire = wire(false);
    let want = End::Client.every_cut(NEW, &wire).seen;
    for cut in 0..=wire.len() {
        let (mut client, mut seen) = (client(NEW), vec![]);
        let (a, b) = wire.split_at(cut);
        for mut input in [a, b] {
            while let Some(event) = client.receive_shared(&mut input) {
                note(&client, &event, &mut seen);
                if let Event::Binary(piece) = event {
                    let bytes: &[u8] = piece.as_bytes(); // It lives as long as the wire.
                    assert!(bytes.is_empty() || wire.as_ptr_range().contains(&bytes.as_ptr()));
                }
            }
            assert!(input.is_empty());
        }
        assert_eq!(seen, want);
    }
    // A mask is refused there, too, and the memory is unchanged.
    let masked = frame(0x81, b"Hello", true);
    let event = client(NEW).receive_shared(&mut &masked[..]);
    assert!(matches!(event, Some(Event::Failed(error)) if error.offset == 1));
}

/// Checks the result of `step` against what `receive` consumed and where its bytes are.
fn steps_are_events<R: Role>(
    make: impl Fn() -> Connection<R>,
    masked: bool,
    step: fn(&mut Connection<R>, &mut [u8]) -> Step,
) {
    let wire = wire(masked);
    for cut in 0..=wire.len() {
        let (mut stepped, mut received) = (make(), make());
        for part in [&wire[..cut], &wire[cut..]] {
            let (mut a, mut b) = (part.to_vec(), part.to_vec());
            let (mut at, base) = (0, b.as_ptr().addr());
            let mut input = &mut b[..];
            loop {
                let before = input.len();
                let want = received.receive(&mut input);
                let step = step(&mut stepped, &mut a[at..]);
                assert_eq!(step.consumed(), before - input.len());
                assert_eq!(step.event(&a[at..]), want);
                let bytes = match &want {
                    Some(Event::Text(piece)) => piece.chars().in_input().unwrap_or_default(),
                    Some(Event::Binary(piece)) => piece.as_bytes(),
                    _ => &[],
                };
                let from = if bytes.is_empty() { 0 } else { bytes.as_ptr().addr() - base - at };
                assert_eq!(step.payload(), from..from + bytes.len());
                assert_eq!(stepped.control_payload(), received.control_payload());
                at += step.consumed();
                if want.is_none() {
                    break;
                }
            }
            assert_eq!(at, part.len());
        }
        assert_eq!(stepped.offset(), received.offset());
    }
}

#[test]
fn a_step_is_an_event_with_ranges() {
    steps_are_events(|| server(NEW), true, Connection::step);
    steps_are_events(|| client(NEW), false, Connection::step);
    steps_are_events(|| client(NEW), false, |client, input| client.step_shared(input));
}

#[test]
fn a_message_that_lies_whole_in_the_input_is_not_copied() {
    let mut wire = [frame(0x81, b"Hello", true), frame(0x82, &[7; 200], true)].concat();
    let range = wire.as_ptr_range();
    let mut server = server(NEW);
    let mut assembler = MessageAssembler::new(&mut []);
    let mut input = &mut wire[..];
    let mut lens = vec![];
    while let Some(event) = server.receive(&mut input) {
        let message = match event {
            Event::Text(piece) => assembler.push(piece),
            Event::Binary(piece) => assembler.push(piece),
            other => panic!("{other:?}"),
        };
        let message = message.unwrap().unwrap();
        assert!(range.contains(&message.as_bytes().as_ptr()), "the message was copied");
        lens.push((message.kind(), message.as_bytes().len()));
    }
    assert_eq!(lens, [(MessageKind::Text, 5), (MessageKind::Binary, 200)]);
}

/// Assembles the messages of a wire that arrives in reads of this size.
fn assemble(wire: &[u8], size: usize, memory: usize) -> Vec<Result<(MessageKind, Vec<u8>), MessageTooBig>> {
    let (mut server, mut memory) = (server(NEW), vec![0; memory]);
    let mut assembler = MessageAssembler::new(&mut memory);
    let mut messages = vec![];
    for read in wire.chunks(size) {
        let mut read = read.to_vec();
        let mut input = &mut read[..];
        while let Some(event) = server.receive(&mut input) {
            let message = match event {
                Event::Text(piece) => assembler.push(piece),
                Event::Binary(piece) => assembler.push(piece),
                _ => continue,
            };
            if let Some(message) = message.transpose() {
                messages.push(message.map(|message| (message.kind(), message.as_bytes().to_vec())));
            }
        }
    }
    messages
}

#[test]
fn messages_are_put_together_from_any_pieces() {
    let text = "gr\u{fc}\u{df} \u{1f600}".as_bytes();
    let wire = [
        frame(0x01, &text[..3], true),
        frame(0x89, b"ping", true),
        frame(0x80, &text[3..], true),
        frame(0x82, b"binary", true),
        frame(0x01, b"", true),
        frame(0x80, b"", true),
        frame(0x81, "\u{1f600}".as_bytes(), true),
    ]
    .concat();
    let (t, b) = (MessageKind::Text, MessageKind::Binary);
    let emoji = "\u{1f600}".as_bytes();
    let want = [(t, text), (b, &b"binary"[..]), (t, b""), (t, emoji)].map(|(kind, bytes)| Ok((kind, bytes.to_vec())));
    for size in 1..=wire.len() {
        assert_eq!(assemble(&wire, size, text.len()), want, "reads of {size}");
    }
}

#[test]
fn a_message_that_is_too_big_is_reported_once_and_the_next_one_is_fine() {
    let wire = [
        frame(0x02, b"123456", true),
        frame(0x00, b"789", true),
        frame(0x80, b"0", true),
        frame(0x02, b"12", true),
        frame(0x80, b"345678", true),
    ]
    .concat();
    for size in 1..=wire.len() {
        let want = [Err(MessageTooBig { limit: 8 }), Ok((MessageKind::Binary, b"12345678".to_vec()))];
        assert_eq!(assemble(&wire, size, 8), want, "reads of {size}");
    }
}

#[test]
fn a_whole_message_of_one_cut_code_point_needs_no_memory() {
    for char in ["\u{e9}", "\u{4e16}", "\u{1f600}"] {
        let wire = frame(0x81, char.as_bytes(), true);
        let messages = assemble(&wire, 1, 0);
        assert_eq!(messages, [Ok((MessageKind::Text, char.as_bytes().to_vec()))]);
    }
    let mut assembler = MessageAssembler::new(&mut []);
    let piece = Text::new(Chars::from("\u{e9}"), Place::Whole);
    assert!(matches!(assembler.push(piece), Ok(Some(Message::Text(text))) if text.as_str() == "\u{e9}"));
    let mut seen = vec![];
    feed(&mut server(NEW), &frame(0x81, b"\xC3", true), &mut seen);
    assert_eq!(seen, [Seen::failed(Violation::NotUtf8, 7)]);
}
