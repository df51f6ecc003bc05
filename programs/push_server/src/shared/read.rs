//! Reads the stream into the board.

use super::config::Config;
use super::link::Link;
use super::outage::{Outage, Side, log};
use crate::board::Board;
use crate::id::Id;
use crate::news::fit;
use redis::aio::MultiplexedConnection;
use redis::{ErrorKind, RedisError};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How long Redis waits for news before it answers without any.
const BLOCK: Duration = Duration::from_secs(5);

/// Redis has this long for an answer: a connection without one is lost.
const ANSWER: Duration = Duration::from_secs(10);

/// The number of entries read at once. The stream always has more, so that it cannot be cut past a reader in the
/// meantime without a full answer.
pub const COUNT: usize = 100;

/// Entries of a stream: IDs and fields.
type Entries = Vec<(String, HashMap<String, Vec<u8>>)>;

/// An entry: its ID, and its text if it has one.
type Entry = (Id, Option<String>);

/// Reads the stream for as long as the process runs.
pub struct Reader {
    link: Link,
    stream: String,
    board: Arc<Board>,
    /// The newest entry that the board has.
    last: Id,
}

impl Reader {
    pub fn new(config: &Config, outage: Arc<Outage>, board: Arc<Board>) -> Self {
        let link = Link::new(config.clone(), outage, Side::Reader, ANSWER);
        Self { link, stream: config.stream.clone(), board, last: Id::default() }
    }

    /// Fills the board with the newest entries of the stream. Waits while Redis cannot be reached.
    ///
    /// # Errors
    ///
    /// Returns why Redis refuses: waiting does not help against a wrong password, or a key that is not a stream.
    pub async fn fill(&mut self) -> Result<(), String> {
        let (before, entries) = loop {
            match self.read_newest().await {
                Ok(newest) => break newest,
                Err(error) if is_final(&error) => return Err(error.to_string()),
                Err(error) => self.link.failed(&error).await,
            }
        };
        self.board.forget(before);
        self.append(entries);
        self.link.succeeded(0);
        Ok(())
    }

    /// Returns as many of the newest entries as the board keeps, and the ID before them.
    async fn read_newest(&mut self) -> Result<(Id, Vec<Entry>), RedisError> {
        let (connection, _) = self.link.connection().await?;
        let count = self.board.kept() + 1;
        let mut entries = newest(connection, &self.stream, count).await?;
        let before = if entries.len() == count { entries.remove(0).0 } else { Id::default() };
        Ok((before, entries))
    }

    fn append(&mut self, entries: Vec<Entry>) {
        for (id, text) in entries {
            self.last = id;
            match text.map(|text| fit(&text)) {
                Some(Ok(text)) => self.board.append(id, &text),
                Some(Err(unfit)) => log(&format!("the entry {id} of the stream is left out: {unfit}")),
                None => log(&format!("the entry {id} of the stream is left out: it has no field `text`")),
            }
        }
    }

    /// Reads on, and never returns.
    pub async fn run(mut self) {
        loop {
            match self.read().await {
                Ok(()) => self.link.succeeded(0),
                Err(error) => self.link.failed(&error).await,
            }
        }
    }

    /// Reads once.
    async fn read(&mut self) -> Result<(), RedisError> {
        let (connection, is_new) = self.link.connection().await?;
        // Nobody knows what happened to the stream while there was no connection.
        if is_new {
            return self.catch_up().await;
        }
        let entries = wait(connection, &self.stream, self.last).await?;
        // A full answer may begin later than it should: the stream may have been cut.
        if entries.len() == COUNT {
            return self.catch_up().await;
        }
        self.append(entries);
        Ok(())
    }

    /// Reads what can be read at once, and notices what is missing.
    async fn catch_up(&mut self) -> Result<(), RedisError> {
        // The stream was empty: all of it is new.
        if self.last == Id::default() {
            let (before, entries) = self.read_newest().await?;
            self.board.cut(before);
            self.append(entries);
            return Ok(());
        }
        loop {
            let last = self.last;
            let (connection, _) = self.link.connection().await?;
            let (oldest, newest, entries) = look(connection, &self.stream, last).await?;
            if newest.is_none_or(|newest| newest < last) {
                log("Redis has lost its newest news; clients that have seen them keep them");
            } else if let Some(oldest) = oldest.filter(|oldest| *oldest > last) {
                log(&format!("the news between {last} and {oldest} were cut off before this process read them"));
                self.board.cut(previous(oldest));
            }
            let n = entries.len();
            self.append(entries);
            if n < COUNT {
                return Ok(());
            }
        }
    }
}

/// Returns the largest ID before this one.
fn previous(id: Id) -> Id {
    match (id.sequence.checked_sub(1), id.milliseconds.checked_sub(1)) {
        (Some(sequence), _) => Id { sequence, ..id },
        (None, Some(milliseconds)) => Id { milliseconds, sequence: u64::MAX },
        (None, None) => id,
    }
}

/// Returns whether waiting does not help.
fn is_final(error: &RedisError) -> bool {
    match (error.kind(), error.code()) {
        (ErrorKind::AuthenticationFailed | ErrorKind::InvalidClientConfig, _) => true,
        (_, Some("LOADING" | "BUSY" | "MASTERDOWN" | "CLUSTERDOWN" | "TRYAGAIN") | None) => false,
        (_, Some(_)) => true,
    }
}

/// Returns the newest entries, oldest first.
async fn newest(connection: &mut MultiplexedConnection, stream: &str, count: usize) -> Result<Vec<Entry>, RedisError> {
    let mut command = redis::cmd("XREVRANGE");
    let entries: Entries =
        command.arg(stream).arg("+").arg("-").arg("COUNT").arg(count).query_async(connection).await?;
    entries.into_iter().rev().map(entry).collect()
}

/// Waits for entries after an ID. Returns [`COUNT`] of them at most.
async fn wait(connection: &mut MultiplexedConnection, stream: &str, after: Id) -> Result<Vec<Entry>, RedisError> {
    let mut command = redis::cmd("XREAD");
    command.arg("BLOCK").arg(BLOCK.as_millis() as u64).arg("COUNT").arg(COUNT);
    command.arg("STREAMS").arg(stream).arg(after.to_string());
    let streams: Option<Vec<(String, Entries)>> = command.query_async(connection).await?;
    streams.into_iter().flatten().flat_map(|(_, entries)| entries).map(entry).collect()
}

/// Returns the oldest ID, the newest one, and [`COUNT`] entries after an ID at most, all of one moment.
async fn look(
    connection: &mut MultiplexedConnection,
    stream: &str,
    after: Id,
) -> Result<(Option<Id>, Option<Id>, Vec<Entry>), RedisError> {
    let mut pipe = redis::pipe();
    pipe.atomic();
    pipe.cmd("XRANGE").arg(stream).arg("-").arg("+").arg("COUNT").arg(1);
    pipe.cmd("XREVRANGE").arg(stream).arg("+").arg("-").arg("COUNT").arg(1);
    pipe.cmd("XRANGE").arg(stream).arg(format!("({after}")).arg("+").arg("COUNT").arg(COUNT);
    let (oldest, newest, entries): (Entries, Entries, Entries) = pipe.query_async(connection).await?;
    let first = |entries: Entries| entries.into_iter().next().map(entry).transpose();
    let (oldest, newest) = (first(oldest)?, first(newest)?);
    let entries: Result<_, _> = entries.into_iter().map(entry).collect();
    Ok((oldest.map(|(id, _)| id), newest.map(|(id, _)| id), entries?))
}

fn entry((id, mut fields): (String, HashMap<String, Vec<u8>>)) -> Result<Entry, RedisError> {
    let id = id.parse().map_err(|_| (ErrorKind::UnexpectedReturnType, "the ID of an entry is not one"))?;
    Ok((id, fields.remove("text").map(|text| String::from_utf8_lossy(&text).into_owned())))
}
