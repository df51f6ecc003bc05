//! Runs the program `echo_client` against a server that each test controls frame by frame.

#[path = "common/programs.rs"]
mod programs;

use programs::{program, text};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use upframe::connection::Settings;
use upframe::frame::{Header, Mask, Opcode};
use upframe::handshake::{Outcome, ServerHandshake, ServerOptions};

/// The server's end, after the opening handshake.
struct Peer {
    stream: TcpStream,
    /// The request head.
    request: String,
    /// The response, until it is written in one segment with the bytes after it.
    response: Vec<u8>,
}

impl Peer {
    fn accept(listener: &TcpListener) -> Self {
        let mut stream = listener.accept().unwrap().0;
        // A mistake should fail the test, not hang it.
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut handshake = ServerHandshake::new(ServerOptions::new().with_subprotocols(&["chat"]));
        let (mut request, mut out) = (vec![], [0; 512]);
        let outcome = loop {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            request.extend_from_slice(&byte);
            if let Some(outcome) = handshake.receive(&mut &byte[..]) {
                break outcome;
            }
        };
        let Outcome::Upgrade(upgrade) = outcome else { panic!("{outcome:?}") };
        let (response, _) = handshake.accept(&upgrade, Settings::new(), &[], &mut out).unwrap();
        Self { stream, request: text(&request), response: response.to_vec() }
    }

    fn write(&mut self, wire: &[u8]) {
        let mut response = std::mem::take(&mut self.response);
        response.extend_from_slice(wire);
        self.stream.write_all(&response).unwrap();
    }

    /// Reads the next frame, which must be masked. Returns FIN, opcode and payload, or `None` if the stream has ended.
    fn frame(&mut self) -> Option<(bool, Opcode, Vec<u8>)> {
        self.write(b"");
        let mut head = vec![];
        let header = loop {
            let mut byte = [0];
            if self.stream.read(&mut byte).unwrap() == 0 {
                assert!(head.is_empty());
                return None;
            }
            head.push(byte[0]);
            if let Some((header, _)) = Header::parse(&head).unwrap() {
                break header;
            }
        };
        let mut payload = vec![0; header.payload_len as usize];
        self.stream.read_exact(&mut payload).unwrap();
        Mask::new(header.masking_key.unwrap()).apply(&mut payload);
        Some((header.fin, header.opcode, payload))
    }

    /// Asserts that the client's next frame is final and has this opcode and payload.
    fn expect(&mut self, opcode: Opcode, payload: &[u8]) {
        assert_eq!(self.frame(), Some((true, opcode, payload.to_vec())));
    }

    /// Reads the next message. Returns its opcode, its payload, and the number of its frames.
    fn message(&mut self) -> (Opcode, Vec<u8>, usize) {
        let (mut fin, opcode, mut message) = self.frame().unwrap();
        let mut frames = 1;
        while !fin {
            let (last, Opcode::Continuation, fragment) = self.frame().unwrap() else { panic!() };
            message.extend(fragment);
            (fin, frames) = (last, frames + 1);
        }
        (opcode, message, frames)
    }
}

/// What a program wrote to standard output and to standard error, and its exit status.
type Said = (String, String, Option<i32>);

/// Runs a program against a server with one connection. Standard input ends after `typed`, or stays open if `typed` is
/// `None`.
fn meet(
    name: &str,
    path: &str,
    arguments: &[&str],
    typed: Option<&[u8]>,
    serve: impl FnOnce(Peer) + Send + 'static,
) -> Said {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}{path}", listener.local_addr().unwrap());
    let server = thread::spawn(move || serve(Peer::accept(&listener)));
    let mut program = program(name);
    program.arg(url).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = program.spawn().unwrap();
    let mut stdin = program.stdin.take();
    if let Some(typed) = typed {
        stdin.take().unwrap().write_all(typed).unwrap();
    }
    // What is left of standard input stays open until here.
    let output = program.wait_with_output().unwrap();
    drop(stdin);
    server.join().unwrap();
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

/// The expected output of a program that ends with status 0.
fn well(stdout: &str, stderr: &str) -> Said {
    (stdout.into(), stderr.into(), Some(0))
}

/// The expected output of a program that ends with status 1.
fn badly(stdout: &str, stderr: &str) -> Said {
    (stdout.into(), stderr.into(), Some(1))
}

#[test]
fn the_request_contains_what_the_arguments_ask_for() {
    let output = meet("echo_client", "?x", &[], None, |mut peer| {
        assert!(peer.request.starts_with("GET /?x HTTP/1.1\r\n"), "{}", peer.request);
        peer.write(b"\x88\x00");
    });
    assert_eq!(output, well("", ""));
}

#[test]
fn compression_is_offered_if_it_is_asked_for_and_may_be_declined() {
    for (argument, offer) in [
        ("--deflate", "permessage-deflate; client_max_window_bits"),
        (
            "--deflate=server_max_window_bits=10,client_no_context_takeover",
            "permessage-deflate; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits",
        ),
    ] {
        let output = meet("echo_client", "/", &[argument], None, move |mut peer| {
            let field = format!("\r\nSec-WebSocket-Extensions: {offer}\r\n");
            assert!(peer.request.contains(&field), "{}", peer.request);
            peer.write(b"\x81\x05plain");
            peer.expect(Opcode::Text, b"plain");
            peer.write(b"\x88\x00");
        });
        assert_eq!(output, well("", ""));
    }
}

#[test]
fn a_violation_is_reported_to_the_user_and_to_the_server() {
    let output = meet("echo_client", "/", &[], None, |mut peer| {
        peer.write(b"\x83\x00");
        peer.expect(Opcode::Close, b"\x03\xea");
    });
    let told = "echo_client: the server broke the protocol: reserved opcode (RFC 6455 section 5.2) at byte 0\n";
    assert_eq!(output, badly("", told));
}

#[test]
fn a_server_that_disconnects_is_reported() {
    let output = meet("echo_client", "/", &[], None, |mut peer| peer.write(b""));
    assert_eq!(output, badly("", "echo_client: the server disconnected without a Close\n"));
}

#[test]
fn a_server_that_stays_connected_is_left() {
    // The server sends a Close but leaves the stream open: a clean end (RFC 6455 §7.1.4).
    let closed = |mut peer: Peer| {
        peer.write(b"\x88\x02\x03\xe8");
        peer.expect(Opcode::Close, b"\x03\xe8");
        assert_eq!(peer.frame(), None);
    };
    assert_eq!(meet("echo_client", "/", &[], None, closed), well("", ""));
}

/// Ctrl-C and SIGTERM: a Close with 1001, and the server's answer is waited for.
#[cfg(unix)]
#[test]
fn a_signal_closes_the_connection() {
    for (signal, answers) in [("INT", true), ("TERM", true), ("TERM", false)] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut program = program("echo_client");
        program.arg(format!("ws://{}/", listener.local_addr().unwrap())).stdin(Stdio::null()).stderr(Stdio::piped());
        let program = program.spawn().unwrap();
        let mut peer = Peer::accept(&listener);
        // its echo tells that it is open there, too
        peer.write(b"\x81\x02hi");
        peer.expect(Opcode::Text, b"hi");
        let kill = std::process::Command::new("kill").args(["-s", signal, &program.id().to_string()]).status();
        assert!(kill.unwrap().success());
        peer.expect(Opcode::Close, b"\x03\xe9");
        if answers {
            peer.write(b"\x88\x02\x03\xe9");
        }
        assert_eq!(peer.frame(), None);
        let output = program.wait_with_output().unwrap();
        let told = if answers { "" } else { "echo_client: the server disconnected without a Close\n" };
        assert_eq!((output.status.success(), &*text(&output.stderr)), (answers, told));
    }
}

#[test]
fn every_message_comes_back_until_the_server_closes() {
    let output = meet("echo_client", "/", &[], None, |mut peer| {
        let long = vec![0x5a; 70_000];
        peer.write(b"\x81\x05Hello\x82\x03\x00\xff\x80\x81\x00\x82\x00");
        for (opcode, payload) in
            [(Opcode::Text, &b"Hello"[..]), (Opcode::Binary, b"\0\xff\x80"), (Opcode::Text, b""), (Opcode::Binary, b"")]
        {
            peer.expect(opcode, payload);
        }
        peer.write(b"\x01\x03Hel\x80\x02lo");
        let (opcode, message, frames) = peer.message();
        assert_eq!((opcode, &*message), (Opcode::Text, &b"Hello"[..]));
        assert!(frames >= 2);
        peer.write(b"\x82\x7f\0\0\0\0\0\x01\x11\x70");
        peer.write(&long);
        let (opcode, message, _) = peer.message();
        assert!((opcode, message) == (Opcode::Binary, long));
        peer.write(b"\x89\x02hi");
        peer.expect(Opcode::Pong, b"hi");
        peer.write(b"\x88\x02\x03\xe8");
        peer.expect(Opcode::Close, b"\x03\xe8");
    });
    assert_eq!(output, well("", ""));
}

#[test]
fn a_message_beyond_the_limit_is_refused() {
    let output = meet("echo_client", "/", &["--max-message", "5"], None, |mut peer| {
        peer.write(b"\x82\x0512345\x82\x06");
        peer.expect(Opcode::Binary, b"12345");
        peer.expect(Opcode::Close, b"\x03\xf1");
    });
    assert_eq!((&*output.0, output.2), ("", Some(1)));
    assert!(output.1.contains("message longer than the limit") || output.1.contains("frame longer"), "{}", output.1);
}
