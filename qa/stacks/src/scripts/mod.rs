//! The scripts, as literal bytes.

mod closing;
mod frames;
mod opening;

use crate::script::{Begins, Check, Demand, End, Reply, Script};

/// A group of scripts, and its title in the table.
pub struct Group {
    pub title: &'static str,
    pub scripts: Vec<Script>,
}

pub fn all() -> Vec<Group> {
    vec![
        Group { title: "Opening handshake of a server", scripts: opening::server() },
        Group { title: "Opening handshake of a client", scripts: opening::client() },
        Group { title: "Frames to a server", scripts: frames::to_server() },
        Group { title: "Frames to a client", scripts: frames::to_client() },
        Group { title: "Closing, of a server", scripts: closing::of_server() },
    ]
}

/// Stands for the accept value in the bytes for a client: the key is another each time.
pub const ACCEPT: &[u8] = b"{accept}";

const fn good(messages: &'static [&'static [u8]]) -> Demand {
    Demand::Good { messages, closes: false, replies: Reply::Nothing }
}

const fn bad(check: Check, code: u16) -> Demand {
    Demand::Bad { check, code }
}

const fn script(
    end: End,
    begins: Begins,
    name: &'static str,
    section: &'static str,
    bytes: &'static [u8],
    demand: Demand,
) -> Script {
    Script { name, section, end, begins, bytes, cut: 0, demand }
}
