//! A test's own extension that owns RSV1 (RFC 6455 §5.2, §9): where the bit may appear, in both roles and both directions.

mod common;

use common::{End, Seen, client, close_frame, fails, feed, frame, plain, queued, server, transmit};
use upframe::connection::{
    Connection, DataFrame, Event, Fragment, Limits, MessageKind, Place, Role, SendError, Settings, State, Violation,
};
use upframe::frame::{FrameViolation, ReservedBits};
use upframe::message::Prepared;

const NEW: Settings = Settings::new();
const AGREED: Settings = NEW.with_reserved_bits(ReservedBits::RSV1);
const RESERVED: Violation = Violation::Frame(FrameViolation::ReservedBit);
const TEXT: DataFrame = DataFrame::extended(MessageKind::Text, ReservedBits::RSV1);
const BINARY: DataFrame = DataFrame::extended(MessageKind::Binary, ReservedBits::RSV1);

/// What the extension does to a payload, and undoes: all bits change, so that no text is UTF-8.
fn invert(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| !byte).collect()
}

fn extended(kind: MessageKind, bits: ReservedBits, bytes: &[u8]) -> Seen {
    Seen::Data { kind, bits, bytes: bytes.into(), whole: true }
}

fn inverted(kind: MessageKind, bytes: &[u8]) -> Seen {
    extended(kind, ReservedBits::RSV1, &invert(bytes))
}

#[test]
fn a_message_that_the_extension_changed_is_yielded_as_it_was_received() {
    for end in End::ALL {
        for (b0, kind) in [(0xC1, MessageKind::Text), (0xC2, MessageKind::Binary)] {
            let wire = [end.frame(b0, &invert(b"Hello")), end.frame(b0, b""), end.frame(0x81, b"plain")].concat();
            let outcome = end.every_cut(AGREED, &wire);
            assert_eq!(outcome.seen, [inverted(kind, b"Hello"), inverted(kind, b""), Seen::text("plain")]);
            assert_eq!((outcome.state, outcome.output), (State::Open, vec![]));
            // the bit appears on the first fragment only, and is valid for all of them
            let fragments = [
                end.frame(b0 & 0x7F, &invert(b"Hel")),
                end.frame(0x00, b""),
                end.frame(0x80, &invert(b"lo")),
                end.frame(0x01, b"pl"),
                end.frame(0x80, b"ain"),
            ];
            let want = [inverted(kind, b"Hello"), Seen::text("plain")];
            assert_eq!(end.every_cut(AGREED, &fragments.concat()).seen, want);
            let empty_first = [end.frame(b0 & 0x7F, b""), end.frame(0x80, &invert(b"Hello"))].concat();
            assert_eq!(end.every_cut(AGREED, &empty_first).seen, [inverted(kind, b"Hello")]);
        }
    }
}

#[test]
fn a_control_frame_inside_leaves_the_extended_message_intact() {
    for end in End::ALL {
        let wire = [end.frame(0x41, b"\xFF"), end.frame(0x89, b"ping"), end.frame(0x80, b"\xFE")].concat();
        let outcome = end.every_cut(AGREED, &wire);
        let [first, last] = [b"\xFF", b"\xFE"].map(|bytes| extended(MessageKind::Text, ReservedBits::RSV1, bytes));
        assert_eq!(outcome.seen, [first.open(), Seen::ping(b"ping"), last]);
        assert_eq!(outcome.output, frame(0x8A, b"ping", false));
    }
}

/// [7692-6-rsv1-first]
#[test]
fn the_bit_is_refused_on_continuations_and_control_frames() {
    for end in End::ALL {
        for b0 in [0xC8, 0xC9, 0xCA, 0x48, 0x49, 0x4A, 0xC0, 0x40] {
            fails(end, AGREED, (&[], &[]), &end.frame(b0, b""), RESERVED, 0);
            let good = [end.frame(0xC1, b"a"), end.frame(0x42, b"b")].concat();
            let first = extended(MessageKind::Text, ReservedBits::RSV1, b"a");
            let open = extended(MessageKind::Binary, ReservedBits::RSV1, b"b").open();
            fails(end, AGREED, (&good, &[first, open]), &end.frame(b0, b""), RESERVED, 0);
        }
        // in a message that it did not begin, too
        let good = end.frame(0x01, b"a");
        fails(end, AGREED, (&good, &[Seen::text("a").open()]), &end.frame(0xC0, b"b"), RESERVED, 0);
    }
}

#[test]
fn bits_that_nobody_owns_are_refused_beside_the_owned_one() {
    for end in End::ALL {
        for bits in [0x20, 0x10, 0x30, 0x60, 0x50, 0x70] {
            for b0 in [0x81, 0x82, 0x01, 0x02] {
                fails(end, AGREED, (&[], &[]), &end.frame(b0 | bits, b"a"), RESERVED, 0);
            }
        }
        for bits in 1..8u8 {
            fails(end, NEW, (&[], &[]), &end.frame(0x82 | bits << 4, b"a"), RESERVED, 0);
        }
    }
}

#[test]
fn several_owned_bits_may_appear_together_or_alone() {
    let settings = NEW.with_reserved_bits(ReservedBits::RSV1.union(ReservedBits::RSV3));
    for end in End::ALL {
        for bits in [0x40, 0x10, 0x50] {
            let outcome = end.every_cut(settings, &end.frame(0x81 | bits, b"a"));
            assert_eq!(outcome.seen, [extended(MessageKind::Text, ReservedBits::of_first_byte(bits), b"a")]);
        }
        fails(end, settings, (&[], &[]), &end.frame(0xF1, b"a"), RESERVED, 0);
    }
}

/// [7692-skipped]
#[test]
fn extended_messages_are_limited_and_all_their_pieces_are_yielded() {
    let settings = AGREED.with_limits(Limits::SERVER.with_message(3).with_fragments(2));
    for end in End::ALL {
        fails(end, settings, (&[], &[]), &end.frame(0xC2, b"four"), Violation::MessageTooBig, 1);
        let good = [end.frame(0x42, b"a"), end.frame(0x00, b"b")].concat();
        let before = extended(MessageKind::Binary, ReservedBits::RSV1, b"ab").open();
        fails(end, settings, (&good, &[before]), &end.frame(0x80, b"c"), Violation::TooManyFragments, 1);
    }
    let mut server = server(AGREED);
    let mut seen = vec![];
    feed(&mut server, &frame(0x41, b"a", true), &mut seen);
    // the extension must see the rest: later messages may refer to it
    assert!(!server.skip_message());
    feed(&mut server, &[frame(0x80, b"b", true), frame(0xC1, b"c", true)].concat(), &mut seen);
    let [first, second] = [&b"ab"[..], b"c"].map(|bytes| extended(MessageKind::Text, ReservedBits::RSV1, bytes));
    assert_eq!(seen, [first, second]);
    // the caller judges data that the extension cannot read
    server.fail(Violation::ExtensionData);
    assert_eq!(transmit(&mut server, 9), close_frame(1007));
}

/// Sends one message in three fragments, each by another writer. Returns the wire without masks.
fn three_fragments<R: Role>(mut connection: Connection<R>, frame: DataFrame, masked: bool) -> Vec<u8> {
    let (mut wire, mut out) = (vec![], [0; 64]);
    let whole = Fragment::extended(frame_kind(frame), ReservedBits::RSV1, b"\xFF");
    wire.extend(connection.send(whole, &mut out).unwrap());
    wire.extend(connection.send(whole.first(), &mut out).unwrap());
    out[14..16].copy_from_slice(b"\xFE\xFD");
    wire.extend(connection.send_in_place(frame.middle(), &mut out[..16], 14).unwrap());
    wire.extend(connection.begin_frame(frame.last(), 2, &mut out).unwrap());
    for mut chunk in [*b"\xC3", *b"\xC3"] {
        connection.frame_payload(&mut chunk).unwrap();
        wire.extend(chunk);
    }
    wire.extend(connection.begin_frame(frame, 1, &mut out).unwrap());
    let mut chunk = [0xFC];
    connection.frame_payload(&mut chunk).unwrap();
    wire.extend(chunk);
    wire.extend(connection.send_in_place(frame, &mut [0xFB; 15], 14).unwrap());
    wire.extend(queued(&mut connection, |end| end.ping(b"")).unwrap());
    wire.extend(connection.send("plain", &mut out).unwrap());
    plain(&wire, masked)
}

fn frame_kind(frame: DataFrame) -> MessageKind {
    if frame == TEXT { MessageKind::Text } else { MessageKind::Binary }
}

/// [7692-6-rsv1-first-sent]
#[test]
fn every_writer_puts_the_bit_on_the_first_frame_only_and_does_not_judge_the_payload() {
    for (kind, opcode) in [(TEXT, 1), (BINARY, 2)] {
        let want = [
            frame(0xC0 | opcode, b"\xFF", false),
            frame(0x40 | opcode, b"\xFF", false),
            frame(0x00, b"\xFE\xFD", false),
            frame(0x80, b"\xC3\xC3", false),
            frame(0xC0 | opcode, b"\xFC", false),
            frame(0xC0 | opcode, b"\xFB", false),
            frame(0x89, b"", false),
            frame(0x81, b"plain", false),
        ]
        .concat();
        assert_eq!(three_fragments(server(AGREED), kind, false), want);
        assert_eq!(three_fragments(client(AGREED), kind, true), want);
    }
}

fn refuses<R: Role>(mut connection: Connection<R>, frame: DataFrame, bits: ReservedBits) {
    let mut out = [0xEE; 32];
    let fragment = Fragment::extended(frame_kind(frame), bits, b"a");
    for fragment in [fragment, fragment.first()] {
        assert_eq!(connection.send(fragment, &mut out), Err(SendError::ReservedBits));
    }
    let frame = DataFrame::extended(frame_kind(frame), bits);
    for frame in [frame, frame.first()] {
        assert_eq!(connection.send_in_place(frame, &mut out, 14), Err(SendError::ReservedBits));
        assert_eq!(connection.begin_frame(frame, 1, &mut out), Err(SendError::ReservedBits));
    }
    assert_eq!((out, connection.state()), ([0xEE; 32], State::Open));
    // no message was opened
    assert_eq!(connection.send(fragment.last(), &mut out), Err(SendError::NoMessage));
    assert!(connection.send("plain", &mut out).is_ok());
}

/// [5.2-rsv-sent]
#[test]
fn bits_that_nobody_owns_are_not_sent() {
    for frame in [TEXT, BINARY] {
        for bits in 1..8 {
            let bits = ReservedBits::of_first_byte(bits << 4);
            refuses(server(NEW), frame, bits);
            refuses(client(NEW), frame, bits);
            if bits != ReservedBits::RSV1 {
                refuses(server(AGREED), frame, bits);
                refuses(client(AGREED), frame, bits);
            }
        }
    }
}

#[test]
fn fragments_of_a_message_agree_about_the_extension() {
    let mut out = [0; 32];
    let mut server = server(AGREED);
    let extended = Fragment::extended(MessageKind::Text, ReservedBits::RSV1, b"a");
    server.send(extended.first(), &mut out).unwrap();
    assert_eq!(server.send(Fragment::text("b").last(), &mut out), Err(SendError::MessageInProgress));
    assert_eq!(server.send(extended.last(), &mut out).unwrap(), b"\x80\x01a");
    server.send(Fragment::text("a").first(), &mut out).unwrap();
    assert_eq!(server.send(extended.last(), &mut out), Err(SendError::MessageInProgress));
    assert_eq!(server.send(Fragment::text("b").last(), &mut out).unwrap(), b"\x80\x01b");
}

#[test]
fn a_prepared_message_with_the_bit_goes_to_connections_that_agreed_only() {
    let message = Fragment::extended(MessageKind::Text, ReservedBits::RSV1, b"\xFF");
    let mut memory = [0; 8];
    assert_eq!(Prepared::new(message, NEW, &mut memory).map(|_| ()), Err(SendError::ReservedBits));
    let prepared = Prepared::new(message, AGREED, &mut memory).unwrap();
    assert_eq!(server(AGREED).send_prepared(&prepared).unwrap(), b"\xC1\x01\xFF");
    assert_eq!(server(NEW).send_prepared(&prepared), Err(SendError::ReservedBits));
}

#[test]
fn pieces_are_echoed_as_they_were_received() {
    let mut server = server(AGREED);
    let (mut echo, mut out) = (vec![], [0; 64]);
    let parts = [frame(0x41, b"\xFF\xFE", true), frame(0x00, b"\xFD", true), frame(0x80, b"\xFC", true)];
    let mut places = vec![];
    for byte in parts.concat().chunks(1) {
        let mut byte = byte.to_vec();
        let mut input = &mut byte[..];
        while let Some(event) = server.receive(&mut input) {
            let Event::Extended(piece) = event else { panic!("{event:?}") };
            places.push(piece.place());
            echo.extend(server.send(piece.as_fragment(), &mut out).unwrap());
        }
    }
    assert_eq!(places, [Place::First, Place::Middle, Place::Middle, Place::Last]);
    let mut seen = vec![];
    feed(&mut client(AGREED), &echo, &mut seen);
    assert_eq!(seen, [extended(MessageKind::Text, ReservedBits::RSV1, b"\xFF\xFE\xFD\xFC")]);
}
