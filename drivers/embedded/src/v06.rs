//! Transports of embedded-io-async 0.6.

use core::{error, fmt};
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use embedded_io_async_06 as old;

/// A transport of embedded-io-async 0.6 as one of 0.7.
#[derive(Debug)]
pub struct V06<T>(pub T);

/// An error of embedded-io 0.6.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Error06<E>(pub E);

impl<E: fmt::Debug> fmt::Display for Error06<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<E: fmt::Debug> error::Error for Error06<E> {}

impl<E: old::Error> embedded_io_async::Error for Error06<E> {
    fn kind(&self) -> ErrorKind {
        match self.0.kind() {
            old::ErrorKind::NotFound => ErrorKind::NotFound,
            old::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
            old::ErrorKind::ConnectionRefused => ErrorKind::ConnectionRefused,
            old::ErrorKind::ConnectionReset => ErrorKind::ConnectionReset,
            old::ErrorKind::ConnectionAborted => ErrorKind::ConnectionAborted,
            old::ErrorKind::NotConnected => ErrorKind::NotConnected,
            old::ErrorKind::BrokenPipe => ErrorKind::BrokenPipe,
            old::ErrorKind::InvalidInput => ErrorKind::InvalidInput,
            old::ErrorKind::InvalidData => ErrorKind::InvalidData,
            old::ErrorKind::TimedOut => ErrorKind::TimedOut,
            old::ErrorKind::Interrupted => ErrorKind::Interrupted,
            old::ErrorKind::OutOfMemory => ErrorKind::OutOfMemory,
            old::ErrorKind::WriteZero => ErrorKind::WriteZero,
            _ => ErrorKind::Other,
        }
    }
}

impl<T: old::ErrorType> ErrorType for V06<T> {
    type Error = Error06<T::Error>;
}

impl<T: old::Read> Read for V06<T> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        self.0.read(buf).await.map_err(Error06)
    }
}

impl<T: old::Write> Write for V06<T> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, Self::Error> {
        self.0.write(buf).await.map_err(Error06)
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        self.0.flush().await.map_err(Error06)
    }
}
