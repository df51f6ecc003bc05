//! Replays what real browsers, servers and proxies sent: requests, responses, and whole sessions in both directions.

use std::fs;
use std::path::Path;
use upframe::connection::{Connection, Event, NoEntropy, Role, Settings};
use upframe::frame::ReservedBits;
use upframe::handshake::{
    Answer, ClientHandshake, ClientRequest, Extension, ExtensionWriter, Extensions, Failure, NoExtension, Outcome,
    ServerHandshake, ServerOptions, Upgrade, Uri,
};

fn capture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Agrees to permessage-deflate with any parameters and owns its bit; its data is delivered as it arrives.
#[derive(Clone, Debug, Default)]
struct Deflate;

impl Extension for Deflate {
    fn begin(&mut self, name: &str) -> bool {
        name == "permessage-deflate"
    }
    fn parameter(&mut self, name: &str, _: Option<&str>) {
        let known = [
            "server_no_context_takeover",
            "client_no_context_takeover",
            "server_max_window_bits",
            "client_max_window_bits",
        ];
        assert!(known.contains(&name), "{name}");
    }
    fn end(&mut self) -> bool {
        true
    }
    fn reserved_bits(&self) -> ReservedBits {
        ReservedBits::RSV1
    }
    fn write(&self, list: &mut ExtensionWriter<'_, '_>) {
        list.element("permessage-deflate");
    }
}

/// The cuts to try: whole, byte by byte, and a sample.
fn cuttings(len: usize) -> Vec<Vec<usize>> {
    let mut cuttings = vec![vec![], (0..len).collect()];
    cuttings.extend((1..30).map(|i| vec![i * len / 30]));
    cuttings.extend([1, 7, 130, 200, 300].map(|size| (0..len).step_by(size).collect()));
    cuttings
}

fn pieces<'w>(wire: &'w [u8], cuts: &[usize]) -> Vec<&'w [u8]> {
    let mut at = 0;
    let cut = |to: usize| {
        let piece = &wire[at..to.max(at)];
        at = to.max(at);
        piece
    };
    cuts.iter().copied().chain([wire.len()]).map(cut).collect()
}

#[test]
fn every_request_gets_the_accept_value_that_its_client_expects() {
    for (name, accept) in [
        ("chromium", "/sG6Gewv/7x5ZuP2KXfQWnR/kGQ="),
        ("chromium-subprotocols", "UuAo+rpra3s2TvWe1/2I29ECG/Q="),
        ("node-undici", "1l+Qrd/xC/3ewmv2srygUKXiPGA="),
        ("node-ws", "XZP2qyajbTBscKA2SePA++ubMdk="),
        ("node-ws-subprotocols", "5vtqyIXyfUfOcEAeKSCMdn1EqII="),
        ("py-tornado", "K3IG19NFGu6BtOmfOTGo/Am3oVA="),
        ("py-websockets", "/LWAw265PuIz2LMKW91A/MbSsCc="),
        ("py-websockets-sync", "LCAIy0cl05hzoLfPgMr7EYrzcXU="),
        ("tungstenite", "LL//Erg2YDC5KdQ+Hqz6RH0uuzk="),
        ("websocat", "2Vw7nsiisWP33f2zeeSoGhsRLsM="),
    ] {
        let wire = capture(&format!("req-{name}.bin"));
        for cuts in cuttings(wire.len()) {
            let mut handshake = ServerHandshake::new(ServerOptions::new().with_subprotocols(&["superchat", "chat"]));
            let outcome = pieces(&wire, &cuts).into_iter().find_map(|mut piece| handshake.receive(&mut piece));
            let Some(Outcome::Upgrade(upgrade)) = outcome else { panic!("{name}: {outcome:?}") };
            assert_eq!(upgrade.accept_value().as_str(), accept, "{name}");
            let chosen = name.ends_with("subprotocols").then_some("superchat");
            assert_eq!(upgrade.subprotocol(), chosen, "{name}");
            let mut out = [0; 256];
            let (response, _) = handshake.accept(&upgrade, Settings::new(), &[], &mut out).unwrap();
            let field = format!("Sec-WebSocket-Accept: {accept}\r\n");
            assert!(response.windows(field.len()).any(|line| line == field.as_bytes()), "{name}");
        }
    }
}

/// The key of RFC 6455 §1.3: the requests that led to the captured responses had it.
fn sample_nonce(bytes: &mut [u8]) -> Result<(), NoEntropy> {
    bytes.copy_from_slice(&b"the sample nonce"[..bytes.len()]);
    Ok(())
}

fn answer<X: Extensions + Clone>(wire: &[u8], cuts: &[usize], extension: X) -> Option<Answer<'static>> {
    let request = ClientRequest::new(Uri::parse("ws://localhost").unwrap());
    let mut handshake = ClientHandshake::with_extension(request, extension, &mut sample_nonce).unwrap();
    let answer = pieces(wire, cuts).into_iter().find_map(|mut piece| handshake.receive(&mut piece));
    assert_eq!(handshake.is_begun(), !wire.is_empty());
    answer
}

#[test]
fn every_response_is_judged_as_its_variant_deserves() {
    let servers =
        ["nginx-proxied-node-ws", "node-faye", "node-ws", "node-ws-nodeflate", "py-websockets", "tungstenite"];
    let compresses = ["nginx-proxied-node-ws", "node-ws", "py-websockets"];
    for server in servers {
        for variant in ["plain", "pmd", "pmd-params", "nokey", "badversion"] {
            let name = format!("resp-{server}-{variant}.bin");
            let wire = capture(&name);
            let compressed = variant.starts_with("pmd") && compresses.contains(&server);
            for cuts in cuttings(wire.len()) {
                let (without, with) = (answer(&wire, &cuts, NoExtension), answer(&wire, &cuts, Deflate));
                match variant {
                    // This server disconnects without a response.
                    "nokey" | "badversion" if server == "tungstenite" => {
                        assert_eq!((without, with), (None, None), "{name}")
                    }
                    "nokey" | "badversion" => {
                        assert!(matches!(without, Some(Answer::Refused { status: 400, .. })), "{name}");
                        assert_eq!(with, without);
                    }
                    _ => {
                        assert!(matches!(with, Some(Answer::Agreed(_))), "{name}: {with:?}");
                        if compressed {
                            assert_eq!(without, Some(Answer::Failed(Failure::ExtensionNotAgreed)), "{name}");
                        } else {
                            assert_eq!(without, with, "{name}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_response_to_another_key_is_refused() {
    let wire = capture("resp-node-ws-plain.bin");
    let request = ClientRequest::new(Uri::parse("ws://localhost").unwrap());
    let mut other = |bytes: &mut [u8]| -> Result<(), NoEntropy> {
        bytes.fill(1);
        Ok(())
    };
    let mut handshake = ClientHandshake::new(request, &mut other).unwrap();
    assert_eq!(handshake.receive(&mut &wire[..]), Some(Answer::Failed(Failure::Accept)));
}

/// Records events: `text Hello`, `binary 4`, `text~7` for compressed text, `ping`, `close 1000 done`.
#[derive(Default)]
struct Notes {
    lines: Vec<String>,
    open: Vec<u8>,
}

impl Notes {
    fn take<R: Role>(&mut self, connection: &mut Connection<R>, mut input: &mut [u8]) {
        while let Some(event) = connection.receive(&mut input) {
            let payload = || String::from_utf8_lossy(connection.control_payload().unwrap_or_default()).into_owned();
            let (kind, last) = match &event {
                Event::Text(piece) => {
                    self.open.extend_from_slice(piece.as_bytes());
                    ("text", piece.is_last())
                }
                Event::Binary(piece) => {
                    self.open.extend_from_slice(piece.as_bytes());
                    ("binary", piece.is_last())
                }
                Event::Extended(piece) => {
                    self.open.extend_from_slice(piece.as_bytes());
                    let text = piece.kind() == upframe::connection::MessageKind::Text;
                    (if text { "text~" } else { "binary~" }, piece.is_last())
                }
                Event::Ping => {
                    self.lines.push(format!("ping {}", payload()));
                    continue;
                }
                Event::Pong => {
                    self.lines.push(format!("pong {}", payload()));
                    continue;
                }
                Event::Close(code) => {
                    self.lines.push(format!("close {code} {}", connection.close_reason()));
                    continue;
                }
                other => panic!("{other:?}"),
            };
            if last {
                let message = std::mem::take(&mut self.open);
                self.lines.push(match kind {
                    "text" if message.len() < 20 => format!("text {}", String::from_utf8(message).unwrap()),
                    "text" => format!("text {}×{}", message.len(), char::from(message[0])),
                    "binary" => format!("binary {}", message.len()),
                    kind => format!("{kind}{}", message.len()),
                });
            }
        }
    }
}

/// Reads what the client sent, as a server.
fn read_as_server(wire: &[u8], cuts: &[usize], compressed: bool) -> Vec<String> {
    let mut handshake = ServerHandshake::with_extension(ServerOptions::new(), Deflate);
    let (mut connection, mut notes, mut out) = (None, Notes::default(), [0; 256]);
    for piece in pieces(wire, cuts) {
        let mut piece = piece.to_vec();
        let mut input = &mut piece[..];
        if connection.is_none() {
            let Some(Outcome::Upgrade(upgrade)) = handshake.receive(&mut input) else {
                assert!(input.is_empty());
                continue;
            };
            let upgrade: Upgrade = if compressed { upgrade } else { upgrade.without_extension() };
            connection = Some(handshake.accept(&upgrade, Settings::new(), &[], &mut out).unwrap().1);
        }
        if let Some(connection) = &mut connection {
            notes.take(connection, input);
        }
    }
    notes.lines
}

/// Reads what the server sent, as a client with the key that was sent.
fn read_as_client(nonce: [u8; 16], wire: &[u8], cuts: &[usize]) -> Vec<String> {
    let mut entropy = |bytes: &mut [u8]| -> Result<(), NoEntropy> {
        bytes.copy_from_slice(&nonce[..bytes.len()]);
        Ok(())
    };
    let request = ClientRequest::new(Uri::parse("ws://localhost").unwrap());
    let mut handshake = ClientHandshake::with_extension(request, Deflate, &mut entropy).unwrap();
    let (mut connection, mut notes) = (None, Notes::default());
    for piece in pieces(wire, cuts) {
        let mut piece = piece.to_vec();
        let mut input = &mut piece[..];
        if connection.is_none() {
            match handshake.receive(&mut input) {
                None => {
                    assert!(input.is_empty());
                    continue;
                }
                Some(Answer::Agreed(agreed)) => connection = Some(agreed.connect(sample_nonce, Settings::new())),
                Some(other) => panic!("{other:?}"),
            }
        }
        if let Some(connection) = &mut connection {
            notes.take(connection, input);
        }
    }
    notes.lines
}

/// Decodes the base64 of a key without the crate.
fn nonce(request: &[u8]) -> [u8; 16] {
    let request = String::from_utf8_lossy(request);
    let key = request.split("Sec-WebSocket-Key: ").nth(1).unwrap().split("\r\n").next().unwrap();
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => 0,
    };
    let bits = key.bytes().flat_map(|c| (0..6).rev().map(move |bit| digit(c) >> bit & 1)).collect::<Vec<_>>();
    std::array::from_fn(|i| bits[i * 8..][..8].iter().fold(0, |byte, bit| byte << 1 | bit))
}

const BROWSER: [&str; 10] =
    ["text~7", "text~5", "text~4", "text~1", "text~12", "binary~6", "text~5", "text~7", "binary~86", "close 1000 done"];
const NODE: [&str; 10] =
    ["text~7", "text~5", "text~4", "text~1", "text~14", "binary~6", "text~5", "text~7", "binary~86", "close 1000 done"];

/// Returns all lines but the Close, after other lines.
fn before_close<'a>(lines: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    let (close, rest) = lines.split_last().unwrap();
    [rest, more, &[*close]].concat()
}

#[test]
fn every_session_replays_in_both_directions_at_every_cut_that_is_tried() {
    let plain = [
        "text Hello",
        "text Hello",
        "text Hello",
        "text ",
        "text héllo 😀",
        "binary 4",
        "text 126×a",
        "text 300×b",
        "binary 70000",
    ];
    let sessions: [(&str, bool, Vec<&str>, Vec<&str>); 6] = [
        ("chromium--nginx-proxied-node-ws", true, BROWSER.to_vec(), NODE.to_vec()),
        ("chromium--node-ws", true, BROWSER.to_vec(), NODE.to_vec()),
        ("chromium--py-websockets", true, BROWSER.to_vec(), BROWSER.to_vec()),
        (
            "node-ws--node-ws-nodeflate",
            false,
            [&plain[..], &["ping ping", "text fragmented", "close 1000 done"]].concat(),
            [&plain[..], &["pong ping", "text fragmented", "close 1000 done"]].concat(),
        ),
        (
            "node-ws--py-websockets",
            true,
            before_close(&NODE, &["ping ping", "text~18"]),
            before_close(&BROWSER, &["pong ping", "text~12"]),
        ),
        (
            "py-websockets--node-ws",
            true,
            before_close(&BROWSER, &["text~29", "ping ping"]),
            before_close(&NODE, &["text~12", "pong ping"]),
        ),
    ];
    for (name, compressed, to_server, to_client) in sessions {
        let (c2s, s2c) = (capture(&format!("sess-{name}.c2s.bin")), capture(&format!("sess-{name}.s2c.bin")));
        for cuts in cuttings(c2s.len()) {
            assert_eq!(read_as_server(&c2s, &cuts, compressed), to_server, "{name}");
        }
        for cuts in cuttings(s2c.len()) {
            assert_eq!(read_as_client(nonce(&c2s), &s2c, &cuts), to_client, "{name}");
        }
    }
}
