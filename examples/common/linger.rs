//! The end of a connection.

use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// How long the peer may go on sending, in pauses of a second at most.
const PATIENCE: Duration = Duration::from_secs(5);

/// Closes so that the peer can read what was written: bytes of its own that nobody read would reset the stream.
pub fn linger(mut stream: &TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    let (end, mut rest) = (Instant::now() + PATIENCE, [0; 4096]);
    while stream.read(&mut rest)? > 0 && Instant::now() < end {}
    Ok(())
}
