//! The request that a client writes: its exact bytes, a fresh key for each, and nothing if it is invalid (RFC 6455
//! §4.1).

mod heads;

use heads::{KEY, NONCE, nonce};
use std::cell::Cell;
use upframe::connection::NoEntropy;
use upframe::handshake::{
    ClientHandshake, ClientRequest, Key, Outcome, RequestError, ServerHandshake, ServerOptions, Uri, UriError,
};
use upframe::http::{Field, Head};

fn request(uri: &str) -> ClientRequest<'_> {
    ClientRequest::new(Uri::parse(uri).unwrap())
}

fn written(request: ClientRequest) -> String {
    let handshake = ClientHandshake::new(request, &mut nonce).unwrap();
    let mut out = [0xEE; 2048];
    let text = String::from_utf8(handshake.write_request(&mut out).unwrap().to_vec()).unwrap();
    assert!(out[text.len()..].iter().all(|byte| *byte == 0xEE));
    text
}

/// [4.1-get] [4.1-http-1.1] [4.1-upgrade-sent] [4.1-connection-sent] [4.1-key-sent] [4.1-version-sent]
/// [4.1-origin-sent]
#[test]
fn a_request_with_everything_it_may_contain_byte_for_byte() {
    let fields: &[Field] = &[("Authorization", "Bearer 42"), ("cookie", "a=1; b=\u{e9}")];
    let whole = request("wss://example.com:8443/chat?room=1&x=%20")
        .with_subprotocols(&["chat", "superchat"])
        .with_origin("https://example.com")
        .with_fields(fields);
    let want = format!(
        "GET /chat?room=1&x=%20 HTTP/1.1\r\nHost: example.com:8443\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat, superchat\r\n\
         Origin: https://example.com\r\nAuthorization: Bearer 42\r\ncookie: a=1; b=\u{e9}\r\n\r\n"
    );
    assert_eq!(written(whole), want);
    // at every length: all or nothing
    let handshake = ClientHandshake::new(whole, &mut nonce).unwrap();
    for len in 0..want.len() {
        let mut out = vec![0xEE; len];
        let required = want.len();
        assert_eq!(handshake.write_request(&mut out), Err(RequestError::BufferTooSmall { required }));
        assert!(out.iter().all(|byte| *byte == 0xEE));
    }
    let mut out = vec![0; want.len()];
    assert_eq!(handshake.write_request(&mut out).unwrap(), want.as_bytes());
    // and the same again
    assert_eq!(handshake.write_request(&mut [0; 4096]).unwrap(), want.as_bytes());
    assert!(!handshake.is_begun());
}

/// [4.1-resource] [4.1-host] [4.1-host-port]
#[test]
fn host_and_resource_are_those_of_the_uri() {
    for (uri, resource, host) in [
        ("ws://a", "/", "a"),
        ("ws://a/", "/", "a"),
        ("ws://a:80/p", "/p", "a"),
        ("WS://A.Example:080/p", "/p", "A.Example"),
        ("wss://a:443", "/", "a"),
        ("ws://a:443/", "/", "a:443"),
        ("wss://a:80/", "/", "a:80"),
        ("ws://a:8080/", "/", "a:8080"),
        ("wss://a:65535/", "/", "a:65535"),
        ("ws://a:/", "/", "a"),
        ("ws://a?q", "/?q", "a"),
        ("ws://a!b/", "/", "a!b"),
        ("ws://a%2Fb/%2F%00", "/%2F%00", "a%2Fb"),
        ("ws://[v1.x]/", "/", "[v1.x]"),
        ("ws://a?", "/?", "a"),
        ("ws://a:81?q=/", "/?q=/", "a:81"),
        ("ws://a//x", "//x", "a"),
        ("ws://127.0.0.1/", "/", "127.0.0.1"),
        ("ws://[::1]", "/", "[::1]"),
        ("ws://[::1]:80/x", "/x", "[::1]"),
        ("wss://[2001:db8::7]:8443/x", "/x", "[2001:db8::7]:8443"),
        ("wss://[::ffff:1.2.3.4]:443/", "/", "[::ffff:1.2.3.4]"),
    ] {
        let want = format!(
            "GET {resource} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        );
        assert_eq!(written(request(uri)), want, "{uri}");
    }
}

/// [4.1-uri-scheme] [4.1-uri-userinfo] [4.1-uri-host] [4.1-uri-port] [4.1-uri-resource]
/// [4.1-uri-percent] [3-fragment]
#[test]
fn a_uri_that_would_break_the_request_is_invalid() {
    for (uri, want) in [
        ("ws://a/\r\nX: y", UriError::Resource),
        ("ws://a/\0", UriError::Resource),
        ("ws://a/ HTTP/1.1", UriError::Resource),
        ("ws://a?\n", UriError::Resource),
        ("ws://a\r\nX: y/", UriError::Host),
        ("ws://a\r\n", UriError::Host),
        ("ws://a b/", UriError::Host),
        ("ws://a:8 0/", UriError::Port),
        ("ws://a:80:90/", UriError::Port),
        ("ws://[::1]x/", UriError::Host),
        ("ws://[::1]x:80/", UriError::Host),
        ("ws://[]/", UriError::HostAddress),
        ("ws://[1.2.3.4]/", UriError::HostAddress),
        ("ws://::1/", UriError::HostEmpty),
        ("ws://u@a/", UriError::UserInfo),
        ("ws://a/#", UriError::Fragment),
        ("ws://#", UriError::Fragment),
        ("http://a/", UriError::Scheme),
        (" ws://a/", UriError::Scheme),
        ("ws//a", UriError::Scheme),
        ("ws:\\\\a", UriError::Scheme),
        ("ws://\\a", UriError::Host),
        ("ws://bücher.example/", UriError::HostNotAscii),
        ("ws://[fe80::1%25eth0]/", UriError::HostAddress),
        ("ws://a%00/", UriError::Percent),
        ("ws://a%zz/", UriError::Percent),
        ("ws://a/%", UriError::Percent),
        ("ws://a/%zz", UriError::Percent),
        ("ws://a/?%4", UriError::Percent),
        ("ws://a/{", UriError::Resource),
        ("ws://a/}", UriError::Resource),
        ("ws://a/|", UriError::Resource),
        ("ws://a/\"", UriError::Resource),
        ("ws://a/<", UriError::Resource),
        ("ws://a/>", UriError::Resource),
        ("ws://a/\\", UriError::Resource),
        ("ws://a/^", UriError::Resource),
        ("ws://a?[", UriError::Resource),
        ("ws://a?]", UriError::Resource),
        ("ws://a?`", UriError::Resource),
        ("ws://a:000000/", UriError::Port),
        ("ws://a:99999999999999999999/", UriError::Port),
        ("ws://a:\u{663}/", UriError::Port),
    ] {
        assert_eq!(Uri::parse(uri), Err(want), "{}", uri.escape_debug());
    }
}

/// Returns the error, and how often entropy was drawn.
fn error(request: ClientRequest) -> (RequestError, u32) {
    let drawn = Cell::new(0);
    let mut entropy = |bytes: &mut [u8]| {
        drawn.set(drawn.get() + 1);
        nonce(bytes)
    };
    (ClientHandshake::new(request, &mut entropy).map(|_| ()).unwrap_err(), drawn.get())
}

/// [4.1-origin-valid] [4.1-offered-empty] [4.1-offered-token] [4.1-offered-unique] [4.1-offered-count]
/// [9110-5.1-own-name] [9110-5.5-own-value] [9110-5.5-own-checked] [4.1-field-owned]
#[test]
fn a_request_that_would_be_broken_is_refused_before_a_key_is_drawn() {
    type Row = (Field<'static>, fn(usize) -> RequestError);
    let table: [Row; 23] = [
        (("A", "x\r\nB: y"), |index| RequestError::FieldValue { index }),
        (("A", "\r"), |index| RequestError::FieldValue { index }),
        (("A", "x\n"), |index| RequestError::FieldValue { index }),
        (("A", "x\0"), |index| RequestError::FieldValue { index }),
        (("A", "\u{7f}"), |index| RequestError::FieldValue { index }),
        (("A", "\u{1}"), |index| RequestError::FieldValue { index }),
        (("", "x"), |index| RequestError::FieldName { index }),
        (("A B", "x"), |index| RequestError::FieldName { index }),
        (("A:", "x"), |index| RequestError::FieldName { index }),
        (("A\r\nB", "x"), |index| RequestError::FieldName { index }),
        (("\u{e4}", "x"), |index| RequestError::FieldName { index }),
        (("A\0", "x"), |index| RequestError::FieldName { index }),
        (("Host", "b"), |_| RequestError::FieldOwned("Host")),
        (("ORIGIN", "b"), |_| RequestError::FieldOwned("Origin")),
        (("upgrade", "b"), |_| RequestError::FieldOwned("Upgrade")),
        (("Connection", "close"), |_| RequestError::FieldOwned("Connection")),
        (("Sec-WebSocket-Key", "b"), |_| RequestError::FieldOwned("Sec-WebSocket-Key")),
        (("sec-websocket-version", "8"), |_| RequestError::FieldOwned("Sec-WebSocket-Version")),
        (("Sec-WebSocket-Protocol", "b"), |_| RequestError::FieldOwned("Sec-WebSocket-Protocol")),
        (("Sec-WebSocket-Extensions", "b"), |_| RequestError::FieldOwned("Sec-WebSocket-Extensions")),
        (("Sec-WebSocket-Accept", "b"), |_| RequestError::FieldOwned("Sec-WebSocket-Accept")),
        (("Content-Length", "0"), |_| RequestError::FieldOwned("Content-Length")),
        (("TRANSFER-encoding", "chunked"), |_| RequestError::FieldOwned("Transfer-Encoding")),
    ];
    for (field, want) in table {
        for (index, fields) in [(0, &[field][..]), (1, &[("Good", "field"), field]), (0, &[field, ("Good", "field")])] {
            assert_eq!(error(request("ws://a").with_fields(fields)), (want(index), 0), "{field:?}");
        }
    }
    for origin in ["", " ", "http://a b", "http://a\r\nX: y", "http://a\0", "http://\u{e4}", "http://a\t"] {
        assert_eq!(error(request("ws://a").with_origin(origin)), (RequestError::Origin, 0), "{origin:?}");
    }
    for (index, subprotocols) in [
        (0, &[""][..]),
        (0, &["a b"]),
        (0, &["a,b"]),
        (1, &["a", ""]),
        (2, &["a", "b", "a"]),
        (0, &["a\r\nX: y"]),
        (0, &["\u{e4}"]),
        (0, &["a;b"]),
        (0, &["\"a\""]),
        (0, &["a/b"]),
        (16, &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q"]),
    ] {
        let want = RequestError::Subprotocol { index };
        assert_eq!(error(request("ws://a").with_subprotocols(subprotocols)), (want, 0), "{subprotocols:?}");
    }
}

/// [4.1-offered-order]
#[test]
fn sixteen_subprotocols_are_sent_and_tokens_that_differ_in_case_are_different() {
    let all = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "A", "!#$%&'*+-.^_`|~9"];
    let text = written(request("ws://a").with_subprotocols(&all));
    let list = all.join(", ");
    assert!(text.contains(&format!("\r\nSec-WebSocket-Protocol: {list}\r\n")));
    let mut server = ServerHandshake::new(ServerOptions::new().with_subprotocols(&["A", "a"]));
    let Some(Outcome::Upgrade(upgrade)) = server.receive(&mut text.as_bytes()) else { panic!() };
    assert_eq!(upgrade.subprotocol(), Some("A"));
}

/// [4.1-key-base64] [4.1-key-random]
#[test]
fn each_attempt_has_a_key_of_its_own() {
    let mut count = 0u8;
    let mut lens = vec![];
    let mut entropy = |bytes: &mut [u8]| {
        count += 1;
        lens.push(bytes.len());
        bytes.fill(count);
        Ok(())
    };
    let keys: Vec<Key> =
        (0..3).map(|_| *ClientHandshake::new(request("ws://a"), &mut entropy).unwrap().key()).collect();
    assert_eq!(keys, [1, 2, 3].map(|byte| Key::new([byte; 16])));
    assert_eq!(lens, [16; 3], "drawn once for each");
    assert_eq!(Key::new(NONCE).as_str(), KEY);
    for key in keys {
        let handshake = ClientHandshake::new(request("ws://a/?token=secret"), &mut |bytes: &mut [u8]| {
            bytes.copy_from_slice(&[key.as_str().as_bytes()[0]; 16]);
            Ok(())
        })
        .unwrap();
        assert!(
            !format!("{handshake:?} {:?}", handshake.key()).contains(handshake.key().as_str()),
            "Debug shows a key"
        );
        assert!(!format!("{handshake:?}").contains("secret"), "Debug shows a query");
    }
}

#[test]
fn without_entropy_there_is_no_attempt() {
    let mut none = |_: &mut [u8]| Err(NoEntropy);
    assert_eq!(ClientHandshake::new(request("ws://a"), &mut none).map(|_| ()), Err(RequestError::NoEntropy));
    // the request is checked before that
    let bad = request("ws://a").with_origin("");
    assert_eq!(ClientHandshake::new(bad, &mut none).map(|_| ()), Err(RequestError::Origin));
}

#[test]
fn a_server_reads_the_request_as_it_was_meant() {
    let fields: &[Field] = &[("Cookie", "a=1"), ("X-Empty", ""), ("Y", " spaces \t")];
    let text = written(request("ws://[::1]:81?q").with_origin("null").with_fields(fields));
    let mut memory = [0; 512];
    let mut head = Head::new(&mut memory);
    let mut server = ServerHandshake::new(ServerOptions::new());
    let outcome = server.receive_with(&mut text.as_bytes(), |span| head.push(span));
    assert!(matches!(outcome, Some(Outcome::Upgrade(_))));
    assert_eq!((head.method(), head.target(), head.path()), (Ok(&b"GET"[..]), Ok(&b"/?q"[..]), Ok(&b"/?q"[..])));
    for (name, value) in [("host", "[::1]:81"), ("origin", "null"), ("cookie", "a=1"), ("x-empty", ""), ("y", "spaces")]
    {
        assert_eq!(head.field(name), Ok(Some(value.as_bytes())));
    }
}

#[test]
fn a_uri_tells_where_to_connect_and_whether_with_tls() {
    for (text, secure, host, port, resource) in [
        ("ws://example.com", false, "example.com", 80, "/"),
        ("wss://example.com/chat", true, "example.com", 443, "/chat"),
        ("WS://[::1]:9000?q", false, "[::1]", 9000, "?q"),
        ("wss://10.0.0.1:80/", true, "10.0.0.1", 80, "/"),
    ] {
        let uri = request(text).uri();
        assert_eq!((uri.is_secure(), uri.host(), uri.port(), uri.resource()), (secure, host, port, resource), "{text}");
    }
}
