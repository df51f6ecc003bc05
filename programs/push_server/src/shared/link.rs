//! A connection to Redis that is opened again when it is lost.

use super::backoff::Backoff;
use super::config::Config;
use super::outage::{Outage, Side};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisError};
use std::sync::Arc;
use std::time::Duration;

/// How long opening a connection may take.
const CONNECT: Duration = Duration::from_secs(3);

/// One connection, for one task.
pub struct Link {
    config: Config,
    outage: Arc<Outage>,
    side: Side,
    answer: Duration,
    backoff: Backoff,
    connection: Option<MultiplexedConnection>,
}

impl Link {
    /// Opens nothing yet. Redis has `answer` for each answer.
    pub fn new(config: Config, outage: Arc<Outage>, side: Side, answer: Duration) -> Self {
        Self { config, outage, side, answer, backoff: Backoff::new(), connection: None }
    }

    /// Returns the connection, and whether it is a new one.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be opened.
    pub async fn connection(&mut self) -> Result<(&mut MultiplexedConnection, bool), RedisError> {
        let is_new = self.connection.is_none();
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.open().await?,
        };
        Ok((self.connection.insert(connection), is_new))
    }

    async fn open(&self) -> Result<MultiplexedConnection, RedisError> {
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT)).set_response_timeout(Some(self.answer));
        self.config.client.get_multiplexed_async_connection_with_config(&config).await
    }

    /// Redis did what it was asked for. `waiting` is for the log.
    pub fn succeeded(&mut self, waiting: usize) {
        self.backoff.reset();
        self.outage.succeeded(self.side, waiting);
    }

    /// Closes the connection, logs why if that is new, and waits for a while.
    ///
    /// Also after an error that Redis answered with: a new connection may lead to another server.
    pub async fn failed(&mut self, error: &RedisError) {
        self.connection = None;
        self.outage.failed(self.side, error);
        tokio::time::sleep(self.backoff.next()).await;
    }
}
