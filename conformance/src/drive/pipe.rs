//! A subject at the other end of a pipe of bytes.

use super::{Incoming, Link, Wait};
use std::collections::VecDeque;
use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// How long to wait for a subject that needs time to answer. Every byte that comes restarts each of these times.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Patience {
    /// The time without a byte after which an answer counts as missing (10 s).
    pub answer: Duration,
    /// The time within which an answer counts as early, such as a failure at the first invalid byte (0.5 s).
    pub early: Duration,
    /// The time without a byte after which nothing more is expected (20 ms).
    pub quiet: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { answer: Duration::from_secs(10), early: Duration::from_millis(500), quiet: Duration::from_millis(20) }
    }
}

/// A connection over a reader and a writer: a TCP stream and its clone, or the pipes of a child process.
///
/// A thread reads, so that the subject can write while the suite writes.
pub struct Pipe<W: Write> {
    incoming: Receiver<Vec<u8>>,
    /// Bytes that were read before this pipe was created.
    early: VecDeque<Vec<u8>>,
    writer: W,
    /// Nothing more can be written.
    finished: bool,
    hang_up: Box<dyn FnMut(&mut W)>,
    patience: Patience,
}

impl<W: Write> Pipe<W> {
    /// Creates a pipe. `hang_up` ends the writer's direction of the stream, if dropping the writer does not.
    pub fn new(
        mut reader: impl Read + Send + 'static,
        writer: W,
        hang_up: impl FnMut(&mut W) + 'static,
        patience: Patience,
    ) -> Self {
        let (sender, incoming) = channel();
        thread::spawn(move || {
            let mut buffer = vec![0; 64 << 10];
            loop {
                match reader.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(n) if sender.send(buffer[..n].to_vec()).is_ok() => {}
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    _ => break,
                }
            }
        });
        Self { incoming, early: VecDeque::new(), writer, finished: false, hang_up: Box::new(hang_up), patience }
    }

    /// Puts bytes before everything that will be read.
    pub fn unread(&mut self, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.early.push_front(bytes);
        }
    }
}

impl<W: Write> Link for Pipe<W> {
    fn send(&mut self, bytes: &[u8]) {
        // If writing fails, what the subject sent before it disconnected can still be read.
        if !self.finished && self.writer.write_all(bytes).and_then(|()| self.writer.flush()).is_err() {
            self.finished = true;
        }
    }

    fn finish(&mut self) {
        self.finished = true;
        (self.hang_up)(&mut self.writer);
    }

    fn receive(&mut self, wait: Wait) -> Incoming {
        if let Some(bytes) = self.early.pop_front() {
            return Incoming::Bytes(bytes);
        }
        let time = match wait {
            Wait::No => Duration::ZERO,
            Wait::Quiet => self.patience.quiet,
            Wait::Early => self.patience.early,
            Wait::Answer => self.patience.answer,
        };
        match self.incoming.recv_timeout(time) {
            Ok(bytes) => Incoming::Bytes(bytes),
            Err(RecvTimeoutError::Timeout) => Incoming::Silence,
            Err(RecvTimeoutError::Disconnected) => Incoming::End,
        }
    }
}

impl<W: Write> fmt::Debug for Pipe<W> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("Pipe").field("patience", &self.patience).finish_non_exhaustive()
    }
}
