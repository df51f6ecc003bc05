//! How many bytes a response takes on the wire.

use axum::http::header::{CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderMap};
use axum::http::{HeaderValue, StatusCode, Version};

/// Returns the size of a response's head as hyper writes it. `body`: the length of the body, if it may have one.
///
/// In HTTP/2, it is an estimate.
pub fn of_head(version: Version, status: StatusCode, fields: &HeaderMap, body: Option<usize>) -> usize {
    if version == Version::HTTP_2 { compressed(fields, body) } else { plain(status, fields, body) }
}

/// The head of a frame of HTTP/2 (RFC 9113 §4.1).
const FRAME: usize = 9;

/// Returns about how much a head takes on a connection that has sent such heads before (RFC 7541): a byte for the
/// status and for each field that does not change, and else an index, a length, and digits or letters of six bits.
fn compressed(fields: &HeaderMap, body: Option<usize>) -> usize {
    let changed = |len: usize| 2 + (len * 6).div_ceil(8);
    let fields = fields.iter().map(|(name, value)| match *name {
        CONTENT_TYPE | CACHE_CONTROL | CONNECTION => 1,
        _ => changed(value.len()),
    });
    let date = changed("Thu, 01 Jan 1970 00:00:00 GMT".len());
    // the body has frames of its own, most often one
    let length = body.map_or(0, |len| changed(len.to_string().len()) + FRAME);
    FRAME + 1 + fields.sum::<usize>() + date + length
}

fn plain(status: StatusCode, fields: &HeaderMap, body: Option<usize>) -> usize {
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
