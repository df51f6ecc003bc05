//! Host and the target of requests (RFC 9110 §4.2 and §7.2, RFC 9112 §3, RFC 3986 §3.2).

use super::Cases;
use super::heads::Heads;
use crate::case::Expectation::{EchoOrRefusal, Refusal};
use crate::script::{Check, Script};
use crate::wire::Template;

pub(super) fn add(cases: &mut Cases) {
    let mut cases = Heads::requests(cases);
    hosts(&mut cases);
    absolute_targets(&mut cases);
    plain_hosts(&mut cases);
    plain_targets(&mut cases);
}

fn hosts(cases: &mut Heads) {
    let section = "RFC 9112 §3.2, RFC 3986 §3.2";
    // A server may serve certain hosts only.
    for (id, host) in [
        ("no-port-after-colon", "localhost:"),
        ("address-and-port", "[::1]:8080"),
        ("underscore", "my_service:80"),
        ("sub-delimiter", "a!b"),
        ("future-address", "[v1.x]"),
        ("percent", "a%2db"),
    ] {
        let request = Template::request().with("Host", &[format!("Host: {host}")]);
        cases.add(&format!("host.{id}"), section, &format!("the Host {host:?}"), EchoOrRefusal, move || {
            Script::new().head(request.clone()).echo_text("Hello")
        });
    }
    // The grammar has neither an upper bound of ports nor zones of addresses, but other RFCs have them.
    for (id, host, or_open) in [
        ("port-of-letters", "localhost:es", false),
        ("port-of-parentheses", "localhost:()", false),
        ("port-negative", "h:-1", false),
        ("two-ports", "a:80:80", false),
        ("port-too-high", "h:99999", true),
        ("no-brackets", "::1", false),
        ("open-bracket", "[::1", false),
        ("one-bracket", "]", false),
        ("empty-brackets", "[]", false),
        ("no-address", "[g]", false),
        ("after-bracket", "[::1]x", false),
        ("lone-percent", "%", false),
        ("percent-letters", "a%zz", false),
        ("zone", "[fe80::1%25eth0]", true),
        ("user", "user@localhost", false),
        ("space", "a b", false),
    ] {
        let request = Template::request().with("Host", &[format!("Host: {host}")]);
        let expectation = Refusal { statuses: &[400], or_end: false, or_open };
        cases.add(&format!("host.{id}"), section, &format!("the Host {host:?}"), expectation, move || {
            Script::new().head(request.clone()).echo_text("Hello")
        });
    }
}

/// Their authority counts, and not that of Host.
fn absolute_targets(cases: &mut Heads) {
    // §4.2.1: an empty host MUST be rejected. The other rules have a SHOULD.
    for (id, target, or_open) in [
        ("no-host", "http://:8080/x", false),
        ("no-authority", "http:///x", false),
        ("empty-user", "http://@/", false),
        ("user", "http://u:p@{host}/", true),
        ("port-of-letters", "http://h:abc/", true),
        ("one-bracket", "http://]/", true),
        ("other-scheme", "ftp://{host}/", true),
        ("no-form", "foo", true),
        ("authority", "{host}", true),
        ("asterisk", "*", true),
    ] {
        let request = Template::request().starting(format!("GET {target} HTTP/1.1"));
        let expectation = Refusal { statuses: &[400], or_end: true, or_open };
        let section = "RFC 9110 §4.2, RFC 9112 §3.2";
        cases.add(&format!("target.{id}"), section, &format!("the target {target:?}"), expectation, move || {
            Script::new().head(request.clone()).echo_text("Hello")
        });
    }
}

/// A request that does not ask for a WebSocket.
fn plain(line: &str, hosts: &[&str]) -> Template {
    hosts.iter().fold(Template::of(&[line]), |request, host| request.and(format!("Host: {host}")))
}

fn plain_hosts(cases: &mut Heads) {
    for (id, hosts) in [
        ("missing", &[][..]),
        ("twice", &["{host}", "{host}"]),
        ("port-of-letters", &["localhost:es"]),
        ("no-brackets", &["::1"]),
        ("percent-letters", &["a%zz"]),
    ] {
        let request = plain("GET {target} HTTP/1.1", hosts);
        let description = format!("a request that does not ask for a WebSocket, its Hosts {hosts:?}");
        let expectation = Refusal { statuses: &[400], or_end: false, or_open: false };
        cases.add(&format!("plain.host.{id}"), "RFC 9112 §3.2", &description, expectation, move || {
            Script::new().head(request.clone())
        });
    }
}

fn plain_targets(cases: &mut Heads) {
    // A SHOULD, except for hosts that are empty. A proxy may know other schemes.
    for (id, target, statuses, is_served) in [
        ("no-form", "foo", &[400, 301][..], true),
        ("fragment", "{target}#part", &[400], true),
        ("no-host", "http://:8080/x", &[400], false),
        ("no-authority", "http:///x", &[400], false),
        ("other-scheme", "ftp://h/x", &[400, 421], true),
    ] {
        let request = plain(&format!("GET {target} HTTP/1.1"), &["{host}"]);
        let description = format!("a request that does not ask for a WebSocket, its target {target:?}");
        let expectation = Refusal { statuses, or_end: true, or_open: false };
        let section = "RFC 9112 §3, RFC 9110 §4.2";
        cases.add(&format!("plain.target.{id}"), section, &description, expectation, move || {
            let script = Script::new().head(request.clone());
            if is_served { script.check(Check::MayBeServed) } else { script }
        });
    }
}
