//! The opening handshake in HTTP/2 and HTTP/3: a table for each rule of RFC 8441 §4 and §5 and RFC 9220 §3, with good
//! and bad neighbours.

use upframe::connection::{Event, NoEntropy, Settings};
use upframe::deflate::{ClientDeflate, DeflatePolicy, ServerDeflate};
use upframe::frame::ReservedBits;
use upframe::handshake::{
    ClientRequest, ConnectAnswer, ConnectOutcome, ConnectRequest, ConnectRequestJudge, ConnectResponseJudge, Failure,
    MalformedFields, OriginPolicy, Outcome, Refusal, RequestError, RequestJudge, ServerOptions, Uri,
};
use upframe::http::WriteError;

type Pair<'a> = (&'a str, &'a str);

/// The request of RFC 8441 §5.1.
const GOOD: [Pair<'static>; 9] = [
    (":method", "CONNECT"),
    (":protocol", "websocket"),
    (":scheme", "https"),
    (":path", "/chat"),
    (":authority", "server.example.com"),
    ("sec-websocket-protocol", "chat, superchat"),
    ("sec-websocket-extensions", "permessage-deflate"),
    ("sec-websocket-version", "13"),
    ("origin", "http://www.example.com"),
];

const SUPPORTED: [&str; 2] = ["superchat", "chat"];

fn judged(pairs: &[Pair]) -> ConnectOutcome<'static> {
    let mut judge = ConnectRequestJudge::new(ServerOptions::new().with_subprotocols(&SUPPORTED));
    pairs.iter().for_each(|(name, value)| judge.field(name.as_bytes(), value.as_bytes()));
    judge.finish()
}

/// What came of a request, in short.
#[derive(Debug, Eq, PartialEq)]
enum Came {
    Tunnel(Option<&'static str>),
    PlainHttp,
    OtherProtocol,
    Refused(Refusal),
    Malformed(MalformedFields),
}

fn came(pairs: &[Pair]) -> Came {
    match judged(pairs) {
        ConnectOutcome::Tunnel(tunnel) => Came::Tunnel(tunnel.subprotocol()),
        ConnectOutcome::PlainHttp => Came::PlainHttp,
        ConnectOutcome::OtherProtocol => Came::OtherProtocol,
        ConnectOutcome::Refusal(refusal) => Came::Refused(refusal),
        ConnectOutcome::Malformed(problem) => Came::Malformed(problem),
    }
}

/// The good request with another value, or without the field for `None`.
fn with<'a>(name: &'a str, value: Option<&'a str>) -> Vec<Pair<'a>> {
    let mut pairs: Vec<Pair> = GOOD.to_vec();
    match value {
        Some(value) if GOOD.iter().any(|(known, _)| *known == name) => {
            pairs.iter_mut().filter(|(known, _)| *known == name).for_each(|pair| pair.1 = value);
        }
        Some(value) => pairs.push((name, value)),
        None => pairs.retain(|(known, _)| *known != name),
    }
    pairs
}

/// Each order of the items.
fn orders<T: Copy>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![vec![]];
    }
    let mut all = vec![];
    for (i, item) in items.iter().enumerate() {
        let rest: Vec<T> = items[..i].iter().chain(&items[i + 1..]).copied().collect();
        for mut order in orders(&rest) {
            order.insert(0, *item);
            all.push(order);
        }
    }
    all
}

const GOOD_CAME: Came = Came::Tunnel(Some("superchat"));

#[test]
fn pseudo_header_fields_and_fields_come_in_any_order() {
    let fields = GOOD[5..].to_vec();
    for pseudo in orders(&GOOD[..5]) {
        let pairs: Vec<Pair> = pseudo.iter().copied().chain(fields.iter().copied()).collect();
        assert_eq!(came(&pairs), GOOD_CAME, "{pairs:?}");
    }
    for fields in orders(&fields) {
        let pairs: Vec<Pair> = GOOD[..5].iter().copied().chain(fields.iter().copied()).collect();
        assert_eq!(came(&pairs), GOOD_CAME, "{pairs:?}");
    }
}

/// [9113-8.3-late]
#[test]
fn a_pseudo_header_field_never_follows_a_field() {
    for late in 0..5 {
        for at in 6..=9 {
            let mut pairs = GOOD.to_vec();
            let pair = pairs.remove(late);
            pairs.insert(at - 1, pair);
            assert_eq!(came(&pairs), Came::Malformed(MalformedFields::PseudoLate), "{pairs:?}");
        }
    }
}

/// [9113-8.3-duplicated] [9113-8.3-known]
#[test]
fn a_pseudo_header_field_appears_once_and_is_known() {
    for pair in &GOOD[..5] {
        for value in [pair.1, "other"] {
            let mut pairs = GOOD.to_vec();
            pairs.insert(5, (pair.0, value));
            assert_eq!(came(&pairs), Came::Malformed(MalformedFields::PseudoDuplicated), "{pairs:?}");
        }
    }
    for name in [":status", ":", ":x", ":Method", ":METHOD", ":method ", "::method", ":protoco", ":protocols", ":host"]
    {
        for at in 0..=5 {
            let mut pairs = GOOD.to_vec();
            pairs.insert(at, (name, "200"));
            assert_eq!(came(&pairs), Came::Malformed(MalformedFields::PseudoNotAllowed), "{pairs:?}");
        }
    }
}

/// [8441-4-target] [9113-8.3.1-method] [8441-4-method]
#[test]
fn a_request_with_a_protocol_is_a_connect_and_has_a_target() {
    let missing = Came::Malformed(MalformedFields::PseudoMissing);
    for name in [":method", ":scheme", ":path"] {
        assert_eq!(came(&with(name, None)), missing, "{name}");
        // another protocol has the same
        let other: Vec<Pair> =
            with(":protocol", Some("connect-udp")).into_iter().filter(|(known, _)| *known != name).collect();
        assert_eq!(came(&other), missing, "{name}");
    }
    assert_eq!(came(&[]), missing);
    for method in ["GET", "connect", "CONNECTS", "CONNEC", "", "POST"] {
        let not_allowed = Came::Malformed(MalformedFields::PseudoNotAllowed);
        assert_eq!(came(&with(":method", Some(method))), not_allowed, "{method}");
    }
}

/// [9113-8.5-connect]
#[test]
fn requests_without_a_protocol_are_plain_http() {
    let without = with(":protocol", None);
    // a CONNECT with scheme and path
    assert_eq!(came(&without), Came::Malformed(MalformedFields::PseudoNotAllowed));
    for (pairs, want) in [
        (&[(":method", "CONNECT"), (":authority", "a:443")][..], Came::PlainHttp),
        (&[(":method", "CONNECT")], Came::Malformed(MalformedFields::PseudoMissing)),
        (
            &[(":method", "CONNECT"), (":authority", "a:443"), (":scheme", "https")],
            Came::Malformed(MalformedFields::PseudoNotAllowed),
        ),
        (
            &[(":method", "CONNECT"), (":authority", "a:443"), (":path", "/")],
            Came::Malformed(MalformedFields::PseudoNotAllowed),
        ),
        (&[(":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", "a")], Came::PlainHttp),
        (&[(":method", "GET"), (":scheme", "https"), (":path", "/"), ("host", "a")], Came::PlainHttp),
        (&[(":method", "OPTIONS"), (":scheme", "https"), (":path", "*"), (":authority", "a")], Came::PlainHttp),
        (&[(":method", "GET"), (":path", "/"), (":authority", "a")], Came::Malformed(MalformedFields::PseudoMissing)),
        (
            &[(":method", "GET"), (":scheme", "https"), (":authority", "a")],
            Came::Malformed(MalformedFields::PseudoMissing),
        ),
        (
            &[(":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", "a"), ("upgrade", "websocket")],
            Came::Malformed(MalformedFields::ConnectionField),
        ),
    ] {
        assert_eq!(came(pairs), want, "{pairs:?}");
    }
}

/// [9220-3-protocol]
#[test]
fn another_protocol_is_not_malformed() {
    for protocol in ["connect-udp", "webtransport", "websocket2", "websocke", "", "h2c", "websocket, x", "web socket"] {
        assert_eq!(came(&with(":protocol", Some(protocol))), Came::OtherProtocol, "{protocol}");
        // the rules of WebSocket are not those of other protocols
        let mut pairs = with(":protocol", Some(protocol));
        pairs.retain(|(name, _)| name.starts_with(':') && *name != ":authority");
        assert_eq!(came(&pairs), Came::OtherProtocol, "{protocol}");
        pairs.push(("connection", "x"));
        assert_eq!(came(&pairs), Came::Malformed(MalformedFields::ConnectionField), "{protocol}");
    }
    // upgrade tokens have no case (RFC 9110 §7.8)
    for protocol in ["websocket", "WebSocket", "WEBSOCKET"] {
        assert_eq!(came(&with(":protocol", Some(protocol))), GOOD_CAME, "{protocol}");
    }
}

/// [8441-5-scheme]
#[test]
fn the_scheme_is_https_or_http() {
    for (scheme, good) in [
        ("https", true),
        ("http", true),
        ("HTTPS", true),
        ("wss", false),
        ("ws", false),
        ("", false),
        ("httpsx", false),
        ("https:", false),
        ("ftp", false),
    ] {
        let want = if good { GOOD_CAME } else { Came::Refused(Refusal::Target) };
        assert_eq!(came(&with(":scheme", Some(scheme))), want, "{scheme}");
    }
}

/// [8441-5-path]
#[test]
fn the_path_is_that_of_the_uri() {
    for (path, good) in [
        ("/", true),
        ("/chat", true),
        ("/chat?x=y&z", true),
        ("//", true),
        ("/%20", true),
        ("", false),
        ("*", false),
        ("chat", false),
        ("?x", false),
        ("https://server.example.com/chat", false),
        ("server.example.com:443", false),
        ("/a b", false),
        ("/a#b", false),
        ("/\u{e4}", false),
        ("/a/#", false),
    ] {
        let want = if good { GOOD_CAME } else { Came::Refused(Refusal::Target) };
        assert_eq!(came(&with(":path", Some(path))), want, "{path}");
    }
}

/// [8441-5-authority]
#[test]
fn the_authority_is_a_host_and_perhaps_a_port() {
    for (authority, good) in [
        ("server.example.com", true),
        ("server.example.com:8443", true),
        ("SERVER", true),
        ("127.0.0.1:1", true),
        ("[::1]:443", true),
        ("", false),
        ("user@server", false),
        ("a:b", false),
        ("a:65536", false),
        ("a/b", false),
        ("[::1", false),
        ("a, b", false),
    ] {
        let want = if good { GOOD_CAME } else { Came::Refused(Refusal::Host) };
        assert_eq!(came(&with(":authority", Some(authority))), want, "{authority}");
        // without :authority, it is that of Host
        let mut pairs = with(":authority", None);
        pairs.push(("host", authority));
        assert_eq!(came(&pairs), want, "host: {authority}");
    }
    assert_eq!(came(&with(":authority", None)), Came::Refused(Refusal::Host));
    let mut pairs = with(":authority", None);
    pairs.extend([("host", "a"), ("host", "a")]);
    assert_eq!(came(&pairs), Came::Refused(Refusal::Host), "two hosts");
}

/// [9113-8.3.1-host]
#[test]
fn a_host_beside_the_authority_is_the_same() {
    let differs = Came::Malformed(MalformedFields::HostDiffers);
    assert_eq!(came(&with("host", Some("server.example.com"))), GOOD_CAME);
    assert_eq!(came(&with("host", Some("Server.Example.COM"))), GOOD_CAME);
    for host in ["other", "server.example.com:443", "", "server.example.co"] {
        assert_eq!(came(&with("host", Some(host))), differs, "{host}");
    }
    let mut pairs = with("host", Some("server.example.com"));
    pairs.push(("host", "other"));
    assert_eq!(came(&pairs), differs);
}

/// [8441-5-key]
#[test]
fn there_is_neither_a_key_nor_an_accept_value() {
    for name in ["sec-websocket-key", "sec-websocket-accept"] {
        for value in ["dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "", "x"] {
            assert_eq!(came(&with(name, Some(value))), Came::Refused(Refusal::Key), "{name}: {value}");
        }
    }
    assert_eq!(came(&with("sec-websocket-keys", Some("x"))), GOOD_CAME);
}

/// [9110-9.3.6-content]
#[test]
fn a_connect_has_no_length() {
    for value in ["0", "5", "x", ""] {
        assert_eq!(came(&with("content-length", Some(value))), Came::Refused(Refusal::Body), "{value}");
    }
    assert_eq!(came(&with("content-lengths", Some("5"))), GOOD_CAME);
}

/// [9113-8.2.2-connection] [9113-8.2.2-te]
#[test]
fn fields_of_one_connection_are_malformed() {
    let malformed = MalformedFields::ConnectionField;
    for (name, value, good) in [
        ("connection", "upgrade", false),
        ("connection", "keep-alive", false),
        ("connection", "", false),
        ("upgrade", "websocket", false),
        ("keep-alive", "timeout=5", false),
        ("proxy-connection", "keep-alive", false),
        ("transfer-encoding", "chunked", false),
        ("te", "gzip", false),
        ("te", "trailers, gzip", false),
        ("te", "", false),
        ("te", "trailers", true),
        ("te", "Trailers", true),
        ("connections", "x", true),
        ("upgrade-insecure-requests", "1", true),
    ] {
        let want = if good { GOOD_CAME } else { Came::Malformed(malformed) };
        assert_eq!(came(&with(name, Some(value))), want, "{name}: {value}");
        // only a request may have a TE
        let good = good && name != "te";
        for status in ["103", "200", "403"] {
            let answer = heard(&[(":status", status), (name, value)]);
            assert_eq!(answer == ConnectAnswer::Malformed(malformed), !good, "{status} {name}: {value}");
            assert_eq!(matches!(answer, ConnectAnswer::Agreed(_)), good && status == "200", "{status} {name}: {value}");
        }
    }
}

/// [9113-8.2.1-name] [9113-8.2.1-value]
#[test]
fn names_are_lower_case_tokens_and_values_have_no_control_bytes() {
    for (name, good) in [
        ("x", true),
        ("x-y_z!", true),
        ("X", false),
        ("Origin", false),
        ("Sec-WebSocket-Version", false),
        ("sec-websocket-Protocol", false),
        ("", false),
        ("x:", false),
        ("x y", false),
        ("x\0", false),
        ("x\u{e4}", false),
        ("x\n", false),
    ] {
        let want = if good { GOOD_CAME } else { Came::Malformed(MalformedFields::Name) };
        assert_eq!(came(&with(name, Some("value"))), want, "{name}");
    }
    for (value, good) in [
        ("", true),
        ("x", true),
        ("x y\tz", true),
        ("\u{e4}", true),
        (" x", false),
        ("x ", false),
        ("\tx", false),
        ("x\t", false),
        (" ", false),
        ("x\0y", false),
        ("x\ry", false),
        ("x\ny", false),
        ("x\r\ny: z", false),
        ("\u{7f}", false),
    ] {
        let want = if good { GOOD_CAME } else { Came::Malformed(MalformedFields::Value) };
        assert_eq!(came(&with("x", Some(value))), want, "{value:?}");
        assert_eq!(came(&with(":path", Some(&format!("/{value}\0")))), Came::Malformed(MalformedFields::Value));
    }
}

#[test]
fn the_first_problem_of_a_section_is_reported() {
    let pairs = [(":method", "CONNECT"), ("X", "y"), (":method", "x"), ("connection", "\0")];
    assert_eq!(came(&pairs), Came::Malformed(MalformedFields::Name));
    assert_eq!(came(&pairs[2..]), Came::Malformed(MalformedFields::Value));
}

/// Whatever a client offers comes to the same as in HTTP/1.1.
#[test]
fn offers_are_judged_as_in_http_1_1() {
    let origins = OriginPolicy::list(&["https://good.example"]).unwrap().or_same_host();
    let options = ServerOptions::new().with_subprotocols(&SUPPORTED).with_origins(origins);
    let (too_many, spaces) = ((0..17).map(|i| format!("p{i}")).collect::<Vec<_>>().join(","), "a b");
    let mut refused = 0;
    let versions = [None, Some("13"), Some("8"), Some("13, 8"), Some("x"), Some("")];
    let protocols = [None, Some("chat"), Some("soap"), Some(""), Some("chat, chat"), Some(spaces), Some(&too_many[..])];
    let extensions = [None, Some("x; y=1"), Some("permessage-deflate"), Some("x;"), Some(""), Some("=")];
    let pages = [None, Some("https://good.example"), Some("https://server"), Some("https://bad.example"), Some("null")];
    for version in versions {
        for protocol in protocols {
            for extension in extensions {
                for page in pages {
                    let offers: Vec<Pair> = [
                        ("sec-websocket-version", version),
                        ("sec-websocket-protocol", protocol),
                        ("sec-websocket-extensions", extension),
                        ("origin", page),
                    ]
                    .into_iter()
                    .filter_map(|(name, value)| Some((name, value?)))
                    .collect();
                    let mut h1 = RequestJudge::with_extension(options, ServerDeflate::new(DeflatePolicy::new()));
                    h1.request_line(b"GET", b"/chat", 1);
                    let mut h2 = ConnectRequestJudge::with_extension(options, ServerDeflate::new(DeflatePolicy::new()));
                    for (name, value) in [
                        ("host", "server"),
                        ("upgrade", "websocket"),
                        ("connection", "upgrade"),
                        ("sec-websocket-key", "x3JJHMbDL1EzLkh9GBhXDw=="),
                    ] {
                        h1.field(name.as_bytes(), value.as_bytes());
                    }
                    GOOD[..4].iter().for_each(|(name, value)| h2.field(name.as_bytes(), value.as_bytes()));
                    h2.field(b":authority", b"server");
                    for (name, value) in &offers {
                        h1.field(name.as_bytes(), value.as_bytes());
                        h2.field(name.as_bytes(), value.as_bytes());
                    }
                    match (h1.finish(), h2.finish()) {
                        (Outcome::Upgrade(a), ConnectOutcome::Tunnel(b)) => {
                            assert_eq!(a.subprotocol(), b.subprotocol(), "{offers:?}");
                            assert_eq!(a.has_extension(), b.has_extension(), "{offers:?}");
                            assert_eq!(h1.extension().agreed(&a), h2.extension().agreed_in_tunnel(&b), "{offers:?}");
                            let (a, b) = (h1.settings(&a, Settings::new()), h2.settings(&b, Settings::new()));
                            assert_eq!(a.reserved_bits(), b.reserved_bits());
                        }
                        (Outcome::Refusal(a), ConnectOutcome::Refusal(b)) => {
                            assert_eq!(a, b, "{offers:?}");
                            refused += 1;
                        }
                        other => panic!("{offers:?}: {other:?}"),
                    }
                }
            }
        }
    }
    assert!(refused > 500, "{refused}");
}

/// [8441-5-refusal] [8441-5-versions]
#[test]
fn refusals_have_statuses_that_http_2_has() {
    let all = [
        (Refusal::HttpVersion, 400),
        (Refusal::UpgradeRequired, 400),
        (Refusal::Method, 405),
        (Refusal::Target, 400),
        (Refusal::Host, 400),
        (Refusal::BodyLength, 400),
        (Refusal::Body, 400),
        (Refusal::Connection, 400),
        (Refusal::Key, 400),
        (Refusal::VersionMissing, 400),
        (Refusal::VersionMalformed, 400),
        (Refusal::VersionUnsupported, 400),
        (Refusal::Subprotocols, 400),
        (Refusal::TooManySubprotocols, 431),
        (Refusal::Extensions, 400),
        (Refusal::Origin, 403),
    ];
    for (refusal, status) in all {
        assert_eq!(refusal.connect_status(), status, "{refusal}");
        let fields: Vec<_> = refusal.connect_fields().collect();
        let has_version = fields.contains(&("sec-websocket-version", "13"));
        assert_eq!(has_version, refusal == Refusal::VersionUnsupported, "{refusal}");
        assert_eq!(fields.contains(&("allow", "GET")), refusal == Refusal::Method);
        assert!(fields.contains(&("content-type", "text/plain")));
        for (name, value) in fields {
            assert!(!name.bytes().any(|byte| byte.is_ascii_uppercase()));
            assert!(!["connection", "upgrade"].contains(&name), "{name}: {value}");
        }
    }
    assert_eq!(came(&with("sec-websocket-version", Some("8"))), Came::Refused(Refusal::VersionUnsupported));
}

fn accepted(pairs: &[Pair], fields: &[Pair], out: &mut [u8]) -> Result<Vec<(String, String)>, WriteError> {
    let mut judge = ConnectRequestJudge::new(ServerOptions::new().with_subprotocols(&SUPPORTED));
    pairs.iter().for_each(|(name, value)| judge.field(name.as_bytes(), value.as_bytes()));
    let ConnectOutcome::Tunnel(tunnel) = judge.finish() else { panic!() };
    judge.accept(&tunnel, Settings::new(), fields, out).map(|(fields, _)| texts(fields))
}

fn texts<'a>(fields: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    fields.map(|(name, value)| (text(name), text(value))).collect()
}

fn owned(pairs: &[Pair]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

/// [8441-5-status] [8441-5-lower-case] [9113-8.2.1-sent]
#[test]
fn the_answer_is_a_200_with_names_in_lower_case() {
    let mut out = [0; 512];
    let want = [(":status", "200"), ("sec-websocket-protocol", "superchat")];
    assert_eq!(accepted(&GOOD, &[], &mut out), Ok(owned(&want)));
    let without = with("sec-websocket-protocol", None);
    assert_eq!(accepted(&without, &[], &mut out), Ok(owned(&want[..1])));
    let fields = [("Set-Cookie", " a=b; Path=/ "), ("X-EMPTY", ""), ("x", "a: b")];
    let want = [(":status", "200"), ("set-cookie", "a=b; Path=/"), ("x-empty", ""), ("x", "a: b")];
    assert_eq!(accepted(&without, &fields, &mut out), Ok(owned(&want)));
    // all or nothing
    for len in 0..14 {
        let mut out = vec![0xAA; len];
        assert_eq!(accepted(&without, &[], &mut out), Err(WriteError::BufferTooSmall { required: 14 }));
        assert!(out.iter().all(|byte| *byte == 0xAA));
    }
    assert!(accepted(&without, &[], &mut [0; 14]).is_ok());
}

/// [9113-8.2.2-answered]
#[test]
fn an_answer_has_no_field_of_one_connection() {
    let mut out = [0; 512];
    for name in ["Connection", "upgrade", "Keep-Alive", "proxy-connection", "Transfer-Encoding", "TE"] {
        let error = accepted(&GOOD, &[(name, "x")], &mut out).unwrap_err();
        assert!(matches!(error, WriteError::FieldOwned(known) if known.eq_ignore_ascii_case(name)), "{name}");
    }
    for name in [
        "sec-websocket-accept",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Protocol",
        "Sec-WebSocket-Extensions",
        "content-length",
    ] {
        let error = accepted(&GOOD, &[(name, "x")], &mut out).unwrap_err();
        assert!(matches!(error, WriteError::FieldOwned(known) if known.eq_ignore_ascii_case(name)), "{name}");
    }
    assert_eq!(accepted(&GOOD, &[("a b", "x")], &mut out), Err(WriteError::FieldName { index: 0 }));
    assert_eq!(accepted(&GOOD, &[(":status", "x")], &mut out), Err(WriteError::FieldName { index: 0 }));
    assert_eq!(accepted(&GOOD, &[("x", "a\r\nb")], &mut out), Err(WriteError::FieldValue { index: 0 }));
}

fn asked(uri: &str, request: impl FnOnce(ClientRequest<'_>) -> Vec<(String, String)>) -> Vec<(String, String)> {
    request(ClientRequest::new(Uri::parse(uri).unwrap()))
}

fn sent(request: ClientRequest<'_>) -> Vec<(String, String)> {
    let mut out = [0; 1024];
    texts(ConnectRequest::new(request).unwrap().fields(&mut out).unwrap())
}

/// [8441-5-sent-protocol] [8441-5-sent-scheme] [8441-5-sent-path] [8441-5-sent-authority] [8441-5-sent-version]
#[test]
fn the_request_is_that_of_the_uri() {
    for (uri, scheme, path, authority) in [
        ("wss://server.example.com/chat", "https", "/chat", "server.example.com"),
        ("ws://server.example.com/chat", "http", "/chat", "server.example.com"),
        ("wss://a", "https", "/", "a"),
        ("wss://a?x=y", "https", "/?x=y", "a"),
        ("wss://a:443/", "https", "/", "a"),
        ("wss://a:80/", "https", "/", "a:80"),
        ("ws://a:80/", "http", "/", "a"),
        ("ws://[::1]:81/b?c", "http", "/b?c", "[::1]:81"),
    ] {
        let want = [
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", scheme),
            (":path", path),
            (":authority", authority),
            ("sec-websocket-version", "13"),
        ];
        assert_eq!(asked(uri, sent), owned(&want), "{uri}");
    }
}

/// [8441-5-sent-origin] [8441-5-lower-case] [9113-8.2.1-sent]
#[test]
fn the_request_has_what_the_caller_adds() {
    let fields = [("Authorization", " Bearer 42"), ("Cookie", "a=b")];
    let request = |request: ClientRequest<'_>| {
        sent(request.with_subprotocols(&["chat", "superchat"]).with_origin("https://page").with_fields(&fields))
    };
    let want = [
        ("sec-websocket-version", "13"),
        ("sec-websocket-protocol", "chat, superchat"),
        ("origin", "https://page"),
        ("authorization", "Bearer 42"),
        ("cookie", "a=b"),
    ];
    assert_eq!(asked("wss://a/", request)[5..], owned(&want));
}

/// [9113-8.2.2-sent]
#[test]
fn a_request_has_no_field_of_one_connection() {
    let error = |name| {
        let fields = [("x", "y"), (name, "x")];
        let request = ClientRequest::new(Uri::parse("ws://a/").unwrap()).with_fields(&fields);
        ConnectRequest::new(request).map(drop)
    };
    for name in ["Connection", "upgrade", "Keep-Alive", "proxy-connection", "Transfer-Encoding", "te", "host"] {
        let error = error(name).unwrap_err();
        assert!(matches!(error, RequestError::FieldOwned(known) if known.eq_ignore_ascii_case(name)), "{name}");
    }
    assert_eq!(error("x-y"), Ok(()));
    assert_eq!(error(":path"), Err(RequestError::FieldName { index: 1 }));
    let request = ClientRequest::new(Uri::parse("ws://a/").unwrap()).with_subprotocols(&["a", "a"]);
    assert_eq!(ConnectRequest::new(request).unwrap_err(), RequestError::Subprotocol { index: 1 });
    let request = ConnectRequest::new(ClientRequest::new(Uri::parse("ws://a/").unwrap())).unwrap();
    let required = request.fields(&mut []).unwrap_err();
    let RequestError::BufferTooSmall { required } = required else { panic!() };
    assert!(request.fields(&mut vec![0; required - 1]).is_err() && request.fields(&mut vec![0; required]).is_ok());
}

fn heard(pairs: &[Pair]) -> ConnectAnswer<'static> {
    let mut judge = ConnectResponseJudge::new(&["chat", "superchat"]);
    pairs.iter().for_each(|(name, value)| judge.field(name.as_bytes(), value.as_bytes()));
    judge.finish()
}

/// [9110-9.3.6-success] [9113-8.3.2-status] [9113-8.3.2-digits] [9113-8.6-101]
#[test]
fn any_2xx_opens_the_stream_and_no_101_does() {
    for status in ["200", "201", "204", "299"] {
        assert!(matches!(heard(&[(":status", status)]), ConnectAnswer::Agreed(_)), "{status}");
    }
    for status in [300, 302, 400, 401, 403, 404, 421, 426, 501, 503, 505, 599, 600, 999] {
        assert_eq!(heard(&[(":status", &status.to_string())]), ConnectAnswer::Refused { status });
    }
    for status in ["101", "099", "000", "20", "2000", "", "2x0", "x00", "20x", "200 OK", "+200", "-20", "1000"] {
        assert_eq!(heard(&[(":status", status)]), ConnectAnswer::Malformed(MalformedFields::Status), "{status}");
    }
    assert_eq!(heard(&[]), ConnectAnswer::Malformed(MalformedFields::PseudoMissing));
    assert_eq!(heard(&[("x", "y")]), ConnectAnswer::Malformed(MalformedFields::PseudoMissing));
    for (pairs, problem) in [
        (&[(":status", "200"), (":status", "200")][..], MalformedFields::PseudoDuplicated),
        (&[("x", "y"), (":status", "200")], MalformedFields::PseudoLate),
        (&[(":status", "200"), (":path", "/")], MalformedFields::PseudoNotAllowed),
        (&[(":status", "200"), (":protocol", "websocket")], MalformedFields::PseudoNotAllowed),
        (&[(":status", "200"), ("Sec-WebSocket-Protocol", "chat")], MalformedFields::Name),
    ] {
        assert_eq!(heard(pairs), ConnectAnswer::Malformed(problem), "{pairs:?}");
    }
}

/// [9110-15.2-connect-interim] [9110-15.2-connect-fields]
#[test]
fn interim_responses_are_followed_by_the_final_one() {
    for interim in ["100", "102", "103", "199"] {
        let mut judge = ConnectResponseJudge::new(&["chat"]);
        for _ in 0..3 {
            judge.field(b":status", interim.as_bytes());
            judge.field(b"sec-websocket-protocol", b"not offered");
            judge.field(b"sec-websocket-accept", b"x");
            assert_eq!(judge.finish(), ConnectAnswer::Interim, "{interim}");
        }
        judge.field(b":status", b"200");
        judge.field(b"sec-websocket-protocol", b"chat");
        assert!(matches!(judge.finish(), ConnectAnswer::Agreed(agreed) if agreed.subprotocol() == Some("chat")));
    }
    // the status of an interim response is not that of the next one
    let mut judge = ConnectResponseJudge::new(&[]);
    judge.field(b":status", b"103");
    assert_eq!(judge.finish(), ConnectAnswer::Interim);
    judge.field(b"x", b"y");
    assert_eq!(judge.finish(), ConnectAnswer::Malformed(MalformedFields::PseudoMissing));
    let bad = heard(&[(":status", "103"), ("upgrade", "x")]);
    assert_eq!(bad, ConnectAnswer::Malformed(MalformedFields::ConnectionField));
}

/// [8441-5-accept]
#[test]
fn an_answer_has_no_accept_value() {
    for name in ["sec-websocket-accept", "sec-websocket-key"] {
        let pairs = [(":status", "200"), (name, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")];
        assert_eq!(heard(&pairs), ConnectAnswer::Failed(Failure::Accept), "{name}");
        let refused = [(":status", "403"), (name, "x")];
        assert_eq!(heard(&refused), ConnectAnswer::Refused { status: 403 });
    }
}

/// RFC 6455 §4.1 holds for what the server agrees to. A length is ignored (RFC 9110 §9.3.6).
#[test]
fn a_client_accepts_only_what_it_offered() {
    for (name, value, want) in [
        ("sec-websocket-protocol", "chat", Ok(Some("chat"))),
        ("sec-websocket-protocol", "superchat", Ok(Some("superchat"))),
        ("sec-websocket-protocol", "Chat", Err(Failure::Subprotocol)),
        ("sec-websocket-protocol", "chat, superchat", Err(Failure::Subprotocol)),
        ("sec-websocket-protocol", "", Err(Failure::Subprotocol)),
        ("sec-websocket-extensions", "permessage-deflate", Err(Failure::ExtensionNotAgreed)),
        ("sec-websocket-extensions", ";", Err(Failure::Extensions)),
        ("content-length", "5", Ok(None)),
        ("content-length", "x", Ok(None)),
        ("set-cookie", "a=b", Ok(None)),
    ] {
        let got = match heard(&[(":status", "200"), (name, value)]) {
            ConnectAnswer::Agreed(agreed) => Ok(agreed.subprotocol()),
            ConnectAnswer::Failed(failure) => Err(failure),
            other => panic!("{other:?}"),
        };
        assert_eq!(got, want, "{name}: {value}");
    }
}

/// Both roles, with compression and a message each way: masked by the client, as in HTTP/1.1.
#[test]
fn both_roles_open_a_connection_with_permessage_deflate() {
    let entropy = |bytes: &mut [u8]| {
        bytes.fill(7);
        Ok::<_, NoEntropy>(())
    };
    let request = ClientRequest::new(Uri::parse("wss://a/chat").unwrap()).with_subprotocols(&["chat"]);
    let request = ConnectRequest::with_extension(request, ClientDeflate::new(DeflatePolicy::new())).unwrap();
    let (mut out, mut back) = ([0; 512], [0; 512]);
    let options = ServerOptions::new().with_subprotocols(&SUPPORTED);
    let mut judge = ConnectRequestJudge::with_extension(options, ServerDeflate::new(DeflatePolicy::new()));
    request.fields(&mut out).unwrap().for_each(|(name, value)| judge.field(name, value));
    let ConnectOutcome::Tunnel(tunnel) = judge.finish() else { panic!() };
    assert!(tunnel.has_extension() && judge.extension().agreed_in_tunnel(&tunnel).is_some());
    let declined = tunnel.without_extension();
    assert!(judge.extension().agreed_in_tunnel(&declined).is_none());
    assert_eq!(texts(judge.fields(&declined, &[], &mut back).unwrap()).len(), 2);
    assert_eq!(judge.settings(&declined, Settings::new()).reserved_bits(), Settings::new().reserved_bits());

    let (answer, mut server) = judge.accept(&tunnel, Settings::new(), &[], &mut back).unwrap();
    assert_eq!(judge.settings(&tunnel, Settings::new()).reserved_bits(), ReservedBits::RSV1);
    let mut judge = request.into_judge();
    answer.for_each(|(name, value)| judge.field(name, value));
    let ConnectAnswer::Agreed(agreed) = judge.finish() else { panic!() };
    assert!(judge.extension().agreed().is_some());
    assert_eq!(agreed.subprotocol(), Some("chat"));
    assert_eq!(agreed.settings(Settings::new()).reserved_bits(), ReservedBits::RSV1);

    let mut client = agreed.connect(entropy, Settings::new());
    let mut wire = [0; 64];
    let written = client.send("Hello", &mut wire).unwrap().len();
    assert_eq!(wire[1] & 0x80, 0x80, "frames of a client are masked");
    let mut input = &mut wire[..written];
    assert!(matches!(server.receive(&mut input), Some(Event::Text(text)) if text.as_bytes() == b"Hello"));
    let written = server.send("Hi", &mut wire).unwrap().len();
    let mut input = &mut wire[..written];
    assert!(matches!(client.receive(&mut input), Some(Event::Text(_))));
}
