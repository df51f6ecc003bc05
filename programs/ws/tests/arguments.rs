//! Arguments: help, mistakes, and the request that they ask for.

mod common;

use common::{meet, run, told, well};
use std::net::TcpListener;
use upframe::frame::Opcode;

#[test]
fn help_and_version_go_to_standard_output() {
    for help in ["--help", "-h"] {
        let (out, err, code) = run(&[help], None);
        assert!(out.starts_with("usage: ws") && err.is_empty() && code == Some(0), "{out}{err}");
        for named in ["--header", "--cacert", "--listen", "/close", "Exit codes", "NAME"] {
            assert!(out.contains(named), "{named}");
        }
    }
    assert_eq!(run(&["--version"], None), well(&format!("ws {}\n", env!("CARGO_PKG_VERSION")), ""));
}

#[test]
fn mistakes_are_told_before_anything_is_sent() {
    // nobody accepts there: a connection would end in a timeout
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    for (arguments, part) in [
        (&[][..], "the URL is missing"),
        (&["--frobnicate", &url], "--frobnicate"),
        (&[&url, "again"], "again"),
        (&["-H", "no colon", &url], "no colon"),
        (&["-H", "Host: a", &url], "\"Host\": this field is written by ws itself"),
        (&["-H", "Sec-WebSocket-Protocol: a", &url], "use --subprotocol"),
        (&["-H", "a b: c", &url], "\"a b\": the name is not valid"),
        (&["-H", "a: b\r\nc: d", &url], "line end"),
        (&["-s", "a", "-s", "a", &url], "different"),
        (&["--origin", "a b", &url], "https://example.com"),
        (&["--auth", "nobody", &url], "USER:PASSWORD"),
        (&["--connect-timeout", "soon", &url], "seconds"),
        (&["--ping", "0", &url], "--ping"),
        (&["--cacert", "/nowhere/at/all", "wss://localhost:1/"], "cannot read /nowhere/at/all"),
        (&["--output", "/nowhere/at/all", &url], "cannot write /nowhere/at/all"),
        (&["ftp://a/"], "scheme ftp:"),
        (&["ws://a/#b"], "fragment"),
        (&["ws://:80/"], "empty host"),
        (&["--echo", &url], "--listen"),
        (&["--listen", "--auth", "a:b"], "--listen starts a server"),
        (&["--listen", "--cert", "a"], "--key"),
        (&["--listen", "--cert", "/nowhere", "--key", "/nowhere"], "/nowhere"),
        (&["--listen", "--origin", "*", "127.0.0.1:0"], "https://example.com"),
    ] {
        let said = run(arguments, None);
        told(&said, 1, part);
        assert!(said.0.is_empty() && said.1.starts_with("ws: ") && said.1.lines().count() == 1, "{said:?}");
    }
}

#[test]
fn the_request_contains_what_the_arguments_ask_for() {
    let arguments =
        ["-s", "news", "--subprotocol", "chat", "-H", "X-Seat:  7 b ", "--header", "Cookie: a=1", "--origin"];
    let arguments = [&arguments[..], &["http://o", "--auth", "me:se cret"]].concat();
    let said = meet(&arguments, Some(b""), |peer| {
        for field in [
            "Sec-WebSocket-Protocol: news, chat",
            "X-Seat: 7 b",
            "Cookie: a=1",
            "Origin: http://o",
            "Authorization: Basic bWU6c2UgY3JldA==",
        ] {
            assert!(peer.request.contains(&format!("\r\n{field}\r\n")), "{field} is not in {}", peer.request);
        }
        peer.closes(b"\x03\xe8");
    });
    assert_eq!(said, well("", "open; the subprotocol is chat\nclosed with 1000\n"));
}

#[test]
fn a_url_needs_no_scheme_and_may_have_a_password() {
    for (prefix, path, line, auth) in [
        ("", "/a/b?c=%20d&e", "GET /a/b?c=%20d&e HTTP/1.1\r\n", None),
        ("http://", "", "GET / HTTP/1.1\r\n", None),
        ("ws://me:p%40ss@", "/ä b", "GET /%C3%A4%20b HTTP/1.1\r\n", Some("Authorization: Basic bWU6cEBzcw==\r\n")),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{prefix}{}{path}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let peer = common::Peer::accept(listener.accept().unwrap().0);
            let request = peer.request.clone();
            peer.closes(b"\x03\xe8");
            request
        });
        assert_eq!(run(&["-q", &url], Some(b"")), well("", ""));
        let request = server.join().unwrap();
        assert!(request.starts_with(line), "{request}");
        assert_eq!(request.contains("Authorization"), auth.is_some());
        assert!(auth.is_none_or(|auth| request.contains(auth)), "{request}");
    }
}

#[test]
fn ipv6_is_spoken() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return };
    let url = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || common::Peer::accept(listener.accept().unwrap().0).closes(b"\x03\xe8"));
    assert_eq!(run(&[&url], Some(b"")), well("", "open\nclosed with 1000\n"));
    server.join().unwrap();
}

#[test]
fn verbose_shows_the_response_and_control_frames() {
    let said = meet(&["-v"], None, |mut peer| {
        peer.write(b"\x89\x05there\x8a\x02\x1b[\x88\x00");
        peer.expect(Opcode::Pong, b"there");
        peer.expect(Opcode::Close, b"");
    });
    assert_eq!(said.2, Some(0));
    for part in
        ["connected to 127.0.0.1:", "\n101 Switching Protocols\n", "\n  X-Seat: 7\n", "\nreceived a Ping: there\n"]
    {
        assert!(said.1.contains(part), "{part}: {}", said.1);
    }
    assert!(
        said.1.ends_with("open\nreceived a Ping: there\nreceived a Pong: \\u{1b}[\nclosed with 1005\n"),
        "{}",
        said.1
    );
}
