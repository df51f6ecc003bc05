//! A panic of a peer is something that it is seen to do; any other is a defect here, or in upframe.

use std::panic::{self, AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

static PEER_RUNS: AtomicBool = AtomicBool::new(false);
static PEER_PANICKED: AtomicBool = AtomicBool::new(false);

/// From now on, a panic of a peer prints nothing.
pub fn install() {
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        // the adapters are files of this crate, and the peers are not
        let in_peer =
            PEER_RUNS.load(Relaxed) && !panic.location().is_some_and(|place| place.file().starts_with("src/"));
        PEER_PANICKED.store(in_peer, Relaxed);
        if !in_peer {
            default(panic);
        }
    }));
}

/// Runs a peer: `None` if it panics.
pub fn peer<T>(run: impl FnOnce() -> T) -> Option<T> {
    PEER_RUNS.store(true, Relaxed);
    let result = catch_unwind(AssertUnwindSafe(run));
    PEER_RUNS.store(false, Relaxed);
    match result {
        Ok(done) => Some(done),
        Err(_) if PEER_PANICKED.load(Relaxed) => None,
        Err(panic) => resume_unwind(panic),
    }
}
