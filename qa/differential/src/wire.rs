//! Memory in place of a socket: pieces come in, one a read, and what is written is kept.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// One end of a connection. Clones are the same end. It never ends: after the last piece, no more bytes arrive for now.
#[derive(Clone, Default)]
pub struct Wire(Rc<RefCell<Ends>>);

#[derive(Default)]
struct Ends {
    input: VecDeque<Vec<u8>>,
    output: Vec<u8>,
}

impl Wire {
    pub fn of(pieces: &[&[u8]]) -> Self {
        let wire = Self::default();
        wire.put(pieces);
        wire
    }

    /// More to read.
    pub fn put(&self, pieces: &[&[u8]]) {
        self.0.borrow_mut().input.extend(pieces.iter().filter(|piece| !piece.is_empty()).map(|piece| piece.to_vec()));
    }

    /// A read of at most a piece: 0 bytes if nothing is left.
    pub fn fetch(&self, room: usize) -> Vec<u8> {
        let input = &mut self.0.borrow_mut().input;
        let Some(mut piece) = input.pop_front() else { return vec![] };
        let rest = piece.split_off(piece.len().min(room));
        if !rest.is_empty() {
            input.push_front(rest);
        }
        piece
    }

    pub fn has_input(&self) -> bool {
        !self.0.borrow().input.is_empty()
    }

    pub fn write(&self, bytes: &[u8]) {
        self.0.borrow_mut().output.extend(bytes);
    }

    /// All that was written.
    pub fn written(&self) -> Vec<u8> {
        self.0.borrow().output.clone()
    }
}

/// Polls a future once: `None` if it waits for bytes that have not arrived.
pub fn now<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

impl io::Read for Wire {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let piece = self.fetch(buf.len());
        if piece.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        buf[..piece.len()].copy_from_slice(&piece);
        Ok(piece.len())
    }
}

impl io::Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Wire::write(self, bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl tokio::io::AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context, buf: &mut tokio::io::ReadBuf) -> Poll<io::Result<()>> {
        let piece = self.fetch(buf.remaining());
        if piece.is_empty() {
            return Poll::Pending;
        }
        buf.put_slice(&piece);
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Wire::write(&self, bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
