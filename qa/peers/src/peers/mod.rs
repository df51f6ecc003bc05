//! One file for each contender.

mod edge_ws;
mod embedded_websocket;
mod fastwebsockets;
mod httparse;
mod sockudo_ws;
mod soketto;
mod tokio_websockets;
mod tungstenite;
mod upframe;
mod web_socket;
mod websocket_sans_io;
mod ws_framer;
#[cfg(feature = "wslay")]
mod wslay;
mod yawc;

use crate::peer::Peer;
pub use upframe::BUFFER;

/// All contenders, `upframe` first.
pub fn all() -> Vec<Box<dyn Peer>> {
    vec![
        Box::new(upframe::Upframe),
        Box::new(tungstenite::Tungstenite),
        Box::new(fastwebsockets::FastWebSockets),
        Box::new(tokio_websockets::TokioWebSockets),
        Box::new(sockudo_ws::SockudoWs),
        Box::new(soketto::Soketto),
        Box::new(yawc::Yawc),
        Box::new(web_socket::WebSocketCrate),
        Box::new(websocket_sans_io::WebSocketSansIo),
        Box::new(ws_framer::WsFramer),
        Box::new(embedded_websocket::EmbeddedWebSocket),
        Box::new(edge_ws::EdgeWs),
        Box::new(httparse::Httparse),
        #[cfg(feature = "wslay")]
        Box::new(wslay::Wslay),
    ]
}
