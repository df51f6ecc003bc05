//! One file for each contender.

mod fastwebsockets;
mod soketto;
mod tungstenite;
mod upframe;
#[cfg(feature = "wslay")]
mod wslay;

use crate::peer::Peer;
pub use upframe::BUFFER;

/// All contenders, `upframe` first.
pub fn all() -> Vec<Box<dyn Peer>> {
    vec![
        Box::new(upframe::Upframe),
        Box::new(tungstenite::Tungstenite),
        Box::new(fastwebsockets::FastWebSockets),
        Box::new(soketto::Soketto),
        #[cfg(feature = "wslay")]
        Box::new(wslay::Wslay),
    ]
}
