//! A WebSocket: what arrives is sent back as it arrives, from ring to ring.
//!
//! No message is assembled: its pieces are sent back as fragments, so a message may be longer than the RAM. **No more
//! is read from the ring than there is room to answer**: a peer that does not read fills its own ring, TCP makes it
//! wait, and no other peer notices.

use crate::desk::{Desk, SCRATCH};
use crate::packed::{self, Done, Pack};
use smoltcp::socket::tcp::Socket;
use upframe::connection::{Connection, Event, Server};

/// The length of the header of a piece that is sent back: a piece is shorter than 65,536 bytes.
const HEADER: usize = 4;
/// A piece waits until this much room is free, so that pieces do not become too small.
const ROOM: usize = 64;

// Milliseconds.

/// Between two telemetry messages.
const TELEMETRY: u64 = 100;
/// Without a byte from the peer, until the board sends a Ping.
const QUIET: u64 = 10_000;
/// Without a byte from the peer, until the board closes the connection.
const GONE: u64 = 30_000;

/// An open WebSocket.
pub struct Session {
    connection: Connection<Server>,
    /// If messages may be compressed.
    pack: Option<Pack>,
    /// When the next telemetry message is due, for peers that chose the subprotocol.
    telemetry: Option<u64>,
    /// When the peer last sent something, or read what it was sent.
    heard: u64,
    pinged: bool,
    /// The last call returned an event: there may be another one, even without input.
    unfinished: bool,
    /// The number of bytes that were in the send ring.
    queued: usize,
}

impl Session {
    /// Starts after the handshake.
    pub const fn new(connection: Connection<Server>, pack: Option<Pack>, telemetry: bool, now: u64) -> Self {
        let telemetry = if telemetry { Some(now) } else { None };
        Self { connection, pack, telemetry, heard: now, pinged: false, unfinished: false, queued: 0 }
    }

    /// Whether both ends have sent a Close or the stream has ended: the socket can be closed.
    pub fn is_over(&self) -> bool {
        self.connection.may_disconnect()
    }

    /// Returns the time at which the peer counts as disconnected.
    pub const fn deadline(&self) -> u64 {
        self.heard + GONE
    }

    /// Does what can be done now. Returns whether anything was done.
    pub fn turn(&mut self, socket: &mut Socket, desk: &mut Desk) -> bool {
        let worked = self.echo(socket, desk);
        // A slow reader counts as active while it reads.
        if worked || (socket.can_recv() && socket.send_queue() < self.queued) {
            (self.heard, self.pinged) = (desk.now, false);
        }
        if !socket.may_recv() && !self.unfinished && self.connection.close_code().is_none() {
            self.connection.receive_eof();
        }
        self.say_telemetry(socket, desk);
        self.ask(socket, desk);
        self.queued = socket.send_queue();
        worked
    }

    /// Receives what came, as far as it can be answered.
    fn echo(&mut self, socket: &mut Socket, desk: &mut Desk) -> bool {
        let mut worked = false;
        loop {
            // What the protocol itself owes is written directly into the ring.
            transmit(&mut self.connection, socket);
            let room = room(socket).min(SCRATCH);
            if let Some(pack) = &self.pack {
                if room < packed::ROOM {
                    return worked;
                }
                match desk.packs.step(pack, &mut self.connection, &mut desk.scratch, socket) {
                    Done::Nothing => {}
                    Done::Sent(n) => {
                        desk.counts.echoed += n.saturating_sub(2) as u64;
                        worked = true;
                        continue;
                    }
                    Done::Failed => {
                        desk.counts.failed += 1;
                        worked = true;
                        continue;
                    }
                }
            }
            if room < ROOM || !(socket.can_recv() || self.unfinished) {
                return worked;
            }
            worked = true;
            let mut take = |ring: &mut [u8]| {
                let most = if self.pack.is_some() { packed::KEPT } else { usize::MAX };
                let window = ring.len().min(room - HEADER).min(most);
                let mut input = &mut ring[..window];
                let event = self.connection.receive(&mut input);
                self.unfinished = event.is_some();
                let echoed = match &event {
                    Some(Event::Failed(_)) => {
                        desk.counts.failed += 1;
                        None
                    }
                    Some(Event::Extended(piece)) => {
                        if let Some(pack) = &self.pack {
                            desk.packs.keep(pack, piece);
                        }
                        None
                    }
                    event => event.as_ref().and_then(Event::as_fragment),
                };
                // The piece fits. After a Close nothing may follow, so an error is ignored.
                let n =
                    echoed.and_then(|piece| self.connection.send(piece, &mut desk.scratch).ok()).map_or(0, <[u8]>::len);
                (window - input.len(), n)
            };
            // The second part of the ring, if there is one, is read in the next turn.
            let n = if socket.can_recv() { socket.recv(&mut take).unwrap_or(0) } else { take(&mut []).1 };
            desk.counts.echoed += n.saturating_sub(2) as u64;
            let _ = socket.send_slice(&desk.scratch[..n]);
        }
    }

    /// Sends telemetry to peers that want it: never inside a message that is echoed, and not to a peer that lags
    /// behind.
    fn say_telemetry(&mut self, socket: &mut Socket, desk: &mut Desk) {
        let Some(due) = self.telemetry.filter(|due| desk.now >= *due) else { return };
        self.telemetry = Some(if desk.now - due < TELEMETRY { due + TELEMETRY } else { desk.now + TELEMETRY });
        if room(socket) < 256 {
            return;
        }
        let text = desk.telemetry();
        // 0 means that a message is unfinished, or that the connection is closing.
        let n = match &self.pack {
            Some(pack) => desk.packs.send(pack, &mut self.connection, text.as_str().into(), &mut desk.scratch, socket),
            None => match self.connection.send(text.as_str(), &mut desk.scratch) {
                Ok(frame) => socket.send_slice(frame).unwrap_or(0),
                Err(_) => 0,
            },
        };
        if n > 0 {
            desk.counts.telemetry += 1;
        }
    }

    /// Sends one Ping to a quiet peer.
    fn ask(&mut self, socket: &mut Socket, desk: &mut Desk) {
        if self.pinged || desk.now - self.heard < QUIET || room(socket) < ROOM {
            return;
        }
        // An error means that the connection is closing, or that an answer waits: the peer is not quiet.
        if self.connection.ping(b"").is_ok() {
            transmit(&mut self.connection, socket);
        }
        self.pinged = true;
    }
}

/// Writes what is queued directly into the ring.
fn transmit(connection: &mut Connection<Server>, socket: &mut Socket) {
    while connection.wants_transmit() && socket.can_send() {
        let _ = socket.send(|ring| (connection.poll_transmit(ring), ()));
    }
}

fn room(socket: &Socket) -> usize {
    if socket.may_send() { socket.send_capacity() - socket.send_queue() } else { 0 }
}
