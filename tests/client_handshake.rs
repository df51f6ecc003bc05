//! How a client judges a response: every rule of RFC 6455 §4.1, at every cut.

mod heads;

use heads::{ACCEPT, Element, Heard, Kind, NONCE, Seen, ask, client, every_cut, fields, head, replace};
use upframe::Settings;
use upframe::connection::{Event, NoEntropy};
use upframe::handshake::{
    Answer, ClientHandshake, ClientRequest, Failure, Key, NoExtension, OriginPolicy, ResponseJudge, ServerHandshake,
    ServerOptions, Uri,
};
use upframe::http::{Body, Head, HeadError, HeadLimits, HeadViolation};

/// The first frame, in the same segment.
const FRAME: &[u8] = b"\x81\x05Hello";
const GOOD: [&str; 4] = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
];

fn with(name: &str, lines: &[&str]) -> Vec<u8> {
    replace(&GOOD, name, lines)
}

fn request() -> ClientRequest<'static> {
    ClientRequest::new(Uri::parse("ws://server.example.com/chat").unwrap())
}

/// The result is the same at every cut, and for the fields of a 101 as pairs.
fn judge<'a>(request: ClientRequest<'a>, subprotocols: &'a [&'a str], response: &[u8], behind: &[u8]) -> Seen<Heard> {
    let wire = [response, behind].concat();
    let request = request.with_subprotocols(subprotocols);
    let seen = every_cut(&wire, |pieces| ask(client(request, NoExtension), pieces).2);
    if let [Element::Version(1, minor), Element::Status(status), .., Element::End] = seen.elements[..] {
        let mut judge = ResponseJudge::new(&Key::new(NONCE), subprotocols);
        fields(&seen.elements).iter().for_each(|(name, value)| judge.field(name, value));
        let pairs = match judge.finish(status, minor) {
            Answer::Agreed(agreed) => Heard::Agreed(agreed.subprotocol().map(Into::into)),
            Answer::Refused { status, body } => Heard::Refused(status, body),
            Answer::Failed(failure) => Heard::Failed(failure),
        };
        assert_eq!(Some(&pairs), seen.came.as_ref(), "as pairs: {}", response.escape_ascii());
    }
    seen
}

fn agreed(response: &[u8]) {
    let seen = judge(request(), &[], response, FRAME);
    assert_eq!(seen.came, Some(Heard::Agreed(None)), "{}", response.escape_ascii());
    assert_eq!(seen.left, FRAME, "{}", response.escape_ascii());
}

fn failed(response: &[u8], failure: Failure) {
    let seen = judge(request(), &[], response, FRAME);
    assert_eq!(seen.came, Some(Heard::Failed(failure)), "{}", response.escape_ascii());
    let taken = if let Failure::Head(error) = failure { error.offset as usize } else { response.len() };
    assert_eq!(seen.left, [&response[taken..], FRAME].concat(), "{}", response.escape_ascii());
}

fn at(violation: HeadViolation, offset: usize) -> Failure {
    Failure::Head(HeadError { violation, offset: offset as u32 })
}

#[test]
fn the_response_of_the_rfc_opens_the_connection() {
    agreed(&with("", &[]));
    agreed(&with("", &["Server: x", "Date: now", "Sec-WebSocket-Version: 13", "X:"]));
}

/// [7.2.1-lost-head]
#[test]
fn a_head_that_has_not_ended_needs_more_and_has_begun() {
    let response = [head(&["HTTP/1.1 100 Continue"]), with("", &[])].concat();
    for len in 0..response.len() {
        let seen = ask(client(request(), NoExtension), &[&response[..len]]).2;
        assert_eq!((seen.came, seen.left, seen.is_begun), (None, vec![], len > 0));
    }
}

/// [9110-15.2-interim]
#[test]
fn interim_responses_are_skipped_and_not_shown() {
    let interim = [
        head(&["HTTP/1.1 100 Continue"]),
        head(&["HTTP/1.1 102 Processing", "Upgrade: h2c", "Sec-WebSocket-Accept: x", "Content-Length: 5"]),
        head(&["HTTP/1.1 103 Early Hints", "Link: </a>; rel=preload", "Sec-WebSocket-Protocol: nonsense"]),
        head(&["HTTP/1.1 199"]),
        head(&["HTTP/1.1 100", "Sec-WebSocket-Extensions: ;", "Connection: close"]),
        head(&["HTTP/1.0 100 Continue"]),
    ];
    let plain = judge(request(), &[], &with("", &[]), FRAME);
    for n in 1..=interim.len() {
        let response = [interim[..n].concat(), with("", &[])].concat();
        agreed(&response);
        agreed(&[&interim[n - 1][..], &with("", &[])].concat());
        assert_eq!(judge(request(), &[], &response, FRAME), plain);
    }
    // before a refusal, too
    let seen = judge(request(), &[], &[&interim[0][..], &head(&["HTTP/1.1 503 Busy"])].concat(), b"");
    assert_eq!(seen.came, Some(Heard::Refused(503, Body::UntilEnd)));
    // an invalid one fails, wherever it appears
    failed(&[&interim[0][..], b"HTTP/1.1 1x1\r\n\r\n"].concat(), at(HeadViolation::Status, interim[0].len() + 10));
    failed(b"HTTP/1.1 100 Continue\r\nA b: c\r\n\r\n", at(HeadViolation::FieldName, 24));
}

/// [9110-15.2-limits]
#[test]
fn interim_responses_share_the_limits_of_one_head() {
    let interim = head(&["HTTP/1.1 100 Continue", "A: b"]);
    let response = [interim.repeat(9), with("", &[])].concat();
    let limits = |bytes: usize, fields| HeadLimits::DEFAULT.with_bytes(bytes as u32).with_fields(fields);
    let judge = |limits| judge(request().with_limits(limits), &[], &response, FRAME);
    assert_eq!(judge(limits(response.len(), 12)).came, Some(Heard::Agreed(None)));
    let seen = judge(limits(response.len() - 1, 12));
    assert_eq!(seen.came, Some(Heard::Failed(at(HeadViolation::TooManyBytes, response.len() - 1))));
    assert_eq!(seen.left, [b"\n", FRAME].concat());
    let last = response.len() - 2 - GOOD[3].len() - 2;
    assert_eq!(judge(limits(9999, 11)).came, Some(Heard::Failed(at(HeadViolation::TooManyFields, last))));
    // endless ones reach the default limit
    let endless = head(&["HTTP/1.1 100 Continue"]).repeat(2000);
    let seen = ask(client(request(), NoExtension), &[&endless]).2;
    assert_eq!(seen.came, Some(Heard::Failed(at(HeadViolation::TooManyBytes, 32 << 10))));
    let endless = interim.repeat(200);
    let seen = ask(client(request(), NoExtension), &[&endless]).2;
    assert_eq!(seen.came, Some(Heard::Failed(at(HeadViolation::TooManyFields, 128 * interim.len() + 23))));
}

/// [9112-6.3-101-body]
#[test]
fn a_101_has_no_body_whatever_it_announces() {
    for line in [
        "Content-Length: 5",
        "Content-Length: x",
        "Transfer-Encoding: chunked",
        "Content-Length: 7\r\nTransfer-Encoding: gzip",
    ] {
        agreed(&with("", &[line]));
    }
}

/// [4.1-frames-behind]
#[test]
fn frames_after_the_head_are_left_even_one_byte() {
    for len in 0..=FRAME.len() {
        assert_eq!(judge(request(), &[], &with("", &[]), &FRAME[..len]).left, &FRAME[..len]);
    }
    let (_, agreed, seen) = ask(client(request(), NoExtension), &[&[&with("", &[])[..], FRAME].concat()]);
    let mut connection = agreed.unwrap().connect(|_: &mut [u8]| Err(NoEntropy), Settings::new());
    let mut left = seen.left;
    let mut input = &mut left[..];
    assert!(matches!(connection.receive(&mut input), Some(Event::Text(text)) if text.as_str() == "Hello"));
    assert!(input.is_empty());
}

/// [4.1-response-upgrade]
#[test]
fn upgrade_is_websocket_and_nothing_else() {
    for lines in [&["Upgrade: WebSocket"][..], &["UPGRADE:\twebsocket \t"], &["upgrade: websocket"]] {
        agreed(&with("Upgrade", lines));
    }
    for lines in [
        &[][..],
        &["Upgrade:"],
        &["Upgrade: h2c"],
        &["Upgrade: websockets"],
        &["Upgrade: websocke"],
        &["Upgrade: websocket/13"],
        &["Upgrade: h2c, websocket"],
        &["Upgrade: websocket", "Upgrade: h2c"],
        &["Upgrade: web socket"],
        &["Upgrade: \"websocket\""],
        &["Upgrade: web", "Upgrade: socket"],
        &["X-Upgrade: websocket"],
    ] {
        failed(&with("Upgrade", lines), Failure::Upgrade);
    }
}

/// [4.1-response-connection]
#[test]
fn connection_is_a_list_over_all_lines() {
    for lines in [
        &["Connection: upgrade"][..],
        &["connection: keep-alive, Upgrade"],
        &["Connection: Upgrade,keep-alive"],
        &["Connection: keep-alive", "Connection: ,\t UPGRADE ,"],
        &["Connection: close, upgrade"],
    ] {
        agreed(&with("Connection", lines));
    }
    for lines in [
        &[][..],
        &["Connection:"],
        &["Connection: close"],
        &["Connection: not-upgradeable"],
        &["Connection: upgrade/1"],
        &["Connection: up grade"],
        &["Connection: upgrade websocket"],
    ] {
        failed(&with("Connection", lines), Failure::Connection);
    }
}

/// [4.1-response-accept] [4.1-accept-space] [4.1-once]
#[test]
fn the_accept_value_answers_the_key_exactly_and_once() {
    agreed(&with("Sec-WebSocket-Accept", &[&format!("SEC-WEBSOCKET-ACCEPT:\t {ACCEPT} \t")]));
    let swapped: String = ACCEPT
        .chars()
        .map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    let mut values = vec![
        String::new(),
        "x".into(),
        swapped,
        ACCEPT.to_lowercase(),
        ACCEPT.to_uppercase(),
        ACCEPT.repeat(2),
        format!("{ACCEPT}="),
        format!("{ACCEPT} x"),
        format!("{ACCEPT},{ACCEPT}"),
        format!("\"{ACCEPT}\""),
        format!("{} {}", &ACCEPT[..14], &ACCEPT[14..]),
        "HSmrc0sMlYUkAGmm5OPpG2HaGWk=".into(),
        heads::KEY.into(),
        "A".repeat(3000),
        "\u{e9}".repeat(14),
    ];
    // one character of another kind, anywhere
    values.extend(
        (0..28).map(|i| ACCEPT.char_indices().map(|(at, c)| if at == i { '-' } else { c }).collect::<String>()),
    );
    for value in values {
        failed(&with("Sec-WebSocket-Accept", &[&format!("Sec-WebSocket-Accept: {value}")]), Failure::Accept);
    }
    let good = GOOD[3];
    for lines in [
        &[][..],
        &[good, good],
        &["Sec-WebSocket-Accept:", good],
        &[good, "Sec-WebSocket-Accept:"],
        &[good, "sec-websocket-accept: x"],
    ] {
        failed(&with("Sec-WebSocket-Accept", lines), Failure::Accept);
    }
}

/// [4.1-response-subprotocol] [4.1-response-no-subprotocol] [4.1-subprotocol-case]
#[test]
fn a_subprotocol_is_one_of_those_offered_or_none() {
    let offered = &["chat", "superchat"][..];
    for (offered, lines, want) in [
        (offered, &[][..], Ok(None)),
        (offered, &["Sec-WebSocket-Protocol: superchat"], Ok(Some("superchat"))),
        (offered, &["sec-websocket-protocol:\tchat "], Ok(Some("chat"))),
        (offered, &["Sec-WebSocket-Protocol: Chat"], Err(())),
        (offered, &["Sec-WebSocket-Protocol: soap"], Err(())),
        (offered, &["Sec-WebSocket-Protocol: cha"], Err(())),
        (offered, &["Sec-WebSocket-Protocol: chats"], Err(())),
        (offered, &["Sec-WebSocket-Protocol: chat, superchat"], Err(())),
        (offered, &["Sec-WebSocket-Protocol: chat,"], Err(())),
        (offered, &["Sec-WebSocket-Protocol: chat superchat"], Err(())),
        (offered, &["Sec-WebSocket-Protocol: super chat"], Err(())),
        (offered, &["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: chat"], Err(())),
        (offered, &["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol:"], Err(())),
        (offered, &["Sec-WebSocket-Protocol:"], Err(())),
        (&[], &["Sec-WebSocket-Protocol: chat"], Err(())),
        (&[], &["Sec-WebSocket-Protocol:"], Err(())),
    ] {
        let seen = judge(request(), offered, &with("", lines), FRAME);
        let want = match want {
            Ok(chosen) => Heard::Agreed(chosen.map(str::to_string)),
            Err(()) => Heard::Failed(Failure::Subprotocol),
        };
        assert_eq!(seen.came, Some(want), "{lines:?}");
    }
}

/// [4.1-response-extension] [4.1-response-extensions-malformed]
#[test]
fn an_extension_that_was_not_offered_fails() {
    for value in ["permessage-deflate", "x-test; level=7", "a, b"] {
        failed(&with("", &[&format!("Sec-WebSocket-Extensions: {value}")]), Failure::ExtensionNotAgreed);
    }
    for value in ["", ",", ";"] {
        failed(&with("", &[&format!("Sec-WebSocket-Extensions: {value}")]), Failure::Extensions);
    }
}

/// [4.1-status-101]
#[test]
fn another_status_is_reported_and_the_body_is_left() {
    for (line, fields, status, reason) in [
        ("HTTP/1.1 302 Found", "Location: ws://b/\r\nContent-Length: 4", 302, "Found"),
        ("HTTP/1.1 307 Temporary Redirect", "Location: wss://c:1/d?e", 307, "Temporary Redirect"),
        ("HTTP/1.1 401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"", 401, "Unauthorized"),
        ("HTTP/1.1 407 Proxy Authentication Required", "Proxy-Authenticate: y", 407, "Proxy Authentication Required"),
        ("HTTP/1.1 426 Upgrade Required", "Sec-WebSocket-Version: 13, 8", 426, "Upgrade Required"),
        ("HTTP/1.1 503 Busy ", "Retry-After: 120", 503, "Busy"),
        ("HTTP/1.1 200 OK", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 200, "OK"),
        ("HTTP/1.0 500 \u{e9}", "A: b", 500, "\u{e9}"),
        ("HTTP/1.1 400", "A: b", 400, ""),
        ("HTTP/1.1 999 ", "A: b", 999, ""),
    ] {
        let response = head(&[line, fields]);
        let body = b"\x81\x05body of a refusal";
        let announced = if fields.contains("Content-Length: 4") { Body::Length(4) } else { Body::UntilEnd };
        let seen = judge(request(), &[], &response, body);
        assert_eq!((seen.came, &seen.left[..]), (Some(Heard::Refused(status, announced)), &body[..]), "{line}");
        let mut memory = [0; 256];
        let mut kept = Head::new(&mut memory);
        let mut handshake = client(request(), NoExtension);
        let mut answer = None;
        for mut byte in response.chunks(1) {
            answer = answer.or(handshake.receive_with(&mut byte, |span| kept.push(span)));
        }
        assert_eq!(answer, Some(Answer::Refused { status, body: announced }));
        assert_eq!((kept.status(), kept.reason()), (status, Ok(reason.as_bytes())));
        let (name, value) = fields.split("\r\n").next().unwrap().split_once(": ").unwrap();
        assert_eq!(kept.field(&name.to_uppercase()), Ok(Some(value.as_bytes())));
    }
}

/// [4.1-response-http-1.1] [9112-4-reason] [9112-4-status] [9112-4-reason-bytes]
#[test]
fn a_101_is_http_1_1_and_needs_no_reason() {
    failed(&with("HTTP", &["HTTP/1.0 101 Switching Protocols"]), Failure::HttpVersion);
    for line in ["HTTP/1.1 101", "HTTP/1.1 101 ", "HTTP/1.1 101  x", "HTTP/1.1 101 \u{e9}\t!", "HTTP/1.2 101 x"] {
        agreed(&with("HTTP", &[line]));
    }
    for (line, violation, offset) in [
        ("HTTP/2.0 101 x", HeadViolation::MajorVersion, 5),
        ("HTTP/2 101 x", HeadViolation::MajorVersion, 5),
        ("http/1.1 101 x", HeadViolation::Version, 0),
        ("ICY 200 OK", HeadViolation::Version, 0),
        ("\r\nHTTP/1.1 101 x", HeadViolation::Version, 0),
        ("HTTP/1.1  101 x", HeadViolation::Status, 9),
        ("HTTP/1.1\t101 x", HeadViolation::Status, 8),
        ("HTTP/1.1", HeadViolation::Status, 8),
        ("HTTP/1.1 ", HeadViolation::Status, 9),
        ("HTTP/1.1 10", HeadViolation::Status, 11),
        ("HTTP/1.1 1010", HeadViolation::Status, 12),
        ("HTTP/1.1 101x", HeadViolation::Status, 12),
        ("HTTP/1.1 001 x", HeadViolation::Status, 9),
        ("HTTP/1.1 +10 x", HeadViolation::Status, 9),
        ("HTTP/1.1 101 \0", HeadViolation::Reason, 13),
        ("HTTP/1.1 101 x\u{7f}", HeadViolation::Reason, 14),
        ("HTTP/1.1 101 x\ry", HeadViolation::LineEnd, 15),
        ("HTTP/1.1 101 x\nUpgrade: websocket", HeadViolation::LineEnd, 14),
    ] {
        failed(&with("HTTP", &[line]), at(violation, offset));
    }
    let len = with("", &[]).len() - 2;
    for (line, violation, offset) in [
        (" folded", HeadViolation::FieldName, 0),
        ("A : b", HeadViolation::FieldName, 1),
        (": b", HeadViolation::FieldName, 0),
        ("A", HeadViolation::FieldName, 1),
        ("A: \0", HeadViolation::FieldValue, 3),
        ("A: b\nC: d", HeadViolation::LineEnd, 4),
    ] {
        failed(&with("", &[line]), at(violation, len + offset));
    }
}

#[test]
fn if_several_rules_are_broken_the_first_in_the_order_of_failure_is_reported() {
    let lines = ["HTTP/1.0 101", "Upgrade: x", "Connection: x", "Sec-WebSocket-Accept: x", "Sec-WebSocket-Protocol: x"];
    let good = [GOOD[0], GOOD[1], GOOD[2], GOOD[3], "A: b"];
    let failures = [Failure::HttpVersion, Failure::Upgrade, Failure::Connection, Failure::Accept, Failure::Subprotocol];
    for (i, failure) in failures.into_iter().enumerate() {
        let mut response = [&good[..i], &lines[i..], &["Sec-WebSocket-Extensions: ;"]].concat();
        failed(&head(&response), failure);
        response[1..].reverse();
        failed(&head(&response), failure);
    }
}

#[test]
fn a_malformed_list_of_extensions_is_malformed_even_after_one_that_was_not_offered() {
    failed(&with("", &["Sec-WebSocket-Extensions: ;", "Sec-WebSocket-Extensions: y"]), Failure::Extensions);
    failed(&with("", &["Sec-WebSocket-Extensions: y", "Sec-WebSocket-Extensions: ;"]), Failure::Extensions);
}

#[test]
fn a_refusal_of_this_crate_is_understood_by_its_client() {
    let mut server =
        ServerHandshake::new(ServerOptions::new().with_origins(OriginPolicy::list(&["http://a"]).unwrap()));
    let handshake = ClientHandshake::new(request().with_origin("http://b"), &mut heads::nonce).unwrap();
    let mut out = [0; 512];
    let mut input = handshake.write_request(&mut out).unwrap();
    let Some(upframe::handshake::Outcome::Refusal(refusal)) = server.receive(&mut input) else { panic!() };
    let seen = judge(request(), &[], heads::refusal_text(refusal).as_bytes(), b"");
    assert_eq!(
        (seen.came, &seen.left[..]),
        (Some(Heard::Refused(403, Body::Length(22))), &b"origin is not allowed\n"[..])
    );
    assert!(seen.elements.contains(&Element::run(Kind::Reason, b"Forbidden")));
}
