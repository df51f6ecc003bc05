//! `axum_chat [ADDRESS]`: rooms at `/chat/{room}?name=…`. Each connection is read in one task and written in another
//! one.

use axum::extract::{Path, Query, State};
use axum::{Router, response::Response, routing::any};
use std::collections::HashMap;
use std::env;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::broadcast::{Sender, error::RecvError};
use upframe_http::{CloseCode, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};

/// A room stays when its last member leaves.
#[derive(Clone, Default)]
struct Rooms(Arc<Mutex<HashMap<String, Sender<Utf8Bytes>>>>);

impl Rooms {
    fn enter(&self, room: String) -> Sender<Utf8Bytes> {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.entry(room).or_insert_with(|| Sender::new(100)).clone()
    }
}

async fn upgrade(
    State(rooms): State<Rooms>,
    Path(room): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let name = query.get("name").cloned().unwrap_or_else(|| "somebody".into());
    upgrade.on_upgrade(move |socket| member(socket, rooms.enter(room), name))
}

async fn member(socket: WebSocket, room: Sender<Utf8Bytes>, name: String) {
    let (mut writer, mut reader) = socket.split();
    let mut news = room.subscribe();
    let writing = tokio::spawn(async move {
        loop {
            let done = match news.recv().await {
                Ok(text) => writer.send(Message::Text(text)).await,
                // a member that reads too slowly would miss something
                Err(RecvError::Lagged(_)) => return writer.close(CloseCode::POLICY_VIOLATION, "too slow").await,
                Err(RecvError::Closed) => return writer.close(CloseCode::GOING_AWAY, "").await,
            };
            done?;
        }
    });
    while let Some(Ok(message)) = reader.next().await {
        if let Some(text) = message.to_text() {
            let _ = room.send(format!("{name}: {text}").into());
        }
    }
    writing.abort();
}

#[tokio::main]
async fn main() -> Result<(), std::io::Error> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9003".into());
    let listener = TcpListener::bind(address).await?;
    println!("ws://{}/chat/lobby?name=me", listener.local_addr()?);
    let app = Router::new().route("/chat/{room}", any(upgrade)).with_state(Rooms::default());
    axum::serve(listener, app).await
}
