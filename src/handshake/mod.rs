//! The opening handshake, both sides (RFC 6455 §4).
//!
//! ```text
//!            HTTP layer      rules, while spans stream by   at the end
//!
//! bytes ──► HeadReader ──┬──► RequestJudge ──► Outcome ──► Connection
//!                        │                        └──────► Refusal
//!                        │
//!                        └──► ResponseJudge ─► Answer ───► Connection
//! ```
//!
//! Of a head only what the answer needs is stored: the key, and which subprotocol was chosen. A head of any length
//! passes through a buffer of any length, cut anywhere.
//!
//! Servers and clients with an HTTP stack of their own use [`accept_key()`], [`RequestJudge`], [`ResponseJudge`],
//! [`OriginPolicy::allows`] and [`write_extensions`], which are the same rules over names and values.
//! [`Refusal::fields`] and [`ClientHandshake::request_parts`] return what they send as names and values.
//!
//! In HTTP/2 and HTTP/3 the opening handshake is an extended CONNECT (RFC 8441, RFC 9220): [`ConnectRequestJudge`] for
//! servers, [`ConnectRequest`] and [`ConnectResponseJudge`] for clients.

pub(crate) mod answer;
mod both;
pub(crate) mod client;
pub(crate) mod extended_connect;
pub(crate) mod extension;
mod extension_list;
pub(crate) mod extensions;
mod field_lines;
mod field_name;
pub(crate) mod key;
mod name_reader;
#[cfg(any(test, upframe_small))]
mod name_reader_small;
#[cfg(any(test, not(upframe_small)))]
mod name_reader_words;
mod offers;
pub(crate) mod origin;
pub(crate) mod origin_parts;
pub(crate) mod outcome;
pub(crate) mod refusal;
pub(crate) mod request;
pub(crate) mod request_judge;
mod request_line;
pub(crate) mod request_parts;
#[cfg(not(upframe_small))]
mod request_usual;
pub(crate) mod response_judge;
pub(crate) mod server;
mod short_token;
mod subprotocol;
#[cfg(upframe_small)]
mod unknown_list_small;
#[cfg(not(upframe_small))]
mod unknown_list_words;
pub(crate) mod uri;
#[cfg(any(test, not(upframe_small)))]
mod uri_usual;
mod version;

pub use answer::{Agreed, Answer, Failure};
pub use both::Both;
pub use client::ClientHandshake;
pub use extended_connect::{
    ConnectAnswer, ConnectFields, ConnectOutcome, ConnectRequest, ConnectRequestJudge, ConnectResponseJudge,
    MalformedFields, Tunnel,
};
pub use extension::{Extension, ExtensionWriter, NoExtension};
pub use extensions::{Extensions, write_extensions};
pub use key::{AcceptValue, InvalidKey, Key, accept_key};
pub use origin::{AnyOrigin, OriginError, OriginPolicy, Origins};
pub use origin_parts::OriginProblem;
pub use outcome::{Outcome, PlainHttp, ServerOptions, Upgrade};
pub use refusal::Refusal;
pub use request::{ClientRequest, RequestError};
pub use request_judge::RequestJudge;
pub use request_line::RequestLine;
pub use request_parts::{RequestFields, RequestParts};
pub use response_judge::ResponseJudge;
pub use server::ServerHandshake;
pub use uri::{Uri, UriError};
