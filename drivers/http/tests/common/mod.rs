//! What the tests share. No single test uses all of it.
#![allow(dead_code)]

use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The fields of a valid request, without `Host`.
pub const VALID: &str = "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                         Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n";
/// What the key of [`VALID`] is answered with.
pub const ACCEPT: &str = "sec-websocket-accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=";

/// A request whose lines before `Host: a` and after it are these.
pub fn request(line: &str, fields: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

/// Each request that is refused, with the status, a field that the answer must have, and its text.
pub fn hostile() -> Vec<(String, u16, &'static str, &'static str)> {
    let get = |fields: &str| request("GET /ws", fields);
    let many: Vec<_> = (0..17).map(|n| format!("p{n}")).collect();
    let replaced = |from: &str, to: &str| get(&VALID.replace(from, to));
    let key = "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n";
    vec![
        (get(""), 426, "upgrade: websocket", "does not ask for a WebSocket\n"),
        (
            get("Upgrade: h2c\r\nConnection: Upgrade\r\n"),
            426,
            "sec-websocket-version: 13",
            "does not ask for a WebSocket\n",
        ),
        (request("POST /ws", VALID), 405, "allow: GET", "method is not GET\n"),
        (request("HEAD /ws", VALID), 405, "allow: GET", ""),
        (request("HEAD /ws", ""), 426, "sec-websocket-version: 13", ""),
        (get(&format!("{VALID}Host: b\r\n")), 400, "", "there must be one valid Host\n"),
        (get(VALID).replace("Host: a\r\n", ""), 400, "", "there must be one valid Host\n"),
        (get(&format!("{VALID}Content-Length: 3\r\n")) + "abc", 400, "", "body is not allowed\n"),
        (get(&format!("{VALID}Transfer-Encoding: chunked\r\n")) + "0\r\n\r\n", 400, "", "body is not allowed\n"),
        (replaced("keep-alive, Upgrade", "keep-alive"), 400, "", "Connection has no Upgrade\n"),
        (replaced("Connection: keep-alive, Upgrade\r\n", ""), 400, "", "Connection has no Upgrade\n"),
        (replaced(key, ""), 400, "", "Sec-WebSocket-Key must be 16 bytes in base64\n"),
        (replaced("XDw==", "XDw="), 400, "", "Sec-WebSocket-Key must be 16 bytes in base64\n"),
        (replaced("Dw==", "Dx=="), 400, "", "Sec-WebSocket-Key must be 16 bytes in base64\n"),
        (get(&format!("{VALID}{key}")), 400, "", "Sec-WebSocket-Key must be 16 bytes in base64\n"),
        (replaced("Sec-WebSocket-Version: 13\r\n", ""), 400, "", "Sec-WebSocket-Version is missing\n"),
        (replaced(": 13", ": thirteen"), 400, "", "bad Sec-WebSocket-Version\n"),
        (replaced(": 13", ": 8"), 426, "sec-websocket-version: 13", "Sec-WebSocket-Version is not 13\n"),
        (replaced(": 13", ": 14"), 426, "upgrade: websocket", "Sec-WebSocket-Version is not 13\n"),
        (get(&format!("{VALID}Sec-WebSocket-Protocol: a b\r\n")), 400, "", "bad Sec-WebSocket-Protocol\n"),
        (get(&format!("{VALID}Sec-WebSocket-Protocol: a, a\r\n")), 400, "", "bad Sec-WebSocket-Protocol\n"),
        (get(&format!("{VALID}Sec-WebSocket-Protocol: {}\r\n", many.join(","))), 431, "", "too many subprotocols\n"),
        (get(&format!("{VALID}Sec-WebSocket-Extensions: ;\r\n")), 400, "", "bad Sec-WebSocket-Extensions\n"),
        (get(&format!("{VALID}Origin: https://evil.test\r\n")), 403, "", "origin is not allowed\n"),
        (get(&format!("{VALID}Origin: null\r\n")), 403, "", "origin is not allowed\n"),
        (get(VALID).replace("HTTP/1.1", "HTTP/1.0"), 505, "", "HTTP version is not 1.1\n"),
    ]
}

/// Sends bytes, and returns the head of the answer and what has come after it.
pub async fn ask(address: SocketAddr, request: &str) -> (TcpStream, String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let (head, rest) = head(&mut stream).await;
    (stream, head, rest)
}

async fn head(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return (String::from_utf8(bytes).unwrap(), rest);
        }
        let n = limit(stream.read_buf(&mut bytes)).await.unwrap();
        assert!(n > 0, "no whole head: {:?}", String::from_utf8_lossy(&bytes));
    }
}

/// Reads on until there are `len` bytes.
pub async fn read_to(stream: &mut TcpStream, bytes: &mut Vec<u8>, len: usize) {
    while bytes.len() < len {
        assert!(limit(stream.read_buf(bytes)).await.unwrap() > 0, "ended after {bytes:?}");
    }
}

/// Reads to the end of the stream.
pub async fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = limit(stream.read_to_end(&mut bytes)).await;
    bytes
}

pub async fn limit<T>(part: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), part).await.expect("in time")
}

/// Sends each hostile request to a server whose policy is `same_host`, and checks the answers.
pub async fn all_are_refused(address: SocketAddr) {
    for (request, status, field, text) in hostile() {
        let (mut stream, head, mut body) = ask(address, &request).await;
        let lower = head.to_lowercase();
        assert!(lower.starts_with(&format!("http/1.{} {status} ", u8::from(status != 505))), "{request}{head}");
        assert!(lower.contains(&field.to_lowercase()), "{request}{head}");
        if !request.starts_with("HEAD") {
            assert!(lower.contains(&format!("content-length: {}\r\n", text.len())), "{request}{head}");
        }
        read_to(&mut stream, &mut body, text.len()).await;
        stream.shutdown().await.unwrap();
        body.extend(read_all(&mut stream).await);
        let body = String::from_utf8(body).unwrap();
        // a server may go on to read a body as the next request
        assert!(if text.is_empty() { body.is_empty() } else { body.starts_with(text) }, "{request}{head}{body}");
    }
}
