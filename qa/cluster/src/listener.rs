//! A client that listens to the news, and comes back when it is cut off.

use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::sleep;
use upframe_tokio::{CloseCode, Error, Message, WebSocket, connect};

/// An ID and a text.
pub type News = (String, String);

/// What a client has heard, for the one that watches.
#[derive(Default)]
pub struct Heard {
    pub news: Mutex<Vec<News>>,
    /// How often a connection was opened.
    pub connections: AtomicUsize,
    /// How often one has ended.
    pub ends: AtomicUsize,
    /// How often a connection was closed with 1001.
    pub going_away: AtomicUsize,
    /// What should not have come.
    pub wrong: Mutex<Vec<String>>,
}

impl Heard {
    pub fn is_connected(&self) -> bool {
        self.connections.load(Ordering::Relaxed) > self.ends.load(Ordering::Relaxed)
    }

    pub fn count(&self) -> usize {
        self.news.lock().expect("no panic").len()
    }

    fn last(&self) -> String {
        let news = self.news.lock().expect("no panic");
        news.last().map_or_else(|| "0-0".into(), |(id, _)| id.clone())
    }
}

/// Listens until the task is dropped.
pub async fn listen(address: String, heard: Arc<Heard>) {
    let mut attempt = 0;
    loop {
        let before = heard.count();
        // Errors are what this is about.
        let _ = listen_once(&address, &heard).await;
        attempt = if heard.count() > before { 0 } else { attempt + 1 };
        // Doubles up to 1.6 s, and is random: the clients of a process that died do not come all at once.
        let limit = 50 << attempt.min(5);
        sleep(Duration::from_millis(limit / 2 + getrandom::u64().unwrap_or(0) % (limit / 2))).await;
    }
}

async fn listen_once(address: &str, heard: &Heard) -> Result<(), Error> {
    let (mut websocket, _) = connect(&format!("ws://{address}/ws?since={}", heard.last())).await?;
    heard.connections.fetch_add(1, Ordering::Relaxed);
    let end = hear(&mut websocket, heard).await;
    heard.ends.fetch_add(1, Ordering::Relaxed);
    end
}

async fn hear(websocket: &mut WebSocket<TcpStream>, heard: &Heard) -> Result<(), Error> {
    while let Some(message) = websocket.next().await {
        match message? {
            Message::Text(text) => take(&text, heard),
            Message::Close(Some(frame)) if frame.code == CloseCode::GOING_AWAY => {
                heard.going_away.fetch_add(1, Ordering::Relaxed);
            }
            _ => {}
        }
    }
    Ok(())
}

fn take(text: &str, heard: &Heard) {
    let wrong = |why: &str| heard.wrong.lock().expect("no panic").push(format!("{why}: {text}"));
    let Ok(value) = serde_json::from_str::<Value>(text) else { return wrong("no JSON") };
    match (value["id"].as_str(), value["text"].as_str()) {
        (Some(id), Some(text)) => heard.news.lock().expect("no panic").push((id.into(), text.into())),
        // A gap is wrong, too: everything is still kept.
        _ if value["hello"].is_null() => wrong("no news"),
        _ => {}
    }
}
