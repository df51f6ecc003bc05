//! Heads of requests and responses: what is read, and what is refused at which byte, against a naive twin, at every
//! cut.

#[path = "twin/head.rs"]
mod twin;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use twin::{Read, naive};
use upframe::http::{Head, HeadError, HeadLimits, HeadReader, HeadViolation, LeftOut, Span, Version};

/// Reads by spans, and once more by whole fields where that is possible: with the same result.
fn read(reader: HeadReader, wire: &[u8], cuts: &[usize]) -> Read {
    let by_spans = read_by(reader.clone(), wire, cuts, false);
    assert_eq!(by_spans, read_by(reader, wire, cuts, true));
    by_spans
}

fn read_by(reader: HeadReader, wire: &[u8], cuts: &[usize], whole_fields: bool) -> Read {
    let (mut reader, mut read, mut at) = (reader, Read::default(), 0);
    // after an element has ended, the next one begins
    let (mut name_open, mut value_open) = (false, false);
    for cut in cuts.iter().copied().chain([wire.len()]) {
        let cut = cut.clamp(at, wire.len());
        let mut input = &wire[at..cut];
        loop {
            while whole_fields && let Some((name, value)) = reader.read_field(&mut input) {
                assert!(read.end.is_none() && !name_open && !name.is_empty() && !value.is_empty());
                read.fields.push((name.to_vec(), value.to_vec()));
                value_open = false;
            }
            let Some(span) = reader.read(&mut input) else { break };
            assert!(read.end.is_none(), "a span behind the end");
            match span {
                Span::Method(run) => read.method.extend(run.bytes),
                Span::Target(run) => read.target.extend(run.bytes),
                Span::Version(Version { major, minor }) => {
                    assert_eq!(major, 1);
                    read.minor = Some(minor);
                }
                Span::Status(status) => read.status = Some(status),
                Span::Reason(run) => read.reason.extend(run.bytes),
                Span::Name(run) => {
                    if !name_open {
                        read.fields.push((vec![], vec![]));
                    }
                    read.fields.last_mut().unwrap().0.extend(run.bytes);
                    name_open = !run.last;
                }
                Span::Value(run) => {
                    assert!(!name_open);
                    read.fields.last_mut().unwrap().1.extend(run.bytes);
                    value_open = !run.last;
                }
                Span::End => read.end = Some(Ok(())),
                Span::Failed(HeadError { violation, offset }) => {
                    assert!(!(value_open && offset == 0));
                    read.end = Some(Err(violation));
                    read.taken = offset as usize;
                }
            }
        }
        at = cut - input.len();
        if read.end.is_some() {
            break;
        }
        assert!(input.is_empty(), "None, and input left");
    }
    match read.end {
        Some(Err(_)) => assert_eq!(read.taken, at, "the failing byte and what follows stay"),
        _ => read.taken = at,
    }
    assert_eq!(reader.taken() as usize, at);
    read
}

fn agree(wire: &[u8], response: bool, bytes: u32, fields: u16, cuts: &[usize]) {
    let limits = HeadLimits::DEFAULT.with_bytes(bytes).with_fields(fields);
    let reader = || if response { HeadReader::response(limits) } else { HeadReader::request(limits) };
    let want = naive(wire, response, (bytes as usize, fields.into()));
    let shown = wire.escape_ascii();
    assert_eq!(read(reader(), wire, &[]), want, "{shown}");
    assert_eq!(read(reader(), wire, cuts), want, "{shown} at {cuts:?}");
    assert_eq!(read(reader(), wire, &(0..wire.len()).collect::<Vec<_>>()), want, "{shown} byte by byte");
}

fn head() -> impl Strategy<Value = (bool, Vec<u8>)> {
    let name = prop_oneof!["[A-Za-z-]{1,30}", "[!#$%&'*+.^_`|~0-9a-z-]{1,9}"];
    let value = prop_oneof!["[ -~]{0,60}", "[\t ]{0,3}[a-zé\t ]{0,20}[\t ]{0,3}"];
    let start = prop_oneof![
        4 => ("(\r\n){0,2}", "[A-Z]{1,7}", "/[!-\"$-~]{0,40}", 0u8..4)
            .prop_map(|(empty, method, target, minor)| (false, format!("{empty}{method} {target} HTTP/1.{minor}\r\n"))),
        3 => (100u16..1000, "( [ -~]{0,20})?")
            .prop_map(|(status, reason)| (true, format!("HTTP/1.1 {status}{reason}\r\n"))),
    ];
    (start, vec((name, "[ \t]{0,2}", value), 0..6)).prop_map(|((response, start), fields)| {
        let fields: String = fields.iter().map(|(name, space, value)| format!("{name}:{space}{value}\r\n")).collect();
        (response, format!("{start}{fields}\r\nbehind").into_bytes())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn good_heads_are_read_as_the_twin_reads_them((response, wire) in head(), cuts in vec(any::<Index>(), 0..5)) {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(wire.len() + 1)).collect();
        cuts.sort_unstable();
        agree(&wire, response, 4096, 100, &cuts);
    }

    #[test]
    fn heads_with_strange_bytes_fail_where_the_twin_fails(
        (response, mut wire) in head(),
        flips in vec((any::<Index>(), select(b"\r\n \t:\0\x7F\x80#/AH1.\x1F\x0B".to_vec())), 1..4),
        cuts in vec(any::<Index>(), 0..5),
        limits in (1u32..300, 0u16..7),
        limited: bool,
    ) {
        for (at, byte) in flips {
            let at = at.index(wire.len());
            wire[at] = byte;
        }
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(wire.len() + 1)).collect();
        cuts.sort_unstable();
        let (bytes, fields) = if limited { limits } else { (4096, 100) };
        agree(&wire, response, bytes, fields, &cuts);
    }

    #[test]
    fn any_bytes_are_read_as_the_twin_reads_them(response: bool, wire in vec(any::<u8>(), 0..40), cut in 0usize..40) {
        agree(&wire, response, 4096, 100, &[cut]);
    }
}

// ------------------------------------------------------------------------------------------------- row by row

#[test]
fn an_invalid_request_fails_at_its_byte_at_every_cut() {
    use HeadViolation::*;
    let field = |line: &str| format!("GET / HTTP/1.1\r\n{line}\r\n\r\n");
    for (wire, violation, offset) in [
        (field("Host : a"), FieldName, 20),
        (field(" Host: a"), FieldName, 16),
        (field("\tHost: a"), FieldName, 16),
        (field("A: b\r\n folded"), FieldName, 22),
        (field(": a"), FieldName, 16),
        (field("Host"), FieldName, 20),
        (field("Höst: a"), FieldName, 17),
        (field("A: b\0"), FieldValue, 20),
        (field("A: b\x07c"), FieldValue, 20),
        (field("A: b\x7Fc"), FieldValue, 20),
        (field("A: b\rc"), LineEnd, 21),
        (field("A: b\nB: c"), LineEnd, 20),
        (field("A:\n"), LineEnd, 18),
        ("GET / HTTP/1.1\n\r\n".into(), LineEnd, 14),
        ("GET / HTTP/1.1\r\nA: b\r\n\n".into(), LineEnd, 22),
        ("\nGET / HTTP/1.1\r\n\r\n".into(), LineEnd, 0),
        ("\r\rGET / HTTP/1.1\r\n\r\n".into(), LineEnd, 1),
        (" GET / HTTP/1.1\r\n\r\n".into(), Method, 0),
        ("G@T / HTTP/1.1\r\n\r\n".into(), Method, 1),
        ("GET\t/ HTTP/1.1\r\n\r\n".into(), Method, 3),
        ("GET  / HTTP/1.1\r\n\r\n".into(), Target, 4),
        ("GET /a#b HTTP/1.1\r\n\r\n".into(), Target, 6),
        ("GET /\x01 HTTP/1.1\r\n\r\n".into(), Target, 5),
        ("GET /é HTTP/1.1\r\n\r\n".into(), Target, 5),
        ("GET /\r\n\r\n".into(), Target, 5),
        ("GET / b HTTP/1.1\r\n\r\n".into(), Version, 6),
        ("GET / http/1.1\r\n\r\n".into(), Version, 6),
        ("GET / HTTP/1\r\n\r\n".into(), Version, 12),
        ("GET / HTTP/2.0\r\n\r\n".into(), MajorVersion, 11),
        ("GET / HTTP/0.9\r\n\r\n".into(), MajorVersion, 11),
        ("GET / HTTP/1.10\r\n\r\n".into(), LineEnd, 14),
    ] {
        let wire = wire.as_bytes();
        for cut in 0..=wire.len() {
            let read = read(HeadReader::request(HeadLimits::DEFAULT), wire, &[cut]);
            assert_eq!((read.end, read.taken), (Some(Err(violation)), offset), "{} at {cut}", wire.escape_ascii());
        }
        agree(wire, false, 4096, 100, &[]);
    }
}

#[test]
fn an_invalid_response_fails_and_a_missing_reason_does_not() {
    use HeadViolation::*;
    for (line, end) in [
        ("HTTP/1.1 101 Switching Protocols", Ok(())),
        ("HTTP/1.1 101 ", Ok(())),
        ("HTTP/1.1 101", Ok(())),
        ("HTTP/1.0 999 \u{e9}", Ok(())),
        ("HTTP/1.1 1011", Err(Status)),
        ("HTTP/1.1 10", Err(Status)),
        ("HTTP/1.1 099 x", Err(Status)),
        ("HTTP/1.1  101", Err(Status)),
        ("HTTP/1.1", Err(Status)),
        ("HTTP/1.1 101 a\0b", Err(Reason)),
        ("HTTP/2.0 101 a", Err(MajorVersion)),
        ("ICY 200 OK", Err(Version)),
        ("", Err(Version)),
    ] {
        let wire = format!("{line}\r\n\r\n");
        for cut in 0..wire.len() {
            let read = read(HeadReader::response(HeadLimits::DEFAULT), wire.as_bytes(), &[cut]);
            assert_eq!(read.end, Some(end), "{line}");
        }
        agree(wire.as_bytes(), true, 4096, 100, &[]);
    }
}

#[test]
fn limits_hold_to_the_byte_and_to_the_field() {
    let wire = b"GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n";
    let len = wire.len() as u32;
    for (bytes, fields, end) in [
        (len, 2, Ok(())),
        (len - 1, 2, Err(HeadViolation::TooManyBytes)),
        (16, 2, Err(HeadViolation::TooManyBytes)),
        (15, 2, Err(HeadViolation::RequestLineTooLong)),
        (1, 2, Err(HeadViolation::RequestLineTooLong)),
        (0, 2, Err(HeadViolation::TooManyBytes)),
        (len, 1, Err(HeadViolation::TooManyFields)),
        (len, 0, Err(HeadViolation::TooManyFields)),
    ] {
        let limits = HeadLimits::DEFAULT.with_bytes(bytes).with_fields(fields);
        for cut in 0..wire.len() {
            let read = read(HeadReader::request(limits), wire, &[cut]);
            assert_eq!(read.end, Some(end), "{bytes} {fields}");
        }
    }
}

/// Through buffers of 64 bytes and of one byte: nothing is stored, and nothing is too long.
#[test]
fn a_cookie_of_8_kb_passes_through_small_buffers() {
    let cookie = "c=0123456789abcdef; ".repeat(410);
    let wire = format!("GET / HTTP/1.1\r\nCookie: {cookie}\r\nHost: a\r\n\r\n");
    for size in [64, 1] {
        let mut memory = [0; 64];
        let mut head = Head::new(&mut memory);
        let (mut reader, mut ended, mut bytes) = (HeadReader::request(HeadLimits::DEFAULT), false, 0);
        for mut piece in wire.as_bytes().chunks(size) {
            while let Some(span) = reader.read(&mut piece) {
                head.push(&span);
                ended |= span == Span::End;
                if let Span::Value(run) = span {
                    bytes += run.bytes.len();
                }
            }
        }
        assert!(ended);
        assert_eq!(bytes, cookie.len() + 1);
        assert_eq!((head.field("host"), head.field("origin"), head.left_out()), (Ok(Some(&b"a"[..])), Ok(None), 1));
        assert_eq!(head.field("cookie"), Err(LeftOut::DidNotFit));
    }
}

/// An `Origin` after a long target was once taken for none, and a foreign page came in.
#[test]
fn an_origin_after_a_long_target_is_not_an_absent_one() {
    for (len, origin) in [
        (1, Ok(Some(&b"https://evil.test"[..]))),
        (222, Ok(Some(b"https://evil.test"))),
        (223, Err(LeftOut::DidNotFit)),
        (241, Err(LeftOut::DidNotFit)),
        (242, Err(LeftOut::DidNotFit)),
        (249, Err(LeftOut::DidNotFit)),
        (250, Ok(Some(b"https://evil.test"))),
    ] {
        let wire = format!("GET /{} HTTP/1.1\r\nAccept: */*\r\n", "a".repeat(len - 1));
        let wire = format!("{wire}Origin: https://evil.test\r\nCookie: 1\r\n\r\n");
        for size in [1, 7, 9000] {
            let mut memory = [0; 256];
            let mut head = Head::wanting(&["origin", "host"], &mut memory);
            let mut reader = HeadReader::request(HeadLimits::DEFAULT);
            for mut piece in wire.as_bytes().chunks(size) {
                while let Some(span) = reader.read(&mut piece) {
                    head.push(&span);
                }
            }
            assert_eq!(head.field("origin"), origin, "{len} {size}");
            assert_eq!((head.field("host"), head.field("cookie")), (Ok(None), Err(LeftOut::NotWanted)));
            assert_eq!(head.target().is_err(), len == 250);
            assert_eq!(head.left_out(), u16::from(origin.is_err() || len == 250));
        }
    }
}

#[test]
fn the_limits_have_the_documented_values() {
    let (default, small) = (HeadLimits::DEFAULT, HeadLimits::SMALL_DEVICE);
    assert_eq!([(default.bytes, default.fields), (small.bytes, small.fields)], [(32_768, 128), (8_192, 64)]);
}

#[test]
fn a_version_cannot_begin_twice() {
    let wire = b"GET / HHTTP/1.1\r\nHost: h\r\n\r\n";
    for cut in 1..=wire.len() {
        let mut reader = HeadReader::request(HeadLimits::DEFAULT);
        let mut last = None;
        let (first, second) = wire.split_at(cut);
        for mut piece in [first, second] {
            while let Some(span) = reader.read(&mut piece) {
                last = Some(format!("{span:?}"));
            }
        }
        assert!(last.as_ref().is_some_and(|span| span.starts_with("Failed")), "{cut}: {last:?}");
    }
}

#[test]
fn a_reason_that_does_not_fit_is_not_an_absent_one() {
    for (reason, want) in [("OK", Ok(&b"OK"[..])), (&*"a".repeat(65), Err(LeftOut::DidNotFit))] {
        let wire = format!("HTTP/1.1 200 {reason}\r\n\r\n");
        let mut memory = [0; 64];
        let mut head = Head::new(&mut memory);
        let mut reader = HeadReader::response(HeadLimits::DEFAULT);
        let mut input = wire.as_bytes();
        while let Some(span) = reader.read(&mut input) {
            head.push(&span);
        }
        assert_eq!(head.reason(), want);
    }
}
