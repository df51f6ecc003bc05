//! `/ws`: the news over a WebSocket.
//!
//! The server sends
//! * `{"hello":{"since":"1764000000000-0","bytes":587,"http":"HTTP/1.1"}}` first: the news after this ID follow.
//!   `bytes` is what the opening handshake took, and `http` the version in which it was.
//! * `{"id":"1764000000000-1","text":"…"}`: a news item.
//! * `{"gap":{"lost":3,"after":"1764000000000-4"}}`: news that are no longer kept; `null` if it does not know how many.
//! * `{"pong":7,"now":1764000000000}`: the answer to `{"ping":7}`, with its clock; on a connection that compresses also
//!   `"sent":4711`, the bytes before it, from the first message on. The hello and the pongs are never compressed.
//! * `{"error":"the text is empty"}`: the client's message did not become news.
//!
//! Each text message of the client becomes news, but for a `ping`.

use crate::board::{Subscription, Update, now};
use crate::counting::{self, Counting};
use crate::news::MAX_TEXT;
use crate::polls::since;
use crate::server::{Place, RequestSize};
use crate::site::Site;
use crate::size;
use crate::wire::STALL;
use axum::Extension;
use axum::extract::{Query, State};
use axum::http::Version;
use axum::response::{IntoResponse, Response};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::oneshot;
use tokio::time::timeout;
use upframe_http::upframe_tokio::WebSocket;
use upframe_http::{CloseCode, Limits, Message, Piece, WebSocketUpgrade};

/// RFC 6455 §7.4.1: the peer understands text only.
const UNSUPPORTED: CloseCode = CloseCode(1003);

type Socket = WebSocket<Counting<TokioIo<Upgraded>>>;

pub async fn upgrade(
    State(site): State<Arc<Site>>,
    Extension(place): Extension<Place>,
    Extension(asked): Extension<RequestSize>,
    version: Version,
    query: Query<HashMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    // before the connection is open, so that it misses nothing
    let subscription = match since(&query) {
        Ok(since) => site.board.subscribe(since),
        Err(response) => return response.into_response(),
    };
    let (tell, told) = oneshot::channel();
    let config = site.config(Limits::SERVER.with_message(MAX_TEXT as u64));
    let response =
        upgrade.config(config).subprotocols(["chat"]).origins(site.origins).on_upgrade(move |socket| async move {
            let _counted = site.counters.of(version).websockets.count();
            let (socket, sent) = counting::count(socket, config);
            let hello = json!({ "hello": {
                "since": subscription.since().to_string(),
                "bytes": told.await.unwrap_or_default(),
                "http": format!("{version:?}").trim_end_matches(".0"),
            } });
            serve(&site, socket, subscription, hello.to_string(), &sent).await;
            drop(place);
        });
    let _ = tell.send(asked.0 + size::of_head(version, response.status(), response.headers(), None) as u64);
    response
}

/// Serves a connection to its end.
async fn serve(site: &Site, mut socket: Socket, mut subscription: Subscription, hello: String, sent: &AtomicU64) {
    let sent = || sent.load(Ordering::Relaxed);
    let compresses = socket.deflate_params().is_some();
    if socket.feed_piece(Piece::text(hello).plain()).await.is_err() {
        return;
    }
    loop {
        let open = tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => match answer(site, &text, compresses.then(sent)).await {
                    Some(answer) => socket.feed_piece(Piece::text(answer).plain()).await.is_ok(),
                    None => true,
                },
                Some(Ok(Message::Binary(_))) => socket.close(UNSUPPORTED, "only text is accepted").await.is_ok(),
                // Pings are answered already, and so is a Close
                Some(Ok(_)) => true,
                Some(Err(_)) | None => return,
            },
            // a client that does not read
            update = subscription.next() => match timeout(STALL, tell(&mut socket, update)).await {
                Ok(open) => open,
                Err(_) => return,
            },
            () = site.ending() => socket.close(CloseCode::GOING_AWAY, "the server shuts down").await.is_ok(),
        };
        if !open {
            break;
        }
    }
    // the closing handshake, if it has begun
    while let Some(Ok(_)) = socket.next().await {}
}

/// Publishes the text of a client, or answers its `ping`. Returns the answer.
async fn answer(site: &Site, text: &str, sent: Option<u64>) -> Option<String> {
    let number = text.strip_prefix("{\"ping\":").and_then(|text| text.strip_suffix('}'));
    if let Some(ping) = number.and_then(|number| number.parse::<u32>().ok()) {
        let mut pong = json!({ "pong": ping, "now": now() });
        if let Some(sent) = sent {
            pong["sent"] = sent.into();
        }
        return Some(pong.to_string());
    }
    let error = site.board.publish(text).await.err()?;
    Some(json!({ "error": error.to_string() }).to_string())
}

/// Queues news, which are written while the connection is read. Returns whether the connection is open.
async fn tell(socket: &mut Socket, update: Update) -> bool {
    match update {
        Update::News(news) => {
            for item in news {
                if socket.feed_prepared(&item.message).await.is_err() {
                    return false;
                }
            }
            true
        }
        // plain, so that the news are all that is in the client's window
        Update::Gap(gap) => {
            let gap = format!("{{\"gap\":{}}}", gap.to_json());
            socket.feed_piece(Piece::text(gap).plain()).await.is_ok()
        }
    }
}
