//! The half that sends: the examples of RFC 6455 §5.7, what each writer requires, and that a refused call changes nothing.

mod common;

use common::{Seen, feed, frame, plain, queued, server, transmit};
use std::{cell::Cell, rc::Rc};
use upframe::connection::{
    Connection, DataFrame, EndOfStream, Endpoint, Entropy, Fragment, MessageKind, NoEntropy, SendError, Settings, State,
};
use upframe::frame::{CloseCode, Header, ReservedBits};

const NEW: Settings = Settings::new();

type Source = Box<dyn FnMut(&mut [u8]) -> Result<(), NoEntropy>>;
type End = Connection<Endpoint<Source>>;

/// How a source of keys is doing: keys that were drawn, and draws until it is dry.
#[derive(Clone, Default)]
struct Draws {
    drawn: Rc<Cell<u32>>,
    left: Rc<Cell<Option<u32>>>,
}

/// An end of either role; its keys are numbered.
fn end(is_server: bool) -> (End, Draws) {
    let draws = Draws::default();
    let Draws { drawn, left } = draws.clone();
    let source = move |key: &mut [u8]| {
        if left.get() == Some(0) {
            return Err(NoEntropy);
        }
        left.set(left.get().map(|left| left - 1));
        drawn.set(drawn.get() + 1);
        key.copy_from_slice(&(drawn.get() * 0x0102_0305).to_be_bytes());
        Ok(())
    };
    let endpoint = if is_server { Endpoint::Server } else { Endpoint::Client(Box::new(source) as Source) };
    (Connection::endpoint(endpoint, NEW), draws)
}

/// [5.1-client-masks] [5.1-server-no-mask] [5.2-network-order] [5.3-transform] [6.1-opcode] [6.1-fin]
/// [5.3-mask-bit]
#[test]
fn the_examples_of_the_standard_are_written_and_read_byte_for_byte() {
    let mut out = vec![0; 70_000];
    let (mut server, mut client) = (server(NEW), common::client(NEW));
    // a single-frame unmasked and masked text message
    assert_eq!(server.send("Hello", &mut out).unwrap(), b"\x81\x05\x48\x65\x6c\x6c\x6f");
    let masked = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    assert_eq!(client.send("Hello", &mut out).unwrap(), masked);
    // a fragmented unmasked text message
    assert_eq!(server.send(Fragment::text("Hel").first(), &mut out).unwrap(), b"\x01\x03\x48\x65\x6c");
    assert_eq!(server.send(Fragment::text("lo").last(), &mut out).unwrap(), b"\x80\x02\x6c\x6f");
    // an unmasked Ping and a masked Pong
    let ping = queued(&mut server, |server| server.ping(b"Hello")).unwrap();
    assert_eq!(ping, b"\x89\x05\x48\x65\x6c\x6c\x6f");
    let pong = queued(&mut client, |client| client.pong(b"Hello")).unwrap();
    assert_eq!(pong, b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    // 256 bytes and 64 KiB of binary, unmasked
    let bytes: Vec<u8> = (0..65_536u32).map(|i| (i * 7) as u8).collect();
    for (len, header) in [(256, &b"\x82\x7E\x01\x00"[..]), (65_536, b"\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00")] {
        let frame = server.send(&bytes[..len], &mut out).unwrap();
        assert_eq!((&frame[..header.len()], &frame[header.len()..]), (header, &bytes[..len]));
    }
    // and back
    let mut seen = vec![];
    let wire =
        [&b"\x81\x05\x48\x65\x6c\x6c\x6f\x01\x03\x48\x65\x6c\x80\x02\x6c\x6f\x89\x05\x48\x65\x6c\x6c\x6f"[..]].concat();
    feed(&mut client, &wire, &mut seen);
    assert_eq!(seen, [Seen::text("Hello"), Seen::text("Hello"), Seen::ping(b"Hello")]);
    assert_eq!(transmit(&mut client, 99), b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    let mut seen = vec![];
    feed(&mut server, &[&masked[..], b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"].concat(), &mut seen);
    assert_eq!(seen, [Seen::text("Hello"), Seen::pong(b"Hello")]);
}

/// [5.3-transform]
#[test]
fn a_client_masks_octet_by_octet_at_every_length() {
    for len in (0..300).chain([1000, 4095, 65_535, 65_536]) {
        let payload: Vec<u8> = (0..len).map(|i| (i * 7) as u8).collect();
        let mut out = vec![0; len + Header::MAX_LEN];
        let sent = common::client(NEW).send(&payload[..], &mut out).unwrap();
        let (header, at) = Header::parse(sent).unwrap().unwrap();
        let key = header.masking_key.unwrap().0;
        let masked: Vec<u8> = payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        assert_eq!(sent[at..], masked);
        for headroom in Header::MAX_LEN..Header::MAX_LEN + 4 {
            let mut buffer = [&vec![0; headroom][..], &payload].concat();
            let sent = common::client(NEW).send_in_place(DataFrame::BINARY, &mut buffer, headroom).unwrap();
            assert_eq!(sent[at..], masked);
        }
    }
}

/// A writer of `len` bytes of payload, with what it wants of the output beyond a header.
type Writer = (&'static str, usize, fn(&mut End, usize, &mut [u8]) -> Result<Vec<u8>, SendError>);

const WRITERS: [Writer; 4] = [
    ("send", usize::MAX, |end, len, out| end.send(&vec![7; len][..], out).map(<[u8]>::to_vec)),
    ("send text", usize::MAX, |end, len, out| end.send("t".repeat(len).as_str(), out).map(<[u8]>::to_vec)),
    ("begin_frame", 0, |end, len, out| end.begin_frame(DataFrame::BINARY, len as u64, out).map(<[u8]>::to_vec)),
    ("fragment", usize::MAX, |end, len, out| {
        end.send(Fragment::binary(&vec![7; len]).first(), out).map(<[u8]>::to_vec)
    }),
];

/// The length of the header before a payload of this length.
fn header_len(len: usize, masked: bool) -> usize {
    [2, 4, 10][usize::from(len > 125) + usize::from(len > 65_535)] + if masked { 4 } else { 0 }
}

/// [5.1-server-no-mask] [5.2-minimal-sent]
#[test]
fn a_fragment_tells_the_length_of_its_frame() {
    for (len, header) in [(0, 2), (1, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
        let payload = vec![7; len];
        let fragment = Fragment::binary(&payload);
        assert_eq!((fragment.frame_len(false), fragment.frame_len(true)), (header + len, header + 4 + len));
    }
}

#[test]
fn every_writer_reports_exactly_what_it_requires_and_writes_all_or_nothing() {
    for is_server in [true, false] {
        for (name, longest, write) in WRITERS {
            for len in [0, 1, 2, 124, 125, 126, 127, 1000, 65_535, 65_536] {
                let payload = if longest == 0 { 0 } else { len };
                let required = header_len(len, !is_server) + payload;
                let (mut used, draws) = end(is_server);
                let mut out = vec![0xEE; required + 3];
                for short in [0, 1, required / 2, required - 1] {
                    let refused = write(&mut used, len, &mut out[..short]);
                    let want = Err(SendError::BufferTooSmall { required });
                    assert_eq!(refused, want, "{name} of {len} into {short}");
                }
                assert!(out.iter().all(|byte| *byte == 0xEE), "{name} wrote");
                assert_eq!((draws.drawn.get(), used.state()), (0, State::Open), "{name} changed something");
                let want = write(&mut end(is_server).0, len, &mut vec![0; required]).unwrap();
                assert_eq!(write(&mut used, len, &mut out).unwrap(), want, "{name} of {len}");
                assert_eq!(want.len(), required);
                assert_eq!(draws.drawn.get(), u32::from(!is_server), "one key a frame");
                assert!(out[required..].iter().all(|byte| *byte == 0xEE), "{name} wrote beyond");
                // what is read back is what was written
                if longest > 0 {
                    let (header, at) = Header::parse(&want).unwrap().unwrap();
                    assert_eq!((header.payload_len, at + len), (len as u64, required));
                    assert_eq!(plain(&want, !is_server).len(), required - if is_server { 0 } else { 4 });
                }
            }
        }
    }
}

#[test]
fn send_in_place_needs_a_buffer_that_holds_the_headroom() {
    for is_server in [true, false] {
        let (mut end, draws) = end(is_server);
        for len in 0..14 {
            let mut buffer = vec![0xEE; len];
            let required = SendError::BufferTooSmall { required: 14 };
            assert_eq!(end.send_in_place(DataFrame::BINARY, &mut buffer, 14), Err(required));
            assert_eq!(buffer, vec![0xEE; len]);
        }
        assert_eq!(draws.drawn.get(), 0);
        // no payload at all is an empty message
        let frame = end.send_in_place(DataFrame::BINARY, &mut [0xEE; 14], 14).unwrap().to_vec();
        assert_eq!(plain(&frame, !is_server), [0x82, 0]);
    }
}

/// [5.1-client-masks]
#[test]
fn send_in_place_reports_exactly_what_headroom_it_requires() {
    for is_server in [true, false] {
        for len in [0, 1, 125, 126, 127, 65_535, 65_536] {
            let required = header_len(len, !is_server);
            let payload: Vec<u8> = (0..len).map(|i| b'a' + (i % 26) as u8).collect();
            let (mut used, draws) = end(is_server);
            for headroom in 0..required {
                let mut buffer = [&vec![0xEE; headroom][..], &payload].concat();
                let before = buffer.clone();
                let refused = used.send_in_place(DataFrame::TEXT, &mut buffer, headroom).map(<[u8]>::to_vec);
                assert_eq!(refused, Err(SendError::BufferTooSmall { required }));
                assert_eq!((buffer == before, draws.drawn.get()), (true, 0));
            }
            for headroom in [required, required + 1, 14, 40] {
                let mut buffer = [&vec![0xEE; headroom][..], &payload].concat();
                let mut fresh = end(is_server).0;
                let mut out = vec![0; required + len];
                let want = fresh.send(std::str::from_utf8(&payload).unwrap(), &mut out).unwrap();
                let mut used = end(is_server).0;
                assert_eq!(used.send_in_place(DataFrame::TEXT, &mut buffer, headroom).unwrap(), want);
                assert!(buffer[..headroom - required].iter().all(|byte| *byte == 0xEE));
            }
        }
    }
}

type Step = fn(&mut End) -> Option<SendError>;
/// Brings an end, a server's or not, to some state.
type Prepare<'a> = &'a dyn Fn(&mut End, bool);

/// A refused call to each writer that begins a frame.
fn writers() -> Vec<(&'static str, Step)> {
    vec![
        ("send", |end| end.send("a", &mut [0; 64]).err()),
        ("send_in_place", |end| end.send_in_place(DataFrame::BINARY, &mut [0; 64], 14).err()),
        ("begin_frame", |end| end.begin_frame(DataFrame::BINARY, 1, &mut [0; 64]).err()),
    ]
}

/// A refused call to each that queues a control frame of up to 125 bytes.
fn queuers() -> Vec<(&'static str, Step)> {
    vec![
        ("ping", |end| end.ping(b"p").err()),
        ("long ping", |end| end.ping(&[1; 125]).err()),
        ("pong", |end| end.pong(b"p").err()),
        ("long pong", |end| end.pong(&[1; 125]).err()),
        ("close", |end| end.close(CloseCode::NORMAL, "").err()),
        ("long close", |end| end.close(CloseCode::NORMAL, &"r".repeat(123)).err()),
        ("close_without_code", |end| end.close_without_code().err()),
    ]
}

/// Passes a frame of its peer to an end.
fn hear(end: &mut End, is_server: bool, b0: u8, payload: &[u8]) {
    feed(end, &frame(b0, payload, is_server), &mut vec![]);
}

/// All that can still be sent, so that two ends can be compared.
fn afterwards(end: &mut End) -> Vec<Result<Vec<u8>, SendError>> {
    let (mut results, mut out) = (vec![], [0; 99]);
    results.push(Ok(transmit(end, 5)));
    results.extend((0..4).map(|_| {
        let mut chunk = *b"x";
        end.frame_payload(&mut chunk).map(|left| vec![chunk[0], left as u8])
    }));
    for message in [
        Fragment::text("m").middle(),
        Fragment::text("l").last(),
        Fragment::binary(b"m").middle(),
        Fragment::binary(b"l").last(),
        Fragment::text("whole"),
    ] {
        results.push(end.send(message, &mut out).map(<[u8]>::to_vec));
    }
    results.push(queued(end, |end| end.ping(b"p")));
    results.push(Ok(transmit(end, 5)));
    results.push(queued(end, |end| end.close(CloseCode::NORMAL, "r")));
    results.push(Ok(transmit(end, 5)));
    results
}

/// In a state that `prepare` makes, the call is refused, and an end that was never asked goes on in the same way.
fn changes_nothing(name: &str, prepare: Prepare, call: Step, want: SendError) {
    for is_server in [true, false] {
        let [(mut asked, draws), (mut twin, twin_draws)] = [end(is_server), end(is_server)];
        prepare(&mut asked, is_server);
        prepare(&mut twin, is_server);
        assert_eq!(call(&mut asked), Some(want), "{name}, {}", if is_server { "server" } else { "client" });
        assert_eq!(draws.drawn.get(), twin_draws.drawn.get(), "{name} drew a key");
        assert_eq!((asked.state(), asked.wants_transmit()), (twin.state(), twin.wants_transmit()));
        assert_eq!(afterwards(&mut asked), afterwards(&mut twin), "{name} changed something");
    }
}

fn streaming(end: &mut End, _: bool) {
    end.begin_frame(DataFrame::BINARY.first(), 3, &mut [0; 14]).unwrap();
}

/// [5.2-frame-whole]
#[test]
fn while_a_frame_lacks_payload_every_other_writer_is_refused() {
    for (name, call) in writers() {
        changes_nothing(name, &streaming, call, SendError::FrameInProgress);
    }
}

#[test]
fn while_a_frame_lacks_payload_every_other_writer_is_refused_also_when_a_close_has_come() {
    let close_came = |end: &mut End, is_server: bool| {
        streaming(end, is_server);
        hear(end, is_server, 0x88, b"\x03\xE8");
    };
    for (name, call) in writers() {
        changes_nothing(name, &close_came, call, SendError::FrameInProgress);
    }
}

/// [5.2-frame-whole]
#[test]
fn while_a_reply_is_half_written_every_writer_is_refused() {
    let half_written = |end: &mut End, is_server: bool| {
        hear(end, is_server, 0x89, b"ping");
        assert_eq!(end.poll_transmit(&mut [0; 3]), 3);
    };
    for (name, call) in writers() {
        changes_nothing(name, &half_written, call, SendError::FrameInProgress);
    }
}

/// [5.2-frame-whole]
#[test]
fn a_control_frame_can_be_queued_while_a_frame_lacks_payload_and_follows_it() {
    for is_server in [true, false] {
        for (name, call) in queuers() {
            let (mut end, draws) = end(is_server);
            streaming(&mut end, is_server);
            let drawn = draws.drawn.get();
            assert_eq!((call(&mut end), end.wants_transmit()), (None, true), "{name}");
            assert_eq!((transmit(&mut end, 9), draws.drawn.get()), (vec![], drawn), "{name} waits");
            assert_eq!(end.frame_payload(&mut [0; 3]), Ok(0));
            assert!(plain(&transmit(&mut end, 9), !is_server)[0] >= 0x88, "{name}");
        }
    }
}

#[test]
fn only_one_frame_of_the_program_waits() {
    for (first, queue) in queuers() {
        let prepare = |end: &mut End, _: bool| assert_eq!(queue(end), None);
        let want = if first.contains("close") { SendError::Closing } else { SendError::QueueFull };
        queuers().into_iter().for_each(|(name, call)| changes_nothing(name, &prepare, call, want));
    }
}

#[test]
fn a_frame_that_finds_no_room_beside_an_answer_changes_nothing() {
    let half_written = |end: &mut End, is_server: bool| {
        hear(end, is_server, 0x89, b"ping");
        assert_eq!(end.poll_transmit(&mut [0; 3]), 3);
    };
    let waits = |end: &mut End, is_server: bool| hear(end, is_server, 0x89, b"ping");
    let owed = |end: &mut End, is_server: bool| {
        half_written(end, is_server);
        hear(end, is_server, 0x89, &[1; 121]);
    };
    let receives = |end: &mut End, is_server: bool| {
        let ping = frame(0x89, &[1; 125], is_server);
        feed(end, &ping[..50], &mut vec![]);
    };
    for (name, call) in queuers() {
        let prepare: &[Prepare] = match name {
            "close_without_code" => &[],
            _ if name.starts_with("long") => &[&half_written, &waits, &owed, &receives],
            _ => &[&owed, &receives],
        };
        prepare.iter().for_each(|prepare| changes_nothing(name, prepare, call, SendError::QueueFull));
    }
    // one without payload always finds room, and a short one nearly always
    for prepare in [&half_written as Prepare, &waits, &owed, &receives] {
        let (mut end, _) = end(true);
        prepare(&mut end, true);
        assert_eq!(end.close_without_code(), Ok(()));
        assert!(transmit(&mut end, 4).ends_with(b"\x88\0"));
    }
    let (mut end, _) = end(true);
    half_written(&mut end, true);
    assert_eq!(end.ping(b"mine"), Ok(()));
    assert_eq!(transmit(&mut end, 4), b"ing\x89\x04mine");
}

/// [5.5.1-no-data-after]
/// [7.1.7-close]
#[test]
fn a_closing_connection_refuses_every_writer() {
    let prepare: [Prepare; 5] = [
        &|end, _| assert!(queued(end, |end| end.close(CloseCode::NORMAL, "")).is_ok()),
        &|end, _| assert!(end.close(CloseCode::NORMAL, "").is_ok()),
        &|end, is_server| hear(end, is_server, 0x88, b""),
        &|end, is_server| hear(end, is_server, 0x83, b""),
        &|end, _| assert_eq!(end.receive_eof(), EndOfStream::WithoutClose),
    ];
    for prepare in prepare {
        for (name, call) in writers().into_iter().chain(queuers()) {
            changes_nothing(name, prepare, call, SendError::Closing);
        }
    }
}

/// [5.4-sequence-sent]
#[test]
fn fragments_that_do_not_fit_the_message_are_refused() {
    let text_open = |end: &mut End, _: bool| assert!(end.send(Fragment::text("t").first(), &mut [0; 9]).is_ok());
    let inside: [Step; 6] = [
        |end| end.send("a", &mut [0; 9]).err(),
        |end| end.send(b"a", &mut [0; 9]).err(),
        |end| end.send(Fragment::text("a").first(), &mut [0; 9]).err(),
        |end| end.send(Fragment::binary(b"a").middle(), &mut [0; 9]).err(),
        |end| end.send_in_place(DataFrame::BINARY.last(), &mut [0; 20], 14).err(),
        |end| end.begin_frame(DataFrame::TEXT, 5, &mut [0; 14]).err(),
    ];
    inside.iter().for_each(|call| changes_nothing("inside", &text_open, *call, SendError::MessageInProgress));
    let outside: [Step; 4] = [
        |end| end.send(Fragment::text("a").middle(), &mut [0; 9]).err(),
        |end| end.send(Fragment::binary(b"a").last(), &mut [0; 9]).err(),
        |end| end.send_in_place(DataFrame::TEXT.last(), &mut [0; 20], 14).err(),
        |end| end.begin_frame(DataFrame::TEXT.middle(), 5, &mut [0; 14]).err(),
    ];
    outside.iter().for_each(|call| changes_nothing("outside", &|_, _| (), *call, SendError::NoMessage));
}

/// [5.2-top-bit-sent] [5.2-payload-length] [5.5-control-125-sent] [5.6-text-sent]
#[test]
fn what_must_not_be_on_the_wire_is_refused() {
    let cases: [(Step, SendError); 9] = [
        (|end| end.ping(&[0; 126]).err(), SendError::ControlTooLong),
        (|end| end.pong(&[0; 126]).err(), SendError::ControlTooLong),
        (|end| end.close(CloseCode::NORMAL, &"r".repeat(124)).err(), SendError::ControlTooLong),
        (|end| end.close(CloseCode::NO_STATUS, "").err(), SendError::CloseCode),
        (|end| end.send_in_place(DataFrame::TEXT, &mut [0xFF; 20], 14).err(), SendError::NotUtf8),
        (|end| end.begin_frame(DataFrame::BINARY, 1 << 63, &mut [0; 14]).err(), SendError::FrameTooBig),
        (|end| end.begin_frame(DataFrame::TEXT.first(), u64::MAX, &mut [0; 14]).err(), SendError::FrameTooBig),
        (|end| end.frame_payload(&mut [1]).err(), SendError::NoFrame),
        (
            |end| end.send(Fragment::extended(MessageKind::Text, ReservedBits::RSV1, b"a"), &mut [0; 9]).err(),
            SendError::ReservedBits,
        ),
    ];
    for (call, want) in cases {
        changes_nothing("call", &|_, _| (), call, want);
    }
    let too_long = SendError::PayloadTooLong { remaining: 3 };
    changes_nothing("frame_payload", &streaming, |end| end.frame_payload(&mut [0; 4]).err(), too_long);
    // the longest frame that is valid may be begun
    let (mut longest, _) = end(true);
    let header = longest.begin_frame(DataFrame::BINARY, Header::MAX_PAYLOAD, &mut [0; 14]).map(<[u8]>::to_vec);
    assert_eq!(header.unwrap(), b"\x82\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF");
}

/// [5.1-client-masks] [5.3-fresh]
#[test]
fn each_frame_of_a_client_has_the_key_that_was_drawn_for_it() {
    let (mut client, draws) = end(false);
    let mut wire = vec![];
    for (_, _, write) in WRITERS.iter().filter(|(name, ..)| *name != "begin_frame") {
        wire.extend(write(&mut client, 5, &mut [0; 99]).unwrap());
    }
    wire.extend(queued(&mut client, |client| client.ping(b"hello")).unwrap());
    wire.extend(queued(&mut client, |client| client.pong(b"hello")).unwrap());
    hear(&mut client, false, 0x89, b"ping");
    wire.extend(transmit(&mut client, 4));
    wire.extend(queued(&mut client, |client| client.close(CloseCode::NORMAL, "")).unwrap());
    let (mut rest, mut count) = (&wire[..], 0u32);
    while let Some((header, len)) = Header::parse(rest).unwrap() {
        count += 1;
        assert_eq!(header.masking_key.unwrap().0, (count * 0x0102_0305).to_be_bytes());
        rest = &rest[len + header.payload_len as usize..];
    }
    assert_eq!((count, draws.drawn.get(), rest), (7, 7, &b""[..]));
}

/// [5.3-no-entropy]
#[test]
fn without_entropy_nothing_is_written_and_nothing_changes() {
    for (name, call) in writers() {
        let [(mut dry, draws), (mut twin, _)] = [end(false), end(false)];
        hear(&mut dry, false, 0x89, b"ping");
        hear(&mut twin, false, 0x89, b"ping");
        draws.left.set(Some(0));
        assert_eq!(call(&mut dry), Some(SendError::NoEntropy), "{name}");
        assert_eq!((dry.poll_transmit(&mut [0; 99]), dry.state(), dry.wants_transmit()), (0, State::Open, true));
        draws.left.set(None);
        assert_eq!(afterwards(&mut dry), afterwards(&mut twin), "{name} changed something");
    }
    // a Pong and a Close need two keys; with one, the Close waits
    let (mut client, draws) = end(false);
    hear(&mut client, false, 0x89, b"ping");
    draws.left.set(Some(1));
    let pong = queued(&mut client, |client| client.close(CloseCode::NORMAL, "")).unwrap();
    assert_eq!(plain(&pong, true), frame(0x8A, b"ping", false));
    assert_eq!((client.state(), client.wants_transmit()), (State::Closing, true));
    draws.left.set(None);
    assert_eq!(plain(&transmit(&mut client, 5), true), common::close_frame(1000));
    // `send_in_place` leaves the buffer unchanged
    let (mut client, draws) = end(false);
    draws.left.set(Some(0));
    let mut buffer = *b"..............Hello";
    assert_eq!(client.send_in_place(DataFrame::TEXT, &mut buffer, 14), Err(SendError::NoEntropy));
    assert_eq!(&buffer, b"..............Hello");
}

#[test]
fn a_borrowed_source_draws_the_keys() {
    struct Counter(u8);
    impl Entropy for Counter {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
            self.0 += 1;
            bytes.fill(self.0);
            Ok(())
        }
    }
    let mut counter = Counter(6);
    let mut client = Connection::client(counter.by_ref(), NEW);
    assert_eq!(client.send("Hi", &mut [0; 8]).unwrap(), [0x81, 0x82, 7, 7, 7, 7, b'H' ^ 7, b'i' ^ 7]);
    assert_eq!(counter.0, 7);
}
