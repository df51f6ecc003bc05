#![deny(missing_docs, missing_debug_implementations, unreachable_pub, unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
// the README needs all features: its examples are compiled with them
#![cfg_attr(all(feature = "axum", feature = "hyper"), doc = include_str!("../README.md"))]
#![cfg_attr(
    not(all(feature = "axum", feature = "hyper")),
    doc = "WebSocket upgrades over the types of the crate `http`."
)]

#[cfg(feature = "hyper")]
mod client;
mod connect;
mod error;
#[cfg(feature = "axum")]
mod extractor;
#[cfg(feature = "http2")]
mod http2_client;
#[cfg(feature = "http2")]
mod http2_error;
#[cfg(feature = "http2")]
mod http2_server;
#[cfg(feature = "http2")]
mod http2_stream;
#[cfg(feature = "hyper")]
mod hyper_error;
mod request;
mod response;
#[cfg(feature = "hyper")]
mod server;

#[cfg(feature = "hyper")]
use hyper::upgrade::Upgraded;
#[cfg(feature = "hyper")]
use hyper_util::rt::TokioIo;

#[cfg(feature = "hyper")]
pub use client::{client, client_with};
pub use connect::{
    accept_connect, connect_request, connect_request_with, judge_connect, judge_connect_response,
    judge_connect_response_with, judge_connect_with,
};
pub use error::BuildError;
#[cfg(feature = "axum")]
pub use extractor::{Rejection, WebSocketUpgrade};
#[cfg(feature = "http2")]
pub use http2_client::Http2Client;
#[cfg(feature = "http2")]
pub use http2_error::Http2Error;
#[cfg(feature = "http2")]
pub use http2_server::{http2_accept, http2_builder, http2_refuse};
#[cfg(feature = "http2")]
pub use http2_stream::Http2Stream;
#[cfg(feature = "hyper")]
pub use hyper_error::Error;
pub use request::{client_request, client_request_with, judge, judge_with};
pub use response::{judge_response, judge_response_with, refuse, refuse_in, switch};
#[cfg(feature = "hyper")]
pub use server::{Upgrading, upgrade};

/// A connection on an upgraded connection of hyper. Its methods are documented at [`upframe_tokio::WebSocket`].
#[cfg(feature = "hyper")]
pub type WebSocket = upframe_tokio::WebSocket<TokioIo<Upgraded>>;
/// The half of a [`WebSocket`] that receives: see [`upframe_tokio::ReadHalf`].
#[cfg(feature = "hyper")]
pub type ReadHalf = upframe_tokio::ReadHalf<TokioIo<Upgraded>>;
/// The half of a [`WebSocket`] that sends: see [`upframe_tokio::WriteHalf`].
#[cfg(feature = "hyper")]
pub type WriteHalf = upframe_tokio::WriteHalf<TokioIo<Upgraded>>;

#[doc(no_inline)]
pub use upframe;
#[doc(inline)]
pub use upframe::handshake::{
    Answer, AnyOrigin, ClientRequest, ConnectAnswer, ConnectOutcome, ConnectResponseJudge, Failure, MalformedFields,
    OriginError, OriginPolicy, Origins, Outcome, Refusal, RequestError, ResponseJudge, ServerOptions, Tunnel, Upgrade,
    Uri, UriError,
};
#[cfg(feature = "hyper")]
#[doc(no_inline)]
pub use upframe_tokio::{
    self, Broadcast, Bytes, CloseCode, CloseFrame, Config, Deflate, DeflateLevel, DeflateParams, DeflatePolicy,
    Direction, EndOfStream, Limits, Message, MessageKind, Piece, Place, Policy, Prepared, ProtocolError, Role,
    SendError, Utf8Bytes, Violation,
};
