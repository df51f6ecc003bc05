//! Responses: a server builds one, a client judges one.

use http::header::{CONNECTION, CONTENT_LENGTH, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, Version};
use upframe::handshake::{Answer, Extensions, Refusal, ResponseJudge, Upgrade};

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
    refuse_in(Version::HTTP_11, refusal, method)
}

/// Does what [`refuse`] does, in any version of HTTP: with a status and fields that HTTP/2 and HTTP/3 have, too, if
/// the request came in one of them.
///
/// There, a CONNECT that does not ask for a WebSocket, [`Refusal::UpgradeRequired`], is answered with 501: it asks for
/// another protocol or for a tunnel, and neither is implemented (RFC 9220 §3, RFC 9110 §9.3.6).
///
/// ```
/// use http::{Method, Version};
/// use upframe_http::{Refusal, refuse_in};
/// let response = refuse_in::<String>(Version::HTTP_2, Refusal::VersionUnsupported, &Method::CONNECT);
/// assert_eq!((response.status().as_u16(), &response.headers()["Sec-WebSocket-Version"]), (400, &"13".parse()?));
/// let response = refuse_in::<String>(Version::HTTP_3, Refusal::UpgradeRequired, &Method::CONNECT);
/// assert_eq!((response.status().as_u16(), response.body().as_str()), (501, "does not ask for a WebSocket\n"));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn refuse_in<B: From<&'static str>>(version: Version, refusal: Refusal, method: &Method) -> Response<B> {
    let stream = has_streams(version);
    let status = match (stream, refusal) {
        (true, Refusal::UpgradeRequired) if *method == Method::CONNECT => 501,
        (true, refusal) => refusal.connect_status(),
        (false, refusal) => refusal.status(),
    };
    let head = *method == Method::HEAD;
    let mut response = Response::new(B::from(if head { "" } else { refusal.body() }));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let fields = response.headers_mut();
    let of_streams = refusal.connect_fields().filter(|_| stream);
    for (name, value) in refusal.fields().filter(|_| !stream).chain(of_streams) {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            fields.append(name, HeaderValue::from_static(value));
        }
    }
    if head {
        fields.insert(CONTENT_LENGTH, HeaderValue::from(refusal.body().len()));
    }
    response
}

/// Returns whether a version of HTTP has streams: HTTP/2 and HTTP/3.
pub(crate) fn has_streams(version: Version) -> bool {
    version > Version::HTTP_11
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

/// Does what [`judge_response`] does with the judge of [`client_request_with`](crate::client_request_with), whose
/// extension knows afterwards what was agreed on.
pub fn judge_response_with<'a, B, X: Extensions>(
    judge: &mut ResponseJudge<'a, X>,
    response: &Response<B>,
) -> Answer<'a> {
    for (name, value) in response.headers() {
        judge.field(name.as_str().as_bytes(), value.as_bytes());
    }
    judge.finish(response.status().as_u16(), u8::from(response.version() == Version::HTTP_11))
}
