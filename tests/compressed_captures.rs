//! Inflates the compressed sessions that real browsers, servers and libraries recorded, in both directions.

use std::fs;
use std::path::Path;
use upframe::connection::{Connection, Event, MessageKind, NoEntropy, Role, Settings};
use upframe::deflate::{
    ClientDeflate, DeflateParams, DeflatePolicy, FastTables, Inflater, MessageInflater, ServerDeflate, SmallTables,
    Tables,
};
use upframe::handshake::{Answer, ClientHandshake, ClientRequest, Outcome, ServerHandshake, ServerOptions, Uri};

fn capture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A message: its kind, whether it was compressed, and its bytes.
type Message = (MessageKind, bool, Vec<u8>);

/// Receives what is left of a session in parts of `cut` bytes, and inflates it.
fn messages<R: Role, const L: usize, const D: usize>(
    mut connection: Connection<R>,
    agreed: DeflateParams,
    is_server: bool,
    mut tables: Tables<L, D>,
    wire: &[u8],
    cut: usize,
) -> Vec<Message> {
    let peer = agreed.incoming(is_server);
    let mut stage = MessageInflater::new(peer, vec![0; Inflater::memory(peer.window_bits())]).unwrap();
    let (mut done, mut open) = (vec![], vec![]);
    let mut take = |event: Event<'_>, compressed| {
        if let Some(piece) = event.as_fragment() {
            open.extend_from_slice(piece.bytes());
            let kind = if matches!(event, Event::Text(_)) { MessageKind::Text } else { MessageKind::Binary };
            if piece.frame().place().is_last() {
                done.push((kind, compressed, std::mem::take(&mut open)));
            }
        } else {
            assert!(!matches!(event, Event::Failed(_)), "{event:?}");
        }
    };
    for part in wire.chunks(cut) {
        let mut part = part.to_vec();
        let mut input = &mut part[..];
        while let Some(event) = connection.receive(&mut input) {
            let Event::Extended(mut piece) = event else {
                take(event, false);
                continue;
            };
            while let Some(event) = connection.inflate(&mut stage, &mut tables, &mut piece) {
                take(event, true);
            }
        }
    }
    assert_eq!(connection.close_code().map(|code| code.0), Some(1000));
    done
}

/// Reads what the client sent, as a server.
fn to_server(wire: &[u8], cut: usize) -> Vec<Message> {
    let extension = ServerDeflate::new(DeflatePolicy::new());
    let mut handshake = ServerHandshake::with_extension(ServerOptions::new(), extension);
    let mut input = wire;
    let Some(Outcome::Upgrade(upgrade)) = handshake.receive(&mut input) else { panic!() };
    let agreed = handshake.extension().agreed(&upgrade).unwrap();
    let mut out = [0; 512];
    let (_, connection) = handshake.accept(&upgrade, Settings::new(), &[], &mut out).unwrap();
    messages(connection, agreed, true, FastTables::new(), input, cut)
}

/// Reads what the server sent, as a client with the key that was sent.
fn to_client(request: &[u8], wire: &[u8], cut: usize) -> Vec<Message> {
    let nonce = nonce(request);
    let mut entropy = |bytes: &mut [u8]| -> Result<(), NoEntropy> {
        bytes.copy_from_slice(&nonce[..bytes.len()]);
        Ok(())
    };
    let request = ClientRequest::new(Uri::parse("ws://localhost").unwrap());
    let extension = ClientDeflate::new(DeflatePolicy::new());
    let mut handshake = ClientHandshake::with_extension(request, extension, &mut entropy).unwrap();
    let mut input = wire;
    let Some(Answer::Agreed(answer)) = handshake.receive(&mut input) else { panic!() };
    let connection = answer.connect(entropy, Settings::new());
    let agreed = handshake.extension().agreed().unwrap();
    messages(connection, agreed, false, SmallTables::new(), input, cut)
}

/// Decodes the base64 of a key without the crate.
fn nonce(request: &[u8]) -> [u8; 16] {
    let request = String::from_utf8_lossy(request);
    let key = request.split("Sec-WebSocket-Key: ").nth(1).unwrap().split("\r\n").next().unwrap();
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |c: u8| digits.iter().position(|digit| *digit == c).unwrap_or_default();
    let bits: Vec<_> = key.bytes().flat_map(|c| (0..6).rev().map(move |bit| (digit(c) >> bit & 1) as u8)).collect();
    std::array::from_fn(|i| bits[i * 8..][..8].iter().fold(0, |byte, bit| byte << 1 | bit))
}

#[test]
fn every_compressed_session_inflates_to_what_was_sent() {
    for name in [
        "chromium--nginx-proxied-node-ws",
        "chromium--node-ws",
        "chromium--py-websockets",
        "node-ws--py-websockets",
        "py-websockets--node-ws",
    ] {
        let (c2s, s2c) = (capture(&format!("sess-{name}.c2s.bin")), capture(&format!("sess-{name}.s2c.bin")));
        let sent = to_server(&c2s, usize::MAX);
        let texts: Vec<_> = sent.iter().map(|(kind, _, bytes)| (*kind, bytes.as_slice())).collect();
        let (a, b) = ([b'a'; 126], [b'b'; 300]);
        let begin =
            [&b"Hello"[..], b"Hello", b"Hello", b"", "héllo 😀".as_bytes()].map(|text| (MessageKind::Text, text));
        assert_eq!(texts[..5], begin, "{name}");
        assert_eq!((texts[5].0, texts[5].1.len()), (MessageKind::Binary, 4), "{name}");
        assert_eq!(texts[6..8], [&a[..], &b[..]].map(|text| (MessageKind::Text, text)), "{name}");
        assert_eq!((texts[8].0, texts[8].1.len()), (MessageKind::Binary, 70_000), "{name}");
        if let Some((kind, fragmented)) = texts.get(9) {
            assert_eq!((*kind, *fragmented), (MessageKind::Text, &b"fragmented"[..]), "{name}");
        }
        assert!(texts.len() <= 10 && sent.iter().all(|(_, compressed, _)| *compressed), "{name}");
        // each of the servers sends back what it gets
        assert_eq!(to_client(&c2s, &s2c, usize::MAX), sent, "{name}");
        for cut in (1..40).chain([126, 300]) {
            assert_eq!(to_server(&c2s, cut), sent, "{name}, {cut}");
            assert_eq!(to_client(&c2s, &s2c, cut), sent, "{name}, {cut}");
        }
    }
}
