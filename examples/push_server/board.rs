//! The news, and who waits for them.

use serde_json::json;
use std::collections::VecDeque;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use upframe::connection::Settings;
use upframe::frame::Header;
use upframe::message::Prepared;

/// The number of news items kept for clients that ask late.
const KEPT: usize = 64;

/// The longest text of a news item, in characters.
const MAX_TEXT: usize = 300;

/// Something that has happened.
pub struct News {
    pub id: u64,
    /// `{"id":7,"at":1764000000000,"text":"…"}`, with `at` in milliseconds of Unix time.
    pub json: String,
    /// The message that every WebSocket receives, framed once.
    pub message: Prepared<Vec<u8>>,
}

pub struct Board {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Oldest first.
    news: VecDeque<Arc<News>>,
    /// Who is told that there is something new. A listener that has not looked yet is not told again.
    listeners: Vec<SyncSender<super::live::Outgoing>>,
    closed: bool,
}

impl Board {
    pub const fn new() -> Self {
        let state = State { news: VecDeque::new(), listeners: Vec::new(), closed: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everyone and waits for nobody: a slow listener looks later.
    pub fn publish(&self, text: &str) {
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_TEXT).collect();
        if text.trim().is_empty() {
            return;
        }
        let mut state = self.state();
        let id = state.latest() + 1;
        let json = json!({ "id": id, "at": now(), "text": text.trim() }).to_string();
        let message = format!("{{\"news\":{json}}}");
        let memory = vec![0; message.len() + Header::MAX_LEN];
        // The buffer is long enough, and a text is always a whole message.
        let Ok(message) = Prepared::new(message.as_str(), Settings::new(), memory) else { return };
        if state.news.len() == KEPT {
            state.news.pop_front();
        }
        state.news.push_back(Arc::new(News { id, json, message }));
        self.wake(state);
    }

    /// Wakes everyone who waits.
    fn wake(&self, mut state: MutexGuard<'_, State>) {
        let is_there = |error| !matches!(error, Err(TrySendError::Disconnected(_)));
        state.listeners.retain(|listener| is_there(listener.try_send(super::live::Outgoing::News)));
        drop(state);
        self.changed.notify_all();
    }

    /// From now on, sends [`Outgoing::News`](super::live::Outgoing::News) when there is something new and the queue has
    /// room.
    pub fn listen(&self, listener: SyncSender<super::live::Outgoing>) {
        self.state().listeners.push(listener);
    }

    /// Returns the number of the newest item.
    pub fn latest(&self) -> u64 {
        self.state().latest()
    }

    /// Returns the items after a number, as far as they are kept.
    pub fn since(&self, id: u64) -> Vec<Arc<News>> {
        self.state().since(id)
    }

    /// Like `since`, but waits until there is an item or the time is over.
    pub fn wait_since(&self, id: u64, time: Duration) -> Vec<Arc<News>> {
        let end = Instant::now() + time;
        let mut state = self.state();
        loop {
            let (news, left) = (state.since(id), end.saturating_duration_since(Instant::now()));
            if !news.is_empty() || state.closed || left.is_zero() {
                return news;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Ends all waiting: the server shuts down.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        self.wake(state);
    }

    pub fn is_closed(&self) -> bool {
        self.state().closed
    }
}

impl State {
    fn latest(&self) -> u64 {
        self.news.back().map_or(0, |news| news.id)
    }

    fn since(&self, id: u64) -> Vec<Arc<News>> {
        // A larger number comes from before a restart of the server.
        let id = if id > self.latest() { 0 } else { id };
        self.news.iter().filter(|news| news.id > id).cloned().collect()
    }
}

/// Returns the Unix time in milliseconds.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as u64)
}
