//! The example on transports that block, over TCP, with a client of other authors.

#[path = "../examples/blocking.rs"]
mod example;

use embedded_io::{ErrorKind, ErrorType, Read, ReadReady, Write, WriteReady};
use example::{echo_blocking, echo_polled};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};
use tungstenite::protocol::CloseFrame;
use tungstenite::{Message, WebSocket};
use upframe_embedded::{Clock, Error};

/// A socket as a transport of embedded-io.
struct Socket(TcpStream);

fn kind(_: std::io::Error) -> ErrorKind {
    ErrorKind::ConnectionReset
}

impl ErrorType for Socket {
    type Error = ErrorKind;
}

impl Read for Socket {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        self.0.read(buf).map_err(kind)
    }
}

impl ReadReady for Socket {
    fn read_ready(&mut self) -> Result<bool, ErrorKind> {
        self.0.set_nonblocking(true).map_err(kind)?;
        let peeked = self.0.peek(&mut [0]);
        self.0.set_nonblocking(false).map_err(kind)?;
        match peeked {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(false),
            peeked => peeked.map(|_| true).map_err(kind),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        self.0.write(bytes).map_err(kind)
    }
    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

impl WriteReady for Socket {
    fn write_ready(&mut self) -> Result<bool, ErrorKind> {
        Ok(true)
    }
}

/// A clock that runs `speed` times as fast.
struct Fast {
    start: Instant,
    speed: u32,
}

impl Clock for Fast {
    fn now(&self) -> Duration {
        self.start.elapsed() * self.speed
    }
    async fn wait_until(&self, time: Duration) {
        std::future::poll_fn(|_| if self.now() < time { std::task::Poll::Pending } else { std::task::Poll::Ready(()) })
            .await;
    }
}

/// Both ends of a connection over TCP.
fn pair() -> (TcpStream, Socket) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    client.set_nodelay(true).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    (client, Socket(listener.accept().unwrap().0))
}

fn talk(stream: TcpStream) {
    let (mut client, _) = tungstenite::client("ws://a/", stream).unwrap();
    for text in ["Hello", "", "naïve"] {
        client.send(Message::text(text)).unwrap();
        assert_eq!(client.read().unwrap(), Message::text(text));
    }
    client.send(Message::Ping("are you there?".into())).unwrap();
    assert_eq!(client.read().unwrap(), Message::Pong("are you there?".into()));
    close(&mut client);
}

fn close(client: &mut WebSocket<TcpStream>) {
    let frame = CloseFrame { code: 4001.into(), reason: "enough".into() };
    client.close(Some(frame.clone())).unwrap();
    assert_eq!(client.read().unwrap(), Message::Close(Some(frame)));
}

#[test]
fn a_transport_that_blocks_serves_a_client() {
    let (client, server) = pair();
    let server = thread::spawn(|| echo_blocking(server));
    talk(client);
    server.join().unwrap().unwrap();
}

#[test]
fn a_transport_that_is_asked_serves_a_client_and_notices_a_silent_one() {
    let (client, server) = pair();
    let clock = Fast { start: Instant::now(), speed: 1 };
    let server = thread::spawn(|| echo_polled(server, clock, || thread::sleep(Duration::from_millis(1))));
    talk(client);
    server.join().unwrap().unwrap();

    // a peer that sends nothing after its handshake: the clock makes half a minute short
    let (mut client, server) = pair();
    client
        .write_all(
            b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        )
        .unwrap();
    let clock = Fast { start: Instant::now(), speed: 50 };
    let ended = echo_polled(server, clock, || thread::sleep(Duration::from_millis(1)));
    assert!(matches!(ended, Err(Error::Dead)), "{ended:?}");
    let mut sent = Vec::new();
    client.read_to_end(&mut sent).unwrap();
    assert!(sent.ends_with(b"\x89\x04\0\0\0\x01"), "no Ping");
}
