//! The methods that make a difference to an answer.

/// The method of a request, as far as it makes a difference to the answer.
///
/// [`Head::method`](super::Head::method) returns the method as it was sent.
///
/// ```
/// use upframe::handshake::{Outcome, Refusal, ServerHandshake, ServerOptions};
/// use upframe::http::{Method, Response};
/// let mut handshake = ServerHandshake::new(ServerOptions::new());
/// let mut input = &b"HEAD /page HTTP/1.1\r\nHost: a\r\n\r\n"[..];
/// let Some(Outcome::PlainHttp(request)) = handshake.receive(&mut input) else { panic!() };
/// assert_eq!(request.method(), Method::Head);
/// let mut out = [0; 256];
/// assert_eq!(
///     Response::new(200, "OK").with_body(b"<p>Hello").write(request.method(), &mut out).unwrap(),
///     b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\n"
/// );
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum Method {
    /// `GET`, the method of the opening handshake (RFC 6455 §4.1).
    Get,
    /// `HEAD`, whose answer has no body (RFC 9110 §9.3.2).
    Head,
    /// Any other method, or one that has not come whole.
    Other,
}

impl Method {
    /// Returns the method with this name, in the same case of the letters (RFC 9110 §9.1).
    ///
    /// ```
    /// use upframe::http::Method;
    /// assert_eq!([b"GET", b"Get"].map(|name| Method::of(name)), [Method::Get, Method::Other]);
    /// ```
    pub const fn of(name: &[u8]) -> Self {
        match name {
            b"GET" => Self::Get,
            b"HEAD" => Self::Head,
            _ => Self::Other,
        }
    }
}
