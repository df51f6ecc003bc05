//! How a server judges a request: every rule of RFC 6455 §4.2.1, at every cut, with the exact bytes of the answer.

mod heads;

use heads::server::{ANY, FRAME, accepted, accepted_by, at, judge, refused, refused_by, with};
use heads::{Came, Element, Kind, serve};
use upframe::handshake::{OriginError, OriginPolicy, OriginProblem, Outcome, Refusal, ServerHandshake, accept_key};
use upframe::http::{Head, HeadViolation};

/// [4.1-frames-behind] [4.2.2-101] [4.2.2-accept]
#[test]
fn the_handshake_with_two_subprotocols_byte_for_byte() {
    let request = b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Protocol: chat, superchat\r\n\
        Sec-WebSocket-Version: 13\r\nOrigin: http://example.com\r\n\r\n";
    let seen = judge(ANY.with_subprotocols(&["chat"]), request);
    let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\nSec-WebSocket-Protocol: chat\r\n\r\n";
    let accept = "HSmrc0sMlYUkAGmm5OPpG2HaGWk=".into();
    let want = Came::Upgrade { accept, subprotocol: Some("chat".into()), answer: answer.into() };
    assert_eq!(seen.came, Some(want));
    assert_eq!(seen.left, FRAME);
    assert_eq!(
        seen.elements[..3],
        [Element::run(Kind::Method, b"GET"), Element::run(Kind::Target, b"/chat"), Element::Version(1, 1)]
    );
    assert_eq!(seen.elements.len(), 3 + 2 * 7 + 1);
}

/// [4.2.2-subprotocol-sent]
#[test]
fn the_handshake_in_the_rfc() {
    accepted(&with("", &[]));
    accepted_by(
        ANY.with_subprotocols(&["superchat", "chat"]),
        &with("", &["Sec-WebSocket-Protocol: chat"]),
        Some("chat"),
    );
}

/// [7.2.1-lost-head]
#[test]
fn a_head_that_has_not_ended_needs_more_and_has_begun() {
    let request = with("", &[]);
    for len in 0..request.len() {
        let seen = serve(ServerHandshake::new(ANY), &[&request[..len]]).1;
        assert_eq!((seen.came, seen.left, seen.is_begun), (None, vec![], len > 0));
    }
}

/// [4.2.1-connection] [9110-5.6.1-whole-token] [9110-5.6.1-lines] [9110-5.6.1-case]
/// [4.2.1-cuts]
#[test]
fn connection_is_a_list_over_all_lines_and_its_token_is_never_a_part_of_another() {
    for lines in [
        &["Connection: upgrade"][..],
        &["connection:UPGRADE"],
        &["CONNECTION: \t UpGrade \t "],
        &["Connection: keep-alive, Upgrade"],
        &["Connection: Upgrade,keep-alive"],
        &["Connection: ,, ,Upgrade\t, ,"],
        &["Connection: keep-alive", "Connection: Upgrade", "Connection: x"],
        &["Connection: upgrade", "Connection: close"],
        &["Connection:", "Connection: upgrade"],
        &["Connection: upgrades, upgrade"],
    ] {
        accepted(&with("Connection", lines));
    }
    for lines in [
        &[][..],
        &["Connection:"],
        &["Connection: ,"],
        &["Connection: close"],
        &["Connection: not-upgradeable"],
        &["Connection: upgradeable"],
        &["Connection: not-upgrade"],
        &["Connection: upgrade/1"],
        &["Connection: up grade"],
        &["Connection: Upgrade keep-alive"],
        &["Connection: up", "Connection: grade"],
        &["Connection: \"upgrade\""],
        &["Connection: x=upgrade"],
        &["Connection: upgrad\u{e9}"],
        &["X-Connection: upgrade"],
    ] {
        refused(&with("Connection", lines), Refusal::Connection);
    }
}

/// [4.2.1-upgrade]
#[test]
fn upgrade_is_a_list_with_websocket_in_any_case() {
    for lines in [
        &["Upgrade: WebSocket"][..],
        &["upgrade: h2c, websocket"],
        &["Upgrade: websocket,h2c"],
        &["Upgrade: h2c", "Upgrade: , WEBSOCKET"],
        &["Upgrade: websocket/2, websocket"],
    ] {
        accepted(&with("Upgrade", lines));
    }
    for lines in [
        &[][..],
        &["Upgrade:"],
        &["Upgrade: h2c"],
        &["Upgrade: websockets"],
        &["Upgrade: web socket"],
        &["Upgrade: websocket/13"],
        &["Upgrade: web", "Upgrade: socket"],
    ] {
        let Some(Came::PlainHttp(plain)) = judge(ANY, &with("Upgrade", lines)).came else { panic!("{lines:?}") };
        assert!(plain.may_keep_alive() && !plain.has_body());
    }
}

/// [4.2.1-http-1.1] [9110-15.6.6-major] [9112-2.3-version] [9112-3-method]
#[test]
fn only_http_1_1_and_later_minor_versions_are_upgraded() {
    refused(&with("GET", &["GET /chat HTTP/1.0"]), Refusal::HttpVersion);
    accepted(&with("GET", &["GET /chat HTTP/1.2"]));
    accepted(&with("GET", &["GET /chat HTTP/1.9"]));
    for (line, violation, offset) in [
        ("GET /chat HTTP/2.0", HeadViolation::MajorVersion, 15),
        ("GET /chat HTTP/0.9", HeadViolation::MajorVersion, 15),
        ("PRI * HTTP/2.0", HeadViolation::MajorVersion, 11),
        ("GET /chat HTTP/x", HeadViolation::Version, 15),
        ("GET /chat http/1.1", HeadViolation::Version, 10),
        ("GET /chat HTTP/1.x", HeadViolation::Version, 17),
        ("GET /chat HTTP/1,1", HeadViolation::Version, 16),
        ("GET /chat HTTP/11", HeadViolation::Version, 16),
        ("GET /chat HTTP/1.", HeadViolation::Version, 17),
        ("GET /chat  HTTP/1.1", HeadViolation::Version, 10),
        ("GET /chat ", HeadViolation::Version, 10),
        ("GET /chat", HeadViolation::Target, 9),
        ("GET", HeadViolation::Method, 3),
        ("GET  /chat HTTP/1.1", HeadViolation::Target, 4),
        (" GET /chat HTTP/1.1", HeadViolation::Method, 0),
        ("G(T /chat HTTP/1.1", HeadViolation::Method, 1),
        ("GET: /chat HTTP/1.1", HeadViolation::Method, 3),
    ] {
        refused(&with("GET", &[line]), at(violation, offset));
    }
}

/// [4.2.1-get]
#[test]
fn other_methods_are_not_allowed() {
    for method in ["POST", "HEAD", "get", "GETS", "GE", "OPTIONS", "CONNECT", "!", "GETTTTTTTTTTT"] {
        refused(&with("GET", &[&format!("{method} /chat HTTP/1.1")]), Refusal::Method);
    }
}

/// [9112-3.2-host]
#[test]
fn host_appears_once_and_is_valid() {
    for line in ["Host: a", "host:a:80", "Host: [::1]:8080", "HOST: \ta.b-c_d~%20 \t"] {
        accepted(&with("Host", &[line]));
    }
    for lines in [
        &[][..],
        &["Host: a", "Host: a"],
        &["Host: a", "host: b"],
        &["Host:"],
        &["Host: \t "],
        &["Host: a/b"],
        &["Host: u@a"],
        &["Host: \"a\""],
        &["Host: \u{e4}"],
    ] {
        refused(&with("Host", lines), Refusal::Host);
    }
}

/// [9112-3.2-target] [9112-3.2-target-bytes] [9112-3.2.2-absolute]
#[test]
fn a_target_is_a_path_or_an_absolute_uri() {
    for (target, path, host) in [
        ("/", "/", "Host"),
        ("/chat?room=%20#".trim_end_matches('#'), "/chat?room=%20", "Host"),
        ("//x", "//x", "Host"),
        ("/?://", "/?://", "Host"),
        ("http://server.example.com/p", "/p", "server.example.com"),
        ("HTTPS://h:8080/p?q=/", "/p?q=/", "h:8080"),
        ("ws://h", "/", "h"),
        ("ws://h?q", "?q", "h"),
        ("wss://h/a://b", "/a://b", "h"),
    ] {
        let request = with("GET", &[&format!("GET {target} HTTP/1.1")]);
        accepted(&request);
        let mut memory = [0; 512];
        let mut kept = Head::new(&mut memory);
        let outcome = ServerHandshake::new(ANY).receive_with(&mut &request[..], |span| kept.push(span));
        assert!(matches!(outcome, Some(Outcome::Upgrade(_))));
        assert_eq!((kept.target(), kept.path()), (Ok(target.as_bytes()), Ok(path.as_bytes())));
        let host = if host == "Host" { kept.field("host").unwrap() } else { Some(host.as_bytes()) };
        assert!(host.is_some() && kept.host() == Ok(host), "{target}");
    }
    for target in ["*", "chat", "h:80", "ftp://h/", "http:/h/", "http://", "http:///p", "ws://?q", "mailto:a"] {
        refused(&with("GET", &[&format!("GET {target} HTTP/1.1")]), Refusal::Target);
    }
    // a request that does not ask for a WebSocket may have another form of target, which is not an absolute one
    for target in ["*", "h:80", "http:80", "[::1]:443"] {
        let wire = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        let mut memory = [0; 512];
        let mut kept = Head::new(&mut memory);
        let outcome = ServerHandshake::new(ANY).receive_with(&mut wire.as_bytes(), |span| kept.push(span));
        assert!(matches!(outcome, Some(Outcome::PlainHttp(_))));
        assert_eq!((kept.path(), kept.host()), (Ok(target.as_bytes()), Ok(Some(&b"a"[..]))));
    }
    for (bad, offset) in [("/a#b", 2), ("/a#", 2), ("/\u{7f}", 1), ("/a\u{e9}", 2), ("#", 0), ("/\0", 1), ("/\x1f", 1)]
    {
        refused(&with("GET", &[&format!("GET {bad} HTTP/1.1")]), at(HeadViolation::Target, 4 + offset));
    }
    // a space ends the target: what follows is not a version
    refused(&with("GET", &["GET /a b HTTP/1.1"]), at(HeadViolation::Version, 7));
    refused(&with("GET", &["GET /a\tb HTTP/1.1"]), at(HeadViolation::Target, 6));
}

/// [4.1-once] [4.1-field-names] [4.2.1-key] [4.2.1-key-digits] [4.2.1-key-padding] [4.2.1-key-length]
/// [4.2.1-value-space]
/// [4.2.1-cuts]
#[test]
fn a_key_appears_once_and_is_sixteen_bytes_in_base64() {
    accepted(&with("Sec-WebSocket-Key", &["SEC-WEBSOCKET-KEY:\t dGhlIHNhbXBsZSBub25jZQ== \t"]));
    for lines in [
        &[][..],
        &["Sec-WebSocket-Key:"],
        &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="],
        &["Sec-WebSocket-Key:", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="],
        &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Key: "],
        &["Sec-WebSocket-Key: dGhlIHNhbXBs", "Sec-WebSocket-Key: ZSBub25jZQ=="],
        &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR=="],
        &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ="],
        &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ"],
        &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j"],
        &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA"],
        &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQA="],
        &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==="],
        &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ== x"],
        &["Sec-WebSocket-Key: dGhlIHNhbXBs ZSBub25jZQ=="],
        &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ-=="],
        &["Sec-WebSocket-Key: dGhlIHNhbXBs SBub25jZQ=="],
        &["Sec-WebSocket-Key: dGhl-HNhbXBsZSBub25jZQ=="],
        &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub_5jZQ=="],
        &["Sec-WebSocket-Key: \"dGhlIHNhbXBsZSBub25jZQ==\""],
        &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\u{e9}=="],
        &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==,dGhlIHNhbXBsZSBub25jZQ=="],
    ] {
        refused(&with("Sec-WebSocket-Key", lines), Refusal::Key);
    }
}

/// [4.2.1-version] [4.2.1-version-once] [4.2.2-version-13]
#[test]
fn the_version_appears_once_and_is_thirteen() {
    accepted(&with("Sec-WebSocket-Version", &["sec-websocket-version:\t13 "]));
    let field = "Sec-WebSocket-Version";
    refused(&with(field, &[]), Refusal::VersionMissing);
    for value in ["8", "13, 8", "8, 13", "013", "0", "14", "131", "99999999999999999999999", "13,13", "13 , 13"] {
        refused(&with(field, &[&format!("{field}: {value}")]), Refusal::VersionUnsupported);
    }
    for value in ["", "13,", ",13", "13 13", "1 3", "13;", "+13", "13.0", "\"13\"", "0x0d", "\u{b2}"] {
        refused(&with(field, &[&format!("{field}: {value}")]), Refusal::VersionMalformed);
    }
    for second in ["13", "8", ""] {
        let second = format!("{field}: {second}");
        refused(&with(field, &["Sec-WebSocket-Version: 13", &second]), Refusal::VersionMalformed);
    }
}

/// [9110-5.6.1-whole-token] [4.1-subprotocol-list] [4.1-subprotocol-empty] [4.1-subprotocol-unique]
/// [6585-5-subprotocols] [4.1-subprotocol-case] [4.2.2-subprotocol-order] [4.2.2-subprotocol-none]
/// [9110-5.6.1-lines]
#[test]
fn subprotocols_are_one_list_of_different_tokens_over_all_lines() {
    let options = ANY.with_subprotocols(&["superchat", "chat", "v2.chat"]);
    for (lines, chosen) in [
        (&[][..], None),
        (&["Sec-WebSocket-Protocol: chat,superchat"], Some("superchat")),
        (&["Sec-WebSocket-Protocol: chat,v2.chat"], Some("chat")),
        (&["Sec-WebSocket-Protocol: v2.chat", "X: y", "sec-websocket-protocol:\tchat "], Some("chat")),
        (&["Sec-WebSocket-Protocol: , v2.chat ,,"], Some("v2.chat")),
        (&["Sec-WebSocket-Protocol:", "Sec-WebSocket-Protocol: chat"], Some("chat")),
        (&["Sec-WebSocket-Protocol: Chat, SUPERCHAT"], None),
        (&["Sec-WebSocket-Protocol: chatty, cha, soap, superchatchat"], None),
        (&["Sec-WebSocket-Protocol: chat, Chat"], Some("chat")),
    ] {
        accepted_by(options, &with("", lines), chosen);
        // a server without subprotocols chooses none
        accepted(&with("", lines));
    }
    for lines in [
        &["Sec-WebSocket-Protocol:"][..],
        &["Sec-WebSocket-Protocol: , ,"],
        &["Sec-WebSocket-Protocol: ", "Sec-WebSocket-Protocol: ,"],
        &["Sec-WebSocket-Protocol: chat, chat"],
        &["Sec-WebSocket-Protocol: soap,x,soap"],
        &["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: x,chat"],
        &["Sec-WebSocket-Protocol: chat superchat"],
        &["Sec-WebSocket-Protocol: chat;q=1"],
        &["Sec-WebSocket-Protocol: \"chat\""],
        &["Sec-WebSocket-Protocol: ch\u{e4}t"],
        &["Sec-WebSocket-Protocol: chat/2"],
        &["Sec-WebSocket-Protocol: soap, chat/2, x"],
        &["Sec-WebSocket-Protocol: chat superchat, soap"],
        &["Sec-WebSocket-Protocol: \"chat\"", "Sec-WebSocket-Protocol: x"],
    ] {
        refused_by(options, &with("", lines), Refusal::Subprotocols);
        refused(&with("", lines), Refusal::Subprotocols);
    }
    let names: Vec<_> = (0..17).map(|i| format!("p{i}")).collect();
    let field = |n: usize| format!("Sec-WebSocket-Protocol: {}", names[..n].join(","));
    accepted_by(ANY.with_subprotocols(&["p15"]), &with("", &[&field(16)]), Some("p15"));
    refused(&with("", &[&field(17)]), Refusal::TooManySubprotocols);
    // the first element that is refused decides, whatever follows it
    for after in ["", ", p3", ", a b", ",\"", ", chat, chat"] {
        refused(&with("", &[&format!("{}{after}", field(17))]), Refusal::TooManySubprotocols);
        let duplicated = format!("Sec-WebSocket-Protocol: chat, chat{after}, {}", names.join(","));
        refused(&with("", &[&duplicated]), Refusal::Subprotocols);
    }
    // fields after such a list are judged as before it
    for list in [field(17) + ", p18 x", "Sec-WebSocket-Protocol: chat, chat, p".into()] {
        let refusal = if list.len() > 50 { Refusal::TooManySubprotocols } else { Refusal::Subprotocols };
        let fields = ["Connection: x, Upgrade", "Sec-WebSocket-Version: 13"];
        let wire = with("Connection", &[]);
        let wire = String::from_utf8(wire).unwrap().replace("Sec-WebSocket-Version: 13\r\n", "");
        let end = format!("{list}\r\n{}\r\n\r\n", fields.join("\r\n"));
        refused(wire.replace("\r\n\r\n", &format!("\r\n{end}")).as_bytes(), refusal);
    }
}

/// [4.2.2-subprotocol-order]
#[test]
fn the_32nd_subprotocol_is_found_and_the_33rd_is_not() {
    let names: Vec<_> = (1..=40).map(|i| format!("shared-{i}")).collect();
    let names: Vec<_> = names.iter().map(|name| &name[..]).collect();
    for count in [31, 32, 33, 40] {
        let options = ANY.with_subprotocols(&names[..count]);
        for (i, name) in names.iter().enumerate() {
            let chosen = (i < count.min(32)).then_some(*name);
            accepted_by(options, &with("", &[&format!("Sec-WebSocket-Protocol: soap, {name}")]), chosen);
        }
    }
}

/// [4.2.1-extensions] [9.1-not-empty] [4.2.2-extension-unknown]
#[test]
fn unknown_extensions_are_ignored_and_malformed_lists_are_not() {
    for lines in [
        &["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"][..],
        &["Sec-WebSocket-Extensions: a; b=\"c\\d\"; e , f", "sec-websocket-extensions: ,g"],
        &["Sec-WebSocket-Extensions: x-a_b~; c = 1;d"],
    ] {
        accepted(&with("", lines));
    }
    for value in [
        "",
        ",",
        "a;",
        "a; ;b",
        "a; b=",
        "a; b=\"\"",
        "a; b=\"c,d\"",
        "a; b=\"c;d\"",
        "a; b=\"c",
        "a b",
        "a; b=\"c\\\"",
        "=",
        "a;b=\u{e9}",
    ] {
        let line = format!("Sec-WebSocket-Extensions: {value}");
        refused(&with("", &[&line]), Refusal::Extensions);
        if !value.is_empty() && value != "," {
            refused(&with("", &["Sec-WebSocket-Extensions: good; x=1", &line]), Refusal::Extensions);
        }
    }
}

/// [9112-6-body] [9110-10.1.1-expect]
#[test]
fn a_request_that_announces_a_body_is_refused() {
    for lines in [
        &["Content-Length: 1"][..],
        &["content-length: 10"],
        &["Content-Length: 0", "Content-Length: 5"],
        &["Content-Length: -1"],
        &["Content-Length: x"],
        &["Content-Length: 0, 5"],
        &["Content-Length: 0 5"],
        &["Transfer-Encoding: chunked"],
        &["TRANSFER-ENCODING: identity"],
        &["Transfer-Encoding:"],
    ] {
        refused(&with("", lines), Refusal::Body);
    }
    for line in ["Content-Length: 0", "Content-Length:\t00 ", "Expect: 100-continue", "Trailer: x", "Content-Type: a/b"]
    {
        accepted(&with("", &[line]));
    }
}

/// [10.2-origin] [6454-5-same] [6454-4-default-port]
#[test]
fn only_origins_of_the_list_may_connect() {
    const PAGES: OriginPolicy =
        match OriginPolicy::list(&["https://example.com", "HTTP://localhost:8080", "http://a:80"]) {
            Ok(policy) => policy,
            Err(_) => panic!("not an origin"),
        };
    let options = ANY.with_origins(PAGES);
    for (origin, allowed) in [
        ("https://example.com", true),
        ("HTTPS://Example.COM \t", true),
        ("https://example.com:443", true),
        ("https://example.com:80", false),
        ("https://example.com:444", false),
        ("http://localhost:8080", true),
        ("http://localhost", false),
        ("http://a", true),
        ("http://a:80", true),
        ("http://a:443", false),
        ("https://a", false),
        ("https://a:80", false),
        ("https://example.com.evil.test", false),
        ("https://example.com:443.evil.test", false),
        ("https://example.co", false),
        ("https://xexample.com", false),
        ("https://u@example.com", false),
        ("https://example.com/", false),
        ("http://example.com", false),
        ("https://example.com https://evil.test", false),
        ("https://exam ple.com", false),
        ("null", false),
        ("", false),
    ] {
        let request = with("", &[&format!("Origin: {origin}")]);
        if allowed {
            accepted_by(options, &request, None)
        } else {
            refused_by(options, &request, Refusal::Origin)
        }
        accepted(&request);
        accepted_by(ANY.with_origins(OriginPolicy::any().required()), &request, None);
        assert_eq!(PAGES.allows(Some(origin.trim()), None), allowed);
    }
    accepted_by(options, &with("", &[]), None);
    let twice = ["Origin: https://example.com", "Origin: https://example.com"];
    refused_by(options, &with("", &twice), Refusal::Origin);
    accepted(&with("", &twice));
}

/// [10.2-origin]
#[test]
fn pages_of_the_host_of_the_request_may_connect_wherever_host_is() {
    let (same, or_same) = (OriginPolicy::same_host(), OriginPolicy::list(&["https://b"]).unwrap().or_same_host());
    for (host, origin, allowed) in [
        ("a", "https://a", true),
        ("a", "http://A", true),
        ("A:443", "https://a", true),
        ("a:443", "http://a", false),
        ("a:80", "http://a", true),
        ("a:80", "https://a", false),
        ("a", "https://a:80", false),
        ("a", "https://a:443", true),
        ("a:", "https://a", true),
        ("a:8080", "http://a:8080", true),
        ("a:8080", "http://a:8081", false),
        ("a:8080", "http://a", false),
        ("[::1]:8080", "http://[::1]:8080", true),
        ("[::1]", "http://[::2]", false),
        ("a.b", "https://a", false),
        ("a", "https://a.b", false),
        ("a", "chrome-extension://a", false),
        ("a", "null", false),
        ("a", "", false),
        ("a", "a", false),
    ] {
        let (host_line, origin_line) = (format!("Host: {host}"), format!("Origin: {origin}"));
        for lines in [[&host_line[..], &origin_line], [&origin_line, &host_line]] {
            let request = with("Host", &lines);
            for policy in [same, or_same, same.required()] {
                if allowed {
                    accepted_by(ANY.with_origins(policy), &request, None);
                } else {
                    refused_by(ANY.with_origins(policy), &request, Refusal::Origin);
                }
                assert_eq!(policy.allows(Some(origin), Some(host)), allowed, "{host} {origin}");
            }
        }
    }
    accepted_by(ANY.with_origins(or_same), &with("", &["Origin: https://b"]), None);
    // the host of an absolute target is that of the request
    for (target, allowed) in [("http://a/x", true), ("http://A", true), ("https://a?q", true), ("http://b/a", false)] {
        let good = String::from_utf8(with("GET", &[&format!("GET {target} HTTP/1.1"), "Origin: https://a"])).unwrap();
        match allowed {
            true => accepted_by(ANY.with_origins(same), good.as_bytes(), None),
            false => refused_by(ANY.with_origins(same), good.as_bytes(), Refusal::Origin),
        }
    }
}

/// [10.2-origin-required]
#[test]
fn a_server_may_require_an_origin() {
    let list = OriginPolicy::list(&["http://a"]).unwrap();
    for policy in [list, OriginPolicy::same_host(), OriginPolicy::any()] {
        accepted_by(ANY.with_origins(policy), &with("", &[]), None);
        refused_by(ANY.with_origins(policy.required()), &with("", &[]), Refusal::Origin);
        assert!(policy.allows(None, Some("a")) && !policy.required().allows(None, Some("a")));
    }
    accepted_by(ANY.with_origins(list.required()), &with("", &["Origin: http://a"]), None);
}

/// [10.2-origin]
#[test]
fn an_empty_list_of_origins_allows_no_page_either_way() {
    let nobody = OriginPolicy::list(&[]).unwrap();
    assert!(!nobody.allows(Some("https://example.com"), None));
    refused_by(ANY.with_origins(nobody), &with("", &["Origin: https://example.com"]), Refusal::Origin);
    accepted_by(ANY.with_origins(nobody), &with("", &[]), None);
}

/// An entry that no page can have is found when the list is made, and named.
#[test]
fn an_entry_that_is_not_an_origin_is_an_error() {
    for (entry, problem) in [
        ("https://a/", OriginProblem::Path),
        ("https://a/chat", OriginProblem::Path),
        ("https://a:8080?q", OriginProblem::Path),
        ("a", OriginProblem::Scheme),
        ("none", OriginProblem::Scheme),
        ("wss://a", OriginProblem::Scheme),
        ("https://*.a", OriginProblem::Host),
        ("https://b\u{fc}cher.example", OriginProblem::Host),
        ("https://a:", OriginProblem::Port),
        ("https://a:65536", OriginProblem::Port),
    ] {
        for at in 0..3 {
            let mut list = ["https://a", "null", "http://[::1]:8080"];
            assert!(OriginPolicy::list(&list).is_ok());
            list[at] = entry;
            let error = OriginPolicy::list(&list).unwrap_err();
            assert_eq!(error, OriginError { entry: at, problem }, "{entry}");
            assert_eq!(error.to_string(), format!("origin {at} of the list: {problem}"));
        }
    }
}

/// The pause after the request line changes nothing else, wherever the request is cut.
#[test]
fn subprotocols_and_origins_are_chosen_by_the_target_at_every_cut() {
    let lines = ["Sec-WebSocket-Protocol: v1, v2", "Origin: https://a"];
    for (target, chosen) in [("/chat", Ok(Some("v2"))), ("/news", Ok(None)), ("/private", Err(Refusal::Origin))] {
        let wire = [&b"\r\n"[..], &with("GET", &[&[&*format!("GET {target} HTTP/1.1")], &lines[..]].concat())].concat();
        for cut in 1..=wire.len() {
            let (mut memory, mut paused, mut outcome) = ([0; 64], 0, None);
            let mut head = upframe::http::Head::wanting(&["none"], &mut memory);
            let mut handshake = ServerHandshake::new(ANY.with_origins(OriginPolicy::any()));
            for mut input in wire.chunks(cut) {
                if let Some(line) = handshake.receive_request_line(&mut input, |span| head.push(span)) {
                    paused += 1;
                    line.unwrap().set_options(match head.path() {
                        Ok(b"/chat") => ANY.with_subprotocols(&["v2", "v1"]).with_origins(OriginPolicy::any()),
                        Ok(b"/private") => ANY.with_origins(OriginPolicy::list(&["https://b"]).unwrap()),
                        path => {
                            assert_eq!(path, Ok(&b"/news"[..]));
                            ANY.with_origins(OriginPolicy::any())
                        }
                    });
                }
                assert!(handshake.receive_request_line(&mut input, |_| {}).is_none(), "returned once");
                outcome = outcome.or(handshake.receive(&mut input));
                assert!(input.is_empty());
            }
            let got = match outcome {
                Some(Outcome::Upgrade(upgrade)) => Ok(upgrade.subprotocol()),
                Some(Outcome::Refusal(refusal)) => Err(refusal),
                other => panic!("{other:?}"),
            };
            assert_eq!((got, paused), (chosen, 1), "{target} {cut}");
        }
    }
    // a request line that is refused, and what comes after it
    for (line, violation, offset) in [
        ("GET /a b HTTP/1.1", HeadViolation::Version, 7),
        ("G@T / HTTP/1.1", HeadViolation::Method, 1),
        ("GET / HTTP/2.0", HeadViolation::MajorVersion, 11),
    ] {
        for cut in 1..30 {
            let (mut handshake, mut refused) = (ServerHandshake::new(ANY), None);
            let wire = format!("{line}\r\nHost: a\r\n\r\n");
            for mut input in wire.as_bytes().chunks(cut) {
                match handshake.receive_request_line(&mut input, |_| {}) {
                    Some(Err(refusal)) => assert_eq!(refused.replace(refusal), None, "returned once"),
                    other => assert!(other.is_none()),
                }
                if refused.is_some() {
                    assert!(handshake.receive(&mut input).is_none());
                }
            }
            assert_eq!(refused, Some(at(violation, offset)), "{line} {cut}");
        }
    }
}

/// [4.2.1-cuts]
/// [4.2.1-value-space]
#[test]
fn white_space_inside_a_value_is_seen_at_every_cut() {
    for line in ["Host: a b", "Host: a\tb", "Host: a, b", "Host: server.example.com \t evil"] {
        refused(&with("Host", &[line]), Refusal::Host);
    }
    for line in ["Content-Length: 0 0", "Content-Length: 0\t0"] {
        refused(&with("", &[line]), Refusal::Body);
    }
}

/// [4.2.1-key-length]
#[test]
fn a_key_of_another_length_is_invalid() {
    let good = "dGhlIHNhbXBsZSBub25jZQ==";
    assert_eq!(accept_key(good).unwrap().as_str(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    for key in ["", &good[..23], &good[1..], &format!("{good}="), &format!("{good}{good}"), &format!("{good} x")] {
        assert!(accept_key(key).is_err(), "{key}");
    }
}

/// [6585-5-long-field]
#[test]
fn a_field_name_longer_than_a_known_one_is_another_name() {
    for name in ["Sec-WebSocket-Extensions2", "Sec-WebSocket-Extensions-and-more-of-it", "Sec-WebSocket-Versions"] {
        accepted(&with("", &[&format!("{name}: ;")]));
    }
}
