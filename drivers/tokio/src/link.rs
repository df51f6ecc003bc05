//! What reading and writing share: the transport, the sending half, the keepalive.

use std::io;
use std::mem::take;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker, ready};
use tokio::io::AsyncWrite;
use tokio::time::Instant;
use upframe::keepalive::{Due, Keepalive};
use upframe_driver::{Error, Output};

/// Who polls.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    Reader,
    Writer,
}

impl Side {
    const fn other(self) -> Self {
        match self {
            Self::Reader => Self::Writer,
            Self::Writer => Self::Reader,
        }
    }

    const fn of<T>(self, [reader, writer]: &mut [T; 2]) -> &mut T {
        match self {
            Self::Reader => reader,
            Self::Writer => writer,
        }
    }
}

/// The tasks that wait for the transport to accept bytes.
///
/// A transport wakes only the task that asked last, and both the reader (for its Pongs) and the writer ask. So it is
/// always asked with one waker, which wakes both.
#[derive(Default)]
struct Waiting(Mutex<[Option<Waker>; 2]>);

impl Waiting {
    fn tasks<T>(&self, with: impl FnOnce(&mut [Option<Waker>; 2]) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, side: Side, waker: &Waker) {
        self.tasks(|tasks| match side.of(tasks) {
            Some(waiting) => waiting.clone_from(waker),
            none => *none = Some(waker.clone()),
        });
    }

    fn remove(&self, side: Side) -> Option<Waker> {
        self.tasks(|tasks| side.of(tasks).take())
    }
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        for waker in self.tasks(take).into_iter().flatten() {
            waker.wake();
        }
    }
}

pub(crate) struct Link<S> {
    pub(crate) io: S,
    pub(crate) output: Output,
    pub(crate) keepalive: Keepalive<Instant>,
    waiting: Arc<Waiting>,
    /// Whether the reader, and the writer, may be among those that wait: there is nothing to lock if not.
    may_wait: [bool; 2],
    /// Wakes all that wait.
    waker: Waker,
    /// The task that reads, if it waits for input or for time.
    reader: Option<Waker>,
    /// Whether the transport may hold bytes that it was not told to flush.
    unflushed: bool,
    /// Why nothing can be written any more.
    broken: Option<io::ErrorKind>,
}

impl<S> Link<S> {
    pub(crate) fn new(io: S, output: Output, keepalive: Keepalive<Instant>) -> Self {
        let waiting = Arc::new(Waiting::default());
        let waker = Waker::from(waiting.clone());
        Self {
            io,
            output,
            keepalive,
            waiting,
            may_wait: [false; 2],
            waker,
            reader: None,
            unflushed: false,
            broken: None,
        }
    }

    /// Notes that the closing handshake has started, and lets the reader set its timer again.
    pub(crate) fn on_closing(&mut self) {
        self.keepalive.on_closing(Instant::now());
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    /// The reader waits for input or for time.
    pub(crate) fn reader_waits(&mut self, cx: &Context<'_>) {
        match &mut self.reader {
            Some(reader) => reader.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
    }

    /// Nothing can be written any more. Wakes the writer, which is told so.
    pub(crate) fn break_off(&mut self, why: io::ErrorKind) {
        self.broken.get_or_insert(why);
        self.output.discard();
        if let Some(writer) = self.wait_no_longer(Side::Writer) {
            writer.wake();
        }
    }

    /// This side waits for the transport to accept bytes.
    fn wait(&mut self, side: Side, waker: &Waker) {
        *side.of(&mut self.may_wait) = true;
        self.waiting.add(side, waker);
    }

    /// This side does not wait any more. Returns its task if it did.
    fn wait_no_longer(&mut self, side: Side) -> Option<Waker> {
        if take(side.of(&mut self.may_wait)) { self.waiting.remove(side) } else { None }
    }

    /// Does what is due at this time. An error ends the connection.
    pub(crate) fn on_time(&mut self, now: Instant) -> Result<(), Error> {
        let error = match self.keepalive.handle_timeout(now) {
            None => return Ok(()),
            Some(Due::Ping) => {
                // If much waits for the transport, the peer does not read either: one more Ping would not help.
                if self.output.has_room() {
                    let _ = self.output.ping(&self.keepalive.ping_payload());
                }
                return Ok(());
            }
            Some(Due::Dead) => Error::Dead,
            Some(Due::CloseTimedOut) => Error::CloseTimedOut,
        };
        self.break_off(io::ErrorKind::TimedOut);
        Err(error)
    }

    /// Returns an error if nothing can be written any more.
    pub(crate) fn check(&self) -> io::Result<()> {
        self.broken.map_or(Ok(()), |kind| Err(kind.into()))
    }
}

impl<S: AsyncWrite + Unpin> Link<S> {
    /// Writes until there is room for a message.
    pub(crate) fn poll_ready(&mut self, side: Side, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        if self.output.has_room() { Poll::Ready(Ok(())) } else { self.poll_write(side, cx, Output::has_room) }
    }

    /// Writes all that is queued, and what is owed.
    pub(crate) fn poll_flush(&mut self, side: Side, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        self.output.write_reply();
        if self.output.bytes().is_empty() && !self.unflushed {
            return Poll::Ready(Ok(()));
        }
        self.poll_write(side, cx, |_| false)
    }

    /// Writes and flushes all, then closes the transport for writing.
    pub(crate) fn poll_shutdown(&mut self, side: Side, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_flush(side, cx))?;
        self.wait(side, cx.waker());
        let result = Pin::new(&mut self.io).poll_shutdown(&mut Context::from_waker(&self.waker));
        if result.is_ready() {
            self.wait_no_longer(side);
        }
        result
    }

    /// Writes until `enough`, or until all is written and flushed.
    fn poll_write(
        &mut self,
        side: Side,
        cx: &mut Context<'_>,
        enough: impl Fn(&Output) -> bool,
    ) -> Poll<io::Result<()>> {
        let mut progress = false;
        let mut result = self.write_now(&enough, &mut progress);
        if result.is_pending() {
            self.wait(side, cx.waker());
            // it may have become ready before it knew whom to wake
            result = self.write_now(&enough, &mut progress);
        }
        if let Poll::Ready(done) = &result {
            self.wait_no_longer(side);
            if let Err(error) = done {
                self.break_off(error.kind());
            }
        }
        // the other one may go on, too
        if progress && let Some(other) = self.wait_no_longer(side.other()) {
            other.wake();
        }
        result
    }

    /// Writes until `enough`, or until all is written and flushed, or until the transport would wait.
    fn write_now(&mut self, enough: &impl Fn(&Output) -> bool, progress: &mut bool) -> Poll<io::Result<()>> {
        let both = &mut Context::from_waker(&self.waker);
        loop {
            if enough(&self.output) {
                return Poll::Ready(Ok(()));
            }
            if self.output.bytes().is_empty() {
                self.output.write_reply(); // there is room now
            }
            if self.output.bytes().is_empty() {
                let flushed = Pin::new(&mut self.io).poll_flush(both);
                self.unflushed = !matches!(flushed, Poll::Ready(Ok(())));
                return flushed;
            }
            match ready!(Pin::new(&mut self.io).poll_write(both, self.output.bytes())) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(n) => {
                    self.output.advance(n);
                    (*progress, self.unflushed) = (true, true);
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}
