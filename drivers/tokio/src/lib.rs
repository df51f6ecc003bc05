#![deny(missing_docs, missing_debug_implementations, unreachable_pub, unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![doc = include_str!("../README.md")]

mod accept;
mod client;
mod config;
mod error;
mod head;
mod input;
mod link;
mod message;
mod output;
mod random;
mod reading;
mod split;
mod text;
mod websocket;
mod writing;

pub use accept::{Incoming, accept};
pub use client::{client, client_with};
#[cfg(feature = "net")]
pub use client::{connect, connect_with};
pub use config::{Config, Role};
pub use error::Error;
pub use head::{Request, Response};
pub use message::{CloseFrame, Message, Piece};
pub use split::{ReadHalf, WriteHalf};
pub use text::Utf8Bytes;
pub use websocket::WebSocket;

pub use bytes::Bytes;
pub use upframe::connection::{EndOfStream, Limits, MessageKind, Place, ProtocolError, SendError, Violation};
pub use upframe::frame::CloseCode;
pub use upframe::handshake::{ClientRequest, Failure, Refusal, RequestError, ServerOptions, Uri, UriError};
pub use upframe::http::{HeadLimits, WriteError};
pub use upframe::keepalive::Policy;
