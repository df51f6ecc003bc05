//! Subjects at the other end of a TCP connection.

use super::{Patience, Pipe};
use crate::play::Address;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// The parts of a `ws:` URL (RFC 6455 §3).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerUrl {
    /// The host, without the brackets of an IPv6 address.
    pub host: String,
    /// The port; 80 if the URL has none.
    pub port: u16,
    /// What appears in the request.
    pub address: Address,
}

impl ServerUrl {
    /// Parses a `ws:` URL. Returns `None` if it is not a valid one.
    ///
    /// ```
    /// use upframe_conformance::ServerUrl;
    /// let url = ServerUrl::parse("ws://localhost:9001/echo?a=b").unwrap();
    /// assert_eq!((&*url.host, url.port), ("localhost", 9001));
    /// assert_eq!((&*url.address.host, &*url.address.target), ("localhost:9001", "/echo?a=b"));
    /// ```
    pub fn parse(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("ws://")?;
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
            _ => (authority, 80),
        };
        let target = if target.starts_with('/') { target.into() } else { format!("/{target}") };
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        if host.is_empty() || !is_plain(rest) {
            return None;
        }
        let address = Address { host: authority.into(), target };
        Some(Self { host: host.trim_matches(['[', ']']).into(), port, address })
    }
}

/// The writing half of a connection, which it closes when dropped.
#[derive(Debug)]
pub struct Writer(TcpStream);

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Drop for Writer {
    /// Also ends the thread that reads.
    fn drop(&mut self) {
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

fn pipe(stream: TcpStream, patience: Patience) -> io::Result<Pipe<Writer>> {
    stream.set_nodelay(true)?;
    // A subject that no longer reads must not block the suite.
    stream.set_write_timeout(Some(patience.answer))?;
    stream.set_read_timeout(None)?;
    let reader = stream.try_clone()?;
    let hang_up = |writer: &mut Writer| {
        let _ = writer.0.shutdown(Shutdown::Write);
    };
    Ok(Pipe::new(reader, Writer(stream), hang_up, patience))
}

/// Connects to a server for one case.
///
/// # Errors
///
/// Returns the error of the operating system; if the host has several addresses, the one for the last address.
pub fn connect(url: &ServerUrl, patience: Patience) -> io::Result<Pipe<Writer>> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, format!("{} has no address", url.host));
    for address in (&*url.host, url.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, patience.answer) {
            Ok(stream) => return pipe(stream, patience),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// Waits for clients and reads their requests.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    patience: Patience,
}

impl Listener {
    /// Listens on an address, for example `127.0.0.1:9001`.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system.
    pub fn bind(address: impl ToSocketAddrs, patience: Patience) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address)?, patience })
    }

    /// Returns the address on which it listens.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Returns the connection of the next client that sends a request, with all of its bytes still unread, and the
    /// target of the request. Returns `None` if no client connects within this time.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system.
    pub fn accept(&self, idle: Duration) -> io::Result<Option<(Pipe<Writer>, String)>> {
        self.listener.set_nonblocking(true)?;
        let deadline = Instant::now() + idle;
        while Instant::now() < deadline {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false)?;
                    // A peer that disconnects before it has sent a request was not a client.
                    if let Ok((head, target)) = request(&stream, self.patience) {
                        let mut pipe = pipe(stream, self.patience)?;
                        pipe.unread(head);
                        return Ok(Some((pipe, target)));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::sleep(Duration::from_millis(1)),
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

/// Reads at least to the end of the request's head. Returns the bytes and the target.
fn request(mut stream: &TcpStream, patience: Patience) -> io::Result<(Vec<u8>, String)> {
    stream.set_read_timeout(Some(patience.answer))?;
    let (mut head, mut buffer) = (vec![], [0; 4096]);
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => head.extend_from_slice(&buffer[..n]),
        }
    }
    let line: String = head.iter().take_while(|byte| **byte != b'\r').map(|byte| char::from(*byte)).collect();
    let target = line.split(' ').nth(1).unwrap_or_default().to_string();
    Ok((head, target))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let parts = |url| {
            let url = ServerUrl::parse(url)?;
            Some((url.host, url.port, url.address.host, url.address.target))
        };
        let of = |host: &str, port, field: &str, target: &str| Some((host.into(), port, field.into(), target.into()));
        assert_eq!(parts("ws://a"), of("a", 80, "a", "/"));
        assert_eq!(parts("ws://a:1/b?c=/"), of("a", 1, "a:1", "/b?c=/"));
        assert_eq!(parts("ws://a?b"), of("a", 80, "a", "/?b"));
        assert_eq!(parts("ws://[::1]:9/"), of("::1", 9, "[::1]:9", "/"));
        assert_eq!(parts("ws://[::1]"), of("::1", 80, "[::1]", "/"));
        for bad in ["", "ws://", "http://a/", "wss://a/", "ws://a:b/", "ws://:1/", "ws://a/#b", "ws://a/b c"] {
            assert_eq!(parts(bad), None, "{bad}");
        }
    }
}
