//! `GET /poll` and `GET /long-poll`: the news after an ID.
//!
//! `{"latest":"1764000000000-1","news":[{"id":"1764000000000-1","text":"…"}]}`; `latest` is the ID to ask with next.
//! `"gap":{"lost":3}` tells that news before these are no longer kept. The field `X-Bytes` has the number of bytes that
//! request and response take.

use crate::board::{Subscription, Update};
use crate::id::Id;
use crate::server::RequestSize;
use crate::site::Site;
use crate::size;
use axum::Extension;
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long a long poll is held if there is no news: less than proxies wait.
const LONG_POLL: Duration = Duration::from_secs(25);

/// How many batches of news are in one response. The client asks for the rest.
const BATCHES: usize = 16;

/// The part of a request that a poll looks at.
type Asked = (Method, Version, HeaderMap, Query<HashMap<String, String>>, Extension<RequestSize>);

pub async fn poll(State(site): State<Arc<Site>>, asked: Asked) -> Response {
    answer(&site, asked, false).await
}

pub async fn long_poll(State(site): State<Arc<Site>>, asked: Asked) -> Response {
    answer(&site, asked, true).await
}

/// Returns the parameter `since`. The error is the text of the response.
pub fn since(Query(query): &Query<HashMap<String, String>>) -> Result<Option<Id>, (StatusCode, String)> {
    let since = query.get("since").map(|since| since.parse()).transpose();
    since.map_err(|error| (StatusCode::BAD_REQUEST, format!("since: {error}\n")))
}

async fn answer(site: &Arc<Site>, (method, version, fields, query, Extension(asked)): Asked, wait: bool) -> Response {
    let mut subscription = match since(&query) {
        Ok(since) => site.board.subscribe(since),
        Err(response) => return response.into_response(),
    };
    let mut updates = Vec::new();
    // who asks for the fields only does not wait for news
    if wait && method != Method::HEAD {
        tokio::select! {
            update = timeout(LONG_POLL, subscription.next()) => updates.extend(update),
            () = site.ending() => {}
        }
    }
    while updates.len() < BATCHES
        && let Some(update) = subscription.poll()
    {
        updates.push(update);
    }
    let body = body(&subscription, &updates);
    let mut response = HeaderMap::new();
    response.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    size::add_close(&fields, &mut response);
    // the number counts its own digits
    let mut bytes = 0;
    for _ in 0..3 {
        response.insert("x-bytes", HeaderValue::from(bytes));
        let head = size::of_head(version, StatusCode::OK, &response, Some(body.len()));
        let body = if method == Method::HEAD { 0 } else { body.len() };
        bytes = asked.0 + (head + body) as u64;
    }
    (response, body).into_response()
}

fn body(subscription: &Subscription, updates: &[Update]) -> String {
    let mut body = json!({ "latest": subscription.after().to_string() }).to_string();
    body.pop();
    let mut news = String::new();
    for update in updates {
        match update {
            Update::News(items) => items.iter().for_each(|item| {
                news += if news.is_empty() { "" } else { "," };
                news += item.json();
            }),
            Update::Gap(gap) => body += &format!(",\"gap\":{}", gap.to_json()),
        }
    }
    body + ",\"news\":[" + &news + "]}"
}
