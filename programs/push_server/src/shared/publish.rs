//! Adds news to the stream, in order, each once.
//!
//! News wait in a bounded queue until Redis has confirmed them. They are sent in batches, one at a time, and a batch is
//! sent again until Redis confirms it. **A batch takes effect once, however often it is sent**: the script keeps the
//! number of the newest batch of each publisher beside the stream, and changes both at once.

use super::config::Config;
use super::link::Link;
use super::outage::{Outage, Side};
use super::report::Reporter;
use crate::board::{Order, Unpublished};
use crate::id::Id;
use redis::aio::MultiplexedConnection;
use redis::{ErrorKind, RedisError, Script};
use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::MissedTickBehavior;

/// The number of news that may wait for Redis.
pub const QUEUE: usize = 1000;

/// The number of news in one batch.
const BATCH: usize = 100;

/// How long Redis may take for a batch. It is sent again after that.
const ANSWER: Duration = Duration::from_secs(5);

/// If Redis is away for longer than this, those who post are told that their news wait.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long Redis remembers a publisher after its last batch.
const REMEMBER: Duration = Duration::from_secs(24 * 60 * 60);

/// How long Redis remembers the key of a request, so that the request may be sent again.
const REMEMBER_KEY: Duration = Duration::from_secs(10 * 60);

/// KEYS: the stream, this publisher, and one for each item that has a key of its own.
/// ARGV: the number of the batch, the least length of the stream, two times in seconds, the newest ID that this process
/// knows, in two parts; then for each item its text and the index of its key, or 0.
///
/// Returns the IDs, with spaces between. IDs never go back, even if Redis lost its newest entries and its clock is
/// late.
const SCRIPT: &str = r"
local batch = tonumber(ARGV[1])
local done = redis.call('HMGET', KEYS[2], 'batch', 'ids')
if done[1] and tonumber(done[1]) >= batch then return done[2] end
local ms, seq = tonumber(ARGV[5]), tonumber(ARGV[6])
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local newest_ms, newest_seq = 0, 0
if newest then
  newest_ms, newest_seq = string.match(newest[1], '^(%d+)-(%d+)$')
  newest_ms, newest_seq = tonumber(newest_ms), tonumber(newest_seq)
end
local now = redis.call('TIME')
now = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
local id = '*'
if now <= ms and (newest_ms < ms or (newest_ms == ms and newest_seq < seq)) then
  id = string.format('%.0f-%.0f', ms, seq + 1)
end
local ids = {}
for i = 7, #ARGV, 2 do
  local key, known = KEYS[tonumber(ARGV[i + 1])], false
  if ARGV[i + 1] ~= '0' then known = redis.call('GET', key) end
  if not known then
    known = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], id, 'text', ARGV[i])
    id = '*'
    if ARGV[i + 1] ~= '0' then redis.call('SET', key, known, 'EX', ARGV[4]) end
  end
  ids[#ids + 1] = known
end
ids = table.concat(ids, ' ')
redis.call('HSET', KEYS[2], 'batch', ARGV[1], 'ids', ids)
redis.call('EXPIRE', KEYS[2], ARGV[3])
return ids
";

/// A piece of news that waits.
struct Item {
    text: String,
    key: Option<String>,
    /// Gets the ID, unless it was told already that the news wait.
    done: Option<oneshot::Sender<Result<Id, Unpublished>>>,
    _place: OwnedSemaphorePermit,
}

/// The queue of news that wait, for the one that watches.
#[derive(Clone)]
pub struct Queue {
    places: Arc<Semaphore>,
}

impl Queue {
    /// Starts the tasks that take orders and send news, until the other end of `orders` is dropped. `newest` returns
    /// the newest ID that this process knows; `kept` is the least length of the stream.
    pub fn start(
        config: &Config,
        outage: Arc<Outage>,
        orders: mpsc::Receiver<Order>,
        kept: usize,
        newest: impl Fn() -> Id + Send + 'static,
        reporter: Option<Reporter>,
    ) -> Self {
        let (queue, items) = mpsc::unbounded_channel();
        let places = Arc::new(Semaphore::new(QUEUE));
        let link = Link::new(config.clone(), outage.clone(), Side::Publisher, ANSWER);
        let batches = Batches::new(config, kept);
        tokio::spawn(take_orders(orders, queue, places.clone()));
        tokio::spawn(Sending { link, outage, batches, newest, items, places: places.clone(), reporter }.run());
        Self { places }
    }

    /// Returns the number of news that wait.
    pub fn waiting(&self) -> usize {
        QUEUE - self.places.available_permits()
    }

    /// Waits until Redis has all news that were published before.
    pub async fn finish(&self) {
        // It fails only if the semaphore is closed, which nobody does.
        let _ = self.places.acquire_many(QUEUE as u32).await;
    }
}

/// Puts orders into the queue, or refuses them.
async fn take_orders(mut orders: mpsc::Receiver<Order>, queue: mpsc::UnboundedSender<Item>, places: Arc<Semaphore>) {
    while let Some(Order { text, key, done }) = orders.recv().await {
        let Ok(_place) = places.clone().try_acquire_owned() else {
            let why = format!("{QUEUE} news wait for Redis already; try again later");
            let _ = done.send(Err(Unpublished::Unavailable(why)));
            continue;
        };
        if queue.send(Item { text, key, done: Some(done), _place }).is_err() {
            return;
        }
    }
}

/// The task that sends.
struct Sending<F> {
    link: Link,
    outage: Arc<Outage>,
    batches: Batches,
    newest: F,
    items: mpsc::UnboundedReceiver<Item>,
    places: Arc<Semaphore>,
    reporter: Option<Reporter>,
}

impl<F: Fn() -> Id> Sending<F> {
    async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        // What came while Redis was away.
        let mut later = VecDeque::new();
        let every = self.reporter.as_ref().map_or(Duration::from_secs(3600), Reporter::every);
        let mut report = tokio::time::interval(every);
        report.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if !later.is_empty() {
                let n = later.len().min(BATCH);
                batch.extend(later.drain(..n));
                self.send(&mut batch, &mut later).await;
                continue;
            }
            tokio::select! {
                n = self.items.recv_many(&mut batch, BATCH) => {
                    if n == 0 {
                        return;
                    }
                    self.send(&mut batch, &mut later).await;
                }
                _ = report.tick() => if let Some(text) = self.report().await
                    && let Ok(_place) = self.places.clone().try_acquire_owned()
                {
                    batch.push(Item { text, key: None, done: None, _place });
                    self.send(&mut batch, &mut later).await;
                },
            }
        }
    }

    /// Sends a batch until Redis confirms it. News that come while it waits are put into `later`.
    async fn send(&mut self, batch: &mut Vec<Item>, later: &mut VecDeque<Item>) {
        self.batches.number += 1;
        let ids = loop {
            match self.attempt(batch).await {
                Ok(ids) => break ids,
                Err(error) => self.wait(&error, batch, later).await,
            }
        };
        self.link.succeeded(QUEUE - self.places.available_permits());
        for (item, id) in batch.drain(..).zip(ids) {
            if let Some(done) = item.done {
                // Nobody may wait for it any more.
                let _ = done.send(Ok(id));
            }
        }
    }

    /// Waits before the next attempt, and takes what comes meanwhile.
    async fn wait(&mut self, error: &RedisError, batch: &mut [Item], later: &mut VecDeque<Item>) {
        let outage = self.outage.clone();
        let is_long = || outage.time().is_some_and(|time| time >= PATIENCE);
        let mut wait = pin!(self.link.failed(error));
        loop {
            tokio::select! {
                () = &mut wait => break,
                Some(mut item) = self.items.recv() => {
                    if is_long() {
                        item.tell_that_it_waits();
                    }
                    later.push_back(item);
                }
            }
        }
        if is_long() {
            batch.iter_mut().chain(later).for_each(Item::tell_that_it_waits);
        }
    }

    async fn attempt(&mut self, batch: &[Item]) -> Result<Vec<Id>, RedisError> {
        let newest = (self.newest)();
        let (connection, _) = self.link.connection().await?;
        self.batches.send(connection, batch.iter().map(|item| (&*item.text, item.key.as_deref())), newest).await
    }

    /// Returns the report if it is to be published. One that cannot be made now is left out.
    async fn report(&mut self) -> Option<String> {
        let reporter = self.reporter.as_mut()?;
        let report = match self.link.connection().await {
            Ok((connection, _)) => reporter.report(connection).await,
            Err(error) => Err(error),
        };
        match report {
            Ok(text) => {
                self.link.succeeded(0);
                text
            }
            Err(error) => {
                self.link.failed(&error).await;
                None
            }
        }
    }
}

impl Item {
    fn tell_that_it_waits(&mut self) {
        if let Some(done) = self.done.take() {
            let _ = done.send(Err(Unpublished::Waits));
        }
    }
}

/// What is the same for all batches of a process.
pub struct Batches {
    script: Script,
    config: Config,
    publisher: String,
    kept: usize,
    /// The number of the newest batch.
    pub number: u64,
}

impl Batches {
    pub fn new(config: &Config, kept: usize) -> Self {
        let publisher = config.key(&format!("publisher:{}", super::name()));
        Self { script: Script::new(SCRIPT), config: config.clone(), publisher, kept, number: 0 }
    }

    /// Sends texts with their keys, once. Returns their IDs.
    ///
    /// # Errors
    ///
    /// After an error, nobody knows whether they are in the stream. Call it again with the same texts and number.
    pub async fn send<'a>(
        &self,
        connection: &mut MultiplexedConnection,
        items: impl Iterator<Item = (&'a str, Option<&'a str>)>,
        newest: Id,
    ) -> Result<Vec<Id>, RedisError> {
        let mut call = self.script.prepare_invoke();
        call.key(&self.config.stream).key(&self.publisher);
        call.arg(self.number).arg(self.kept).arg(REMEMBER.as_secs()).arg(REMEMBER_KEY.as_secs());
        call.arg(newest.milliseconds).arg(newest.sequence);
        let (mut keys, mut sent) = (2, 0);
        for (text, key) in items {
            call.arg(text);
            match key {
                Some(key) => {
                    keys += 1;
                    call.key(self.config.key(&format!("once:{key}"))).arg(keys);
                }
                None => _ = call.arg(0),
            }
            sent += 1;
        }
        let ids: String = call.invoke_async(connection).await?;
        let ids: Option<Vec<Id>> = ids.split(' ').map(|id| id.parse().ok()).collect();
        match ids {
            Some(ids) if ids.len() == sent => Ok(ids),
            _ => Err((ErrorKind::UnexpectedReturnType, "the script returned something else than IDs").into()),
        }
    }
}
