//! What announces a body, and answers that have none (RFC 9112 §6, RFC 9110 §8.6 and §9.3.2).

use super::Cases;
use super::heads::Heads;
use crate::case::Expectation::{EchoOrEnd, Refusal, Unopened};
use crate::script::{Check, Script};
use crate::wire::{Frame, Template};

/// What does not tell a length: the sender and the recipient may disagree where the body ends (RFC 9112 §6.3).
const BAD_LENGTHS: [(&str, &[&str]); 12] = [
    ("empty", &["Content-Length:"]),
    ("plus", &["Content-Length: +11"]),
    ("minus", &["Content-Length: -11"]),
    ("hexadecimal", &["Content-Length: 0x0B"]),
    ("fraction", &["Content-Length: 11.0"]),
    ("two-words", &["Content-Length: 1 1"]),
    ("quoted", &["Content-Length: \"11\""]),
    ("65-bits", &["Content-Length: 18446744073709551616"]),
    ("list", &["Content-Length: 11, 12"]),
    ("empty-element", &["Content-Length: , 11"]),
    ("differing", &["Content-Length: 11", "Content-Length: 12"]),
    ("chunked-first", &["Transfer-Encoding: chunked, gzip"]),
];

/// What tells a length, but in a way that a recipient may refuse, or cannot read.
const ODD_LENGTHS: [(&str, &[&str]); 6] = [
    ("both", &["Transfer-Encoding: chunked", "Content-Length: 11"]),
    ("both-length-first", &["Content-Length: 11", "Transfer-Encoding: chunked"]),
    ("chunked-twice", &["Transfer-Encoding: chunked, chunked"]),
    ("gzip", &["Transfer-Encoding: gzip, chunked"]),
    ("unknown-coding", &["Transfer-Encoding: x-unknown, chunked"]),
    ("longer-coding", &["Transfer-Encoding: xchunked"]),
];

pub(super) fn add_requests(cases: &mut Cases) {
    let mut cases = Heads::requests(cases);
    requests(&mut cases, &BAD_LENGTHS, false);
    requests(&mut cases, &ODD_LENGTHS, true);
    heads_without_a_body(&mut cases);
}

pub(super) fn add_responses(cases: &mut Cases) {
    let mut cases = Heads::responses(cases);
    for (id, lines) in BAD_LENGTHS {
        for status in ["200 OK", "401 Unauthorized"] {
            let response = fields(Template::of(&[&format!("HTTP/1.1 {status}")]), lines);
            let id = format!("length.{id}.{}", &status[..3]);
            let description = format!("{status} with {lines:?}: the client ends the stream");
            let expectation = Unopened { or_keep: false, or_open: false };
            cases.add(&id, "RFC 9112 §6.3", &description, expectation, move || Script::new().head(response.clone()));
        }
        // A 101 has no body, whatever it announces. A client may still find it strange.
        let response = fields(Template::response(), lines);
        let description = format!("a 101 with {lines:?}, and a text");
        cases.add(&format!("length.{id}.101"), "RFC 9112 §6.3", &description, EchoOrEnd, move || {
            Script::new().head(response.clone()).glued().echo_text("Hello")
        });
    }
}

fn fields(head: Template, lines: &[&str]) -> Template {
    lines.iter().fold(head, |head, line| head.and(line))
}

fn requests(cases: &mut Heads, lengths: &[(&str, &'static [&'static str])], is_odd: bool) {
    let statuses: &[u16] = if is_odd { &[400, 501] } else { &[400] };
    for &(id, lines) in lengths {
        let request = fields(Template::request(), lines);
        let expectation = Refusal { statuses, or_end: true, or_open: is_odd };
        cases.add(
            &format!("body.{id}"),
            "RFC 9112 §6.3",
            &format!("{lines:?}, and a body that looks like a frame"),
            expectation,
            move || Script::new().head(request.clone()).glued().frame(Frame::text("Hello")),
        );
        let request = fields(Template::of(&["GET {target} HTTP/1.1", "Host: {host}"]), lines);
        let expectation = Refusal { statuses, or_end: true, or_open: false };
        cases.add(
            &format!("plain.body.{id}"),
            "RFC 9112 §6.3",
            &format!("a request that does not ask for a WebSocket, with {lines:?}: the stream ends after the answer"),
            expectation,
            move || {
                let script = Script::new().head(request.clone()).check(Check::EndsAfterAnswer);
                if is_odd { script.check(Check::MayBeServed) } else { script }
            },
        );
    }
}

fn heads_without_a_body(cases: &mut Heads) {
    let section = "RFC 9110 §9.3.2";
    let upgrade = Template::request().starting("HEAD {target} HTTP/1.1");
    let expectation = Refusal { statuses: &[405, 501], or_end: false, or_open: false };
    cases.add("method.HEAD", section, "the method HEAD: the answer has no body", expectation, move || {
        Script::new().head(upgrade.clone()).check(Check::NoBody)
    });
    let bad_host = Template::request().starting("HEAD {target} HTTP/1.1").with("Host", &["Host: ::1"]);
    let expectation = Refusal { statuses: &[400, 405, 501], or_end: false, or_open: false };
    cases.add(
        "method.HEAD.bad-host",
        section,
        "HEAD with a bad Host: the answer has no body",
        expectation,
        move || Script::new().head(bad_host.clone()).check(Check::NoBody),
    );
    let expectation = Refusal { statuses: &[], or_end: false, or_open: false };
    let description = "a HEAD that does not ask for a WebSocket: the answer has no body";
    cases.add("plain.HEAD", section, description, expectation, || {
        let request = Template::of(&["HEAD {target} HTTP/1.1", "Host: {host}"]);
        Script::new().head(request).check(Check::NoBody).check(Check::MayBeServed)
    });
}
