//! The server's side of the opening handshake (RFC 6455 §4.2).

use crate::config::Config;
use crate::transport::{Transport, took_too_long};
use crate::websocket::WebSocket;
use std::fmt;
use std::io;
use std::time::{Duration, Instant};
use upframe::handshake::{AnyOrigin, NoExtension, Origins, Outcome, Refusal, ServerHandshake, ServerOptions, Upgrade};
use upframe::http::{Method, Response};
use upframe_driver::{BodyStart, Collector, Error, Request, Role, written_answer};

/// Accepts a connection: reads the request, and answers it with 101, or with the error status that it deserves.
///
/// [`Incoming`] has more: subprotocols, allowed origins, a look at the request, fields of the response, refusals.
///
/// # Errors
///
/// Those of [`Incoming::receive`] and [`Incoming::accept`].
pub fn accept<S: Transport>(transport: S) -> Result<WebSocket<S>, Error> {
    Incoming::receive(transport, ServerOptions::new(), Config::new())?.accept()
}

/// A request for a WebSocket that is not answered yet.
///
/// ```
/// use upframe_std::{Config, Incoming, ServerOptions};
/// # fn main() -> Result<(), upframe_std::Error> {
/// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let url = format!("ws://{}/chat", listener.local_addr()?);
/// # std::thread::spawn(move || upframe_std::connect(&url));
/// # let (transport, _) = listener.accept()?;
/// let options = ServerOptions::new().with_subprotocols(&["chat"]);
/// let incoming = Incoming::receive(transport, options, Config::new())?;
/// let websocket = match incoming.request().path() {
///     "/chat" => incoming.accept_with_fields(&[("Set-Cookie", "id=7")])?,
///     _ => return incoming.refuse(404, "Not Found", &[], "no such room\n"),
/// };
/// # let _ = websocket;
/// # Ok(())
/// # }
/// ```
pub struct Incoming<'p, S, O: Origins = AnyOrigin> {
    transport: S,
    handshake: ServerHandshake<'p, NoExtension, O>,
    upgrade: Upgrade<'p>,
    request: Request,
    buffer: Vec<u8>,
    config: Config,
}

impl<'p, S: Transport, O: Origins> Incoming<'p, S, O> {
    /// Reads a request. One that is not valid, not allowed, or does not ask for a WebSocket is answered with its error
    /// status (RFC 6455 §4.2.1).
    ///
    /// # Errors
    ///
    /// [`Error::Refusal`] after the answer was written; [`Error::OpenTimedOut`] after the `open_within` of `config`;
    /// [`Error::Io`], also if the stream ends before the request does.
    pub fn receive(transport: S, options: ServerOptions<'p, O>, config: Config) -> Result<Self, Error> {
        let mut transport = Limited::new(transport, config.open_within);
        let mut handshake = ServerHandshake::new(options);
        let (mut buffer, mut head) = (Vec::new(), Collector::default());
        let outcome = loop {
            transport.read_more(&mut buffer)?;
            let mut input = &buffer[..];
            let outcome = handshake.receive_with(&mut input, |span| head.push(span));
            let consumed = buffer.len().saturating_sub(input.len());
            buffer.drain(..consumed);
            if let Some(outcome) = outcome {
                break outcome;
            }
        };
        let refusal = match outcome {
            Outcome::Upgrade(upgrade) => {
                let transport = transport.transport;
                return Ok(Self { transport, handshake, upgrade, request: head.into_request(), buffer, config });
            }
            Outcome::Refusal(refusal) => refusal,
            Outcome::PlainHttp(_) => Refusal::UpgradeRequired,
        };
        let answer = written_answer(|out| refusal.write(handshake.method(), out).map(<[u8]>::len))?;
        transport.finish(&answer, config)?;
        Err(Error::Refusal(refusal))
    }

    /// Returns the request.
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// Borrows the transport: for its addresses, for example.
    pub const fn get_ref(&self) -> &S {
        &self.transport
    }

    /// Returns the subprotocol that will be agreed on: of those offered, the one that the server prefers.
    pub const fn subprotocol(&self) -> Option<&'p str> {
        self.upgrade.subprotocol()
    }

    /// Answers with 101.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Error::OpenTimedOut`] if the peer does not read the answer.
    pub fn accept(self) -> Result<WebSocket<S>, Error> {
        self.accept_with_fields(&[])
    }

    /// Answers with 101 and these further fields, such as cookies.
    ///
    /// # Errors
    ///
    /// [`Error::Response`] if a field is not valid; those of [`accept`](Self::accept).
    pub fn accept_with_fields(self, fields: &[(&str, &str)]) -> Result<WebSocket<S>, Error> {
        let Self { transport, handshake, upgrade, buffer, config, .. } = self;
        let mut transport = Limited::new(transport, config.open_within);
        let settings = upframe::Settings::new();
        let answer = written_answer(|out| Ok(handshake.accept(&upgrade, settings, fields, out)?.0.len()))?;
        transport.write_all(&answer)?;
        Ok(WebSocket::open(transport.transport, Role::Server, config, buffer, upgrade.subprotocol()))
    }

    /// Refuses with another status, fields and a short text, and closes the transport.
    ///
    /// # Errors
    ///
    /// [`Error::Response`] if status, reason or a field are not valid; those of [`accept`](Self::accept).
    pub fn refuse(self, status: u16, reason: &str, fields: &[(&str, &str)], text: &str) -> Result<(), Error> {
        let response = Response::new(status, reason).with_fields(fields).with_body(text.as_bytes());
        let answer = written_answer(|out| response.write(Method::GET, out).map(<[u8]>::len))?;
        Limited::new(self.transport, self.config.open_within).finish(&answer, self.config)
    }
}

impl<S, O: Origins> fmt::Debug for Incoming<'_, S, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("request", &self.request).finish_non_exhaustive()
    }
}

/// A transport during the opening handshake, which has its time.
pub(crate) struct Limited<S> {
    pub(crate) transport: S,
    end: Instant,
}

impl<S: Transport> Limited<S> {
    pub(crate) fn new(transport: S, within: Duration) -> Self {
        Self { transport, end: after(within) }
    }

    /// Calls a read or a write, again and again until it returns something else than "interrupted".
    fn call<T>(
        &mut self,
        mut call: impl FnMut(&mut S, Duration) -> io::Result<(bool, io::Result<T>)>,
    ) -> Result<T, Error> {
        loop {
            let left = self.end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::OpenTimedOut);
            }
            match call(&mut self.transport, left.max(Duration::from_millis(1)))? {
                (_, Ok(done)) => return Ok(done),
                (_, Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                // the time is over: see above
                (true, Err(error)) if took_too_long(&error) => {}
                // it has times of its own
                (false, Err(error)) if error.kind() == io::ErrorKind::TimedOut => {}
                (_, Err(error)) => return Err(Error::Io(error)),
            }
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.call(|transport, left| Ok((transport.limit_reads(Some(left))?, transport.read(buffer))))
    }

    /// Reads some bytes of a head.
    pub(crate) fn read_more(&mut self, buffer: &mut Vec<u8>) -> Result<(), Error> {
        let mut bytes = [0; 1024];
        let n = self.read(&mut bytes)?;
        if n == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        buffer.extend_from_slice(bytes.get(..n).unwrap_or_default());
        Ok(())
    }

    /// Reads the start of a body, for this time at most. What has come is there afterwards, whether it is all or not.
    pub(crate) fn read_body(&mut self, start: &mut BodyStart, within: Duration) {
        self.end = self.end.min(after(within));
        let mut bytes = [0; 1024];
        while start.wants_more() && self.is_timed() {
            match self.read(&mut bytes) {
                Ok(0) => return start.end(),
                Ok(n) => start.push(bytes.get(..n).unwrap_or_default()),
                Err(_) => return,
            }
        }
    }

    pub(crate) fn write_all(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            let n = self.call(|transport, left| Ok((transport.limit_writes(Some(left))?, transport.write(bytes))))?;
            if n == 0 {
                return Err(io::Error::from(io::ErrorKind::WriteZero).into());
            }
            bytes = bytes.get(n..).unwrap_or_default();
        }
        self.call(|transport, left| Ok((transport.limit_writes(Some(left))?, transport.flush())))
    }

    /// Whether a read ends in time: what need not be read is not read without that.
    fn is_timed(&mut self) -> bool {
        self.transport.limit_reads(Some(Duration::from_millis(1))).unwrap_or(false)
    }

    /// Writes the last answer, and gives the peer some time to read it: bytes that came and were not read would destroy
    /// it on its way, since the system would reset the connection.
    fn finish(mut self, answer: &[u8], config: Config) -> Result<(), Error> {
        self.write_all(answer)?;
        self.transport.finish()?;
        self.end = after(config.keepalive.close_within);
        // the answer is written, whatever the peer does
        while self.is_timed() && self.read(&mut [0; 1024]).is_ok_and(|n| n > 0) {}
        Ok(())
    }
}

/// Returns the end of a time that starts now; a time that no clock can show is a long one.
pub(crate) fn after(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time).or_else(|| now.checked_add(Duration::from_secs(1 << 30))).unwrap_or(now)
}
