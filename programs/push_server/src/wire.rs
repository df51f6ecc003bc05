//! A connection below HTTP and WebSocket: it counts bytes, gives up a peer that does not read, and closes so that the
//! peer gets the last answer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// A peer that reads nothing for this long has disconnected.
const STALL: Duration = Duration::from_secs(30);

/// How long the peer may take to close, after everything was written.
const LINGER: Duration = Duration::from_secs(2);

/// How many bytes are read and discarded meanwhile.
const DISCARDED: usize = 1 << 20;

pub struct Wire {
    stream: TcpStream,
    received: Arc<AtomicU64>,
    sent: Arc<AtomicU64>,
    stall: Option<Pin<Box<Sleep>>>,
    closing: Closing,
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
    pub fn new(stream: TcpStream) -> Self {
        // An answer is one segment: it should not wait for the next one.
        let _ = stream.set_nodelay(true);
        Self { stream, received: Arc::default(), sent: Arc::default(), stall: None, closing: Closing::No }
    }

    /// Returns the count of bytes received, which goes on counting.
    pub fn received(&self) -> Arc<AtomicU64> {
        self.received.clone()
    }

    /// Returns the count of bytes sent, which goes on counting.
    pub fn sent(&self) -> Arc<AtomicU64> {
        self.sent.clone()
    }

    /// Counts what was written, and limits the time of a write that the peer does not read.
    fn unless_stalled(&mut self, cx: &mut Context<'_>, write: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(n)) = write {
            self.sent.fetch_add(n as u64, Ordering::Relaxed);
        }
        if write.is_ready() {
            self.stall = None;
            return write;
        }
        let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(STALL)));
        ready!(stall.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.received.fetch_add((buf.filled().len() - before) as u64, Ordering::Relaxed);
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.unless_stalled(cx, write)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.unless_stalled(cx, write)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, closing, .. } = &mut *self;
        loop {
            match closing {
                Closing::No => {
                    ready!(Pin::new(&mut *stream).poll_shutdown(cx))?;
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
