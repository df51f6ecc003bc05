//! upframe-embedded: what the programs `echo_embedded` and `echo_embedded_deflate` share.

use crate::{read, write};
use core::convert::Infallible;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::ptr;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use upframe_embedded::embedded_io_async::{ErrorType, Read, Write};
use upframe_embedded::{Clock, Error, WebSocket};

/// The stream as a transport.
pub struct Stream;

impl ErrorType for Stream {
    type Error = Infallible;
}

impl Read for Stream {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        Ok(read(buf).len())
    }
}

impl Write for Stream {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        write(bytes);
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A timer that counts milliseconds.
const MILLISECONDS: *const u32 = 0x4000_C01C as *const u32;

/// The timer as a clock.
pub struct Timer;

impl Clock for Timer {
    fn now(&self) -> Duration {
        // SAFETY: registers of this address can be read at any time.
        Duration::from_millis(u64::from(unsafe { ptr::read_volatile(MILLISECONDS) }))
    }

    async fn wait_until(&self, time: Duration) {
        poll_fn(|_| if self.now() < time { Poll::Pending } else { Poll::Ready(()) }).await
    }
}

/// Sends back every message.
pub async fn echo(mut websocket: WebSocket<'_, Stream, Timer>) -> Result<(), Error<Infallible>> {
    while let Some(next) = websocket.next_and_writer().await {
        let (message, writer) = next?;
        if let Some(data) = message.to_fragment() {
            writer.send(data).await?;
        }
    }
    Ok(())
}

/// Runs a future.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
    }
}
