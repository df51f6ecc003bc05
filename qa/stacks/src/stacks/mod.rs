//! The stacks, each used as its own documentation shows, with its strictest settings.

mod edge_ws;
mod embedded_websocket;
mod picoserve;
mod upframe;
mod websocket_sans_io;
mod websocketz;
mod ws_framer;

use crate::script::{Check, End, Script, Seen};
use crate::wire::Wire;

/// A stack, and what its documentation says about it.
pub struct Stack {
    pub name: &'static str,
    pub version: &'static str,
    /// What it is, in the words of the table's head.
    pub kind: &'static str,
    /// Whether its documentation leaves this check to the caller, and hands over what it needs.
    pub leaves: fn(End, Check) -> bool,
    /// Plays a script. `None` if the stack has no such end.
    pub play: fn(&Script, &Wire) -> Option<Seen>,
}

pub const ALL: &[Stack] = &[
    upframe::STACK,
    embedded_websocket::STACK,
    ws_framer::STACK,
    picoserve::STACK,
    websocketz::STACK,
    edge_ws::STACK,
    websocket_sans_io::STACK,
];

/// Room for heads and messages.
const ROOM: usize = 1024;

/// A key that anyone can foresee.
fn key(bytes: &mut [u8]) {
    bytes.fill(0x5A);
}
