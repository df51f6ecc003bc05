//! The running program, and its clients.
#![allow(dead_code, reason = "each test uses a part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use upframe_http::Http2Client;
use upframe_tokio::{ClientRequest, Config, Message, Uri, WebSocket, connect_with};

/// A guard against hanging. No test depends on a shorter time.
pub const GUARD: Duration = Duration::from_secs(60);

pub type Socket = WebSocket<tokio::net::TcpStream>;

/// The program, until the value is dropped.
pub struct Program {
    pub child: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
    pub stdin: Option<ChildStdin>,
}

impl Program {
    /// Starts it without reports, so that there are no news but those of the test.
    pub fn start(arguments: &[&str]) -> Self {
        Self::run(
            Command::new(env!("CARGO_BIN_EXE_push_server")).args(["127.0.0.1:0", "--report", "0"]).args(arguments),
        )
    }

    pub fn run(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().trim_start_matches("open http").trim_start_matches('s').trim_start_matches("://");
        let address = address.trim_end_matches('/').to_owned();
        assert!(!address.is_empty(), "it does not start");
        let stdin = child.stdin.take();
        Self { child, address, stdin }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(GUARD)).unwrap();
        stream.set_write_timeout(Some(GUARD)).unwrap();
        stream
    }

    /// Sends these bytes, and returns everything that comes until the server closes.
    pub fn exchange(&self, request: &str) -> String {
        let mut stream = self.connect();
        // a server that refuses early may close while this is being sent
        let _ = stream.write_all(request.as_bytes());
        read_all(&mut stream)
    }

    /// Sends a request with these lines of fields, and returns the whole response.
    pub fn ask(&self, line: &str, fields: &str, body: &str) -> String {
        let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let host = &self.address;
        self.exchange(&format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{fields}{length}\r\n{body}"))
    }

    /// Publishes news by HTTP, and returns their ID.
    pub fn publish(&self, text: &str) -> String {
        let response = self.ask("POST /news", "", text);
        assert!(response.starts_with("HTTP/1.1 204 "), "{response}");
        field(&response, "x-id").unwrap().to_owned()
    }

    pub fn news(&self, since: &str) -> String {
        body(&self.ask(&format!("GET /poll?since={since}"), "", "")).to_owned()
    }

    /// Opens a WebSocket, and returns it with the ID after which its news begin.
    pub async fn listen(&self, path: &str) -> (Socket, String) {
        let mut socket = self.open(path).await;
        let hello = text(&mut socket).await;
        let since = hello.split("\"since\":\"").nth(1).unwrap_or_else(|| panic!("{hello}"));
        let since = since.split('"').next().unwrap().to_owned();
        (socket, since)
    }

    /// Opens a connection of HTTP/2 without TLS, as a proxy does.
    pub async fn http2(&self) -> Http2Client {
        let stream = tokio::net::TcpStream::connect(&self.address).await.unwrap();
        let (client, connection) = Http2Client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// Returns the line about HTTP/2 of the health check.
    pub fn counted_in_http2(&self) -> String {
        let response = self.ask("GET /healthz", "", "");
        let line = body(&response).lines().find_map(|line| line.strip_prefix("HTTP/2: "));
        line.unwrap_or_else(|| panic!("{response}")).to_owned()
    }

    /// Opens a WebSocket.
    pub async fn open(&self, path: &str) -> Socket {
        let url = format!("ws://{}{path}", self.address);
        let request = ClientRequest::new(Uri::parse(&url).unwrap());
        connect_with(request, Config::new().with_open_within(GUARD)).await.unwrap().0
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the next text message.
pub async fn text<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut WebSocket<S>) -> String {
    loop {
        match tokio::time::timeout(GUARD, socket.next()).await.unwrap().unwrap().unwrap() {
            Message::Text(text) => return text.to_string(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

pub fn read_all(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // what came before an error counts
    match stream.read_to_end(&mut bytes) {
        Err(error) if bytes.is_empty() => panic!("{error}"),
        _ => String::from_utf8(bytes).unwrap(),
    }
}

/// Reads a head, byte by byte, and returns it.
pub fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// Returns the value of a field of a response.
pub fn field<'r>(response: &'r str, name: &str) -> Option<&'r str> {
    let head = response.split("\r\n\r\n").next()?;
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
}

pub fn body(response: &str) -> &str {
    response.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{response}")).1
}

/// The request of a WebSocket client, with these lines of fields.
pub fn handshake(target: &str, fields: &str) -> String {
    format!(
        "GET {target} HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n{fields}\r\n"
    )
}
