//! What the log says about Redis: a line when it goes away, and one when it is back.

use redis::RedisError;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// One of the two connections of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Reader = 0,
    Publisher = 1,
}

/// Keeps the log short: an outage that two connections see, at many attempts each, has one line.
pub struct Outage {
    shown: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    down: [bool; 2],
    /// When the first of them went down, and what was logged then.
    since: Option<(Instant, Why)>,
    /// The number of news that waited for the end of this outage.
    waited: usize,
}

/// What tells one kind of outage from another.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Why {
    Unreachable,
    /// The code of the error that Redis answers with.
    Refuses(String),
}

impl Outage {
    pub fn new(shown: String) -> Self {
        Self { shown, state: Mutex::default() }
    }

    /// An attempt failed.
    pub fn failed(&self, side: Side, error: &RedisError) {
        if let Some(line) = self.state().failed(side, why(error), Instant::now()) {
            log(&format!("{}: {error}: {line}", self.shown));
        }
    }

    /// An attempt succeeded. `waiting` is the number of news that waited for it.
    pub fn succeeded(&self, side: Side, waiting: usize) {
        if let Some((time, waited)) = self.state().succeeded(side, waiting, Instant::now()) {
            let (shown, time) = (&self.shown, time.as_secs_f32());
            log(&format!("{shown}: back after {time:.1} s; {waited} news waited"));
        }
    }

    /// Returns for how long Redis has been away.
    pub fn time(&self) -> Option<Duration> {
        self.state().since.as_ref().map(|(since, _)| since.elapsed())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes a line to standard error.
pub fn log(line: &str) {
    eprintln!("push_server: {line}");
}

impl State {
    /// Returns what happens now, if the log has not said it already.
    fn failed(&mut self, side: Side, why: Why, now: Instant) -> Option<&'static str> {
        if let Some(down) = self.down.get_mut(side as usize) {
            *down = true;
        }
        match &mut self.since {
            // A Redis that starts refuses connections, then loads its data: still the same outage.
            Some((_, logged)) if *logged == why || why == Why::Unreachable => None,
            Some((_, logged)) => {
                *logged = why;
                Some("still waiting")
            }
            since => {
                *since = Some((now, why));
                Some("news wait until it is back")
            }
        }
    }

    /// Returns how long the outage was and how many news waited, if it ends now.
    fn succeeded(&mut self, side: Side, waiting: usize, now: Instant) -> Option<(Duration, usize)> {
        self.waited = self.waited.max(waiting);
        if let Some(down) = self.down.get_mut(side as usize) {
            *down = false;
        }
        if self.down.contains(&true) {
            return None;
        }
        let waited = std::mem::take(&mut self.waited);
        self.since.take().map(|(since, _)| (now.duration_since(since), waited))
    }
}

fn why(error: &RedisError) -> Why {
    match error.code() {
        None | Some("LOADING") => Why::Unreachable,
        Some(code) => Why::Refuses(code.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_logged_once_and_its_end_once() {
        let (mut state, now) = (State::default(), Instant::now());
        assert!(state.succeeded(Side::Reader, 0, now).is_none(), "there was no outage");
        assert!(state.failed(Side::Reader, Why::Unreachable, now).is_some());
        assert!(state.failed(Side::Reader, Why::Unreachable, now).is_none());
        assert!(state.failed(Side::Publisher, Why::Unreachable, now).is_none());
        assert!(state.succeeded(Side::Publisher, 7, now).is_none(), "the reader is still without a connection");
        let later = now + Duration::from_secs(5);
        assert_eq!(state.succeeded(Side::Reader, 0, later), Some((Duration::from_secs(5), 7)));
        assert!(state.succeeded(Side::Reader, 0, later).is_none());
    }

    #[test]
    fn another_reason_in_the_same_outage_is_logged_once() {
        let (mut state, now) = (State::default(), Instant::now());
        let refuses = || Why::Refuses("NOAUTH".into());
        assert!(state.failed(Side::Reader, Why::Unreachable, now).is_some());
        assert!(state.failed(Side::Reader, refuses(), now).is_some());
        assert!(state.failed(Side::Publisher, Why::Unreachable, now).is_none());
        assert!(state.failed(Side::Reader, refuses(), now).is_none());
    }
}
