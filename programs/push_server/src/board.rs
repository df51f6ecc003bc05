//! The news, and who waits for them.
//!
//! News come in by [`publish`](Board::publish) and go out by [`subscribe`](Board::subscribe). A subscription yields all
//! news after an ID in order, and tells of a [`Gap`] if some of them are no longer kept: nothing is lost without a
//! word, however far a reader lags behind, and no reader holds up a writer.
//!
//! A board numbers its news itself ([`Board::new`]), or passes them on to a store that several processes share
//! ([`Board::shared`]). From such a store they come back by [`append`](Board::append), with an ID.

#![cfg_attr(not(feature = "redis"), allow(dead_code, reason = "some of it is for a shared store alone"))]

use crate::id::Id;
use crate::log::Log;
use crate::news::{News, fit};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, oneshot, watch};
use upframe_http::Broadcast;

pub use crate::log::Gap;
pub use crate::news::Unfit;

/// How many news a subscription takes from the board at once.
const BATCH: usize = 64;

pub struct Board {
    log: Mutex<Log>,
    /// Tells subscriptions that the log has changed.
    changed: watch::Sender<()>,
    /// Where published news go; `None`: into the log, with an ID of this board.
    outbox: Option<mpsc::Sender<Order>>,
}

/// News that a shared store is asked to number and to keep.
pub struct Order {
    pub text: String,
    /// News with the same key are the same news.
    pub key: Option<String>,
    /// Takes the ID, or why the news cannot be kept.
    pub done: oneshot::Sender<Result<Id, Unpublished>>,
}

/// Why news were not published.
#[derive(Debug)]
pub enum Unpublished {
    /// The text cannot be news.
    Unfit(Unfit),
    /// The shared store cannot take them now.
    Unavailable(String),
    /// The shared store cannot be reached now. The news wait for it, and get their ID later.
    Waits,
}

impl fmt::Display for Unpublished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unfit(unfit) => unfit.fmt(f),
            Self::Unavailable(why) => f.write_str(why),
            Self::Waits => f.write_str("the store of the news cannot be reached: they wait for it"),
        }
    }
}

impl std::error::Error for Unpublished {}

/// What a subscription yields.
#[derive(Debug)]
pub enum Update {
    /// The next news, in order; at least one.
    News(Vec<Arc<News>>),
    /// Some news are no longer kept. The next ones follow.
    Gap(Gap),
}

impl Board {
    /// Returns a board that keeps this many news, and numbers them.
    ///
    /// News from before are unknown: it tells of a gap to those who ask for them.
    pub fn new(kept: usize, broadcast: Broadcast) -> Self {
        let log = Log::new(kept, Id::default().following(now()), broadcast);
        Self { log: Mutex::new(log), changed: watch::Sender::new(()), outbox: None }
    }

    /// Returns a board that passes published news to a store, and shows what [`append`](Self::append) tells.
    pub fn shared(kept: usize, broadcast: Broadcast, outbox: mpsc::Sender<Order>) -> Self {
        let log = Log::new(kept, Id::default(), broadcast);
        Self { log: Mutex::new(log), changed: watch::Sender::new(()), outbox: Some(outbox) }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes news, and returns their ID. It waits for nobody who reads them.
    ///
    /// # Errors
    ///
    /// [`Unpublished`] if the text cannot be news, or if the shared store cannot take them.
    pub async fn publish(&self, text: &str) -> Result<Id, Unpublished> {
        self.publish_once(text, None).await
    }

    /// Publishes news, unless news with this key were published within the last minutes: then it returns their ID. So a
    /// client that does not know whether its news arrived can send them again.
    ///
    /// # Errors
    ///
    /// Those of [`publish`](Self::publish).
    pub async fn publish_once(&self, text: &str, key: Option<&str>) -> Result<Id, Unpublished> {
        let text = fit(text).map_err(Unpublished::Unfit)?;
        let Some(outbox) = &self.outbox else {
            let mut log = self.log();
            if let Some(id) = key.and_then(|key| log.with_key(key)) {
                return Ok(id);
            }
            let id = log.latest().following(now());
            log.append(id, &text);
            if let Some(key) = key {
                log.remember(key, id);
            }
            drop(log);
            self.changed.send_replace(());
            return Ok(id);
        };
        let key = key.map(String::from);
        let stopped = || Unpublished::Unavailable("the store of the news has stopped".into());
        let (done, wait) = oneshot::channel();
        outbox.send(Order { text, key, done }).await.map_err(|_| stopped())?;
        wait.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// Shows news from a shared store. Those that are shown already are ignored: their IDs are not larger than the
    /// latest one.
    pub fn append(&self, id: Id, text: &str) {
        if self.log().append(id, text) {
            self.changed.send_replace(());
        }
    }

    /// News up to this ID are not kept by the shared store: those who ask for them are told of a gap.
    pub fn forget(&self, id: Id) {
        self.log().forget(id);
    }

    /// News up to this ID are not in the shared store any more, and some of them were never shown here: forgets all,
    /// and tells all readers of a gap.
    pub fn cut(&self, id: Id) {
        self.log().cut(id);
        self.changed.send_replace(());
    }

    /// Returns how many news are kept.
    pub fn kept(&self) -> usize {
        self.log().kept()
    }

    /// Returns the ID of the latest news; of the start of the board if there are none.
    pub fn latest(&self) -> Id {
        self.log().latest()
    }

    /// Returns a subscription to the news after this ID, or from now on.
    pub fn subscribe(self: &Arc<Self>, since: Option<Id>) -> Subscription {
        let changed = self.changed.subscribe();
        let (reader, gap) = self.log().reader(since, self.outbox.is_some());
        Subscription { board: self.clone(), changed, reader, gap, since: reader.after() }
    }
}

/// The news after an ID, in order, each once.
pub struct Subscription {
    board: Arc<Board>,
    changed: watch::Receiver<()>,
    reader: crate::log::Reader,
    /// A gap that is not told yet.
    gap: Option<Gap>,
    since: Id,
}

impl Subscription {
    /// Returns the ID after which it begins.
    pub const fn since(&self) -> Id {
        self.since
    }

    /// Returns the ID of what it has yielded last.
    pub const fn after(&self) -> Id {
        self.reader.after()
    }

    /// Returns what there is now; `None` if there is nothing new.
    pub fn poll(&mut self) -> Option<Update> {
        if let Some(gap) = self.gap.take() {
            return Some(Update::Gap(gap));
        }
        match self.board.log().read(&mut self.reader, BATCH) {
            Ok(news) if news.is_empty() => None,
            Ok(news) => Some(Update::News(news)),
            Err(gap) => Some(Update::Gap(gap)),
        }
    }

    /// Waits for the next news.
    ///
    /// # Cancel safety
    ///
    /// Safe: what it has not returned is returned by the next call.
    pub async fn next(&mut self) -> Update {
        loop {
            self.changed.mark_unchanged();
            if let Some(update) = self.poll() {
                return update;
            }
            // the sender lives as long as the board
            let _ = self.changed.changed().await;
        }
    }
}

/// Returns the Unix time in milliseconds.
pub fn now() -> u64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(sequence: u64) -> Id {
        Id { milliseconds: 1, sequence }
    }

    /// Reads all there is: the sequences of news, and the counts of gaps.
    fn all(subscription: &mut Subscription) -> Vec<Result<Id, Gap>> {
        let mut all = Vec::new();
        while let Some(update) = subscription.poll() {
            match update {
                Update::News(news) => all.extend(news.iter().map(|news| Ok(news.id))),
                Update::Gap(gap) => all.push(Err(gap)),
            }
        }
        all
    }

    #[tokio::test]
    async fn news_come_in_order_and_once() {
        let board = Arc::new(Board::new(1000, Broadcast::new(None)));
        let (start, mut early) = (board.latest(), board.subscribe(None));
        let mut ids = Vec::new();
        for n in 0..200 {
            ids.push(board.publish(&format!("news {n}")).await.unwrap());
        }
        assert!(ids.is_sorted_by(|a, b| a < b) && ids[0] > start);
        let want: Vec<_> = ids.iter().copied().map(Ok).collect();
        assert_eq!(all(&mut early), want);
        assert_eq!(all(&mut board.subscribe(Some(start))), want);
        assert_eq!(all(&mut board.subscribe(Some(ids[149]))), want[150..]);
        assert_eq!(all(&mut board.subscribe(Some(ids[199]))), []);
        assert_eq!(all(&mut board.subscribe(None)), []);
        assert_eq!(board.subscribe(None).since(), ids[199]);
    }

    #[tokio::test]
    async fn a_reader_that_lags_is_told_how_many_it_has_lost() {
        let board = Arc::new(Board::new(5, Broadcast::new(None)));
        let mut slow = board.subscribe(None);
        let mut ids = Vec::new();
        for n in 0..12 {
            ids.push(board.publish(&n.to_string()).await.unwrap());
        }
        let gap = Gap { lost: Some(7), resumes_after: ids[6] };
        let kept: Vec<_> = ids[7..].iter().copied().map(Ok).collect();
        assert_eq!(all(&mut slow), [vec![Err(gap)], kept.clone()].concat());
        // one that asks for what is lost is told, too
        let gap = Gap { lost: None, ..gap };
        assert_eq!(all(&mut board.subscribe(Some(ids[5]))), [vec![Err(gap)], kept.clone()].concat());
        assert_eq!(all(&mut board.subscribe(Some(ids[6]))), kept);
        // and one from before a restart, whichever way the clock went
        for milliseconds in [0, u64::MAX] {
            let before = Id { milliseconds, sequence: 0 };
            assert_eq!(all(&mut board.subscribe(Some(before))), [vec![Err(gap)], kept.clone()].concat());
        }
    }

    #[tokio::test]
    async fn a_waiting_reader_is_woken() {
        let board = Arc::new(Board::new(5, Broadcast::new(None)));
        let mut subscription = board.subscribe(None);
        let waiting = tokio::spawn(async move { subscription.next().await });
        tokio::task::yield_now().await;
        let published = board.publish("x").await.unwrap();
        let Update::News(news) = waiting.await.unwrap() else { panic!() };
        assert_eq!(news[0].id, published);
    }

    #[tokio::test]
    async fn a_text_that_is_not_fit_is_not_published() {
        let board = Arc::new(Board::new(5, Broadcast::new(None)));
        let start = board.latest();
        assert!(matches!(board.publish(" ").await, Err(Unpublished::Unfit(Unfit::Empty))));
        assert_eq!(board.latest(), start);
    }

    #[tokio::test]
    async fn a_shared_board_shows_what_the_store_numbers() {
        let (outbox, mut orders) = mpsc::channel::<Order>(1);
        let board = Arc::new(Board::shared(100, Broadcast::new(None), outbox));
        let store = board.clone();
        tokio::spawn(async move {
            let mut last = 0;
            while let Some(order) = orders.recv().await {
                last += 10;
                store.append(id(last), &order.text);
                store.append(id(last), "again");
                store.append(id(last - 1), "late");
                let _ = order.done.send(Ok(id(last)));
            }
        });
        // a client that comes from another process, which has seen more
        let mut ahead = board.subscribe(Some(id(1000)));
        for n in 1..=150 {
            assert_eq!(board.publish("x").await.unwrap(), id(n * 10));
        }
        let want: Vec<_> = (101..=150).map(|n| Ok(id(n * 10))).collect();
        assert_eq!(all(&mut ahead), want);
        board.forget(id(2000));
        assert_eq!(all(&mut board.subscribe(Some(id(1490)))), [Ok(id(1500))]);
    }

    #[tokio::test]
    async fn what_the_store_has_forgotten_is_a_gap() {
        let (outbox, orders) = mpsc::channel(1);
        let board = Arc::new(Board::shared(100, Broadcast::new(None), outbox));
        board.forget(id(5));
        assert_eq!(board.latest(), id(5));
        board.append(id(7), "x");
        let gap = Gap { lost: None, resumes_after: id(5) };
        assert_eq!(all(&mut board.subscribe(Some(id(4)))), [Err(gap), Ok(id(7))]);
        assert_eq!(all(&mut board.subscribe(Some(id(5)))), [Ok(id(7))]);
        drop(orders);
        assert!(matches!(board.publish("x").await, Err(Unpublished::Unavailable(_))));
    }

    #[tokio::test]
    async fn after_a_cut_every_reader_is_told_of_a_gap() {
        let (outbox, _orders) = mpsc::channel(1);
        let board = Arc::new(Board::shared(100, Broadcast::new(None), outbox));
        for n in 1..=3 {
            board.append(id(n), "x");
        }
        let (mut old, mut ahead) = (board.subscribe(Some(id(2))), board.subscribe(Some(id(30))));
        let mut current = board.subscribe(None);
        let waiting = tokio::spawn(async move { current.next().await });
        tokio::task::yield_now().await;
        board.cut(id(20));
        assert_eq!(board.latest(), id(20));
        for n in [5, 25, 35] {
            board.append(id(n), "x");
        }
        let gap = Gap { lost: None, resumes_after: id(20) };
        let Update::Gap(told) = waiting.await.unwrap() else { panic!() };
        assert_eq!(told, gap);
        assert_eq!(all(&mut old), [Err(gap), Ok(id(25)), Ok(id(35))]);
        assert_eq!(all(&mut board.subscribe(Some(id(3)))), [Err(gap), Ok(id(25)), Ok(id(35))]);
        // one that comes from another process has seen what was cut
        assert_eq!(all(&mut ahead), [Ok(id(35))]);
    }

    #[tokio::test]
    async fn news_with_the_same_key_are_published_once() {
        let board = Arc::new(Board::new(5, Broadcast::new(None)));
        let mut reader = board.subscribe(None);
        let first = board.publish_once("x", Some("a")).await.unwrap();
        assert_eq!(board.publish_once("x", Some("a")).await.unwrap(), first);
        assert_ne!(board.publish_once("x", Some("b")).await.unwrap(), first);
        assert_ne!(board.publish_once("x", None).await.unwrap(), first);
        assert_eq!(all(&mut reader).len(), 3);
        // memory is bounded: an old key is forgotten
        for n in 0..crate::log::KEYS {
            board.publish_once("x", Some(&n.to_string())).await.unwrap();
        }
        assert_ne!(board.publish_once("x", Some("a")).await.unwrap(), first);
    }
}
