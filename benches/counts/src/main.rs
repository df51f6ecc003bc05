//! Does one piece of work several times; `run` counts its instructions with callgrind.

#[path = "../../../tests/scripts/hostile_deflate.rs"]
mod hostile_deflate;
#[allow(dead_code, reason = "only the streams that cost much are made here")]
#[path = "../../../tests/scripts/deflate.rs"]
mod stream;

use std::env;
use std::hint::black_box;
use upframe::connection::{Connection, Limits, Settings};
use upframe::deflate::{Balanced, Deflater, Direction, FastTables, Inflater, Workspace};
use upframe::handshake::{OriginPolicy, Outcome, ServerHandshake, ServerOptions};
use upframe::http::{Head, HeadLimits, HeadReader};

/// A request head of about this many bytes, in fields as browsers send them.
fn head(len: usize) -> Vec<u8> {
    let mut head = b"GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n"
        .to_vec();
    let mut i = 0;
    while head.len() + 60 < len {
        head.extend_from_slice(format!("X-Field-{i}: {}\r\n", "a value of a certain length; ".repeat(2)).as_bytes());
        i += 1;
    }
    head.extend_from_slice(b"\r\n");
    head
}

fn read_head(head: &[u8], piece: usize) {
    let limits = HeadLimits::DEFAULT.with_bytes(u32::MAX).with_fields(u16::MAX);
    let mut handshake = ServerHandshake::new(ServerOptions::new().with_limits(limits));
    let outcome = head.chunks(piece).find_map(|mut piece| handshake.receive(&mut piece));
    assert!(matches!(black_box(outcome), Some(Outcome::Upgrade(_))));
}

/// Heads with one long value in each field that is examined, in shapes that a careless reader would scan repeatedly.
fn values(len: usize) -> Vec<Vec<u8>> {
    let long = "a".repeat(len);
    let shapes = [
        long.clone(),
        format!("a {long}"),
        format!("\" {long}"),
        format!("a;b=\"{long}"),
        long.replace("aa", "a,"),
        long.replace("aa", "a "),
        long.replace("aa", "a;"),
    ];
    let names = [
        "Host",
        "Origin",
        "Upgrade",
        "Connection",
        "Content-Length",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Version",
        "Sec-WebSocket-Extensions",
        "Sec-WebSocket-Protocol",
    ];
    let head = |name, value| format!("GET / HTTP/1.1\r\n{name}: {value}\r\n\r\n").into_bytes();
    names.iter().flat_map(|name| shapes.iter().map(move |value| head(name, value))).collect()
}

fn read_values(heads: &[Vec<u8>]) {
    for head in heads {
        let limits = HeadLimits::DEFAULT.with_bytes(u32::MAX);
        let options = ServerOptions::new().with_limits(limits).with_origins(OriginPolicy::list(&["http://a"]).unwrap());
        let options = options.with_subprotocols(&["a", "chat"]);
        assert!(black_box(ServerHandshake::new(options).receive(&mut &head[..])).is_some());
    }
}

/// Heads that make a server with 32 subprotocols compare as much as it can.
fn hostile(which: usize) -> Vec<u8> {
    let start = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ";
    let list = |name: fn(usize) -> String, count| (0..count).map(name).collect::<Vec<_>>().join(",");
    let shared = |i: usize| format!("{}{i:02}", "s".repeat(60));
    let value = match which {
        // a duplicate, then 31 KB more
        0 => "a,".repeat(15_500),
        // the 17th token, then 31 KB more
        1 => list(|i| format!("{i:05}"), 5_000),
        // 16 tokens, and nothing else
        2 => list(|i| char::from(b'a' + i as u8).to_string(), 16),
        // 16 tokens that agree with 32 names nearly to their ends
        3 => list(shared, 16),
        // the same with other ends
        4 => list(|i| format!("{}x{i}", "s".repeat(60)), 16),
        // empty elements, and elements that are not tokens
        5 => ",".repeat(31_000),
        6 => "a b,".repeat(7_700),
        // lines with one short token each
        7 => format!("a{}", "\r\nSec-WebSocket-Protocol: a".repeat(126)),
        8 => "a;".repeat(15_500),
        // longer than the names
        9 => list(|i| format!("{}{i}", "s".repeat(61)), 10),
        _ => panic!("no such head"),
    };
    format!("{start}{value}\r\n\r\n").into_bytes()
}

fn read_hostile(head: &[u8], names: &[&str], piece: usize) {
    let mut handshake = ServerHandshake::new(ServerOptions::new().with_subprotocols(names));
    assert!(black_box(head.chunks(piece).find_map(|mut piece| handshake.receive(&mut piece))).is_some());
}

/// A head of many unwanted fields, after a wanted one that takes nearly all of the memory.
fn fields(count: usize) -> Vec<u8> {
    let fields = "a:\r\n".repeat(count);
    format!("GET / HTTP/1.1\r\nCookie: {}\r\n{fields}\r\n", "c".repeat(4 * count)).into_bytes()
}

fn keep_fields(head: &[u8], memory: &mut [u8], wanted: &[&str]) {
    let limits = HeadLimits::DEFAULT.with_bytes(u32::MAX).with_fields(u16::MAX);
    let (mut reader, mut input) = (HeadReader::request(limits), head);
    let mut head = Head::wanting(wanted, memory);
    while let Some(span) = reader.read(&mut input) {
        head.push(&span);
    }
    assert!(black_box(head.field("cookie")).is_ok_and(|value| value.is_some()));
}

/// Returns a stream of masked binary frames of this length.
fn frames(len: usize, count: usize) -> Vec<u8> {
    let mut frame = vec![0x82];
    match len {
        0..=125 => frame.push(0x80 | len as u8),
        _ => frame.extend([&[0xFE], &(len as u16).to_be_bytes()[..]].concat()),
    }
    frame.extend([1, 2, 3, 4]);
    frame.resize(frame.len() + len, 7);
    frame.repeat(count)
}

/// Returns text of code points of `len` bytes, in masked fragments of one byte: each code point is cut everywhere.
fn cut_text(len: usize, count: usize) -> Vec<u8> {
    let text = ["a", "é", "世", "😀"][len - 1].repeat(count);
    let (mut wire, last) = (Vec::new(), text.len() - 1);
    for (i, byte) in text.bytes().enumerate() {
        let b0 = if i == 0 { 0x01 } else { 0x00 } | if i == last { 0x80 } else { 0x00 };
        wire.extend([b0, 0x81, 1, 2, 3, 4, byte ^ 1]);
    }
    wire
}

fn read_frames(wire: &[u8], piece: usize) {
    let mut connection = Connection::server(Settings::new().with_limits(Limits::NONE));
    let mut buf = vec![0; piece];
    let mut sum = 0;
    for piece in wire.chunks(piece) {
        buf[..piece.len()].copy_from_slice(piece);
        let mut input = &mut buf[..piece.len()];
        while let Some(event) = connection.receive(&mut input) {
            sum += event.as_fragment().is_some() as usize;
        }
    }
    assert!(black_box(sum) > 0);
}

/// DEFLATE streams that cost much, with their names; the first is text, to which the others are compared.
fn deflated() -> Vec<(String, Vec<u8>)> {
    let names = ["chat", "text", "id", "user", "room", "message", "sent", "value"];
    let word = |i: usize| names[(i * i / 7 + i * 5) % names.len()];
    let text: String = (0..6_000).map(|i| format!("\"{}{}\":{},", word(i), i * 37 % 53, i * 7919 % 1009)).collect();
    let deflater = Deflater::new(Direction::DEFAULT, Balanced, []);
    let mut out = vec![0; text.len()];
    let packed = deflater.compress(&mut Box::new(<Workspace>::new()), text.as_bytes(), &mut out);
    out.truncate(packed.expect("text shrinks").len());
    [vec![("text".into(), out)], hostile_deflate::hostile()].concat()
}

fn inflate(input: &[u8], piece: usize) {
    let mut inflater = Inflater::new(vec![0; 1 << 15]);
    let mut tables = Box::new(FastTables::new());
    let pieces = input.chunks(piece).len();
    let mut sum = 0;
    for (at, mut bytes) in input.chunks(piece).enumerate() {
        while let Some(piece) = inflater.inflate(&mut tables, &mut bytes, at + 1 == pieces).expect("a valid stream") {
            sum += black_box(piece.as_bytes()).len();
        }
    }
    black_box(sum);
}

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let number = |i: usize| args.get(i).and_then(|arg| arg.parse::<usize>().ok()).expect("WORK LENGTH PIECE TIMES");
    let (len, piece, times) = (number(1), number(2), number(3));
    match args[0].as_str() {
        "head" => {
            let head = head(len);
            (0..times).for_each(|_| read_head(black_box(&head), piece));
        }
        "values" => {
            let heads = values(len);
            (0..times).for_each(|_| read_values(black_box(&heads)));
        }
        "fields" => {
            let head = fields(len);
            // There is room for the name of one more field, but not for its value.
            let mut memory = vec![0; 4 * len + 31];
            (0..times).for_each(|_| {
                keep_fields(black_box(&head), &mut memory, &["cookie"]);
                keep_fields(black_box(&head), &mut memory, &[]);
            });
        }
        "hostile" => {
            let head = hostile(len);
            println!("{}", head.len());
            let names: Vec<_> = (0..32).map(|i| format!("{}{:02}", "s".repeat(60), 31 - i)).collect();
            let names: Vec<_> = names.iter().map(|name| &name[..]).collect();
            (0..times).for_each(|_| read_hostile(black_box(&head), &names, piece));
        }
        "frames" => {
            let wire = frames(len, 1000);
            (0..times).for_each(|_| read_frames(black_box(&wire), piece));
        }
        "cut" => {
            let wire = cut_text(len, 6000 / len);
            (0..times).for_each(|_| read_frames(black_box(&wire), piece));
        }
        "inflate" => {
            let (name, input) = deflated().into_iter().nth(len).expect("a stream with that number");
            println!("{}\t{name}", input.len());
            (0..times).for_each(|_| inflate(black_box(&input), piece));
        }
        other => panic!("unknown work: {other}"),
    }
}
