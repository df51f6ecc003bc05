//! The opening handshake in HTTP/2 (RFC 8441) and in HTTP/3 (RFC 9220): an extended CONNECT.

mod fields;
pub(crate) mod malformed;
pub(crate) mod outcome;
mod refusal;
mod request;
mod request_judge;
mod response_judge;
mod section;

pub use fields::ConnectFields;
pub use malformed::MalformedFields;
pub use outcome::{ConnectAnswer, ConnectOutcome, Tunnel};
pub use request::ConnectRequest;
pub use request_judge::ConnectRequestJudge;
pub use response_judge::ConnectResponseJudge;
