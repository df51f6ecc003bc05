//! `GET /healthz`: whether a proxy should send clients to this process, and how many it has.

use crate::site::Site;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// Where a process is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It does not have the news yet, and answers all requests with 503.
    Starting = 0,
    Open = 1,
    /// It still serves, but will end.
    Leaving = 2,
}

/// The current stage.
pub struct Current(AtomicU8);

impl Current {
    pub const fn new() -> Self {
        Self(AtomicU8::new(Stage::Starting as u8))
    }

    pub fn set(&self, stage: Stage) {
        self.0.store(stage as u8, Ordering::Relaxed);
    }

    pub fn get(&self) -> Stage {
        match self.0.load(Ordering::Relaxed) {
            0 => Stage::Starting,
            1 => Stage::Open,
            _ => Stage::Leaving,
        }
    }
}

/// Answers the health check.
pub async fn check(State(site): State<Arc<Site>>) -> Response {
    let (status, text) = match site.stage.get() {
        Stage::Starting => return starting(),
        Stage::Open => (StatusCode::OK, "open\n"),
        Stage::Leaving => (StatusCode::SERVICE_UNAVAILABLE, "leaving: this process is about to end\n"),
    };
    (status, [(CACHE_CONTROL, "no-store")], format!("{text}{}", site.counters)).into_response()
}

/// Lets no request through before the news are there: a client would be told that it has missed some.
pub async fn gate(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    if site.stage.get() == Stage::Starting { starting() } else { next.run(request).await }
}

fn starting() -> Response {
    let fields = [(CACHE_CONTROL, "no-store"), (RETRY_AFTER, "1")];
    (StatusCode::SERVICE_UNAVAILABLE, fields, "starting: this process does not have the news yet\n").into_response()
}
