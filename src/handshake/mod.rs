//! The opening handshake, both sides (RFC 6455 §4).
//!
//! ```text
//!                HeadReader                spans stream by          at the end
//!   bytes  ──►  (http layer)  ──►  RequestJudge / ResponseJudge  ──►  Outcome / Answer  ──►  Connection
//!                                  version.rs · subprotocol.rs          server.rs · client.rs
//!                                  extension_list.rs · origin.rs        refusal.rs
//!                                  list.rs · tokens.rs
//!                                  value.rs · accept_key.rs
//! ```
//!
//! Nothing of a head is stored but what the answer needs: the key, and which subprotocol it will be. A head of any length passes
//! through a buffer of any length, cut anywhere.
//!
//! Servers and clients with an HTTP stack of their own use [`accept_key()`], [`RequestJudge`], [`ResponseJudge`] and
//! [`origin_is_allowed`], which are the same rules over names and values.

mod answer;
mod client;
mod extension;
mod extension_list;
mod field_name;
mod key;
mod origin;
mod outcome;
mod refusal;
mod request;
mod request_judge;
mod response_judge;
mod server;
mod subprotocol;
mod uri;
mod version;

pub use answer::{Agreed, Answer, Failure};
pub use client::ClientHandshake;
pub use extension::{Extension, ExtensionWriter, NoExtension};
pub use key::{AcceptValue, InvalidKey, Key, accept_key};
pub use origin::origin_is_allowed;
pub use outcome::{Outcome, PlainHttp, ServerOptions, Upgrade};
pub use refusal::Refusal;
pub use request::{ClientRequest, RequestError};
pub use request_judge::RequestJudge;
pub use response_judge::ResponseJudge;
pub use server::ServerHandshake;
pub use uri::{Uri, UriError};
