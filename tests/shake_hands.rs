//! Both ends of this crate shake hands through a pipe that cuts anywhere, with every option on or off, and talk.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use upframe::connection::{
    Connection, Event, Extended, Fragment, MessageKind, NoEntropy, Role, Settings, State, Violation,
};
use upframe::frame::{CloseCode, FrameViolation, ReservedBits};
use upframe::handshake::{
    AcceptValue, Answer, ClientHandshake, ClientRequest, Extension, ExtensionWriter, Failure, Key, NoExtension,
    OriginPolicy, Outcome, Refusal, RequestError, ServerHandshake, ServerOptions, Uri,
};
use upframe::http::{Head, Response};

/// An extension that owns RSV1 and agrees on a level from 1 to the server's highest, which is written in quotes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Levels {
    /// What a client offers, or the highest level that a server accepts; 0 for no offer.
    level: u8,
    /// The element being read.
    asked: Option<u8>,
    bad: bool,
    agreed: Option<u8>,
}

impl Levels {
    fn new(level: u8) -> Self {
        Self { level, ..Self::default() }
    }
}

impl Extension for Levels {
    fn begin(&mut self, name: &str) -> bool {
        (self.asked, self.bad) = (None, false);
        name == "x-levels" && self.level > 0
    }
    fn parameter(&mut self, name: &str, value: Option<&str>) {
        let value = value.and_then(|value| value.parse().ok());
        self.bad |= name != "level" || value.is_none() || self.asked.is_some();
        self.asked = value;
    }
    fn end(&mut self) -> bool {
        let good = self.asked.filter(|asked| !self.bad && (1..=self.level).contains(asked));
        self.agreed = self.agreed.or(good);
        good.is_some()
    }
    fn reserved_bits(&self) -> ReservedBits {
        ReservedBits::RSV1
    }
    fn write(&self, list: &mut ExtensionWriter<'_, '_>) {
        if let Some(level) = self.agreed {
            list.element("x-levels");
            list.parameter_with("level", &level.to_string(), true);
        } else if self.level > 0 {
            // two offers: the first may be too much
            for level in [self.level, 1] {
                list.element("x-levels");
                list.parameter_with("level", &level.to_string(), true);
            }
        }
    }
}

fn entropy(bytes: &mut [u8]) -> Result<(), NoEntropy> {
    bytes.iter_mut().enumerate().for_each(|(i, byte)| *byte = (i as u8).wrapping_mul(37) ^ 0x5A);
    Ok(())
}

/// Every option.
#[derive(Clone, Debug)]
struct Options {
    client_protocols: Vec<&'static str>,
    server_protocols: Vec<&'static str>,
    origin: Option<&'static str>,
    allowed: Vec<&'static str>,
    client_level: u8,
    server_level: u8,
    fields: bool,
    interim: bool,
    /// Frames of both ends in the same segment as the heads.
    early: bool,
    cuts: Vec<Index>,
}

fn options() -> impl Strategy<Value = Options> {
    let protocols = || proptest::sample::subsequence(vec!["superchat", "chat", "wamp", "v2.chat"], 0..4).prop_shuffle();
    (
        (protocols(), protocols()),
        proptest::option::of(proptest::sample::select(vec!["https://a.example", "https://evil.example"])),
        proptest::sample::select(vec![vec![], vec!["https://a.example"]]),
        (0u8..4, 0u8..4),
        (any::<bool>(), any::<bool>(), any::<bool>()),
        vec(any::<Index>(), 0..12),
    )
        .prop_map(|(protocols, origin, allowed, levels, (fields, interim, early), cuts)| Options {
            client_protocols: protocols.0,
            server_protocols: protocols.1,
            origin,
            allowed,
            client_level: levels.0,
            server_level: levels.1,
            fields,
            interim,
            early,
            cuts,
        })
}

/// The segments that a pipe makes of some bytes.
fn segments(bytes: &[u8], cuts: &[Index]) -> Vec<Vec<u8>> {
    let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).chain([0, bytes.len()]).collect();
    places.sort_unstable();
    places.windows(2).map(|pair| bytes[pair[0]..pair[1]].to_vec()).collect()
}

/// What came: messages joined, extended ones in `~`.
fn receive<R: Role>(connection: &mut Connection<R>, wire: &[u8], cuts: &[Index]) -> Vec<String> {
    let (mut seen, mut open) = (vec![], vec![]);
    for mut segment in segments(wire, cuts) {
        let mut input = &mut segment[..];
        while let Some(event) = connection.receive(&mut input) {
            let (tilde, bytes, last) = match &event {
                Event::Text(piece) => ("", piece.as_bytes(), piece.is_last()),
                Event::Binary(piece) => ("", piece.as_bytes(), piece.is_last()),
                Event::Extended(piece) => ("~", piece.as_bytes(), piece.is_last()),
                other => {
                    seen.push(format!("{other:?}"));
                    continue;
                }
            };
            open.extend_from_slice(bytes);
            if last {
                seen.push(format!("{tilde}{}", String::from_utf8(std::mem::take(&mut open)).unwrap()));
            }
        }
    }
    seen
}

fn shake_hands(options: &Options) {
    let own: &[(&str, &str)] =
        if options.fields { &[("X-Own", "a value, with; \"signs\""), ("Cookie", "id=7")] } else { &[] };
    let mut request = ClientRequest::new(Uri::parse("ws://[::1]:8080/chat?room=1").unwrap())
        .with_subprotocols(&options.client_protocols)
        .with_fields(own);
    if let Some(origin) = options.origin {
        request = request.with_origin(origin);
    }
    let mut client = ClientHandshake::with_extension(request, Levels::new(options.client_level), &mut entropy).unwrap();
    let policy = match &options.allowed[..] {
        [] => OriginPolicy::any(),
        list => OriginPolicy::list(list).unwrap(),
    };
    let server_options = ServerOptions::new().with_subprotocols(&options.server_protocols).with_origins(policy);
    let mut server = ServerHandshake::with_extension(server_options, Levels::new(options.server_level));
    let (mut out, mut memory) = ([0; 1024], [0; 1024]);
    let mut head = Head::new(&mut memory);

    // the request, cut anywhere
    let request = client.write_request(&mut out).unwrap().to_vec();
    let (mut outcome, mut behind) = (None, vec![]);
    for segment in segments(&request, &options.cuts) {
        let mut input = &segment[..];
        outcome = outcome.or_else(|| server.receive_with(&mut input, |span| head.push(span)));
        behind.extend_from_slice(input);
    }
    assert_eq!((head.path(), behind.len()), (Ok(&b"/chat?room=1"[..]), 0));
    assert_eq!(head.field("host"), Ok(Some(&b"[::1]:8080"[..])));
    assert_eq!(head.field("x-own"), Ok(own.first().map(|(_, value)| value.as_bytes())));
    let upgrade = match outcome {
        Some(Outcome::Upgrade(upgrade)) => upgrade,
        other => {
            let evil = options.origin == Some("https://evil.example") && !options.allowed.is_empty();
            assert!(evil && matches!(other, Some(Outcome::Refusal(Refusal::Origin))), "{other:?}");
            return;
        }
    };
    let chosen = options.server_protocols.iter().find(|known| options.client_protocols.contains(known)).copied();
    assert_eq!(upgrade.subprotocol(), chosen, "the server's favourite");
    let level = match (options.client_level, options.server_level) {
        (0, _) | (_, 0) => None,
        (client, server) if client <= server => Some(client),
        _ => Some(1),
    };
    assert_eq!(server.extension().agreed, level);

    // the response, with frames right after it
    let (response, mut at_server) = server.accept(&upgrade, Settings::new(), own, &mut out).unwrap();
    let mut back = if options.interim { b"HTTP/1.1 103 Early Hints\r\nUpgrade: h2c\r\n\r\n".repeat(2) } else { vec![] };
    back.extend_from_slice(response);
    if options.early {
        back.extend_from_slice(at_server.send("welcome", &mut out).unwrap());
    }
    let (mut answer, mut behind) = (None, vec![]);
    for segment in segments(&back, &options.cuts) {
        let mut input = &segment[..];
        answer = answer.or_else(|| client.receive(&mut input));
        behind.extend_from_slice(input);
    }
    let Some(Answer::Agreed(agreed)) = answer else { panic!("{answer:?}") };
    assert_eq!(agreed.subprotocol(), chosen);
    assert_eq!(client.extension().agreed, level);
    let mut at_client = agreed.connect(entropy, Settings::new());
    let early: &[&str] = if options.early { &["welcome"] } else { &[] };
    assert_eq!(receive(&mut at_client, &behind, &options.cuts), early);

    // both talk, with the extension if there is one
    let mut to_server = at_client.send(Fragment::text("in two ").first(), &mut out).unwrap().to_vec();
    to_server.extend_from_slice(at_client.send(Fragment::text("parts").last(), &mut out).unwrap());
    let mut want = vec!["in two parts".to_string()];
    let extended = Fragment::extended(MessageKind::Text, ReservedBits::RSV1, b"squeezed");
    match at_client.send(extended, &mut out) {
        Ok(frame) => {
            assert!(level.is_some());
            to_server.extend_from_slice(frame);
            want.push("~squeezed".into());
        }
        Err(error) => assert_eq!((level, error), (None, upframe::connection::SendError::ReservedBits)),
    }
    at_client.close(CloseCode(3000), "done").unwrap();
    let n = at_client.poll_transmit(&mut out);
    to_server.extend_from_slice(&out[..n]);
    want.push("Close(CloseCode(3000))".into());
    assert_eq!(receive(&mut at_server, &to_server, &options.cuts), want);
    let n = at_server.poll_transmit(&mut out);
    assert_eq!(receive(&mut at_client, &out[..n], &options.cuts), ["Close(CloseCode(3000))"]);
    assert_eq!((at_server.state(), at_client.state()), (State::Closed, State::Closed));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_ends_agree_whatever_is_on_and_however_it_is_cut(options in options()) {
        shake_hands(&options);
    }
}

fn request_with(extensions: &str) -> Vec<u8> {
    format!(
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: {extensions}\r\n\r\n"
    )
    .into_bytes()
}

#[test]
fn a_server_accepts_the_first_offer_that_it_can_and_declines_the_others() {
    for (offers, level) in [
        ("x-levels; level=\"2\"", Some(2)),
        ("x-levels; level=2", Some(2)),
        ("x-levels; level=\"\\2\"", Some(2)),
        ("x-levels; level=9, x-levels; level=3, x-levels; level=1", Some(3)),
        ("x-levels", None),
        ("x-levels; level", None),
        ("x-levels; level=9", None),
        ("x-levels; level=2; level=2", None),
        ("x-levels; level=2; more", None),
        ("x-other; level=2", None),
        ("x-other; level=\"2\", x-levels ; level = 2", Some(2)),
        ("x-levels; level=x, x-levels; level=2", Some(2)),
    ] {
        let wire = request_with(offers);
        for cut in 0..wire.len() {
            let mut handshake = ServerHandshake::with_extension(ServerOptions::new(), Levels::new(3));
            let first = handshake.receive(&mut &wire[..cut]);
            let outcome = first.or_else(|| handshake.receive(&mut &wire[cut..]));
            let Some(Outcome::Upgrade(upgrade)) = outcome else { panic!("{offers}: {outcome:?}") };
            let mut out = [0; 256];
            let (response, mut connection) = handshake.accept(&upgrade, Settings::new(), &[], &mut out).unwrap();
            let response = String::from_utf8_lossy(response);
            match level {
                Some(level) => {
                    let field = format!("\r\nSec-WebSocket-Extensions: x-levels; level=\"{level}\"\r\n");
                    assert!(response.contains(&field), "{offers}: {response}");
                }
                None => assert!(!response.contains("Extensions"), "{offers}: {response}"),
            }
            // only then does the connection own the bit
            let mut frame = *b"\xC1\x80\0\0\0\0";
            let event = connection.receive(&mut &mut frame[..]);
            match level {
                Some(_) => assert!(matches!(event, Some(Event::Extended(piece)) if Extended::is_last(&piece))),
                None => assert!(matches!(
                    event,
                    Some(Event::Failed(error)) if error.violation == Violation::Frame(FrameViolation::ReservedBit)
                )),
            }
        }
    }
}

#[test]
fn a_client_fails_on_an_extension_that_it_did_not_offer() {
    for (extensions, want) in [
        (Some("x-levels; level=\"2\""), Ok(())),
        (Some("x-levels; level=1"), Ok(())),
        (None, Ok(())),
        (Some("x-levels; level=3"), Err(Failure::ExtensionNotAgreed)),
        (Some("x-levels"), Err(Failure::ExtensionNotAgreed)),
        (Some("x-levels; level=1, x-levels; level=2"), Err(Failure::ExtensionNotAgreed)),
        (Some("x-levels; level=1\r\nSec-WebSocket-Extensions: x-levels; level=1"), Err(Failure::ExtensionNotAgreed)),
        (Some("x-other"), Err(Failure::ExtensionNotAgreed)),
        (Some("x-levels; level=1, x-other"), Err(Failure::ExtensionNotAgreed)),
        (Some("x-levels; level=\"1,2\""), Err(Failure::Extensions)),
        (Some("x-levels; level=\"1;2\""), Err(Failure::Extensions)),
        (Some("x-levels; level=\"1"), Err(Failure::Extensions)),
        (Some(""), Err(Failure::Extensions)),
    ] {
        let field = extensions.map_or(String::new(), |list| format!("Sec-WebSocket-Extensions: {list}\r\n"));
        let accept = upframe::handshake::Key::new({
            let mut nonce = [0; 16];
            entropy(&mut nonce).unwrap();
            nonce
        });
        let wire = format!(
            "HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n{field}\r\n",
            accept.accept_value().as_str()
        );
        for cut in 0..wire.len() {
            let request = ClientRequest::new(Uri::parse("ws://a").unwrap());
            let mut handshake = ClientHandshake::with_extension(request, Levels::new(2), &mut entropy).unwrap();
            let first = handshake.receive(&mut &wire.as_bytes()[..cut]);
            let answer = first.or_else(|| handshake.receive(&mut &wire.as_bytes()[cut..]));
            match want {
                Ok(()) => assert!(matches!(answer, Some(Answer::Agreed(_))), "{extensions:?}: {answer:?}"),
                Err(failure) => assert_eq!(answer, Some(Answer::Failed(failure)), "{extensions:?}"),
            }
        }
    }
}

/// A page and a WebSocket are served on one stream: two requests, one after the other.
#[test]
fn plain_http_requests_are_served_on_the_same_stream() {
    let mut wire = b"GET /page HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
    wire.extend(request_with("x"));
    let (mut input, mut out) = (&wire[..], [0; 256]);
    let Some(Outcome::PlainHttp(plain)) = ServerHandshake::new(ServerOptions::new()).receive(&mut input) else {
        panic!()
    };
    assert!(plain.may_keep_alive() && !plain.has_body());
    let page = Response::new(200, "OK").with_keep_alive(true).with_body(b"hi").write(plain.method(), &mut out).unwrap();
    assert_eq!(page, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi");
    let outcome = ServerHandshake::new(ServerOptions::new()).receive(&mut input);
    assert!(matches!(outcome, Some(Outcome::Upgrade(_))) && input.is_empty());
}

/// Writes whatever it is configured with, valid tokens or not.
#[derive(Clone)]
struct Writes(fn(&mut ExtensionWriter<'_, '_>));

impl Extension for Writes {
    fn begin(&mut self, _: &str) -> bool {
        true
    }
    fn parameter(&mut self, _: &str, _: Option<&str>) {}
    fn end(&mut self) -> bool {
        true
    }
    fn reserved_bits(&self) -> ReservedBits {
        ReservedBits::RSV2
    }
    fn write(&self, list: &mut ExtensionWriter<'_, '_>) {
        (self.0)(list);
    }
}

/// [9.1-extension-sent]
#[test]
fn an_extension_that_writes_an_invalid_token_breaks_no_head() {
    let bad: [fn(&mut ExtensionWriter<'_, '_>); 6] = [
        |list| list.element("a\r\nX: y"),
        |list| list.element(""),
        |list| list.parameter("a"),
        |list| {
            list.element("a");
            list.parameter("b c");
        },
        |list| {
            list.element("a");
            list.parameter_with("b", "c\r\nX: y", false);
        },
        |list| {
            list.element("a");
            list.parameter_with("b", "c\"", true);
        },
    ];
    for write in bad {
        let request = ClientRequest::new(Uri::parse("ws://a").unwrap());
        let client = ClientHandshake::with_extension(request, Writes(write), &mut entropy).unwrap();
        let mut out = [0xEE; 512];
        assert_eq!(client.write_request(&mut out), Err(RequestError::Extension));
        let mut server = ServerHandshake::with_extension(ServerOptions::new(), Writes(write));
        let Some(Outcome::Upgrade(upgrade)) = server.receive(&mut &request_with("x")[..]) else { panic!() };
        let accepted = server.accept(&upgrade, Settings::new(), &[], &mut out).map(|(response, _)| response);
        assert_eq!(accepted, Err(upframe::http::WriteError::Extension));
        assert_eq!(out, [0xEE; 512]);
    }
}

#[test]
fn a_server_that_writes_the_101_itself_learns_what_was_agreed_on() {
    let mut judge = upframe::handshake::RequestJudge::with_extension(ServerOptions::new(), Levels::new(3));
    judge.request_line(b"GET", b"/", 1);
    for line in request_with("x-levels; level=2").split(|byte| *byte == b'\n').skip(1).take(6) {
        let line = String::from_utf8_lossy(line);
        let (name, value) = line.trim_end().split_once(':').unwrap();
        judge.field(name.as_bytes(), value.as_bytes());
    }
    // an invalid name is not a field
    judge.field(b"Sec\rWebSocket\rKey", b"dGhlIHNhbXBsZSBub25jZQ==");
    let Outcome::Upgrade(upgrade) = judge.finish() else { panic!() };
    let mut out = [0xEE; 40];
    assert!(judge.write_extensions(&upgrade, &mut out[..17]).is_err());
    assert_eq!(out, [0xEE; 40]);
    assert_eq!(judge.write_extensions(&upgrade, &mut out).unwrap(), b"x-levels; level=\"2\"");
    assert_eq!(judge.extension().agreed, Some(2));
    let mut connection = Connection::server(judge.settings(&upgrade, Settings::new()));
    assert!(connection.send(Fragment::extended(MessageKind::Text, ReservedBits::RSV1, b""), &mut out).is_ok());
    assert_eq!(judge.write_extensions(&upgrade.without_extension(), &mut out).unwrap(), b"");
}

#[test]
fn a_machine_with_sha_1_answers_the_key_itself() {
    // what such a machine computes for two samples: that of RFC 6455 §1.3, and one of a browser
    for (key, digest, value) in [
        (
            "dGhlIHNhbXBsZSBub25jZQ==",
            [
                0xB3, 0x7A, 0x4F, 0x2C, 0xC0, 0x62, 0x4F, 0x16, 0x90, 0xF6, 0x46, 0x06, 0xCF, 0x38, 0x59, 0x45, 0xB2,
                0xBE, 0xC4, 0xEA,
            ],
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        ),
        (
            "x3JJHMbDL1EzLkh9GBhXDw==",
            [
                0x1D, 0x29, 0xAB, 0x73, 0x4B, 0x0C, 0x95, 0x85, 0x24, 0x00, 0x69, 0xA6, 0xE4, 0xE3, 0xE9, 0x1B, 0x61,
                0xDA, 0x19, 0x69,
            ],
            "HSmrc0sMlYUkAGmm5OPpG2HaGWk=",
        ),
    ] {
        let key = Key::parse(key.as_bytes()).unwrap();
        assert_eq!(key.sha1_input(), format!("{}258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key.as_str()).as_bytes());
        let accept = AcceptValue::from_sha1(digest);
        assert_eq!((accept.as_str(), accept), (value, key.accept_value()));

        let request = ClientRequest::new(Uri::parse("ws://a").unwrap()).with_subprotocols(&["chat"]);
        let mut client = ClientHandshake::with_key(request, NoExtension, key, &accept).unwrap();
        let mut server = ServerHandshake::new(ServerOptions::new().with_subprotocols(&["chat"]));
        let (mut sent, mut by_machine, mut out) = ([0; 512], [0; 512], [0; 512]);
        let mut input = client.write_request(&mut sent).unwrap();
        let Some(Outcome::Upgrade(upgrade)) = server.receive(&mut input) else { panic!() };
        assert_eq!(upgrade.key(), &key);
        let fields = &[("Server", "a")];
        let (written, _) = server.accept_with(&accept, &upgrade, Settings::new(), fields, &mut by_machine).unwrap();
        let (response, _) = server.accept(&upgrade, Settings::new(), fields, &mut out).unwrap();
        assert_eq!(written, response);
        let answer = client.receive(&mut &*response);
        assert!(matches!(answer, Some(Answer::Agreed(agreed)) if agreed.subprotocol() == Some("chat")), "{answer:?}");

        // a machine with one wrong bit
        let mut wrong = digest;
        wrong[19] ^= 1;
        let wrong = AcceptValue::from_sha1(wrong);
        let (written, _) = server.accept_with(&wrong, &upgrade, Settings::new(), fields, &mut by_machine).unwrap();
        for (accept, mut input) in [(accept, written), (wrong, response)] {
            let mut client = ClientHandshake::with_key(request, NoExtension, key, &accept).unwrap();
            assert_eq!(client.receive(&mut input), Some(Answer::Failed(Failure::Accept)));
        }
    }
}

#[test]
fn a_request_with_a_given_key_is_checked_like_any_other() {
    let key = Key::new([7; 16]);
    for (request, want) in [
        (
            ClientRequest::new(Uri::parse("ws://a").unwrap()).with_subprotocols(&["a b"]),
            RequestError::Subprotocol { index: 0 },
        ),
        (
            ClientRequest::new(Uri::parse("ws://a").unwrap()).with_fields(&[("a b", "c")]),
            RequestError::FieldName { index: 0 },
        ),
    ] {
        let attempt = ClientHandshake::with_key(request, NoExtension, key, &key.accept_value());
        assert_eq!(attempt.map(|_| ()), Err(want));
    }
}
