//! What a connection runs on.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// A transport: it reads and writes, and it limits how long that may take.
///
/// Without limits there is no keepalive, and closing can take forever. So this is implemented for sockets;
/// [`OverTcp`] is for a TLS stream on a socket, and [`Untimed`] for anything else.
///
/// A read or a write that took too long returns [`WouldBlock`](io::ErrorKind::WouldBlock) or
/// [`TimedOut`](io::ErrorKind::TimedOut), and can be called again.
pub trait Transport: Read + Write {
    /// Limits how long a read may wait. `false`: this transport has no such limit.
    ///
    /// # Errors
    ///
    /// Those of the system.
    fn limit_reads(&mut self, limit: Option<Duration>) -> io::Result<bool>;

    /// Limits how long a write may wait. `false`: this transport has no such limit.
    ///
    /// # Errors
    ///
    /// Those of the system.
    fn limit_writes(&mut self, limit: Option<Duration>) -> io::Result<bool>;

    /// Closes the transport for writing: the peer reads the end of the stream.
    ///
    /// # Errors
    ///
    /// Those of the system.
    fn finish(&mut self) -> io::Result<()>;

    /// Ends all reads and writes, also those that wait in another thread.
    fn abort(&mut self);
}

/// A transport that two threads can use, for the halves of a connection.
pub trait TryClone: Transport + Sized {
    /// Returns another handle of the same transport.
    ///
    /// # Errors
    ///
    /// Those of the system: out of descriptors, for example.
    fn try_clone(&self) -> io::Result<Self>;
}

/// Both kinds of sockets have the same methods.
macro_rules! socket {
    ($socket:ty) => {
        impl Transport for $socket {
            fn limit_reads(&mut self, limit: Option<Duration>) -> io::Result<bool> {
                self.set_read_timeout(limit).map(|()| true)
            }

            fn limit_writes(&mut self, limit: Option<Duration>) -> io::Result<bool> {
                self.set_write_timeout(limit).map(|()| true)
            }

            fn finish(&mut self) -> io::Result<()> {
                self.shutdown(Shutdown::Write)
            }

            fn abort(&mut self) {
                // fails if the peer has closed it already
                let _ = self.shutdown(Shutdown::Both);
            }
        }

        impl TryClone for $socket {
            fn try_clone(&self) -> io::Result<Self> {
                Self::try_clone(self)
            }
        }
    };
}

socket!(TcpStream);
#[cfg(unix)]
socket!(std::os::unix::net::UnixStream);

/// A stream on a TCP socket, such as that of a TLS library: the socket has the time limits.
///
/// ```no_run
/// # use std::io::{Read, Write};
/// # use std::net::TcpStream;
/// # trait Tls: Read + Write { fn send_close_notify(&mut self); }
/// # fn run(handshake: fn(TcpStream) -> Box<dyn Tls>) -> Result<(), upframe_std::Error> {
/// let tcp = TcpStream::connect("server.example.com:443")?;
/// let tls = handshake(tcp.try_clone()?); // by a TLS library
/// let stream = upframe_std::OverTcp::new(tls, tcp).with_finish(|tls| {
///     tls.send_close_notify();
///     tls.flush()
/// });
/// let (mut websocket, _response) = upframe_std::client("wss://server.example.com/", stream)?;
/// # Ok(())
/// # }
/// ```
pub struct OverTcp<S> {
    stream: S,
    tcp: TcpStream,
    finish: fn(&mut S) -> io::Result<()>,
}

impl<S: Write> OverTcp<S> {
    /// Returns the transport. `tcp` is another handle of the socket that `stream` uses: see [`TcpStream::try_clone`].
    pub fn new(stream: S, tcp: TcpStream) -> Self {
        Self { stream, tcp, finish: S::flush }
    }
}

impl<S> OverTcp<S> {
    /// Returns the same with what is to be done before the socket is closed for writing, in place of a flush: TLS
    /// sends its `close_notify` then.
    #[must_use]
    pub fn with_finish(self, finish: fn(&mut S) -> io::Result<()>) -> Self {
        Self { finish, ..self }
    }

    /// Borrows the stream.
    pub const fn get_ref(&self) -> &S {
        &self.stream
    }

    /// Borrows the socket.
    pub const fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    /// Returns the stream.
    pub fn into_inner(self) -> S {
        self.stream
    }
}

impl<S> fmt::Debug for OverTcp<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OverTcp").field("tcp", &self.tcp).finish_non_exhaustive()
    }
}

impl<S: Read> Read for OverTcp<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buf)
    }
}

impl<S: Write> Write for OverTcp<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl<S: Read + Write> Transport for OverTcp<S> {
    fn limit_reads(&mut self, limit: Option<Duration>) -> io::Result<bool> {
        self.tcp.limit_reads(limit)
    }

    fn limit_writes(&mut self, limit: Option<Duration>) -> io::Result<bool> {
        self.tcp.limit_writes(limit)
    }

    fn finish(&mut self) -> io::Result<()> {
        (self.finish)(&mut self.stream)?;
        self.tcp.finish()
    }

    fn abort(&mut self) {
        self.tcp.abort();
    }
}

/// Anything that reads and writes, without limits in time: a pipe, a serial port, a stream in memory.
///
/// A read that waits forever is waited for: no Pings are sent while it does, and closing waits for the peer. If its
/// reads return [`WouldBlock`](io::ErrorKind::WouldBlock) or [`TimedOut`](io::ErrorKind::TimedOut) by themselves, so
/// do those of the connection, with [`Error::Io`](crate::Error::Io): call again then. Each such call does what is due.
#[derive(Debug)]
pub struct Untimed<S>(pub S);

impl<S: Read> Read for Untimed<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl<S: Write> Write for Untimed<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<S: Read + Write> Transport for Untimed<S> {
    fn limit_reads(&mut self, _: Option<Duration>) -> io::Result<bool> {
        Ok(false)
    }

    fn limit_writes(&mut self, _: Option<Duration>) -> io::Result<bool> {
        Ok(false)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.0.flush()
    }

    fn abort(&mut self) {}
}

/// Whether a read or a write took too long, and can be called again.
pub(crate) fn took_too_long(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
