//! How long to wait before the next attempt.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(2);

/// Doubles the wait with each attempt, up to two seconds. Each wait is random, between half of that and all of it, so
/// that many processes do not come back at the same moment.
pub struct Backoff {
    limit: Duration,
}

impl Backoff {
    pub const fn new() -> Self {
        Self { limit: FIRST }
    }

    /// Returns the next wait.
    pub fn next(&mut self) -> Duration {
        self.next_with(random())
    }

    /// The attempt succeeded.
    pub fn reset(&mut self) {
        self.limit = FIRST;
    }

    fn next_with(&mut self, random: u32) -> Duration {
        let limit = self.limit;
        self.limit = (limit * 2).min(LONGEST);
        limit / 2 + (limit / 2).mul_f64(f64::from(random) / f64::from(u32::MAX))
    }
}

/// Without randomness of the system, all waits are as long as they can be.
fn random() -> u32 {
    getrandom::u32().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_two_seconds_and_start_again() {
        let mut backoff = Backoff::new();
        let longest: Vec<_> = (0..8).map(|_| backoff.next_with(u32::MAX).as_millis()).collect();
        assert_eq!(longest, [50, 100, 200, 400, 800, 1600, 2000, 2000]);
        backoff.reset();
        assert_eq!(backoff.next_with(0), FIRST / 2);
    }

    #[test]
    fn a_wait_is_between_half_of_its_limit_and_all_of_it() {
        for _ in 0..1000 {
            let wait = Backoff { limit: LONGEST }.next();
            assert!(wait >= LONGEST / 2 && wait <= LONGEST, "{wait:?}");
        }
    }
}
