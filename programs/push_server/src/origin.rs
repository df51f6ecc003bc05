//! Which pages may send news (RFC 6454). The WebSocket has the same rule: `WebSocketUpgrade::origins`.

use axum::http::Uri;
use axum::http::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use upframe_http::OriginPolicy;

/// Whether a request comes from a page that may send it, or from no page. A browser lets every page send requests to
/// every server.
pub fn is_allowed(policy: OriginPolicy<'_>, uri: &Uri, fields: &HeaderMap) -> bool {
    let (Ok(origin), Ok(host)) = (sole(fields, ORIGIN), sole(fields, HOST)) else { return false };
    // the host of an absolute target counts (RFC 9112 §3.2.2)
    let host = uri.authority().map(axum::http::uri::Authority::as_str).or(host);
    policy.allows(origin, host)
}

/// Returns the value of a field. A field that appears twice, or is not text, is an error.
fn sole(fields: &HeaderMap, name: HeaderName) -> Result<Option<&str>, ()> {
    let mut values = fields.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ()),
        _ => Err(()),
    }
}
