//! TCP and the opening handshake.

use crate::exchange::Exchange;
use crate::message::{MESSAGES, Message};
use core::fmt;
use core::net::Ipv4Addr;
use core::time::Duration;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp::{Socket, State};
use upframe::connection::{Entropy, Limits, ProtocolError, SendError, Settings};
use upframe::frame::CloseCode;
use upframe::handshake::{Agreed, Answer, ClientHandshake, ClientRequest, Failure, RequestError, Uri, UriError};
use upframe::reconnect::Reconnect;
use upframe_board::{clock::Clock, jitter::Jitter, net::Net};

/// Milliseconds without progress before a visit fails.
const PATIENCE: u64 = 10_000;
/// Milliseconds for the last packets.
const LEAVING: u64 = 1_000;

const SETTINGS: Settings = Settings::new().with_limits(
    Limits::SMALL_DEVICE.with_message(1 << 20).with_frame(1 << 20).with_fragments(Limits::SERVER.fragments),
);

/// The network, and a socket for connections to servers.
pub struct Visitor {
    pub net: Net,
    pub socket: SocketHandle,
    pub clock: Clock,
}

/// The result of a visit.
pub struct Exchanged {
    messages: usize,
    close_code: CloseCode,
}

/// How the visits of a series have ended.
#[derive(Default)]
pub struct Kept {
    good: u32,
    refused: u32,
    gone: u32,
    other: u32,
}

/// Why a visit failed.
pub enum Trouble {
    Uri(UriError),
    /// The URI asks for TLS.
    Secure,
    /// The host of the URI is not an address. The board cannot resolve names.
    NoAddress,
    /// No connection, or the server disconnected.
    Gone,
    /// Nothing happened for a while.
    Late,
    Request(RequestError),
    /// The server responded with this status.
    Refused(u16),
    Response(Failure),
    Violation(ProtocolError),
    Send(SendError),
    /// The message with this number came back changed.
    Echo(usize),
}

impl Visitor {
    /// Connects, exchanges messages, and closes.
    pub fn visit(&mut self, uri: &str, jitter: &mut Jitter) -> Result<Exchanged, Trouble> {
        self.exchange(uri, MESSAGES, jitter)
    }

    /// Connects again and again, whatever the server does, and exchanges one message each time. The waits between are
    /// those of a real client, but thousands of times as short.
    pub fn keep(&mut self, times: u32, uri: &str, jitter: &mut Jitter) -> Kept {
        let mut reconnect = Reconnect::new(Duration::from_millis(1), Duration::from_millis(4));
        let mut kept = Kept::default();
        for _ in 0..times {
            let begin = self.clock.now();
            let result = self.exchange(uri, &MESSAGES[..1], jitter);
            let random = jitter.number() as u32;
            let now = self.clock.now();
            let wait = match result {
                Ok(Exchanged { messages, close_code }) => {
                    // the server may have closed before
                    let count =
                        if (messages, close_code) == (1, CloseCode::NORMAL) { &mut kept.good } else { &mut kept.gone };
                    *count += 1;
                    reconnect.lost(Duration::from_millis(now - begin), random)
                }
                Err(trouble) => {
                    let count = match trouble {
                        Trouble::Refused(_) => &mut kept.refused,
                        Trouble::Gone => &mut kept.gone,
                        _ => &mut kept.other,
                    };
                    *count += 1;
                    reconnect.failed(random)
                }
            };
            while self.clock.now() < now + wait.as_millis() as u64 {
                self.rest();
            }
        }
        kept
    }

    fn exchange(&mut self, uri: &str, messages: &'static [Message], jitter: &mut Jitter) -> Result<Exchanged, Trouble> {
        let uri = Uri::parse(uri).map_err(Trouble::Uri)?;
        if uri.is_secure() {
            return Err(Trouble::Secure);
        }
        let address: Ipv4Addr = uri.host().parse().map_err(|_| Trouble::NoAddress)?;
        let local_port = 49_152 + (jitter.number() % 16_384) as u16;
        let (socket, interface) = self.net.connector(self.socket);
        socket.connect(interface.context(), (address, uri.port()), local_port).map_err(|_| Trouble::Gone)?;
        let visited = self.talk(uri, messages, jitter);
        self.leave();
        visited
    }

    fn talk(&mut self, uri: Uri, messages: &'static [Message], jitter: &mut Jitter) -> Result<Exchanged, Trouble> {
        let mut handshake = ClientHandshake::new(ClientRequest::new(uri), jitter).map_err(Trouble::Request)?;
        self.until(|socket| Ok(socket.may_send().then_some(())))?;
        let socket = self.net.socket(self.socket);
        // The ring is empty, so the request can be written directly into it.
        socket
            .send(|ring| match handshake.write_request(ring) {
                Ok(request) => (request.len(), Ok(())),
                Err(error) => (0, Err(Trouble::Request(error))),
            })
            .map_err(|_| Trouble::Gone)??;
        let agreed = self.until(|socket| read_response(socket, &mut handshake))?;

        let entropy = |bytes: &mut [u8]| jitter.fill(bytes);
        let mut exchange = Exchange::new(agreed.connect(entropy, SETTINGS), messages);
        let close_code = self.until(|socket| {
            exchange.turn(socket)?;
            Ok(exchange.is_over())
        })?;
        Ok(Exchanged { messages: exchange.echoed(), close_code })
    }

    /// Runs the network until there is an answer, or until nothing has come for a while.
    fn until<T>(&mut self, mut answer: impl FnMut(&mut Socket) -> Result<Option<T>, Trouble>) -> Result<T, Trouble> {
        let mut deadline = self.clock.now() + PATIENCE;
        loop {
            let busy = self.net.poll(&mut self.clock);
            let socket = self.net.socket(self.socket);
            let before = (socket.recv_queue(), socket.send_queue());
            if let Some(answer) = answer(socket)? {
                return Ok(answer);
            }
            if socket.state() == State::Closed {
                return Err(Trouble::Gone);
            }
            let now = self.clock.now();
            if busy || (socket.recv_queue(), socket.send_queue()) != before {
                deadline = now + PATIENCE;
            } else if now >= deadline {
                return Err(Trouble::Late);
            } else {
                self.net.sleep(&mut self.clock);
            }
        }
    }

    /// Frees the socket for the next visit.
    fn leave(&mut self) {
        self.net.socket(self.socket).close();
        let end = self.clock.now() + LEAVING;
        while self.net.socket(self.socket).is_open() && self.clock.now() < end {
            self.rest();
        }
        self.net.socket(self.socket).abort();
        self.rest();
    }

    /// Runs the network once, and sleeps.
    pub fn rest(&mut self) {
        self.net.poll(&mut self.clock);
        self.net.sleep(&mut self.clock);
    }
}

fn read_response<'a>(socket: &mut Socket, handshake: &mut ClientHandshake<'a>) -> Result<Option<Agreed<'a>>, Trouble> {
    while socket.can_recv() {
        let answer = socket.recv(|ring| {
            let len = ring.len();
            let mut input = ring;
            let answer = handshake.receive(&mut input);
            // Frames may already follow the response: they stay in the ring.
            (len - input.len(), answer)
        });
        match answer {
            Ok(None) => {}
            Ok(Some(Answer::Agreed(agreed))) => return Ok(Some(agreed)),
            Ok(Some(Answer::Refused { status, .. })) => return Err(Trouble::Refused(status)),
            Ok(Some(Answer::Failed(failure))) => return Err(Trouble::Response(failure)),
            Err(_) => break,
        }
    }
    if socket.may_recv() { Ok(None) } else { Err(Trouble::Gone) }
}

impl fmt::Display for Exchanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} messages came back, closed with {}", self.messages, self.close_code)
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { good, refused, gone, other } = self;
        write!(f, "{good} good, {refused} refused, {gone} gone, {other} others")
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uri(error) => write!(f, "bad URI: {error}"),
            Self::Secure => f.write_str("bad URI: TLS is not supported"),
            Self::NoAddress => f.write_str("bad URI: its host must be an IPv4 address"),
            Self::Gone => f.write_str("failed: no connection"),
            Self::Late => f.write_str("failed: the server does not answer"),
            Self::Request(error) => write!(f, "failed: {error}"),
            Self::Refused(status) => write!(f, "refused: {status}"),
            Self::Response(failure) => write!(f, "failed: {failure}"),
            Self::Violation(error) => write!(f, "failed: {error}"),
            Self::Send(error) => write!(f, "failed: {error}"),
            Self::Echo(number) => write!(f, "failed: message {number} came back changed"),
        }
    }
}
