//! A server and a client on sockets of smoltcp, with the codec alone: no driver, no executor, no heap. A loop polls the
//! interface, then [`Server::poll`] or [`Client::poll`], and sleeps until the next packet or until
//! `Interface::poll_delay`.
//!
//! No message is stored: its pieces are sent back as fragments. **Nothing is read if there is no room for its answer**, so a
//! peer that does not read makes only itself wait. `firmware/board` in the repository is a whole server that is made
//! like this one, with time limits, pages and refusals of other sites.

use smoltcp::socket::tcp::{Socket, State as TcpState};
use upframe_embedded::upframe::connection::{Client as Masked, Connection, Server as Unmasked, Settings};
use upframe_embedded::upframe::connection::{Entropy, Limits, State};
use upframe_embedded::upframe::handshake::{Answer, ClientHandshake, Outcome, Refusal, ServerHandshake};
use upframe_embedded::{ClientRequest, CloseCode, RequestError, ServerOptions};

/// So much is read at once.
const PIECE: usize = 256;
/// What a piece can lead to at most: itself with headers, and a Pong or a Close. A response also fits.
const ROOM: usize = 768;

const SETTINGS: Settings = Settings::new().with_limits(Limits::SMALL_DEVICE);

/// Reads a piece, if its answer has room. `None` if nothing is there, or if it must wait.
fn read<'b>(socket: &mut Socket, buf: &'b mut [u8; PIECE]) -> Option<&'b mut [u8]> {
    if !socket.can_recv() || socket.send_capacity() - socket.send_queue() < ROOM {
        return None;
    }
    let n = socket.recv_slice(buf).ok()?;
    buf.get_mut(..n)
}

/// Writes what has room: [`read`] has seen to that.
fn write(socket: &mut Socket, bytes: &[u8]) {
    let _ = socket.send_slice(bytes);
}

/// A server that sends back every message, on one socket after the other.
#[derive(Debug)]
pub struct Server {
    port: u16,
    state: ServerState,
    /// How many connections have had their closing handshake.
    closed: u32,
}

#[derive(Debug)]
enum ServerState {
    Listens,
    Opens(ServerHandshake<'static>),
    Open(Connection<Unmasked>),
    /// The response is a refusal, or all is said: the socket sends the rest.
    Ends,
}

impl Server {
    /// Returns a server for a port. The send buffer of its socket has at least 768 bytes.
    pub const fn new(port: u16) -> Self {
        Self { port, state: ServerState::Listens, closed: 0 }
    }

    /// Returns how many connections have had their closing handshake.
    pub const fn closed(&self) -> u32 {
        self.closed
    }

    /// Does what can be done now. Call it after each poll of the interface.
    pub fn poll(&mut self, socket: &mut Socket) {
        let (mut buf, mut out) = ([0; PIECE], [0; ROOM]);
        if !socket.is_open() {
            // it was closed whole, or reset
            let listens = socket.listen(self.port);
            debug_assert!(listens.is_ok(), "it is closed, and the port is not 0");
            self.state = ServerState::Listens;
        }
        if let ServerState::Listens = self.state {
            if matches!(socket.state(), TcpState::Listen | TcpState::SynReceived) {
                return;
            }
            self.state = ServerState::Opens(ServerHandshake::new(ServerOptions::new()));
        }
        while let Some(mut input) = read(socket, &mut buf) {
            if let ServerState::Opens(handshake) = &mut self.state {
                let refusal = match handshake.receive(&mut input) {
                    None => continue,
                    Some(Outcome::Upgrade(upgrade)) => match handshake.accept(&upgrade, SETTINGS, &[], &mut out) {
                        Ok((response, connection)) => {
                            write(socket, response);
                            self.state = ServerState::Open(connection);
                            None
                        }
                        Err(_) => Some(Refusal::UpgradeRequired), // no field of ours is in the response
                    },
                    Some(Outcome::PlainHttp(_)) => Some(Refusal::UpgradeRequired),
                    Some(Outcome::Refusal(refusal)) => Some(refusal),
                };
                if let Some(refusal) = refusal {
                    write(socket, refusal.write_without_body(&mut out).unwrap_or_default());
                    self.state = ServerState::Ends;
                }
            }
            // what follows the request in the same piece are frames
            if let ServerState::Open(connection) = &mut self.state {
                echo(connection, input, socket, &mut out);
            }
        }
        match &mut self.state {
            ServerState::Open(connection) => {
                if !socket.may_recv() && !socket.can_recv() {
                    connection.receive_eof();
                }
                if connection.may_disconnect() {
                    self.closed += u32::from(connection.state() == State::Closed);
                    self.state = ServerState::Ends;
                }
            }
            ServerState::Opens(_) if !socket.may_recv() => self.state = ServerState::Ends,
            _ => {}
        }
        if let ServerState::Ends = self.state {
            socket.close();
        }
    }
}

/// Consumes a piece, and sends back what it leads to. It has room.
fn echo(connection: &mut Connection<Unmasked>, mut input: &mut [u8], socket: &mut Socket, out: &mut [u8; ROOM]) {
    while let Some(event) = connection.receive(&mut input) {
        if let Some(piece) = event.as_fragment() {
            // refused after a Close: then nobody waits for it
            if let Ok(frame) = connection.send(piece, out) {
                write(socket, frame);
            }
        }
        // after every event, so that each Ping gets its Pong
        let n = connection.poll_transmit(out);
        write(socket, out.get(..n).unwrap_or_default());
    }
}

/// A client that sends one message after the other, each when the last one has come back, and then closes.
#[derive(Debug)]
pub struct Client<'a, E: Entropy> {
    messages: &'a [&'a str],
    state: ClientState<'a, E>,
    /// How many bytes of the echo of the first message have come.
    echoed: usize,
    answers: usize,
}

#[derive(Debug)]
enum ClientState<'a, E: Entropy> {
    /// The request is sent as soon as TCP is connected.
    Connects(ClientHandshake<'a>, E),
    Opens(ClientHandshake<'a>, E),
    Open(Connection<Masked<E>>),
    Ends(Ended),
    /// Only while the state changes.
    Moving,
}

/// How a client has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ended {
    /// There is no connection: TCP was refused, or the response is no 101.
    NotOpened,
    /// It failed, or broke off.
    Broken,
    /// The closing handshake is whole, with this code of the server.
    Closed(CloseCode),
}

impl<'a, E: Entropy> Client<'a, E> {
    /// Returns a client for a socket that connects.
    ///
    /// # Errors
    ///
    /// If the request is not valid.
    pub fn new(request: ClientRequest<'a>, mut entropy: E, messages: &'a [&'a str]) -> Result<Self, RequestError> {
        let handshake = ClientHandshake::new(request, &mut entropy)?;
        Ok(Self { messages, state: ClientState::Connects(handshake, entropy), echoed: 0, answers: 0 })
    }

    /// Returns how many messages have come back.
    pub const fn answers(&self) -> usize {
        self.answers
    }

    /// Returns how it has ended. `None` if it goes on.
    pub const fn ended(&self) -> Option<Ended> {
        if let ClientState::Ends(ended) = &self.state { Some(*ended) } else { None }
    }

    /// Does what can be done now. Call it after each poll of the interface.
    pub fn poll(&mut self, socket: &mut Socket) {
        let (mut buf, mut out) = ([0; PIECE], [0; ROOM]);
        self.state = match core::mem::replace(&mut self.state, ClientState::Moving) {
            ClientState::Connects(handshake, entropy) if socket.may_send() => match handshake.write_request(&mut out) {
                Ok(request) => {
                    write(socket, request);
                    ClientState::Opens(handshake, entropy)
                }
                Err(_) => ClientState::Ends(Ended::NotOpened),
            },
            state => state,
        };
        while let Some(mut input) = read(socket, &mut buf) {
            self.state = match core::mem::replace(&mut self.state, ClientState::Moving) {
                ClientState::Opens(mut handshake, entropy) => match handshake.receive(&mut input) {
                    None => ClientState::Opens(handshake, entropy),
                    Some(Answer::Agreed(agreed)) => {
                        let mut connection = agreed.connect(entropy, SETTINGS);
                        say(&mut connection, self.messages, 0, socket, &mut out);
                        ClientState::Open(connection)
                    }
                    Some(_) => ClientState::Ends(Ended::NotOpened),
                },
                state => state,
            };
            if let ClientState::Open(connection) = &mut self.state {
                while let Some(event) = connection.receive(&mut input) {
                    if let Some(piece) = event.as_fragment() {
                        self.echoed += piece.bytes().len();
                        if piece.frame().place().is_last() {
                            let sent = self.messages.get(self.answers).map_or(0, |message| message.len());
                            self.answers += usize::from(self.echoed == sent);
                            self.echoed = 0;
                            say(connection, self.messages, self.answers, socket, &mut out);
                        }
                    }
                    let n = connection.poll_transmit(&mut out);
                    write(socket, out.get(..n).unwrap_or_default());
                }
            }
        }
        let over = !socket.may_recv() && !socket.can_recv();
        match &mut self.state {
            ClientState::Open(connection) => {
                if over {
                    connection.receive_eof();
                }
                // the server ends TCP first (RFC 6455 §7.1.1)
                if over || connection.failure().is_some() {
                    let closed = connection.close_code().filter(|_| connection.failure().is_none());
                    self.state = ClientState::Ends(closed.map_or(Ended::Broken, Ended::Closed));
                }
            }
            ClientState::Connects(..) if !socket.is_open() => self.state = ClientState::Ends(Ended::NotOpened),
            ClientState::Opens(..) if over => self.state = ClientState::Ends(Ended::NotOpened),
            _ => {}
        }
        if let ClientState::Ends(_) = self.state {
            socket.close();
        }
    }
}

/// Sends the message with this number, or the Close after the last one. It has room: messages have up to 512 bytes.
fn say<E: Entropy>(
    connection: &mut Connection<Masked<E>>,
    messages: &[&str],
    number: usize,
    socket: &mut Socket,
    out: &mut [u8; ROOM],
) {
    match messages.get(number) {
        Some(message) => {
            if let Ok(frame) = connection.send(*message, out) {
                write(socket, frame);
            }
        }
        // an error: it is closing already
        None => drop(connection.close(CloseCode::NORMAL, "done")),
    }
}
