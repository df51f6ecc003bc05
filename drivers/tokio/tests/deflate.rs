//! permessage-deflate (RFC 7692): what is agreed on, what is on the wire, and what hostile peers send.

mod common;

use common::{AGREED, agreed_pair, masked, polled};
use std::future::Future;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use upframe::deflate::{Best, Deflater, Workspace};
use upframe_tokio::{
    Bytes, ClientRequest, Config, Deflate, DeflateLevel, DeflateParams, DeflatePolicy, Direction, Error, Incoming,
    Limits, Message, Piece, Place, Role, ServerOptions, Uri, WebSocket, client_with,
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
async fn opened(server: Config, client: Config) -> (WebSocket<DuplexStream>, WebSocket<DuplexStream>) {
    let (here, there) = tokio::io::duplex(1 << 16);
    let request = ClientRequest::new(Uri::parse("ws://localhost/").unwrap());
    let accept = async { Incoming::receive(there, ServerOptions::new(), server).await.unwrap().accept().await };
    let (server, client) = tokio::join!(accept, client_with(request, here, client));
    (server.unwrap(), client.unwrap().0)
}

#[tokio::test]
async fn compression_is_used_if_both_ends_have_the_option() {
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
        let (mut server, mut client) = opened(server, client).await;
        assert_eq!((server.deflate_params(), client.deflate_params()), (agreed, used.or(agreed)));
        for text in ["Grüße, ".repeat(300), String::new(), "Grüße, ".repeat(300)] {
            client.send(Message::text(text.as_str())).await.unwrap();
            server.send(Message::text(text.as_str())).await.unwrap();
            assert_eq!(server.next().await.unwrap().unwrap(), Message::text(text.as_str()));
            assert_eq!(client.next().await.unwrap().unwrap(), Message::text(text.as_str()));
        }
    }
}

/// Runs a server against these bytes. Returns its result, and all that it wrote.
async fn served<T, F: Future<Output = T>>(
    bytes: &[u8],
    cut: usize,
    server: impl FnOnce(DuplexStream) -> F,
) -> (T, Vec<u8>) {
    let (here, there) = tokio::io::duplex(cut);
    let (mut read, mut write) = tokio::io::split(here);
    let send = async {
        let _ = write.write_all(bytes).await;
        let _ = write.shutdown().await;
    };
    let mut answer = Vec::new();
    let (result, (), _) = tokio::join!(server(there), send, read.read_to_end(&mut answer));
    (result, answer)
}

#[tokio::test]
async fn offers_are_answered_as_they_deserve() {
    let mib = DeflatePolicy::new().with_incoming(Direction::new(10, true));
    let small = Config::new().with_deflate(Deflate::DEFAULT.with_policy(mib));
    for (offer, config, answer) in [
        ("permessage-deflate; client_max_window_bits", ON, Some("permessage-deflate")),
        ("permessage-deflate; client_max_window_bits", Config::new(), None),
        ("permessage-deflate; client_max_window_bits", small, Some("permessage-deflate; client_max_window_bits=10")),
        // Firefox cannot make its window smaller, and is asked to keep nothing between messages
        ("permessage-deflate", small, Some("permessage-deflate; client_no_context_takeover")),
        ("permessage-deflate; server_max_window_bits=7, x-other", ON, None),
        (
            "permessage-deflate; unknown, permessage-deflate; server_no_context_takeover",
            ON,
            Some("permessage-deflate; server_no_context_takeover"),
        ),
    ] {
        let request = format!(
            "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Extensions: {offer}\r\n\r\n"
        );
        let server = async |transport| {
            let incoming = Incoming::receive(transport, ServerOptions::new(), config).await.unwrap();
            incoming.accept().await.unwrap().deflate_params()
        };
        let (params, response) = served(request.as_bytes(), 64, server).await;
        let response = String::from_utf8(response).unwrap();
        let found = response.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Extensions: "));
        assert_eq!((found, params.is_some()), (answer, answer.is_some()), "{offer}");
    }
}

#[tokio::test]
async fn an_answer_that_was_not_asked_for_fails_the_handshake_and_an_absent_one_does_not() {
    let small = DeflatePolicy::new().with_incoming(Direction::new(10, true));
    let small = Config::new().with_deflate(Deflate::DEFAULT.with_policy(small));
    for (config, answer, good) in [
        (ON, "", true),
        (ON, "Sec-WebSocket-Extensions: permessage-deflate\r\n", true),
        (Config::new(), "Sec-WebSocket-Extensions: permessage-deflate\r\n", false),
        (ON, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n", false),
        (ON, "Sec-WebSocket-Extensions: x-other\r\n", false),
        (small, "Sec-WebSocket-Extensions: permessage-deflate\r\n", false),
        (small, "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n", true),
    ] {
        let (here, mut there) = tokio::io::duplex(4096);
        let request = ClientRequest::new(Uri::parse("ws://localhost/").unwrap());
        let server = async {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                there.read_buf(&mut head).await.unwrap();
            }
            let head = String::from_utf8(head).unwrap();
            let offer = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Extensions: "));
            assert_eq!(offer.is_some_and(|offer| offer.contains("client_max_window_bits")), config.deflate.is_some());
            let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
            let accept = upframe::handshake::Key::parse(key.as_bytes()).unwrap().accept_value();
            let head = format!(
                "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{answer}\
                 Sec-WebSocket-Accept: {}\r\n\r\n",
                accept.as_str()
            );
            there.write_all(head.as_bytes()).await.unwrap();
        };
        let (client, ()) = tokio::join!(client_with(request, here, config), server);
        match client {
            Ok((client, _)) => assert!(good && client.deflate_params().is_some() != answer.is_empty(), "{answer}"),
            Err(error) => assert!(!good && matches!(error, Error::Failure(_)), "{answer}: {error}"),
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

/// Sends these bytes to a server, in parts of `cut` bytes. Returns what the program got, the error, and what came back.
async fn played(
    wire: &[u8],
    cut: usize,
    how: How,
    config: Config,
    agreed: Option<DeflateParams>,
) -> (Vec<u8>, Option<Error>, Vec<u8>) {
    let server = async |transport| {
        let mut server = WebSocket::with_params(transport, Role::Server, config, Bytes::new(), agreed);
        let (mut data, mut error) = (vec![], None);
        match how {
            How::Whole => {
                while let Some(message) = server.next().await {
                    match message {
                        Ok(message) if message.is_data() => data.extend_from_slice(&message.into_data()),
                        Ok(_) => {}
                        Err(found) => assert!(error.replace(found).is_none()),
                    }
                }
            }
            How::Pieces => {
                while let Some(piece) = server.next_piece().await {
                    match piece {
                        Ok(piece) => data.extend_from_slice(piece.as_bytes()),
                        Err(found) => assert!(error.replace(found).is_none()),
                    }
                }
            }
            How::Half => {
                let (writer, mut reader) = server.split();
                while let Some(message) = reader.next().await {
                    match message {
                        Ok(message) if message.is_data() => data.extend_from_slice(&message.into_data()),
                        Ok(_) => {}
                        Err(found) => assert!(error.replace(found).is_none()),
                    }
                }
                drop(writer);
            }
        }
        (data, error)
    };
    let ((data, error), answer) = served(wire, cut, server).await;
    (data, error, answer)
}

#[tokio::test]
async fn hostile_frames_end_in_the_right_close_code_on_the_wire() {
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
        for cut in [1, 2, 3, 7, 64, 4096] {
            for how in [How::Whole, How::Pieces, How::Half] {
                let (data, error, answer) = played(&wire, cut, how, config, *agreed).await;
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

#[tokio::test]
async fn the_neighbours_of_the_limits_are_accepted() {
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
    for cut in [1, 2, 3, 7, 64, 4096] {
        for how in [How::Whole, How::Pieces, How::Half] {
            let (data, error, answer) = played(&wire, cut, how, config, BOTH).await;
            assert!(error.is_none(), "{cut} {how:?} {error:?}");
            assert!(data == all, "{cut} {how:?}");
            assert_eq!(answer, b"\x8a\x00\x88\x02\x03\xe8");
        }
    }
}

/// The first bytes of a message may inflate to nothing: a program that has seen nothing of it gets it whole.
#[tokio::test]
async fn whatever_is_called_within_a_message_nothing_is_lost_that_the_program_has_not_begun() {
    let text = "Hello, compressed world. ".repeat(40);
    let payload = compressed(text.as_bytes());
    let wire = [masked(0xC1, &payload), masked(0xC1, HELLO), masked(0xC1, b"\xf2\x00\x11\x00\x00")].concat();
    for first in 1..masked(0xC1, &payload).len() {
        for pieces_first in [true, false] {
            let (here, mut there) = tokio::io::duplex(4096);
            let mut server = WebSocket::with_params(here, Role::Server, ON, Bytes::new(), BOTH);
            there.write_all(&wire[..first]).await.unwrap();
            let mut seen = String::new();
            if pieces_first {
                while let Some(piece) = polled(1, server.next_piece()).await {
                    let piece = piece.unwrap().unwrap();
                    assert!(text.starts_with(piece.to_text().unwrap()) || !seen.is_empty());
                    seen.push_str(piece.to_text().unwrap());
                    if piece.place().is_last() {
                        break;
                    }
                }
            }
            // `next` begins to join what is left, if nothing was seen, and is dropped
            assert!(pieces_first && seen == text || polled(1, server.next()).await.is_none());
            there.write_all(&wire[first..]).await.unwrap();
            if !pieces_first || seen.is_empty() {
                // and what it has joined comes whole
                let piece = server.next_piece().await.unwrap().unwrap();
                assert!(piece.place() == Place::Whole && piece.to_text() == Some(&text), "{first}");
            } else {
                assert!(text.starts_with(&seen));
            }
            // a message of which pieces were seen is skipped, and inflated all the same: "Hello" may be a match in it
            for _ in 0..2 {
                assert_eq!(server.next().await.unwrap().unwrap(), Message::text("Hello"), "{first}");
            }
        }
    }
}

/// What a server writes for these messages.
async fn written(deflate: Deflate, agreed: Option<DeflateParams>, pieces: &[Piece]) -> Vec<u8> {
    let (here, mut there) = tokio::io::duplex(1 << 20);
    let config = Config::new().with_deflate(deflate);
    let mut server = WebSocket::with_params(here, Role::Server, config, Bytes::new(), agreed);
    for piece in pieces {
        server.send_piece(piece.clone()).await.unwrap();
    }
    drop(server);
    let mut wire = vec![];
    there.read_to_end(&mut wire).await.unwrap();
    wire
}

#[tokio::test]
async fn messages_are_compressed_unless_they_are_short_or_the_program_sends_them_plain() {
    let apart = Some(DeflateParams { server: Direction::new(15, false), client: Direction::DEFAULT });
    let all = Deflate::DEFAULT.with_min_len(0);
    let hello = Piece::text("Hello");
    let two = [hello.clone(), hello.clone()];
    // RFC 7692 §7.2.3.1; a match would take fewer bytes than that
    assert_eq!(written(all, BOTH, &two).await[..9], [b"\xc1\x07", HELLO].concat());
    assert!(written(all, BOTH, &two).await.len() < 2 * 9);
    // 7 bytes are more than 5, and without takeover nothing is gained by that
    assert_eq!(written(all, apart, &two).await, b"\x81\x05Hello\x81\x05Hello");
    assert_eq!(written(all.with_min_len(6), BOTH, &two).await, b"\x81\x05Hello\x81\x05Hello");
    assert_eq!(written(all, None, &two).await, b"\x81\x05Hello\x81\x05Hello");
    let plain = [hello.clone().plain(), hello.clone()];
    assert_eq!(written(all, BOTH, &plain).await, [b"\x81\x05Hello\xc1\x07", HELLO].concat());
    // of a message in pieces the first one decides
    let long = "x".repeat(60);
    let parts =
        |first: Piece| [first.at(Place::First), Piece::text(&*long).at(Place::Middle), hello.clone().at(Place::Last)];
    let wire = written(all.with_min_len(1000), BOTH, &parts(Piece::text(&*long).plain())).await;
    assert_eq!((wire[0], wire.len()), (0x01, 2 + 60 + 2 + 60 + 2 + 5));
    for agreed in [BOTH, apart] {
        let wire = written(all.with_min_len(1000), agreed, &parts(Piece::text(&*long))).await;
        assert_eq!(wire[0], 0x41);
        assert!(wire.len() < 40, "{wire:x?}");
    }
    // each level makes a message shorter, or as short
    let text: String = (0..2000_u32).map(|i| format!("{}:{}, ", i % 70, i * i % 97)).collect();
    let mut lens = vec![text.len()];
    for level in [DeflateLevel::Fast, DeflateLevel::Balanced, DeflateLevel::Best] {
        lens.push(written(all.with_level(level), apart, &[Piece::text(&*text)]).await.len());
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

/// Sends random messages, whole or in pieces, plain or not.
macro_rules! send_all {
    ($writer:expr, $random:expr, $messages:expr) => {
        for message in $messages {
            let (mut at, bytes) = (0, message.clone().into_data());
            let plain = $random.below(4) == 0;
            let parts = if message.is_text() { 1 } else { 1 + $random.below(3) };
            for i in 0..parts {
                let end = if i + 1 == parts { bytes.len() } else { at + $random.below(bytes.len() - at + 1) };
                let piece = match message.to_text() {
                    Some(text) => Piece::text(text),
                    None => Piece::binary(bytes.slice(at..end)),
                };
                let piece = piece.at(Place::new(i == 0, i + 1 == parts));
                $writer.send_piece(if plain { piece.plain() } else { piece }).await.unwrap();
                at = end;
            }
        }
    };
}

#[tokio::test]
async fn random_messages_arrive_both_ways_whatever_was_agreed_on_and_however_the_pipe_is_cut() {
    for (round, room) in [1, 2, 3, 7, 64, 1000, 1 << 16].into_iter().cycle().take(28).enumerate() {
        let agreed = AGREED[round / 7];
        let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ round as u64);
        let levels = [DeflateLevel::Fast, DeflateLevel::Balanced, DeflateLevel::Best];
        let deflate = Deflate::DEFAULT.with_level(levels[random.below(3)]).with_min_len(random.below(100));
        let (here, there) = agreed_pair(room, Config::new().with_deflate(deflate), agreed);
        let count = if room < 64 { 6 } else { 30 };
        let messages: [Vec<Message>; 2] = [0, 1].map(|_| (0..count).map(|_| random.message()).collect());
        let ends = [here, there].into_iter().zip(&messages).zip([&messages[1], &messages[0]]);
        let runs = ends.enumerate().map(|(end, ((ws, sent), wanted))| {
            let mut random = Random(random.below(usize::MAX) as u64 | 1);
            async move {
                let (mut writer, mut reader) = ws.split();
                let write = async { send_all!(writer, random, sent) };
                let read = async {
                    let mut received = vec![];
                    let mut whole = Vec::new();
                    while let Some(item) = if received.len() % 5 == 4 || !whole.is_empty() {
                        reader.next_piece().await.map(|piece| piece.map(Err))
                    } else {
                        reader.next().await.map(|message| message.map(Ok))
                    } {
                        match item.unwrap() {
                            Ok(message) if message.is_data() => received.push(message),
                            Ok(_) => {}
                            Err(piece) => {
                                whole.extend_from_slice(piece.as_bytes());
                                if piece.place().is_last() {
                                    let bytes = std::mem::take(&mut whole);
                                    received.push(match piece.to_text() {
                                        Some(_) => Message::text(String::from_utf8(bytes).unwrap()),
                                        None => Message::binary(bytes),
                                    });
                                }
                            }
                        }
                        if received.len() == wanted.len() {
                            break;
                        }
                    }
                    received
                };
                let ((), received) = tokio::join!(write, read);
                assert!(received == *wanted, "round {round}, end {end}");
            }
        });
        let [one, two] = <[_; 2]>::try_from(runs.collect::<Vec<_>>()).ok().unwrap();
        tokio::join!(one, two);
    }
}
