//! What each contender does with one read, as its user would: it reads until nothing is left, and sends back what came.

use crate::socket::{Socket, now};
use fastwebsockets::{FragmentCollector, Role};
use std::io::ErrorKind;
use tungstenite::Error;
use tungstenite::protocol::WebSocketConfig;
use upframe::connection::{Connection, Server, Settings};

pub trait Contender {
    type Connection;

    /// A server's end after the opening handshake.
    fn connect(&mut self) -> Self::Connection;

    /// Consumes all that the socket offers, and writes the echo to it.
    fn turn(&mut self, connection: &mut Self::Connection);
}

/// One pair of buffers for all.
pub struct Upframe {
    socket: Socket,
    buf: [u8; 4096],
    out: [u8; 4096 + 512],
}

impl Upframe {
    pub fn new(socket: &Socket) -> Self {
        Self { socket: socket.clone(), buf: [0; 4096], out: [0; 4096 + 512] }
    }
}

impl Contender for Upframe {
    type Connection = Connection<Server>;

    fn connect(&mut self) -> Self::Connection {
        Connection::server(Settings::new())
    }

    #[inline]
    fn turn(&mut self, connection: &mut Self::Connection) {
        loop {
            let n = self.socket.fetch(&mut self.buf);
            if n == 0 {
                return;
            }
            let mut input = &mut self.buf[..n];
            let mut len = 0;
            while let Some(event) = connection.receive(&mut input) {
                let piece = event.as_fragment().expect("a message");
                len += connection.send(piece, &mut self.out[len..]).expect("room").len();
            }
            len += connection.poll_transmit(&mut self.out[len..]);
            self.socket.put(&self.out[..len]);
        }
    }
}

/// Buffers of its own in each connection: of 128 KiB, or as short as one asks for.
pub struct Tungstenite {
    socket: Socket,
    config: WebSocketConfig,
}

impl Tungstenite {
    pub fn new(socket: &Socket, buffers: Option<usize>) -> Self {
        let config = WebSocketConfig::default();
        let config = match buffers {
            Some(len) => config.read_buffer_size(len).write_buffer_size(len),
            None => config,
        };
        Self { socket: socket.clone(), config }
    }
}

impl Contender for Tungstenite {
    type Connection = tungstenite::WebSocket<Socket>;

    fn connect(&mut self) -> Self::Connection {
        let role = tungstenite::protocol::Role::Server;
        tungstenite::WebSocket::from_raw_socket(self.socket.clone(), role, Some(self.config))
    }

    #[inline]
    fn turn(&mut self, websocket: &mut Self::Connection) {
        loop {
            match websocket.read() {
                Ok(message) => websocket.send(message).expect("room"),
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// Buffers of its own in each connection: of 8 KiB.
pub struct FastWebSockets(Socket);

impl FastWebSockets {
    pub fn new(socket: &Socket) -> Self {
        Self(socket.clone())
    }
}

impl Contender for FastWebSockets {
    type Connection = FragmentCollector<Socket>;

    fn connect(&mut self) -> Self::Connection {
        FragmentCollector::new(fastwebsockets::WebSocket::after_handshake(self.0.clone(), Role::Server))
    }

    #[inline]
    fn turn(&mut self, websocket: &mut Self::Connection) {
        while let Some(frame) = now(websocket.read_frame()) {
            now(websocket.write_frame(frame.expect("a message"))).expect("room").expect("a socket");
        }
    }
}

/// Not a contender, but a limit that no contender can beat by much: one cache line a connection, and not one check.
pub struct Bare {
    socket: Socket,
    buf: [u8; 128],
}

impl Bare {
    pub fn new(socket: &Socket) -> Self {
        Self { socket: socket.clone(), buf: [0; 128] }
    }
}

#[repr(align(64))]
pub struct Line {
    messages: u64,
}

impl Contender for Bare {
    type Connection = Line;

    fn connect(&mut self) -> Line {
        Line { messages: 0 }
    }

    #[inline]
    fn turn(&mut self, line: &mut Line) {
        let Self { socket, buf } = self;
        let n = socket.fetch(buf);
        let key = u64::from(u32::from_ne_bytes([buf[2], buf[3], buf[4], buf[5]]));
        let key = key << 32 | key;
        let (words, _) = buf[6..].as_chunks_mut::<8>();
        words.iter_mut().for_each(|word| *word = (u64::from_ne_bytes(*word) ^ key).to_ne_bytes());
        // the shorter header ends at the first byte of the payload
        (buf[4], buf[5]) = (buf[0], buf[1] & 0x7F);
        socket.put(&buf[4..n]);
        line.messages += 1;
    }
}
