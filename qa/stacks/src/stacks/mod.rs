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

/// Reads a request with httparse, for stacks that leave that to their caller, and passes its fields to `answer`. Bytes
/// after the head are handed back. `None` if the script ends before.
fn answer_request(
    wire: &Wire,
    answer: impl FnOnce(&[httparse::Header<'_>]) -> Result<(), ()>,
) -> Option<Result<(), ()>> {
    let (mut buf, mut len) = ([0; ROOM], 0);
    loop {
        len += wire.read(&mut buf[len..]).ok()?;
        let mut headers = [httparse::EMPTY_HEADER; 16];
        let mut request = httparse::Request::new(&mut headers);
        let head = match request.parse(&buf[..len]) {
            Ok(httparse::Status::Complete(head)) => head,
            Ok(httparse::Status::Partial) => continue,
            Err(_) => return Some(Err(())),
        };
        let answered = answer(request.headers);
        if answered.is_ok() {
            wire.unread(&buf[head..len]);
        }
        return Some(answered);
    }
}
