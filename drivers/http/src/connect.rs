//! The opening handshake in HTTP/2 and HTTP/3, over the types of the crate `http`.

use crate::error::BuildError;
use http::header::SEC_WEBSOCKET_PROTOCOL;
use http::{HeaderName, HeaderValue, Method, Request, Response, Version};
use upframe::handshake::{
    ClientRequest, ConnectAnswer, ConnectOutcome, ConnectRequest, ConnectRequestJudge, ConnectResponseJudge,
    Extensions, NoExtension, Origins, RequestError, ServerOptions, Tunnel,
};

/// Judges a request in HTTP/2 or HTTP/3 by the rules of the opening handshake (RFC 8441 §5, RFC 9220 §3). `protocol` is
/// the value of `:protocol`, which each HTTP stack keeps in a place of its own.
///
/// [`ConnectOutcome::Tunnel`]: answer with [`accept_connect`]. [`ConnectOutcome::Refusal`]: answer with
/// [`refuse_in`](crate::refuse_in).
///
/// ```
/// use http::{Method, Request, Version};
/// use upframe_http::{ConnectOutcome, ServerOptions, accept_connect, judge_connect};
/// let request = Request::builder()
///     .method(Method::CONNECT)
///     .uri("https://example.com/chat")
///     .version(Version::HTTP_2)
///     .header("Sec-WebSocket-Version", "13")
///     .header("Sec-WebSocket-Protocol", "chat, superchat")
///     .body(())?;
/// let options = ServerOptions::new().with_subprotocols(&["chat"]);
/// let ConnectOutcome::Tunnel(tunnel) = judge_connect(&request, Some("websocket"), options) else { panic!() };
/// let response = accept_connect::<String>(&tunnel);
/// assert_eq!((response.status().as_u16(), &response.headers()["Sec-WebSocket-Protocol"]), (200, &"chat".parse()?));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn judge_connect<'p, B, O: Origins>(
    request: &Request<B>,
    protocol: Option<&str>,
    options: ServerOptions<'p, O>,
) -> ConnectOutcome<'p> {
    judge_connect_with(request, protocol, &mut ConnectRequestJudge::new(options))
}

/// Does what [`judge_connect`] does with a judge that has extensions. Its
/// [`fields`](ConnectRequestJudge::fields) has the answer to them.
pub fn judge_connect_with<'p, B, X: Extensions, O: Origins>(
    request: &Request<B>,
    protocol: Option<&str>,
    judge: &mut ConnectRequestJudge<'p, X, O>,
) -> ConnectOutcome<'p> {
    let uri = request.uri();
    let path = uri.path_and_query().map(http::uri::PathAndQuery::as_str);
    // a CONNECT without a protocol has a path in the crate `http` only
    let path = if protocol.is_none() && request.method() == Method::CONNECT { None } else { path };
    for (name, value) in [
        (":method", Some(request.method().as_str())),
        (":protocol", protocol),
        (":scheme", uri.scheme_str()),
        (":path", path),
        (":authority", uri.authority().map(http::uri::Authority::as_str)),
    ] {
        if let Some(value) = value {
            judge.field(name.as_bytes(), value.as_bytes());
        }
    }
    for (name, value) in request.headers() {
        judge.field(name.as_str().as_bytes(), value.as_bytes());
    }
    judge.finish()
}

/// Builds the response 200 to a request that may have its stream (RFC 8441 §5).
///
/// Further fields, such as cookies, can be added to it. The body is empty: it is made of `""`.
#[must_use]
pub fn accept_connect<B: From<&'static str>>(tunnel: &Tunnel<'_>) -> Response<B> {
    let mut response = Response::new(B::from(""));
    if let Some(Ok(subprotocol)) = tunnel.subprotocol().map(HeaderValue::from_str) {
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, subprotocol);
    }
    response
}

/// Builds the request of a client in HTTP/2 or HTTP/3, and returns it with the judge of its response:
/// [`judge_connect_response`] (RFC 8441 §5).
///
/// **It has no `:protocol` yet**: add `websocket` in the place where the HTTP stack looks for it, and ask only if the
/// server allows it (RFC 8441 §3).
///
/// ```
/// use upframe_http::{ClientRequest, Uri, connect_request};
/// let asked = ClientRequest::new(Uri::parse("wss://example.com:81/chat?room=1")?);
/// let (request, _judge) = connect_request::<String>(asked)?;
/// assert_eq!((request.method().as_str(), request.uri()), ("CONNECT", &"https://example.com:81/chat?room=1".parse()?));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`BuildError::Request`] if a subprotocol, the origin or a field is invalid; [`BuildError::Http`] if a part is too
/// long for the crate `http`.
pub fn connect_request<B: Default>(
    asked: ClientRequest<'_>,
) -> Result<(Request<B>, ConnectResponseJudge<'_>), BuildError> {
    connect_request_with(asked, NoExtension)
}

/// Does what [`connect_request`] does, and offers an extension. See
/// [`client_request_with`](crate::client_request_with).
///
/// # Errors
///
/// Those of [`connect_request`].
pub fn connect_request_with<B: Default, X: Extensions>(
    asked: ClientRequest<'_>,
    extension: X,
) -> Result<(Request<B>, ConnectResponseJudge<'_, X>), BuildError> {
    let asked = ConnectRequest::with_extension(asked, extension)?;
    let mut out = vec![0; 512];
    let fields = match asked.fields(&mut out) {
        Err(RequestError::BufferTooSmall { required }) => {
            out.resize(required, 0);
            asked.fields(&mut out)?
        }
        fields => fields?,
    };
    let mut request = Request::new(B::default());
    (*request.method_mut(), *request.version_mut()) = (Method::CONNECT, Version::HTTP_2);
    let mut uri = http::uri::Builder::new();
    for (name, value) in fields {
        match name {
            b":scheme" => uri = uri.scheme(value),
            b":authority" => uri = uri.authority(value),
            b":path" => uri = uri.path_and_query(value),
            [b':', ..] => {}
            _ => {
                let name = HeaderName::from_bytes(name).map_err(http::Error::from)?;
                let value = HeaderValue::from_bytes(value).map_err(http::Error::from)?;
                request.headers_mut().try_append(name, value).map_err(http::Error::from)?;
            }
        }
    }
    *request.uri_mut() = uri.build()?;
    Ok((request, asked.into_judge()))
}

/// Judges the response to a request of [`connect_request`] (RFC 8441 §5).
#[must_use]
pub fn judge_connect_response<'a, B>(mut judge: ConnectResponseJudge<'a>, response: &Response<B>) -> ConnectAnswer<'a> {
    judge_connect_response_with(&mut judge, response)
}

/// Does what [`judge_connect_response`] does with the judge of [`connect_request_with`], whose extension knows afterwards
/// what was agreed on.
pub fn judge_connect_response_with<'a, B, X: Extensions>(
    judge: &mut ConnectResponseJudge<'a, X>,
    response: &Response<B>,
) -> ConnectAnswer<'a> {
    judge.field(b":status", response.status().as_str().as_bytes());
    for (name, value) in response.headers() {
        judge.field(name.as_str().as_bytes(), value.as_bytes());
    }
    judge.finish()
}
