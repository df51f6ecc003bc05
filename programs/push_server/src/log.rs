//! The newest news, and where each reader is in them.

#![cfg_attr(not(feature = "redis"), allow(dead_code, reason = "some of it is for a shared store alone"))]

use crate::id::Id;
use crate::news::News;
use serde_json::json;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use upframe_http::Broadcast;

/// How many keys of news are remembered.
pub const KEYS: usize = 1000;

/// News that are no longer kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Gap {
    /// How many are lost; `None` if that is not known.
    pub lost: Option<u64>,
    /// The news after this ID follow.
    pub resumes_after: Id,
}

impl Gap {
    /// Returns it as clients are told: `{"lost":3,"after":"1764000000000-4"}`.
    pub fn to_json(self) -> serde_json::Value {
        json!({ "lost": self.lost, "after": self.resumes_after.to_string() })
    }
}

pub struct Log {
    kept: usize,
    broadcast: Broadcast,
    /// Oldest first.
    news: VecDeque<Arc<News>>,
    /// The number of news before the first one that is kept.
    before: u64,
    /// News up to this ID are not kept.
    forgotten: Id,
    /// Of the news before this number, nobody knows how many there were.
    uncounted: u64,
    /// The IDs of news with a key, and their keys, oldest first.
    ids: HashMap<Arc<str>, Id>,
    keys: VecDeque<Arc<str>>,
}

/// Where a reader is.
#[derive(Clone, Copy)]
pub struct Reader {
    /// The number of the next news.
    next: u64,
    after: Id,
    /// Whether it wants all news from that number on, and not only those after a later ID.
    counted: bool,
}

impl Reader {
    /// Returns the ID after which it reads.
    pub const fn after(&self) -> Id {
        self.after
    }
}

impl Log {
    /// Returns a log of this length, at least 1. Those who ask for news before `start` are told of a gap.
    pub fn new(kept: usize, start: Id, broadcast: Broadcast) -> Self {
        Self {
            kept: kept.max(1),
            broadcast,
            news: VecDeque::new(),
            before: 0,
            forgotten: start,
            uncounted: 0,
            ids: HashMap::new(),
            keys: VecDeque::new(),
        }
    }

    pub fn latest(&self) -> Id {
        self.news.back().map_or(self.forgotten, |news| news.id)
    }

    /// Adds news, unless it has them or later ones. Returns whether it did.
    pub fn append(&mut self, id: Id, text: &str) -> bool {
        if id <= self.latest() {
            return false;
        }
        if self.news.len() == self.kept
            && let Some(oldest) = self.news.pop_front()
        {
            self.before += 1;
            self.forgotten = oldest.id;
        }
        self.news.push_back(Arc::new(News::new(id, text, &mut self.broadcast)));
        true
    }

    pub const fn kept(&self) -> usize {
        self.kept
    }

    /// Returns the ID of the news with this key, if it is remembered.
    pub fn with_key(&self, key: &str) -> Option<Id> {
        self.ids.get(key).copied()
    }

    /// Remembers the key of news, and forgets the oldest one if there are too many.
    pub fn remember(&mut self, key: &str, id: Id) {
        if self.keys.len() == KEYS
            && let Some(oldest) = self.keys.pop_front()
        {
            self.ids.remove(&oldest);
        }
        let key = Arc::from(key);
        self.keys.push_back(Arc::clone(&key));
        self.ids.insert(key, id);
    }

    /// Forgets all news up to this ID. An unknown number of them never was here.
    pub fn cut(&mut self, id: Id) {
        self.before += self.news.len() as u64 + 1;
        self.uncounted = self.before;
        self.news.clear();
        self.forgotten = self.forgotten.max(id);
    }

    /// News up to this ID are not kept elsewhere.
    pub fn forget(&mut self, id: Id) {
        // what is kept here can still be read
        let oldest = self.news.front().map_or(Id { milliseconds: u64::MAX, sequence: u64::MAX }, |news| news.id);
        if id < oldest {
            self.forgotten = self.forgotten.max(id);
        }
    }

    /// Returns a reader of the news after an ID, or from now on, and the gap before them.
    ///
    /// If others append, too, later IDs than the latest one exist, and are waited for. Otherwise such an ID comes from
    /// before a restart, when the clock was ahead.
    pub fn reader(&self, since: Option<Id>, shared: bool) -> (Reader, Option<Gap>) {
        let since = since.unwrap_or_else(|| self.latest());
        let unknown = since < self.forgotten || (since > self.latest() && !shared);
        let after = if unknown { self.forgotten } else { since };
        let skipped = self.news.partition_point(|news| news.id <= after);
        let next = self.before + skipped as u64;
        (
            Reader { next, after, counted: after <= self.latest() },
            unknown.then_some(Gap { lost: None, resumes_after: after }),
        )
    }

    /// Returns up to `max` news, or the gap before the next ones.
    pub fn read(&self, reader: &mut Reader, max: usize) -> Result<Vec<Arc<News>>, Gap> {
        // what a reader has got from elsewhere is not lost
        if reader.after < self.forgotten
            && let Some(lost @ 1..) = self.before.checked_sub(reader.next)
        {
            let counted = reader.counted && reader.next >= self.uncounted;
            *reader = Reader { next: self.before, after: self.forgotten, ..*reader };
            return Err(Gap { lost: counted.then_some(lost), resumes_after: reader.after });
        }
        // those before the ID that the reader asked for came later than it did
        let until_next = usize::try_from(reader.next.saturating_sub(self.before)).unwrap_or(usize::MAX);
        let skipped = until_next.max(self.news.partition_point(|news| news.id <= reader.after));
        let news: Vec<_> = self.news.iter().skip(skipped).take(max).cloned().collect();
        if let Some(last) = news.last() {
            *reader = Reader { next: self.before + (skipped + news.len()) as u64, after: last.id, counted: true };
        }
        Ok(news)
    }
}
