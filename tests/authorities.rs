//! Hosts and targets of requests: what is a host, and which form a target has, for requests that ask for a WebSocket
//! and for those that do not. Each is judged whole, byte by byte, and cut everywhere.

mod heads;

use heads::server::{ANY, accepted, at, judge, refused, refused_by, with};
use heads::{Came, head};
use upframe::handshake::Refusal;
use upframe::http::{HeadLimits, HeadViolation};

/// Checks a request that does not ask for a WebSocket.
fn served(lines: &[&str]) {
    assert!(matches!(judge(ANY, &head(lines)).came, Some(Came::PlainHttp(_))), "{lines:?}");
}

/// [9112-3.2-host] [3986-3.2.2-name]
#[test]
fn a_host_is_a_name_or_an_address_with_a_port_or_without() {
    for host in [
        "localhost:",
        "localhost:0",
        "localhost:00080",
        "localhost:65535",
        "[::1]:8080",
        "my_service:80",
        "a!b",
        "[v1.x]",
        "[vF0.:a:!]:1",
        "127.0.0.1",
        "1.2.3",
        "-._~!$&'()*+,;=",
        "a%20b",
        "%C3%BC",
        "[1:2:3:4:5:6:7:8]",
        "[1:2:3:4:5:6:7::]",
        "[::]",
        "[::ffff:192.0.2.1]",
        "[2001:db8::255.255.255.255]",
    ] {
        accepted(&with("Host", &[&format!("Host: {host}")]));
        accepted(&with("Host", &[&format!("Host:{host} \t")]));
        accepted(&with("GET", &[&format!("GET ws://{host}/chat HTTP/1.1")]));
        accepted(&with("GET", &[&format!("GET http://{host} HTTP/1.1")]));
        accepted(&with("GET", &[&format!("GET https://{host}?q HTTP/1.1")]));
        served(&["GET / HTTP/1.1", &format!("Host: {host}")]);
        served(&[&format!("GET http://{host} HTTP/1.1"), "Host:"]);
    }
}

/// [9112-3.2-host] [3986-3.2.2-name] [3986-3.2.2-address] [3986-3.2.2-gap] [3986-3.2.2-octet] [3986-3.2.3-port]
/// [9112-3.2-form]
#[test]
fn what_is_not_a_host_is_refused_in_host_and_in_a_target() {
    for host in [
        "localhost:es",
        "localhost:()",
        "h:-1",
        "h:+1",
        "h:8a",
        "a:80:80",
        "a::",
        "h:65536",
        "h:65540",
        "h:66000",
        "h:99999",
        "h:100000",
        "h:4294967376",
        ":80",
        ":",
        "::1",
        "[::1",
        "]",
        "[",
        "[]",
        "[g]",
        "[::1]x",
        "[::1]]",
        "[::1][::1]",
        "a[::1]",
        "a]",
        "%",
        "%4",
        "a%",
        "a%zz",
        "a%4z",
        "a%00",
        "%%41",
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]",
        "[::%31]",
        "[v1]",
        "[v1.]",
        "[v.x]",
        "[vg.x]",
        "[v1.x",
        "[v1.%41]",
        "[:]",
        "[:::]",
        "[:1]",
        "[1:]",
        "[1]",
        "[1::2::3]",
        "[1::2::3::4]",
        "[1::2:3:4:5:6:7::8]",
        "[1:2:3:4:5:6:7]",
        "[1:2:3:4:5:6:7:8:9]",
        "[1:2:3:4:5:6:7:8::]",
        "[::1:2:3:4:5:6:7:8]",
        "[12345::]",
        "[::00000]",
        "[1.2.3.4]",
        "[::1.2.3]",
        "[::1.2.3.4.5]",
        "[::1.2.3.256]",
        "[::1.2.300.4]",
        "[::1.02.3.4]",
        "[::1.2.3.4:5]",
        "[::a.2.3.4]",
        "[1:2:3:4:5:6:7:1.2.3.4]",
        "u@h",
        "u:p@h",
        "@",
        "{h}",
        "a|b",
        "a^b",
        "a`b",
        "<h>",
        "a\\b",
        "\"a\"",
    ] {
        refused(&with("Host", &[&format!("Host: {host}")]), Refusal::Host);
        refused(&head(&["GET / HTTP/1.1", &format!("Host: {host}")]), Refusal::Host);
        refused(&head(&["GET / HTTP/1.0", &format!("Host: {host}")]), Refusal::Host);
        for target in [format!("ws://{host}/chat"), format!("http://{host}"), format!("https://{host}?q")] {
            refused(&with("GET", &[&format!("GET {target} HTTP/1.1")]), Refusal::Target);
            refused(&head(&[&format!("GET {target} HTTP/1.1"), "Host: a"]), Refusal::Target);
        }
    }
    for host in ["a b", "a\tb", "a/b", "a?b", "a#b", "\u{e4}", "a\u{e4}", "a b:80", "a :80", "a: 80"] {
        refused(&with("Host", &[&format!("Host: {host}")]), Refusal::Host);
        refused(&head(&["GET / HTTP/1.1", &format!("Host: {host}")]), Refusal::Host);
    }
}

/// [9112-3.2-host]
#[test]
fn an_empty_host_is_that_of_a_request_that_does_not_ask_for_a_websocket() {
    for host in ["Host:", "Host: \t "] {
        refused(&with("Host", &[host]), Refusal::Host);
        served(&["GET / HTTP/1.1", host]);
        refused(&head(&["GET / HTTP/1.1", host, host]), Refusal::Host);
        refused(&head(&["GET / HTTP/1.1", host, "Host: a"]), Refusal::Host);
        refused(&head(&["GET / HTTP/1.1", "Host: a", host]), Refusal::Host);
    }
}

/// [9112-3.2-target] [9112-3.2-form] [9112-3.2.2-absolute]
#[test]
fn the_target_of_any_request_has_one_of_four_forms() {
    for target in ["/", "//", "/?://", "http://h", "HTTP://h", "wss://h/", "*", "h:80", "http:80", "[::1]:443"] {
        served(&[&format!("OPTIONS {target} HTTP/1.1"), "Host: a"]);
        served(&[&format!("GET {target} HTTP/1.0")]);
    }
    for target in ["*", "h:80", "http:80", "[::1]:443"] {
        refused(&with("GET", &[&format!("GET {target} HTTP/1.1")]), Refusal::Target);
    }
    for target in [
        "foo",
        "foo/bar",
        "http",
        "http:",
        "http:/",
        "http:/h/",
        "http://",
        "http:///x",
        "http://?q",
        "http://:8080/x",
        "http://@/",
        "http://u:p@h/",
        "http://h:abc/",
        "http://]/",
        "httpx://h/",
        "htt://h/",
        "w://h/",
        "wsss://h/",
        "ftp://h/x",
        "://h/p",
        "1://h/p",
        "a?b=http://c/d",
        "mailto:a",
        "h:",
        "h:0",
        "h:80/",
        "h:65536",
        "?q",
        "**",
        "*/",
    ] {
        refused(&with("GET", &[&format!("GET {target} HTTP/1.1")]), Refusal::Target);
        refused(&head(&[&format!("GET {target} HTTP/1.1"), "Host: a"]), Refusal::Target);
        refused(&head(&[&format!("CONNECT {target} HTTP/1.0")]), Refusal::Target);
    }
}

/// [9112-3-uri-length] [6585-5-bytes]
#[test]
fn a_limit_that_is_met_in_the_request_line_is_answered_with_414() {
    let request = with("", &[]);
    let line = request.windows(2).position(|end| end == b"\r\n").unwrap() + 2;
    let limit = |bytes: usize| ANY.with_limits(HeadLimits::DEFAULT.with_bytes(bytes as u32));
    // the first byte of the line is not in it yet
    refused_by(limit(0), &request, at(HeadViolation::TooManyBytes, 0));
    for bytes in 1..line {
        refused_by(limit(bytes), &request, at(HeadViolation::RequestLineTooLong, bytes));
    }
    for bytes in line..request.len() {
        refused_by(limit(bytes), &request, at(HeadViolation::TooManyBytes, bytes));
    }
    // the line after empty lines, and a head without fields
    let late = [b"\r\n\r\n", &request[..]].concat();
    for bytes in 0..=4 {
        refused_by(limit(bytes), &late, at(HeadViolation::TooManyBytes, bytes));
    }
    refused_by(limit(5), &late, at(HeadViolation::RequestLineTooLong, 5));
    refused_by(limit(line + 3), &late, at(HeadViolation::RequestLineTooLong, line + 3));
    refused_by(limit(line + 4), &late, at(HeadViolation::TooManyBytes, line + 4));
    let bare = b"GET / HTTP/1.1\r\n\r\n";
    refused_by(limit(15), bare, at(HeadViolation::RequestLineTooLong, 15));
    refused_by(limit(16), bare, at(HeadViolation::TooManyBytes, 16));
    refused_by(limit(17), bare, at(HeadViolation::TooManyBytes, 17));
}
