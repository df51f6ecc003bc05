//! `POST /news`: the body becomes news.

use crate::board::{Unfit, Unpublished};
use crate::origin::is_allowed;
use crate::site::Site;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::CONNECTION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// The longest body of a request, in bytes.
const MAX_BODY: usize = 4096;

/// How long a body may take, however slowly it comes.
const BODY_WITHIN: Duration = Duration::from_secs(10);

pub async fn publish(State(site): State<Arc<Site>>, request: Request) -> Response {
    if !is_allowed(site.origins, request.uri(), request.headers()) {
        return refusal(StatusCode::FORBIDDEN, "this page may not send news");
    }
    let Ok(key) = key(request.headers()) else {
        return refusal(StatusCode::BAD_REQUEST, "Idempotency-Key: expected 1 to 64 letters, digits, - and _, once");
    };
    let body = match read(request.into_body()).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    let Ok(text) = std::str::from_utf8(&body) else {
        return refusal(StatusCode::BAD_REQUEST, "the text is not UTF-8");
    };
    match site.board.publish_once(text, key.as_deref()).await {
        Ok(id) => ([("X-Id", id.to_string())], StatusCode::NO_CONTENT).into_response(),
        Err(error) => {
            let status = match error {
                Unpublished::Waits => StatusCode::ACCEPTED,
                Unpublished::Unfit(Unfit::Empty) => StatusCode::BAD_REQUEST,
                Unpublished::Unfit(Unfit::TooLong) => StatusCode::PAYLOAD_TOO_LARGE,
                Unpublished::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            };
            (status, format!("{error}\n")).into_response()
        }
    }
}

/// Returns the field `Idempotency-Key`: the same news with the same key are published once, so that a client may send
/// them again if it does not know whether they arrived.
fn key(fields: &HeaderMap) -> Result<Option<String>, ()> {
    let mut values = fields.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    let is_good = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    match value.to_str() {
        Ok(key) if (1..=64).contains(&key.len()) && key.bytes().all(|b| is_good(&b)) && values.next().is_none() => {
            Ok(Some(key.into()))
        }
        _ => Err(()),
    }
}

/// Reads a body, within bounds of length and of time. The error is the response.
async fn read(body: Body) -> Result<Bytes, Response> {
    // before the client is told to continue (RFC 9110 §10.1.1)
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Err(refusal(StatusCode::PAYLOAD_TOO_LARGE, "the text is too long"));
    }
    match timeout(BODY_WITHIN, Limited::new(body, MAX_BODY).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(refusal(StatusCode::PAYLOAD_TOO_LARGE, "the text is too long"))
        }
        Ok(Err(_)) => Err(refusal(StatusCode::BAD_REQUEST, "the body is malformed")),
        Err(_) => Err(refusal(StatusCode::REQUEST_TIMEOUT, "the text comes too slowly")),
    }
}

/// Refuses a request whose body may be unread: the connection ends with the response.
fn refusal(status: StatusCode, why: &str) -> Response {
    (status, [(CONNECTION, "close")], format!("{why}\n")).into_response()
}
