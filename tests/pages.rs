//! Pages and their status, answers to HEAD, and the parts of answers and requests for programs with an HTTP stack.

mod heads;

use heads::server::{ANY, every_refusal};
use upframe::frame::ReservedBits;
use upframe::handshake::{
    ClientHandshake, ClientRequest, Extension, ExtensionWriter, Outcome, Refusal, RequestJudge, ServerHandshake, Uri,
    write_extensions,
};
use upframe::http::{Method, Response, WriteError};

/// Writes a response in a buffer of each length, and returns what was written.
fn written(response: &Response, method: Method) -> String {
    let mut out = [0xEE; 300];
    let len = response.write(method, &mut out).unwrap().len();
    assert!(out[len..].iter().all(|byte| *byte == 0xEE));
    for short in 0..len {
        let mut out = [0xEE; 300];
        assert_eq!(response.write(method, &mut out[..short]), Err(WriteError::BufferTooSmall { required: len }));
        assert_eq!(out, [0xEE; 300]);
    }
    String::from_utf8(out[..len].to_vec()).unwrap()
}

/// [9112-4-page] [9110-9.3.2-page] [9110-15.3.6-none] [9110-8.6-none] [9110-15.2-connection]
#[test]
fn the_status_decides_whether_there_is_a_body_and_a_length() {
    for (status, head, body) in [
        (100, "", ""),
        (102, "", ""),
        (103, "", ""),
        (199, "", ""),
        (200, "Content-Length: 4\r\nConnection: close\r\n", "page"),
        (203, "Content-Length: 4\r\nConnection: close\r\n", "page"),
        (204, "Connection: close\r\n", ""),
        (205, "Content-Length: 0\r\nConnection: close\r\n", ""),
        (206, "Content-Length: 4\r\nConnection: close\r\n", "page"),
        (303, "Content-Length: 4\r\nConnection: close\r\n", "page"),
        (304, "Connection: close\r\n", ""),
        (305, "Content-Length: 4\r\nConnection: close\r\n", "page"),
        (425, "Content-Length: 4\r\nConnection: close\r\n", "page"),
        (427, "Content-Length: 4\r\nConnection: close\r\n", "page"),
        (999, "Content-Length: 4\r\nConnection: close\r\n", "page"),
    ] {
        let page = Response::new(status, "x").with_body(b"page");
        let want = format!("HTTP/1.1 {status} x\r\n{head}\r\n");
        assert_eq!(written(&page, Method::GET), format!("{want}{body}"));
        assert_eq!(written(&page, Method::of(b"POST")), format!("{want}{body}"));
        assert_eq!(written(&page, Method::HEAD), want);
        assert_eq!(page.write_head(&mut [0; 300]).unwrap(), want.as_bytes());
        let kept = want.replace("close", "keep-alive");
        assert_eq!(written(&page.with_keep_alive(true), Method::GET), format!("{kept}{body}"));
    }
    for status in [0, 99, 101, 1000, u16::MAX] {
        assert_eq!(Response::new(status, "x").write(Method::GET, &mut [0; 99]), Err(WriteError::Status));
    }
    assert_eq!(written(&Response::new(100, "Continue"), Method::of(b"PUT")), "HTTP/1.1 100 Continue\r\n\r\n");
    let hints = Response::new(103, "Early Hints").with_fields(&[("Link", "</a.css>; rel=preload")]);
    assert_eq!(written(&hints, Method::GET), "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n");
}

/// [9110-7.8-connection] [9110-15.5.22-page]
#[test]
fn a_response_with_upgrade_has_it_in_its_connection() {
    for (status, fields, keep_alive, want) in [
        (426, &[][..], false, "Upgrade: websocket\r\nContent-Length: 1\r\nConnection: Upgrade, close\r\n"),
        (426, &[], true, "Upgrade: websocket\r\nContent-Length: 1\r\nConnection: Upgrade, keep-alive\r\n"),
        (
            426,
            &[("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")],
            false,
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nContent-Length: 1\r\nConnection: Upgrade, close\r\n",
        ),
        (426, &[("upgrade", "h2c")], false, "upgrade: h2c\r\nContent-Length: 1\r\nConnection: Upgrade, close\r\n"),
        (200, &[("UPGRADE", "h2c")], true, "UPGRADE: h2c\r\nContent-Length: 1\r\nConnection: Upgrade, keep-alive\r\n"),
        (200, &[("Upgraded", "x")], false, "Upgraded: x\r\nContent-Length: 1\r\nConnection: close\r\n"),
        (204, &[("Upgrade", "x")], false, "Upgrade: x\r\nConnection: Upgrade, close\r\n"),
        (103, &[("Upgrade", "x")], false, "Upgrade: x\r\nConnection: Upgrade\r\n"),
    ] {
        let page = Response::new(status, "x").with_fields(fields).with_keep_alive(keep_alive).with_body(b"1");
        let want = format!("HTTP/1.1 {status} x\r\n{want}\r\n");
        assert_eq!(written(&page, Method::HEAD), want);
    }
}

/// [9110-9.3.2-refusal]
#[test]
fn the_answer_to_a_head_has_no_body_whatever_its_status() {
    for (wire, refusal) in [
        (&b"HEAD /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n"[..], Some(Refusal::Method)),
        (b"HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", Some(Refusal::BodyLength)),
        (b"HEAD / HTTP/1.1\r\n\r\n", Some(Refusal::Host)),
        (b"HEAD / HTTP/1.0\r\nUpgrade: websocket\r\n\r\n", Some(Refusal::HttpVersion)),
        (b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", None),
    ] {
        for cut in 1..=wire.len() {
            let mut handshake = ServerHandshake::new(ANY);
            let outcome = wire.chunks(cut).find_map(|mut piece| handshake.receive(&mut piece)).unwrap();
            assert_eq!(handshake.method(), Method::HEAD);
            let mut out = [0; 256];
            let written = match outcome {
                Outcome::Refusal(came) => {
                    assert_eq!(Some(came), refusal);
                    came.write(handshake.method(), &mut out).unwrap()
                }
                Outcome::PlainHttp(plain) => {
                    assert_eq!((plain.method(), refusal), (Method::HEAD, None));
                    Refusal::UpgradeRequired.write(plain.method(), &mut out).unwrap()
                }
                Outcome::Upgrade(_) => panic!(),
            };
            let text = std::str::from_utf8(written).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert_eq!(body, "");
            // the length is that of the answer to a GET
            let refusal = refusal.unwrap_or(Refusal::UpgradeRequired);
            assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", refusal.body().len())), "{head}");
        }
    }
    // the method is known as soon as it has come, also if the head is invalid
    for (wire, is_head) in [
        (&b"HEAD /\x01"[..], true),
        (b"HEAD / HTTP/9.9", true),
        (b"HEAD / HTTP/1.1\r\nA\x01", true),
        (b"GET /\x01", false),
        (b"HEADX /\x01", false),
        (b"XHEAD /\x01", false),
        (b"head /\x01", false),
        (b"HE\x01", false),
    ] {
        for cut in 1..=wire.len() {
            let mut handshake = ServerHandshake::new(ANY);
            let outcome = wire.chunks(cut).find_map(|mut piece| handshake.receive(&mut piece));
            assert!(matches!(outcome, Some(Outcome::Refusal(Refusal::Head(_)))));
            assert_eq!(handshake.method() == Method::HEAD, is_head, "{} {cut}", wire.escape_ascii());
        }
    }
    for (name, is_head) in
        [(&b"HEAD"[..], true), (b"HEADX", false), (b"\0HEAD", false), (b"", false), (b"GET", false), (b"POST", false)]
    {
        let mut judge = RequestJudge::new(ANY);
        judge.request_line(name, b"/", 1);
        assert_eq!(judge.method() == Method::HEAD, is_head);
    }
}

#[test]
fn the_parts_of_a_refusal_are_those_of_its_answer() {
    for refusal in every_refusal() {
        let fields: String = refusal.fields().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let (status, reason, body) = (refusal.status(), refusal.reason(), refusal.body());
        let len = body.len();
        assert_eq!(
            heads::refusal_text(refusal),
            format!("HTTP/1.1 {status} {reason}\r\n{fields}Content-Length: {len}\r\nConnection: close\r\n\r\n{body}")
        );
    }
    let fields: Vec<_> = Refusal::VersionUnsupported.fields().collect();
    let want = [
        ("Sec-WebSocket-Version", "13"),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Content-Type", "text/plain"),
    ];
    assert_eq!(fields, want);
    assert_eq!(Refusal::Origin.fields().collect::<Vec<_>>(), [("Content-Type", "text/plain")]);
    assert_eq!(Refusal::Origin.body(), "origin is not allowed\n");
}

struct Offers(fn(&mut ExtensionWriter<'_, '_>));

impl Extension for Offers {
    fn begin(&mut self, name: &str) -> bool {
        name == "x"
    }
    fn parameter(&mut self, _: &str, _: Option<&str>) {}
    fn end(&mut self) -> bool {
        true
    }
    fn reserved_bits(&self) -> ReservedBits {
        ReservedBits::RSV1
    }
    fn write(&self, list: &mut ExtensionWriter<'_, '_>) {
        (self.0)(list);
    }
}

#[test]
fn the_parts_of_a_request_are_those_that_are_written() {
    for (uri, target) in [
        ("ws://server.example.com/chat?a=b", "/chat?a=b"),
        ("ws://a", "/"),
        ("ws://a?x", "/?x"),
        ("wss://[::1]:81/a:%20b", "/a:%20b"),
    ] {
        let request = ClientRequest::new(Uri::parse(uri).unwrap())
            .with_subprotocols(&["chat", "v2"])
            .with_origin("http://a:1")
            .with_fields(&[("X", ""), ("Cookie", "a: b: c"), ("Y", "\u{e9}")]);
        let offers = Offers(|list| list.element("x"));
        let handshake = ClientHandshake::with_extension(request, offers, &mut heads::nonce).unwrap();
        let mut out = [0; 512];
        let text = String::from_utf8(handshake.write_request(&mut out).unwrap().to_vec()).unwrap();
        let mut again = [0xEE; 512];
        let parts = handshake.request_parts(&mut again).unwrap();
        assert_eq!((parts.method(), parts.target()), ("GET", target.as_bytes()));
        assert_eq!(parts.fields().count(), 11);
        let mut joined = format!("GET {target} HTTP/1.1\r\n");
        for (name, value) in parts.fields() {
            let [name, value] = [name, value].map(|bytes| std::str::from_utf8(bytes).unwrap());
            joined += &format!("{name}: {value}\r\n");
        }
        assert_eq!(joined + "\r\n", text);
        let shown = format!("{parts:?} {:?}", parts.fields());
        assert!(!shown.contains("chat") && !shown.contains("Cookie") && !shown.contains("72, 101"), "{shown}");
        let mut fields = parts.fields();
        assert!(fields.by_ref().last().is_some() && fields.next().is_none());
        let error = handshake.request_parts(&mut [0; 20]).map(|_| ()).unwrap_err();
        assert_eq!(error, handshake.write_request(&mut [0; 20]).unwrap_err());
    }
}

#[test]
fn an_extension_is_written_without_a_codec() {
    let mut out = [0xEE; 64];
    let offer = Offers(|list| {
        list.element("x");
        list.parameter("a");
        list.element("y");
        list.parameter_number("b", 15);
    });
    let want = b"x; a, y; b=15";
    assert_eq!(write_extensions(&offer, &mut out).unwrap(), want);
    for len in 0..want.len() {
        let mut out = [0xEE; 64];
        let required = want.len();
        assert_eq!(write_extensions(&offer, &mut out[..len]), Err(WriteError::BufferTooSmall { required }));
        assert_eq!(out, [0xEE; 64]);
    }
    assert_eq!(write_extensions(&Offers(|_| {}), &mut []).unwrap(), b"");
    let bad = Offers(|list| list.element("x y"));
    assert_eq!(write_extensions(&bad, &mut out), Err(WriteError::Extension));
    assert_eq!(RequestJudge::with_extension(ANY, bad).extension().reserved_bits(), ReservedBits::RSV1);
}
