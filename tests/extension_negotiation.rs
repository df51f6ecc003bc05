//! An extension of the test's own that owns RSV1 is offered, agreed on, declined and used (RFC 6455 §4.1, §4.2.2,
//! §9.1).

mod common;
mod heads;

use common::{Seen as Events, close_frame, feed, frame, keys, plain, transmit};
use heads::server::{FRAME, GOOD, answer};
use heads::{ACCEPT, Came, Heard, ask, client, every_cut, replace, serve};
use upframe::Settings;
use upframe::connection::{Connection, Endpoint, Event, Fragment, MessageKind, NoEntropy, Role, SendError, Violation};
use upframe::frame::{FrameViolation, ReservedBits};
use upframe::handshake::{
    Answer, Both, ClientHandshake, ClientRequest, Extension, ExtensionWriter, Failure, Key, NoExtension, Outcome,
    Refusal, RequestError, RequestJudge, ResponseJudge, ServerHandshake, ServerOptions, Uri,
};

/// `x-test; level="7"`: a level from 1 to 9, once, in any spelling that the grammar of the list allows.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Leveled {
    /// What a client offers, in this order.
    offers: &'static [u8],
    level: Option<u8>,
    bad: bool,
    agreed: Option<u8>,
}

impl Leveled {
    const fn offering(offers: &'static [u8]) -> Self {
        Self { offers, level: None, bad: false, agreed: None }
    }

    const SERVER: Self = Self::offering(&[]);
}

impl Extension for Leveled {
    fn begin(&mut self, name: &str) -> bool {
        (self.level, self.bad) = (None, false);
        name == "x-test"
    }
    fn parameter(&mut self, name: &str, value: Option<&str>) {
        let level = value.and_then(|value| value.parse().ok());
        let in_range = level.is_some_and(|level| matches!(level, 1..=9));
        let offered = self.offers.is_empty() || level.is_some_and(|level| self.offers.contains(&level));
        self.bad |= name != "level" || !in_range || !offered || self.level.is_some();
        self.level = level;
    }
    fn end(&mut self) -> bool {
        let agrees = !self.bad && self.level.is_some();
        if agrees {
            // a server is shown no element after the one that it agreed to
            assert!(self.agreed.is_none() || !self.offers.is_empty(), "agreed twice");
            self.agreed = self.agreed.or(self.level);
        }
        agrees
    }
    fn reserved_bits(&self) -> ReservedBits {
        ReservedBits::RSV1
    }
    fn write(&self, list: &mut ExtensionWriter<'_, '_>) {
        for level in self.agreed.as_slice().iter().chain(self.offers) {
            list.element("x-test");
            list.parameter_with("level", &level.to_string(), true);
        }
    }
}

const NAME: &str = "Sec-WebSocket-Extensions";
const RESERVED: Violation = Violation::Frame(FrameViolation::ReservedBit);

fn lines(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| format!("{NAME}: {value}")).collect()
}

fn request_with(values: &[&str]) -> Vec<u8> {
    let lines = lines(values);
    replace(&GOOD, "", &lines.iter().map(String::as_str).collect::<Vec<_>>())
}

fn response_with(values: &[&str]) -> Vec<u8> {
    let lines = lines(values);
    let accept = format!("Sec-WebSocket-Accept: {ACCEPT}");
    let good = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", &accept];
    replace(&good, "", &lines.iter().map(String::as_str).collect::<Vec<_>>())
}

fn uri() -> ClientRequest<'static> {
    ClientRequest::new(Uri::parse("ws://a").unwrap())
}

fn accepted(extension: &str) -> Came {
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {ACCEPT}\r\n{extension}\r\n"
    );
    Came::Upgrade { accept: ACCEPT.into(), subprotocol: None, answer }
}

/// The event that a frame with RSV1 is to a connection, and what it then writes.
fn gives<R: Role>(mut connection: Connection<R>, to_server: bool) -> (Vec<Events>, Vec<u8>) {
    let mut seen = vec![];
    feed(&mut connection, &frame(0xC1, b"\xFF", to_server), &mut seen);
    (seen, plain(&transmit(&mut connection, 20), !to_server))
}

fn owns_rsv1() -> (Vec<Events>, Vec<u8>) {
    let bits = ReservedBits::RSV1;
    (vec![Events::Data { kind: MessageKind::Text, bits, bytes: b"\xFF".into(), whole: true }], vec![])
}

fn owns_nothing() -> (Vec<Events>, Vec<u8>) {
    (vec![Events::failed(RESERVED, 0)], close_frame(1002))
}

#[test]
fn an_offer_is_written_in_quotes_after_the_version() {
    let start = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {}\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat\r\n",
        heads::KEY
    );
    for (offers, line) in [
        (&[7][..], "Sec-WebSocket-Extensions: x-test; level=\"7\"\r\n"),
        (&[9, 7, 1], "Sec-WebSocket-Extensions: x-test; level=\"9\", x-test; level=\"7\", x-test; level=\"1\"\r\n"),
        (&[], ""),
    ] {
        let want = format!("{start}{line}Origin: http://a\r\n\r\n");
        let request = uri().with_subprotocols(&["chat"]).with_origin("http://a");
        let handshake = client(request, Leveled::offering(offers));
        let mut out = vec![0xEE; want.len()];
        assert_eq!(handshake.write_request(&mut out).unwrap(), want.as_bytes());
        for len in 0..want.len() {
            let mut out = vec![0xEE; len];
            let required = want.len();
            assert_eq!(handshake.write_request(&mut out), Err(RequestError::BufferTooSmall { required }));
            assert!(out.iter().all(|byte| *byte == 0xEE));
        }
    }
}

/// [4.2.2-extension-first]
#[test]
fn a_server_agrees_to_the_first_offer_that_is_good() {
    let (longest, longer) = ("p".repeat(40), "p".repeat(41));
    let unknown = format!("{longer}; level=1; {longer}=\"{longer}\", x-test; level=3");
    let hidden = format!("x-test; level=8; {longer}");
    let bad = format!("x-test; level=8; {longest}, x-test; level=4");
    for (values, level) in [
        (&["x-test; level=\"7\""][..], Some(7)),
        (&["x-test;level=7"], Some(7)),
        (&["x-test ; level\t=\t\"\\7\" "], Some(7)),
        (&[",, x-test; level=9,,"], Some(9)),
        // a bad value, an unknown, a repeated or a missing parameter declines that offer only
        (&["x-test; level=10, x-test; level=0, x-test; level=\"2\""], Some(2)),
        (&["x-test; level=7; level=7, x-test; level=6"], Some(6)),
        (&["x-test; level=7; fast, x-test; level=6"], Some(6)),
        (&["x-test, x-test; level, x-test; level=x, x-test; level=5, x-test; level=4"], Some(5)),
        (&["x-test; level=10", "y; level=7", "x-test; level=1"], Some(1)),
        (&["permessage-deflate; client_max_window_bits; level=7, x-test; level=3"], Some(3)),
        (&[&unknown], Some(3)),
        (&[&bad], Some(4)),
        (&[&hidden], None),
        (&["x-test; level=10"], None),
        (&["x-test"], None),
        (&["X-TEST; level=7, x-tes; level=7, x-test2; level=7"], None),
        (&["x-test; LEVEL=7"], None),
        (&["y; level=7"], None),
        (&[], None),
    ] {
        let wire = [&request_with(values)[..], FRAME].concat();
        let field = level.map_or(String::new(), |level| format!("{NAME}: x-test; level=\"{level}\"\r\n"));
        let run =
            |pieces: &[&[u8]]| serve(ServerHandshake::with_extension(ServerOptions::new(), Leveled::SERVER), pieces).1;
        let seen = every_cut(&wire, run);
        assert_eq!((seen.came, &seen.left[..]), (Some(accepted(&field)), FRAME), "{values:?}");
        // one without the extension declines all
        let seen = every_cut(&wire, |pieces| serve(ServerHandshake::new(ServerOptions::new()), pieces).1);
        assert_eq!(seen.came, Some(accepted("")), "{values:?}");
    }
}

#[test]
fn an_element_declined_for_a_hidden_parameter_is_not_answered() {
    let hidden = format!("x-test; level=8; {}, x-test; level=4", "p".repeat(41));
    let wire = request_with(&[&hidden]);
    let seen = serve(ServerHandshake::with_extension(ServerOptions::new(), Leveled::SERVER), &[&wire]).1;
    assert_eq!(seen.came, Some(accepted("Sec-WebSocket-Extensions: x-test; level=\"4\"\r\n")));
}

/// [4.2.2-extension-offered] [5.8-negotiated]
#[test]
fn the_connection_owns_the_bit_only_if_both_agreed() {
    for (values, owned) in [(&["x-test; level=7"][..], true), (&["x-test; level=10"], false), (&[], false)] {
        let mut handshake = ServerHandshake::with_extension(ServerOptions::new(), Leveled::SERVER);
        let wire = request_with(values);
        let Some(Outcome::Upgrade(upgrade)) = handshake.receive(&mut &wire[..]) else { panic!() };
        let mut out = [0; 256];
        let (_, connection) = handshake.accept(&upgrade, Settings::new(), &[], &mut out).unwrap();
        assert_eq!(gives(connection, true), if owned { owns_rsv1() } else { owns_nothing() }, "{values:?}");
        // the application may still decline
        let (response, connection) =
            handshake.accept(&upgrade.without_extension(), Settings::new(), &[], &mut out).unwrap();
        assert!(!response.windows(NAME.len()).any(|bytes| bytes == NAME.as_bytes()));
        assert_eq!(gives(connection, true), owns_nothing());
        let agreed = ask(client(uri(), Leveled::offering(&[7])), &[&response_with(&values[..usize::from(owned)])]).1;
        let connection = agreed.unwrap().connect(keys, Settings::new());
        assert_eq!(gives(connection, false), if owned { owns_rsv1() } else { owns_nothing() });
    }
}

/// [4.1-response-extension] [4.1-response-extension-agreed]
#[test]
fn a_client_agrees_only_to_what_it_offered() {
    let (agreed, not) = (Heard::Agreed(None), Heard::Failed(Failure::ExtensionNotAgreed));
    let long = format!("x-test; level=7; {}", "p".repeat(41));
    for (values, want) in [
        (&["x-test; level=\"7\""][..], &agreed),
        (&["x-test;level=6"], &agreed),
        (&[" , x-test ; level = \"\\7\" ,"], &agreed),
        (&[], &agreed),
        (&["x-test; level=5"], &not),
        (&["x-test; level=10"], &not),
        (&["x-test"], &not),
        (&["x-test; level"], &not),
        (&["x-test; level=7; fast"], &not),
        (&["x-test; level=7; level=7"], &not),
        (&["X-Test; level=7"], &not),
        (&["y"], &not),
        (&["x-test; level=7, y"], &not),
        (&["y, x-test; level=7"], &not),
        (&["x-test; level=5, x-test; level=7"], &not),
        (&[&long], &not),
    ] {
        let run = |pieces: &[&[u8]]| ask(client(uri(), Leveled::offering(&[7, 6])), pieces).2;
        let seen = every_cut(&[&response_with(values)[..], b"\x81\0"].concat(), run);
        assert_eq!((seen.came.as_ref(), &seen.left[..]), (Some(want), &b"\x81\0"[..]), "{values:?}");
        if !values.is_empty() {
            let seen = every_cut(&response_with(values), |pieces| ask(client(uri(), NoExtension), pieces).2);
            assert_eq!(seen.came, Some(not.clone()), "nothing was offered: {values:?}");
        }
    }
}

/// [4.1-response-extension-once]
#[test]
fn a_duplicated_answer_fails() {
    for values in [
        &["x-test; level=7, x-test; level=7"][..],
        &["x-test; level=7", "x-test; level=7"],
        &["x-test; level=7, x-test; level=bad"],
        &["x-test; level=7", "x-test"],
    ] {
        let run = |pieces: &[&[u8]]| ask(client(uri(), Leveled::offering(&[7])), pieces).2;
        let seen = every_cut(&response_with(values), run);
        assert_eq!(seen.came, Some(Heard::Failed(Failure::ExtensionNotAgreed)), "{values:?}");
    }
}

/// [9.1-grammar] [9.1-quoted-token]
#[test]
fn a_separator_in_quotes_is_malformed_and_never_splits() {
    for value in [
        "y; a=\", x-test; level=7\"",
        "y; a=\"; level=7\"",
        "y; a=\"\\\", x-test; level=7; b=\\\"\"",
        "y; a=\"\\,\", x-test; level=7",
        "x-test; level=\"7,\"",
        "x-test; level=\"7;\"",
        "x-test; level=\"7 \"",
        "x-test; level=\"\"",
        "x-test; level=\"7",
        "x-test; level=7\"",
        "x-test; level=\"7\\",
        "x-test; level=\"7\"7",
        "x-test; =7",
        "x-test; level==7",
        "x-test; level=7 8",
        "x-test level=7",
        "x-test; level=7;",
        "x-test;; level=7",
        "\"x-test\"; level=7",
        "x-test/level=7",
        ";",
        "",
    ] {
        let run =
            |pieces: &[&[u8]]| serve(ServerHandshake::with_extension(ServerOptions::new(), Leveled::SERVER), pieces).1;
        let refused = Some(Came::Refused(Refusal::Extensions, answer(Refusal::Extensions)));
        assert_eq!(every_cut(&request_with(&[value]), run).came, refused, "{value}");
        let run = |pieces: &[&[u8]]| ask(client(uri(), Leveled::offering(&[7])), pieces).2;
        let failed = Some(Heard::Failed(Failure::Extensions));
        assert_eq!(every_cut(&response_with(&[value]), run).came, failed, "{value}");
    }
    // a quote does not continue in the next line
    let wire = request_with(&["y; a=\"b", "c\", x-test; level=7"]);
    let seen = serve(ServerHandshake::with_extension(ServerOptions::new(), Leveled::SERVER), &[&wire]).1;
    assert_eq!(seen.came, Some(Came::Refused(Refusal::Extensions, answer(Refusal::Extensions))));
}

#[test]
fn an_extended_message_goes_both_ways_after_a_real_handshake() {
    let mut at_client =
        ClientHandshake::with_extension(uri(), Leveled::offering(&[12, 8, 3]), &mut heads::nonce).unwrap();
    let mut at_server = ServerHandshake::with_extension(ServerOptions::new(), Leveled::SERVER);
    let (mut request, mut response) = ([0; 512], [0; 512]);
    let mut input = at_client.write_request(&mut request).unwrap();
    let Some(Outcome::Upgrade(upgrade)) = at_server.receive(&mut input) else { panic!() };
    assert_eq!(at_server.extension().agreed, Some(8), "12 is too much");
    let (mut input, mut server) = at_server.accept(&upgrade, Settings::new(), &[], &mut response).unwrap();
    let Some(Answer::Agreed(agreed)) = at_client.receive(&mut input) else { panic!() };
    assert_eq!(at_client.extension().agreed, Some(8));
    let mut client = agreed.connect(keys, Settings::new());

    let extended = |bytes| Fragment::extended(MessageKind::Text, ReservedBits::RSV1, bytes);
    let want = |bytes: &[u8]| Events::Data {
        kind: MessageKind::Text,
        bits: ReservedBits::RSV1,
        bytes: bytes.into(),
        whole: true,
    };
    let (mut out, mut seen, mut wire) = ([0; 64], vec![], vec![]);
    wire.extend_from_slice(client.send(extended(b"\xFF\xFE"), &mut out).unwrap());
    wire.extend_from_slice(client.send(extended(b"\xFD").first(), &mut out).unwrap());
    wire.extend_from_slice(client.send(extended(b"\xFC").last(), &mut out).unwrap());
    wire.extend_from_slice(client.send("plain", &mut out).unwrap());
    wire.chunks(1).for_each(|byte| feed(&mut server, byte, &mut seen));
    assert_eq!(seen, [want(b"\xFF\xFE"), want(b"\xFD\xFC"), Events::text("plain")]);

    let (mut seen, frame) = (vec![], server.send(extended(b"\x00"), &mut out).unwrap());
    assert_eq!(frame, b"\xC1\x01\x00");
    feed(&mut client, frame, &mut seen);
    assert_eq!(seen, [want(b"\x00")]);
    let two = Fragment::extended(MessageKind::Text, ReservedBits::RSV2, b"");
    assert_eq!(client.send(two, &mut out), Err(SendError::ReservedBits));
}

#[test]
fn fields_as_pairs_are_judged_alike() {
    for (value, level) in [("x-test; level=\"7\"", true), ("x-test; level=10", false)] {
        let mut judge = RequestJudge::with_extension(ServerOptions::new(), Leveled::SERVER);
        judge.request_line(b"GET", b"/", 1);
        for line in &GOOD[1..] {
            let (name, value) = line.split_once(": ").unwrap();
            judge.field(name.as_bytes(), value.as_bytes());
        }
        judge.field(NAME.as_bytes(), value.as_bytes());
        assert!(matches!(judge.finish(), Outcome::Upgrade(_)));
        let mut judge = ResponseJudge::with_extension(&Key::new(heads::NONCE), &[], Leveled::offering(&[7]));
        for (name, value) in
            [("Upgrade", "websocket"), ("Connection", "upgrade"), ("Sec-WebSocket-Accept", ACCEPT), (NAME, value)]
        {
            judge.field(name.as_bytes(), value.as_bytes());
        }
        match judge.finish(101, 1) {
            Answer::Agreed(agreed) => {
                assert!(level);
                assert_eq!(gives(agreed.connect(keys, Settings::new()), false), owns_rsv1());
            }
            other => assert_eq!((other, level), (Answer::Failed(Failure::ExtensionNotAgreed), false)),
        }
    }
}

/// An extension that agrees to everything and writes nothing: no offer, and no answer.
#[derive(Clone, Debug)]
struct Silent;

impl Extension for Silent {
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
    fn write(&self, _: &mut ExtensionWriter<'_, '_>) {}
}

/// [4.1-response-extension]
#[test]
fn an_extension_that_writes_nothing_has_agreed_to_nothing() {
    let wire = request_with(&["x-test; level=7"]);
    let mut handshake = ServerHandshake::with_extension(ServerOptions::new(), Silent);
    let Some(Outcome::Upgrade(upgrade)) = handshake.receive(&mut &wire[..]) else { panic!() };
    let mut out = [0; 256];
    let (response, connection) = handshake.accept(&upgrade, Settings::new(), &[], &mut out).unwrap();
    assert!(!response.windows(NAME.len()).any(|bytes| bytes == NAME.as_bytes()));
    assert_eq!(gives(connection, true), owns_nothing());
    // and nothing that was not offered is accepted
    for values in [&["x-test; level=7"][..], &["y"], &["x", "y"]] {
        let seen = every_cut(&response_with(values), |pieces| ask(client(uri(), Silent), pieces).2);
        assert_eq!(seen.came, Some(Heard::Failed(Failure::ExtensionNotAgreed)), "{values:?}");
    }
    let seen = every_cut(&response_with(&[]), |pieces| ask(client(uri(), Silent), pieces).2);
    assert_eq!(seen.came, Some(Heard::Agreed(None)));
}

/// [9112-3.2-target] [9112-3.2-target-bytes]
#[test]
fn a_request_line_of_another_program_is_checked_to_its_end() {
    for (target, good) in [
        (&b"/"[..], true),
        (b"/chat?room=1&a=b", true),
        (b"https://example.com/chat", true),
        (b"/a-long-path#", false),
        (b"/a-long-path#b", false),
        (b"/a-long path", false),
        (b"/a-long-path\r\nX: y", false),
        (b"/a-long-path\0", false),
        (b"/a-long-path\x7F", false),
        (b"/a-long-path\xC3\xA4", false),
        (b"/a#long-path", false),
        (b"/a\xC3\xA4-long-path", false),
        (b"/a long-path", false),
        (b"a-long-path", false),
        (b"", false),
    ] {
        let mut judge = RequestJudge::new(ServerOptions::new());
        judge.request_line(b"GET", target, 1);
        for line in &GOOD[1..] {
            let (name, value) = line.split_once(": ").unwrap();
            judge.field(name.as_bytes(), value.as_bytes());
        }
        let outcome = judge.finish();
        match outcome {
            Outcome::Upgrade(_) => assert!(good, "{}", target.escape_ascii()),
            Outcome::Refusal(Refusal::Target) => assert!(!good, "{}", target.escape_ascii()),
            other => panic!("{other:?}"),
        }
    }
}

/// Offers a number, a bare parameter, and an element without any.
#[derive(Debug)]
struct Numbered;

impl Extension for Numbered {
    fn begin(&mut self, _: &str) -> bool {
        false
    }
    fn parameter(&mut self, _: &str, _: Option<&str>) {}
    fn end(&mut self) -> bool {
        false
    }
    fn reserved_bits(&self) -> ReservedBits {
        ReservedBits::RSV1
    }
    fn write(&self, list: &mut ExtensionWriter<'_, '_>) {
        list.element("x-window");
        list.parameter("fast");
        list.parameter_number("bits", 15);
        list.parameter_number("size", 0);
        list.element("x-plain");
    }
}

#[test]
fn parameters_are_written_with_a_token_with_a_number_or_alone() {
    let handshake = client(uri(), Numbered);
    let mut out = [0; 400];
    let text = String::from_utf8(handshake.write_request(&mut out).unwrap().to_vec()).unwrap();
    assert!(text.contains("\r\nSec-WebSocket-Extensions: x-window; fast; bits=15; size=0, x-plain\r\n"), "{text}");
}

#[test]
fn the_extension_of_a_judge_knows_what_was_agreed() {
    let mut judge = ResponseJudge::with_extension(&Key::new(heads::NONCE), &[], Leveled::offering(&[7]));
    assert_eq!(judge.extension().agreed, None);
    judge.field(NAME.as_bytes(), b"x-test; level=7");
    assert_eq!(judge.extension().agreed, Some(7));
}

type Keys = fn(&mut [u8]) -> Result<(), NoEntropy>;

/// Agrees to its name, without parameters.
#[derive(Clone, Debug)]
struct Named(&'static str, ReservedBits);

impl Extension for Named {
    fn begin(&mut self, name: &str) -> bool {
        name == self.0
    }
    fn parameter(&mut self, _: &str, _: Option<&str>) {}
    fn end(&mut self) -> bool {
        true
    }
    fn reserved_bits(&self) -> ReservedBits {
        self.1
    }
    fn write(&self, list: &mut ExtensionWriter<'_, '_>) {
        list.element(self.0);
    }
}

/// Two extensions on one connection, of an end that is chosen at run time. [9.1-bits-apart]
#[test]
fn two_extensions_are_agreed_on_and_both_bits_are_owned() {
    let (one, two) = (ReservedBits::RSV1, ReservedBits::RSV2);
    let (x, y, z) = (Named("x", one), Named("y", two), Named("z", one));
    for (offered, known, owned) in [
        (Both::new(x.clone(), y.clone()), Both::new(y.clone(), x.clone()), one.union(two)),
        (Both::new(x.clone(), y.clone()), Both::new(z.clone(), y.clone()), two),
        (Both::new(x.clone(), y.clone()), Both::new(x.clone(), z.clone()), one),
        // the same bit: only the element that comes first
        (Both::new(x.clone(), z.clone()), Both::new(z.clone(), x.clone()), one),
        (Both::new(z.clone(), z.clone()), Both::new(x.clone(), y.clone()), ReservedBits::NONE),
    ] {
        for cut in [1, 2, 7, 1000] {
            let request = ClientRequest::new(Uri::parse("ws://a/").unwrap());
            let mut client = ClientHandshake::with_extension(request, offered.clone(), &mut heads::nonce).unwrap();
            let mut server = ServerHandshake::with_extension(ServerOptions::new(), known.clone());
            let (mut out, mut outcome, mut answer) = ([0; 512], None, None);
            for mut piece in client.write_request(&mut out).unwrap().to_vec().chunks(cut) {
                outcome = outcome.or(server.receive(&mut piece));
            }
            let Some(Outcome::Upgrade(upgrade)) = outcome else { panic!("{outcome:?}") };
            let response = server.write_response(&upgrade.accept_value(), &upgrade, &[], &mut out).unwrap().to_vec();
            let mut accepted = [0; 512];
            assert_eq!(server.accept(&upgrade, Settings::new(), &[], &mut accepted).unwrap().0, response);
            for mut piece in response.chunks(cut) {
                answer = answer.or(client.receive(&mut piece));
            }
            let Some(Answer::Agreed(agreed)) = answer else { panic!("{answer:?}") };
            let settings = [server.settings(&upgrade, Settings::new()), agreed.settings(Settings::new())];
            assert_eq!(settings.map(|settings| settings.reserved_bits()), [owned; 2]);
            let agreed = [client.extension().first().is_some(), client.extension().second().is_some()];
            let both = server.extension();
            let known = [both.first(), both.second()].into_iter().flatten().map(|named| named.0);
            assert_eq!(known.count(), agreed.iter().filter(|agreed| **agreed).count());
            // any kind of connection
            for bits in [one, two, one.union(two), ReservedBits::RSV3] {
                let mut connection = Connection::endpoint(Endpoint::<Keys>::Server, settings[0]);
                let mut wire = [&[0x82 | bits.bits(), 0x81, 0, 0, 0, 0][..], b"d"].concat();
                let event = connection.receive(&mut &mut wire[..]);
                assert_eq!(matches!(event, Some(Event::Extended(_))), owned.contains(bits), "{bits:?} {owned:?}");
            }
        }
    }
}
