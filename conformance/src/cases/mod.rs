//! The cases, one file for each category.

mod addresses;
mod bodies;
mod closing;
mod control;
mod fragmentation;
mod framing;
mod handshake_of_client;
mod handshake_of_server;
mod heads;
mod limits;
mod masking;
mod opcodes;
mod reserved_bits;
mod utf8;

use crate::case::{Case, Expectation, Role};
use crate::script::Script;

/// Returns all cases, in order. `big` is the length of the big messages.
pub(crate) fn all(big: usize) -> Vec<Case> {
    let mut cases = Cases { list: vec![] };
    framing::add(&mut cases);
    control::add(&mut cases);
    reserved_bits::add(&mut cases);
    opcodes::add(&mut cases);
    masking::add(&mut cases);
    fragmentation::add(&mut cases);
    utf8::add(&mut cases);
    closing::add(&mut cases);
    limits::add(&mut cases, big);
    handshake_of_server::add(&mut cases);
    addresses::add(&mut cases);
    bodies::add_requests(&mut cases);
    handshake_of_client::add(&mut cases);
    bodies::add_responses(&mut cases);
    cases.list
}

/// A list of cases under construction.
struct Cases {
    list: Vec<Case>,
}

impl Cases {
    /// Adds a case for subjects of both roles. The script is created again for each run, so a list of cases needs
    /// little memory.
    fn add(
        &mut self,
        id: impl Into<String>,
        section: &'static str,
        description: impl Into<String>,
        expectation: Expectation,
        script: impl Fn() -> Script + Send + Sync + 'static,
    ) -> &mut Case {
        self.list.push(Case {
            id: id.into(),
            description: description.into(),
            section,
            expectation,
            role: None,
            script: Box::new(script),
        });
        self.list.last_mut().expect("a case was pushed")
    }
}

impl Case {
    /// Restricts the last case to subjects of this role.
    fn only(&mut self, role: Role) {
        self.role = Some(role);
    }
}

/// A frame, and its name in an id.
type Named = (&'static str, fn() -> crate::wire::Frame);

const PROTOCOL_ERROR: Expectation = Expectation::Failure { code: 1002 };
const NOT_UTF8: Expectation = Expectation::Failure { code: 1007 };
