//! Keepalive and reconnecting, with a clock of words.

use crate::opaque::{bytes, flag, sink, word};
use core::ops::{Add, Sub};
use core::time::Duration;
use upframe::keepalive::{Keepalive, Policy};
use upframe::reconnect::Reconnect;

#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Ticks(usize);

impl Add<Duration> for Ticks {
    type Output = Self;
    fn add(self, time: Duration) -> Self {
        Self(self.0.wrapping_add(time.as_secs() as usize))
    }
}

impl Sub for Ticks {
    type Output = Duration;
    fn sub(self, earlier: Self) -> Duration {
        Duration::from_secs(self.0.wrapping_sub(earlier.0) as u64)
    }
}

fn now() -> Ticks {
    Ticks(word())
}

#[inline(never)]
pub fn all() {
    let ping_after = flag().then(|| Duration::from_secs(word() as u64));
    let mut keepalive = Keepalive::new(Policy { ping_after, ..Policy::DEFAULT }, now());
    while flag() {
        keepalive.on_received(now());
        keepalive.on_closing(now());
        sink((keepalive.poll_timeout(), keepalive.handle_timeout(now())));
        sink((keepalive.ping_payload(), keepalive.on_pong(now(), bytes())));
    }
    let mut reconnect = Reconnect::new(Duration::from_secs(word() as u64), Duration::from_millis(word() as u64));
    while flag() {
        sink((reconnect.failed(word() as u32), reconnect.lost(Duration::from_secs(word() as u64), word() as u32)));
    }
}
