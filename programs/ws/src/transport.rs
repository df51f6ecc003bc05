//! Streams: TCP to one of several addresses, with TLS or without, and when the last byte came.

use crate::failure::{CONNECT, Failure};
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// How long an address may keep the next one waiting (RFC 8305 §5).
const HEAD_START: Duration = Duration::from_millis(250);

pub trait Io: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Io for S {}

/// Connects to the first address of a host that answers.
pub async fn connect(host: &str, port: u16) -> Result<(TcpStream, SocketAddr), Failure> {
    let found = lookup_host((host, port)).await;
    let found =
        found.map_err(|error| Failure::new(CONNECT, format!("cannot find {host}: {error}; is the name right?")))?;
    let mut waiting = in_turns(found.collect());
    let (mut attempts, mut failed) = (JoinSet::new(), vec![]);
    loop {
        if let Some(address) = waiting.pop_front() {
            attempts.spawn(async move { (address, TcpStream::connect(address).await) });
        }
        let attempt = tokio::select! {
            attempt = attempts.join_next() => attempt,
            () = sleep(HEAD_START), if !waiting.is_empty() => continue,
        };
        match attempt {
            Some(Ok((address, Ok(stream)))) => {
                // a failure only costs time
                let _ = stream.set_nodelay(true);
                return Ok((stream, address));
            }
            Some(Ok((address, Err(error)))) => failed.push(format!("{address}: {error}")),
            Some(Err(error)) => failed.push(error.to_string()),
            None if waiting.is_empty() => break,
            None => {}
        }
    }
    let hint =
        if failed.iter().any(|why| why.contains("refused")) { "; does the server run, on this port?" } else { "" };
    let why = if failed.is_empty() { "it has no address".to_string() } else { failed.join(", ") };
    Err(Failure::new(CONNECT, format!("cannot connect to {host}: {why}{hint}")))
}

/// Alternates the families of addresses, so that one that leads nowhere costs one delay.
fn in_turns(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut these, mut those): (VecDeque<_>, VecDeque<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let mut turns = VecDeque::new();
    while !these.is_empty() || !those.is_empty() {
        turns.extend(these.pop_front());
        turns.extend(those.pop_front());
    }
    turns
}

/// So many of the first bytes are kept: to tell what answered, if it is not a WebSocket server.
const START: usize = 1000;

/// When the last byte came, and what came first.
#[derive(Clone)]
pub struct Activity(Arc<Mutex<Seen>>);

struct Seen {
    last: Instant,
    start: Vec<u8>,
}

impl Activity {
    pub fn last(&self) -> Instant {
        self.seen().last
    }

    /// Returns the first bytes, up to 1,000.
    pub fn start(&self) -> Vec<u8> {
        self.seen().start.clone()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream that notes when bytes come, and the first ones. A Pong alone is not noted: the server answers the Pings of the keepalive with
/// it, also if it has nothing to say.
pub struct Watched {
    stream: Box<dyn Io>,
    activity: Activity,
}

impl Watched {
    pub fn new(stream: Box<dyn Io>) -> Self {
        let seen = Seen { last: Instant::now(), start: vec![] };
        Self { stream, activity: Activity(Arc::new(Mutex::new(seen))) }
    }

    pub fn activity(&self) -> Activity {
        self.activity.clone()
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut *self.stream).poll_read(cx, buf))?;
        let read = buf.filled().get(before..).unwrap_or_default();
        let is_pong = matches!(read, [0x8a, len, ..] if read.len() == usize::from(*len).saturating_add(2));
        if !read.is_empty() && !is_pong {
            let mut seen = self.activity.seen();
            seen.last = Instant::now();
            let room = START.saturating_sub(seen.start.len());
            seen.start.extend_from_slice(read.get(..room).unwrap_or(read));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns_and_the_first_stays_the_first() {
        let all = |list: &[&str]| list.iter().map(|address| address.parse().unwrap()).collect::<Vec<SocketAddr>>();
        for (found, tried) in [
            (&["[::1]:1", "[::2]:1", "1.1.1.1:1"][..], &["[::1]:1", "1.1.1.1:1", "[::2]:1"][..]),
            (&["1.1.1.1:1", "[::1]:1", "[::2]:1"], &["1.1.1.1:1", "[::1]:1", "[::2]:1"]),
            (&["1.1.1.1:1", "2.2.2.2:1"], &["1.1.1.1:1", "2.2.2.2:1"]),
            (&[], &[]),
        ] {
            assert_eq!(in_turns(all(found)), all(tried));
        }
    }
}
