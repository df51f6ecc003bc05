//! Ctrl-C and SIGTERM.

use std::io;
use std::sync::Arc;
use tokio::sync::Notify;

/// Waits for signals that ask the program to end.
pub struct Signals {
    /// Ctrl-C as a key, while the terminal sends no signals.
    key: Arc<Notify>,
    #[cfg(unix)]
    streams: [tokio::signal::unix::Signal; 2],
}

impl Signals {
    pub fn new() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self {
                key: Arc::default(),
                streams: [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?],
            })
        }
        #[cfg(not(unix))]
        Ok(Self { key: Arc::default() })
    }

    /// Returns what has the effect of a signal when it is notified.
    pub fn key(&self) -> Arc<Notify> {
        self.key.clone()
    }

    pub async fn next(&mut self) {
        #[cfg(unix)]
        {
            let [interrupt, terminate] = &mut self.streams;
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                () = self.key.notified() => {}
            }
        }
        #[cfg(not(unix))]
        tokio::select! {
            Ok(()) = tokio::signal::ctrl_c() => {}
            () = self.key.notified() => {}
        }
    }
}
