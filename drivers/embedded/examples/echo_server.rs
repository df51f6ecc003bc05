//! `echo_server [ADDRESS]`: sends back every message, on a machine with an operating system. It prints its address.
//!
//! It shows what a transport, a clock and an executor need: here each is a few lines.

use std::convert::Infallible;
use std::env;
use std::future::{Future, poll_fn};
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};
use upframe_embedded::embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use upframe_embedded::{Clock, Error, accept};

/// A socket that does not block.
struct Socket(TcpStream);

impl Socket {
    async fn ready<T>(&mut self, mut call: impl FnMut(&mut TcpStream) -> io::Result<T>) -> Result<T, ErrorKind> {
        poll_fn(|_| match call(&mut self.0) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
            result => Poll::Ready(result.map_err(|_| ErrorKind::ConnectionReset)),
        })
        .await
    }
}

impl ErrorType for Socket {
    type Error = ErrorKind;
}

impl Read for Socket {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        self.ready(|socket| socket.read(buf)).await
    }
}

impl Write for Socket {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        self.ready(|socket| socket.write(bytes)).await
    }
    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

/// The time since the start.
struct SystemClock(Instant);

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
    async fn wait_until(&self, time: Duration) {
        poll_fn(|_| if self.now() < time { Poll::Pending } else { Poll::Ready(()) }).await;
    }
}

async fn echo(socket: Socket) -> Result<(), Error<ErrorKind>> {
    let (mut receive, mut send) = (vec![0; 65_536], vec![0; 65_536 + 14]);
    let mut websocket = accept(socket, SystemClock(Instant::now()), &mut receive, &mut send).await?;
    while let Some(next) = websocket.next_and_writer().await {
        let (message, writer) = next?;
        if let Some(data) = message.to_fragment() {
            writer.send(data).await?;
        }
    }
    Ok(())
}

/// Asks again and again, every millisecond.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn main() -> io::Result<Infallible> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9002".into());
    let listener = TcpListener::bind(address)?;
    println!("ws://{}/", listener.local_addr()?);
    loop {
        let (stream, peer) = listener.accept()?;
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        thread::spawn(move || {
            if let Err(error) = block_on(echo(Socket(stream))) {
                eprintln!("{peer}: {error}");
            }
        });
    }
}
