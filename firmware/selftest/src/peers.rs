//! Both ends, and a record of what they received.

use upframe::connection::{Client, Connection, Event, Limits, NoEntropy, Role, Server, Settings};

pub const SETTINGS: Settings = Settings::new().with_limits(Limits::SMALL_DEVICE);

/// Predictable keys: for tests only.
pub fn keys(bytes: &mut [u8]) -> Result<(), NoEntropy> {
    bytes.iter_mut().zip([0x37, 0xFA, 0x21, 0x3D]).for_each(|(to, from)| *to = from);
    Ok(())
}

pub type Keys = fn(&mut [u8]) -> Result<(), NoEntropy>;

pub const fn client() -> Connection<Client<Keys>> {
    Connection::client(keys, SETTINGS)
}

pub const fn server() -> Connection<Server> {
    Connection::server(SETTINGS)
}

/// The received bytes, and a number that depends on all events and bytes and on their order.
pub struct Seen<const N: usize> {
    pub bytes: [u8; N],
    pub len: usize,
    pub pings: u32,
    pub pongs: u32,
    pub close: Option<u16>,
    /// The close code and the offset of a failure.
    pub failed: Option<(u16, u64)>,
    pub messages: u32,
}

impl<const N: usize> Seen<N> {
    pub const fn new() -> Self {
        Self { bytes: [0; N], len: 0, pings: 0, pongs: 0, close: None, failed: None, messages: 0 }
    }

    pub fn came(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    fn keep(&mut self, bytes: &[u8], last: bool) {
        for byte in bytes {
            if let Some(place) = self.bytes.get_mut(self.len) {
                *place = *byte;
            }
            self.len += 1;
        }
        self.messages += u32::from(last);
    }

    /// Passes `wire` to a connection in pieces of `cut` bytes.
    pub fn receive<R: Role>(&mut self, connection: &mut Connection<R>, wire: &mut [u8], cut: usize) {
        for mut input in wire.chunks_mut(cut.max(1)) {
            while let Some(event) = connection.receive(&mut input) {
                match event {
                    Event::Text(text) => self.keep(text.as_str().as_bytes(), text.is_last()),
                    Event::Binary(binary) => self.keep(binary.as_bytes(), binary.is_last()),
                    Event::Ping => self.pings += 1,
                    Event::Pong => self.pongs += 1,
                    Event::Close(code) => self.close = Some(code.0),
                    Event::Failed(error) => self.failed = Some((error.close_code().0, error.offset)),
                    _ => self.messages += 1000,
                }
            }
        }
    }
}

/// Writes everything that a connection owes, in pieces of `cut` bytes. Returns the length.
pub fn polled<R: Role>(connection: &mut Connection<R>, out: &mut [u8], cut: usize) -> usize {
    let mut len = 0;
    loop {
        let end = out.len().min(len + cut);
        let n = connection.poll_transmit(&mut out[len..end]);
        len += n;
        if n < cut || len == out.len() {
            return len;
        }
    }
}

/// Returns a number that depends on all bytes and their order.
pub fn sum(sum: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(sum, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
