//! News that several processes share, by a stream of Redis.
//!
//! A process adds its news to the stream ([`publish`]) and reads all news from it ([`read`]), its own, too: so all
//! processes have the same news in the same order, with the IDs of the stream.
//!
//! * [`config`]: the address and the names of the keys;
//! * [`link`], [`backoff`], [`outage`]: one connection, opened again when it is lost, and what the log says about it;
//! * [`publish`]: the queue of news that wait, and the script that adds each once;
//! * [`read`]: fills the board, and follows the stream;
//! * [`report`]: one report for all processes.

mod backoff;
mod config;
mod link;
mod outage;
mod publish;
mod read;
mod report;

pub use config::Config;
pub use publish::Queue;
pub use report::Counts;

use crate::board::{Board, Order};
use outage::Outage;
use report::Reporter;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::sync::mpsc;

/// Fills a [shared](Board::shared) board from the stream, and follows the stream from then on. Waits while Redis cannot
/// be reached.
///
/// `orders` are what the board publishes, `report` is the time between two reports, if there are any, and `counts` are
/// what they tell about this process. Returns the queue of news that wait.
///
/// # Errors
///
/// Returns why Redis refuses.
pub async fn start(
    config: &Config,
    board: Arc<Board>,
    orders: mpsc::Receiver<Order>,
    report: Option<Duration>,
    counts: impl FnMut() -> Counts + Send + 'static,
) -> Result<Queue, String> {
    let outage = Arc::new(Outage::new(config.shown.clone()));
    let mut reader = read::Reader::new(config, outage.clone(), board.clone());
    reader.fill().await.map_err(|error| format!("{}: {error}", config.shown))?;
    tokio::spawn(reader.run());
    let reporter = report.map(|every| Reporter::new(config, every, counts));
    // More than a board keeps, and than is read at once.
    let length = board.kept().max(read::COUNT) + 1;
    Ok(Queue::start(config, outage, orders, length, move || board.latest(), reporter))
}

/// Returns the name of this process among those on the same stream: random, so that a restarted process is another one.
fn name() -> &'static str {
    static NAME: LazyLock<String> = LazyLock::new(|| {
        let random = [getrandom::u64(), getrandom::u64()].map(|half| half.unwrap_or_default());
        format!("{}-{:016x}{:016x}", std::process::id(), random[0], random[1])
    });
    &NAME
}
