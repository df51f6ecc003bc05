//! permessage-deflate (RFC 7692) in caller-provided memory: what is agreed on, what is on the wire, hostile peers.

mod common;

use common::{After, Memory, Script, TestClock, again, keys, masked, plain, run};
use upframe::connection::{Connection, Event, Settings};
use upframe::deflate::{Balanced, Deflater, FastTables, MessageInflater};
use upframe::frame::ReservedBits;
use upframe_embedded::upframe;
use upframe_embedded::{
    ClientRequest, Config, Decision, DeflateParams, Direction, Endpoint, Error, Fragment, Head, Limits, Message,
    NoKeys, Place, ServerOptions, Uri, WebSocket, Workspace, accept_with_deflate, client_with_deflate,
};

/// RFC 7692 §7.2.3.1.
const HELLO: &[u8] = b"\xf2\x48\xcd\xc9\xc9\x07\x00";
/// RFC 7692 §7.2.3.2: "Hello" again, by a match in the message before it.
const HELLO_AGAIN: &[u8] = b"\xf2\x00\x11\x00\x00";
const SIZES: [usize; 6] = [1, 2, 3, 7, 64, 4096];

const fn params(bits: u8, takes_over: bool) -> DeflateParams {
    let direction = Direction::new(bits, takes_over);
    DeflateParams { server: direction, client: direction }
}

/// What a peer compresses.
struct Peer(Deflater<Vec<u8>, Balanced>, Box<Workspace<4096, 512>>);

impl Peer {
    fn new(direction: Direction) -> Self {
        Self(Deflater::new(direction, Balanced, vec![0; direction.window()]), Box::new(Workspace::new()))
    }

    /// The compressed message; `None` if it does not get shorter.
    fn compressed(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let mut out = vec![0; message.len() + 16];
        let compressed = self.0.compress(&mut self.1, message, &mut out)?;
        out.truncate(compressed.len());
        self.0.commit(message, compressed);
        Some(out)
    }

    fn frame(&mut self, b0: u8, message: &[u8]) -> Vec<u8> {
        match self.compressed(message) {
            Some(compressed) => masked(b0 | 0x40, &compressed),
            None => masked(b0, message),
        }
    }
}

/// What a server has written, as its client reads it: messages, and the close code.
fn read(wire: &[u8], direction: Direction) -> (Vec<Vec<u8>>, usize, Option<u16>) {
    let settings = Settings::new().with_reserved_bits(ReservedBits::RSV1);
    let mut client = Connection::client(keys, settings);
    let mut stage = MessageInflater::new(direction, vec![0; 1 << 15]).unwrap();
    let (mut tables, mut wire) = (Box::new(FastTables::new()), wire.to_vec());
    let (mut input, mut messages, mut message, mut compressed, mut code) = (&mut wire[..], vec![], vec![], 0, None);
    let mut note = |event: &Event<'_>| {
        if let Some(piece) = event.as_fragment() {
            message.extend_from_slice(piece.bytes());
            if piece.frame().place().is_last() {
                messages.push(std::mem::take(&mut message));
            }
        } else if let Event::Close(close) = event {
            code = Some(close.0);
        } else {
            assert!(matches!(event, Event::Pong), "{event:?}");
        }
    };
    while let Some(event) = client.receive(&mut input) {
        if let Event::Extended(mut piece) = event {
            compressed += usize::from(piece.is_last());
            while let Some(event) = client.inflate(&mut stage, &mut tables, &mut piece) {
                note(&event);
            }
        } else {
            note(&event);
        }
    }
    (messages, compressed, code)
}

fn texts() -> Vec<String> {
    let lens = [0, 1, 5, 40, 125, 126, 300, 40];
    lens.iter().map(|len| "grüß€𝄞".chars().cycle().take(*len).collect()).collect()
}

/// An echo over everything, each call dropped after so many polls.
fn echo(size: usize, polls: usize, params: DeflateParams, memory: &mut Memory, halves: bool) -> (Vec<String>, Vec<u8>) {
    let mut peer = Peer::new(params.client);
    let mut wire = vec![];
    for text in texts() {
        wire.extend(peer.frame(0x81, text.as_bytes()));
        wire.extend(masked(0x89, b"?"));
    }
    wire.extend(masked(0x88, b"\x03\xe8"));
    let clock = TestClock::default();
    let script = Script::new(&wire, size, After::Silence);
    let output = script.output.clone();
    let (mut receive, mut send) = (vec![0; 1400], vec![0; 1400]);
    let mut deflate = memory.deflate(15);
    let (endpoint, config) = (Endpoint::<NoKeys>::Server, Config::new());
    let mut ws =
        WebSocket::with_deflate(script, &clock, endpoint, &mut receive, &mut send, config, params, &mut deflate);
    assert_eq!(ws.deflate_params(), Some(params));
    let mut seen = vec![];
    if halves {
        let mut halves = ws.halves(|script| {
            let mut writer = Script::new(b"", size, After::Silence);
            writer.output = script.output.clone();
            (script, writer)
        });
        let (mut reader, mut writer) = halves.split();
        loop {
            let next = again(&clock, polls, async || text_of(reader.next().await));
            let Some(next) = next else { break };
            let Some(text) = next.unwrap() else { continue };
            again(&clock, polls, async || writer.feed(&*text).await).unwrap();
            again(&clock, polls, async || writer.flush().await).unwrap();
            seen.push(text);
        }
    } else {
        loop {
            let next = again(&clock, polls, async || text_of(ws.next().await));
            let Some(next) = next else { break };
            let Some(text) = next.unwrap() else { continue };
            again(&clock, polls, async || ws.writer().feed(&*text).await).unwrap();
            again(&clock, polls, async || ws.writer().flush().await).unwrap();
            seen.push(text);
        }
    }
    let output = output.borrow().clone();
    (seen, output)
}

type Next<'a, X> = Option<Result<Message<'a>, Error<X>>>;

fn text_of<X>(next: Next<'_, X>) -> Option<Result<Option<String>, Error<X>>> {
    Some(next?.map(|message| match message {
        Message::Text(text) => Some(text.to_owned()),
        _ => None,
    }))
}

#[test]
fn messages_are_the_same_at_every_cut_and_whatever_is_dropped() {
    for (params, inflate, window) in [
        (params(10, true), 1024 + 1300 + 16, 1024),
        (params(9, true), 512 + 1300 + 16, 512),
        (params(15, false), 1400, 0),
    ] {
        let mut memory = Memory::new(inflate, window);
        for (size, halves) in SIZES.into_iter().flat_map(|size| [(size, false), (size, true)]) {
            for polls in [1, 2, 3, 5, usize::MAX] {
                let (seen, output) = echo(size, polls.max(2), params, &mut memory, halves);
                assert!(seen == texts(), "{size} {polls} {halves}");
                let (messages, compressed, code) = read(&output, params.server);
                assert!(messages == texts().into_iter().map(String::into_bytes).collect::<Vec<_>>());
                assert_eq!((compressed, code), (5, Some(1000)), "{size} {polls} {params:?}");
            }
        }
    }
}

/// What a server gets, its error, and what it writes.
fn played(wire: &[u8], size: usize, pieces: bool, limits: Limits, inflate: usize) -> (Vec<u8>, Option<u16>, Vec<u8>) {
    let clock = TestClock::default();
    let script = Script::new(wire, size, After::End);
    let output = script.output.clone();
    let (mut receive, mut send, mut memory) = (vec![0; 700], vec![0; 256], Memory::new(inflate, 512));
    let mut deflate = memory.deflate(9);
    let (endpoint, config) = (Endpoint::<NoKeys>::Server, Config::new().with_limits(limits));
    let params = params(9, true);
    let mut ws =
        WebSocket::with_deflate(script, &clock, endpoint, &mut receive, &mut send, config, params, &mut deflate);
    let (mut data, mut code) = (vec![], None);
    run(&clock, async {
        loop {
            let result = if pieces {
                let Some(piece) = ws.next_piece().await else { break };
                piece.map(|piece| data.extend_from_slice(piece.as_bytes()))
            } else {
                let Some(message) = ws.next().await else { break };
                message.map(|message| data.extend(message.to_fragment().map_or(&[][..], |data| data.bytes())))
            };
            match result {
                Ok(()) => {}
                Err(Error::Protocol(error)) => assert!(code.replace(error.close_code().0).is_none()),
                Err(error) => panic!("{error:?}"),
            }
        }
    });
    let output = output.borrow().clone();
    (data, code, output)
}

#[test]
fn hostile_frames_end_in_the_right_close_code_on_the_wire() {
    let limits = Limits::SMALL_DEVICE.with_message(1000).with_frame(600);
    let compressed = |bytes: &[u8]| Peer::new(Direction::new(9, false)).compressed(bytes).unwrap();
    let table: &[(&str, Vec<u8>, u16)] = &[
        ("a block of type 3", masked(0xC1, b"\x06"), 1007),
        ("a payload of no bytes", masked(0xC1, b""), 1007),
        ("no end", masked(0xC1, b"\x00\x05\x00\xfa\xffHel"), 1007),
        ("text that is not text", masked(0xC1, b"\x00\x02\x00\xfd\xff\xc3\x28\x00"), 1007),
        ("text that ends within a code point", masked(0xC1, b"\x00\x02\x00\xfd\xff\xe2\x82\x00"), 1007),
        ("a bomb", masked(0xC2, &compressed(&[0; 60_000])), 1009),
        ("one byte too many", masked(0xC2, &compressed(&[0; 1001])), 1009),
        ("a long frame", masked(0xC2, &[0; 601]), 1009),
        ("RSV1 on a continuation", [masked(0x41, HELLO), masked(0xC0, b"\0")].concat(), 1002),
        ("RSV1 on a Ping", masked(0xC9, b""), 1002),
        ("RSV2", masked(0xA1, b"x"), 1002),
    ];
    for (what, wire, code) in table {
        let wire = [&masked(0xC1, HELLO)[..], wire, &masked(0x81, b"after")].concat();
        for size in SIZES {
            for pieces in [false, true] {
                let (data, found, output) = played(&wire, size, pieces, limits, 512 + 1000 + 16);
                assert!(data.starts_with(b"Hello") && (data.len() == 5 || pieces), "{what} {pieces} {}", data.len());
                assert!(data.len() <= 5 + 1000, "{what}");
                let close = [&[0x88, 2][..], &code.to_be_bytes()].concat();
                assert_eq!((found, output), (Some(*code), close), "{what}, {size} bytes at a time, {pieces}");
            }
        }
    }
}

/// The opening handshake of another stack can agree on more than the memory affords.
#[test]
fn without_memory_for_the_window_that_was_agreed_on_a_compressed_message_fails_and_is_not_lost() {
    let wire = [masked(0x81, b"plain"), masked(0xC1, HELLO), masked(0x81, b"after")].concat();
    for (inflate, size, pieces) in [511, 0]
        .into_iter()
        .flat_map(|inflate| SIZES.into_iter().flat_map(move |size| [(inflate, size, false), (inflate, size, true)]))
    {
        let (data, code, output) = played(&wire, size, pieces, Limits::SMALL_DEVICE, inflate);
        assert_eq!((&data[..], code), (&b"plain"[..], Some(1009)), "{inflate} {size} {pieces}");
        assert_eq!(output, b"\x88\x02\x03\xf1");
    }
}

#[test]
fn a_message_that_does_not_fit_the_memory_fails_and_its_neighbour_does_not() {
    for (len, fits) in [(400, true), (401, true), (1000, false)] {
        // "Hello" is in the window, too
        let message = Peer::new(Direction::new(9, false)).compressed(&vec![7; len]).unwrap();
        let wire = [masked(0xC1, HELLO), masked(0xC2, &message), masked(0xC1, HELLO), masked(0x88, b"")].concat();
        for size in SIZES {
            let (data, code, _) = played(&wire, size, false, Limits::SMALL_DEVICE, 512 + 401 + 16);
            let want = if fits { [&b"Hello"[..], &vec![7; len], b"Hello"].concat() } else { b"Hello".to_vec() };
            assert!(data == want && code == (!fits).then_some(1009), "{len} {} {code:?}", data.len());
            // in pieces messages may have any length
            let (data, code, _) = played(&wire, size, true, Limits::SMALL_DEVICE, 512);
            assert!(data == [&b"Hello"[..], &vec![7; len], b"Hello"].concat() && code.is_none(), "{len}");
        }
    }
}

#[test]
fn pieces_of_text_end_between_two_code_points_and_a_message_that_is_skipped_stays_in_the_window() {
    let text = "grüß€𝄞".repeat(60);
    let mut peer = Peer::new(Direction::new(9, true));
    let frames = [peer.compressed(text.as_bytes()).unwrap(), peer.compressed("grüß€𝄞".as_bytes()).unwrap()];
    assert!(frames[1].len() < 10, "it refers to the first");
    let (one, two) = (&frames[0], &frames[1]);
    for cut in 1..one.len() {
        let (clock, mut memory) = (TestClock::default(), Memory::new(512, 0));
        let wire =
            [masked(0x41, &one[..cut]), masked(0x89, b""), masked(0x80, &one[cut..]), masked(0xC1, two)].concat();
        for all in [true, false] {
            let script = Script::new(&[&wire[..], &masked(0x88, b"")].concat(), 5, After::End);
            let (mut receive, mut send) = ([0; 128], [0; 128]);
            let mut deflate = memory.deflate(9);
            let (endpoint, config) = (Endpoint::<NoKeys>::Server, Config::new());
            let mut ws = WebSocket::with_deflate(
                script,
                &clock,
                endpoint,
                &mut receive,
                &mut send,
                config,
                params(9, true),
                &mut deflate,
            );
            let mut joined = String::new();
            run(&clock, async {
                loop {
                    let piece = ws.next_piece().await.unwrap().unwrap();
                    joined.push_str(piece.to_text().unwrap());
                    assert_eq!(piece.place().is_first(), joined.len() == piece.as_bytes().len());
                    if piece.place().is_last() || !all {
                        break;
                    }
                }
                while let Some(message) = ws.next().await {
                    if let Message::Text(text) = message.unwrap() {
                        assert_eq!(text, "grüß€𝄞", "{cut}");
                        joined.push('!');
                    }
                }
            });
            assert!(joined == format!("{text}!") || !all && joined.ends_with('!'), "{cut} {joined}");
        }
    }
}

#[test]
fn offers_are_answered_with_what_the_memory_can_afford() {
    for (inflate, window, offer, answer) in [
        (
            2048,
            512,
            "permessage-deflate; client_max_window_bits",
            Some("server_max_window_bits=9; client_max_window_bits=10"),
        ),
        (
            600,
            0,
            "permessage-deflate; client_max_window_bits",
            Some("server_no_context_takeover; client_max_window_bits=9"),
        ),
        (100, 0, "permessage-deflate", Some("server_no_context_takeover; client_no_context_takeover")),
        // a client that cannot make its window smaller
        (2048, 512, "permessage-deflate", Some("client_no_context_takeover; server_max_window_bits=9")),
        (2048, 512, "x-other", None),
        (2048, 512, "permessage-deflate; server_max_window_bits=7", None),
    ] {
        let request = format!(
            "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Extensions: {offer}\r\n\r\n"
        );
        let first = if answer.is_some() { masked(0xC1, HELLO) } else { masked(0x81, b"Hello") };
        let clock = TestClock::default();
        let script = Script::new(&[request.as_bytes(), &first].concat(), 64, After::End);
        let output = script.output.clone();
        let (mut receive, mut send, mut memory) = ([0; 512], [0; 512], Memory::new(inflate, window));
        let mut deflate = memory.deflate(10);
        run(&clock, async {
            let (options, config) = (ServerOptions::new(), Config::new());
            let decide = |_: &Head<'_>| Decision::Accept(&[]);
            let accept =
                accept_with_deflate(script, &clock, &mut receive, &mut send, options, config, decide, &mut deflate);
            let mut ws = accept.await.unwrap();
            assert_eq!(ws.deflate_params().is_some(), answer.is_some());
            assert_eq!(ws.next().await.unwrap().unwrap(), Message::Text("Hello"));
        });
        let output = String::from_utf8(output.borrow().clone()).unwrap();
        let found = output.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Extensions: permessage-deflate; "));
        let sorted = |list: &str| {
            let mut parts: Vec<_> = list.split("; ").map(str::to_owned).collect();
            parts.sort();
            parts
        };
        assert_eq!(found.map(sorted), answer.map(sorted), "{offer}");
    }
}

#[test]
fn a_client_offers_what_its_memory_can_afford_and_sends_secrets_plain() {
    let accept = upframe::handshake::Key::new([0; 16]).accept_value();
    let head = |extensions: &str| {
        format!(
            "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{extensions}\
             Sec-WebSocket-Accept: {}\r\n\r\n",
            accept.as_str()
        )
    };
    let agreed = "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n";
    let text = "hello, hello, hello, hello";
    for (extensions, on) in [(agreed, true), ("", false)] {
        let (clock, mut memory) = (TestClock::default(), Memory::new(2048, 512));
        let message = if on { plain(0xC1, HELLO) } else { plain(0x81, b"Hello") };
        let again = if on { plain(0xC1, HELLO_AGAIN) } else { plain(0x81, b"Hello") };
        let script = Script::new(&[head(extensions).as_bytes(), &message, &again].concat(), 64, After::End);
        let output = script.output.clone();
        let (mut receive, mut send) = ([0; 512], [0; 512]);
        let mut deflate = memory.deflate(10);
        let sent = run(&clock, async {
            let request = ClientRequest::new(Uri::parse("ws://a/").unwrap());
            let config = Config::new();
            let client = client_with_deflate(
                script,
                &clock,
                keys,
                &mut receive,
                &mut send,
                request,
                config,
                |_| (),
                &mut deflate,
            );
            let mut ws = client.await.unwrap();
            let head = output.borrow().len();
            assert_eq!(ws.deflate_params().is_some(), on);
            for _ in 0..2 {
                assert_eq!(ws.next().await.unwrap().unwrap(), Message::Text("Hello"));
            }
            ws.writer().feed_plain(text).await.unwrap();
            ws.writer().feed(text).await.unwrap();
            ws.writer().feed_plain(Fragment::text("hello, ").at(Place::First)).await.unwrap();
            ws.writer().feed(Fragment::text(text).at(Place::Last)).await.unwrap();
            ws.writer().feed(Fragment::text("hello, ").at(Place::First)).await.unwrap();
            ws.writer().feed(Fragment::text(text).at(Place::Last)).await.unwrap();
            ws.writer().flush().await.unwrap();
            output.borrow()[head..].to_vec()
        });
        let request = String::from_utf8(output.borrow()[..output.borrow().len() - sent.len()].to_vec()).unwrap();
        let offer = "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10; client_max_window_bits, ";
        assert!(request.contains(offer), "{request}");
        let first_bytes: Vec<u8> = {
            let (mut bytes, mut rest) = (vec![], &sent[..]);
            while let [b0, len, tail @ ..] = rest {
                bytes.push(*b0);
                rest = &tail[4 + usize::from(len & 0x7F)..];
            }
            bytes
        };
        let want = if on { [0x81, 0xC1, 0x01, 0x80, 0x41, 0x80] } else { [0x81, 0x81, 0x01, 0x80, 0x01, 0x80] };
        assert_eq!(first_bytes, want);
    }
    // a window that was not offered
    let (clock, mut memory) = (TestClock::default(), Memory::new(2048, 512));
    let script = Script::new(head("Sec-WebSocket-Extensions: permessage-deflate\r\n").as_bytes(), 64, After::End);
    let (mut receive, mut send) = ([0; 512], [0; 512]);
    let mut deflate = memory.deflate(10);
    let request = ClientRequest::new(Uri::parse("ws://a/").unwrap());
    let (config, look) = (Config::new(), |_: &Head<'_>| ());
    let client =
        client_with_deflate(script, &clock, keys, &mut receive, &mut send, request, config, look, &mut deflate);
    assert!(matches!(run(&clock, client), Err(Error::Failure(_))));
}
