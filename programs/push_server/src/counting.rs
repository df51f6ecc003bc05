//! How much a WebSocket sends, in any version of HTTP.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use upframe_http::upframe_tokio::{self, Role};
use upframe_http::{Bytes, Config};

/// A transport that counts what is written to it.
pub struct Counting<S> {
    stream: S,
    sent: Arc<AtomicU64>,
}

/// Counts what a WebSocket sends that has not sent anything yet. The count goes on.
pub fn count<S: AsyncRead + AsyncWrite + Unpin>(
    socket: upframe_tokio::WebSocket<S>,
    config: Config,
) -> (upframe_tokio::WebSocket<Counting<S>>, Arc<AtomicU64>) {
    let (sent, deflate) = (Arc::<AtomicU64>::default(), socket.deflate_params());
    let transport = Counting { stream: socket.into_inner(), sent: sent.clone() };
    (upframe_tokio::WebSocket::with_params(transport, Role::Server, config, Bytes::new(), deflate), sent)
}

impl<S: AsyncRead + Unpin> AsyncRead for Counting<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counting<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write(cx, buf);
        if let Poll::Ready(Ok(written)) = write {
            self.sent.fetch_add(written as u64, Ordering::Relaxed);
        }
        write
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        if let Poll::Ready(Ok(written)) = write {
            self.sent.fetch_add(written as u64, Ordering::Relaxed);
        }
        write
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
