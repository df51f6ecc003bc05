//! The report about the server, from all processes together.

use super::config::Config;
use redis::aio::MultiplexedConnection;
use redis::{RedisError, Script};
use std::time::Duration;

/// KEYS: the counts of all processes; who has reported.
/// ARGV: this process, its WebSockets, its requests since the last report, the time between reports in milliseconds.
///
/// Returns processes, WebSockets and requests if this process is to report, or nothing. Redis's clock counts, and the
/// first process that asks in each interval reports. A process that was not heard of for three intervals is forgotten.
const SCRIPT: &str = r"
local now = redis.call('TIME')
now = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
local every = tonumber(ARGV[4])
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f %s %s', now, ARGV[2], ARGV[3]))
redis.call('PEXPIRE', KEYS[1], every * 10)
if not redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', every - math.floor(every / 10)) then return nil end
local processes, sockets, requests = 0, 0, 0
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local at, some_sockets, some_requests = string.match(all[i + 1], '^(%d+) (%d+) (%d+)$')
  if at and now - tonumber(at) <= every * 3 then
    processes = processes + 1
    sockets = sockets + tonumber(some_sockets)
    requests = requests + tonumber(some_requests)
  else
    redis.call('HDEL', KEYS[1], all[i])
  end
end
return {processes, sockets, requests}
";

/// What a process has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Open WebSockets.
    pub sockets: u64,
    /// Requests since the last time.
    pub requests: u64,
}

/// Reports for all processes if no other one does.
pub struct Reporter {
    script: Script,
    keys: [String; 2],
    name: &'static str,
    every: Duration,
    counts: Box<dyn FnMut() -> Counts + Send>,
}

impl Reporter {
    /// `counts` is called once for each interval.
    pub fn new(config: &Config, every: Duration, counts: impl FnMut() -> Counts + Send + 'static) -> Self {
        let keys = [config.key("processes"), config.key("reported")];
        Self { script: Script::new(SCRIPT), keys, name: super::name(), every, counts: Box::new(counts) }
    }

    pub const fn every(&self) -> Duration {
        self.every
    }

    /// Adds the counts of this process to those of the others. Returns the report if it is this process's turn and
    /// somebody reads.
    pub async fn report(&mut self, connection: &mut MultiplexedConnection) -> Result<Option<String>, RedisError> {
        let Counts { sockets, requests } = (self.counts)();
        let mut call = self.script.prepare_invoke();
        for key in &self.keys {
            call.key(key);
        }
        call.arg(self.name).arg(sockets).arg(requests).arg(self.every.as_millis() as u64);
        let totals: Option<(u64, u64, u64)> = call.invoke_async(connection).await?;
        Ok(totals.and_then(|(processes, sockets, requests)| {
            (sockets > 0 || requests > 0).then(|| {
                let (every, plural) = (self.every.as_secs(), if processes == 1 { "" } else { "es" });
                format!(
                    "{processes} process{plural}: {requests} requests in the last {every} s, {sockets} WebSockets open"
                )
            })
        }))
    }
}
