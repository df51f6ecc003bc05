//! How much room a connection offers to the transport, which is the memory that its reading takes: much while much comes, little
//! while it is quiet.

mod common;

use common::masked;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};
use tokio::time::timeout;
use upframe_tokio::{Config, Message, Policy, Role, WebSocket};

const READ_BUFFER: usize = 8 << 10;
/// What a read buffer may be longer than what was asked for, since memory grows in steps.
const STEP: usize = 2;

/// A transport that notes the room of each read.
struct Measured {
    inner: DuplexStream,
    rooms: Arc<Mutex<Vec<usize>>>,
}

impl AsyncRead for Measured {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.rooms.lock().unwrap().push(buf.remaining());
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Measured {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// A server, the other end of its pipe, and the rooms of its reads.
fn measured(config: Config) -> (WebSocket<Measured>, DuplexStream, Arc<Mutex<Vec<usize>>>) {
    let (wire, inner) = tokio::io::duplex(32 << 20);
    let rooms = Arc::new(Mutex::new(Vec::new()));
    let transport = Measured { inner, rooms: Arc::clone(&rooms) };
    (WebSocket::new(transport, Role::Server, config), wire, rooms)
}

/// Sends these messages at once, takes them, and returns the room of the read that then waits for more.
async fn room_after(
    ws: &mut WebSocket<Measured>,
    wire: &mut DuplexStream,
    rooms: &Mutex<Vec<usize>>,
    messages: usize,
    len: usize,
) -> usize {
    wire.write_all(&masked(0x82, &vec![7; len]).repeat(messages)).await.unwrap();
    for _ in 0..messages {
        let Some(Ok(Message::Binary(payload))) = ws.next().await else { panic!("a message") };
        assert_eq!(payload.len(), len);
    }
    timeout(Duration::from_secs(1), ws.next()).await.unwrap_err();
    *rooms.lock().unwrap().last().unwrap()
}

#[tokio::test(start_paused = true)]
async fn reads_get_longer_while_they_are_full() {
    let (mut ws, mut wire, rooms) = measured(Config::new());
    room_after(&mut ws, &mut wire, &rooms, 64, 1000).await;
    let rooms = rooms.lock().unwrap();
    assert!(rooms[0] <= STEP * READ_BUFFER, "{rooms:?}");
    assert!(rooms.len() <= 5, "64 KB take few reads: {rooms:?}");
}

#[tokio::test(start_paused = true)]
async fn a_long_message_leaves_no_long_buffer() {
    let (mut ws, mut wire, rooms) = measured(Config::new());
    for len in [100_000, 1 << 20, 3 << 20, 10, 1 << 20] {
        let room = room_after(&mut ws, &mut wire, &rooms, 1, len).await;
        assert!(room <= 128 << 10, "{room} bytes after {len}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_quiet_until_its_ping_is_due_has_a_short_buffer_again() {
    let policy = Policy { dead_after: Duration::from_secs(1000), ..Policy::DEFAULT };
    let (mut ws, mut wire, rooms) = measured(Config::new().with_keepalive(policy));
    for len in [1000, 60_000, 1 << 20] {
        room_after(&mut ws, &mut wire, &rooms, 20, len).await;
        timeout(Duration::from_secs(25), ws.next()).await.unwrap_err();
        let room = room_after(&mut ws, &mut wire, &rooms, 1, 10).await;
        assert!(room <= STEP * READ_BUFFER, "{room} bytes, long after messages of {len}");
    }
}
