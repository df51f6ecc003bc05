//! Sends messages and receives their echo at the same time: a message that is longer than all rings comes back before
//! all of it is sent.

use crate::message::Message;
use crate::visit::Trouble;
use smoltcp::socket::tcp::Socket;
use upframe::connection::{Client, Connection, Entropy, Event, MessageKind, Place, State};
use upframe::frame::{CloseCode, Header};

const PING: &[u8] = b"are you there?";

/// What has been sent, and what has come back.
pub struct Exchange<E: Entropy> {
    connection: Connection<Client<E>>,
    messages: &'static [Message],
    sent: Sent,
    /// The message that comes back, and how many of its bytes have arrived.
    echoed: (usize, u32),
    ping_sent: bool,
    ponged: bool,
    unfinished: bool,
}

/// How far sending has come.
#[derive(Clone, Copy, Default, PartialEq)]
struct Sent {
    /// The number of the message.
    number: usize,
    /// How many of its frames were begun.
    frames: u32,
    /// How many of its bytes were written.
    len: u32,
    /// How many bytes the frame still lacks.
    lacks: u64,
}

impl<E: Entropy> Exchange<E> {
    /// Starts after the handshake.
    pub fn new(connection: Connection<Client<E>>, messages: &'static [Message]) -> Self {
        Self {
            connection,
            messages,
            sent: Sent::default(),
            echoed: (0, 0),
            ping_sent: false,
            ponged: false,
            unfinished: false,
        }
    }

    /// Returns the code of the server's Close, once the stream has ended after it.
    pub fn is_over(&self) -> Option<CloseCode> {
        self.connection.close_code().filter(|_| self.connection.may_disconnect())
    }

    /// Returns the number of messages that have come back.
    pub const fn echoed(&self) -> usize {
        self.echoed.0
    }

    /// Does what can be done now. Returns whether anything was done.
    pub fn turn(&mut self, socket: &mut Socket) -> Result<bool, Trouble> {
        let before = (self.sent, self.echoed);
        self.receive(socket)?;
        self.transmit(socket);
        // The Close with the reason is written, unless an unfinished frame is before it.
        if let Some(error) = self.connection.failure()
            && (self.sent.lacks > 0 || !self.connection.wants_transmit())
        {
            return Err(Trouble::Violation(error));
        }
        // There is room for a header and some payload.
        while socket.may_send() && socket.send_capacity() - socket.send_queue() >= 2 * Header::MAX_CONTROL_PAYLOAD {
            if !self.send(socket)? {
                break;
            }
            self.transmit(socket);
        }
        Ok((self.sent, self.echoed) != before)
    }

    /// Writes what is queued, but nothing inside a frame.
    fn transmit(&mut self, socket: &mut Socket) {
        while self.sent.lacks == 0 && self.connection.wants_transmit() && socket.can_send() {
            let _ = socket.send(|ring| (self.connection.poll_transmit(ring), ()));
        }
    }

    fn receive(&mut self, socket: &mut Socket) -> Result<(), Trouble> {
        let mut stopped = false;
        while (socket.can_recv() || self.unfinished) && !stopped {
            let mut take = |ring: &mut [u8]| {
                let len = ring.len();
                let mut input = ring;
                let event = self.connection.receive(&mut input);
                self.unfinished = event.is_some();
                // Input is left if a control frame finds no room until something is written: after this.
                stopped = event.is_none() && !input.is_empty();
                let checked = match event {
                    Some(Event::Text(piece)) => {
                        compare(self.messages, &mut self.echoed, MessageKind::Text, piece.as_bytes(), piece.place())
                    }
                    Some(Event::Binary(piece)) => {
                        compare(self.messages, &mut self.echoed, MessageKind::Binary, piece.as_bytes(), piece.place())
                    }
                    Some(Event::Pong) => {
                        self.ponged |= self.connection.control_payload() == Some(PING);
                        Ok(())
                    }
                    // The answer of the protocol is queued.
                    _ => Ok(()),
                };
                (len - input.len(), checked)
            };
            if socket.can_recv() { socket.recv(&mut take).unwrap_or(Ok(())) } else { take(&mut []).1 }?;
        }
        if !socket.may_recv() {
            self.connection.receive_eof();
        }
        Ok(())
    }

    /// Sends part of what is left to send. Returns `false` if it has to wait, or if nothing is left.
    fn send(&mut self, socket: &mut Socket) -> Result<bool, Trouble> {
        let mut out = [0; Header::MAX_LEN];
        let Sent { number, frames, len, lacks } = self.sent;
        let written = match self.messages.get(number) {
            _ if !self.ping_sent => {
                self.ping_sent = true;
                self.connection.ping(PING).map_err(Trouble::Send)?;
                return Ok(true);
            }
            Some(message) if lacks > 0 => {
                self.payload(socket, message);
                return Ok(true);
            }
            Some(message) if frames == message.frames => {
                self.sent = Sent { number: number + 1, ..Sent::default() };
                return Ok(true);
            }
            Some(message) => {
                let place = Place::new(frames == 0, frames + 1 == message.frames);
                let lacks = u64::from(message.frame_end(frames) - len);
                self.sent = Sent { frames: frames + 1, lacks, ..self.sent };
                self.connection.begin_frame(message.data_frame().at(place), lacks, &mut out)
            }
            // All messages came back.
            None if number == self.echoed.0 && self.ponged && self.connection.state() == State::Open => {
                self.connection.close(CloseCode::NORMAL, "done").map_err(Trouble::Send)?;
                return Ok(true);
            }
            None => return Ok(false),
        };
        let written = written.map_err(Trouble::Send)?;
        socket.send_slice(written).map_err(|_| Trouble::Gone)?;
        Ok(true)
    }

    /// Writes payload into the ring and masks it there.
    fn payload(&mut self, socket: &mut Socket, message: &Message) {
        let Self { connection, sent, .. } = self;
        let _ = socket.send(|ring| {
            let n = sent.lacks.min(ring.len() as u64);
            let chunk = &mut ring[..n as usize];
            for (at, byte) in (sent.len..).zip(chunk.iter_mut()) {
                *byte = message.byte(at);
            }
            match connection.frame_payload(chunk) {
                Ok(lacks) => (sent.len, sent.lacks) = (sent.len + n as u32, lacks),
                Err(_) => return (0, ()),
            }
            (n as usize, ())
        });
    }
}

/// Compares a piece that came back with what was sent.
fn compare(
    messages: &[Message],
    echoed: &mut (usize, u32),
    kind: MessageKind,
    bytes: &[u8],
    place: Place,
) -> Result<(), Trouble> {
    let (number, at) = *echoed;
    let same = messages.get(number).is_some_and(|message| {
        let end = at + bytes.len() as u32;
        message.kind == kind
            && (at == 0 || !place.is_first())
            && (place.is_last() == (end == message.len) || message.len == end)
            && (at..).zip(bytes).all(|(place, byte)| message.byte(place) == *byte)
    });
    if !same {
        return Err(Trouble::Echo(number));
    }
    *echoed = if place.is_last() { (number + 1, 0) } else { (number, at + bytes.len() as u32) };
    Ok(())
}
