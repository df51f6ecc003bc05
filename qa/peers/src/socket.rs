//! Memory in place of a socket, with the traits of all: a read copies, as the kernel does, and so does a write.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// One end of a connection. Clones are the same end.
#[derive(Clone)]
pub struct Socket(Rc<Ends>);

struct Ends {
    input: Rc<[u8]>,
    at: Cell<usize>,
    piece: Cell<usize>,
    output: RefCell<Vec<u8>>,
    written: Cell<usize>,
}

impl Socket {
    /// Reads of this input return at most so many bytes each.
    pub fn new(input: Rc<[u8]>, piece: usize) -> Self {
        Self(Rc::new(Ends {
            input,
            at: Cell::new(0),
            piece: Cell::new(piece),
            output: RefCell::new(vec![0; (1 << 16) + 4096]),
            written: Cell::new(0),
        }))
    }

    /// One that nothing comes from.
    pub fn silent() -> Self {
        Self::new(Rc::new([]), usize::MAX)
    }

    /// Back to the first byte, and nothing is written.
    #[inline]
    pub fn rewind(&self) {
        self.0.at.set(0);
        self.0.written.set(0);
    }

    /// How many bytes the next read could return.
    pub fn left(&self) -> usize {
        self.0.input.len() - self.0.at.get()
    }

    /// A read: 0 bytes if nothing is left for now.
    #[inline]
    pub fn fetch(&self, buf: &mut [u8]) -> usize {
        self.next(buf.len(), |bytes| buf[..bytes.len()].copy_from_slice(bytes))
    }

    #[inline]
    fn next(&self, room: usize, give: impl FnOnce(&[u8])) -> usize {
        let ends = &*self.0;
        let (input, at) = (&ends.input, ends.at.get());
        let n = room.min(ends.piece.get()).min(input.len() - at);
        give(&input[at..at + n]);
        ends.at.set(at + n);
        n
    }

    /// A write. What was written longest ago is overwritten when the memory is full.
    #[inline]
    pub fn put(&self, bytes: &[u8]) {
        let mut output = self.0.output.borrow_mut();
        let at = if self.0.written.get() + bytes.len() > output.len() { 0 } else { self.0.written.get() };
        output[at..at + bytes.len()].copy_from_slice(bytes);
        self.0.written.set(at + bytes.len());
    }

    /// Shows what was written since the last time.
    #[inline]
    pub fn written<T>(&self, see: impl FnOnce(&[u8]) -> T) -> T {
        let seen = see(&self.0.output.borrow()[..self.0.written.get()]);
        self.0.written.set(0);
        seen
    }
}

/// Polls a future once: `None` if it waits for bytes that have not arrived.
#[inline]
pub fn now<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

impl io::Read for Socket {
    #[inline]
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.fetch(buf) {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            n => Ok(n),
        }
    }
}

impl io::Write for Socket {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.put(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl tokio::io::AsyncRead for Socket {
    #[inline]
    fn poll_read(self: Pin<&mut Self>, _: &mut Context, buf: &mut tokio::io::ReadBuf) -> Poll<io::Result<()>> {
        match self.next(buf.remaining(), |bytes| buf.put_slice(bytes)) {
            0 => Poll::Pending,
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl tokio::io::AsyncWrite for Socket {
    #[inline]
    fn poll_write(self: Pin<&mut Self>, _: &mut Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.put(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(self: Pin<&mut Self>, _: &mut Context, parts: &[io::IoSlice]) -> Poll<io::Result<usize>> {
        parts.iter().for_each(|part| self.put(part));
        Poll::Ready(Ok(parts.iter().map(|part| part.len()).sum()))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl futures_io::AsyncRead for Socket {
    #[inline]
    fn poll_read(self: Pin<&mut Self>, _: &mut Context, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        match self.fetch(buf) {
            0 => Poll::Pending,
            n => Poll::Ready(Ok(n)),
        }
    }
}

impl futures_io::AsyncWrite for Socket {
    #[inline]
    fn poll_write(self: Pin<&mut Self>, _: &mut Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.put(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl embedded_io_async::ErrorType for Socket {
    type Error = embedded_io_async::ErrorKind;
}

impl embedded_io_async::Read for Socket {
    #[inline]
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        match self.fetch(buf) {
            0 => std::future::pending().await,
            n => Ok(n),
        }
    }
}

impl embedded_io_async::Write for Socket {
    #[inline]
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        self.put(bytes);
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}
