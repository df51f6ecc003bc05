//! The pause after the request line, in which a server chooses by the target.

use super::extensions::Extensions;
use super::origin::Origins;
use super::outcome::ServerOptions;
use super::request_judge::RequestJudge;

/// The moment after the request line and before the fields of a request: the target is known, and the server can still
/// choose what it accepts.
///
/// [`ServerHandshake::receive_request_line`](super::ServerHandshake::receive_request_line) returns it. Servers with an
/// HTTP stack of their own know the target before they make their [`RequestJudge`].
///
/// ```
/// use upframe::handshake::{ServerHandshake, ServerOptions};
/// let mut handshake = ServerHandshake::new(ServerOptions::new());
/// let mut input = &b"GET /chat HTTP/1.1\r\nHost: a"[..];
/// let Some(Ok(mut line)) = handshake.receive_request_line(&mut input, |_| {}) else { panic!() };
/// line.set_options(ServerOptions::new().with_subprotocols(&["chat"]));
/// ```
#[derive(Debug)]
pub struct RequestLine<'h, 'p, X: Extensions, O: Origins> {
    pub(super) judge: &'h mut RequestJudge<'p, X, O>,
}

impl<'p, X: Extensions, O: Origins> RequestLine<'_, 'p, X, O> {
    /// Sets the subprotocols and the origins that are accepted. The limits of the head stay as they were.
    pub const fn set_options(&mut self, options: ServerOptions<'p, O>) {
        self.judge.set_options(options);
    }

    /// Returns the extension.
    pub const fn extension_mut(&mut self) -> &mut X {
        &mut self.judge.extension
    }
}
