//! How many connections, WebSockets and requests there are, by version of HTTP.

use axum::http::Version;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Default)]
pub struct Counters {
    http_1: OfVersion,
    http_2: OfVersion,
}

#[derive(Default)]
pub struct OfVersion {
    pub connections: Gauge,
    pub websockets: Gauge,
    /// Since the start, without health checks.
    pub requests: AtomicU64,
}

impl Counters {
    pub fn of(&self, version: Version) -> &OfVersion {
        if version == Version::HTTP_2 { &self.http_2 } else { &self.http_1 }
    }

    /// Since the start.
    pub fn requests(&self) -> u64 {
        [&self.http_1, &self.http_2].map(|version| version.requests.load(Ordering::Relaxed)).iter().sum()
    }

    pub fn websockets(&self) -> u64 {
        self.http_1.websockets.open() + self.http_2.websockets.open()
    }
}

/// `HTTP/1.1: connections 1 of 3, WebSockets 0 of 1, requests 7`, and such a line for HTTP/2: what is open, of all that
/// there were.
impl fmt::Display for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, OfVersion { connections, websockets, requests }) in
            [("HTTP/1.1", &self.http_1), ("HTTP/2", &self.http_2)]
        {
            let requests = requests.load(Ordering::Relaxed);
            writeln!(f, "{name}: connections {connections}, WebSockets {websockets}, requests {requests}")?;
        }
        Ok(())
    }
}

/// Counts what is open, and what there was.
#[derive(Default)]
pub struct Gauge {
    open: Arc<AtomicU64>,
    all: AtomicU64,
}

impl Gauge {
    /// Counts one that is open until the value is dropped.
    pub fn count(&self) -> Counted {
        self.all.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
        Counted(self.open.clone())
    }

    pub fn open(&self) -> u64 {
        self.open.load(Ordering::Relaxed)
    }
}

impl fmt::Display for Gauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.open(), self.all.load(Ordering::Relaxed))
    }
}

pub struct Counted(Arc<AtomicU64>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_is_counted_for_itself() {
        let counters = Counters::default();
        let kept = counters.of(Version::HTTP_2).websockets.count();
        drop(counters.of(Version::HTTP_2).websockets.count());
        drop(counters.of(Version::HTTP_11).connections.count());
        counters.of(Version::HTTP_10).requests.fetch_add(2, Ordering::Relaxed);
        assert_eq!((counters.websockets(), counters.requests()), (1, 2));
        let told = "HTTP/1.1: connections 0 of 1, WebSockets 0 of 0, requests 2\n\
            HTTP/2: connections 0 of 0, WebSockets 1 of 2, requests 0\n";
        assert_eq!(counters.to_string(), told);
        drop(kept);
        assert_eq!(counters.websockets(), 0);
    }
}
