//! `picoserve`: a server with one route, whose callback is that of its example. It has no client.

use super::{ROOM, Stack};
use crate::script::{Begins, Check, End, Script, Seen};
use crate::wire::{Wire, run};
use embedded_io_async::ErrorKind;
use picoserve::io::{Read, Socket, Write};
use picoserve::mem::{BorrowedBuffer, BorrowedCursor};
use picoserve::response::ws::{Message, SocketRx, SocketTx, WebSocketCallback, WebSocketUpgrade};
use picoserve::routing::get;
use picoserve::time::{Duration, Timer};
use picoserve::{Config, Error, Router, Server, Timeouts};
use std::cell::RefCell;
use std::convert::Infallible;
use std::future::pending;
use std::rc::Rc;

pub const STACK: Stack = Stack {
    name: "picoserve",
    version: "0.20.0",
    kind: "HTTP server; answers to Pings and Closes are the caller's",
    leaves: |_, check| check == Check::Answer,
    play,
};

struct NoTime;

impl Timer<()> for NoTime {
    async fn delay(&self, _: Duration) {
        pending().await
    }
}

impl Socket<()> for Wire {
    type Error = ErrorKind;
    type ReadHalf<'a> = Wire;
    type WriteHalf<'a> = Wire;

    fn split(&mut self) -> (Wire, Wire) {
        (self.clone(), self.clone())
    }

    async fn abort<T: Timer<()>>(self, _: &Timeouts, _: &T) -> Result<(), Error<ErrorKind>> {
        Ok(())
    }

    async fn shutdown<T: Timer<()>>(self, _: &Timeouts, _: &T) -> Result<(), Error<ErrorKind>> {
        Ok(())
    }
}

impl Write for Wire {
    async fn write_with<F: FnOnce(BorrowedCursor<'_>) -> R, R>(&mut self, write: F) -> Result<R, ErrorKind> {
        let mut room = [0; ROOM];
        let mut buf = BorrowedBuffer::new(&mut room);
        let done = write(buf.unfilled());
        Wire::write(self, buf.filled());
        Ok(done)
    }
}

struct Handler(Rc<RefCell<Seen>>);

impl WebSocketCallback for Handler {
    async fn run<R: Read, W: Write<Error = R::Error>>(
        self,
        mut rx: SocketRx<R>,
        tx: SocketTx<W>,
    ) -> Result<(), W::Error> {
        self.0.borrow_mut().opened = true;
        let mut message = [0; ROOM];
        loop {
            match rx.next_message(&mut message, pending::<Infallible>()).await?.ignore_never_b() {
                Ok(Message::Text(text)) => self.0.borrow_mut().messages.push(text.as_bytes().to_vec()),
                Ok(Message::Binary(bytes)) => self.0.borrow_mut().messages.push(bytes.to_vec()),
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(Message::Close(_)) => {
                    self.0.borrow_mut().closed = true;
                    return Ok(());
                }
                Err(error) => {
                    self.0.borrow_mut().failed = true;
                    return tx.close((error.code(), "")).await;
                }
            }
        }
    }
}

fn play(script: &Script, wire: &Wire) -> Option<Seen> {
    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    if script.end == End::Client {
        return None;
    }
    if script.begins == Begins::Open {
        wire.unread(REQUEST); // it has no other way to a connection
    }
    let seen = Rc::new(RefCell::new(Seen::default()));
    let of_route = seen.clone();
    let app = Router::new().route(
        "/",
        get(move |upgrade: WebSocketUpgrade| {
            let seen = of_route.clone();
            async move { upgrade.on_upgrade(Handler(seen)) }
        }),
    );
    let config = Config::new(Timeouts::default());
    let mut buf = [0; 2 * ROOM];
    let served = run(Server::custom(&app, NoTime, &config, &mut buf).serve(wire.clone()));
    let mut seen = seen.take();
    seen.failed |= served.is_some() && !seen.opened;
    Some(seen)
}
