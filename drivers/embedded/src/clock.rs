//! Time.

use core::future::{Future, pending, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;

/// A clock, for the keepalive and all time limits.
///
/// With embassy-time:
///
/// ```ignore
/// struct EmbassyClock;
///
/// impl upframe_embedded::Clock for EmbassyClock {
///     fn now(&self) -> Duration {
///         Duration::from_micros(embassy_time::Instant::now().as_micros())
///     }
///     async fn wait_until(&self, time: Duration) {
///         let time = embassy_time::Instant::from_micros(time.as_micros() as u64);
///         embassy_time::Timer::at(time).await;
///     }
/// }
/// ```
#[allow(async_fn_in_trait, reason = "an executor of a microcontroller runs its tasks on one core")]
pub trait Clock {
    /// Returns the time since any fixed point, such as the start of the machine. It never goes back.
    fn now(&self) -> Duration;

    /// Waits until this time has come. Its future can be dropped at any time.
    async fn wait_until(&self, time: Duration);
}

impl<C: Clock> Clock for &C {
    fn now(&self) -> Duration {
        C::now(self)
    }

    async fn wait_until(&self, time: Duration) {
        C::wait_until(self, time).await;
    }
}

/// No clock: no keepalive and no time limits. Put a timeout of your own around each call.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoClock;

impl Clock for NoClock {
    fn now(&self) -> Duration {
        Duration::ZERO
    }

    async fn wait_until(&self, _: Duration) {
        pending().await
    }
}

/// Runs `part` until this time. `None` if it was not done then, and it was dropped.
pub(crate) async fn within<T>(clock: &impl Clock, end: Option<Duration>, part: impl Future<Output = T>) -> Option<T> {
    let mut part = pin!(part);
    let mut timer = pin!(async {
        match end {
            Some(end) => clock.wait_until(end).await,
            None => pending().await,
        }
    });
    poll_fn(|cx| {
        // what has come counts, however late it is
        if let Poll::Ready(done) = part.as_mut().poll(cx) {
            return Poll::Ready(Some(done));
        }
        timer.as_mut().poll(cx).map(|()| None)
    })
    .await
}
