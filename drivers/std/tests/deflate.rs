//! permessage-deflate (RFC 7692): what is agreed on, what is on the wire, and what hostile peers send.

mod common;

use common::{Cut, masked, sockets};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;
use upframe::deflate::{Best, Deflater, Workspace};
use upframe_std::{
    ClientRequest, Config, Deflate, DeflateLevel, DeflateParams, DeflatePolicy, Direction, Error, Incoming, Limits,
    Message, Piece, Place, Role, ServerOptions, Uri, WebSocket, client_with,
};

const ON: Config = Config::new().with_deflate(Deflate::DEFAULT.with_min_len(0));
const BOTH: Option<DeflateParams> = Some(DeflateParams { server: Direction::DEFAULT, client: Direction::DEFAULT });
/// RFC 7692 §7.2.3.1.
const HELLO: &[u8] = b"\xf2\x48\xcd\xc9\xc9\x07\x00";
/// RFC 7692 §7.2.3.2: "Hello" again, by a match in the message before it.
const HELLO_AGAIN: &[u8] = b"\xf2\x00\x11\x00\x00";

fn compressed(message: &[u8]) -> Vec<u8> {
    let deflater = Deflater::new(Direction::DEFAULT, Best, vec![]);
    let mut out = vec![0; message.len() + 16];
    let len = deflater.compress(&mut Box::new(Workspace::<4096, 512>::new()), message, &mut out).unwrap().len();
    out.truncate(len);
    out
}

/// A message that is a match, 50 bytes before it.
fn far() -> Vec<u8> {
    let (first, mut out) = ((0..50).collect::<Vec<u8>>(), vec![0; 100]);
    let (mut deflater, mut workspace) =
        (Deflater::new(Direction::DEFAULT, Best, vec![0; 512]), Box::new(Workspace::<4096, 512>::new()));
    let len = deflater.compress(&mut workspace, &first, &mut out).unwrap();
    deflater.commit(&first, len);
    let len = deflater.compress(&mut workspace, &first, &mut out).unwrap().len();
    out.truncate(len);
    out
}

/// Both ends after the opening handshake.
fn opened(server: Config, client: Config) -> (WebSocket<TcpStream>, WebSocket<TcpStream>) {
    let (here, there) = sockets();
    let request = ClientRequest::new(Uri::parse("ws://localhost/").unwrap());
    let accept = move || Incoming::receive(there, ServerOptions::new(), server).unwrap().accept().unwrap();
    let server = thread::spawn(accept);
    let client = client_with(request, here, client).unwrap().0;
    (server.join().unwrap(), client)
}

#[test]
fn compression_is_used_if_both_ends_have_the_option() {
    let small = DeflatePolicy::new().with_incoming(Direction::new(10, true)).with_outgoing(Direction::new(9, false));
    let small = Config::new().with_deflate(Deflate::DEFAULT.with_policy(small));
    let params = |server, client| Some(DeflateParams { server, client });
    for (server, client, agreed, used) in [
        (Config::new(), Config::new(), None, None),
        (ON, Config::new(), None, None),
        (Config::new(), ON, None, None),
        (ON, ON, BOTH, BOTH),
        (small, ON, params(Direction::new(9, false), Direction::new(10, true)), None),
        // a client with a smaller window than agreed on uses the smaller one, and need not tell
        (
            ON,
            small,
            params(Direction::new(10, true), Direction::new(15, false)),
            params(Direction::new(10, true), Direction::new(9, false)),
        ),
    ] {
        let (mut server, mut client) = opened(server, client);
        assert_eq!((server.deflate_params(), client.deflate_params()), (agreed, used.or(agreed)));
        for text in ["Grüße, ".repeat(300), String::new(), "Grüße, ".repeat(300)] {
            client.send(Message::text(text.as_str())).unwrap();
            server.send(Message::text(text.as_str())).unwrap();
            assert_eq!(server.next().unwrap().unwrap(), Message::text(text.as_str()));
            assert_eq!(client.next().unwrap().unwrap(), Message::text(text.as_str()));
        }
    }
}

/// How the program receives.
#[derive(Clone, Copy, Debug)]
enum How {
    Whole,
    Pieces,
    Half,
}

/// Sends these bytes to a server, which reads and writes `cut` bytes at a time. Returns what the program got, the error,
/// and what came back.
fn played(
    wire: &[u8],
    cut: usize,
    how: How,
    config: Config,
    agreed: Option<DeflateParams>,
) -> (Vec<u8>, Option<Error>, Vec<u8>) {
    let (mut here, there) = sockets();
    let mut server = WebSocket::with_params(Cut(there, cut), Role::Server, config, Vec::new(), agreed);
    let receive = thread::spawn(move || {
        let (mut data, mut error) = (vec![], None);
        let mut see = |received: Result<Message, Error>| match received {
            Ok(message) if message.is_data() => data.extend_from_slice(&message.into_data()),
            Ok(_) => {}
            Err(found) => assert!(error.replace(found).is_none()),
        };
        match how {
            How::Whole => server.for_each(&mut see),
            How::Pieces => {
                while let Some(piece) = server.next_piece() {
                    see(piece.map(Message::from));
                }
            }
            How::Half => {
                let (_writer, reader) = server.split().unwrap();
                reader.for_each(&mut see);
            }
        }
        (data, error)
    });
    here.write_all(wire).unwrap();
    here.shutdown(Shutdown::Write).unwrap();
    let mut answer = vec![];
    here.read_to_end(&mut answer).unwrap();
    let (data, error) = receive.join().unwrap();
    (data, error, answer)
}

#[test]
fn hostile_frames_end_in_the_right_close_code_on_the_wire() {
    let config = ON.with_limits(Limits::SERVER.with_message(1000).with_frame(600));
    let apart = Some(DeflateParams { server: Direction::DEFAULT, client: Direction::new(15, false) });
    let stored = [&b"\x00\xfc\x03\x03\xfc"[..], &[7; 1020], b"\0"].concat();
    type Row = (&'static str, Vec<u8>, Option<DeflateParams>, &'static str, u16);
    let table: &[Row] = &[
        ("a block of type 3", masked(0xC1, b"\x06"), BOTH, "", 1007),
        ("a payload of no bytes", masked(0xC1, b""), BOTH, "", 1007),
        ("a distance before the first byte", masked(0xC2, &far()), BOTH, "", 1007),
        ("a match in the message before, without takeover", masked(0xC1, HELLO_AGAIN), apart, "?", 1007),
        ("no end", masked(0xC1, b"\x00\x05\x00\xfa\xffHel"), BOTH, "?", 1007),
        ("text that is not text", masked(0xC1, b"\x00\x02\x00\xfd\xff\xc3\x28\x00"), BOTH, "", 1007),
        ("text that ends within a code point", masked(0xC1, b"\x00\x02\x00\xfd\xff\xe2\x82\x00"), BOTH, "", 1007),
        ("a bomb", masked(0xC2, &compressed(&[0; 200_000])), BOTH, "?", 1009),
        ("one byte too many", masked(0xC2, &compressed(&[0; 1001])), BOTH, "?", 1009),
        ("a long frame", masked(0xC2, &[0; 601]), BOTH, "", 1009),
        ("a long message", [masked(0x42, &stored[..600]), masked(0x80, &stored[600..])].concat(), BOTH, "?", 1009),
        ("RSV1 on a continuation", [masked(0x41, HELLO), masked(0xC0, b"\0")].concat(), BOTH, "?", 1002),
        ("RSV1 on a Ping", masked(0xC9, b""), BOTH, "", 1002),
        ("RSV2", masked(0xA1, b"x"), BOTH, "", 1002),
        ("RSV1 and RSV3", masked(0xD1, HELLO), BOTH, "", 1002),
        ("not agreed on", masked(0xC1, HELLO), None, "", 1002),
    ];
    for (what, wire, agreed, more, code) in table {
        let good = if agreed.is_some() { masked(0xC1, HELLO) } else { masked(0x81, b"Hello") };
        let wire = [&good[..], wire, &masked(0x81, b"after")].concat();
        for cut in [1, 7, 4096] {
            for how in [How::Whole, How::Pieces, How::Half] {
                let (data, error, answer) = played(&wire, cut, how, config, *agreed);
                // of a message that fails, pieces may have come
                assert!(data.starts_with(b"Hello") && (data.len() == 5 || !more.is_empty()), "{what} {how:?} {data:?}");
                assert!(matches!(how, How::Pieces) || data == b"Hello", "{what} {how:?} {data:?}");
                assert!(data.len() <= 5 + 1000, "{what}: {}", data.len());
                let Some(Error::Protocol(error)) = error else { panic!("{what}: {error:?}") };
                let close = [&[0x88, 2][..], &code.to_be_bytes()].concat();
                assert_eq!((error.close_code().0, &answer), (*code, &close), "{what}, {cut} bytes at a time, {how:?}");
            }
        }
    }
}

#[test]
fn the_neighbours_of_the_limits_are_accepted() {
    let config = ON.with_limits(Limits::SERVER.with_message(1000).with_frame(600));
    let message = compressed(&[0; 1000]);
    let wire = [
        masked(0xC2, &message),
        masked(0x42, &message[..3]),
        masked(0x89, b""),
        masked(0x00, b""),
        masked(0x80, &message[3..]),
        // a last block, and nothing after it
        masked(0xC1, b"\xf3\x48\xcd\xc9\xc9\x07\x00"),
        masked(0x81, b"plain"),
        masked(0xC1, HELLO_AGAIN),
        masked(0xC1, b"\0"),
        masked(0x88, b"\x03\xe8"),
    ]
    .concat();
    let all = [&[0; 2000][..], b"HelloplainHello"].concat();
    for cut in [1, 7, 4096] {
        for how in [How::Whole, How::Pieces, How::Half] {
            let (data, error, answer) = played(&wire, cut, how, config, BOTH);
            assert!(error.is_none(), "{cut} {how:?} {error:?}");
            assert!(data == all, "{cut} {how:?}");
            assert_eq!(answer, b"\x8a\x00\x88\x02\x03\xe8");
        }
    }
}

/// The first bytes of a message may inflate to nothing: a program that has seen nothing of it gets it whole.
#[test]
fn whatever_is_called_within_a_message_nothing_is_lost_that_the_program_has_not_begun() {
    let text = "Hello, compressed world. ".repeat(40);
    let payload = compressed(text.as_bytes());
    let first = masked(0xC1, &payload);
    for cut in 1..first.len() {
        let (mut here, there) = sockets();
        let mut server = WebSocket::with_params(there, Role::Server, ON, Vec::new(), BOTH);
        here.write_all(&first[..cut]).unwrap();
        // `next` begins to collect, and does not wait for the rest
        assert!(server.next_within(Duration::from_millis(1)).is_pending());
        here.write_all(&[&first[cut..], &masked(0xC1, HELLO), &masked(0xC1, HELLO_AGAIN)].concat()).unwrap();
        // and what it has collected comes whole
        let piece = server.next_piece().unwrap().unwrap();
        assert!(piece.place() == Place::Whole && piece.to_text() == Some(&text), "{cut}");
        for _ in 0..2 {
            assert_eq!(server.next().unwrap().unwrap(), Message::text("Hello"), "{cut}");
        }
    }
    // a message of which pieces were seen is skipped, and inflated all the same: "Hello" is a match in it
    let text = "Hello".repeat(100);
    let mut deflater = Deflater::new(Direction::DEFAULT, Best, vec![0; 1 << 15]);
    let mut workspace = Box::new(Workspace::<4096, 512>::new());
    let mut message = |text: &str| {
        let mut out = vec![0; text.len() + 16];
        let compressed = deflater.compress(&mut workspace, text.as_bytes(), &mut out).unwrap();
        out.truncate(compressed.len());
        deflater.commit(text.as_bytes(), compressed);
        out
    };
    let (one, two) = (message(&text), message("Hello"));
    for cut in 1..one.len() {
        let (mut here, there) = sockets();
        let mut server = WebSocket::with_params(there, Role::Server, ON, Vec::new(), BOTH);
        let rest = [masked(0x89, b""), masked(0x80, &one[cut..]), masked(0xC1, &two)].concat();
        here.write_all(&masked(0x41, &one[..cut])).unwrap();
        here.write_all(&rest).unwrap();
        let piece = server.next_piece().unwrap().unwrap();
        assert!(text.starts_with(piece.to_text().unwrap()));
        let next = server.by_ref().map(Result::unwrap).find(Message::is_data).unwrap();
        assert_eq!(next, Message::text("Hello"), "{cut}");
    }
}

/// What a server writes for these messages.
fn written(deflate: Deflate, agreed: Option<DeflateParams>, pieces: &[Piece]) -> Vec<u8> {
    let (mut here, there) = sockets();
    let config = Config::new().with_deflate(deflate);
    let mut server = WebSocket::with_params(there, Role::Server, config, Vec::new(), agreed);
    for piece in pieces {
        server.send_piece(piece.clone()).unwrap();
    }
    drop(server);
    let mut wire = vec![];
    here.read_to_end(&mut wire).unwrap();
    wire
}

#[test]
fn messages_are_compressed_unless_they_are_short_or_the_program_sends_them_plain() {
    let apart = Some(DeflateParams { server: Direction::new(15, false), client: Direction::DEFAULT });
    let all = Deflate::DEFAULT.with_min_len(0);
    let hello = Piece::text("Hello");
    let two = [hello.clone(), hello.clone()];
    // RFC 7692 §7.2.3.1; a match would take fewer bytes than that
    assert_eq!(written(all, BOTH, &two)[..9], [b"\xc1\x07", HELLO].concat());
    assert!(written(all, BOTH, &two).len() < 2 * 9);
    // 7 bytes are more than 5, and without takeover nothing is gained by that
    assert_eq!(written(all, apart, &two), b"\x81\x05Hello\x81\x05Hello");
    assert_eq!(written(all.with_min_len(6), BOTH, &two), b"\x81\x05Hello\x81\x05Hello");
    assert_eq!(written(all, None, &two), b"\x81\x05Hello\x81\x05Hello");
    let plain = [hello.clone().plain(), hello.clone()];
    assert_eq!(written(all, BOTH, &plain), [b"\x81\x05Hello\xc1\x07", HELLO].concat());
    // of a message in pieces the first one decides
    let long = "x".repeat(60);
    let parts =
        |first: Piece| [first.at(Place::First), Piece::text(&*long).at(Place::Middle), hello.clone().at(Place::Last)];
    let wire = written(all.with_min_len(1000), BOTH, &parts(Piece::text(&*long).plain()));
    assert_eq!((wire[0], wire.len()), (0x01, 2 + 60 + 2 + 60 + 2 + 5));
    for agreed in [BOTH, apart] {
        let wire = written(all.with_min_len(1000), agreed, &parts(Piece::text(&*long)));
        assert_eq!(wire[0], 0x41);
        assert!(wire.len() < 40, "{wire:x?}");
    }
    // each level makes a message shorter, or as short
    let text: String = (0..2000_u32).map(|i| format!("{}:{}, ", i % 70, i * i % 97)).collect();
    let mut lens = vec![text.len()];
    for level in [DeflateLevel::Fast, DeflateLevel::Balanced, DeflateLevel::Best] {
        lens.push(written(all.with_level(level), apart, &[Piece::text(&*text)]).len());
    }
    assert!(lens.is_sorted_by(|a, b| a >= b) && lens[0] > lens[1], "{lens:?}");
}

/// A xorshift generator: the same messages in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    fn message(&mut self) -> Message {
        let len = match self.below(10) {
            0 => 0,
            1..=6 => self.below(300),
            7 | 8 => self.below(5_000),
            _ => self.below(40_000),
        };
        let alphabet = 1 + self.below(250);
        if self.below(2) == 0 {
            Message::text((0..len / 2).map(|_| char::from(self.below(alphabet) as u8)).collect::<String>())
        } else {
            Message::binary((0..len).map(|_| self.below(alphabet) as u8).collect::<Vec<_>>())
        }
    }
}

#[test]
fn random_messages_arrive_both_ways_whatever_was_agreed_on_and_however_the_stream_is_cut() {
    let params = |server, client| Some(DeflateParams { server, client });
    let all = [
        None,
        BOTH,
        params(Direction::new(9, false), Direction::new(15, false)),
        params(Direction::new(15, false), Direction::new(8, true)),
    ];
    for (round, cut) in [3, 64, 1000, 1 << 16].into_iter().cycle().take(16).enumerate() {
        let agreed = all[round / 4];
        let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ round as u64);
        let levels = [DeflateLevel::Fast, DeflateLevel::Balanced, DeflateLevel::Best];
        let deflate = Deflate::DEFAULT.with_level(levels[random.below(3)]).with_min_len(random.below(100));
        let config = Config::new().with_deflate(deflate);
        let count = if cut < 64 { 6 } else { 30 };
        let messages: [Vec<Message>; 2] = [0, 1].map(|_| (0..count).map(|_| random.message()).collect());
        let (here, there) = sockets();
        thread::scope(|scope| {
            for (end, stream, role) in [(0, here, Role::Client), (1, there, Role::Server)] {
                let ws = WebSocket::with_params(Cut(stream, cut), role, config, Vec::new(), agreed);
                let (mut writer, mut reader) = ws.split().unwrap();
                let (sent, wanted) = (&messages[end], &messages[1 - end]);
                let mut random = Random(random.below(usize::MAX) as u64 | 1);
                scope.spawn(move || {
                    for message in sent {
                        let (mut at, bytes) = (0, message.clone().into_data());
                        let plain = random.below(4) == 0;
                        let parts = if message.is_text() { 1 } else { 1 + random.below(3) };
                        for i in 0..parts {
                            let left = bytes.len() - at;
                            let end = if i + 1 == parts { bytes.len() } else { at + random.below(left + 1) };
                            let piece = match message.to_text() {
                                Some(text) => Piece::text(text),
                                None => Piece::binary(&bytes[at..end]),
                            };
                            let piece = piece.at(Place::new(i == 0, i + 1 == parts));
                            writer.send_piece(if plain { piece.plain() } else { piece }).unwrap();
                            at = end;
                        }
                    }
                });
                scope.spawn(move || {
                    for (i, wanted) in wanted.iter().enumerate() {
                        if i % 3 > 0 {
                            assert!(reader.next().unwrap().unwrap() == *wanted, "round {round}, end {end}");
                            continue;
                        }
                        let mut bytes = vec![];
                        loop {
                            let piece = reader.next_piece().unwrap().unwrap();
                            bytes.extend_from_slice(piece.as_bytes());
                            if piece.place().is_last() {
                                break;
                            }
                        }
                        assert!(bytes == wanted.clone().into_data(), "round {round}, end {end}");
                    }
                });
            }
        });
    }
}
