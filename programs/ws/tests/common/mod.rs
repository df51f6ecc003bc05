//! Runs `ws`, and serves it frame by frame.
#![allow(dead_code, reason = "each test uses a part")]

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;
use upframe::connection::Settings;
use upframe::frame::{Header, Mask, Opcode};
use upframe::handshake::{Outcome, ServerHandshake, ServerOptions};

/// A mistake should fail the test, not hang it.
pub const GUARD: Duration = Duration::from_secs(60);

pub fn ws() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).env_remove("NO_COLOR");
    command
}

/// What a program wrote to standard output and to standard error, and its exit code.
pub type Said = (String, String, Option<i32>);

pub fn ended(child: Child) -> Said {
    let output = child.wait_with_output().unwrap();
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

/// Runs `ws` with standard input that ends after `typed`, or stays open if `typed` is `None`.
pub fn run(arguments: &[&str], typed: Option<&[u8]>) -> Said {
    let mut child = ws().args(arguments).spawn().unwrap();
    let mut stdin = child.stdin.take();
    if let Some(typed) = typed {
        // it may end before it has read all
        let _ = stdin.take().unwrap().write_all(typed);
    }
    let said = ended(child);
    drop(stdin);
    said
}

/// Runs `ws` against a server with one connection, after the opening handshake.
pub fn meet(arguments: &[&str], typed: Option<&[u8]>, serve: impl FnOnce(Peer) + Send + 'static) -> Said {
    script(arguments, typed, |stream| serve(Peer::accept(stream)))
}

/// Runs `ws` against a server with one connection, from its first byte.
pub fn script(arguments: &[&str], typed: Option<&[u8]>, serve: impl FnOnce(TcpStream) + Send + 'static) -> Said {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let stream = listener.accept().unwrap().0;
        stream.set_read_timeout(Some(GUARD)).unwrap();
        serve(stream);
    });
    let said = run(&[arguments, &[&url]].concat(), typed);
    server.join().unwrap();
    said
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Reads a request, up to and with its empty line.
pub fn request(stream: &mut impl Read) -> String {
    let mut request = vec![];
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        request.push(byte[0]);
    }
    text(&request)
}

/// The server's end, after the opening handshake.
pub struct Peer<S = TcpStream> {
    pub stream: S,
    pub request: String,
    /// The response, until it is written in one segment with the bytes after it.
    response: Vec<u8>,
}

impl<S: Read + Write> Peer<S> {
    pub fn accept(mut stream: S) -> Self {
        let request = request(&mut stream);
        let mut handshake = ServerHandshake::new(ServerOptions::new().with_subprotocols(&["chat"]));
        let Some(Outcome::Upgrade(upgrade)) = handshake.receive(&mut request.as_bytes()) else { panic!("{request}") };
        let mut out = [0; 512];
        let (response, _) = handshake.accept(&upgrade, Settings::new(), &[("X-Seat", "7")], &mut out).unwrap();
        Self { stream, request, response: response.to_vec() }
    }

    pub fn write(&mut self, wire: &[u8]) {
        let mut response = std::mem::take(&mut self.response);
        response.extend_from_slice(wire);
        self.stream.write_all(&response).unwrap();
        self.stream.flush().unwrap();
    }

    /// Reads the next frame, which must be masked. Returns FIN, opcode and payload, or `None` if the stream has ended.
    pub fn frame(&mut self) -> Option<(bool, Opcode, Vec<u8>)> {
        self.write(b"");
        let mut head = vec![];
        let header = loop {
            let mut byte = [0];
            // unlike `read`, it reads again if a signal interrupts it
            match self.stream.read_exact(&mut byte) {
                Err(error) if error.kind() == ErrorKind::UnexpectedEof && head.is_empty() => return None,
                read => read.unwrap(),
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
    pub fn expect(&mut self, opcode: Opcode, payload: &[u8]) {
        assert_eq!(self.frame(), Some((true, opcode, payload.to_vec())));
    }

    /// Sends a Close with 1000 as the answer to this one.
    pub fn closes(mut self, payload: &[u8]) {
        self.expect(Opcode::Close, payload);
        self.write(b"\x88\x02\x03\xe8");
    }

    /// Sends a message in one frame.
    pub fn send(&mut self, first: u8, payload: &[u8]) {
        let mut frame = vec![first];
        match payload.len() {
            len @ 0..126 => frame.push(len as u8),
            len => frame.extend([&[127][..], &(len as u64).to_be_bytes()].concat()),
        }
        frame.extend_from_slice(payload);
        self.write(&frame);
    }
}

/// The expected output of a program that ends with 0.
pub fn well(stdout: &str, stderr: &str) -> Said {
    (stdout.into(), stderr.into(), Some(0))
}

/// The expected output of a program that ends with this code.
pub fn badly(code: i32, stdout: &str, stderr: &str) -> Said {
    (stdout.into(), stderr.into(), Some(code))
}

/// Asserts the exit code, and that standard error contains this.
#[track_caller]
pub fn told(said: &Said, code: i32, part: &str) {
    assert!(said.2 == Some(code) && said.1.contains(part), "{code}, {part}: {said:?}");
    assert!(!said.1.contains("panicked"), "{said:?}");
}

/// Returns the port that a server tells on standard error, and keeps reading that.
pub fn port(server: &mut Child) -> u16 {
    let mut stderr = BufReader::new(server.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    let port = line.trim_end().trim_end_matches('/').rsplit(':').next().unwrap().parse();
    thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
    port.unwrap_or_else(|_| panic!("{line}"))
}
