//! The site.

use crate::site::Site;
use crate::{echo, health, polls, publish, ws};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use std::sync::Arc;
use std::sync::atomic::Ordering;

const PAGE: &str = include_str!("page.html");

/// What the page may do: nothing with other servers.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; \
    connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/poll", get(polls::poll))
        .route("/long-poll", get(polls::long_poll))
        .route("/news", post(publish::publish))
        .route("/ws", any(ws::upgrade))
        .route("/echo", any(echo::upgrade))
        .fallback(nothing)
        .layer(from_fn_with_state(site.clone(), count))
        .layer(from_fn_with_state(site.clone(), health::gate))
        // health checks are not counted, and always answered
        .route("/healthz", get(health::check))
        .with_state(site)
}

async fn count(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    site.counters.of(request.version()).requests.fetch_add(1, Ordering::Relaxed);
    next.run(request).await
}

async fn page() -> impl IntoResponse {
    let fields =
        [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, POLICY), (CACHE_CONTROL, "no-cache")];
    (fields, PAGE)
}

async fn nothing() -> impl IntoResponse {
    (StatusCode::NOT_FOUND, "there is nothing here: the page is at /, and the WebSocket at /ws\n")
}
