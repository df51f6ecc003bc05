//! `Debug` and `defmt` show no payload, key, path, query, cookie or other content of a peer or of a user: every public
//! type is shown here while it holds secrets.

use std::any::type_name;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;
use upframe::connection::{
    ByRef, Connection, EndOfStream, Endpoint, Entropy, Event, Fragment, Limits, MessageKind, NoEntropy, Place,
    ProtocolError, Receiver, SendError, Server, Settings, State, Transmitter, Violation,
};
use upframe::deflate::{
    Balanced, Best, ClientDeflate, DeflatePolicy, Deflated, Deflater, Direction, Fast, FastTables, InflateError,
    InflateViolation, Inflater, MessageInflater, PreparedDeflate, ServerDeflate, SmallTables, Workspace,
};
use upframe::frame::{
    BufferTooSmall, CloseCode, Decoder, FrameError, FrameViolation, Header, Mask, MaskingKey, Opcode, Part,
    PeerMasking, ReservedBits,
};
use upframe::handshake::{
    AcceptValue, Answer, AnyOrigin, Both, ClientHandshake, ClientRequest, ConnectOutcome, ConnectRequest,
    ConnectRequestJudge, Extension, ExtensionWriter, Failure, InvalidKey, Key, MalformedFields, NoExtension,
    OriginError, OriginPolicy, OriginProblem, Outcome, Refusal, RequestError, RequestJudge, ResponseJudge,
    ServerHandshake, ServerOptions, Uri, UriError,
};
use upframe::http::{
    Head, HeadError, HeadLimits, HeadReader, HeadViolation, LeftOut, Response, Run, Span, Version, WriteError,
};
use upframe::keepalive::{Due, Keepalive, Policy};
use upframe::message::{Message, MessageAssembler, MessageReader, MessageTooBig, Next, Piece, Prepared};
use upframe::reconnect::Reconnect;
use upframe::utf8::{NotUtf8, Validator, Verdict};

/// What no output may contain, as text, as numbers or as parts of larger numbers.
const SECRETS: [&[u8]; 4] = [SECRET.as_bytes(), &KEY, &NONCE, CODE_POINT.as_bytes()];
/// A payload, a part of a path, of a query, of a field, of a reason.
const SECRET: &str = "hunter2";
/// A masking key.
const KEY: [u8; 4] = [0xA7, 0x5C, 0xE9, 0x6B];
/// The bytes of a `Sec-WebSocket-Key`.
const NONCE: [u8; 16] = *b"\xC3\x91\xD5\x8E\xB6\xFA\x97\xCC\xE1\xAD\x83\xF2\x9B\xD8\xBC\xE4";
/// A code point that may be cut.
const CODE_POINT: &str = "\u{1F92B}";

/// Shows values, and checks what they show.
#[derive(Default)]
struct Shown(BTreeSet<String>);

impl Shown {
    fn show<T: Debug>(&mut self, value: T) {
        let name = type_name::<T>().trim_start_matches('&').split('<').next().unwrap().rsplit("::").next().unwrap();
        for shown in [format!("{value:?}"), format!("{value:#?}"), format!("{value:x?}"), format!("{value:X?}")] {
            assert_ne!(shown, "", "Debug of {name} shows nothing");
            assert_eq!(leak(&shown), None, "Debug of {name} shows a secret: {shown}");
            self.0.insert(name.into());
        }
    }
}

/// Every form in which a secret may be shown.
fn forms() -> &'static [String] {
    static FORMS: OnceLock<Vec<String>> = OnceLock::new();
    FORMS.get_or_init(|| {
        // the key as text
        let mut forms = vec![Key::new(NONCE).as_str()[..8].to_lowercase()];
        for secret in SECRETS {
            forms.push(String::from_utf8_lossy(secret).to_lowercase());
            forms.extend(secret.windows(2).map(|pair| format!("{}, {}", pair[0], pair[1])));
            forms.extend(secret.windows(2).map(|pair| format!("{:x}, {:x}", pair[0], pair[1])));
            let escaped = secret.windows(3).map(|part| part.escape_ascii().to_string());
            forms.extend(escaped.filter(|part| part.contains("\\x")));
            forms.extend(secret.windows(3).map(|part| part.iter().map(|byte| format!("{byte:02x}")).collect()));
            for word in secret.windows(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())) {
                let rolled = (0..32).step_by(8).map(|by| word.rotate_left(by));
                let words = rolled.flat_map(|word| [word, word.swap_bytes()]);
                forms.extend(words.flat_map(|word| [word.to_string(), format!("{word:x}")]));
            }
        }
        forms
    })
}

/// Returns the form in which a secret is shown, if any.
fn leak(shown: &str) -> Option<&'static String> {
    // the items of a list, on one line or on several
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    forms().iter().find(|form| shown.contains(&form[..]))
}

fn keys(bytes: &mut [u8]) -> Result<(), NoEntropy> {
    let source = if bytes.len() == 16 { &NONCE[..] } else { &KEY };
    bytes.iter_mut().zip(source.iter().cycle()).for_each(|(byte, key)| *byte = *key);
    Ok(())
}

type Keys = fn(&mut [u8]) -> Result<(), NoEntropy>;

/// An extension whose parameters are a secret.
#[derive(Debug)]
struct Secret;

impl Extension for Secret {
    fn begin(&mut self, _: &str) -> bool {
        true
    }
    fn parameter(&mut self, _: &str, _: Option<&str>) {}
    fn end(&mut self) -> bool {
        true
    }
    fn reserved_bits(&self) -> ReservedBits {
        ReservedBits::RSV1
    }
    fn write(&self, list: &mut ExtensionWriter<'_, '_>) {
        list.element(SECRET);
        list.parameter_with(SECRET, SECRET, true);
        let mut shown = Shown::default();
        shown.show(list);
    }
}

fn frames(shown: &mut Shown) {
    let key = MaskingKey(KEY);
    let mut mask = Mask::new(key);
    shown.show(key);
    shown.show(mask);
    mask.apply(&mut [0; 3]);
    shown.show(mask);
    let header = Header { masking_key: Some(key), ..Header::new(Opcode::Text, 7) };
    shown.show(header);
    let mut wire = [0; 64];
    let mut len = header.encode(&mut wire).unwrap().len();
    for (i, byte) in SECRET.bytes().enumerate() {
        wire[len] = byte ^ KEY[i % 4];
        len += 1;
    }
    for cut in 0..len {
        let mut decoder = Decoder::new(PeerMasking::Required, ReservedBits::NONE);
        let (mut wire, mut bad) = (wire, [0xFF]);
        let (first, second) = wire[..len].split_at_mut(cut);
        for mut input in [first, second, &mut bad[..]] {
            while let Some(part) = decoder.decode(&mut input) {
                shown.show(part);
            }
            shown.show(&decoder);
        }
    }
    shown.show(Part::Payload { bytes: &mut SECRET.as_bytes().to_vec(), last: true });
    shown.show((PeerMasking::Required, Opcode::Text, ReservedBits::RSV1).0);
    shown.show(Opcode::Text);
    shown.show(ReservedBits::RSV1);
    shown.show(CloseCode::NORMAL);
    shown.show(FrameViolation::Masked);
    shown.show(FrameError { violation: FrameViolation::Masked, offset: 1 });
    shown.show(BufferTooSmall { required: 1 });
}

fn texts(shown: &mut Shown) {
    for cut in 1..CODE_POINT.len() {
        let mut validator = Validator::new();
        let text = [SECRET.as_bytes(), &CODE_POINT.as_bytes()[..cut]].concat();
        for mut piece in [&text[..], &CODE_POINT.as_bytes()[cut..]] {
            while let Some(chars) = validator.next(&mut piece).unwrap() {
                shown.show(chars);
            }
            shown.show(validator);
        }
    }
    shown.show(Verdict::Whole);
    shown.show(NotUtf8 { at: 1 });
}

fn compressed(shown: &mut Shown) {
    // a stored block
    let mut message = vec![0, SECRET.len() as u8, 0, !(SECRET.len() as u8), 0xFF];
    message.extend(SECRET.bytes());
    message.push(0);
    let (mut inflater, mut tables) = (Inflater::new(vec![0; 512]), FastTables::new());
    for part in message.chunks(3) {
        let mut input = part;
        while let Some(piece) = inflater.inflate(&mut tables, &mut input, false).unwrap() {
            shown.show(piece);
        }
        shown.show(&inflater);
    }
    shown.show(tables);
    shown.show(SmallTables::new());
    shown.show(InflateViolation::NoLength);
    shown.show(InflateError { violation: InflateViolation::NoLength, offset: 1 });
}

fn connections(shown: &mut Shown) {
    let settings = Settings::new().with_reserved_bits(ReservedBits::RSV1);
    let (mut server, mut client) = (Connection::server(settings), Connection::client(keys as Keys, settings));
    let (mut out, mut wire) = ([0; 64], vec![]);
    wire.extend_from_slice(client.send(SECRET, &mut out).unwrap());
    wire.extend_from_slice(client.send(SECRET.as_bytes(), &mut out).unwrap());
    wire.extend_from_slice(client.send(Fragment::text(CODE_POINT).first(), &mut out).unwrap());
    shown.show(Fragment::text(SECRET));
    shown.show(Fragment::text(SECRET).frame());
    shown.show(&client);
    for frame in [b"\xC2\x87", b"\x89\x87", b"\x88\x89"] {
        wire.extend_from_slice(frame);
        wire.extend_from_slice(&KEY);
        let payload = if frame[0] == 0x88 { [b"\x03\xE8", SECRET.as_bytes()].concat() } else { SECRET.into() };
        wire.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
        if frame[0] == 0xC2 {
            // it must not interrupt the open message
            let last = client.send(Fragment::text("").last(), &mut out).unwrap().to_vec();
            wire.splice(wire.len() - 13..wire.len() - 13, last);
        }
    }
    for cut in [1, 2, 3, 5, 8, 13, 21, wire.len()] {
        let mut memory = [0; 64];
        let mut assembler = MessageAssembler::new(&mut memory);
        let mut receiver = Receiver::<Server>::new(settings);
        let (mut reader, mut buffer) = (MessageReader::new(), [0; 256]);
        let mut whole = Connection::server(settings);
        for piece in wire.chunks(cut) {
            let mut copy = piece.to_vec();
            let mut input = &mut copy[..];
            while let Some(event) = server.receive(&mut input) {
                shown.show(event);
                event.as_fragment().into_iter().for_each(|fragment| shown.show(fragment));
                let piece = match event {
                    Event::Text(text) => Piece::from(text),
                    Event::Binary(binary) => Piece::from(binary),
                    Event::Extended(extended) => {
                        shown.show(extended);
                        continue;
                    }
                    _ => continue,
                };
                match piece {
                    Piece::Text(text) => shown.show(text),
                    Piece::Binary(binary) => shown.show(binary),
                    _ => {}
                }
                shown.show(piece);
                assembler.push(piece).unwrap().into_iter().for_each(|message| shown.show(message));
                shown.show(&assembler);
            }
            shown.show(&server);
            let (mut copy, mut at) = (piece.to_vec(), 0);
            while at < copy.len() {
                let step = receiver.step(&mut copy[at..]);
                at += step.consumed();
                shown.show(step);
                receiver.take_reply().into_iter().for_each(|reply| shown.show(reply));
                shown.show(&receiver);
            }
        }
        let (mut at, mut rest) = (0, &wire[..]);
        loop {
            match reader.next(&mut whole, &mut buffer, at) {
                Next::ReadOn { at: next, .. } if !rest.is_empty() => {
                    let n = cut.min(rest.len());
                    buffer[next..next + n].copy_from_slice(&rest[..n]);
                    (at, rest) = (next + n, &rest[n..]);
                }
                next => {
                    if let Next::Message(message) = &next {
                        shown.show(message.clone());
                    }
                    let over = matches!(next, Next::Close(_) | Next::Failed(_) | Next::ReadOn { .. });
                    shown.show(next);
                    if over {
                        break;
                    }
                }
            }
            shown.show(&reader);
        }
        server = Connection::server(settings);
    }
    let (receiver, mut transmitter) = client.split();
    let _ = transmitter.send(SECRET, &mut out).unwrap();
    shown.show(receiver);
    shown.show(transmitter);
    shown.show(Transmitter::client(keys as Keys, settings));
    let mut source = keys as Keys;
    shown.show::<ByRef<'_, Keys>>(source.by_ref());
    shown.show(Server);
    shown.show(Endpoint::Client(keys as Keys));
    shown.show(Prepared::new(SECRET, settings, [0; 32]).unwrap());
    shown.show(Message::Binary(SECRET.as_bytes()));
    shown.show(MessageTooBig { limit: 1 });
    shown.show(settings);
    shown.show(Limits::SERVER);
    shown.show(MessageKind::Text);
    shown.show(Place::First);
    shown.show(State::Open);
    shown.show(EndOfStream::InFrame);
    shown.show(Violation::NotUtf8);
    shown.show(ProtocolError { violation: Violation::NotUtf8, offset: 1 });
    shown.show(SendError::NoMessage);
    shown.show(upframe::Error::from(SendError::NoMessage));
    shown.show(NoEntropy);
    shown.show(Due::Ping);
    shown.show(Policy::DEFAULT);
    shown.show(Reconnect::DEFAULT);
    shown.show(Keepalive::new(Policy::DEFAULT, Duration::ZERO));
    shown.show(Reconnect::DEFAULT);
}

fn compression(shown: &mut Shown) {
    let mut workspace = Workspace::<256, 64>::new();
    let mut deflater = Deflater::new(Direction::DEFAULT, Balanced, vec![0; 512]);
    let text = SECRET.repeat(9);
    for _ in 0..2 {
        let mut out = [0; 99];
        let compressed = deflater.compress(&mut workspace, text.as_bytes(), &mut out).unwrap();
        shown.show(compressed);
        deflater.commit(text.as_bytes(), compressed);
        shown.show(&deflater);
        shown.show(&workspace);
        shown.show::<Deflated>(deflater.deflate(&mut workspace, &mut SECRET.as_bytes(), false, &mut out));
        shown.show(&deflater);
        deflater.forget();
    }
    shown.show(PreparedDeflate::new(&text[..], 15, Best, &mut workspace, [0; 200]).unwrap());
    shown.show((Fast, Balanced, Best).0);
    shown.show(Balanced);
    shown.show(Best);
    let policy = DeflatePolicy::new();
    shown.show(policy);
    for (name, value) in [("server_max_window_bits", SECRET), (SECRET, "9")] {
        let (mut server, mut client) = (ServerDeflate::new(policy), ClientDeflate::new(policy));
        server.begin("permessage-deflate");
        server.parameter(name, Some(value));
        client.begin(SECRET);
        client.parameter(name, Some(value));
        shown.show(server);
        shown.show(client);
    }
    let mut stage = MessageInflater::new(Direction::new(9, true), [b'H'; 512]).unwrap();
    shown.show(&stage);
    let mut server = Connection::server(Settings::new().with_reserved_bits(ReservedBits::RSV1));
    // a stored block, masked with a key of zeros
    let mut wire = [&b"\xc1\x8d\0\0\0\0\0\x07\0\xf8\xff"[..], SECRET.as_bytes(), b"\0"].concat();
    let Some(Event::Extended(mut piece)) = server.receive(&mut &mut wire[..]) else { panic!() };
    shown.show(server.inflate(&mut stage, &mut SmallTables::new(), &mut piece).unwrap());
    shown.show(&stage);
    let params = upframe::deflate::DeflateParams { server: Direction::DEFAULT, client: Direction::DEFAULT };
    shown.show(params);
    shown.show(params.server);
}

fn handshakes(shown: &mut Shown) {
    let uri = format!("ws://example.com/{SECRET}?{SECRET}");
    let fields = [("Cookie", SECRET), (SECRET, SECRET)];
    let request = ClientRequest::new(Uri::parse(&uri).unwrap()).with_origin(SECRET).with_fields(&fields);
    let mut client = ClientHandshake::with_extension(request, Secret, &mut (keys as Keys)).unwrap();
    let mut out = [0; 1024];
    let wire = client.write_request(&mut out).unwrap().to_vec();
    shown.show(request);
    shown.show(Uri::parse(&uri).unwrap());
    shown.show(&client);
    for cut in [1, 7, wire.len()] {
        let mut server = ServerHandshake::with_extension(ServerOptions::new(), Secret);
        let (mut memory, mut outcome) = ([0; 1024], None);
        let mut head = Head::new(&mut memory);
        for mut piece in wire.chunks(cut) {
            outcome = outcome.or(server.receive_with(&mut piece, |span| {
                head.push(span);
                let (Span::Method(run) | Span::Target(run) | Span::Name(run) | Span::Value(run)) = *span else {
                    return;
                };
                shown.show(*span);
                shown.show::<Run<'_>>(run);
            }));
            shown.show(&server);
        }
        let Some(Outcome::Upgrade(upgrade)) = outcome else { panic!("{outcome:?}") };
        shown.show(outcome.unwrap());
        shown.show(upgrade);
        shown.show(*upgrade.key());
        shown.show(&head);
        shown.show(head.kept());
        let accepted = server.accept(&upgrade, Settings::new(), &fields, &mut out);
        shown.show(accepted.unwrap().1);
    }
    let response = format!("HTTP/1.1 302 {SECRET}\r\nLocation: {SECRET}\r\n{SECRET}: {SECRET}\r\n\r\n");
    let answer = client.receive_with(&mut response.as_bytes(), |span| shown.show(*span)).unwrap();
    shown.show(answer);
    let uri = format!("ws://{SECRET}.example/{SECRET}");
    let client = ClientHandshake::new(ClientRequest::new(Uri::parse(&uri).unwrap()), &mut keys).unwrap();
    let parts = client.request_parts(&mut out).unwrap();
    shown.show(parts);
    shown.show(parts.fields());
    let page = [200, 403].map(|status| Response::new(status, SECRET).with_fields(&fields).with_body(SECRET.as_bytes()));
    page.into_iter().for_each(|page| shown.show(page));

    let key = Key::new(NONCE);
    let mut judge = ResponseJudge::with_extension(&key, &[], Secret);
    for (name, value) in [("Upgrade", "websocket"), ("Connection", "upgrade"), ("Set-Cookie", SECRET)] {
        judge.field(name.as_bytes(), value.as_bytes());
    }
    judge.field(b"Sec-WebSocket-Accept", key.accept_value().as_str().as_bytes());
    judge.field(b"Sec-WebSocket-Extensions", SECRET.as_bytes());
    let Answer::Agreed(agreed) = judge.finish(101, 1) else { panic!() };
    shown.show(judge);
    shown.show(agreed);
    let mut judge = RequestJudge::with_extension(ServerOptions::new(), Secret);
    judge.request_line(SECRET.as_bytes(), SECRET.as_bytes(), 1);
    for name in ["Host", "Origin", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"] {
        judge.field(name.as_bytes(), SECRET.as_bytes());
    }
    shown.show(judge);
    let mut reader = HeadReader::request(HeadLimits::DEFAULT);
    while let Some(span) = reader.read(&mut &wire[..]) {
        shown.show(&reader);
        if matches!(span, Span::Target(_)) {
            break;
        }
    }
    shown.show::<AcceptValue>(key.accept_value());
    shown.show(ServerOptions::new());
    shown.show(AnyOrigin);
    shown.show(Both::new(Secret, Secret));
    let mut server = ServerHandshake::new(ServerOptions::new());
    match server.receive_request_line(&mut &wire[..], |_| {}) {
        Some(Ok(line)) => shown.show(line),
        _ => panic!("no request line"),
    }
    shown.show(OriginPolicy::same_host());
    shown.show(OriginProblem::Host);
    shown.show(OriginError { entry: 0, problem: OriginProblem::Host });
    let mut judge = RequestJudge::new(ServerOptions::new().with_origins(OriginPolicy::same_host()));
    judge.request_line(b"GET", SECRET.as_bytes(), 1);
    judge.field(b"Origin", SECRET.as_bytes());
    judge.field(b"Host", SECRET.as_bytes());
    shown.show(judge);
    let Outcome::PlainHttp(plain) = plain() else { panic!() };
    shown.show(plain.method());
    shown.show(plain.body());
    shown.show(plain);
    shown.show(NoExtension);
    shown.show(HeadLimits::DEFAULT);
    shown.show(Version { major: 1, minor: 1 });
    shown.show(HeadViolation::Target);
    shown.show(HeadError { violation: HeadViolation::Target, offset: 1 });
    shown.show(WriteError::FieldValue { index: 0 });
    shown.show(LeftOut::DidNotFit);
    shown.show(InvalidKey);
    shown.show(Uri::parse(SECRET).unwrap_err());
    shown.show(UriError::Host);
    shown.show(Refusal::Origin);
    shown.show(Failure::Accept);
    shown.show(MalformedFields::HostDiffers);
    shown.show(RequestError::FieldValue { index: 0 });
}

fn streams(shown: &mut Shown) {
    let uri = format!("ws://example.com/{SECRET}?{SECRET}");
    let fields = [("Cookie", SECRET), (SECRET, SECRET)];
    let request = ClientRequest::new(Uri::parse(&uri).unwrap()).with_origin(SECRET).with_fields(&fields);
    let request = ConnectRequest::with_extension(request, Secret).unwrap();
    let mut out = [0; 1024];
    let asked = request.fields(&mut out).unwrap();
    shown.show(&request);
    shown.show(asked.clone());
    let mut judge = ConnectRequestJudge::with_extension(ServerOptions::new(), Secret);
    for (name, value) in asked {
        judge.field(name, value);
        shown.show(&judge);
    }
    let outcome = judge.finish();
    shown.show(outcome);
    let ConnectOutcome::Tunnel(tunnel) = outcome else { panic!() };
    shown.show(tunnel);
    shown.show(judge.accept(&tunnel, Settings::new(), &fields, &mut out).unwrap());
    let mut judge = request.into_judge();
    for (name, value) in [(":status", "200"), ("sec-websocket-extensions", SECRET), ("set-cookie", SECRET)] {
        judge.field(name.as_bytes(), value.as_bytes());
        shown.show(&judge);
    }
    shown.show(judge.finish());
}

fn plain() -> Outcome<'static> {
    let mut judge = RequestJudge::new(ServerOptions::new());
    judge.request_line(b"GET", b"/", 1);
    judge.field(b"Host", b"a");
    judge.finish()
}

/// The source, and the lines of the attributes, of every public type.
fn public_types() -> BTreeMap<String, (String, String)> {
    fn add(folder: &Path, found: &mut BTreeMap<String, (String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(&path, found);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let mut attributes = String::new();
            for line in text.lines() {
                let name = ["pub struct ", "pub enum ", "pub union "].iter().find_map(|kind| line.strip_prefix(kind));
                if let Some(name) = name {
                    let name = name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                    found.insert(name.into(), (text.clone(), attributes.clone()));
                }
                match line.starts_with("#[") {
                    true => attributes += line,
                    false => attributes.clear(),
                }
            }
        }
    }
    let mut found = BTreeMap::new();
    add(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 80, "only {} public types were found", found.len());
    found
}

#[test]
fn debug_of_no_public_type_shows_a_secret() {
    let mut shown = Shown::default();
    frames(&mut shown);
    texts(&mut shown);
    compressed(&mut shown);
    compression(&mut shown);
    connections(&mut shown);
    handshakes(&mut shown);
    streams(&mut shown);
    // it is shown where an extension writes; nobody but a connection makes a `Client`
    for name in ["ExtensionWriter", "Client"] {
        shown.0.insert(name.into());
    }
    let types = public_types();
    // a type that nobody can name
    let types = types.iter().filter(|(_, (_, attributes))| !attributes.contains("unnameable_types"));
    let missing: Vec<_> = types.map(|(name, _)| name).filter(|name| !shown.0.contains(*name)).collect();
    assert!(missing.is_empty(), "show these types in this test, with secrets in them: {missing:?}");
}

/// A derived `defmt::Format` shows what a derived `Debug` shows; one that is written says the same as its `Debug`.
#[test]
fn defmt_shows_what_debug_shows() {
    let written = |text: &str, name: &str, kind: &str, open: &str| -> Option<String> {
        let start = text.lines().position(|line| {
            line.starts_with("impl") && line.contains(kind) && line.contains(&format!(" for {name}"))
        })?;
        let body: Vec<_> = text.lines().skip(start).take_while(|line| *line != "}").collect();
        let body = body.join(" ");
        let (_, shown) = body.split_once(open)?;
        Some(shown.split_whitespace().collect::<String>().replace(";}", "}").replace(":?}", "}"))
    };
    let (mut derived, mut compared) = (0, 0);
    for (name, (text, attributes)) in public_types() {
        let debug = attributes.split("#[").any(|line| line.starts_with("derive(") && line.contains("Debug"));
        if attributes.contains("derive(defmt::Format)") {
            // a number of three bits
            assert!(debug || name == "ReservedBits", "{name} derives defmt::Format, but not Debug");
            derived += 1;
        }
        if let Some(defmt) = written(&text, &name, "defmt::Format", "defmt::write!(f, ") {
            let debug = written(&text, &name, "fmt::Debug", "write!(f, ")
                .or_else(|| written(&text, &name, "fmt::Debug", "f.write_str("));
            assert_eq!(Some(defmt), debug, "{name}");
            compared += 1;
        }
    }
    assert!(derived > 30 && compared > 3, "{derived} {compared}");
}

#[test]
fn a_secret_is_found_in_every_form() {
    let word = u32::from_le_bytes(KEY);
    for shown in [
        format!("{SECRET:?}"),
        format!("{:?}", SECRET.as_bytes()),
        format!("{:#?}", SECRET.as_bytes()),
        format!("{:X?}", &NONCE[3..6]),
        format!("{:?}", &CODE_POINT.as_bytes()[..2]),
        format!("{}", KEY.escape_ascii()),
        format!("{word} {:x}", word.rotate_right(8)),
        Key::new(NONCE).as_str().into(),
    ] {
        assert!(leak(&shown).is_some(), "{shown}");
    }
    assert_eq!(leak("Text(7 bytes)"), None);
}
