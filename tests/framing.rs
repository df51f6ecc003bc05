//! Unusual frames and invalid frames (RFC 6455 §5): what each of them does, in both roles and at every cut.

mod common;

use common::{
    End, Form, KEY, Seen, client, close_frame, fails, feed, frame, frame_with, header, plain, server, transmit,
};
use upframe::connection::{Connection, Event, Limits, Role, Settings, State, Violation};
use upframe::frame::{CloseCode, Decoder, FrameViolation, Header, MaskingKey, Opcode, Part, PeerMasking, ReservedBits};

const NEW: Settings = Settings::new();

/// Checks that `bad` is refused at the start of a connection, after a whole message, and, if `inside_too`, inside an
/// open message.
fn refused(end: End, bad: &[u8], violation: FrameViolation, at: usize, inside_too: bool) {
    let violation = Violation::Frame(violation);
    let (whole, open) = (end.frame(0x81, b"ok"), end.frame(0x01, b"ok"));
    fails(end, NEW, (&[], &[]), bad, violation, at);
    fails(end, NEW, (&whole, &[Seen::text("ok")]), bad, violation, at);
    if inside_too {
        fails(end, NEW, (&open, &[Seen::text("ok").open()]), bad, violation, at);
    }
}

/// [5.2-minimal]
#[test]
fn a_length_that_is_not_minimal_is_refused_at_its_last_byte() {
    for end in End::ALL {
        for (len, form, at) in [
            (0, Form::Bits16, 3),
            (1, Form::Bits16, 3),
            (125, Form::Bits16, 3),
            (0, Form::Bits64, 9),
            (125, Form::Bits64, 9),
            (126, Form::Bits64, 9),
            (65_535, Form::Bits64, 9),
        ] {
            for b0 in [0x81, 0x82, 0x01, 0x02] {
                refused(end, &header(b0, len, form, end.key()), FrameViolation::LengthNotMinimal, at, false);
            }
        }
        let open = end.frame(0x02, b"a");
        let bad = header(0x80, 125, Form::Bits16, end.key());
        let violation = Violation::Frame(FrameViolation::LengthNotMinimal);
        fails(end, NEW, (&open, &[Seen::binary(b"a").open()]), &bad, violation, 3);
    }
}

/// The receiver has a faster way for frames that are whole in the input.
///
/// [5.2-minimal]
#[test]
fn a_length_that_is_not_minimal_is_refused_with_its_payload_too() {
    for end in End::ALL {
        for (form, at, short, minimal) in [(Form::Bits16, 3, 125, 126), (Form::Bits64, 9, 65_535, 65_536)] {
            for b0 in [0x81, 0x82, 0x01, 0x02] {
                for len in [0, 1, short - 1, short] {
                    let bad = frame_with(b0, &vec![b'a'; len], form, end.key());
                    if len < 1000 {
                        refused(end, &bad, FrameViolation::LengthNotMinimal, at, false);
                    } else {
                        let outcome = end.run(NEW, [&bad[..]].into_iter(), 200);
                        let violation = Violation::Frame(FrameViolation::LengthNotMinimal);
                        assert_eq!(outcome.seen, [Seen::failed(violation, at)]);
                    }
                }
                let good = frame_with(b0, &vec![b'a'; minimal], form, end.key());
                let outcome = end.run(NEW, [&good[..]].into_iter(), 200);
                assert_eq!((outcome.failure, outcome.offset), (None, good.len() as u64));
            }
        }
        let open = end.frame(0x02, b"a");
        let bad = frame_with(0x80, &[b'a'; 125], Form::Bits16, end.key());
        let violation = Violation::Frame(FrameViolation::LengthNotMinimal);
        fails(end, NEW, (&open, &[Seen::binary(b"a").open()]), &bad, violation, 3);
    }
}

/// [5.2-network-order] [5.2-length-form]
#[test]
fn the_shortest_form_of_each_length_is_taken() {
    for end in End::ALL {
        for len in [0, 1, 125, 126, 127] {
            let payload = vec![0x5A; len];
            let outcome = end.every_cut(NEW, &end.frame(0x82, &payload));
            assert_eq!(outcome.seen, [Seen::binary(&payload)]);
            assert_eq!((outcome.state, outcome.output), (State::Open, vec![]));
        }
        for len in [65_535, 65_536] {
            let payload = vec![0x5A; len];
            let wire = end.frame(0x82, &payload);
            for size in [len + 14, 1000, 7] {
                assert_eq!(end.run(NEW, wire.chunks(size), 16).seen, [Seen::binary(&payload)]);
            }
        }
    }
}

/// [5.2-top-bit]
#[test]
fn a_64_bit_length_with_the_top_bit_is_refused_at_its_last_byte() {
    for end in End::ALL {
        for len in [1 << 63, u64::MAX, 1 << 63 | 5] {
            let bad = header(0x82, len, Form::Bits64, end.key());
            refused(end, &bad, FrameViolation::LengthTopBit, 9, false);
        }
    }
}

/// [5.2-rsv]
#[test]
fn a_reserved_bit_that_nobody_owns_is_refused_on_every_frame() {
    for end in End::ALL {
        for bits in 1..8 {
            for opcode in [0x80, 0x00, 0x81, 0x82, 0x01, 0x02, 0x88, 0x89, 0x8A] {
                for payload in [&b""[..], b"x"] {
                    refused(end, &end.frame(opcode | bits << 4, payload), FrameViolation::ReservedBit, 0, true);
                }
            }
        }
    }
}

/// [5.2-opcode] [7.1.7-close]
#[test]
fn reserved_opcodes_are_refused() {
    for end in End::ALL {
        for opcode in (0x3..=0x7).chain(0xB..=0xF) {
            for fin in [0x80, 0] {
                refused(end, &end.frame(fin | opcode, b"x"), FrameViolation::ReservedOpcode, 0, true);
            }
        }
    }
}

/// [5.1-unmasked] [5.1-masked]
/// [5.2-length-form]
#[test]
fn the_wrong_mask_bit_is_refused_at_the_second_byte() {
    for end in End::ALL {
        let violation = if end.is_server() { FrameViolation::Unmasked } else { FrameViolation::Masked };
        for payload in [&b""[..], b"Hello", &[b'a'; 200]] {
            for b0 in [0x81, 0x82, 0x01] {
                refused(end, &frame(b0, payload, !end.is_server()), violation, 1, false);
            }
        }
        for b0 in [0x88, 0x89, 0x8A] {
            refused(end, &frame(b0, b"", !end.is_server()), violation, 1, true);
        }
    }
}

/// [5.1-trusted]
#[test]
fn a_trusting_server_takes_frames_with_and_without_a_mask() {
    let settings = NEW.with_unmasked_frames_trusted(true);
    let parts = [
        frame(0x81, b"Hello", false),
        frame(0x81, "grüß".as_bytes(), true),
        frame(0x89, b"p", false),
        frame(0x02, b"ab", true),
        frame(0x80, b"cd", false),
        frame(0x82, &[9; 130], false),
    ];
    for end in [End::Server, End::EndpointServer] {
        let outcome = end.every_cut(settings, &parts.concat());
        let want =
            [Seen::text("Hello"), Seen::text("grüß"), Seen::ping(b"p"), Seen::binary(b"abcd"), Seen::binary(&[9; 130])];
        assert_eq!(outcome.seen, want);
        assert_eq!(outcome.output, frame(0x8A, b"p", false));
    }
    // The setting concerns servers only.
    for end in [End::Client, End::EndpointClient] {
        let masked = Violation::Frame(FrameViolation::Masked);
        fails(end, settings, (&[], &[]), &frame(0x81, b"a", true), masked, 1);
    }
}

/// [5.3-key-zero]
#[test]
fn a_masking_key_of_zero_is_legal() {
    for end in [End::Server, End::EndpointServer] {
        let text = "größer 世界";
        for payload in [text, "", "plain"] {
            let wire = frame_with(0x81, payload.as_bytes(), Form::Bits7, Some([0; 4]));
            assert_eq!(end.every_cut(NEW, &wire).seen, [Seen::text(payload)]);
        }
        let wire = frame_with(0x89, b"ping", Form::Bits7, Some([0; 4]));
        assert_eq!(end.every_cut(NEW, &wire).output, frame(0x8A, b"ping", false));
    }
}

/// [5.5-control-fin]
#[test]
fn a_fragmented_control_frame_is_refused() {
    for end in End::ALL {
        for b0 in [0x08, 0x09, 0x0A] {
            refused(end, &end.frame(b0, b""), FrameViolation::FragmentedControl, 0, true);
            refused(end, &end.frame(b0, b"\x03\xE8"), FrameViolation::FragmentedControl, 0, true);
        }
    }
}

/// [5.5-control-125]
#[test]
fn a_control_frame_of_more_than_125_bytes_is_refused_at_its_second_byte() {
    for end in End::ALL {
        for b0 in [0x88, 0x89, 0x8A] {
            for (len, form) in [(126, Form::Bits16), (0, Form::Bits16), (65_536, Form::Bits64), (1, Form::Bits64)] {
                refused(end, &header(b0, len, form, end.key()), FrameViolation::ControlTooLong, 1, true);
            }
        }
    }
}

/// [5.4-continuation]
#[test]
fn a_continuation_of_no_message_is_refused() {
    for end in End::ALL {
        for b0 in [0x00, 0x80] {
            refused(end, &end.frame(b0, b"x"), FrameViolation::UnexpectedContinuation, 0, false);
        }
        let ended = [end.frame(0x01, b"a"), end.frame(0x80, b"b")].concat();
        let violation = Violation::Frame(FrameViolation::UnexpectedContinuation);
        fails(end, NEW, (&ended, &[Seen::text("ab")]), &end.frame(0x80, b"c"), violation, 0);
    }
}

/// [5.4-interleaved]
/// [5.4-fin]
#[test]
fn a_new_message_inside_an_open_one_is_refused() {
    for end in End::ALL {
        let violation = Violation::Frame(FrameViolation::UnfinishedMessage);
        for b0 in [0x81, 0x82, 0x01, 0x02] {
            let bad = end.frame(b0, b"x");
            fails(end, NEW, (&end.frame(0x01, b"a"), &[Seen::text("a").open()]), &bad, violation, 0);
            fails(end, NEW, (&end.frame(0x02, b""), &[]), &bad, violation, 0);
            let ping = [end.frame(0x02, b"a"), end.frame(0x8A, b"p")].concat();
            fails(end, NEW, (&ping, &[Seen::binary(b"a").open(), Seen::pong(b"p")]), &bad, violation, 0);
        }
    }
}

/// [5.4-control-inside] [5.4-fin] [6.2-type]
#[test]
fn a_control_frame_between_fragments_leaves_the_message_intact() {
    for end in End::ALL {
        let (first, last) = (end.frame(0x01, b"gr\xC3"), end.frame(0x80, b"\xBC\xC3\x9F"));
        let (ping, pong) = (end.frame(0x89, b"ping"), end.frame(0x8A, b"pong"));
        let outcome = end.every_cut(NEW, &[first, pong, ping, last].concat());
        let want = [
            Seen::text("gr").open(),
            Seen::pong(b"pong"),
            Seen::ping(b"ping"),
            Seen::text("üß"), // The rest of the same message.
        ];
        assert_eq!(outcome.seen, want);
        assert_eq!(outcome.output, frame(0x8A, b"ping", false));
    }
}

/// [5.4-fin] [5.4-empty]
#[test]
fn empty_fragments_and_messages_are_legal_and_their_end_is_reported() {
    for end in End::ALL {
        let run = |frames: &[(u8, &[u8])]| {
            let wire: Vec<_> = frames.iter().flat_map(|(b0, payload)| end.frame(*b0, payload)).collect();
            end.every_cut(NEW, &wire).seen
        };
        assert_eq!(run(&[(0x82, b"")]), [Seen::binary(b"")]);
        assert_eq!(run(&[(0x81, b"")]), [Seen::text("")]);
        assert_eq!(run(&[(0x01, b""), (0x80, b"")]), [Seen::text("")]);
        assert_eq!(run(&[(0x02, b""), (0x00, b""), (0x80, b"")]), [Seen::binary(b"")]);
        assert_eq!(run(&[(0x02, b""), (0x00, b"a"), (0x80, b"")]), [Seen::binary(b"a")]);
        assert_eq!(run(&[(0x01, b"a"), (0x00, b""), (0x80, b"b")]), [Seen::text("ab")]);
        assert_eq!(run(&[(0x01, b"a"), (0x80, b""), (0x81, b""), (0x81, b"c")]).len(), 3);
    }
}

/// [6.2-new-message] [10.4-frame] [10.4-message]
#[test]
fn a_length_above_the_limit_is_refused_when_the_header_is_read() {
    let settings = NEW.with_limits(Limits::SERVER.with_frame(200).with_message(300));
    for end in End::ALL {
        for (len, form, at) in [(201, Form::Bits16, 3), (65_536, Form::Bits64, 9), ((1 << 63) - 1, Form::Bits64, 9)] {
            for b0 in [0x81, 0x82, 0x02] {
                let bad = header(b0, len, form, end.key());
                fails(end, settings, (&[], &[]), &bad, Violation::FrameTooBig, at);
            }
        }
        let open = [end.frame(0x02, &[7; 200]), end.frame(0x00, &[7; 50])].concat();
        let before = [Seen::binary(&[7; 250]).open()];
        fails(end, settings, (&open, &before), &end.frame(0x00, &[7; 51]), Violation::MessageTooBig, 1);
        let fits = [open, end.frame(0x80, &[7; 50])].concat();
        assert_eq!(end.run(settings, fits.chunks(9), 9).seen, [Seen::binary(&[7; 300])]);
        // The next message may be as long again.
        let twice = [Seen::binary(&[7; 300]), Seen::binary(&[7; 300])];
        assert_eq!(end.run(settings, fits.repeat(2).chunks(9), 9).seen, twice);
        // The limit also holds for a message in one frame, and for a length in 7 bits.
        let settings = NEW.with_limits(Limits::SERVER.with_message(5));
        assert_eq!(end.every_cut(settings, &end.frame(0x81, b"Hello")).seen, [Seen::text("Hello")]);
        fails(end, settings, (&[], &[]), &end.frame(0x81, b"Hello!"), Violation::MessageTooBig, 1);
    }
}

/// [10.4-streams]
#[test]
fn a_length_above_memory_streams() {
    let settings = NEW.with_limits(Limits::NONE);
    let len = (1u64 << 63) - 1;
    for masked in [true, false] {
        let head = header(0x82, len, Form::Bits64, masked.then_some(KEY));
        let mut chunk = [0; 1000];
        let mut stream = |receive: &mut dyn FnMut(&mut [u8]) -> usize| {
            assert_eq!(receive(&mut head.clone()), 0);
            (0..50).map(|_| receive(&mut chunk)).sum::<usize>()
        };
        let received =
            if masked { stream(&mut counted(server(settings))) } else { stream(&mut counted(client(settings))) };
        assert_eq!(received, 50_000);
    }
}

/// Returns a receiver that returns the length of the pieces. None of them may be the last.
fn counted<R: Role>(mut connection: Connection<R>) -> impl FnMut(&mut [u8]) -> usize {
    move |mut input| {
        let mut n = 0;
        while let Some(event) = connection.receive(&mut input) {
            let Event::Binary(piece) = event else { panic!("{event:?}") };
            assert!(!piece.is_last());
            n += piece.as_bytes().len();
        }
        n
    }
}

/// [6.2-new-message] [10.4-fragments]
#[test]
fn more_fragments_than_the_limit_are_refused() {
    for end in End::ALL {
        for (limit, allowed) in [(0, 1), (1, 1), (2, 2), (3, 3)] {
            let settings = NEW.with_limits(Limits::SERVER.with_fragments(limit));
            let mut good = end.frame(0x02, b"x");
            (1..allowed).for_each(|_| good.extend(end.frame(0x00, b"x")));
            let before = [Seen::binary(&vec![b'x'; allowed]).open()];
            fails(end, settings, (&good, &before), &end.frame(0x80, b"x"), Violation::TooManyFragments, 1);
            // The count begins again with each message, and control frames are not counted.
            let messages = [end.frame(0x82, b"a"), end.frame(0x89, b""), end.frame(0x82, b"b")].concat();
            assert_eq!(end.every_cut(settings, &messages).state, State::Open);
        }
    }
}

/// Test suites cut a message of 4 MiB into fragments of 64 bytes, and some add an empty one as the last.
#[test]
fn the_default_limits_accept_a_message_that_is_cut_as_small_as_test_suites_do() {
    let cases = [(Limits::SERVER, 4 << 20, 64, &b""[..]), (Limits::SMALL_DEVICE, (64 << 10) - 256, 256, &[7; 256])];
    for (limits, message, fragment, last) in cases {
        for end in End::ALL {
            let mut wire = end.frame(0x02, &vec![7; fragment]);
            wire.extend(end.frame(0x00, &vec![7; fragment]).repeat(message / fragment - 1));
            wire.extend(end.frame(0x80, last));
            let outcome = end.run(NEW.with_limits(limits), wire.chunks(1 << 16), 99);
            assert_eq!(outcome.state, State::Open, "{limits:?}: {:?}", outcome.seen.last());
            assert!(outcome.seen == [Seen::binary(&vec![7; message + last.len()])]);
        }
    }
}

/// [10.4-empty-fragments]
#[test]
fn more_empty_fragments_than_the_limit_are_refused() {
    for end in End::ALL {
        let settings = NEW.with_limits(Limits::SERVER.with_empty_fragments(2));
        let good = [end.frame(0x01, b""), end.frame(0x00, b"a"), end.frame(0x00, b"")].concat();
        let before = [Seen::text("a").open()];
        for b0 in [0x00, 0x80] {
            fails(end, settings, (&good, &before), &end.frame(b0, b""), Violation::TooManyEmptyFragments, 1);
        }
        // The limit does not concern messages that are empty as a whole.
        let empty = end.frame(0x82, b"").repeat(10);
        assert_eq!(end.every_cut(settings, &empty).seen.len(), 10);
        let none = NEW.with_limits(Limits::SERVER.with_empty_fragments(0));
        fails(end, none, (&[], &[]), &end.frame(0x02, b""), Violation::TooManyEmptyFragments, 1);
        assert_eq!(end.every_cut(none, &empty).state, State::Open);
        // The default limits end endless empty fragments, too.
        let endless = [end.frame(0x01, b""), end.frame(0x00, b"").repeat(1000)].concat();
        assert_eq!(end.run(NEW, [&endless[..]].into_iter(), 99).output, close_frame(1008));
    }
}

/// [5.2-rsv-owned]
#[test]
fn reserved_bits_of_others_are_refused_where_one_is_owned() {
    let settings = NEW.with_reserved_bits(ReservedBits::RSV1);
    for end in End::ALL {
        let violation = Violation::Frame(FrameViolation::ReservedBit);
        for b0 in [0xA1, 0x91, 0xE1, 0xF2, 0xC8, 0xC9, 0xCA, 0xC0, 0x40] {
            fails(end, settings, (&[], &[]), &end.frame(b0, b""), violation, 0);
        }
    }
}

#[test]
fn a_message_that_failed_cannot_be_skipped() {
    let mut connection = server(NEW);
    let mut seen = vec![];
    feed(&mut connection, &frame(0x01, b"text", true), &mut seen);
    feed(&mut connection, &frame(0x81, b"", true), &mut seen);
    assert!(matches!(seen[..], [Seen::Data { .. }, Seen::Failed { .. }]), "{seen:?}");
    assert!(!connection.skip_message());
}

/// [7.1.7-nothing-behind]
#[test]
fn nothing_comes_after_a_failure_whatever_is_called() {
    let mut connection = server(NEW);
    let mut seen = vec![];
    feed(&mut connection, &frame(0x83, b"", true), &mut seen);
    assert_eq!(seen, [Seen::failed(Violation::Frame(FrameViolation::ReservedOpcode), 0)]);
    for wire in [frame(0x81, b"text", true), frame(0x88, b"", true), frame(0x83, b"", true), vec![0xFF; 300]] {
        feed(&mut connection, &wire, &mut seen);
        assert_eq!(connection.receive_copied(&mut &wire[..], &mut [0; 8]), None);
    }
    connection.fail(Violation::Policy);
    assert!(!connection.skip_message());
    feed(&mut connection, b"more", &mut seen);
    assert_eq!((seen.len(), connection.offset(), connection.control_payload()), (1, 0, None));
    assert_eq!(connection.send("a", &mut [0; 9]), Err(upframe::connection::SendError::Closing));
    assert_eq!(transmit(&mut connection, 3), close_frame(1002));
    assert_eq!(connection.close_code(), Some(CloseCode::ABNORMAL));
    assert_eq!(plain(&transmit(&mut connection, 3), false), b"");
}

/// [6.2-unmask]
#[test]
fn the_decoder_alone_takes_the_mask_away() {
    let wire = frame(0x82, b"nine bytes", true);
    for cut in 0..=wire.len() {
        let mut decoder = Decoder::new(PeerMasking::Required, ReservedBits::NONE);
        let (mut wire, mut payload, mut ended) = (wire.clone(), vec![], false);
        let (front, back) = wire.split_at_mut(cut);
        for mut input in [front, back] {
            while let Some(part) = decoder.decode(&mut input) {
                if let Part::Payload { bytes, last } = part {
                    payload.extend_from_slice(bytes);
                    ended |= last;
                }
            }
        }
        assert_eq!((&payload[..], ended), (&b"nine bytes"[..], true), "cut at {cut}");
    }
}

#[test]
fn the_decoder_alone_yields_each_header_as_it_was_written() {
    let headers = [
        (Opcode::Text, false, 3, Some([1, 2, 3, 4])),
        (Opcode::Ping, true, 125, None),
        (Opcode::Continuation, true, 0, Some([0; 4])),
        (Opcode::Binary, true, 126, Some([5, 6, 7, 8])),
        (Opcode::Pong, true, 0, None),
        (Opcode::Text, true, 65_536, None),
        (Opcode::Close, true, 2, Some([9; 4])),
    ]
    .map(|(opcode, fin, len, key)| Header { fin, masking_key: key.map(MaskingKey), ..Header::new(opcode, len) });
    let mut wire = vec![];
    for header in headers {
        wire.extend_from_slice(header.encode(&mut [0; Header::MAX_LEN]).unwrap());
        wire.resize(wire.len() + header.payload_len as usize, 0);
    }
    for cut in [1, 2, 3, wire.len()] {
        let mut decoder = Decoder::new(PeerMasking::Optional, ReservedBits::NONE);
        let mut seen = vec![];
        for mut input in wire.clone().chunks_mut(cut) {
            while let Some(part) = decoder.decode(&mut input) {
                if let Part::Header(header) = part {
                    seen.push(header);
                }
            }
        }
        assert_eq!(seen, headers, "cut at {cut}");
    }
}

/// [5.2-minimal] [5.2-top-bit]
#[test]
fn a_header_alone_is_judged_by_what_it_shows() {
    for (bytes, want) in [
        (&b"\x82\x7E\x00\x7E"[..], Ok(126)),
        (b"\x82\x7E\x00\x7D", Err(FrameViolation::LengthNotMinimal)),
        (b"\x82\x7F\0\0\0\0\0\0\xFF\xFF", Err(FrameViolation::LengthNotMinimal)),
        (b"\x82\x7F\0\0\0\0\0\x01\0\0", Ok(65_536)),
        (b"\x82\x7F\x80\0\0\0\0\0\0\0", Err(FrameViolation::LengthTopBit)),
        (b"\x83\x00", Err(FrameViolation::ReservedOpcode)),
        (b"\x09\x00", Err(FrameViolation::FragmentedControl)),
        (b"\x89\x7E\x00\x7E", Err(FrameViolation::ControlTooLong)),
    ] {
        assert_eq!(Header::parse(bytes).map(|found| found.unwrap().0.payload_len), want, "{bytes:x?}");
    }
}

#[test]
fn reserved_bits_are_a_set() {
    let (one, two) = (ReservedBits::RSV1, ReservedBits::RSV2);
    let both = one.union(two);
    assert_eq!((both.union(one), both.union(both), one.union(ReservedBits::NONE)), (both, both, one));
    assert!(both.contains(one) && both.contains(both) && !one.contains(both) && one.contains(ReservedBits::NONE));
    assert!(ReservedBits::NONE.is_empty() && !one.is_empty());
}
