//! What several tests use.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use tokio::io::DuplexStream;
use upframe_tokio::{Bytes, Config, DeflateParams, Direction, Role, WebSocket};

/// Both ends of a connection over a pipe that holds `room` bytes each way.
pub fn pair(room: usize, config: Config) -> (WebSocket<DuplexStream>, WebSocket<DuplexStream>) {
    let (here, there) = tokio::io::duplex(room);
    (WebSocket::new(here, Role::Client, config), WebSocket::new(there, Role::Server, config))
}

/// Without compression, with takeover of the context, without, and with both.
pub const AGREED: [Option<DeflateParams>; 4] = [
    None,
    Some(DeflateParams { server: Direction::DEFAULT, client: Direction::DEFAULT }),
    Some(DeflateParams { server: Direction::new(9, false), client: Direction::new(15, false) }),
    Some(DeflateParams { server: Direction::new(15, false), client: Direction::new(8, true) }),
];

/// Both ends of a connection that has agreed on compression, over a pipe that holds `room` bytes each way.
pub fn agreed_pair(
    room: usize,
    config: Config,
    agreed: Option<DeflateParams>,
) -> (WebSocket<DuplexStream>, WebSocket<DuplexStream>) {
    let (here, there) = tokio::io::duplex(room);
    let open = |transport, role| WebSocket::with_params(transport, role, config, Bytes::new(), agreed);
    (open(here, Role::Client), open(there, Role::Server))
}

/// A server, and the other end of its pipe: for frames that are written by hand.
pub fn server_and_wire(room: usize, config: Config) -> (WebSocket<DuplexStream>, DuplexStream) {
    let (here, there) = tokio::io::duplex(room);
    (WebSocket::new(there, Role::Server, config), here)
}

/// A frame of a client, masked with a key of zeros.
pub fn masked(b0: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![b0];
    match payload.len() {
        n @ 0..=125 => frame.push(0x80 | n as u8),
        n @ 126..=0xFFFF => frame.extend([0x80 | 126, (n >> 8) as u8, n as u8]),
        n => {
            frame.push(0x80 | 127);
            frame.extend((n as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

/// Polls a future until it was pending `polls` times, and drops it then. `None` if it was dropped.
pub async fn polled<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut left) = (pin!(future), polls);
    std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => {
            left -= 1;
            if left == 0 { Poll::Ready(None) } else { Poll::Pending }
        }
    })
    .await
}

/// Drops each future that a call returns after `polls` polls, and calls again, until one returns.
pub async fn dropped_and_called_again<T>(polls: usize, mut call: impl AsyncFnMut() -> T) -> T {
    loop {
        if let Some(done) = polled(polls, call()).await {
            return done;
        }
        tokio::task::yield_now().await; // the peer goes on
    }
}
