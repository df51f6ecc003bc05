//! Runs the example programs: help, bad arguments, and each program against the other.

#[path = "common/programs.rs"]
mod programs;

use programs::{Running, run, text};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// A client without a library.
struct Client {
    stream: TcpStream,
}

impl Client {
    fn open(address: &str, path: &str) -> Self {
        Self::open_with(address, path, "").0
    }

    /// Opens a connection with more fields in the request. Returns the response, too.
    fn open_with(address: &str, path: &str, fields: &str) -> (Self, String) {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\
            Sec-WebSocket-Version: 13\r\n{fields}\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = vec![];
        while !response.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            response.push(byte[0]);
        }
        (Self { stream }, text(&response))
    }

    /// Sends a frame of up to 125 bytes. Its masking key is 0.
    fn send(&mut self, first: u8, payload: &[u8]) {
        let frame = [&[first, 0x80 | payload.len() as u8, 0, 0, 0, 0], payload].concat();
        self.stream.write_all(&frame).unwrap();
    }

    /// Reads the next frame. Returns its first byte and its payload.
    fn frame(&mut self) -> (u8, Vec<u8>) {
        let mut header = [0; 2];
        self.stream.read_exact(&mut header).unwrap();
        let mut len = usize::from(header[1]);
        if len == 126 {
            let mut extra = [0; 2];
            self.stream.read_exact(&mut extra).unwrap();
            len = usize::from(u16::from_be_bytes(extra));
        }
        let mut payload = vec![0; len];
        self.stream.read_exact(&mut payload).unwrap();
        (header[0], payload)
    }

    /// Waits for the next text.
    fn hear(&mut self) -> String {
        loop {
            let (first, payload) = self.frame();
            if first == 0x81 {
                return text(&payload);
            }
        }
    }
}

/// After Ctrl-C or SIGTERM, each client gets a Close with 1001, also one whose message is not complete.
#[cfg(unix)]
#[test]
fn a_signal_ends_the_echo_server_with_a_close_for_each_client() {
    for signal in ["INT", "TERM"] {
        let mut server = Running::start("echo_server", &["--port", "0"]);
        let mut clients: Vec<_> = (0..3).map(|_| Client::open(&server.address, "/")).collect();
        clients[0].send(0x81, b"all");
        assert_eq!(clients[0].hear(), "all");
        clients[1].send(0x01, b"half");
        // the echo of a Ping tells that the half message was read
        clients[1].send(0x89, b"?");
        while clients[1].frame().0 != 0x8a {}
        // one that has not sent its request does not keep the server
        let _silent = TcpStream::connect(&server.address).unwrap();
        server.signal(signal);
        for mut client in clients {
            let (first, payload) = client.frame();
            assert_eq!((first, &*payload), (0x88, &b"\x03\xe9"[..]));
            client.send(0x88, &payload);
            assert_eq!(client.stream.read(&mut [0]).unwrap(), 0);
        }
        assert!(server.wait().success());
    }
    // a client that does not answer is waited for, and not without end
    let mut server = Running::start("echo_server", &["--port", "0"]);
    let mut client = Client::open(&server.address, "/");
    server.signal("TERM");
    assert_eq!(client.frame(), (0x88, b"\x03\xe9".to_vec()));
    assert!(server.wait().success());
}

#[test]
fn the_echo_server_compresses_what_comes_compressed_if_it_has_the_option() {
    const OFFER: &str = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    // RFC 7692 §7.2.3.1: "Hello"
    const HELLO: &[u8] = b"\xf2\x48\xcd\xc9\xc9\x07\x00";
    for (arguments, answer, echoes) in [
        (&[][..], None, &[][..]),
        // the second one is shorter, since the window has the first
        (&["--deflate"], Some("permessage-deflate"), &[(0xc1, HELLO), (0xc1, b"\x02\x13\x00\x00")]),
        // compressed it is longer, and it helps no later message
        (
            &["--deflate=server_no_context_takeover,client_max_window_bits=10"],
            Some("permessage-deflate; server_no_context_takeover; client_max_window_bits=10"),
            &[(0x81, b"Hello"), (0x81, b"Hello")],
        ),
    ] {
        let server = Running::start("echo_server", &[&["--port", "0"], arguments].concat());
        let (mut client, response) = Client::open_with(&server.address, "/", OFFER);
        let agreed = response.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Extensions: "));
        assert_eq!(agreed, answer, "{arguments:?}");
        for &(first, payload) in echoes {
            client.send(0xc1, HELLO);
            assert_eq!(client.frame(), (first, payload.to_vec()), "{arguments:?}");
        }
        if answer.is_some() {
            // twenty times "a", by zlib
            client.send(0xc1, b"\x4a\x4c\xc4\x04\x00\x00");
            let (first, payload) = client.frame();
            assert!(first == 0xc1 && payload.len() < 10, "{arguments:?}: {first:#x} {payload:x?}");
        }
        client.send(0x81, b"Hello");
        assert_eq!(client.frame(), (0x81, b"Hello".to_vec()), "what came plain goes back plain");
        // a block of a type that does not exist, or a bit that was not agreed on
        client.send(0xc1, b"\x06");
        let code = if answer.is_some() { b"\x03\xef" } else { b"\x03\xea" };
        let (first, payload) = client.frame();
        assert_eq!((first, &payload[..2]), (0x88, &code[..]));
    }
}

#[test]
fn help_names_each_argument() {
    for (name, arguments) in [
        ("echo_server", &["--port", "--max-message", "1009", "--deflate"][..]),
        ("echo_client", &["URL", "--max-message", "exit status", "--deflate"]),
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
        ("echo_server", &["--deflate=server_max_window_bits=16"], "server_max_window_bits=16"),
        ("echo_server", &["--deflate=server_max_window_bits"], "server_max_window_bits"),
        ("echo_server", &["--deflate", "gzip"], "gzip"),
        ("echo_client", &["ws://a/", "--deflate=both_no_context_takeover"], "both_no_context_takeover"),
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
    ] {
        let output = run(name, arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name} {arguments:?}: {said}");
        assert!(said.starts_with(&format!("{name}: ")) && said.contains(told), "{name} {arguments:?}: {said}");
        assert!(said.lines().count() == 1 && !said.contains("panicked"), "{said}");
    }
}

#[test]
fn a_refusal_is_shown_with_its_fields() {
    let answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 27\r\n\r\nthe WebSocket is elsewhere\n";
    let output = run("echo_client", &[&answering(answer)]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.starts_with("echo_client: the server refused with 404 Not Found\n  Content-Length: "), "{said}");
    assert!(said.contains("the WebSocket is elsewhere"), "{said}");
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
        let output = run("echo_client", &[&answering(answer)]);
        let said = text(&output.stderr);
        assert!(
            output.status.code() == Some(1) && said.contains(told) && !said.contains(['\u{7}', '\u{9b}']),
            "{said}"
        );
    }
}
