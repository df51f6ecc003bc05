//! On transports of embedded-io, which block: a serial port, a modem, a TCP stack without an executor. It is a library,
//! so that it compiles for every target. `tests/blocking.rs` runs it on TCP.
//!
//! If the transport can tell whether a call would block, `Polled` keeps all time limits. If it cannot, `Blocking` has
//! none: then a read waits as long as the transport does.

#![cfg_attr(target_os = "none", no_std)]

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use embedded_io::{ReadReady, WriteReady};
use upframe_embedded::embedded_io_async::{ErrorType, Read, Write};
use upframe_embedded::{Clock, Error, NoClock, accept};

/// A transport that is asked again and again, until it has something.
#[derive(Debug)]
pub struct Polled<T>(pub T);

impl<T: ErrorType> ErrorType for Polled<T> {
    type Error = T::Error;
}

impl<T: embedded_io::Read + ReadReady> Read for Polled<T> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, T::Error> {
        poll_fn(|_| if self.0.read_ready()? { Poll::Ready(self.0.read(buf)) } else { Poll::Pending }).await
    }
}

impl<T: embedded_io::Write + WriteReady> Write for Polled<T> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, T::Error> {
        poll_fn(|_| if self.0.write_ready()? { Poll::Ready(self.0.write(bytes)) } else { Poll::Pending }).await
    }

    async fn flush(&mut self) -> Result<(), T::Error> {
        self.0.flush()
    }
}

/// A transport whose calls wait.
#[derive(Debug)]
pub struct Blocking<T>(pub T);

impl<T: ErrorType> ErrorType for Blocking<T> {
    type Error = T::Error;
}

impl<T: embedded_io::Read> Read for Blocking<T> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, T::Error> {
        self.0.read(buf)
    }
}

impl<T: embedded_io::Write> Write for Blocking<T> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, T::Error> {
        self.0.write(bytes)
    }

    async fn flush(&mut self) -> Result<(), T::Error> {
        self.0.flush()
    }
}

/// Runs a future. `idle` is called whenever it waits: let the processor sleep until the next interrupt, for example.
pub fn block_on<T>(future: impl Future<Output = T>, mut idle: impl FnMut()) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
        idle();
    }
}

/// Sends back every message, with keepalive and all time limits. Close the transport then.
///
/// # Errors
///
/// Those of the connection.
pub fn echo_polled<T>(transport: T, clock: impl Clock, idle: impl FnMut()) -> Result<(), Error<T::Error>>
where
    T: embedded_io::Read + ReadReady + embedded_io::Write + WriteReady,
{
    block_on(echo(Polled(transport), clock), idle)
}

/// Sends back every message. Nothing limits the time. Close the transport then.
///
/// # Errors
///
/// Those of the connection.
pub fn echo_blocking<T: embedded_io::Read + embedded_io::Write>(transport: T) -> Result<(), Error<T::Error>> {
    block_on(echo(Blocking(transport), NoClock), || ())
}

async fn echo<T: Read + Write>(transport: T, clock: impl Clock) -> Result<(), Error<T::Error>> {
    let (mut receive, mut send) = ([0; 512], [0; 512]);
    let mut websocket = accept(transport, clock, &mut receive, &mut send).await?;
    while let Some(next) = websocket.next_and_writer().await {
        let (message, writer) = next?;
        if let Some(data) = message.to_fragment() {
            writer.send(data).await?;
        }
    }
    Ok(())
}
