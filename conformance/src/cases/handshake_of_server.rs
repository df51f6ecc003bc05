//! How a server judges a request (RFC 6455 §4.2, RFC 9110, RFC 9112).

use super::Cases;
use super::heads::Heads;
use crate::case::Expectation::{Echo, EchoOrEnd, Refusal};
use crate::script::{Check, Script};
use crate::wire::{Frame, Message, Template};

/// The length of the usual request to `ws://localhost/`, whose key has 24 characters.
const REQUEST_LEN: usize = 148;

pub(super) fn add(cases: &mut Cases) {
    let mut cases = Heads::requests(cases);
    opened(&mut cases);
    cut(&mut cases);
    request_lines(&mut cases);
    hosts(&mut cases);
    keys(&mut cases);
    versions(&mut cases);
    upgrades(&mut cases);
    lists(&mut cases);
    bodies(&mut cases);
    malformed(&mut cases);
    large(&mut cases);
}

/// A request that must not open the connection.
fn bad(
    cases: &mut Heads,
    id: &str,
    section: &'static str,
    description: &str,
    statuses: &'static [u16],
    request: Template,
) {
    let expectation = Refusal { statuses, or_end: false, or_open: false };
    cases.add(id, section, description, expectation, move || Script::new().head(request.clone()));
}

/// A request that should not open the connection.
fn odd(
    cases: &mut Heads,
    id: &str,
    section: &'static str,
    description: &str,
    statuses: &'static [u16],
    request: Template,
) {
    let expectation = Refusal { statuses, or_end: true, or_open: true };
    cases.add(id, section, description, expectation, move || Script::new().head(request.clone()).echo_text("Hello"));
}

fn with(name: &str, lines: &[&str]) -> Template {
    Template::request().with(name, lines)
}

fn opened(cases: &mut Heads) {
    cases.good("plain", "§4.2.1", "the smallest request", Template::request());
    cases.add("response", "§4.2.2, RFC 9112 §6.1", "the 101 has no field that announces a body", Echo, || {
        Script::new().check(Check::NoBodyFields).echo_text("Hello")
    });
    let names = Template::of(&[
        "GET {target} HTTP/1.1",
        "HOST:{host}",
        "upGRADE:\twebsocket \t",
        "connection:   upgrade",
        "sec-websocket-KEY: \t {key} \t ",
        "SEC-WEBSOCKET-VERSION:13",
    ]);
    cases.good("names-and-spaces", "§4.1, RFC 9112 §5", "names in other cases, other white space around values", names);
    let order = Template::of(&[
        "GET {target} HTTP/1.1",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: {key}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Host: {host}",
    ]);
    cases.good("order", "§4.2.1", "the fields in the other order", order);
    let others = Template::request()
        .and("User-Agent: conformance (suite; \"quoted\")")
        .and("Cookie: a=b; c=\"d\"")
        .and("X-Empty:")
        .and(b"X-Text: gr\xFCn")
        .and("Cache-Control: no-cache")
        .and("!#$%&'*+-.^_`|~09: odd");
    cases.good("other-fields", "§4.1", "other fields, one of them empty, one with an odd name", others);
    cases.good("origin", "§4.1, 8", "an Origin", Template::request().and("Origin: http://example.com"));
    cases.good("expect", "RFC 9110 §10.1.1", "Expect: 100-continue", Template::request().and("Expect: 100-continue"));
    cases.good("content-length-0", "RFC 9112 §6", "Content-Length: 0", Template::request().and("Content-Length: 0"));
    // RFC 9112 §2.2 has a SHOULD for this.
    cases.add("empty-line-before", "RFC 9112 §2.2", "an empty line before the request line", EchoOrEnd, || {
        Script::new().head(Template::request().preceded_by("\r\n")).echo_text("Hello")
    });
    cases.good(
        "cookie-of-4096",
        "§4.1, 12",
        "a cookie of 4096 bytes",
        Template::request().and(format!("Cookie: a={}", "b".repeat(4094))),
    );
    let fifty = (0..50).fold(Template::request(), |head, i| head.and(format!("X-Field-{i}: {i}")));
    cases.good("fifty-fields", "§4.1, 12", "fifty more fields", fifty);
}

fn cut(cases: &mut Heads) {
    cases.cut("§4.2.1", REQUEST_LEN);
    // A client must not send before the response (§4.1), so a server may refuse it. A server that accepts must not lose
    // bytes.
    cases.frames_after("§4.1", EchoOrEnd);
    cases.add(
        "frames-after-it.one-byte",
        "§4.1",
        "the first byte of a text in the segment of the request",
        EchoOrEnd,
        || Script::new().glued().bytes([0x81]).bytes(*b"\x85\0\0\0\0Hello").comes_back(Message::text("Hello")),
    );
}

fn request_lines(cases: &mut Heads) {
    let line = |line: &str| Template::request().starting(line);
    for method in ["POST", "PUT", "OPTIONS", "get", "GETS"] {
        let (id, description) = (format!("method.{method}"), format!("the method {method}"));
        bad(
            cases,
            &id,
            "§4.2.1, RFC 9110 §15.5.6",
            &description,
            &[405, 501],
            line(&format!("{method} {{target}} HTTP/1.1")),
        );
    }
    bad(cases, "http.1.0", "§4.2.1, RFC 9110 §7.8", "HTTP/1.0", &[400, 426, 505], line("GET {target} HTTP/1.0"));
    for version in ["0.9", "2.0", "3.0"] {
        let description = format!("HTTP/{version} in the request line");
        let expectation = Refusal { statuses: &[400, 505], or_end: true, or_open: false };
        let request = line(&format!("GET {{target}} HTTP/{version}"));
        cases.add(&format!("http.{version}"), "RFC 9110 §15.6.6", &description, expectation, move || {
            Script::new().head(request.clone())
        });
    }
    cases.good(
        "target.absolute",
        "RFC 9112 §3.2.2",
        "an absolute URI as the target",
        line("GET http://{host}{target} HTTP/1.1"),
    );
    odd(
        cases,
        "target.fragment",
        "§3, RFC 9112 §3.2",
        "a target with a fragment",
        &[400],
        line("GET {target}#part HTTP/1.1"),
    );
    odd(cases, "target.space", "RFC 9112 §3.2", "a target with a space", &[400], line("GET {target}a b HTTP/1.1"));
    odd(
        cases,
        "target.control",
        "RFC 9112 §3.2",
        "a target with the byte 0x01",
        &[400],
        line("GET {target}\u{1} HTTP/1.1"),
    );
    let high = Template::request().starting(b"GET {target}\xE9 HTTP/1.1");
    odd(cases, "target.not-ascii", "RFC 9112 §3.2", "a target with the byte 0xE9", &[400], high);
    for (id, text) in [
        ("two-spaces", "GET  {target} HTTP/1.1"),
        ("lower-case-version", "GET {target} http/1.1"),
        ("no-version", "GET {target}"),
        ("no-minor-version", "GET {target} HTTP/1"),
        ("space-before", " GET {target} HTTP/1.1"),
    ] {
        odd(
            cases,
            &format!("line.{id}"),
            "RFC 9112 §3",
            &format!("the request line {text:?}"),
            &[400, 405, 501, 505],
            line(text),
        );
    }
}

fn hosts(cases: &mut Heads) {
    let section = "§4.2.1, RFC 9112 §3.2";
    bad(cases, "host.missing", section, "no Host", &[400], with("Host", &[]));
    bad(cases, "host.twice", section, "two Hosts", &[400], with("Host", &["Host: {host}", "Host: {host}"]));
    bad(
        cases,
        "host.two",
        section,
        "two different Hosts",
        &[400],
        with("Host", &["Host: {host}", "host: other.example"]),
    );
    bad(cases, "host.invalid", section, "a Host with a path", &[400], with("Host", &["Host: a/b"]));
    odd(cases, "host.empty", section, "an empty Host", &[400], with("Host", &["Host:"]));
}

fn keys(cases: &mut Heads) {
    let key = |value: &str| with("Sec-WebSocket-Key", &[&format!("Sec-WebSocket-Key: {value}")]);
    bad(cases, "key.missing", "§4.2.1, 5", "no Sec-WebSocket-Key", &[400], with("Sec-WebSocket-Key", &[]));
    bad(cases, "key.empty", "§4.2.1, 5", "an empty Sec-WebSocket-Key", &[400], key(""));
    let twice = with("Sec-WebSocket-Key", &["Sec-WebSocket-Key: {key}", "Sec-WebSocket-Key: {key}"]);
    bad(cases, "key.twice", "§11.3.1", "two lines Sec-WebSocket-Key", &[400], twice);
    let two = with("Sec-WebSocket-Key", &["Sec-WebSocket-Key: {key}", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]);
    bad(cases, "key.two", "§11.3.1", "two different keys", &[400], two);
    // A server need not decode the key (§4.2.2).
    for (id, value) in [
        ("15-bytes", "dGhlIHNhbXBsZSBub25j"),
        ("17-bytes", "dGhlIHNhbXBsZSBub25jZTE="),
        ("18-bytes", "dGhlIHNhbXBsZSBub25jZQAA"),
        ("no-padding", "dGhlIHNhbXBsZSBub25jZQ"),
        ("half-padding", "dGhlIHNhbXBsZSBub25jZQ="),
        ("url-alphabet", "dGhlIHNhbXBsZSBub25jZ-=="),
        ("padding-bits", "dGhlIHNhbXBsZSBub25jZR=="),
        ("space-inside", "dGhlIHNhbXBs ZSBub25jZQ=="),
        ("no-base64", "*** no base64 at all ***"),
    ] {
        odd(cases, &format!("key.{id}"), "§4.2.1, 5", &format!("the key {value:?}"), &[400], key(value));
    }
}

fn versions(cases: &mut Heads) {
    let name = "Sec-WebSocket-Version";
    bad(cases, "version.missing", "§4.2.1, 6", "no Sec-WebSocket-Version", &[400, 426], with(name, &[]));
    for version in ["0", "7", "8", "12", "14", "25", "131", "255"] {
        // A server may also support a draft version.
        let or_open = matches!(version, "0" | "7" | "8");
        let request = with(name, &[&format!("{name}: {version}")]);
        let expectation = Refusal { statuses: &[426], or_end: false, or_open };
        cases.add(
            &format!("version.{version}"),
            "§4.2.2, §4.4",
            &format!("version {version}"),
            expectation,
            move || Script::new().head(request.clone()).check(Check::VersionField),
        );
    }
    for (id, value) in [
        ("empty", ""),
        ("two", "13, 8"),
        ("leading-zero", "013"),
        ("text", "thirteen"),
        ("signed", "+13"),
        ("fraction", "13.0"),
    ] {
        let request = with(name, &[&format!("{name}: {value}")]);
        bad(cases, &format!("version.{id}"), "§4.3", &format!("the version {value:?}"), &[400, 426], request);
    }
    let twice = with(name, &["Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 13"]);
    bad(cases, "version.twice", "§11.3.5", "two lines Sec-WebSocket-Version", &[400, 426], twice);
}

fn upgrades(cases: &mut Heads) {
    for (id, lines) in [
        ("lower-case", &["Connection: upgrade"][..]),
        ("list", &["Connection: keep-alive, Upgrade"]),
        ("no-space", &["Connection: Upgrade,keep-alive"]),
        ("two-lines", &["Connection: keep-alive", "Connection: Upgrade"]),
        ("two-lines-first", &["Connection: Upgrade", "Connection: keep-alive"]),
        ("empty-elements", &["Connection: ,, ,UPGRADE\t, ,"]),
    ] {
        cases.good(&format!("connection.{id}"), "§4.2.1, 4", &format!("{lines:?}"), with("Connection", lines));
    }
    // Without the token it is an ordinary request.
    for (id, lines) in [
        ("missing", &[][..]),
        ("empty", &["Connection:"]),
        ("close", &["Connection: close"]),
        ("keep-alive", &["Connection: keep-alive"]),
        ("longer", &["Connection: not-upgradeable"]),
        ("two-words", &["Connection: up grade"]),
        ("in-halves", &["Connection: up", "Connection: grade"]),
    ] {
        bad(cases, &format!("connection.{id}"), "§4.2.1, 4", &format!("{lines:?}"), &[], with("Connection", lines));
    }
    for (id, lines) in [
        ("case", &["Upgrade: WebSocket"][..]),
        ("list", &["Upgrade: h2c, websocket"]),
        ("two-lines", &["Upgrade: h2c", "Upgrade: websocket"]),
    ] {
        cases.good(&format!("upgrade.{id}"), "§4.2.1, 3", &format!("{lines:?}"), with("Upgrade", lines));
    }
    for (id, lines) in [
        ("missing", &[][..]),
        ("empty", &["Upgrade:"]),
        ("other", &["Upgrade: h2c"]),
        ("longer", &["Upgrade: websockets"]),
        ("two-words", &["Upgrade: web socket"]),
        ("in-halves", &["Upgrade: web", "Upgrade: socket"]),
    ] {
        bad(cases, &format!("upgrade.{id}"), "§4.2.1, 3", &format!("{lines:?}"), &[], with("Upgrade", lines));
    }
    let ordinary = Template::of(&["GET {target} HTTP/1.1", "Host: {host}"]);
    bad(cases, "ordinary", "§4.2.1", "a request that does not ask for a WebSocket", &[], ordinary);
}

fn lists(cases: &mut Heads) {
    let protocol = |lines: &[&str]| with("Sec-WebSocket-Protocol", lines);
    let mut offered = |id: &str, lines: &[&str], offered: &'static [&'static str]| {
        let request = protocol(lines);
        cases.add(
            &format!("subprotocol.{id}"),
            "§4.2.2",
            &format!("{lines:?}: one or none of them is chosen"),
            Echo,
            move || Script::new().head(request.clone()).check(Check::Subprotocol(offered)).echo_text("Hello"),
        );
    };
    offered("one", &["Sec-WebSocket-Protocol: x-unknown"], &["x-unknown"]);
    offered("two", &["Sec-WebSocket-Protocol: chat, superchat"], &["chat", "superchat"]);
    offered(
        "two-lines",
        &["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: superchat"],
        &["chat", "superchat"],
    );
    offered("no-space", &["Sec-WebSocket-Protocol: chat,superchat"], &["chat", "superchat"]);
    for (id, value) in [
        ("empty", ""),
        ("empty-list", ", ,"),
        ("space-inside", "chat superchat"),
        ("separator", "chat/2"),
        ("quoted", "\"chat\""),
    ] {
        let request = protocol(&[&format!("Sec-WebSocket-Protocol: {value}")]);
        bad(
            cases,
            &format!("subprotocol.{id}"),
            "§4.2.1, §4.3",
            &format!("the subprotocols {value:?}"),
            &[400],
            request,
        );
    }
    let duplicate = protocol(&["Sec-WebSocket-Protocol: chat, chat"]);
    odd(cases, "subprotocol.duplicate", "§4.1, 10", "a subprotocol that is offered twice", &[400], duplicate);

    let extensions = |lines: &[&str]| with("Sec-WebSocket-Extensions", lines);
    for (id, lines) in [
        ("unknown", &["Sec-WebSocket-Extensions: x-unknown"][..]),
        ("parameters", &["Sec-WebSocket-Extensions: x-unknown; a; b=1; c=\"d\", x-other"]),
        ("two-lines", &["Sec-WebSocket-Extensions: x-unknown", "Sec-WebSocket-Extensions: x-other; a=b"]),
    ] {
        let description = format!("{lines:?}: they are ignored");
        cases.good(&format!("extensions.{id}"), "§9.1", &description, extensions(lines));
    }
    for (id, value) in [
        ("empty", ""),
        ("no-name", "; a=1"),
        ("no-parameter", "x-unknown;"),
        ("no-value", "x-unknown; a="),
        ("open-quote", "x-unknown; a=\"b"),
        ("quoted-comma", "x-unknown; a=\"b,c\""),
        ("two-words", "x-unknown y"),
    ] {
        let request = extensions(&[&format!("Sec-WebSocket-Extensions: {value}")]);
        bad(cases, &format!("extensions.{id}"), "§4.2.1, §9.1", &format!("the extensions {value:?}"), &[400], request);
    }
}

/// The body looks like a text frame. A server that opens the connection must not read it as one.
fn bodies(cases: &mut Heads) {
    for (id, lines) in [
        ("content-length", &["Content-Length: 11"][..]),
        ("content-length-twice", &["Content-Length: 0", "Content-Length: 11"]),
        ("content-length-list", &["Content-Length: 0, 11"]),
        ("content-length-invalid", &["Content-Length: -1"]),
        ("chunked", &["Transfer-Encoding: chunked"]),
    ] {
        let request = lines.iter().fold(Template::request(), |request, line| request.and(line));
        let expectation = Refusal { statuses: &[400, 501], or_end: true, or_open: true };
        cases.add(
            &format!("body.{id}"),
            "RFC 9112 §6",
            &format!("{lines:?}, and a body that looks like a frame"),
            expectation,
            move || Script::new().head(request.clone()).glued().frame(Frame::text("Hello")),
        );
    }
}

fn malformed(cases: &mut Heads) {
    let line = |line: &[u8]| Template::request().and(line);
    let expectation = Refusal { statuses: &[400], or_end: true, or_open: false };
    let request = line(b"X-Space : before the colon");
    cases.add("field.space-before-colon", "RFC 9112 §5.1", "white space before a colon", expectation, move || {
        Script::new().head(request.clone())
    });
    // RFC 9112 §5.2 and RFC 9110 §5.5 allow a server to repair these.
    for (id, description, bad) in [
        ("folded", "a folded line", &b"X-Folded: a\r\n b"[..]),
        ("no-colon", "a line without a colon", b"X-No-Colon"),
        ("no-name", "a field without a name", b": value"),
        ("name-with-space", "a space inside a name", b"X Space: value"),
        ("name-not-ascii", "a name with the byte 0xE9", b"X-Caf\xE9: value"),
        ("nul", "a value with the byte 0", b"X-Nul: a\0b"),
        ("control", "a value with the byte 1", b"X-Control: a\x01b"),
        ("delete", "a value with the byte 0x7F", b"X-Delete: a\x7Fb"),
        ("bare-cr", "a value with a CR that ends no line", b"X-Cr: a\rb"),
        ("bare-lf", "a line that ends with LF alone", b"X-Lf: a\nX-More: b"),
    ] {
        odd(cases, &format!("field.{id}"), "RFC 9112 §5, RFC 9110 §5.5", description, &[400], line(bad));
    }
    odd(
        cases,
        "bare-lf",
        "RFC 9112 §2.2",
        "all lines end with LF alone",
        &[400],
        Template::request().with_line_end(b"\n"),
    );
}

fn large(cases: &mut Heads) {
    let statuses = &[400, 413, 431, 494];
    let section = "RFC 6585 §5, §10.4";
    let field = Template::request().and(format!("X-Large: {}", "a".repeat(1 << 20)));
    odd(cases, "large.field", section, "a field of 1 MiB", statuses, field);
    let fields =
        (0..20_000).fold(Template::request(), |request, i| request.and(format!("X-Field-{i}: a field of many")));
    odd(cases, "large.fields", section, "twenty thousand fields", statuses, fields);
    let target = Template::request().starting(format!("GET {{target}}?{} HTTP/1.1", "a".repeat(1 << 20)));
    odd(cases, "large.target", "RFC 9112 §3, §10.4", "a target of 1 MiB", &[414], target);
    let plain = Template::of(&[&format!("GET {{target}}?{} HTTP/1.1", "a".repeat(1 << 20)), "Host: {host}"]);
    let expectation = Refusal { statuses: &[414], or_end: true, or_open: false };
    let description = "a target of 1 MiB in a request that does not ask for a WebSocket";
    cases.add("large.plain-target", "RFC 9112 §3, §10.4", description, expectation, move || {
        Script::new().head(plain.clone())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_of_the_usual_request_is_held_back_once() {
        let values = [("target", "/"), ("host", "localhost"), ("key", "dGhlIHNhbXBsZSBub25jZQ==")];
        assert_eq!(Template::request().render(&values).len(), REQUEST_LEN);
    }
}
