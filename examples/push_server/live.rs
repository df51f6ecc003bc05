//! One WebSocket connection: echoes its messages and sends it the news.
//!
//! One thread reads and one writes; between them is a short queue. A client that does not read fills its own queue. It
//! is then no longer read from, and is closed after a while; no other client notices.

use super::Site;
use super::board::now;
use serde_json::json;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};
use upframe::connection::{self, Connection, Event, Fragment, Place, Reply, SendError, Server, State, Transmitter};
use upframe::frame::{CloseCode, Header};

/// A peer that sends nothing for three Pings and this long, not even a Pong, has disconnected.
const GRACE: Duration = Duration::from_secs(5);

/// A peer that reads nothing for this long has disconnected, too.
pub const STALL: Duration = Duration::from_secs(10);

/// The number of pieces of messages that may wait for the writer.
const QUEUE: usize = 8;

const READ: usize = 16 << 10;

/// What the writer is to write.
pub enum Outgoing {
    /// Look at the board: for news, and whether it is closed.
    News,
    Text(String, Place),
    Binary(Vec<u8>, Place),
    Reply(Reply),
    /// Nothing more will come.
    End,
}

/// Serves a connection to its end. `rest` came after the request, and `seen` is the number of the newest item before
/// the handshake. `report` is the number of bytes that the handshake took, for clients that ask for it.
pub fn serve(
    site: &'static Site,
    stream: &TcpStream,
    connection: Connection<Server>,
    rest: &[u8],
    seen: u64,
    report: Option<usize>,
) -> io::Result<()> {
    stream.set_read_timeout(Some(site.ping * 3 + GRACE))?;
    stream.set_write_timeout(Some(STALL))?;
    let (receiver, transmitter) = connection.split();
    let (queue, outgoing) = mpsc::sync_channel(QUEUE);
    site.board.listen(queue.clone());
    let mut writer =
        Writer { site, stream: stream.try_clone()?, transmitter, out: vec![0; READ + Header::MAX_LEN], seen };
    let writing = thread::Builder::new().stack_size(128 << 10).spawn(move || {
        if writer.run(&outgoing, report).is_err() {
            // The reader ends, too.
            let _ = writer.stream.shutdown(Shutdown::Both);
        }
    })?;
    let read = read(receiver, stream, rest, &queue);
    let _ = queue.send(Outgoing::End);
    let _ = writing.join();
    read
}

/// Reads until the WebSocket or the stream is closed.
fn read(
    mut receiver: connection::Receiver<Server>,
    mut stream: &TcpStream,
    rest: &[u8],
    queue: &SyncSender<Outgoing>,
) -> io::Result<()> {
    let disconnected = |_| io::Error::from(io::ErrorKind::BrokenPipe);
    let mut buf = vec![0; READ.max(rest.len())];
    buf[..rest.len()].copy_from_slice(rest);
    let mut n = rest.len();
    loop {
        let mut input = &mut buf[..n];
        while let Some(event) = receiver.receive(&mut input) {
            let echo = match event {
                Event::Text(piece) => Outgoing::Text(piece.as_str().to_string(), piece.place()),
                Event::Binary(piece) => Outgoing::Binary(piece.as_bytes().to_vec(), piece.place()),
                _ => match receiver.take_reply() {
                    Some(reply) => Outgoing::Reply(reply),
                    None => continue,
                },
            };
            queue.send(echo).map_err(disconnected)?;
        }
        if receiver.close_code().is_some() {
            return Ok(());
        }
        n = stream.read(&mut buf)?;
        if n == 0 {
            receiver.receive_eof();
        }
    }
}

struct Writer {
    site: &'static Site,
    stream: TcpStream,
    transmitter: Transmitter<Server>,
    out: Vec<u8>,
    /// The number of the newest item sent.
    seen: u64,
}

impl Writer {
    fn run(&mut self, queue: &Receiver<Outgoing>, report: Option<usize>) -> io::Result<()> {
        if let Some(bytes) = report {
            let hello = json!({ "hello": { "bytes": bytes, "now": now() } }).to_string();
            self.write(|transmitter, out| transmitter.send(hello.as_str(), out))?;
        }
        // Whether an echoed message is partly sent: no other message may come between its fragments.
        let mut in_message = false;
        let mut next_ping = Instant::now() + self.site.ping;
        loop {
            // Also checked before the first wait: something may have happened since the handshake.
            if self.site.board.is_closed() && self.transmitter.state() == State::Open {
                self.queue(|transmitter| transmitter.close(CloseCode::GOING_AWAY, "the server shuts down"))?;
            }
            if !in_message {
                self.tell_news()?;
            }
            // Also to a peer that is sent much: it is what the peer sends that tells that it is there.
            if Instant::now() >= next_ping {
                next_ping = Instant::now() + self.site.ping;
                self.queue(|transmitter| transmitter.ping(b""))?;
            }
            match queue.recv_timeout(next_ping.saturating_duration_since(Instant::now())) {
                Ok(Outgoing::News) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Outgoing::Text(text, place)) => {
                    self.write(|transmitter, out| transmitter.send(Fragment::text(&text).at(place), out))?;
                    in_message = !place.is_last();
                }
                Ok(Outgoing::Binary(bytes, place)) => {
                    self.write(|transmitter, out| transmitter.send(Fragment::binary(&bytes).at(place), out))?;
                    in_message = !place.is_last();
                }
                Ok(Outgoing::Reply(reply)) => self.queue(|transmitter| transmitter.answer(&reply))?,
                // The server closes the stream first (RFC 6455 §7.1.1).
                Ok(Outgoing::End) | Err(RecvTimeoutError::Disconnected) => {
                    return self.stream.shutdown(Shutdown::Write);
                }
            }
        }
    }

    /// Sends the news that this connection has not seen. Each item was framed once, for all.
    fn tell_news(&mut self) -> io::Result<()> {
        for news in self.site.board.since(self.seen) {
            self.seen = news.id;
            if let Ok(frame) = self.transmitter.send_prepared(&news.message) {
                self.stream.write_all(frame)?;
            }
        }
        Ok(())
    }

    /// Queues a control frame and writes it, unless the connection is being closed.
    fn queue(&mut self, frame: impl FnOnce(&mut Transmitter<Server>) -> Result<(), SendError>) -> io::Result<()> {
        self.write(|transmitter, out| {
            frame(transmitter)?;
            let n = transmitter.poll_transmit(out);
            Ok(&out[..n])
        })
    }

    /// Writes a frame, unless the connection is being closed.
    fn write(
        &mut self,
        frame: impl for<'o> FnOnce(&mut Transmitter<Server>, &'o mut [u8]) -> Result<&'o [u8], SendError>,
    ) -> io::Result<()> {
        match frame(&mut self.transmitter, &mut self.out) {
            Ok(frame) => self.stream.write_all(frame),
            Err(SendError::Closing) => Ok(()),
            Err(error) => Err(io::Error::other(error)),
        }
    }
}
