//! One file for each peer.

mod sockudo_ws;
mod tokio_websockets;
mod tungstenite;
pub mod upframe;
mod wslay;
mod wsproto;

use crate::End;
use crate::opening::{Asked, Judged};
use crate::receiving::Transcript;

/// Another WebSocket codec. Each call is a new connection.
pub trait Peer {
    fn name(&self) -> &'static str;

    /// What an end sees in pieces of a wire, after the opening handshake.
    fn receive(&mut self, end: End, pieces: &[&[u8]]) -> Transcript;

    /// How a server judges a request; `None` if it has no opening handshake.
    fn serve(&mut self, wire: &[u8]) -> Option<Judged>;

    /// How a client judges a response; `None` if it has no opening handshake.
    fn connect(&mut self, asked: &Asked, wire: &[u8]) -> Option<Judged>;
}

pub const SOCKUDO_WS: &str = "sockudo-ws";
pub const TOKIO_WEBSOCKETS: &str = "tokio-websockets";
pub const TUNGSTENITE: &str = "tungstenite";
pub const WSLAY: &str = "wslay";
pub const WSPROTO: &str = "wsproto";

pub fn all() -> Vec<Box<dyn Peer>> {
    vec![
        Box::new(tungstenite::Tungstenite),
        Box::new(tokio_websockets::TokioWebSockets),
        Box::new(sockudo_ws::SockudoWs),
        Box::new(wslay::Wslay),
        Box::new(wsproto::Wsproto::start()),
    ]
}
