//! What a server answers: the 101 with fields of the caller's, refusals, plain HTTP requests, and invalid heads.

mod heads;

use heads::server::{
    ANY, FRAME, GOOD, accepted, accepted_by, answer, at, every_refusal, judge, refused, refused_by, with,
};
use heads::{ACCEPT, Came, head, replace, serve};
use upframe::Settings;
use upframe::handshake::{OriginPolicy, Outcome, Refusal, ServerHandshake, ServerOptions, Upgrade};
use upframe::http::{Field, Head, HeadLimits, HeadViolation, Method, Response, WriteError};

fn upgrade<'p>(options: ServerOptions<'p>, request: &[u8]) -> (ServerHandshake<'p>, Upgrade<'p>) {
    let mut handshake = ServerHandshake::new(options);
    let Some(Outcome::Upgrade(upgrade)) = handshake.receive(&mut &request[..]) else { panic!() };
    (handshake, upgrade)
}

#[test]
fn fields_of_the_caller_keep_their_order_and_all_is_written_or_nothing() {
    let request = with("", &["Sec-WebSocket-Protocol: chat"]);
    let (handshake, upgrade) = upgrade(ANY.with_subprotocols(&["chat"]), &request);
    let fields: &[Field] = &[("Set-Cookie", "a=1"), ("set-cookie", "b=\u{e9}\t2"), ("X", "")];
    let want = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {ACCEPT}\r\n\
         Sec-WebSocket-Protocol: chat\r\nSet-Cookie: a=1\r\nset-cookie: b=\u{e9}\t2\r\nX: \r\n\r\n"
    );
    for len in 0..want.len() {
        let mut out = vec![0xEE; len];
        let error = handshake.accept(&upgrade, Settings::new(), fields, &mut out).map(|_| ()).unwrap_err();
        assert_eq!(error, WriteError::BufferTooSmall { required: want.len() });
        assert!(out.iter().all(|byte| *byte == 0xEE));
    }
    for len in [want.len(), want.len() + 1, 1000] {
        let mut out = vec![0xEE; len];
        let (response, _) = handshake.accept(&upgrade, Settings::new(), fields, &mut out).unwrap();
        assert_eq!(response, want.as_bytes());
        assert!(out[want.len()..].iter().all(|byte| *byte == 0xEE));
    }
    let plain = upgrade.without_subprotocol().without_extension();
    let mut out = [0; 129];
    let (response, _) = handshake.accept(&plain, Settings::new(), &[], &mut out).unwrap();
    assert_eq!(response.len(), 129, "enough without subprotocol and extension");
    assert!(response.ends_with(format!("{ACCEPT}\r\n\r\n").as_bytes()));
}

/// [9110-5.1-own-name] [9110-5.5-own-value] [9110-5.5-own-checked] [4.1-field-owned] [9110-8.6-101]
#[test]
fn fields_that_would_break_the_response_are_refused_and_nothing_is_written() {
    let (handshake, upgrade) = upgrade(ANY, &with("", &[]));
    type Row = (Field<'static>, fn(usize) -> WriteError);
    let table: [Row; 22] = [
        (("A", "x\r\nB: y"), |index| WriteError::FieldValue { index }),
        (("A", "x\r"), |index| WriteError::FieldValue { index }),
        (("A", "\n"), |index| WriteError::FieldValue { index }),
        (("A", "x\0y"), |index| WriteError::FieldValue { index }),
        (("A", "\u{7f}"), |index| WriteError::FieldValue { index }),
        (("A", "\u{b}"), |index| WriteError::FieldValue { index }),
        (("", "x"), |index| WriteError::FieldName { index }),
        (("A B", "x"), |index| WriteError::FieldName { index }),
        (("A ", "x"), |index| WriteError::FieldName { index }),
        (("A:", "x"), |index| WriteError::FieldName { index }),
        (("A\r\nB", "x"), |index| WriteError::FieldName { index }),
        (("A\0", "x"), |index| WriteError::FieldName { index }),
        (("\u{c4}", "x"), |index| WriteError::FieldName { index }),
        (("Upgrade", "h2c"), |_| WriteError::FieldOwned("Upgrade")),
        (("CONNECTION", "close"), |_| WriteError::FieldOwned("Connection")),
        (("sec-websocket-accept", "x"), |_| WriteError::FieldOwned("Sec-WebSocket-Accept")),
        (("Sec-WebSocket-Protocol", "chat"), |_| WriteError::FieldOwned("Sec-WebSocket-Protocol")),
        (("Sec-WebSocket-Extensions", "x"), |_| WriteError::FieldOwned("Sec-WebSocket-Extensions")),
        (("Sec-WebSocket-Version", "13"), |_| WriteError::FieldOwned("Sec-WebSocket-Version")),
        (("Sec-WebSocket-Key", "x"), |_| WriteError::FieldOwned("Sec-WebSocket-Key")),
        (("Content-Length", "0"), |_| WriteError::FieldOwned("Content-Length")),
        (("transfer-encoding", "chunked"), |_| WriteError::FieldOwned("Transfer-Encoding")),
    ];
    for (field, want) in table {
        for len in [0, 10, 500] {
            let mut out = vec![0xEE; len];
            for (index, fields) in
                [(0, &[field][..]), (1, &[("Good", "field"), field]), (0, &[field, ("Good", "field")])]
            {
                let error = handshake.accept(&upgrade, Settings::new(), fields, &mut out).map(|_| ()).unwrap_err();
                assert_eq!(error, want(index), "{field:?}");
            }
            assert!(out.iter().all(|byte| *byte == 0xEE));
        }
    }
}

/// [4.2.1-refusal]
#[test]
fn every_refusal_is_a_whole_response() {
    for refusal in every_refusal() {
        let text = heads::refusal_text(refusal);
        assert_eq!(text, answer(refusal));
        assert_eq!(text[9..12], refusal.status().to_string());
        assert!(text[13..].starts_with(refusal.reason()));
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(text.contains(&format!("\r\nContent-Length: {}\r\n", body.len())));
        assert!(text.contains("\r\nConnection: close\r\n"));
        // the same without a body
        let mut out = [0; 256];
        let short = String::from_utf8(refusal.write_without_body(&mut out).unwrap().to_vec()).unwrap();
        let (head, _) = text.split_once("Content-Type: text/plain").unwrap();
        assert_eq!(short, format!("{head}Content-Length: 0\r\nConnection: close\r\n\r\n"));
        let error = refusal.write_without_body(&mut out[..short.len() - 1]).unwrap_err();
        assert_eq!(error, WriteError::BufferTooSmall { required: short.len() });
    }
}

/// [9112-3.2-host]
/// [9112-9.3-keep-alive]
#[test]
fn a_plain_http_request_is_reported_with_its_body_and_whether_the_stream_stays_open() {
    for (lines, has_body, may_keep_alive) in [
        (&["GET / HTTP/1.1", "Host: a"][..], false, true),
        (&["GET / HTTP/1.1", "Host:"], false, true),
        (&["GET /chat HTTP/1.1", "Host: a", "Connection: Upgrade", "Sec-WebSocket-Key: x"], false, true),
        (&["GET / HTTP/1.1", "Host: a", "Connection: keep-alive"], false, true),
        (&["GET / HTTP/1.1", "Host: a", "Connection: x, Close"], false, false),
        (&["GET / HTTP/1.1", "Host: a", "Connection: closed"], false, true),
        (&["GET / HTTP/1.1", "Host: a", "Upgrade: h2c"], false, true),
        (&["GET / HTTP/1.1", "Host: a", "Content-Length: 0"], false, true),
        (&["POST /form HTTP/1.1", "Host: a", "Content-Length: 11"], true, false),
        (&["POST /form HTTP/1.1", "Host: a", "Transfer-Encoding: chunked"], true, false),
        (&["DELETE /x HTTP/1.1", "Host: a"], false, true),
        (&["OPTIONS * HTTP/1.1", "Host: a"], false, true),
        (&["CONNECT h:80 HTTP/1.1", "Host: h:80"], false, true),
        (&["GET / HTTP/1.0"], false, false),
        (&["GET / HTTP/1.0", "Host: a", "Connection: keep-alive"], false, false),
        (&["POST / HTTP/1.0", "Content-Length: 2"], true, false),
    ] {
        let seen = judge(ANY, &head(lines));
        let Some(Came::PlainHttp(plain)) = seen.came else { panic!("{lines:?}") };
        assert_eq!((plain.has_body(), plain.may_keep_alive()), (has_body, may_keep_alive), "{lines:?}");
        assert_eq!(seen.left, FRAME, "the body is left");
    }
    for lines in [
        &["GET / HTTP/1.1"][..],
        &["GET / HTTP/1.1", "Host: a", "Host: a"],
        &["GET / HTTP/1.0", "Host: a", "Host: a"],
        &["GET / HTTP/1.1", "Host: a b"],
        &["GET / HTTP/1.1", "Host: a@b"],
    ] {
        refused(&head(lines), Refusal::Host);
    }
}

#[test]
fn a_stream_that_is_kept_alive_serves_a_page_and_then_a_connection() {
    let wire = [&head(&["GET / HTTP/1.1", "Host: a"])[..], b"\r\n", &with("", &[]), FRAME].concat();
    let (mut input, mut out) = (&wire[..], [0; 256]);
    let mut memory = [0; 100];
    let mut kept = Head::new(&mut memory);
    let Some(Outcome::PlainHttp(page)) = ServerHandshake::new(ANY).receive_with(&mut input, |span| kept.push(span))
    else {
        panic!()
    };
    assert_eq!((kept.path(), page.may_keep_alive()), (Ok(&b"/"[..]), true));
    let page = Response::new(200, "OK").with_keep_alive(true).with_body(b"Hi");
    assert_eq!(
        page.write(Method::GET, &mut out).unwrap(),
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nHi"
    );
    // an empty line before the next request is skipped
    assert!(matches!(ServerHandshake::new(ANY).receive(&mut input), Some(Outcome::Upgrade(_))));
    assert_eq!(input, FRAME);
}

/// [9112-5.2-fold] [9112-5.1-colon] [9112-5-colon] [9110-5.1-name] [9110-5.5-value] [9112-2.2-bare-cr]
#[test]
fn lines_that_are_not_fields_are_refused_at_their_first_wrong_byte() {
    let start = head(&GOOD).len() - 2;
    for (line, violation, offset) in [
        (&b" folded"[..], HeadViolation::FieldName, 0),
        (b"\tfolded", HeadViolation::FieldName, 0),
        (b"A : b", HeadViolation::FieldName, 1),
        (b"A\t: b", HeadViolation::FieldName, 1),
        (b": b", HeadViolation::FieldName, 0),
        (b":", HeadViolation::FieldName, 0),
        (b"no colon", HeadViolation::FieldName, 2),
        (b"nocolon", HeadViolation::FieldName, 7),
        (b"A\0: b", HeadViolation::FieldName, 1),
        (b"\xc4: b", HeadViolation::FieldName, 0),
        (b"A: b\0c", HeadViolation::FieldValue, 4),
        (b"A: \x01", HeadViolation::FieldValue, 3),
        (b"A:\x7f", HeadViolation::FieldValue, 2),
        (b"A: b\x1f", HeadViolation::FieldValue, 4),
        (b"A: a long value\0and more of it", HeadViolation::FieldValue, 15),
        (b"A: a long value\x7fand more of it", HeadViolation::FieldValue, 15),
        (b"A: b\rc", HeadViolation::LineEnd, 5),
        (b"A: \rc", HeadViolation::LineEnd, 4),
        (b"A: b\r", HeadViolation::LineEnd, 5),
        (b"A: b\nB: c", HeadViolation::LineEnd, 4),
        (b"A: \nB: c", HeadViolation::LineEnd, 3),
        (b"A:\nB: c", HeadViolation::LineEnd, 2),
        (b"\nA: b", HeadViolation::LineEnd, 0),
        (b"\rA: b", HeadViolation::LineEnd, 1),
    ] {
        let good = head(&GOOD);
        let wire = [&good[..start], line, b"\r\n\r\n"].concat();
        refused(&wire, at(violation, start + offset));
    }
    for value in [&b"caf\xe9 \xff"[..], b"a\tb", b"\"a:b\"", b"", b" ", b"::"] {
        let good = head(&GOOD);
        accepted_wire(&[&good[..start], b"X:", value, b"\r\n\r\n"].concat());
    }
}

fn accepted_wire(request: &[u8]) {
    let seen = judge(ANY, request);
    assert!(matches!(seen.came, Some(Came::Upgrade { .. })), "{}", request.escape_ascii());
    assert_eq!(seen.left, FRAME);
}

/// [9112-2.2-bare-lf]
#[test]
fn a_bare_lf_never_ends_a_line() {
    let request = with("", &[]);
    for (at_byte, _) in request.iter().enumerate().filter(|(_, byte)| **byte == b'\r') {
        let mut wire = request.clone();
        wire.remove(at_byte);
        let seen = judge(ANY, &wire);
        assert!(matches!(seen.came, Some(Came::Refused(Refusal::Head(error), _)) if error.offset as usize == at_byte));
        // a CR alone
        let mut wire = request.clone();
        wire.remove(at_byte + 1);
        refused_when_more_comes(&wire, at_byte + 1);
    }
}

fn refused_when_more_comes(wire: &[u8], offset: usize) {
    let want = at(HeadViolation::LineEnd, offset);
    let seen = judge(ANY, wire);
    assert_eq!(seen.came, Some(Came::Refused(want, answer(want))), "{}", wire.escape_ascii());
}

/// [9112-2.2-bare-cr] [9112-2.2-bare-lf] [9112-2.2-empty-lines]
#[test]
fn empty_lines_before_the_request_are_skipped() {
    for n in [1, 2, 10] {
        accepted(&[b"\r\n".repeat(n), with("", &[])].concat());
    }
    refused(&[b"\n", &with("", &[])[..]].concat(), at(HeadViolation::LineEnd, 0));
    refused(&[b"\r\n\n", &with("", &[])[..]].concat(), at(HeadViolation::LineEnd, 2));
    refused(&[b"\r\r\n", &with("", &[])[..]].concat(), at(HeadViolation::LineEnd, 1));
    refused(&[b" \r\n", &with("", &[])[..]].concat(), at(HeadViolation::Method, 0));
}

/// [6585-5-bytes] [6585-5-fields]
#[test]
fn limits_are_exact() {
    let long = format!("Cookie: {}", "c".repeat(300));
    let request = with("", &[&long]);
    let len = u32::try_from(request.len()).unwrap();
    let limits = |bytes, fields| ANY.with_limits(HeadLimits::DEFAULT.with_bytes(bytes).with_fields(fields));
    accepted_by(limits(len, 6), &request, None);
    for fewer in [1, 2, 3, 4, 100, 300] {
        refused_by(limits(len - fewer, 6), &request, at(HeadViolation::TooManyBytes, (len - fewer) as usize));
    }
    refused_by(limits(0, 6), &request, at(HeadViolation::TooManyBytes, 0));
    let fifth = replace(&GOOD[..5], "", &[]).len() - 2;
    refused_by(limits(len, 4), &request, at(HeadViolation::TooManyFields, fifth));
    refused_by(limits(len, 0), &request, at(HeadViolation::TooManyFields, GOOD[0].len() + 2));
    // endless empty lines reach the limit
    refused_by(limits(64, 6), &b"\r\n".repeat(40), at(HeadViolation::TooManyBytes, 64));
}

#[test]
fn a_cookie_of_eight_thousand_bytes_passes_through_any_buffer() {
    let request = with("Host", &["Host: a", &format!("Cookie: {}", "0123456789abcdef".repeat(512))]);
    let wire = [&request[..], FRAME].concat();
    let whole = serve(ServerHandshake::new(ANY), &[&wire]).1;
    assert!(matches!(whole.came, Some(Came::Upgrade { .. })));
    assert_eq!(whole.left, FRAME);
    for len in [1, 2, 64, 100, 4096] {
        assert_eq!(serve(ServerHandshake::new(ANY), &wire.chunks(len).collect::<Vec<_>>()).1, whole);
    }
}

#[test]
fn if_several_rules_are_broken_the_first_in_the_order_of_refusal_is_reported() {
    // a line that breaks each rule, in the order of the enum
    let names: Vec<_> = (0..17).map(|i| format!("p{i}")).collect();
    let many = format!("Sec-WebSocket-Protocol: {}", names.join(","));
    let rules: [(&str, &[&str], Refusal); 14] = [
        ("GET", &["GET /chat HTTP/1.0"], Refusal::HttpVersion),
        ("GET", &["PUT /chat HTTP/1.1"], Refusal::Method),
        ("GET", &["GET chat HTTP/1.1"], Refusal::Target),
        ("Host", &[], Refusal::Host),
        ("", &["Content-Length: 1"], Refusal::Body),
        ("Connection", &[], Refusal::Connection),
        ("Sec-WebSocket-Key", &[], Refusal::Key),
        ("Sec-WebSocket-Version", &[], Refusal::VersionMissing),
        ("Sec-WebSocket-Version", &["Sec-WebSocket-Version: x"], Refusal::VersionMalformed),
        ("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 8"], Refusal::VersionUnsupported),
        ("", &["Sec-WebSocket-Protocol: x y"], Refusal::Subprotocols),
        ("", &[&many], Refusal::TooManySubprotocols),
        ("", &["Sec-WebSocket-Extensions: ;"], Refusal::Extensions),
        ("", &["Origin: null"], Refusal::Origin),
    ];
    let options = ANY.with_origins(OriginPolicy::list(&["http://a"]).unwrap());
    for (i, (name, lines, refusal)) in rules.iter().enumerate() {
        for (other, more, _) in &rules[i + 1..] {
            if *other == *name && !name.is_empty() {
                continue;
            }
            let broken = String::from_utf8(replace(&GOOD, name, lines)).unwrap();
            let broken: Vec<&str> = broken.trim_end().split("\r\n").collect();
            refused_by(options, &replace(&broken, other, more), *refusal);
        }
    }
    // an invalid head is refused at its first wrong byte
    let folded = [&GOOD[..], &["Sec-WebSocket-Version: 8", " folded"]].concat();
    let len = folded[..7].iter().map(|line| line.len() + 2).sum();
    refused(&head(&folded), at(HeadViolation::FieldName, len));
}

#[test]
fn a_list_of_subprotocols_is_malformed_or_too_long_by_what_comes_first() {
    let names: Vec<_> = (0..17).map(|i| format!("p{i}")).collect();
    let many = format!("Sec-WebSocket-Protocol: {}", names.join(","));
    refused(&with("", &["Sec-WebSocket-Protocol: x y", &many]), Refusal::Subprotocols);
    refused(&with("", &[&many, "Sec-WebSocket-Protocol: x y"]), Refusal::TooManySubprotocols);
}

/// [9110-5.5-own-checked]
#[test]
fn a_page_with_a_field_that_would_break_it_is_not_written() {
    for (field, want) in [
        (("", "x"), WriteError::FieldName { index: 1 }),
        (("A\r\nB", "x"), WriteError::FieldName { index: 1 }),
        (("A", "x\r\nB: y"), WriteError::FieldValue { index: 1 }),
        (("content-length", "1"), WriteError::FieldOwned("Content-Length")),
    ] {
        let (fields, mut out) = ([("Good", "field"), field], [0xEE; 99]);
        let page = Response::new(200, "OK").with_fields(&fields);
        assert_eq!(page.write(Method::GET, &mut out), Err(want));
        assert_eq!(page.write_head(&mut out), Err(want));
        assert_eq!(out, [0xEE; 99]);
    }
}

/// [9110-15.6.6-major] [4.2.1-get] [4.2.2-version-13] [6585-5-subprotocols] [10.2-origin] [6585-5-status]
/// [9112-3-uri-length]
#[test]
fn the_status_of_each_refusal_is_that_of_its_rule() {
    for (refusal, status) in [
        (at(HeadViolation::Method, 0), 400),
        (at(HeadViolation::LineEnd, 0), 400),
        (at(HeadViolation::MajorVersion, 0), 505),
        (at(HeadViolation::RequestLineTooLong, 0), 414),
        (at(HeadViolation::TooManyBytes, 0), 431),
        (at(HeadViolation::TooManyFields, 0), 431),
        (Refusal::HttpVersion, 505),
        (Refusal::UpgradeRequired, 426),
        (Refusal::Method, 405),
        (Refusal::Host, 400),
        (Refusal::BodyLength, 400),
        (Refusal::Body, 400),
        (Refusal::Key, 400),
        (Refusal::VersionMissing, 400),
        (Refusal::VersionMalformed, 400),
        (Refusal::VersionUnsupported, 426),
        (Refusal::Subprotocols, 400),
        (Refusal::TooManySubprotocols, 431),
        (Refusal::Extensions, 400),
        (Refusal::Origin, 403),
    ] {
        let mut out = [0; 256];
        let start = format!("HTTP/1.1 {status} ");
        assert!(refusal.write(Method::GET, &mut out).unwrap().starts_with(start.as_bytes()), "{refusal}");
        assert_eq!(refusal.status(), status, "{refusal}");
    }
}

/// [9110-15.5.6-allow] [4.4-versions] [9110-15.5.22-upgrade]
#[test]
fn the_fields_of_a_refusal_tell_what_would_be_accepted() {
    let versions = "\r\nSec-WebSocket-Version: 13\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    for (refusal, fields) in [
        (Refusal::UpgradeRequired, versions),
        (Refusal::VersionUnsupported, versions),
        (Refusal::Method, "\r\nAllow: GET\r\n"),
    ] {
        let mut out = [0; 256];
        let text = std::str::from_utf8(refusal.write(Method::GET, &mut out).unwrap()).unwrap();
        assert!(text.contains(fields), "{text}");
    }
}

/// [9112-4-page]
#[test]
fn a_page_whose_status_or_reason_would_break_it_is_not_written() {
    for (status, reason, want) in [
        (0, "x", WriteError::Status),
        (101, "x", WriteError::Status),
        (99, "x", WriteError::Status),
        (1000, "x", WriteError::Status),
        (200, "x\r\nA: b", WriteError::Reason),
        (200, "\0", WriteError::Reason),
        (200, "\u{7f}", WriteError::Reason),
    ] {
        let mut out = [0xEE; 99];
        assert_eq!(Response::new(status, reason).write(Method::GET, &mut out), Err(want));
        assert_eq!(Response::new(status, reason).write_head(&mut out), Err(want));
        assert_eq!(out, [0xEE; 99]);
    }
}

#[test]
fn a_head_without_its_body_announces_the_body() {
    let fields: &[Field] = &[("Content-Type", "text/html")];
    let page = Response::new(200, "OK").with_fields(fields).with_body(b"<p>hello");
    for (page, connection) in [(page, "close"), (page.with_keep_alive(true), "keep-alive")] {
        let want = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 8\r\nConnection: {connection}\r\n\r\n"
        );
        let mut whole = [0; 200];
        assert_eq!(page.write(Method::GET, &mut whole).unwrap(), [want.as_bytes(), b"<p>hello"].concat());
        for len in 0..want.len() {
            let mut out = vec![0xEE; len];
            assert_eq!(page.write_head(&mut out), Err(WriteError::BufferTooSmall { required: want.len() }));
            assert!(out.iter().all(|byte| *byte == 0xEE));
        }
        let mut out = [0xEE; 200];
        assert_eq!(page.write_head(&mut out).unwrap(), want.as_bytes());
        assert!(out[want.len()..].iter().all(|byte| *byte == 0xEE));
    }
    let bad = Response::new(200, "OK\r\n");
    assert_eq!(bad.write_head(&mut [0; 200]), Err(WriteError::Reason));
    assert_eq!(Response::new(101, "").write_head(&mut [0; 200]), Err(WriteError::Status));
}

#[test]
fn the_limits_of_a_head_are_the_default_unless_set() {
    assert_eq!(HeadLimits::default(), HeadLimits::DEFAULT);
}
