//! The request of a client, and how it judges a response (RFC 6455 §4.1, RFC 9110, RFC 9112).

use super::Cases;
use super::heads::Heads;
use crate::case::Expectation::{self, Echo, EchoOrEnd, Unopened};
use crate::script::{Check, Script};
use crate::wire::{Message, Template};

/// The length of the usual response.
const RESPONSE_LEN: usize = 129;

pub(super) fn add(cases: &mut Cases) {
    let mut cases = Heads::responses(cases);
    opened(&mut cases);
    cut(&mut cases);
    interim(&mut cases);
    status_lines(&mut cases);
    upgrades(&mut cases);
    accept_values(&mut cases);
    agreements(&mut cases);
    other_statuses(&mut cases);
    malformed(&mut cases);
}

/// A response followed by a text, which shows whether the connection is open.
fn other(
    cases: &mut Heads,
    id: &str,
    section: &'static str,
    description: &str,
    expectation: Expectation,
    response: Template,
) {
    cases.add(id, section, description, expectation, move || {
        Script::new().head(response.clone()).glued().echo_text("Hello")
    });
}

/// A response that must not open the connection.
fn bad(cases: &mut Heads, id: &str, section: &'static str, description: &str, response: Template) {
    other(cases, id, section, description, Unopened { or_keep: false, or_open: false }, response);
}

/// A response that should not open the connection.
fn odd(cases: &mut Heads, id: &str, section: &'static str, description: &str, response: Template) {
    other(cases, id, section, description, Unopened { or_keep: false, or_open: true }, response);
}

fn with(name: &str, lines: &[&str]) -> Template {
    Template::response().with(name, lines)
}

fn opened(cases: &mut Heads) {
    cases.good("plain", "§4.1", "the smallest response", Template::response());
    cases.add(
        "request",
        "§4.1, 1 to 9",
        "the request has every required field, and the client waits for the response",
        Echo,
        || Script::new().check(Check::Request).check(Check::Patience).echo_text("Hello"),
    );
    let names = Template::of(&[
        "HTTP/1.1 101 Switching Protocols",
        "UPGRADE:\tWebSocket \t",
        "connection:upgrade",
        "sec-websocket-ACCEPT: \t {accept} \t ",
    ]);
    cases.good("names-and-spaces", "§4.1", "names in other cases, other white space around values", names);
    let others =
        Template::response().and("Server: conformance").and("Date: now").and("X-Empty:").and(b"X-Text: gr\xFCn");
    cases.good("other-fields", "§4.1", "other fields", others);
    for (id, line) in [("Content-Length", "Content-Length: 7"), ("Transfer-Encoding", "Transfer-Encoding: chunked")] {
        // A server must not send these fields; a 101 has no body even if it does.
        let response = Template::response().and(line);
        cases.add(
            &format!("body.{id}"),
            "RFC 9112 §6.3",
            &format!("{line} in a 101, and a text"),
            EchoOrEnd,
            move || Script::new().head(response.clone()).glued().echo_text("Hello"),
        );
    }
}

fn cut(cases: &mut Heads) {
    cases.cut("§4.1", RESPONSE_LEN);
    cases.frames_after("§4.2.2", Echo);
    cases.add(
        "frames-after-it.close",
        "§4.2.2",
        "a text and a Close in the segment of the response",
        Expectation::Close { code: Some(1001) },
        || Script::new().glued().echo_text("Hello").frame(crate::wire::Frame::close(1001, "")),
    );
    for len in 1..7 {
        let description = format!("the first {len} bytes of a text in the segment of the response");
        cases.add(&format!("frames-after-it.{len}"), "§4.2.2", &description, Echo, move || {
            let (first, rest) = b"\x81\x05Hello".split_at(len);
            Script::new().glued().bytes(first).bytes(rest).comes_back(Message::text("Hello"))
        });
    }
}

fn interim(cases: &mut Heads) {
    for (id, before) in [
        ("100", "HTTP/1.1 100 Continue\r\n\r\n"),
        ("102", "HTTP/1.1 102 Processing\r\nX: y\r\n\r\n"),
        ("103", "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"),
        ("three", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"),
    ] {
        let description = "interim responses before the 101";
        cases.good(&format!("interim.{id}"), "RFC 9110 §15.2", description, Template::response().preceded_by(before));
    }
}

fn status_lines(cases: &mut Heads) {
    let line = |line: &str| Template::response().starting(line);
    cases.good("reason.other", "RFC 9112 §4", "another reason", line("HTTP/1.1 101 Web Socket Protocol Handshake"));
    cases.good("reason.empty", "RFC 9112 §4", "an empty reason", line("HTTP/1.1 101 "));
    // RFC 9112 §4 demands the space, but some servers leave it out.
    let bare = Expectation::EchoOrEnd;
    other(cases, "reason.none", "RFC 9112 §4", "no reason and no space", bare, line("HTTP/1.1 101"));
    odd(cases, "http.1.0", "§4.2.2, RFC 9110 §15.2", "a 101 of HTTP/1.0", line("HTTP/1.0 101 Switching Protocols"));
    for (id, text) in [
        ("http.2.0", "HTTP/2.0 101 Switching Protocols"),
        ("no-http", "ICY 101 Switching Protocols"),
        ("lower-case", "http/1.1 101 Switching Protocols"),
        ("two-spaces", "HTTP/1.1  101 Switching Protocols"),
        ("four-digits", "HTTP/1.1 1010 Switching Protocols"),
        ("two-digits", "HTTP/1.1 10 Switching Protocols"),
        ("no-status", "HTTP/1.1 Switching Protocols"),
    ] {
        odd(cases, &format!("line.{id}"), "RFC 9112 §4", &format!("the status line {text:?}"), line(text));
    }
}

fn upgrades(cases: &mut Heads) {
    for (id, lines) in [
        ("missing", &[][..]),
        ("empty", &["Upgrade:"]),
        ("other", &["Upgrade: h2c"]),
        ("longer", &["Upgrade: websockets"]),
        ("shorter", &["Upgrade: websocke"]),
        ("version", &["Upgrade: websocket/13"]),
    ] {
        bad(cases, &format!("upgrade.{id}"), "§4.1, 2", &format!("{lines:?}"), with("Upgrade", lines));
    }
    odd(cases, "upgrade.list", "§4.1, 2", "Upgrade: h2c, websocket", with("Upgrade", &["Upgrade: h2c, websocket"]));
    for (id, lines) in [
        ("list", &["Connection: keep-alive, Upgrade"][..]),
        ("no-space", &["Connection: upgrade,keep-alive"]),
        ("two-lines", &["Connection: keep-alive", "Connection: Upgrade"]),
    ] {
        cases.good(&format!("connection.{id}"), "§4.1, 3", &format!("{lines:?}"), with("Connection", lines));
    }
    for (id, lines) in [
        ("missing", &[][..]),
        ("empty", &["Connection:"]),
        ("close", &["Connection: close"]),
        ("longer", &["Connection: not-upgradeable"]),
        ("two-words", &["Connection: up grade"]),
    ] {
        bad(cases, &format!("connection.{id}"), "§4.1, 3", &format!("{lines:?}"), with("Connection", lines));
    }
}

fn accept_values(cases: &mut Heads) {
    let name = "Sec-WebSocket-Accept";
    let twice = format!("{name}: {{accept}}");
    for (id, lines) in [
        ("missing", &[][..]),
        ("empty", &["Sec-WebSocket-Accept:"]),
        ("other", &["Sec-WebSocket-Accept: bm90IHRoZSBhbnN3ZXIgdG8ga2U="]),
        ("the-key", &["Sec-WebSocket-Accept: {key}"]),
        ("longer", &["Sec-WebSocket-Accept: {accept}="]),
        ("more", &["Sec-WebSocket-Accept: {accept} x"]),
        ("list", &["Sec-WebSocket-Accept: {accept}, {accept}"]),
        ("quoted", &["Sec-WebSocket-Accept: \"{accept}\""]),
        ("twice", &[&twice, &twice]),
        ("two", &[&twice, "Sec-WebSocket-Accept: x"]),
        ("two-other-first", &["Sec-WebSocket-Accept: x", &twice]),
    ] {
        bad(cases, &format!("accept.{id}"), "§4.1, 4", &format!("{lines:?}"), with(name, lines));
    }
    for (id, value) in
        [("overlong", "A".repeat(3000)), ("case", "{accept-in-other-case}".into()), ("cut", "{accept-cut}".into())]
    {
        let response = with(name, &[&format!("{name}: {value}")]);
        let description = format!("the accept value is wrong: {id}");
        bad(cases, &format!("accept.{id}"), "§4.1, 4", &description, response);
    }
}

fn agreements(cases: &mut Heads) {
    for (id, value) in [("unknown", "x-unknown"), ("parameters", "x-unknown; level=7"), ("two", "x-unknown, x-other")] {
        let response = Template::response().and(format!("Sec-WebSocket-Extensions: {value}"));
        bad(cases, &format!("extensions.{id}"), "§4.1, 5", "an extension that was not offered", response);
    }
    for (id, value) in [("empty", ""), ("comma", ","), ("semicolon", ";")] {
        let response = Template::response().and(format!("Sec-WebSocket-Extensions: {value}"));
        bad(cases, &format!("extensions.{id}"), "§4.2.2, §9.1", &format!("the extensions {value:?}"), response);
    }
    let unknown = "Sec-WebSocket-Protocol: x-unknown";
    bad(
        cases,
        "subprotocol.unknown",
        "§4.1, 6",
        "a subprotocol that was not offered",
        Template::response().and(unknown),
    );
    bad(cases, "subprotocol.twice", "§4.1, 6", "it twice", Template::response().and(unknown).and(unknown));
    let empty = Template::response().and("Sec-WebSocket-Protocol:");
    bad(cases, "subprotocol.empty", "§4.2.2", "an empty subprotocol", empty);
}

/// Responses with all fields of a 101, but with another status.
fn other_statuses(cases: &mut Heads) {
    for line in [
        "200 OK",
        "302 Found",
        "400 Bad Request",
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
        "407 Proxy Authentication Required",
        "426 Upgrade Required",
        "500 Internal Server Error",
        "503 Service Unavailable",
    ] {
        let response = Template::response().starting(format!("HTTP/1.1 {line}")).and("Content-Length: 7");
        let expectation = Unopened { or_keep: true, or_open: false };
        let description = format!("{line} with all the fields of a 101");
        other(cases, &format!("status.{}", &line[..3]), "§4.1, 1", &description, expectation, response);
    }
}

fn malformed(cases: &mut Heads) {
    for (id, description, bad) in [
        ("space-before-colon", "white space before a colon", &b"X-Space : value"[..]),
        ("folded", "a folded line", b"X-Folded: a\r\n b"),
        ("no-colon", "a line without a colon", b"X-No-Colon"),
        ("no-name", "a field without a name", b": value"),
        ("name-with-space", "a space inside a name", b"X Space: value"),
        ("nul", "a value with the byte 0", b"X-Nul: a\0b"),
        ("control", "a value with the byte 1", b"X-Control: a\x01b"),
        ("bare-cr", "a value with a CR that ends no line", b"X-Cr: a\rb"),
        ("bare-lf", "a line that ends with LF alone", b"X-Lf: a\nX-More: b"),
    ] {
        odd(cases, &format!("field.{id}"), "RFC 9112 §5, RFC 9110 §5.5", description, Template::response().and(bad));
    }
    odd(cases, "bare-lf", "RFC 9112 §2.2", "all lines end with LF alone", Template::response().with_line_end(b"\n"));
    let large = Template::response().and(format!("X-Large: {}", "a".repeat(1 << 20)));
    odd(cases, "large.field", "§10.4", "a field of 1 MiB", large);
    let endless = Template::response().preceded_by("HTTP/1.1 100 Continue\r\n\r\n".repeat(20_000));
    odd(cases, "large.interim", "§10.4", "twenty thousand interim responses", endless);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_of_the_usual_response_is_held_back_once() {
        let values = [("accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")];
        assert_eq!(Template::response().render(&values).len(), RESPONSE_LEN);
    }
}
