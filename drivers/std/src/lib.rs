#![deny(missing_docs, missing_debug_implementations, unreachable_pub)]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![doc = include_str!("../README.md")]

mod config;
mod incoming;
mod input;
mod link;
mod message;
mod outgoing;
mod reading;
mod split;
mod transport;
mod websocket;

pub use config::Config;
pub use incoming::{Incoming, accept};
pub use message::{CloseFrame, Message, Piece};
pub use outgoing::{client, client_with, connect, connect_with};

pub use split::{ReadHalf, WriteHalf};
pub use transport::{OverTcp, Transport, TryClone, Untimed};
pub use websocket::WebSocket;

#[doc(no_inline)]
pub use upframe;
#[doc(inline)]
pub use upframe::connection::{EndOfStream, Limits, MessageKind, Place, ProtocolError, SendError, Violation};
#[doc(inline)]
pub use upframe::frame::CloseCode;
#[doc(inline)]
pub use upframe::handshake::{
    AnyOrigin, ClientRequest, Failure, OriginError, OriginPolicy, Origins, Refusal, RequestError, ServerOptions, Uri,
    UriError,
};
#[doc(inline)]
pub use upframe::http::{HeadLimits, WriteError};
#[doc(inline)]
pub use upframe::keepalive::Policy;
#[doc(inline)]
pub use upframe_driver::{
    Broadcast, Deflate, DeflateLevel, DeflateParams, DeflatePolicy, Direction, Error, Prepared, Request, Response, Role,
};
