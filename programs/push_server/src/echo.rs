//! `/echo`: a WebSocket that sends back what it receives, of any length and piece by piece. It shows what a proxy lets
//! through.

use crate::server::Place;
use crate::site::Site;
use crate::wire::STALL;
use axum::Extension;
use axum::extract::State;
use axum::http::Version;
use axum::response::Response;
use std::sync::Arc;
use tokio::time::timeout;
use upframe_http::{CloseCode, Limits, WebSocket, WebSocketUpgrade};

/// A message may have any length: it is not collected.
const LIMITS: Limits = Limits::SERVER.with_message(u64::MAX).with_frame(u64::MAX).with_fragments(u32::MAX);

pub async fn upgrade(
    State(site): State<Arc<Site>>,
    Extension(place): Extension<Place>,
    version: Version,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade.config(site.config(LIMITS)).subprotocols(["chat"]).origins(site.origins).on_upgrade(
        move |socket| async move {
            let _counted = site.counters.of(version).websockets.count();
            serve(&site, socket).await;
            drop(place);
        },
    )
}

async fn serve(site: &Site, mut socket: WebSocket) {
    loop {
        let piece = tokio::select! {
            piece = socket.next_piece() => piece,
            () = site.ending() => {
                let _ = socket.close(CloseCode::GOING_AWAY, "the server shuts down").await;
                return;
            }
        };
        let Some(Ok(piece)) = piece else { return };
        // a client that does not read
        if !matches!(timeout(STALL, socket.feed_piece(piece)).await, Ok(Ok(()))) {
            return;
        }
    }
}
