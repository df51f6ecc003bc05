//! What several tests use.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;
use upframe_std::{Config, Role, Transport, TryClone, WebSocket};

/// Both ends of a TCP connection.
pub fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (there, _) = listener.accept().unwrap();
    here.set_nodelay(true).unwrap();
    there.set_nodelay(true).unwrap();
    (here, there)
}

/// A client and a server over TCP.
pub fn pair(config: Config) -> (WebSocket<TcpStream>, WebSocket<TcpStream>) {
    let (here, there) = sockets();
    (WebSocket::new(here, Role::Client, config), WebSocket::new(there, Role::Server, config))
}

/// A socket that reads and writes at most so many bytes at a time.
pub struct Cut(pub TcpStream, pub usize);

impl Read for Cut {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = buf.len().min(self.1);
        self.0.read(&mut buf[..n])
    }
}

impl Write for Cut {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(&bytes[..bytes.len().min(self.1)])
    }
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Transport for Cut {
    fn limit_reads(&mut self, limit: Option<Duration>) -> io::Result<bool> {
        self.0.limit_reads(limit)
    }
    fn limit_writes(&mut self, limit: Option<Duration>) -> io::Result<bool> {
        self.0.limit_writes(limit)
    }
    fn finish(&mut self) -> io::Result<()> {
        self.0.finish()
    }
    fn abort(&mut self) {
        self.0.abort();
    }
}

impl TryClone for Cut {
    fn try_clone(&self) -> io::Result<Self> {
        Ok(Self(self.0.try_clone()?, self.1))
    }
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
