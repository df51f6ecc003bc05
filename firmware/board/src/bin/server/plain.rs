//! The twin of `packed` for a server without compression.

use smoltcp::socket::tcp::Socket;
use upframe::connection::{Connection, Extended, Fragment, Server};
use upframe::handshake::{ServerHandshake, ServerOptions, Upgrade};

/// A piece never waits.
pub const KEPT: usize = usize::MAX;
/// The room of a header; it is never asked for.
pub const ROOM: usize = 4;

/// The opening handshake.
pub type Handshake = ServerHandshake<'static>;

/// Begins an opening handshake.
pub const fn handshake(options: ServerOptions<'static>) -> Handshake {
    ServerHandshake::new(options)
}

/// No memory.
pub struct Packs;

/// There is none.
pub enum Pack {}

/// As in `packed`.
#[expect(dead_code, reason = "there is no pack")]
pub enum Done {
    /// Nothing is kept.
    Nothing,
    /// A piece was sent back.
    Sent(usize),
    /// The peer broke the protocol.
    Failed,
}

impl Packs {
    /// There is nothing to prepare.
    pub const fn new() -> Self {
        Self
    }

    /// Compression is never agreed on.
    pub fn take(&mut self, _: &Handshake, upgrade: Upgrade<'static>) -> (Upgrade<'static>, Option<Pack>) {
        (upgrade, None)
    }

    /// There is no pack.
    pub fn keep(&mut self, pack: &Pack, _: &Extended<'_>) {
        match *pack {}
    }

    /// There is no pack.
    pub fn step(&mut self, pack: &Pack, _: &mut Connection<Server>, _: &mut [u8], _: &mut Socket) -> Done {
        match *pack {}
    }

    /// There is no pack.
    pub fn send(
        &mut self,
        pack: &Pack,
        _: &mut Connection<Server>,
        _: Fragment<'_>,
        _: &mut [u8],
        _: &mut Socket,
    ) -> usize {
        match *pack {}
    }
}
