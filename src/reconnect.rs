//! How long a client waits before it connects again (RFC 6455 §7.2.3).
//!
//! If a server restarts, all its clients lose their connection at once. If all of them connect again at once, the server
//! is overloaded again. A [`Reconnect`] returns how long to wait: longer after each failure, up to a limit, and a
//! different time for each client. It is data without a clock and without a source of randomness: times and random
//! numbers are arguments.
//!
//! ```
//! use core::time::Duration;
//! use upframe::reconnect::Reconnect;
//!
//! let mut reconnect = Reconnect::DEFAULT;
//! # let mut numbers = [0, u32::MAX, 0, u32::MAX].into_iter();
//! # let mut random = || numbers.next().unwrap();
//! // Two attempts fail: the second wait is longer.
//! let first = reconnect.failed(random());
//! let second = reconnect.failed(random());
//! assert!(first < second);
//! // A connection that was open for an hour: the next wait is short again.
//! let next = reconnect.lost(Duration::from_secs(3600), random());
//! assert_eq!(next, first);
//! ```

use core::time::Duration;

/// Tells how long to wait before each attempt: see the [module](self).
///
/// The wait before an attempt is a random time between one half of a ceiling and the ceiling. The ceiling is `first`,
/// and twice as long after each failure, up to `longest`. Waits are whole milliseconds, up to 49 days.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct Reconnect {
    /// In milliseconds, like the others.
    first: u32,
    longest: u32,
    /// The ceiling of the next wait.
    ceiling: u32,
}

impl Reconnect {
    /// Waits of up to 2 s at first, and of up to one minute at last.
    pub const DEFAULT: Self = Self::new(Duration::from_secs(2), Duration::from_secs(60));

    /// Returns waits of up to `first` at first, and of up to `longest` at last. If `longest` is shorter, it is the limit
    /// of the first wait, too. If `first` is zero, nothing waits.
    pub const fn new(first: Duration, longest: Duration) -> Self {
        let (first, longest) = (millis(first), millis(longest));
        let first = if first < longest { first } else { longest };
        Self { first, longest, ceiling: first }
    }

    /// Returns how long to wait after an attempt that failed. `random` is any of the 2³² numbers with the same
    /// probability, and different for each client.
    #[must_use = "wait so long before the next attempt"]
    pub fn failed(&mut self, random: u32) -> Duration {
        let half = self.ceiling / 2;
        self.ceiling = self.ceiling.saturating_mul(2).min(self.longest);
        // a product of two numbers of 32 bits has 64
        let share = u64::from(half).wrapping_mul(u64::from(random)) >> 32;
        Duration::from_millis(u64::from(half).wrapping_add(share))
    }

    /// Returns how long to wait after a connection that was open for this time. If that is at least the longest wait,
    /// the waits begin with the first again. A server that accepts connections and closes them at once counts as one
    /// that fails.
    #[must_use = "wait so long before the next attempt"]
    pub fn lost(&mut self, open_for: Duration, random: u32) -> Duration {
        if millis(open_for) >= self.longest {
            self.ceiling = self.first;
        }
        self.failed(random)
    }
}

/// Returns a time in milliseconds. The longest is 49 days.
const fn millis(time: Duration) -> u32 {
    let millis = time.as_millis();
    if millis < u32::MAX as u128 { millis as u32 } else { u32::MAX }
}

impl Default for Reconnect {
    /// Returns [`Reconnect::DEFAULT`].
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn each_wait_is_twice_as_long_up_to_the_longest() {
        let mut reconnect = Reconnect::new(SECOND * 2, SECOND * 60);
        let waits: Vec<_> = (0..8).map(|_| reconnect.failed(0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
    }

    #[test]
    fn a_wait_is_between_half_the_ceiling_and_the_ceiling_and_grows_with_the_random_number() {
        let wait = |random| Reconnect::new(SECOND * 2, SECOND * 60).failed(random);
        assert_eq!(wait(0), SECOND);
        assert_eq!(wait(1 << 31).as_millis(), 1500);
        assert_eq!(wait(u32::MAX).as_millis(), 1999);
        let waits: Vec<_> = (0..=64).map(|n: u32| wait(n.saturating_mul(1 << 26))).collect();
        assert!(waits.is_sorted_by(|a, b| a < b), "{waits:?}");
    }

    #[test]
    fn only_a_connection_that_was_open_for_long_makes_the_waits_short_again() {
        let mut reconnect = Reconnect::new(SECOND * 2, SECOND * 60);
        for _ in 0..3 {
            let _ = reconnect.failed(0);
        }
        assert_eq!(reconnect.lost(SECOND * 59, 0), SECOND * 8);
        assert_eq!(reconnect.lost(SECOND * 60, 0), SECOND);
        assert_eq!(reconnect.failed(0), SECOND * 2);
    }

    #[test]
    fn the_limits_of_durations_do_not_overflow() {
        let mut reconnect = Reconnect::new(Duration::MAX, Duration::MAX);
        let days = |wait: Duration| wait.as_secs() / 86_400;
        assert_eq!([reconnect.failed(0), reconnect.failed(u32::MAX)].map(days), [24, 49]);
        assert_eq!(Reconnect::new(Duration::ZERO, SECOND).failed(u32::MAX), Duration::ZERO);
        assert_eq!(Reconnect::new(SECOND * 9, SECOND).failed(0), SECOND / 2);
    }

    #[test]
    fn a_first_wait_longer_than_the_longest_stays_within_it_after_a_reset() {
        let mut reconnect = Reconnect::new(SECOND * 9, SECOND);
        assert_eq!(reconnect.lost(SECOND * 2, 0), SECOND / 2);
        assert_eq!(reconnect.lost(SECOND * 2, 0), SECOND / 2);
    }
}
