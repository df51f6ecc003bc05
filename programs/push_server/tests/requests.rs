//! What a client can ask for by HTTP.

mod common;

use common::{Program, body, field, handshake, read_all, read_head};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::thread;

#[test]
fn the_page_is_there_and_needs_no_other_server() {
    let program = Program::start(&[]);
    let page = program.ask("GET /", "", "");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("WebSocket"), "{page}");
    assert_eq!(field(&page, "content-type"), Some("text/html; charset=utf-8"));
    assert!(field(&page, "content-security-policy").unwrap().starts_with("default-src 'none'"));
    for foreign in ["http://", "https://", "@import", "src=\"/"] {
        assert!(!body(&page).contains(foreign), "the page has {foreign}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_news_arrives_in_three_ways() {
    let program = Program::start(&[]);
    let (mut socket, since) = program.listen("/ws").await;
    assert_eq!(program.news(&since), format!("{{\"latest\":\"{since}\",\"news\":[]}}"));
    let (id, waiting) = thread::scope(|scope| {
        let ask = || program.ask(&format!("GET /long-poll?since={since}"), "", "");
        let waiting = scope.spawn(ask);
        (program.publish("a \u{1D11E} \"note\"\n"), waiting.join().unwrap())
    });
    let item = format!("{{\"id\":\"{id}\",\"text\":\"a \u{1D11E} \\\"note\\\"\"}}");
    let answer = format!("{{\"latest\":\"{id}\",\"news\":[{item}]}}");
    assert_eq!(body(&waiting), answer);
    assert_eq!(program.news(&since), answer);
    assert_eq!(common::text(&mut socket).await, item);
    assert_eq!(program.news(&id), format!("{{\"latest\":\"{id}\",\"news\":[]}}"));
    // a poll without an ID begins now
    assert_eq!(body(&program.ask("GET /poll", "", "")), program.news(&id));
}

#[test]
fn polls_tell_of_news_that_are_no_longer_kept() {
    let program = Program::start(&["--keep", "2"]);
    let ids: Vec<_> = (0..4).map(|n| program.publish(&format!("news {n}"))).collect();
    let kept = format!(
        "\"news\":[{{\"id\":\"{}\",\"text\":\"news 2\"}},{{\"id\":\"{}\",\"text\":\"news 3\"}}]}}",
        ids[2], ids[3]
    );
    let gap = format!("{{\"latest\":\"{}\",\"gap\":{{\"after\":\"{}\",\"lost\":null}},{kept}", ids[3], ids[1]);
    assert_eq!(program.news(&ids[0]), gap);
    assert_eq!(program.news("0"), gap);
    assert_eq!(program.news(&ids[1]), format!("{{\"latest\":\"{}\",{kept}", ids[3]));
    assert!(program.ask("GET /poll?since=x", "", "").starts_with("HTTP/1.1 400 "));
    assert!(
        program.exchange(&handshake("/ws?since=x", "Host: a\r\nConnection: close\r\n")).starts_with("HTTP/1.1 400 ")
    );
}

/// A client that asks again with `latest` gets all, however many there are.
#[test]
fn long_lists_of_news_come_in_several_answers() {
    let mut program = Program::start(&[]);
    let lines: String = (0..3000).map(|n| format!("line {n}\n")).collect();
    let mut since = program.publish("first");
    program.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let mut got = Vec::new();
    while got.len() < 3000 {
        let answer = body(&program.ask(&format!("GET /long-poll?since={since}"), "", "")).to_owned();
        let texts = answer.split("\"text\":\"").skip(1).map(|text| text.split('"').next().unwrap().to_owned());
        let before = got.len();
        got.extend(texts);
        assert!(got.len() - before <= 1024, "{}", got.len() - before);
        since = answer["{\"latest\":\"".len()..].split('"').next().unwrap().to_owned();
    }
    assert!(got.iter().enumerate().all(|(n, text)| *text == format!("line {n}")));
}

#[test]
fn what_is_not_there_or_not_allowed_is_refused() {
    let program = Program::start(&[]);
    let long = "x".repeat(1001);
    for (request, body, status, told) in [
        ("POST /news", " \n", 400, "the text is empty"),
        ("POST /news", "", 400, "the text is empty"),
        ("POST /news", &long, 413, "more than 1000 bytes"),
        ("GET /news", "", 405, ""),
        ("POST /poll", "x", 405, ""),
        ("DELETE /", "", 405, ""),
        ("GET /ws", "", 426, "does not ask for a WebSocket"),
        ("POST /ws", "x", 426, ""),
        ("GET /elsewhere", "", 404, "the WebSocket at /ws"),
    ] {
        let answer = program.ask(request, "", body);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(told), "{request}: {answer}");
    }
    let mut latin1 = program.connect();
    latin1.write_all(b"POST /news HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n\xe9!").unwrap();
    assert!(read_all(&mut latin1).starts_with("HTTP/1.1 400 "));
    let elsewhere = program.exchange(&handshake("/elsewhere", "Host: a\r\nConnection: close\r\n"));
    assert!(elsewhere.starts_with("HTTP/1.1 404 "), "{elsewhere}");
    assert_eq!(program.news("0").matches("\"id\"").count(), 0);
}

#[test]
fn the_answer_to_head_has_no_body() {
    let program = Program::start(&[]);
    for (target, status) in [("/", 200), ("/poll", 200), ("/long-poll", 200), ("/ws", 426), ("/news", 405), ("/x", 404)]
    {
        let answer = program.ask(&format!("HEAD {target}"), "", "");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{target}: {answer}");
        assert!(answer.ends_with("\r\n\r\n") && body(&answer).is_empty(), "{target}: {answer}");
        let long = if target == "/long-poll" { "/poll" } else { target };
        let length = |answer: &str| field(answer, "content-length").map(str::to_owned);
        assert_eq!(length(&answer), length(&program.ask(&format!("GET {long}"), "", "")), "{target}");
    }
    // the next answer on the same connection is where the client looks for it
    let mut stream = program.connect();
    stream
        .write_all(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .unwrap();
    assert!(read_head(&mut stream).starts_with("HTTP/1.1 200 "));
    assert!(read_head(&mut stream).starts_with("HTTP/1.1 404 "));
}

#[test]
fn a_client_that_waits_for_100_is_told_to_continue() {
    let program = Program::start(&[]);
    let mut stream = program.connect();
    stream
        .write_all(
            b"POST /news HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n",
        )
        .unwrap();
    assert_eq!(read_head(&mut stream), "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"hello").unwrap();
    assert!(read_all(&mut stream).starts_with("HTTP/1.1 204 "));
    assert!(program.news("0").contains("\"hello\""));
    // one whose body will not be read is told so instead
    let mut stream = program.connect();
    stream
        .write_all(b"POST /news HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5000\r\n\r\n")
        .unwrap();
    assert!(read_all(&mut stream).starts_with("HTTP/1.1 413 "));
}

#[test]
fn a_body_has_one_length() {
    let program = Program::start(&[]);
    for fields in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 5x\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: gzip\r\n",
    ] {
        let answer = program.exchange(&format!("POST /news HTTP/1.1\r\nHost: a\r\n{fields}\r\nhello GET /x"));
        assert!(answer.starts_with("HTTP/1.1 400 "), "{fields}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    }
    assert_eq!(program.news("0").matches("\"id\"").count(), 0);
    // with both, the length does not count, and nothing follows on the connection (RFC 9112 §6.3)
    let both = "POST /news HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n\
        5\r\nhello\r\n0\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n";
    let answer = program.exchange(both);
    assert!(answer.starts_with("HTTP/1.1 204 ") && answer.matches("HTTP/1.1").count() == 1, "{answer}");
}

/// The answer reaches a client that sends much more than the server wants to read.
#[test]
fn a_body_that_is_too_long_gets_413() {
    let program = Program::start(&[]);
    for length in ["Content-Length: 700000", "Transfer-Encoding: chunked"] {
        let mut stream = program.connect();
        write!(stream, "POST /news HTTP/1.1\r\nHost: a\r\n{length}\r\n\r\n").unwrap();
        if length.starts_with('T') {
            stream.write_all(b"aae60\r\n").unwrap();
        }
        stream.write_all(&[b'x'; 5000]).unwrap();
        assert!(read_head(&mut stream).starts_with("HTTP/1.1 413 "));
        // it is not reset while it still sends
        for _ in 0..139 {
            stream.write_all(&[b'x'; 5000]).unwrap();
        }
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(stream.read_to_end(&mut Vec::new()).unwrap(), "the text is too long\n".len());
    }
}

#[test]
fn a_head_has_a_bounded_length() {
    let program = Program::start(&[]);
    let field = format!("GET / HTTP/1.1\r\nHost: a\r\nCookie: {}\r\n\r\n", "x".repeat(20_000));
    assert!(program.exchange(&field).starts_with("HTTP/1.1 431 "));
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "A: b\r\n".repeat(1000));
    assert!(program.exchange(&many).starts_with("HTTP/1.1 431 "));
    let short = format!("GET /?{} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "x".repeat(8000));
    assert!(program.exchange(&short).starts_with("HTTP/1.1 200 "));
}

/// A foreign page may neither open a WebSocket nor send news, however its request is spelled.
#[test]
fn a_foreign_page_is_refused() {
    let program = Program::start(&["--origin", "https://friend.test", "--origin", "http://friend.test:81"]);
    let long = "x".repeat(8000);
    let own = program.address.clone();
    for (query, fields, allowed) in [
        ("", "Host: a\r\n".to_owned(), true),
        ("", format!("Host: {own}\r\nOrigin: http://{own}\r\n"), true),
        ("", "Host: a.test\r\nOrigin: http://a.test\r\n".into(), true),
        ("", "Host: a.test:80\r\nOrigin: http://a.test\r\n".into(), true),
        ("", "Host: a.test\r\nOrigin: https://A.TEST\r\n".into(), true),
        ("", "Host: a\r\nOrigin: https://friend.test\r\n".into(), true),
        ("", "Host: a\r\nOrigin: http://friend.test:81\r\n".into(), true),
        ("", "Host: a\r\nOrigin: http://friend.test\r\n".into(), false),
        ("", "Host: a\r\nOrigin: http://evil.test\r\n".into(), false),
        (&*long, "Host: a\r\nOrigin: http://evil.test\r\n".into(), false),
        ("", "Host: a\r\nOrigin: null\r\n".into(), false),
        ("", "Host: a\r\nOrigin: \r\n".into(), false),
        ("", "Host: a\r\nOrigin: http://a.evil.test\r\n".into(), false),
        ("", "Host: a:8080\r\nOrigin: http://a\r\n".into(), false),
        ("", "Host: a\r\nOrigin: http://a:8080\r\n".into(), false),
        ("", "Host: evil.test@a\r\nOrigin: http://evil.test\r\n".into(), false),
        ("", "Host: a, evil.test\r\nOrigin: http://evil.test\r\n".into(), false),
        ("", "Host: evil.test.\r\nOrigin: http://evil.test\r\n".into(), false),
        ("", "Host: a\r\nOrigin: http://a\r\nOrigin: http://evil.test\r\n".into(), false),
        ("", "Host: a\r\nOrigin: http://evil.test\r\nOrigin: http://a\r\n".into(), false),
        ("", format!("Host: a\r\nOrigin: http://{}\r\n", "a".repeat(300)), false),
        ("", "Host: a\r\nOrigin: http://evil.test\r\nX-Forwarded-Host: evil.test\r\n".into(), false),
        ("", "Host: a\r\nOrigin: http://\u{e9}vil.test\r\n".into(), false),
    ] {
        for path in ["/ws", "/echo"] {
            let mut stream = program.connect();
            stream.write_all(handshake(&format!("{path}?{query}"), &fields).as_bytes()).unwrap();
            let status = if allowed { "HTTP/1.1 101 " } else { "HTTP/1.1 4" };
            let head = read_head(&mut stream);
            assert!(head.starts_with(status), "{path} {fields}: {head}");
            let malformed = fields.contains('@') || fields.contains(", ");
            assert!(allowed || malformed || head.starts_with("HTTP/1.1 403 "), "{path} {fields}: {head}");
        }
        let post = format!("POST /news?{query} HTTP/1.1\r\n{fields}Connection: close\r\nContent-Length: 1\r\n\r\nx");
        let answer = program.exchange(&post);
        let status = if allowed { "HTTP/1.1 204 " } else { "HTTP/1.1 403 " };
        assert!(answer.starts_with(status), "{fields}: {answer}");
    }
    // the host of an absolute target counts
    for (host, allowed) in [("evil.test", false), ("a.test", true)] {
        let fields = format!("Host: {host}\r\nOrigin: http://a.test\r\n");
        let target = if allowed { "http://a.test/ws" } else { "http://b.test/ws" };
        let mut stream = program.connect();
        stream.write_all(handshake(target, &fields).as_bytes()).unwrap();
        let status = if allowed { "HTTP/1.1 101 " } else { "HTTP/1.1 403 " };
        assert!(read_head(&mut stream).starts_with(status));
    }
}

/// A refused upgrade leaves an HTTP connection: what the client sends as frames is not read as such.
#[test]
fn a_refused_page_gets_no_connection() {
    let program = Program::start(&[]);
    let mut stream = program.connect();
    let request = handshake("/ws", "Host: a\r\nOrigin: http://evil.test\r\n");
    // a Ping follows at once
    stream.write_all(&[request.as_bytes(), b"\x89\x80\0\0\0\0"].concat()).unwrap();
    let answer = read_all(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert!(!answer.as_bytes().windows(2).any(|bytes| bytes == b"\x8a\0"), "{answer}");
}

/// `X-Bytes` of a poll is what request and response take on the wire.
#[test]
fn bytes_are_counted_exactly() {
    let program = Program::start(&[]);
    let mut stream = program.connect();
    let since = program.publish("x");
    for (n, text) in ["", "news", &"long ".repeat(150)].into_iter().enumerate() {
        if !text.is_empty() {
            program.publish(text);
        }
        let agent = "a".repeat(n * 50);
        let close = if n == 2 { "Connection: close\r\n" } else { "" };
        let request = format!("GET /poll?since={since} HTTP/1.1\r\nHost: a\r\n{close}User-Agent: {agent}\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let head = read_head(&mut stream);
        let length: usize = field(&head, "content-length").unwrap().parse().unwrap();
        stream.read_exact(&mut vec![0; length]).unwrap();
        let told: usize = field(&head, "x-bytes").unwrap().parse().unwrap();
        assert_eq!(told, request.len() + head.len() + length, "{head}");
    }
}
