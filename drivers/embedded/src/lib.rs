#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs, missing_debug_implementations, unreachable_pub)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic
    )
)]
#![doc = include_str!("../README.md")]

mod clock;
mod config;
mod error;
mod halves;
mod incoming;
mod input;
mod message;
mod outgoing;
mod output;
mod reading;
mod shared;
#[cfg(feature = "embedded-io-async-06")]
mod v06;
mod websocket;
mod writer;

pub use clock::{Clock, NoClock};
pub use config::Config;
pub use error::Error;
pub use halves::{Halves, ReadHalf, WriteHalf};
pub use incoming::{Decision, accept, accept_with};
pub use message::{CloseFrame, Message, Piece};
pub use outgoing::{client, client_with};
#[cfg(feature = "embedded-io-async-06")]
pub use v06::{Error06, V06};
pub use websocket::WebSocket;
pub use writer::{NoKeys, Writer};

#[doc(inline)]
pub use embedded_io_async;
#[doc(no_inline)]
pub use upframe;
#[doc(inline)]
pub use upframe::connection::{
    EndOfStream, Endpoint, Entropy, Fragment, Limits, MessageKind, NoEntropy, Place, ProtocolError, SendError,
    Violation,
};
#[doc(inline)]
pub use upframe::frame::CloseCode;
#[doc(inline)]
pub use upframe::handshake::{
    AnyOrigin, ClientRequest, Failure, OriginError, OriginPolicy, Origins, Refusal, RequestError, ServerOptions, Uri,
    UriError,
};
#[doc(inline)]
pub use upframe::http::{Field, Head, HeadLimits, Response, WriteError};
#[doc(inline)]
pub use upframe::keepalive::Policy;
