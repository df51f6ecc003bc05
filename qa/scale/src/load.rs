//! The load: many connections on one thread, each with so many messages on the way, and every echo compared.

use crate::traffic::{RING, Traffic};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{self, Error, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use upframe::connection::{Client, Event, NoEntropy, Settings};

/// Connections to one server.
pub struct Load {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    buf: Vec<u8>,
}

struct Connection {
    stream: TcpStream,
    websocket: WebSocket,
    /// Bytes of payload that have come back, and bytes of frames that are out: places in the ring.
    received: usize,
    sent: usize,
    /// Bytes that may be sent now.
    unsent: usize,
    /// Messages whose echo is missing.
    missing: usize,
}

/// It writes nothing: the frames are there already.
type WebSocket = upframe::Connection<Client<fn(&mut [u8]) -> Result<(), NoEntropy>>>;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

impl Load {
    /// Connects, and shakes hands.
    pub fn connect(to: SocketAddr, connections: usize) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut load = Self { poll, events: Events::with_capacity(1024), connections: vec![], buf: vec![0; 64 << 10] };
        for token in 0..connections {
            let mut stream = std::net::TcpStream::connect(to)?;
            stream.set_nodelay(true)?;
            shake_hands(&mut stream)?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            let both = Interest::READABLE | Interest::WRITABLE;
            load.poll.registry().register(&mut stream, Token(token), both)?;
            load.connections.push(Connection {
                stream,
                websocket: WebSocket::client(|_| Err(NoEntropy), Settings::new()),
                received: 0,
                sent: 0,
                unsent: 0,
                missing: 0,
            });
        }
        Ok(load)
    }

    /// Keeps `window` messages on the way on each connection, warms up for a quarter of the time, and then counts echoes for all of
    /// it. `mark` is called when that begins and when it ends. Nothing is on the way when it returns.
    pub fn run(
        &mut self,
        traffic: &Traffic,
        window: usize,
        time: Duration,
        mut mark: impl FnMut(),
    ) -> io::Result<(u64, Duration)> {
        assert!(window <= RING);
        for (i, connection) in self.connections.iter_mut().enumerate() {
            // not all begin with the same message
            connection.begin(traffic, i % RING, window)?;
        }
        self.turn_until(traffic, Instant::now() + time / 4)?;
        mark();
        let start = Instant::now();
        let messages = self.turn_until(traffic, start + time)?;
        let time = start.elapsed();
        mark();
        self.finish(traffic)?;
        Ok((messages, time))
    }

    fn turn_until(&mut self, traffic: &Traffic, end: Instant) -> io::Result<u64> {
        let mut messages = 0;
        while Instant::now() < end {
            messages += self.turn(traffic, true)?;
        }
        Ok(messages)
    }

    /// Waits for all that is on the way.
    fn finish(&mut self, traffic: &Traffic) -> io::Result<()> {
        let end = Instant::now() + Duration::from_secs(10);
        while self.connections.iter().any(|connection| connection.missing > 0) {
            if Instant::now() > end {
                return Err(Error::other("echoes are missing"));
            }
            self.turn(traffic, false)?;
        }
        Ok(())
    }

    /// Does whatever is ready, and returns the number of echoes.
    fn turn(&mut self, traffic: &Traffic, go_on: bool) -> io::Result<u64> {
        self.poll.poll(&mut self.events, Some(Duration::from_millis(100)))?;
        let mut messages = 0;
        for event in &self.events {
            let Some(connection) = self.connections.get_mut(event.token().0) else { continue };
            if event.is_readable() {
                messages += connection.read(traffic, &mut self.buf, go_on)?;
            }
            connection.write(traffic)?;
        }
        Ok(messages)
    }
}

impl Connection {
    fn begin(&mut self, traffic: &Traffic, first: usize, window: usize) -> io::Result<()> {
        (self.received, self.sent) = (first * traffic.payload_len, first * traffic.frame_len);
        (self.unsent, self.missing) = (window * traffic.frame_len, window);
        self.write(traffic)
    }

    /// Echoes come in; for each of them a message may go out.
    fn read(&mut self, traffic: &Traffic, buf: &mut [u8], go_on: bool) -> io::Result<u64> {
        let mut messages = 0;
        loop {
            let n = match self.stream.read(buf) {
                Ok(0) => return Err(Error::other("the server has closed")),
                Ok(n) => n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            };
            let whole = self.compare(traffic, &mut buf[..n])?;
            messages += whole as u64;
            if go_on {
                self.unsent += whole * traffic.frame_len;
            } else {
                self.missing = self.missing.checked_sub(whole).ok_or_else(|| Error::other("an echo too many"))?;
            }
            // what comes later is an event again
            if n < buf.len() {
                break;
            }
        }
        Ok(messages)
    }

    /// Returns how many echoes are complete. A server may cut them into fragments.
    fn compare(&mut self, traffic: &Traffic, mut input: &mut [u8]) -> io::Result<usize> {
        let mut whole = 0;
        while let Some(event) = self.websocket.receive(&mut input) {
            let Event::Binary(piece) = event else { return Err(Error::other(format!("{event:?} comes back"))) };
            let (bytes, is_last) = (piece.as_bytes(), piece.place().is_last());
            let end = self.received + bytes.len();
            if traffic.payloads.get(self.received..end) != Some(bytes)
                || is_last != end.is_multiple_of(traffic.payload_len)
            {
                return Err(Error::other("an echo is another than what was sent"));
            }
            self.received = end % (RING * traffic.payload_len);
            whole += usize::from(is_last);
        }
        Ok(whole)
    }

    fn write(&mut self, traffic: &Traffic) -> io::Result<()> {
        while self.unsent > 0 {
            match self.stream.write(&traffic.frames[self.sent..self.sent + self.unsent]) {
                Ok(n) => {
                    self.sent = (self.sent + n) % (RING * traffic.frame_len);
                    self.unsent -= n;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn shake_hands(stream: &mut std::net::TcpStream) -> io::Result<()> {
    stream.write_all(REQUEST)?;
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head);
    let is_agreed = head.starts_with("HTTP/1.1 101 ") && head.contains(ACCEPT);
    if is_agreed { Ok(()) } else { Err(Error::other(format!("no 101: {head}"))) }
}
