//! What a contender is asked for. To add one: a file in `peers/`, and a line in `peers/mod.rs`.

use crate::socket::Socket;
use crate::stream::Stream;
use crate::sum::Sum;
use std::any::Any;

/// All the work of a row, once.
pub type Pass = Box<dyn FnMut(&mut Sum)>;

/// A contender's way to do a row, or why it has none.
pub type Offer = Result<Contender, &'static str>;

/// How a contender does a row.
pub struct Contender {
    pub pass: Pass,
    /// Duties that it leaves to its user: what it measures is less work.
    pub lacks: Vec<&'static str>,
    /// What else is to be known.
    pub notes: Vec<&'static str>,
    /// Pings come out of it. Some answer them and report nothing.
    pub shows_pings: bool,
    /// It does the work that is asked for, and is checked.
    pub is_checked: bool,
}

impl Contender {
    pub fn new(pass: impl FnMut(&mut Sum) + 'static) -> Self {
        Self { pass: Box::new(pass), lacks: Vec::new(), notes: Vec::new(), shows_pings: true, is_checked: true }
    }

    /// No contender, but what none can beat by much.
    pub fn limit(pass: impl FnMut(&mut Sum) + 'static) -> Self {
        Self { is_checked: false, ..Self::new(pass) }
    }

    pub fn lacks(self, what: &'static str) -> Self {
        self.lacks_if(true, what)
    }

    pub fn lacks_if(mut self, so: bool, what: &'static str) -> Self {
        if so {
            self.lacks.push(what);
        }
        self
    }

    pub fn note(mut self, what: &'static str) -> Self {
        self.notes.push(what);
        self
    }

    pub fn hides_pings(mut self) -> Self {
        self.shows_pings = false;
        self
    }
}

/// Memory that a connection needs.
pub struct Size {
    /// Bytes of the value that the user holds.
    pub inline: usize,
    /// Makes a connection that has received what its socket offered.
    pub connection: fn(Socket) -> Box<dyn Any>,
}

impl Size {
    pub fn of<T>(connection: fn(Socket) -> Box<dyn Any>) -> Self {
        Self { inline: size_of::<T>(), connection }
    }
}

/// Masking keys for those who take one: xorshift, cheap and the same for all.
#[derive(Clone)]
pub struct Keys(u32);

impl Keys {
    pub const fn new() -> Self {
        Self(0x9E37_79B9)
    }

    #[inline(always)]
    pub fn next(&mut self) -> [u8; 4] {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0.to_le_bytes()
    }
}

const NOT_OFFERED: &str = "does not offer it";

/// A library. A row that it does not offer stays as it is here.
pub trait Peer {
    fn name(&self) -> &'static str;

    /// Receives all bytes of the socket, as a server with all its checks: pieces or messages, as it delivers them.
    fn receive(&self, stream: &Stream, socket: Socket) -> Offer;

    /// The same, but whole messages come out.
    fn messages(&self, stream: &Stream, socket: Socket) -> Offer {
        self.receive(stream, socket)
    }

    /// The same, but they are assembled in another memory than that of the reads, piece by piece.
    fn assembled(&self, _stream: &Stream, _socket: Socket) -> Offer {
        Err(NOT_OFFERED)
    }

    /// Masks payloads of this length in place. See [`mask_each`](crate::rows::mask::mask_each).
    fn mask(&self, _len: usize) -> Offer {
        Err("masking is not public")
    }

    /// Writes binary messages. See [`send_each`](crate::rows::send::send_each).
    fn send(&self, _len: usize, _masked: bool) -> Offer {
        Err(NOT_OFFERED)
    }

    /// Writes one message, framed once, to many connections.
    fn prepared(&self, _len: usize) -> Offer {
        Err(NOT_OFFERED)
    }

    /// Request in, 101 out.
    fn serve(&self) -> Offer {
        Err("has no handshake")
    }

    /// Request out, 101 in.
    fn connect(&self) -> Offer {
        Err("has no handshake")
    }

    /// Reads the head of the request, and judges nothing.
    fn head(&self) -> Offer {
        Err("has no reader of its own")
    }

    /// `Sec-WebSocket-Accept`.
    fn accept_key(&self) -> Offer {
        Err("is not public")
    }

    /// A server's connection.
    fn size(&self) -> Option<Size> {
        None
    }
}
