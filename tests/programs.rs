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
    response: String,
}

impl Client {
    fn open(address: &str, path: &str) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\
            Sec-WebSocket-Version: 13\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = vec![];
        while !response.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            response.push(byte[0]);
        }
        Self { stream, response: text(&response) }
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

    fn close(mut self) {
        self.send(0x88, b"\x03\xe8");
        while self.frame().0 != 0x88 {}
        assert_eq!(self.stream.read(&mut [0]).unwrap(), 0);
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
fn help_names_each_argument() {
    for (name, arguments) in [
        ("echo_server", &["--port", "--max-message", "1009"][..]),
        ("echo_client", &["URL", "--max-message", "exit status"]),
        ("push_server", &["ADDRESS", "127.0.0.1:8080", "--ping", "Ctrl-C"]),
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
    let (port, address) = (taken.local_addr().unwrap().port().to_string(), taken.local_addr().unwrap().to_string());
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("ws://{free}/");
    for (name, arguments, told) in [
        ("echo_server", &["--porto"][..], "--porto"),
        ("echo_server", &["--port"], "--port"),
        ("echo_server", &["--port", "70000"], "70000"),
        ("echo_server", &["--max-message", "-1"], "-1"),
        ("echo_server", &["9001"], "9001"),
        ("echo_server", &["--port", &port], &port),
        ("push_server", &["localhost"], "localhost"),
        ("push_server", &["127.0.0.1:0", "127.0.0.1:0"], "127.0.0.1:0"),
        ("push_server", &[&address], "in use by another program"),
        ("push_server", &["--ping", "0"], "--ping"),
        ("push_server", &["--ping", "soon"], "soon"),
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
    let server = Running::start("push_server", &["127.0.0.1:0"]);
    let output = run("echo_client", &[&format!("ws://{}/nothing-here", server.address)]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.starts_with("echo_client: the server refused with 404 Not Found\n  Content-Length: "), "{said}");
    assert!(said.contains("the WebSocket is at /ws"), "{said}");
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

#[test]
fn a_client_that_does_not_read_holds_up_nobody_else() {
    let server = Running::start("push_server", &["127.0.0.1:0"]);
    let mut slow = TcpStream::connect(&server.address).unwrap();
    let request = "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    slow.write_all(request.as_bytes()).unwrap();
    // Sends as much of a message of 16 MiB, to be echoed, as the server reads.
    slow.write_all(&[&b"\x82\xFF\0\0\0\0\x01\0\0\0"[..], &[0; 4]].concat()).unwrap();
    slow.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    while slow.write_all(&[0; 1 << 16]).is_ok() {}

    let mut client = Client::open(&server.address, "/ws");
    client.send(0x81, b"as quick as ever");
    while client.hear() != "as quick as ever" {}
    let mut news = TcpStream::connect(&server.address).unwrap();
    news.write_all(b"POST /news HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nto us").unwrap();
    while !client.hear().contains("\"text\":\"to us\"") {}
    client.close();
}

/// A listener that sends nothing of its own is asked whether it is there, however much it is sent.
#[test]
fn a_listener_is_pinged_while_news_is_sent_to_it() {
    let server = Running::start("push_server", &["127.0.0.1:0", "--ping", "1"]);
    let mut listener = TcpStream::connect(&server.address).unwrap();
    let request = "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    listener.write_all(request.as_bytes()).unwrap();
    let (pinged, wait) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut byte = [0];
        let mut end = vec![];
        while !end.ends_with(b"\r\n\r\n") {
            listener.read_exact(&mut byte).unwrap();
            end.push(byte[0]);
        }
        loop {
            let mut header = [0; 2];
            listener.read_exact(&mut header).unwrap();
            if header == [0x89, 0] {
                return pinged.send(()).unwrap();
            }
            let mut extra = [0; 2];
            let len = if header[1] == 126 {
                listener.read_exact(&mut extra).unwrap();
                usize::from(u16::from_be_bytes(extra))
            } else {
                usize::from(header[1])
            };
            listener.read_exact(&mut vec![0; len]).unwrap();
        }
    });
    // News comes more often than Pings are due.
    for _ in 0..200 {
        let mut news = TcpStream::connect(&server.address).unwrap();
        news.write_all(b"POST /news HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nto us").unwrap();
        if wait.recv_timeout(Duration::from_millis(100)).is_ok() {
            return;
        }
    }
    panic!("no Ping");
}

#[test]
fn the_same_news_arrives_in_three_ways() {
    let server = Running::start("push_server", &["127.0.0.1:0"]);
    let ask = |request: &str, body: &str| {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        write!(stream, "{request} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", server.address).unwrap();
        let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        write!(stream, "{length}\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let page = ask("GET /", "");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("WebSocket"), "{page}");
    assert!(ask("GET /poll?since=0", "").ends_with("\r\n\r\n[]"));

    let mut client = Client::open(&server.address, "/ws");
    assert!(client.response.contains("\r\nSec-WebSocket-Protocol: chat\r\n"), "{}", client.response);
    std::thread::scope(|scope| {
        let long_poll = scope.spawn(|| ask("GET /long-poll?since=0", ""));
        assert!(ask("POST /news", "a \u{1D11E} \"note\"\n").starts_with("HTTP/1.1 204 No Content\r\n"));
        let poll = ask("GET /poll?since=0", "");
        let json = poll.split("\r\n\r\n").nth(1).unwrap();
        assert!(json.contains("\"text\":\"a \u{1D11E} \\\"note\\\"\""), "{json}");
        let first = json.trim_start_matches('[').split("},{").next().unwrap().trim_end_matches([']', '}']);
        assert!(long_poll.join().unwrap().contains(first));
        assert_eq!(client.hear(), format!("{{\"news\":{first}}}}}"));
    });
    client.close();

    for (request, body, status) in [
        ("POST /news", " \n", "400"),
        ("POST /news", "", "411"),
        ("GET /news", "", "405"),
        ("POST /poll", "x", "405"),
        ("GET /ws", "", "426"),
        ("GET /elsewhere", "", "404"),
    ] {
        let answer = ask(request, body);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
    }
    let foreign = "GET /ws HTTP/1.1\r\nHost: a\r\nOrigin: http://evil.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(foreign.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}
