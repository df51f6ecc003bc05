//! When to send a Ping, and when to give up a connection (RFC 6455 §5.5.2).
//!
//! A peer that disappears without a FIN leaves a TCP connection that looks open for hours, and proxies drop connections
//! that carry nothing. A [`Keepalive`] tells when a Ping is due and when the peer is dead. It is data without a clock:
//! every method that depends on time has an argument `now`, so it works with `std::time::Instant`, the instants of an
//! async runtime or of an embedded HAL, and with plain [`Duration`]s since the start.
//!
//! ```
//! use core::time::Duration;
//! use upframe::keepalive::{Due, Keepalive, Policy};
//!
//! let seconds = Duration::from_secs;
//! let mut keepalive = Keepalive::new(Policy::DEFAULT, seconds(0));
//! assert_eq!(keepalive.poll_timeout(), Some(seconds(20)));
//! keepalive.on_received(seconds(15));                       // a read returned some bytes
//! assert_eq!(keepalive.handle_timeout(seconds(20)), None);  // too early now
//! assert_eq!(keepalive.handle_timeout(seconds(35)), Some(Due::Ping));
//! assert_eq!(keepalive.handle_timeout(seconds(45)), Some(Due::Dead));
//! ```
//!
//! The loop of a driver: wait for input, or until [`poll_timeout`](Keepalive::poll_timeout); after each read that
//! returned bytes call [`on_received`](Keepalive::on_received); **read what has arrived before you call
//! [`handle_timeout`](Keepalive::handle_timeout)**, so that a process that was suspended does not take its own delay
//! for the peer's.

use core::fmt;
use core::ops::{Add, Sub};
use core::time::Duration;

/// How long to wait, and for what.
///
/// A sum of an instant and one of these times must be an instant: an addition that overflows may panic, as that of
/// `std::time::Instant` does.
///
/// ```
/// use core::time::Duration;
/// use upframe::keepalive::Policy;
/// let policy = Policy { ping_after: Some(Duration::from_secs(55)), ..Policy::DEFAULT };
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct Policy {
    /// A Ping is due after this time without a received byte, whatever is sent meanwhile. `None`: no Pings, and no peer
    /// is dead.
    ///
    /// Keep it below the idle timeout of every proxy on the way: nginx closes after 60 s by default.
    pub ping_after: Option<Duration>,
    /// The peer is dead this time after the Ping if no byte was received since.
    pub dead_after: Duration,
    /// The closing handshake may take this time.
    pub close_within: Duration,
}

impl Policy {
    /// A Ping 20 s after the last received byte, dead 10 s later, 5 s for the closing handshake.
    pub const DEFAULT: Self = Self {
        ping_after: Some(Duration::from_secs(20)),
        dead_after: Duration::from_secs(10),
        close_within: Duration::from_secs(5),
    };
}

impl Default for Policy {
    /// Returns [`Policy::DEFAULT`].
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[must_use]
pub enum Due {
    /// Send a Ping. Give it the payload [`Keepalive::ping_payload`] to measure the round-trip time.
    Ping,
    /// Nothing was received since the Ping: close the transport without a closing handshake. The close code is 1006.
    Dead,
    /// The peer has not finished the closing handshake: close the transport.
    CloseTimedOut,
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ping => "a Ping is due",
            Self::Dead => "the peer does not answer",
            Self::CloseTimedOut => "the peer has not finished the closing handshake",
        })
    }
}

/// What the next timeout means.
#[derive(Clone, Copy, Debug)]
enum Phase {
    /// A Ping is due then.
    Idle,
    /// A Ping was due; the peer is dead then.
    AwaitsAnswer,
    /// The closing handshake must be finished then.
    Closing,
    /// Nothing: the connection was given up.
    Over,
}

/// Tells when to send a Ping and when to give up. `I` is an instant: see the [module](self).
#[derive(Clone, Debug)]
pub struct Keepalive<I> {
    policy: Policy,
    phase: Phase,
    timeout: Option<I>,
    /// When the newest Ping was due, until its Pong is received.
    pinged: Option<I>,
    /// How many Pings were due.
    pings: u32,
}

impl<I: Copy + PartialOrd + Add<Duration, Output = I>> Keepalive<I> {
    /// Returns the keepalive of a connection that has just been opened.
    pub fn new(policy: Policy, now: I) -> Self {
        let mut keepalive = Self { policy, phase: Phase::Idle, timeout: None, pinged: None, pings: 0 };
        keepalive.idle(now);
        keepalive
    }

    fn idle(&mut self, now: I) {
        self.phase = Phase::Idle;
        self.timeout = self.policy.ping_after.map(|time| after(now, time));
    }

    /// Some bytes were received: a sign of life, whatever they are. Does not extend the time of the closing handshake.
    pub fn on_received(&mut self, now: I) {
        if matches!(self.phase, Phase::Idle | Phase::AwaitsAnswer) {
            self.idle(now);
        }
    }

    /// The closing handshake has started: a Close was sent or received, or the connection has failed. Only the first
    /// call counts.
    pub fn on_closing(&mut self, now: I) {
        if matches!(self.phase, Phase::Idle | Phase::AwaitsAnswer) {
            self.phase = Phase::Closing;
            self.timeout = Some(after(now, self.policy.close_within));
        }
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) must be called. `None` if nothing is awaited.
    ///
    /// It changes with every call of another method, so ask again before each wait.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<I> {
        self.timeout
    }

    /// Returns what is due at `now`. `None` if it is too early, or if the connection was given up already.
    pub fn handle_timeout(&mut self, now: I) -> Option<Due> {
        if !self.timeout.is_some_and(|timeout| timeout <= now) {
            return None;
        }
        self.timeout = None;
        match self.phase {
            Phase::Idle => {
                self.phase = Phase::AwaitsAnswer;
                self.timeout = Some(after(now, self.policy.dead_after));
                self.pinged = Some(now);
                self.pings = self.pings.wrapping_add(1);
                Some(Due::Ping)
            }
            Phase::AwaitsAnswer => {
                self.phase = Phase::Over;
                Some(Due::Dead)
            }
            Phase::Closing => {
                self.phase = Phase::Over;
                Some(Due::CloseTimedOut)
            }
            Phase::Over => None,
        }
    }

    /// Returns the payload for the Ping that is due: different for each, so that its Pong can be told from others.
    #[must_use]
    pub fn ping_payload(&self) -> [u8; 4] {
        self.pings.to_be_bytes()
    }
}

impl<I: Copy + PartialOrd + Sub<Output = Duration>> Keepalive<I> {
    /// Returns the round-trip time if this is the Pong to the newest Ping with
    /// [`ping_payload`](Keepalive::ping_payload).
    ///
    /// `None` for every other Pong: one that nobody asked for, or a second answer. Call it besides `on_received`.
    ///
    /// ```
    /// # use core::time::Duration;
    /// # use upframe::keepalive::{Due, Keepalive, Policy};
    /// let ms = Duration::from_millis;
    /// let mut keepalive = Keepalive::new(Policy::DEFAULT, ms(0));
    /// assert_eq!(keepalive.handle_timeout(ms(20_000)), Some(Due::Ping));
    /// let payload = keepalive.ping_payload(); // goes into the Ping, and comes back in the Pong
    /// assert_eq!(keepalive.on_pong(ms(20_035), &payload), Some(ms(35)));
    /// ```
    pub fn on_pong(&mut self, now: I, payload: &[u8]) -> Option<Duration> {
        if payload != self.pings.to_be_bytes() {
            return None;
        }
        let pinged = self.pinged.take().filter(|pinged| *pinged <= now)?;
        #[expect(clippy::arithmetic_side_effects, reason = "`pinged` is not after `now`")]
        Some(now - pinged)
    }
}

#[expect(clippy::arithmetic_side_effects, reason = "the caller's instant and the caller's policy")]
fn after<I: Add<Duration, Output = I>>(now: I, time: Duration) -> I {
    now + time
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_timeout_is_due_at_its_time_and_not_before() {
        let just_before = |time: Duration| time - Duration::from_nanos(1);
        let mut keepalive = Keepalive::new(Policy::DEFAULT, s(0));
        assert_eq!((keepalive.poll_timeout(), keepalive.handle_timeout(just_before(s(20)))), (Some(s(20)), None));
        assert_eq!(keepalive.handle_timeout(s(20)), Some(Due::Ping));
        assert_eq!((keepalive.poll_timeout(), keepalive.handle_timeout(just_before(s(30)))), (Some(s(30)), None));
        assert_eq!(keepalive.handle_timeout(s(30)), Some(Due::Dead));
        assert_eq!((keepalive.poll_timeout(), keepalive.handle_timeout(s(99))), (None, None));
        // a connection that was given up stays so
        keepalive.on_received(s(100));
        keepalive.on_closing(s(100));
        assert_eq!((keepalive.poll_timeout(), keepalive.handle_timeout(s(999))), (None, None));
    }

    #[test]
    fn a_peer_that_answers_lives_for_days() {
        let mut keepalive = Keepalive::new(Policy::DEFAULT, s(0));
        let (mut now, mut pings) = (s(0), 0);
        while now < s(3 * 24 * 60 * 60) {
            now = keepalive.poll_timeout().unwrap();
            assert_eq!(keepalive.handle_timeout(now), Some(Due::Ping));
            pings += 1;
            now += Duration::from_millis(9_999);
            assert_eq!(keepalive.handle_timeout(now), None);
            assert_eq!(keepalive.on_pong(now, &keepalive.ping_payload()), Some(Duration::from_millis(9_999)));
            keepalive.on_received(now);
        }
        assert!(pings > 8_000);
    }

    #[test]
    fn a_peer_that_sends_data_needs_no_ping_and_sending_is_no_sign_of_life() {
        let mut keepalive = Keepalive::new(Policy::DEFAULT, s(0));
        for now in (0..86_400).step_by(19) {
            keepalive.on_received(s(now));
            assert_eq!(keepalive.handle_timeout(s(now + 19)), None);
        }
        // there is no method for what is sent
        assert_eq!(keepalive.handle_timeout(s(86_420)), Some(Due::Ping));
    }

    #[test]
    fn a_process_that_was_suspended_pings_before_it_gives_up() {
        let mut keepalive = Keepalive::new(Policy::DEFAULT, s(0));
        assert_eq!(keepalive.handle_timeout(s(100_000)), Some(Due::Ping));
        assert_eq!(keepalive.poll_timeout(), Some(s(100_010)));
        // what had arrived meanwhile is read first
        keepalive.on_received(s(200_000));
        assert_eq!(keepalive.handle_timeout(s(200_000)), None);
    }

    #[test]
    fn the_closing_handshake_has_its_time_which_data_does_not_extend() {
        for pinged in [false, true] {
            let mut keepalive = Keepalive::new(Policy::DEFAULT, s(0));
            assert!(!pinged || keepalive.handle_timeout(s(20)) == Some(Due::Ping));
            keepalive.on_closing(s(21));
            keepalive.on_received(s(23));
            keepalive.on_closing(s(25));
            assert_eq!((keepalive.poll_timeout(), keepalive.handle_timeout(s(25))), (Some(s(26)), None));
            assert_eq!(keepalive.handle_timeout(s(26)), Some(Due::CloseTimedOut));
            assert_eq!(keepalive.poll_timeout(), None);
        }
    }

    #[test]
    fn without_pings_only_closing_is_limited() {
        let mut keepalive = Keepalive::new(Policy { ping_after: None, ..Policy::default() }, s(0));
        keepalive.on_received(s(1));
        assert_eq!((keepalive.poll_timeout(), keepalive.handle_timeout(s(1 << 40))), (None, None));
        keepalive.on_closing(s(2));
        assert_eq!(keepalive.handle_timeout(s(7)), Some(Due::CloseTimedOut));
    }

    #[test]
    fn only_the_pong_to_the_newest_ping_counts_and_once() {
        let mut keepalive = Keepalive::new(Policy::DEFAULT, s(0));
        assert_eq!(keepalive.on_pong(s(1), &keepalive.ping_payload()), None);
        assert_eq!(keepalive.handle_timeout(s(20)), Some(Due::Ping));
        let first = keepalive.ping_payload();
        keepalive.on_received(s(21));
        assert_eq!(keepalive.handle_timeout(s(41)), Some(Due::Ping));
        let second = keepalive.ping_payload();
        assert_ne!(first, second);
        for other in [&first[..], b"", b"other", &second[..3]] {
            assert_eq!(keepalive.on_pong(s(42), other), None);
        }
        assert_eq!(keepalive.on_pong(s(43), &second), Some(s(2)));
        assert_eq!(keepalive.on_pong(s(44), &second), None);
    }

    #[test]
    fn clocks_of_the_standard_library_fit() {
        let now = std::time::Instant::now();
        let mut keepalive = Keepalive::new(Policy::DEFAULT, now);
        assert_eq!(keepalive.handle_timeout(now + s(20)), Some(Due::Ping));
        assert_eq!(keepalive.on_pong(now + s(21), &keepalive.ping_payload()), Some(s(1)));
    }
}
