//! The end of a connection.

use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// Closes so that the peer can read what was written: bytes of its own that nobody read would reset the stream.
pub fn linger(mut stream: &TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut rest = [0; 4096];
    for _ in 0..256 {
        if stream.read(&mut rest)? == 0 {
            break;
        }
    }
    Ok(())
}
