//! The classes of disagreement about heads, and who is right. The first that covers a difference is its class.

use super::{Difference, Reason, Verdict};
use crate::End::{Client, Server};
use crate::peers::{SOCKUDO_WS, TOKIO_WEBSOCKETS, TUNGSTENITE, WSPROTO};
use crate::table::{Class, Right};
use upframe::handshake::{Failure, Refusal};
use upframe::http::HeadViolation;

/// A head of these lines.
macro_rules! head {
    ($($line:literal),*) => { concat!($($line, "\r\n",)* "\r\n").as_bytes() };
}

/// A good request, with these lines behind it.
macro_rules! request {
    ($($line:literal),*) => {
        head!(
            "GET /chat HTTP/1.1",
            "Host: server.example.com",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13"
            $(, $line)*
        )
    };
}

/// A good response to a client that asked for "chat", with these lines behind it.
macro_rules! response {
    ($($line:literal),*) => {
        head!(
            "HTTP/1.1 101 Switching Protocols",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "Sec-WebSocket-Protocol: chat"
            $(, $line)*
        )
    };
}

pub const CLASSES: &[Class<Difference>] = &[];
