//! How many bytes a response takes on the wire.

use axum::http::header::{CONNECTION, CONTENT_LENGTH, DATE, HeaderMap};
use axum::http::{HeaderValue, StatusCode};

/// Returns the size of a response's head as hyper writes it. `body`: the length of the body, if it may have one.
pub fn of_head(status: StatusCode, fields: &HeaderMap, body: Option<usize>) -> usize {
    let line = |name: &str, len: usize| name.len() + ": ".len() + len + "\r\n".len();
    let reason = status.canonical_reason().unwrap_or_default();
    let first = "HTTP/1.1 200 ".len() + reason.len() + "\r\n".len();
    let fields: usize = fields.iter().map(|(name, value)| line(name.as_str(), value.len())).sum();
    let date = line(DATE.as_str(), "Thu, 01 Jan 1970 00:00:00 GMT".len());
    let length = body.map_or(0, |len| line(CONTENT_LENGTH.as_str(), len.to_string().len()));
    first + fields + date + length + "\r\n".len()
}

/// Adds the field that hyper adds if the client asks it to close the connection, so that it is counted.
pub fn add_close(request: &HeaderMap, response: &mut HeaderMap) {
    let mut options = request.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    if options.any(|value| value.split(',').any(|option| option.trim().eq_ignore_ascii_case("close"))) {
        response.insert(CONNECTION, HeaderValue::from_static("close"));
    }
}
