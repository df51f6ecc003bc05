//! What all connections share.

use crate::arguments::Arguments;
use crate::board::Board;
use crate::counters::Counters;
use crate::health::Current;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use upframe_http::{Config, Deflate, DeflatePolicy, Direction, Limits, OriginPolicy, Policy};

/// How long a client may take for its half of the closing handshake.
const CLOSE_WITHIN: Duration = Duration::from_secs(3);

/// How many bytes may wait in a WebSocket for a client that does not read. On a stream of HTTP/2, hyper holds a few
/// times as many.
const WRITE_BUFFER: usize = 16 << 10;

/// How news are compressed. Each is like those before it: a window of 4 KiB has the last few dozens. Clients send little,
/// and keep nothing between two messages.
pub const DEFLATE: Deflate = Deflate::DEFAULT
    .with_policy(DeflatePolicy::new().with_outgoing(Direction::new(12, true)).with_incoming(Direction::new(15, false)));

pub struct Site {
    pub board: Arc<Board>,
    pub origins: OriginPolicy<'static>,
    pub stage: Current,
    ping: Duration,
    deflate: bool,
    pub counters: Counters,
    ending: watch::Sender<bool>,
}

impl Site {
    pub fn new(board: Arc<Board>, arguments: &Arguments) -> Self {
        let Arguments { origins, ping, deflate, .. } = *arguments;
        Self {
            board,
            origins,
            stage: Current::new(),
            ping,
            deflate,
            counters: Counters::default(),
            ending: watch::Sender::new(false),
        }
    }

    /// Returns how a WebSocket behaves whose client may send this much.
    pub fn config(&self, limits: Limits) -> Config {
        let policy = Policy { ping_after: Some(self.ping), close_within: CLOSE_WITHIN, ..Policy::DEFAULT };
        let config = Config::new().with_limits(limits).with_keepalive(policy).with_write_buffer(WRITE_BUFFER);
        if self.deflate { config.with_deflate(DEFLATE) } else { config }
    }

    /// Ends all waiting: the server shuts down.
    pub fn end(&self) {
        self.ending.send_replace(true);
    }

    /// Waits until the server shuts down.
    pub async fn ending(&self) {
        // the sender lives as long as the site
        let _ = self.ending.subscribe().wait_for(|ending| *ending).await;
    }
}
