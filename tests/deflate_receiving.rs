//! Messages that were compressed, as a connection receives them: at every cut, good ones and bad ones.

mod common;
#[path = "twin/inflate.rs"]
mod naive;

use common::{Keys, client, frame, keys, server};
use upframe::connection::{
    Connection, Event, Limits, MessageKind, ProtocolError, Receiver, Role, Server, Settings, Violation,
};
use upframe::deflate::{
    Best, Deflater, Direction, FastTables, InflateViolation, MessageInflater, SmallTables, Tables, Workspace,
};
use upframe::frame::{BufferTooSmall, FrameViolation, ReservedBits};
use upframe::message::{MessageReader, Next};

/// What a connection yielded, with the pieces of a message joined.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Seen {
    /// The kind, the bytes, and whether the message is complete.
    Message(MessageKind, Vec<u8>, bool),
    Ping,
    Close(u16),
    Failed(ProtocolError),
}

use Seen::{Failed, Message, Ping};

fn text(text: &str) -> Seen {
    Message(MessageKind::Text, text.into(), true)
}

fn text_so_far(text: &str) -> Seen {
    Message(MessageKind::Text, text.into(), false)
}

fn binary(bytes: &[u8]) -> Seen {
    Message(MessageKind::Binary, bytes.into(), true)
}

fn failed(violation: Violation, offset: u64) -> Seen {
    Failed(ProtocolError { violation, offset })
}

#[derive(Default)]
struct Transcript {
    seen: Vec<Seen>,
    open: bool,
}

impl Transcript {
    fn note(&mut self, event: &Event<'_>) {
        assert!(!matches!(self.seen.last(), Some(Failed(_) | Seen::Close(_))), "{event:?} after {:?}", self.seen);
        let Some(piece) = event.as_fragment() else {
            self.seen.push(match event {
                Event::Ping => Ping,
                Event::Close(code) => Seen::Close(code.0),
                Event::Failed(error) => Failed(*error),
                other => panic!("{other:?}"),
            });
            return;
        };
        let place = piece.frame().place();
        assert_eq!(place.is_first(), !self.open, "{event:?}");
        assert!(place.is_last() || !piece.bytes().is_empty(), "a piece of nothing");
        if let Event::Text(text) = event {
            assert!(std::str::from_utf8(text.as_bytes()).is_ok());
        }
        if place.is_first() {
            self.seen.push(Message(piece.frame().kind(), vec![], false));
        }
        let last = self.seen.iter_mut().rev().find_map(|seen| match seen {
            Message(kind, bytes, complete) => Some((kind, bytes, complete)),
            _ => None,
        });
        let (kind, bytes, complete) = last.unwrap();
        assert_eq!(*kind, piece.frame().kind());
        bytes.extend_from_slice(piece.bytes());
        *complete = place.is_last();
        self.open = !place.is_last();
    }
}

fn settings() -> Settings {
    Settings::new().with_reserved_bits(ReservedBits::RSV1)
}

/// Memory in which another connection has left something.
fn memory(len: usize) -> Vec<u8> {
    vec![0xEE; len]
}

fn stage(direction: Direction, extra: usize) -> MessageInflater<Vec<u8>> {
    let len = if direction.takes_over() { upframe::deflate::Inflater::memory(direction.window_bits()) } else { 64 };
    MessageInflater::new(direction, memory(len + extra)).unwrap()
}

/// Receives what is compressed and what is not, in parts of these sizes in turn.
fn receive_with<R: Role, const L: usize, const D: usize>(
    connection: &mut Connection<R>,
    stage: &mut MessageInflater<Vec<u8>>,
    tables: &mut Tables<L, D>,
    wire: &[u8],
    sizes: &[usize],
) -> Vec<Seen> {
    let (mut transcript, mut wire, mut sizes) = (Transcript::default(), wire.to_vec(), sizes.iter().cycle());
    let mut rest = &mut wire[..];
    while !rest.is_empty() {
        let (part, after) = rest.split_at_mut((*sizes.next().unwrap()).min(rest.len()));
        rest = after;
        let mut input = part;
        while let Some(event) = connection.receive(&mut input) {
            let Event::Extended(mut piece) = event else {
                transcript.note(&event);
                continue;
            };
            while let Some(event) = connection.inflate(stage, tables, &mut piece) {
                transcript.note(&event);
            }
            assert!(piece.as_bytes().is_empty() || connection.failure().is_some());
        }
    }
    transcript.seen
}

/// Receives in every cut, with long and short memory, both kinds of tables, and whole and halved. All see the same.
fn receive(settings: Settings, direction: Direction, wire: &[u8]) -> Vec<Seen> {
    let (mut fast, mut small) = (Box::new(FastTables::new()), Box::new(SmallTables::new()));
    let want = receive_with(&mut server(settings), &mut stage(direction, 70_000), &mut fast, wire, &[usize::MAX]);
    let cuts = (1..wire.len().min(200)).map(|cut| vec![cut, usize::MAX]);
    for sizes in cuts.chain([vec![1], vec![2], vec![3], vec![7, 1]]) {
        let seen = receive_with(&mut server(settings), &mut stage(direction, 70_000), &mut fast, wire, &sizes);
        assert_eq!(seen, want, "cut {sizes:?}");
        let mut short = stage(direction, 0);
        if direction.takes_over() {
            let seen = receive_with(&mut server(settings), &mut short, &mut small, wire, &sizes);
            assert_eq!(seen, want, "cut {sizes:?}, short memory, small tables");
        }
        let mut pieces = stage(direction, 70_000).with_longest_piece(1);
        let seen = receive_with(&mut server(settings), &mut pieces, &mut small, wire, &sizes);
        assert_eq!(seen, want, "cut {sizes:?}, pieces of one byte");
    }
    want
}

/// Compresses the messages of one connection.
struct Peer {
    deflater: Deflater<Vec<u8>, Best>,
    workspace: Box<Workspace<4096, 512>>,
}

impl Peer {
    fn new(direction: Direction) -> Self {
        let deflater = Deflater::new(direction, Best, vec![0; direction.window()]);
        Self { deflater, workspace: Box::new(Workspace::new()) }
    }

    fn compress(&mut self, message: &[u8]) -> Vec<u8> {
        let (mut out, mut input) = (vec![0; 2 * message.len() + 64], message);
        let deflated = self.deflater.deflate(&mut self.workspace, &mut input, true, &mut out);
        assert!(input.is_empty() && deflated.is_complete());
        let len = deflated.len();
        out.truncate(len);
        out
    }
}

fn compressed(message: &[u8]) -> Vec<u8> {
    Peer::new(Direction::DEFAULT).compress(message)
}

fn masked(b0: u8, payload: &[u8]) -> Vec<u8> {
    frame(b0, payload, true)
}

const TEXT: u8 = 0xC1;
const BINARY: u8 = 0xC2;

/// [7692-6.2-text] The messages of RFC 7692 §7.2.3, byte for byte, and others that are good.
#[test]
fn good_messages_are_inflated_at_every_cut() {
    let hello = b"\xf2\x48\xcd\xc9\xc9\x07\x00";
    let long = "all work and no play makes Jack a dull boy. ".repeat(40) + "œuf 卵 🥚";
    let long_compressed = compressed(long.as_bytes());
    let (front, back) = long_compressed.split_at(long_compressed.len() - 5);
    for (what, wire, want) in [
        ("7.2.3.1", vec![masked(TEXT, hello)], vec![text("Hello")]),
        ("7.2.3.1, fragments", vec![masked(0x41, &hello[..3]), masked(0x80, &hello[3..])], vec![text("Hello")]),
        ("7.2.3.2", vec![masked(TEXT, hello), masked(TEXT, b"\xf2\x00\x11\x00\x00")], vec![text("Hello"); 2]),
        ("7.2.3.3", vec![masked(TEXT, b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00")], vec![text("Hello")]),
        ("7.2.3.4", vec![masked(TEXT, b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00")], vec![text("Hello")]),
        ("BFINAL and no empty block", vec![masked(TEXT, b"\xf3\x48\xcd\xc9\xc9\x07\x00")], vec![text("Hello")]),
        ("7.2.3.5", vec![masked(TEXT, b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00")], vec![text("Hello")]),
        ("7.2.3.6", vec![masked(TEXT, b"\x00"), masked(BINARY, b"\x00")], vec![text(""), binary(b"")]),
        (
            "plain ones do not enter the window",
            vec![
                masked(TEXT, hello),
                masked(0x81, b"other"),
                masked(0x82, b"x"),
                masked(TEXT, b"\xf2\x00\x11\x00\x00"),
            ],
            vec![text("Hello"), text("other"), binary(b"x"), text("Hello")],
        ),
        (
            "control frames and empty fragments between",
            vec![
                masked(0x41, b""),
                masked(0x89, b"?"),
                masked(0x00, front),
                masked(0x00, b""),
                masked(0x89, b"!"),
                masked(0x00, back),
                masked(0x80, b""),
                masked(0x88, b"\x03\xe8"),
            ],
            // where a message is noted depends on when its first piece comes
            vec![Ping, text(&long), Ping, Seen::Close(1000)],
        ),
        ("binary that is no text", vec![masked(BINARY, &compressed(b"\xff\xfe\xff"))], vec![binary(b"\xff\xfe\xff")]),
    ] {
        assert_eq!(receive(settings(), Direction::DEFAULT, &wire.concat()), want, "{what}");
    }
}

#[test]
fn a_small_window_and_no_takeover_are_received_as_agreed() {
    let messages =
        ["telemetry 1 telemetry 2 telemetry 3".repeat(30), "telemetry 4".into(), String::new(), "é".repeat(900)];
    for direction in [8, 9, 10, 15].into_iter().flat_map(|bits| [true, false].map(|over| Direction::new(bits, over))) {
        let mut peer = Peer::new(direction);
        let wire: Vec<u8> =
            messages.iter().flat_map(|message| masked(TEXT, &peer.compress(message.as_bytes()))).collect();
        let want: Vec<Seen> = messages.iter().map(|message| text(message)).collect();
        assert_eq!(receive(settings(), direction, &wire), want, "{direction:?}");
    }
}

/// [7692-7.2.2-fail] Data that cannot be inflated: 1007 at the byte that is wrong, after what precedes it.
#[test]
fn bad_data_fails_at_its_byte() {
    use InflateViolation::*;
    for (payload, violation) in [
        (&b""[..], Unfinished),
        (b"\x06", BlockType),
        (b"\x03\x02", DistanceTooFar),
        (b"\x00\x05\x00\xfa\xfe", StoredLength),
        (b"\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff\x06", BlockType),
        (b"\xf2\x48\xcd", Unfinished),
    ] {
        let what = format!("{payload:x?}");
        let (want, Err((found, at))) = naive::inflate(payload, &[], 1 << 15) else { panic!("{what}") };
        assert_eq!(found, violation, "{what}");
        let (want, at) = (std::str::from_utf8(&want).unwrap(), at as usize);
        for wire in [vec![masked(TEXT, payload)], vec![masked(0x41, payload), masked(0x80, b"")]] {
            // the end of a message is the end of its last frame
            let end = if violation == Unfinished { wire.concat().len() } else { 6 + at };
            let mut want = if want.is_empty() { vec![] } else { vec![text_so_far(want)] };
            want.push(failed(Violation::ExtensionData, end as u64));
            let more = [wire, vec![masked(0x81, b"ignored")]].concat().concat();
            assert_eq!(receive(settings(), Direction::DEFAULT, &more), want, "{what}");

            let (mut end, mut stage) = (server(settings()), stage(Direction::DEFAULT, 0));
            assert_eq!(stage.failure(), None);
            receive_with(&mut end, &mut stage, &mut SmallTables::new(), &more, &[usize::MAX]);
            let failure = stage.failure().unwrap();
            assert_eq!((failure.violation, failure.offset), (violation, at as u64), "{what}");
            let mut out = [0; 131];
            let n = end.poll_transmit(&mut out);
            assert_eq!(out[..n], *b"\x88\x02\x03\xef", "{what}");
        }
    }
    // in the second of two frames
    let wire =
        [masked(0x41, b"\xf2\x48"), masked(0x89, b"?"), masked(0x80, b"\xcd\xc9\xc9\x07\0\0\0\xff\xff\x06")].concat();
    let at = wire.len() as u64 - 1;
    let want = [text_so_far("Hello"), failed(Violation::ExtensionData, at)];
    let seen = receive(settings(), Direction::DEFAULT, &wire);
    assert_eq!([&seen[..1], &seen[2..]].concat(), want);
}

/// [7692-6.2-text] Text fails at the first byte that cannot continue, before the message is complete.
#[test]
fn text_is_checked_after_it_is_inflated() {
    for (what, bytes, want) in [
        ("at once", &b"\xffabc"[..], ""),
        ("after text", b"caf\xc3\xa9 \xed\xa0\x80 more", "caf\u{e9} "),
        ("a lead inside a sequence", b"a\xe2\x82a", "a"),
        ("cut by the end", b"ab\xf0\x9f\x98", "ab"),
        ("stray", b"\x80", ""),
    ] {
        let payload = compressed(bytes);
        for at in 0..payload.len() {
            let first = masked(0x41, &payload[..at]);
            let wire = [&first[..], &masked(0x80, &payload[at..])].concat();
            let mut so_far = if want.is_empty() { vec![] } else { vec![text_so_far(want)] };
            let start = if at == 0 { first.len() + 6 } else { 6 };
            so_far.push(failed(Violation::NotUtf8, start as u64));
            assert_eq!(receive(settings(), Direction::DEFAULT, &wire), so_far, "{what}, {at}");
        }
    }
    // in the piece that brings it: nothing after it need be received
    let payload = compressed(b"\xff and much that follows, and follows, and follows");
    let wire = masked(0x41, &payload[..4]);
    let seen = receive(settings(), Direction::DEFAULT, &wire);
    assert_eq!(seen, [failed(Violation::NotUtf8, 6)]);
}

/// [7692-6-rsv1-first] RSV1 anywhere else fails with 1002.
#[test]
fn rsv1_in_the_wrong_place_is_a_violation() {
    let hello = b"\xf2\x48\xcd\xc9\xc9\x07\x00";
    let broken = Violation::Frame(FrameViolation::ReservedBit);
    let first = masked(0x41, &hello[..3]);
    let at = first.len() as u64;
    let he = text_so_far("He");
    for b0 in [0x40, 0xC0, 0xC9, 0xC8] {
        let wire = [&first[..], &masked(b0, b"")].concat();
        assert_eq!(receive(settings(), Direction::DEFAULT, &wire), [he.clone(), failed(broken, at)], "{b0:x}");
    }
    for b0 in [TEXT, 0xE1, 0xD1] {
        let owned = if b0 == TEXT { Settings::new() } else { settings() };
        assert_eq!(receive(owned, Direction::DEFAULT, &masked(b0, hello)), [failed(broken, 0)], "{b0:x}");
    }
}

/// [7692-inflated-limit] One limit on the wire, one after inflation.
#[test]
fn bombs_end_at_the_limit() {
    let bomb = compressed(&vec![b'a'; 1 << 20]);
    assert!(bomb.len() < 4000, "{}", bomb.len());
    let limits = settings().with_limits(Limits::SERVER.with_message(5000));
    let seen = receive_with(
        &mut server(limits),
        &mut stage(Direction::DEFAULT, 0),
        &mut FastTables::new(),
        &masked(TEXT, &bomb),
        &[usize::MAX],
    );
    let [Message(MessageKind::Text, bytes, false), Failed(error)] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((bytes.len(), error.violation), (5000, Violation::MessageTooBig));

    // a message as long as the limit is good, one more byte is not; at every cut
    for (len, is_good) in [(100, true), (101, false)] {
        let message = "0123456789".repeat(11)[..len].to_owned();
        let limits = settings().with_limits(Limits::SERVER.with_message(100));
        let seen = receive(limits, Direction::DEFAULT, &masked(TEXT, &compressed(message.as_bytes())));
        assert_eq!(seen[0], Message(MessageKind::Text, message.as_bytes()[..100].to_vec(), is_good));
        let Some(last) = seen.last() else { panic!() };
        assert_eq!(matches!(last, Failed(ProtocolError { violation: Violation::MessageTooBig, .. })), !is_good);
    }

    // its own limit, above and below that of the wire
    for (own, wire, is_good) in [(100, 50, true), (99, 5000, false), (100, 3, false)] {
        let limits = settings().with_limits(Limits::SERVER.with_message(wire));
        let mut stage = stage(Direction::DEFAULT, 0).with_message_limit(own);
        let wire = masked(BINARY, &compressed(&[7; 100]));
        let seen = receive_with(&mut server(limits), &mut stage, &mut FastTables::new(), &wire, &[3]);
        assert_eq!(seen == [binary(&[7; 100])], is_good, "{own} {seen:?}");
        let failed = seen.iter().any(|seen| matches!(seen, Failed(error) if error.close_code().0 == 1009));
        assert_eq!(failed, !is_good);
    }
}

/// [7692-skipped] A message that is skipped is inflated, since the next one may refer to it; and checked.
#[test]
fn skipping_goes_on_inflating() {
    let mut peer = Peer::new(Direction::DEFAULT);
    let messages = ["a first message that is long enough", "a first message that is long enough, too"];
    let [first, second] = messages.map(|message| peer.compress(message.as_bytes()));
    let fresh = compressed(messages[1].as_bytes());
    assert!(second.len() < fresh.len(), "it refers to the first");
    let bad = compressed(b"a first \xff");
    for (rest, want) in [
        (masked(TEXT, &second), vec![text(messages[1])]),
        (masked(TEXT, b"\x06"), vec![failed(Violation::ExtensionData, (6 + first.len() + 6) as u64)]),
    ] {
        let wire = [masked(TEXT, &first), rest].concat();
        for size in [1, 2, 5, 11] {
            let (mut server, mut stage) = (server(settings()), stage(Direction::DEFAULT, 0).with_longest_piece(3));
            let (mut tables, mut wire, mut transcript) = (SmallTables::new(), wire.clone(), Transcript::default());
            let mut skipped = false;
            assert!(!stage.skip_message());
            for part in wire.chunks_mut(size) {
                let mut input = part;
                while let Some(event) = server.receive(&mut input) {
                    let Event::Extended(mut piece) = event else {
                        transcript.note(&event);
                        continue;
                    };
                    while let Some(event) = server.inflate(&mut stage, &mut tables, &mut piece) {
                        if skipped {
                            transcript.note(&event);
                            continue;
                        }
                        assert!(matches!(event, Event::Text(piece) if "a f".starts_with(piece.as_str())));
                        // the connection cannot: it would not see the rest
                        assert!(!server.skip_message());
                        skipped = stage.skip_message();
                        assert!(skipped);
                    }
                }
            }
            assert_eq!(transcript.seen, want, "{size}");
            assert!(!stage.skip_message());
        }
    }
    // text that is skipped is checked, too
    let (mut server, mut stage) = (server(settings()), stage(Direction::DEFAULT, 0).with_longest_piece(1));
    let (mut tables, mut wire, mut seen) = (SmallTables::new(), masked(TEXT, &bad), vec![]);
    let Some(Event::Extended(mut piece)) = server.receive(&mut &mut wire[..]) else { panic!() };
    while let Some(event) = server.inflate(&mut stage, &mut tables, &mut piece) {
        seen.push(format!("{event:?}"));
        stage.skip_message();
    }
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert_eq!(server.failure().unwrap().violation, Violation::NotUtf8);
}

/// [7692-nothing-behind]
#[test]
fn nothing_follows_a_failure() {
    let (mut server, mut stage, mut tables) = (server(settings()), stage(Direction::DEFAULT, 0), SmallTables::new());
    let mut wire = masked(TEXT, b"\x06\x06");
    let Some(Event::Extended(piece)) = server.receive(&mut &mut wire[..]) else { panic!() };
    let (mut once, mut twice) = (piece, piece);
    assert!(matches!(server.inflate(&mut stage, &mut tables, &mut once), Some(Event::Failed(_))));
    assert_eq!(server.inflate(&mut stage, &mut tables, &mut once), None);
    assert_eq!(server.inflate(&mut stage, &mut tables, &mut twice), None);
    let next = server.inflate_message(&mut stage, &mut tables, piece, &mut [0; 8]);
    assert_eq!(next, Next::ReadOn { at: 0, missing: 0 });

    // the connection fails for another reason
    let (mut server, mut stage) = (common::server(settings()), self::stage(Direction::DEFAULT, 0));
    let mut wire = masked(TEXT, b"\xf2\x48\xcd\xc9\xc9\x07\x00");
    let Some(Event::Extended(mut piece)) = server.receive(&mut &mut wire[..]) else { panic!() };
    server.fail(Violation::Policy);
    assert_eq!(server.inflate(&mut stage, &mut tables, &mut piece), None);
}

#[test]
fn the_half_that_receives_owes_the_close() {
    let mut receiver = Receiver::<Server>::new(settings());
    let (mut stage, mut tables) = (stage(Direction::DEFAULT, 0), SmallTables::new());
    let mut wire = [masked(TEXT, b"\xf2\x48\xcd\xc9\xc9\x07\x00"), masked(TEXT, b"\x06")].concat();
    let (mut input, mut transcript) = (&mut wire[..], Transcript::default());
    while let Some(event) = receiver.receive(&mut input) {
        let Event::Extended(mut piece) = event else { panic!("{event:?}") };
        while let Some(event) = receiver.inflate(&mut stage, &mut tables, &mut piece) {
            transcript.note(&event);
        }
    }
    assert_eq!(transcript.seen, [text("Hello"), failed(Violation::ExtensionData, 19)]);
    assert!(receiver.take_reply().is_some() && receiver.failure().is_some());
}

#[test]
fn a_client_inflates_too() {
    let wire = frame(TEXT, b"\xf2\x48\xcd\xc9\xc9\x07\x00", false);
    let mut client: Connection<upframe::connection::Client<Keys>> = client(settings());
    let seen =
        receive_with(&mut client, &mut stage(Direction::DEFAULT, 0), &mut SmallTables::new(), &wire, &[usize::MAX]);
    assert_eq!(seen, [text("Hello")]);
    let _ = keys;
}

/// What [`MessageReader`] and `inflate_message` find, in parts of this size.
fn whole(wire: &[u8], size: usize, room: usize, receiver: &mut Receiver<Server>) -> Vec<String> {
    let (mut stage, mut tables) = (stage(Direction::DEFAULT, 0), SmallTables::new());
    let (mut messages, mut buffer, mut filled) = (MessageReader::new(), vec![0; 256], 0);
    let (mut wire, mut out, mut found) = (wire, vec![0; room], vec![]);
    loop {
        let mut next = messages.next(receiver, &mut buffer, filled);
        if let Next::Message(message) = &next
            && !message.reserved_bits.is_empty()
        {
            let message = message.as_extended(&buffer);
            next = receiver.inflate_message(&mut stage, &mut tables, message, &mut out);
            if let Next::Message(message) = &next {
                assert!(message.reserved_bits.is_empty());
                found.push(format!("{:?} {}", message.kind, String::from_utf8_lossy(&out[message.range.clone()])));
                continue;
            }
        }
        match next {
            Next::Message(message) => {
                found.push(format!("{:?} {}", message.kind, String::from_utf8_lossy(&buffer[message.range])));
            }
            Next::ReadOn { at, .. } => {
                let n = size.min(wire.len()).min(buffer.len() - at);
                if n == 0 {
                    return found;
                }
                buffer[at..at + n].copy_from_slice(&wire[..n]);
                (wire, filled) = (&wire[n..], at + n);
            }
            other => found.push(format!("{other:?}")),
        }
    }
}

#[test]
fn whole_messages_are_inflated_into_the_buffer_of_the_caller() {
    let mut peer = Peer::new(Direction::DEFAULT);
    let first = peer.compress(b"Hello, hello, hello");
    let second = peer.compress(b"Hello, hello, hello, hello!");
    let third = peer.compress(b"Hello");
    let (front, back) = first.split_at(4);
    let wire = [
        masked(0x41, front),
        masked(0x89, b"?"),
        masked(0x80, back),
        masked(0x81, b"plain"),
        masked(TEXT, &second),
        masked(BINARY, &third),
        masked(TEXT, &compressed(b"\xff")),
        masked(TEXT, &third),
    ]
    .concat();
    for size in [1, 2, 3, 5, 8, 1000] {
        for (room, second) in [(27, "Text Hello, hello, hello, hello!"), (26, "TooBig")] {
            let mut receiver = Receiver::<Server>::new(settings());
            let found = whole(&wire, size, room, &mut receiver);
            let want = ["Ping", "Text Hello, hello, hello", "Text plain", second, "Binary Hello"];
            assert_eq!(found[..5], want, "{size} {room}");
            assert_eq!(found.len(), 6);
            assert_eq!(receiver.failure().unwrap().violation, Violation::NotUtf8);
        }
    }
}

#[test]
fn memory_shorter_than_the_window_is_refused() {
    for (direction, required) in [
        (Direction::DEFAULT, 1 << 15),
        (Direction::new(10, true), 1 << 10),
        (Direction::new(8, true), 1 << 9),
        (Direction::new(15, false), 1),
    ] {
        let refused = MessageInflater::new(direction, memory(required - 1)).unwrap_err();
        assert_eq!(refused, BufferTooSmall { required });
        assert_eq!(MessageInflater::new(direction, memory(required)).unwrap().into_memory().len(), required);
    }
    // without takeover, a message that refers beyond the memory is too big for this end
    let message: Vec<u8> = (0..=255).chain(0..=255).collect();
    let wire = masked(BINARY, &compressed(&message));
    for (len, is_good) in [(600, true), (255, false)] {
        let mut stage = MessageInflater::new(Direction::new(15, false), memory(len)).unwrap();
        let seen = receive_with(&mut server(settings()), &mut stage, &mut SmallTables::new(), &wire, &[usize::MAX]);
        assert_eq!(seen == [binary(&message)], is_good);
        let too_big = matches!(seen.last(), Some(Failed(error)) if error.violation == Violation::MessageTooBig);
        assert_eq!(too_big, !is_good);
    }
}

#[test]
fn a_stage_that_is_reset_has_seen_nothing() {
    let mut peer = Peer::new(Direction::DEFAULT);
    let [first, second] = [b"Hello, hello", b"Hello, hello"].map(|message| masked(TEXT, &peer.compress(message)));
    let (mut tables, mut stage) = (SmallTables::new(), stage(Direction::DEFAULT, 0));
    let mut receive =
        |stage: &mut _, wire: &[u8]| receive_with(&mut server(settings()), stage, &mut tables, wire, &[usize::MAX]);
    assert_eq!(receive(&mut stage, &first), [text("Hello, hello")]);
    stage.reset();
    // nothing of the connection before it is left
    assert!(matches!(receive(&mut stage, &second)[..], [Failed(_)]));
    stage.reset();
    assert_eq!(stage.failure(), None);
    assert_eq!(receive(&mut stage, &first), [text("Hello, hello")]);
    assert_eq!(receive(&mut stage, &second), [text("Hello, hello")]);
    assert_eq!(format!("{stage:?}"), "MessageInflater { progress: Done, .. }");
}

#[test]
fn a_message_of_another_extension_is_left_as_it_is() {
    let settings = Settings::new().with_reserved_bits(ReservedBits::RSV1.union(ReservedBits::RSV2));
    let (mut server, mut stage, mut tables) = (server(settings), stage(Direction::DEFAULT, 0), SmallTables::new());
    let mut wire = masked(0xA1, b"\x06");
    let Some(Event::Extended(mut piece)) = server.receive(&mut &mut wire[..]) else { panic!() };
    assert_eq!(server.inflate(&mut stage, &mut tables, &mut piece), None);
    assert_eq!((piece.as_bytes(), piece.is_first(), server.failure()), (&b"\x06"[..], true, None));
    let next = server.inflate_message(&mut stage, &mut tables, piece, &mut [0; 8]);
    assert_eq!(next, Next::ReadOn { at: 0, missing: 0 });
}
