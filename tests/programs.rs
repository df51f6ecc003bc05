//! Runs the example programs: help, bad arguments, and each program against the other.

#[path = "common/programs.rs"]
mod programs;

use programs::{Running, program, run, text};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Stdio;

#[test]
fn help_names_each_argument() {
    for (name, arguments) in [
        ("echo_server", &["--port", "--max-message", "1009"][..]),
        ("echo_client", &["URL", "--max-message", "exit status"]),
        ("client", &["URL", "--subprotocol", "--field", "--origin", "--verbose"]),
        ("anatomy", &["each of its bytes"]),
    ] {
        for help in ["--help", "-h"] {
            let output = run(name, &[help]);
            let said = text(&output.stdout);
            assert!(output.status.success() && output.stderr.is_empty(), "{name}");
            assert!(said.starts_with(&format!("usage: {name}")), "{said}");
            for argument in arguments {
                assert!(said.contains(argument), "{name} --help does not mention {argument}");
            }
        }
    }
}

#[test]
fn bad_arguments_get_a_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("ws://{free}/");
    for (name, arguments, told) in [
        ("echo_server", &["--porto"][..], "--porto"),
        ("echo_server", &["--port"], "--port"),
        ("echo_server", &["--port", "70000"], "70000"),
        ("echo_server", &["--max-message", "-1"], "-1"),
        ("echo_server", &["9001"], "9001"),
        ("echo_server", &["--port", &port], &port),
        ("echo_client", &[], "URL"),
        ("echo_client", &["ws://a/", "ws://b/"], "ws://b/"),
        ("echo_client", &["ws://a/", "--max-message", "x"], "x"),
        ("echo_client", &["http://a/"], "scheme"),
        ("echo_client", &["ws://a/#b"], "fragment"),
        ("echo_client", &["wss://a/"], "TLS"),
        ("echo_client", &[&nobody], "cannot connect"),
        ("anatomy", &["more"], "more"),
        ("anatomy", &["--more"], "--more"),
        ("client", &[], "URL"),
        ("client", &["--subprotocol"], "--subprotocol"),
        ("client", &["ws://a/", "--field", "no colon"], "no colon"),
        ("client", &["ws://:80/"], "host"),
        ("client", &["wss://a/"], "TLS"),
        ("client", &[&nobody], "cannot connect"),
    ] {
        let output = run(name, arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name} {arguments:?}: {said}");
        assert!(said.starts_with(&format!("{name}: ")) && said.contains(told), "{name} {arguments:?}: {said}");
        assert!(said.lines().count() == 1 && !said.contains("panicked"), "{said}");
    }
}

#[test]
fn an_invalid_request_is_reported_before_it_is_sent() {
    let server = Running::start("echo_server", &["--port", "0"]);
    let url = format!("ws://{}/", server.address);
    for (arguments, told) in [
        (&["--field", "Host: a"][..], "written by the codec"),
        (&["--field", "a b: c"], "invalid field name"),
        (&["--field", "a: b\r\nc: d"], "control byte"),
        (&["--subprotocol", "a", "--subprotocol", "a"], "different"),
        (&["--origin", "a b"], "origin"),
    ] {
        let output = run("client", &[arguments, &[&url]].concat());
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(1) && said.contains(told), "{arguments:?}: {said}");
    }
}

#[test]
fn typed_lines_come_back() {
    let server = Running::start("echo_server", &["--port", "0"]);
    let url = format!("ws://{}/path?query", server.address);
    let mut client = program("client")
        .arg(&url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let long = "x".repeat(100_000);
    let lines = format!("first\n\n\u{1D11E} \u{1b}[31m\ttab\n{long}\n");
    client.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = client.wait_with_output().unwrap();
    assert_eq!(text(&output.stdout), format!("first\n\n\u{1D11E} \\u{{1b}}[31m\ttab\n{long}\n"));
    assert_eq!(text(&output.stderr), "open\nclosed with 1000\n");
    assert!(output.status.success());
}

#[test]
fn a_refusal_is_shown_with_its_fields() {
    let answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 27\r\n\r\nthe WebSocket is elsewhere\n";
    for name in ["client", "echo_client"] {
        let output = run(name, &[&answering(answer)]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            said.starts_with(&format!("{name}: the server refused with 404 Not Found\n  Content-Length: ")),
            "{said}"
        );
        assert!(said.contains("the WebSocket is elsewhere"), "{said}");
    }
}

/// Starts a server that sends these bytes after any request. Returns its URL.
fn answering(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = vec![];
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            request.push(byte[0]);
        }
        stream.write_all(answer).unwrap();
    });
    format!("ws://{address}/")
}

#[test]
fn an_invalid_or_vanishing_server_is_reported() {
    for (answer, told) in [
        (&b""[..], "without a response"),
        (b"HTTP/1.1 101 Switching", "without a response"),
        (b"SSH-2.0-OpenSSH\r\n", "is not a valid WebSocket server"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", "is not a valid WebSocket server"),
        (b"HTTP/1.1 302 Found\r\nLocation: ws://b/\xc2\x9b31m\r\n\r\n", "ws://b/\\u{9b}31m"),
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\n\r\nno\x07!\n", "\n  no\\u{7}!"),
    ] {
        for name in ["client", "echo_client"] {
            let output = run(name, &[&answering(answer)]);
            let said = text(&output.stderr);
            assert!(
                output.status.code() == Some(1) && said.contains(told) && !said.contains(['\u{7}', '\u{9b}']),
                "{said}"
            );
        }
    }
}
