//! A connection below HTTP and WebSocket, and above TLS: it counts bytes, disconnects a peer that does not read, and
//! closes so that the peer gets the last answer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A peer that reads nothing for this long has disconnected.
pub const STALL: Duration = Duration::from_secs(30);

/// How long the peer may take to close, after everything was written.
const LINGER: Duration = Duration::from_secs(2);

/// How many bytes are read and discarded meanwhile.
const DISCARDED: usize = 1 << 20;

/// What a client of HTTP/2 sends first (RFC 9113 §3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// TCP, or TLS on it.
pub trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

pub struct Wire {
    stream: Box<dyn Transport>,
    /// What was read to see which version of HTTP it is: it is read again.
    ahead: Vec<u8>,
    received: Arc<AtomicU64>,
    write: Patience,
    /// TLS holds back what it has encrypted.
    flush: Patience,
    closing: Closing,
}

/// Limits the time of writing to a peer that does not read.
#[derive(Default)]
struct Patience(Option<Pin<Box<Sleep>>>);

impl Patience {
    fn unless_stalled<T>(&mut self, cx: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            self.0 = None;
            return done;
        }
        let stall = self.0.get_or_insert_with(|| Box::pin(sleep(STALL)));
        ready!(stall.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

enum Closing {
    No,
    /// Nothing more is written. What the peer still sends is discarded: if it stayed unread, the system would reset the
    /// connection, and the peer would lose the last answer.
    Discarding {
        until: Pin<Box<Sleep>>,
        left: usize,
    },
    Done,
}

impl Wire {
    pub fn new(stream: Box<dyn Transport>) -> Self {
        let (write, flush) = (Patience::default(), Patience::default());
        Self { stream, ahead: Vec::new(), received: Arc::default(), write, flush, closing: Closing::No }
    }

    /// Returns the count of bytes received, which goes on counting.
    pub fn received(&self) -> Arc<AtomicU64> {
        self.received.clone()
    }

    /// Reads as much as tells whether the client begins with HTTP/2.
    ///
    /// # Errors
    ///
    /// Those of the transport.
    pub async fn begins_with_http_2(&mut self) -> io::Result<bool> {
        let mut bytes = [0; PREFACE.len()];
        while let Some(missing) = bytes.get_mut(self.ahead.len()..).filter(|missing| !missing.is_empty()) {
            let read = self.stream.read(missing).await?;
            self.ahead.extend_from_slice(missing.get(..read).unwrap_or_default());
            if read == 0 || !PREFACE.starts_with(&self.ahead) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = if self.ahead.is_empty() {
            Pin::new(&mut self.stream).poll_read(cx, buf)
        } else {
            let len = self.ahead.len().min(buf.remaining());
            buf.put_slice(&self.ahead.drain(..len).collect::<Vec<_>>());
            Poll::Ready(Ok(()))
        };
        self.received.fetch_add((buf.filled().len() - before) as u64, Ordering::Relaxed);
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.write.unless_stalled(cx, write)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.write.unless_stalled(cx, write)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flush = Pin::new(&mut self.stream).poll_flush(cx);
        self.flush.unless_stalled(cx, flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, closing, flush, .. } = &mut *self;
        loop {
            match closing {
                Closing::No => {
                    let shutdown = Pin::new(&mut *stream).poll_shutdown(cx);
                    ready!(flush.unless_stalled(cx, shutdown))?;
                    *closing = Closing::Discarding { until: Box::pin(sleep(LINGER)), left: DISCARDED };
                }
                Closing::Discarding { until, left } => {
                    let mut bytes = [0; 4096];
                    let mut buf = ReadBuf::new(&mut bytes);
                    match Pin::new(&mut *stream).poll_read(cx, &mut buf) {
                        Poll::Ready(Ok(())) if !buf.filled().is_empty() && buf.filled().len() <= *left => {
                            *left -= buf.filled().len();
                            continue;
                        }
                        Poll::Ready(_) => {}
                        Poll::Pending => ready!(until.as_mut().poll(cx)),
                    }
                    *closing = Closing::Done;
                }
                Closing::Done => return Poll::Ready(Ok(())),
            }
        }
    }
}
