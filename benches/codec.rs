//! Measures the hot functions and asserts each result: `cargo bench`. Comparisons with peers are elsewhere; a time
//! alone means little.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use upframe::connection::{Connection, Event, Limits, NoEntropy, Settings};
use upframe::frame::{Mask, MaskingKey};
use upframe::handshake::{Outcome, ServerHandshake, ServerOptions, accept_key};
use upframe::http::{HeadLimits, HeadReader, Span};
use upframe::utf8::{Verdict, check};

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

fn noise(len: usize) -> Vec<u8> {
    (0..len as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 11) as u8).collect()
}

/// Words in random order: repeated text flatters branch predictors.
fn words(len: usize) -> String {
    let words = ["the", "quick", "brown", "fox", "jumps", "over", "lazy", "dogs", "while", "others", "a", "sleep"];
    let mut seed = 1u32;
    let mut text = String::new();
    while text.len() < len {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text += words[(seed >> 16) as usize % words.len()];
        text.push(' ');
    }
    text.truncate(len);
    text
}

fn masked(b0: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![b0];
    match payload.len() {
        len @ 0..=125 => frame.push(0x80 | len as u8),
        len @ 126..=0xFFFF => frame.extend([&[0xFE], &(len as u16).to_be_bytes()[..]].concat()),
        len => frame.extend([&[0xFF], &(len as u64).to_be_bytes()[..]].concat()),
    }
    frame.extend(KEY);
    frame.extend(payload.iter().enumerate().map(|(i, byte)| byte ^ KEY[i % 4]));
    frame
}

fn receive(c: &mut Criterion) {
    let mut group = c.benchmark_group("receive");
    let cjk: String = "日本語文字列検査速度測定用文章".chars().cycle().take(341).collect();
    let cases = [
        ("binary 16", masked(0x82, &noise(16)), 16),
        ("binary 125", masked(0x82, &noise(125)), 125),
        ("binary 1 KiB", masked(0x82, &noise(1024)), 1024),
        ("binary 64 KiB", masked(0x82, &noise(65_536)), 65_536),
        ("ASCII 64", masked(0x81, words(64).as_bytes()), 64),
        ("CJK 1 KiB", masked(0x81, cjk.as_bytes()), cjk.len()),
    ];
    for (name, frame, len) in cases {
        let count = (1 << 18) / frame.len() + 1;
        let wire = frame.repeat(count);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(name, |b| {
            b.iter_batched_ref(
                || wire.clone(),
                |wire| {
                    let mut connection = Connection::server(Settings::new().with_limits(Limits::NONE));
                    let (mut input, mut sum) = (&mut wire[..], 0);
                    while let Some(event) = connection.receive(&mut input) {
                        match event {
                            Event::Text(piece) => sum += black_box(piece.as_bytes()).len(),
                            Event::Binary(piece) => sum += black_box(piece.as_bytes()).len(),
                            other => panic!("{other:?}"),
                        }
                    }
                    assert_eq!(sum, count * len);
                },
                BatchSize::LargeInput,
            );
        });
    }
}

fn send(c: &mut Criterion) {
    let mut group = c.benchmark_group("send");
    let keys = |bytes: &mut [u8]| -> Result<(), NoEntropy> {
        bytes.copy_from_slice(&KEY);
        Ok(())
    };
    for len in [16, 125, 1024, 65_536] {
        let (payload, mut out) = (noise(len), vec![0; len + 14]);
        let (mut server, mut client) = (Connection::server(Settings::new()), Connection::client(keys, Settings::new()));
        let header = if len < 126 { 2 } else { 4 + 6 * usize::from(len > 65_535) };
        group.bench_function(format!("unmasked {len}"), |b| {
            b.iter(|| assert_eq!(server.send(black_box(&payload[..]), &mut out).unwrap().len(), header + len));
        });
        group.bench_function(format!("masked {len}"), |b| {
            b.iter(|| assert_eq!(client.send(black_box(&payload[..]), &mut out).unwrap().len(), header + 4 + len));
        });
    }
}

fn mask(c: &mut Criterion) {
    let mut group = c.benchmark_group("mask");
    for len in [16, 125, 1024, 65_536] {
        let mut payload = noise(len);
        group.throughput(Throughput::Bytes(len as u64));
        group.bench_function(len.to_string(), |b| b.iter(|| Mask::new(MaskingKey(KEY)).apply(black_box(&mut payload))));
        let original = noise(len);
        let mut twice = original.clone();
        Mask::new(MaskingKey(KEY)).apply(&mut twice);
        Mask::new(MaskingKey(KEY)).apply(&mut twice);
        assert_eq!(twice, original);
    }
}

fn utf8(c: &mut Criterion) {
    let mut group = c.benchmark_group("utf8");
    let mixed: String = "Grüße, 世界! 😀 κόσμε ".chars().cycle().take(600).collect();
    for (name, text) in [("ASCII 1 KiB", words(1024)), ("mixed", mixed)] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |b| b.iter(|| assert_eq!(check(black_box(text.as_bytes())), Verdict::Whole)));
    }
}

const REQUEST: &[u8] = b"GET /chat/room?id=42 HTTP/1.1\r\nHost: localhost:8080\r\nConnection: Upgrade\r\nPragma: no-cache\r\n\
    Cache-Control: no-cache\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
    Chrome/126.0.0.0 Safari/537.36\r\nUpgrade: websocket\r\nOrigin: http://localhost:8080\r\nSec-WebSocket-Version: 13\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9,de;q=0.8\r\n\
    Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\nSec-WebSocket-Protocol: chat, superchat\r\n\r\n";

fn handshake(c: &mut Criterion) {
    let mut group = c.benchmark_group("handshake");
    group.bench_function("accept key", |b| {
        b.iter(|| {
            let accept = accept_key(black_box("x3JJHMbDL1EzLkh9GBhXDw==")).unwrap();
            assert_eq!(accept.as_str(), "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
        });
    });
    group.bench_function("head, read only", |b| {
        b.iter(|| {
            let (mut reader, mut input, mut fields) = (HeadReader::request(HeadLimits::DEFAULT), black_box(REQUEST), 0);
            while let Some(span) = reader.read(&mut input) {
                fields += usize::from(matches!(span, Span::Value(run) if run.last));
            }
            assert_eq!(fields, 14);
        });
    });
    group.bench_function("server, a browser's request", |b| {
        b.iter(|| {
            let mut handshake = ServerHandshake::new(ServerOptions::new().with_subprotocols(&["superchat"]));
            let (mut input, mut out) = (black_box(REQUEST), [0; 256]);
            let Some(Outcome::Upgrade(upgrade)) = handshake.receive(&mut input) else { panic!() };
            let (response, connection) = handshake.accept(&upgrade, Settings::new(), &[], &mut out).unwrap();
            assert!(response.ends_with(b"Sec-WebSocket-Protocol: superchat\r\n\r\n"));
            black_box(connection);
        });
    });
}

criterion_group!(benches, receive, send, mask, utf8, handshake);
criterion_main!(benches);
