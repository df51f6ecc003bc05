//! A stream of HTTP/2 as a transport.

use bytes::{Buf, Bytes};
use h2::{Reason, RecvStream, SendStream};
use std::fmt;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream of HTTP/2 as a transport for tokio, which one WebSocket has for itself (RFC 8441 §5).
///
/// **Flow control holds back the sender.** What is read makes room in the window of the stream, and what is written
/// waits for room in the window of the peer. So a reader that is slow stops the one who sends to it, and no other stream
/// of the connection.
///
/// The end of the stream is the end of the transport, in each direction. A reset by the peer is an error,
/// [`ConnectionReset`](ErrorKind::ConnectionReset). A drop before the end is sent resets the stream with `CANCEL`.
pub struct Http2Stream {
    send: SendStream<Bytes>,
    receive: RecvStream,
    /// What has come, and was not read.
    rest: Bytes,
    /// Whether the end of the stream was sent.
    ended: bool,
}

impl Http2Stream {
    /// Returns the transport of both halves of a stream whose response was sent, or received.
    #[must_use]
    pub const fn new(send: SendStream<Bytes>, receive: RecvStream) -> Self {
        Self { send, receive, rest: Bytes::new(), ended: false }
    }
}

impl AsyncRead for Http2Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        while self.rest.is_empty() {
            match ready!(self.receive.poll_data(cx)) {
                Some(Ok(bytes)) => self.rest = bytes,
                Some(Err(error)) => return Poll::Ready(Err(io_error(error))),
                None => return Poll::Ready(Ok(())),
            }
        }
        let len = self.rest.len().min(out.remaining());
        out.put_slice(self.rest.get(..len).unwrap_or_default());
        self.rest.advance(len);
        // only what was read makes room for more
        self.receive.flow_control().release_capacity(len).map_err(io_error)?;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Http2Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        // room that is asked for and not used is missing in the other streams
        self.send.reserve_capacity(bytes.len().min(MAX_WRITE));
        while self.send.capacity() == 0 {
            match ready!(self.send.poll_capacity(cx)) {
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(io_error(error))),
                None => return Poll::Ready(Err(ErrorKind::BrokenPipe.into())),
            }
        }
        let len = bytes.len().min(self.send.capacity()).min(MAX_WRITE);
        let part = Bytes::copy_from_slice(bytes.get(..len).unwrap_or_default());
        self.send.send_data(part, false).map_err(io_error)?;
        Poll::Ready(Ok(len))
    }

    /// Does nothing: the task of the connection sends what was written.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.ended {
            self.ended = true;
            // the peer may have reset the stream: then it has ended anyway
            let _ = self.send.send_data(Bytes::new(), true);
        }
        Poll::Ready(Ok(()))
    }
}

/// How many bytes one write passes on, so that no stream takes all room of the connection at once.
const MAX_WRITE: usize = 64 << 10;

fn io_error(error: h2::Error) -> io::Error {
    if error.is_io() {
        return error.into_io().unwrap_or_else(|| ErrorKind::Other.into());
    }
    let kind = match error.reason() {
        Some(Reason::CANCEL | Reason::NO_ERROR | Reason::STREAM_CLOSED) => ErrorKind::ConnectionReset,
        _ if error.is_reset() || error.is_go_away() => ErrorKind::ConnectionReset,
        _ => ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

impl fmt::Debug for Http2Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http2Stream").field("ended", &self.ended).finish_non_exhaustive()
    }
}
