//! The end of a connection.

use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// How long the peer may go on sending, with pauses of at most a second.
const PATIENCE: Duration = Duration::from_secs(5);

/// Closes the stream in a way that lets the peer read what was written: unread bytes from the peer would reset the
/// stream.
pub fn linger(mut stream: &TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    let (end, mut rest) = (Instant::now() + PATIENCE, [0; 4096]);
    while stream.read(&mut rest)? > 0 && Instant::now() < end {}
    Ok(())
}
