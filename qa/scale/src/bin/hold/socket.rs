//! Memory in place of all sockets: a read copies, as the kernel does, and so does a write. There is one for all connections, since
//! they have their turns one after the other.

use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The longest frame.
const LONGEST: usize = 128;

/// Clones are the same.
#[derive(Clone)]
pub struct Socket(Rc<Ends>);

struct Ends {
    input: RefCell<[u8; LONGEST]>,
    /// What is left of it.
    at: Cell<usize>,
    end: Cell<usize>,
    output: RefCell<[u8; LONGEST]>,
    written: Cell<usize>,
}

impl Socket {
    pub fn new() -> Self {
        Self(Rc::new(Ends {
            input: RefCell::new([0; LONGEST]),
            at: Cell::new(0),
            end: Cell::new(0),
            output: RefCell::new([0; LONGEST]),
            written: Cell::new(0),
        }))
    }

    /// Bytes that the next reads return.
    #[inline(always)]
    pub fn offer(&self, frame: &[u8]) {
        self.0.input.borrow_mut()[..frame.len()].copy_from_slice(frame);
        self.0.at.set(0);
        self.0.end.set(frame.len());
    }

    /// A read: 0 bytes if nothing is left for now.
    #[inline(always)]
    pub fn fetch(&self, buf: &mut [u8]) -> usize {
        self.next(buf.len(), |bytes| buf[..bytes.len()].copy_from_slice(bytes))
    }

    #[inline(always)]
    fn next(&self, room: usize, give: impl FnOnce(&[u8])) -> usize {
        let (at, end) = (self.0.at.get(), self.0.end.get());
        let n = room.min(end - at);
        give(&self.0.input.borrow()[at..at + n]);
        self.0.at.set(at + n);
        n
    }

    /// A write.
    #[inline(always)]
    pub fn put(&self, bytes: &[u8]) {
        let at = self.0.written.get();
        self.0.output.borrow_mut()[at..at + bytes.len()].copy_from_slice(bytes);
        self.0.written.set(at + bytes.len());
    }

    /// Shows what was written since the last time.
    #[inline(always)]
    pub fn written(&self, see: impl FnOnce(&[u8])) {
        see(&self.0.output.borrow()[..self.0.written.get()]);
        self.0.written.set(0);
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
            0 => Err(ErrorKind::WouldBlock.into()),
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

impl AsyncRead for Socket {
    #[inline]
    fn poll_read(self: Pin<&mut Self>, _: &mut Context, buf: &mut ReadBuf) -> Poll<io::Result<()>> {
        match self.next(buf.remaining(), |bytes| buf.put_slice(bytes)) {
            0 => Poll::Pending,
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncWrite for Socket {
    #[inline]
    fn poll_write(self: Pin<&mut Self>, _: &mut Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.put(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
