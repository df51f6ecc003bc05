//! Where news get their IDs and are kept: in this process, or in a stream of Redis.

use crate::arguments::Arguments;
use crate::board::Board;
use crate::report;
use crate::site::DEFLATE;
use crate::site::Site;
use std::sync::Arc;
use std::time::Duration;
use upframe_http::Broadcast;

#[cfg(feature = "redis")]
use crate::shared::{self, Counts, Queue};
#[cfg(feature = "redis")]
use std::mem::replace;

#[cfg(feature = "redis")]
pub use crate::shared::Config;

/// How long news that wait for Redis may take when the server shuts down.
#[cfg(feature = "redis")]
const FAREWELL: Duration = Duration::from_secs(3);

/// How many news may be on the way from the board to the queue.
#[cfg(feature = "redis")]
const ON_THE_WAY: usize = 64;

/// Without the feature `redis`, there is no such value.
#[cfg(not(feature = "redis"))]
pub enum Config {}

#[cfg(not(feature = "redis"))]
impl Config {
    pub fn new(_url: &str, _stream: &str) -> Result<Self, String> {
        Err("--redis: this program was built without it; build it with --features redis".into())
    }
}

/// The store before it is open.
pub struct Store {
    board: Arc<Board>,
    #[cfg(feature = "redis")]
    redis: Option<(Config, tokio::sync::mpsc::Receiver<crate::board::Order>)>,
}

impl Store {
    pub fn new(arguments: &Arguments) -> Self {
        let broadcast = Broadcast::new(arguments.deflate.then_some(DEFLATE));
        match &arguments.redis {
            None => Self {
                board: Arc::new(Board::new(arguments.keep, broadcast)),
                #[cfg(feature = "redis")]
                redis: None,
            },
            #[cfg(feature = "redis")]
            Some(config) => {
                let (outbox, orders) = tokio::sync::mpsc::channel(ON_THE_WAY);
                let board = Arc::new(Board::shared(arguments.keep, broadcast, outbox));
                Self { board, redis: Some((config.clone(), orders)) }
            }
            #[cfg(not(feature = "redis"))]
            Some(config) => match *config {},
        }
    }

    pub fn board(&self) -> Arc<Board> {
        self.board.clone()
    }

    /// Returns whether the board has the news already: it does if no other process has any.
    #[cfg_attr(not(feature = "redis"), expect(clippy::unused_self, reason = "without Redis it always does"))]
    pub const fn has_the_news(&self) -> bool {
        #[cfg(feature = "redis")]
        return self.redis.is_none();
        #[cfg(not(feature = "redis"))]
        true
    }

    /// Returns as soon as the board has the news. From then on, there are reports at these times.
    ///
    /// # Errors
    ///
    /// Returns why Redis refuses. It waits for a Redis that cannot be reached.
    pub async fn open(self, site: &Arc<Site>, every: Option<Duration>) -> Result<Opened, String> {
        #[cfg(feature = "redis")]
        if let Some((config, orders)) = self.redis {
            let (of_this_process, mut before) = (site.clone(), 0);
            let counts = move || {
                let counters = &of_this_process.counters;
                let all = counters.requests();
                Counts { requests: all - replace(&mut before, all), sockets: counters.websockets() }
            };
            let queue = shared::start(&config, self.board, orders, every, counts).await?;
            return Ok(Opened { queue: Some(queue) });
        }
        if let Some(every) = every {
            tokio::spawn(report::publish(site.clone(), every));
        }
        Ok(Opened {
            #[cfg(feature = "redis")]
            queue: None,
        })
    }
}

/// The open store.
pub struct Opened {
    #[cfg(feature = "redis")]
    queue: Option<Queue>,
}

impl Opened {
    /// Waits for news that are not in Redis yet. Those that cannot be shared are counted in the log.
    #[cfg_attr(not(feature = "redis"), expect(clippy::unused_async, reason = "without Redis nothing waits"))]
    pub async fn close(self) {
        #[cfg(feature = "redis")]
        if let Some(queue) = self.queue
            && tokio::time::timeout(FAREWELL, queue.finish()).await.is_err()
        {
            eprintln!(
                "push_server: {} news were accepted, but Redis did not take them: they are lost",
                queue.waiting()
            );
        }
    }
}
