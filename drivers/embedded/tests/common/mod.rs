//! What several tests use: a scripted transport, a clock, and an executor that drops futures.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;
use upframe_embedded::embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use upframe_embedded::{Clock, Deflate, DeflateMemory, NoEntropy, SmallTables, Workspace};

/// What happens after the input.
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum After {
    /// The stream ends.
    End,
    /// Nothing comes any more.
    Silence,
    /// The transport fails.
    Error,
}

/// A transport: reads `input`, `size` bytes at a time. Each call waits once before it does something.
pub struct Script {
    pub input: Vec<u8>,
    pub output: Rc<RefCell<Vec<u8>>>,
    pub size: usize,
    pub after: After,
    /// So many bytes are accepted; then a write waits.
    pub accepts: usize,
    /// Whether the next call waits.
    waits: bool,
}

impl Script {
    pub fn new(input: &[u8], size: usize, after: After) -> Self {
        Self { input: input.to_vec(), output: Rc::default(), size, after, accepts: usize::MAX, waits: false }
    }

    async fn turn(&mut self) {
        poll_fn(|cx| {
            self.waits = !self.waits;
            if self.waits {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
    }
}

impl ErrorType for Script {
    type Error = ErrorKind;
}

impl Read for Script {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        self.turn().await;
        if self.input.is_empty() {
            match self.after {
                After::End => return Ok(0),
                After::Silence => std::future::pending().await,
                After::Error => return Err(ErrorKind::ConnectionReset),
            }
        }
        let n = buf.len().min(self.size).min(self.input.len());
        buf[..n].copy_from_slice(&self.input[..n]);
        self.input.drain(..n);
        Ok(n)
    }
}

impl Write for Script {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        self.turn().await;
        let n = buf.len().min(self.size).min(self.accepts);
        if n == 0 {
            std::future::pending().await
        }
        self.accepts -= n;
        self.output.borrow_mut().extend(&buf[..n]);
        Ok(n)
    }
    async fn flush(&mut self) -> Result<(), ErrorKind> {
        self.turn().await;
        Ok(())
    }
}

/// A clock that goes on when all wait.
#[derive(Default)]
pub struct TestClock {
    pub now: Cell<Duration>,
    waited: Cell<Option<Duration>>,
}

impl TestClock {
    /// Returns the first time for which somebody waits.
    pub fn waited(&self) -> Option<Duration> {
        self.waited.take()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Duration {
        self.now.get()
    }
    async fn wait_until(&self, time: Duration) {
        poll_fn(|_| {
            if time <= self.now.get() {
                return Poll::Ready(());
            }
            self.waited.set(Some(self.waited.get().map_or(time, |other| other.min(time))));
            Poll::Pending
        })
        .await;
    }
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Polls a future until it was pending `polls` times, and drops it then. `None` if it was dropped.
pub fn polled<T>(clock: &TestClock, polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let mut future = pin!(future);
    for _ in 0..polls {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(done);
        }
        let waited = clock.waited();
        if !woken.0.swap(false, Ordering::Relaxed) {
            clock.now.set(waited.expect("everything waits, and for no time"));
        }
    }
    None
}

/// Runs a future.
pub fn run<T>(clock: &TestClock, future: impl Future<Output = T>) -> T {
    polled(clock, usize::MAX, future).unwrap()
}

/// Drops each future that a call returns after `polls` polls, and calls again, until one returns.
pub fn again<T>(clock: &TestClock, polls: usize, mut call: impl AsyncFnMut() -> T) -> T {
    loop {
        if let Some(done) = polled(clock, polls, call()) {
            return done;
        }
    }
}

/// Keys of zeros.
pub fn keys(bytes: &mut [u8]) -> Result<(), NoEntropy> {
    bytes.fill(0);
    Ok(())
}

/// A frame of a client, masked with a key of zeros.
pub fn masked(b0: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![b0];
    match payload.len() {
        n @ 0..=125 => frame.push(0x80 | n as u8),
        n => frame.extend([0x80 | 126, (n >> 8) as u8, n as u8]),
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

/// A frame of a server.
pub fn plain(b0: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = masked(b0, payload);
    let at = if payload.len() > 125 { 4 } else { 2 };
    frame[1] &= 0x7F;
    frame.drain(at..at + 4);
    frame
}

/// Memory of compression, of these lengths.
pub struct Memory {
    inflate: Vec<u8>,
    tables: Box<SmallTables>,
    window: Vec<u8>,
    workspace: Box<Workspace<256, 0>>,
}

impl Memory {
    pub fn new(inflate: usize, window: usize) -> Self {
        // what lies in it does not matter
        let (tables, workspace) = (Box::new(SmallTables::new()), Box::new(Workspace::new()));
        Self { inflate: vec![0xEE; inflate], tables, window: vec![0xEE; window], workspace }
    }

    pub fn deflate(&mut self, bits: u8) -> Deflate<'_> {
        let Self { inflate, tables, window, workspace } = self;
        Deflate::new(bits, DeflateMemory { inflate, tables, window, workspace })
    }
}
