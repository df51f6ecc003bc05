//! Responses: a server builds one, a client judges one.

use http::header::{CONNECTION, CONTENT_LENGTH, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, Version};
use upframe::handshake::{Answer, Extension, Refusal, ResponseJudge, Upgrade};

/// Builds the response 101 to a request that may have its connection (RFC 6455 §4.2.2).
///
/// Further fields, such as cookies, can be added to it. The body is empty: it is made of `""`.
///
/// See [`judge`](crate::judge) for an example.
#[must_use]
pub fn switch<B: From<&'static str>>(upgrade: &Upgrade<'_>) -> Response<B> {
    let mut response = Response::new(B::from(""));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let fields = response.headers_mut();
    fields.insert(UPGRADE, HeaderValue::from_static("websocket"));
    fields.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    // base64 and a token are valid values
    if let Ok(accept) = HeaderValue::from_str(upgrade.accept_value().as_str()) {
        fields.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    if let Some(Ok(subprotocol)) = upgrade.subprotocol().map(HeaderValue::from_str) {
        fields.insert(SEC_WEBSOCKET_PROTOCOL, subprotocol);
    }
    response
}

/// Builds the response 101, with what was agreed on.
#[cfg(feature = "hyper")]
pub(crate) fn switch_to<B: From<&'static str>>(agreed: &crate::request::Agreed<'_>) -> Response<B> {
    let mut response = switch(&agreed.upgrade);
    if let Some(extensions) = &agreed.extensions {
        response.headers_mut().insert(http::header::SEC_WEBSOCKET_EXTENSIONS, extensions.clone());
    }
    response
}

/// Builds the response to a request that is refused: the status and the fields that belong to the refusal, and a line
/// of text. The response to a `HEAD` has no body, and the length of that which a `GET` would get.
///
/// ```
/// use http::Method;
/// use upframe_http::{Refusal, refuse};
/// let response = refuse::<String>(Refusal::VersionUnsupported, &Method::GET);
/// assert_eq!((response.status().as_u16(), &response.headers()["Sec-WebSocket-Version"]), (426, &"13".parse()?));
/// assert_eq!(response.body(), "Sec-WebSocket-Version is not 13\n");
/// assert_eq!(refuse::<String>(Refusal::VersionUnsupported, &Method::HEAD).body(), "");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn refuse<B: From<&'static str>>(refusal: Refusal, method: &Method) -> Response<B> {
    let head = *method == Method::HEAD;
    let mut response = Response::new(B::from(if head { "" } else { refusal.body() }));
    *response.status_mut() = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let fields = response.headers_mut();
    for (name, value) in refusal.fields() {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            fields.append(name, HeaderValue::from_static(value));
        }
    }
    if head {
        fields.insert(CONTENT_LENGTH, HeaderValue::from(refusal.body().len()));
    }
    response
}

/// Judges the response to a request of [`client_request`](crate::client_request) (RFC 6455 §4.1).
///
/// ```
/// use http::Response;
/// use upframe_http::{Answer, ClientRequest, Uri, client_request, judge_response};
/// let (_request, judge) = client_request::<String>(ClientRequest::new(Uri::parse("ws://a/")?))?;
/// let response = Response::builder().status(503).body(())?;
/// assert!(matches!(judge_response(judge, &response), Answer::Refused { status: 503, .. }));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn judge_response<'a, B>(mut judge: ResponseJudge<'a>, response: &Response<B>) -> Answer<'a> {
    judge_response_with(&mut judge, response)
}

pub(crate) fn judge_response_with<'a, B, X: Extension>(
    judge: &mut ResponseJudge<'a, X>,
    response: &Response<B>,
) -> Answer<'a> {
    for (name, value) in response.headers() {
        judge.field(name.as_str().as_bytes(), value.as_bytes());
    }
    judge.finish(response.status().as_u16(), u8::from(response.version() == Version::HTTP_11))
}
