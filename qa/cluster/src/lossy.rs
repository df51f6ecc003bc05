//! A way to Redis that sometimes loses an answer.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Forwards connections from a port of its own.
pub struct Lossy {
    pub port: u16,
    /// The number of answers to lose.
    to_lose: Arc<AtomicUsize>,
}

impl Lossy {
    pub fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its number").port();
        let to_lose = Arc::new(AtomicUsize::new(0));
        let shared = to_lose.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let to_lose = shared.clone();
                thread::spawn(move || forward(&client, to, &to_lose));
            }
        });
        Self { port, to_lose }
    }

    /// Loses the next answer of Redis: what was asked is done, and the connection ends without an answer.
    pub fn lose_one(&self) {
        self.to_lose.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns whether all of them have been lost.
    pub fn has_lost(&self) -> bool {
        self.to_lose.load(Ordering::Relaxed) == 0
    }
}

fn forward(client: &TcpStream, to: u16, to_lose: &AtomicUsize) {
    // Without Redis, the connection ends at once.
    let Ok(redis) = TcpStream::connect(("127.0.0.1", to)) else { return };
    thread::scope(|scope| {
        scope.spawn(|| {
            let _ = copy(client, &redis, || false);
            end(client, &redis);
        });
        let lose = || to_lose.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok();
        let _ = copy(&redis, client, lose);
        end(client, &redis);
    });
}

fn end(client: &TcpStream, redis: &TcpStream) {
    let _ = client.shutdown(Shutdown::Both);
    let _ = redis.shutdown(Shutdown::Both);
}

/// Copies until the end, or until what was read is to be lost.
fn copy(mut from: &TcpStream, mut to: &TcpStream, lose: impl Fn() -> bool) -> io::Result<()> {
    let mut buf = vec![0; 64 << 10];
    loop {
        let n = from.read(&mut buf)?;
        if n == 0 || lose() {
            return Ok(());
        }
        to.write_all(&buf[..n])?;
    }
}
