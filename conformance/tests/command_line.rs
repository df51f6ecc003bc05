//! Tests the program from outside: what it prints and how it ends.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::thread;

fn run(arguments: &[&str]) -> (i32, String, String) {
    let program = env!("CARGO_BIN_EXE_upframe-conformance");
    let Output { status, stdout, stderr } = Command::new(program).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// Starts a server that refuses every request. Returns its URL.
fn refusing_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || refuse(stream));
        }
    });
    url
}

fn refuse(mut stream: TcpStream) {
    let mut head = vec![];
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        match stream.read(&mut byte) {
            Ok(1) => head.extend(byte),
            _ => return,
        }
    }
    let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    // Unread bytes would reset the stream.
    let _ = stream.read_to_end(&mut head);
}

#[test]
fn help_is_no_error_and_a_wrong_command_line_is() {
    let (status, text, _) = run(&["--help"]);
    assert!(status == 0 && text.starts_with("usage: upframe-conformance server URL"));
    for (arguments, problem) in [
        (&[][..], "expected `server URL`"),
        (&["server"], "expected `server URL`"),
        (&["server", "http://a/"], "not a valid ws:// URL"),
        (&["server", "ws://a/", "--jobs"], "--jobs needs a value"),
        (&["server", "ws://a/", "--jobs", "x"], "\"x\" is not a number"),
        (&["server", "ws://a/", "--colour"], "unknown option --colour"),
        (&["server", "ws://a/", "--only", "nonsense"], "no case has an id"),
    ] {
        let (status, text, error) = run(arguments);
        assert!(status == 2 && text.is_empty() && error.contains(problem), "{arguments:?}: {error}");
    }
}

#[test]
fn a_list_needs_nobody_to_test() {
    let (status, text, _) = run(&["server", "ws://nobody.invalid/", "--list", "--only", "framing.length.126.text"]);
    let first = "framing.length.126.text.whole\n      a text message of 126 bytes in one frame, whole → echo, clean close (§5.2)\n";
    assert!(status == 0 && text.starts_with(first) && text.lines().count() == 6, "{text}");
}

#[test]
fn a_server_that_is_not_there_is_said_to_be_so() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (status, text, error) = run(&["server", &format!("ws://{closed}/"), "--only", "closing.clean"]);
    assert!(status == 1 && text.is_empty() && error.contains(&closed.to_string()), "{error}");
}

#[test]
fn what_fails_is_told_to_people_and_machines() {
    let url = refusing_server();
    let only = ["--only", "closing.clean,handshake.request.host.missing"];
    let (status, text, _) = run(&["server", &url, only[0], only[1]]);
    assert_eq!(status, 1);
    assert!(
        text.contains("fail  closing.clean: the server refuses the connection: HTTP/1.1 400 Bad Request"),
        "{text}"
    );
    assert!(text.ends_with("all                   1           0      1        0\n"), "{text}");
    let (status, json, _) = run(&["server", &url, only[0], only[1], "--json"]);
    assert!(status == 1 && json.contains(r#"{"id":"handshake.request.host.missing","verdict":"pass""#), "{json}");
    // A subject that passes the selected cases is enough.
    assert_eq!(run(&["server", &url, "--only", "handshake.request.host.missing"]).0, 0);
}

#[test]
fn a_client_that_never_comes_has_failed() {
    let (status, text, _) = run(&["client", "127.0.0.1:0", "--only", "closing.clean", "--idle", "0"]);
    assert!(status == 1 && text.contains("fail  closing.clean: the client did not connect for this case"), "{text}");
}
