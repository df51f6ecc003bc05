//! What the cases about requests and about responses share.

use super::Cases;
use crate::case::Expectation::{self, Echo};
use crate::case::Role;
use crate::script::{HeadCut, Script};
use crate::wire::Template;

/// A list of cases whose heads are requests or responses.
pub(super) struct Heads<'a> {
    cases: &'a mut Cases,
    role: Role,
    /// As it appears in ids and descriptions.
    what: &'static str,
}

impl<'a> Heads<'a> {
    /// Requests, to a server.
    pub(super) fn requests(cases: &'a mut Cases) -> Self {
        Self { cases, role: Role::Server, what: "request" }
    }

    /// Responses, to a client.
    pub(super) fn responses(cases: &'a mut Cases) -> Self {
        Self { cases, role: Role::Client, what: "response" }
    }

    pub(super) fn add(
        &mut self,
        id: &str,
        section: &'static str,
        description: &str,
        expectation: Expectation,
        script: impl Fn() -> Script + Send + Sync + 'static,
    ) {
        let id = format!("handshake.{}.{id}", self.what);
        self.cases.add(id, section, description, expectation, script).only(self.role);
    }

    /// Adds a head that opens the connection.
    pub(super) fn good(&mut self, id: &str, section: &'static str, description: &str, head: Template) {
        self.add(id, section, description, Echo, move || Script::new().head(head.clone()).echo_text("Hello"));
    }

    /// Adds cases with the usual head, of this length, in pieces. Nothing may come back before it is whole.
    pub(super) fn cut(&mut self, section: &'static str, len: usize) {
        let what = self.what;
        for len in [1, 2, 3, 7, 64] {
            let description = format!("the {what} in segments of {len} bytes; nothing comes back before the last");
            self.add(&format!("segments-of-{len}"), section, &description, Echo, move || {
                Script::new().head_cut(HeadCut::By(len)).echo_text("Hello")
            });
        }
        for len in 1..len {
            let description = format!("the {what} without its last {len} bytes: nothing comes back until they come");
            self.add(&format!("held-back.{len}"), section, &description, Echo, move || {
                Script::new().head_cut(HeadCut::HeldBack(len)).echo_text("Hello")
            });
        }
    }

    /// Adds cases with frames in the segment that ends the head: they must not be lost, even if the segment has only
    /// one byte of the head.
    pub(super) fn frames_after(&mut self, section: &'static str, expectation: Expectation) {
        let what = self.what;
        let description = format!("a text and a Ping in the segment of the {what}");
        self.add("frames-after-it", section, &description, expectation, || {
            Script::new().glued().echo_text("Hello").ping("p")
        });
        let description = format!("the {what} byte by byte, the last byte together with a text");
        self.add("frames-after-it.byte-by-byte", section, &description, expectation, || {
            Script::new().head_cut(HeadCut::By(1)).glued().echo_text("Hello")
        });
    }
}
