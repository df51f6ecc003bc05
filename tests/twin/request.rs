//! The verdict on a request (RFC 6455 §4.2.1, RFC 9112 §3 and §6).

use super::authority::{has_a_form, is_authority, is_path_or_uri};
use super::digest::{accept_value, is_key};
use super::head::{Read, naive};
use super::lists::{elements, extensions, has_token, is_token, lines};
use upframe::handshake::Refusal;
use upframe::http::{Body, HeadError};

/// What a server accepts.
#[derive(Clone, Copy, Debug)]
pub struct Server<'p> {
    pub subprotocols: &'p [&'p str],
    /// A list, whether pages of the host of the request may connect, and whether an origin is required.
    pub origins: Option<(&'p [&'p str], bool, bool)>,
    /// The limits of bytes and of fields of a head.
    pub limits: (u32, u16),
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    Upgrade { accept: String, subprotocol: Option<String> },
    PlainHttp { body: Body, is_head: bool, may_keep_alive: bool },
    Refusal(Refusal),
}

/// Returns the verdict on the bytes and how many of them are consumed, or `None` if more must come.
pub fn judge(server: &Server, wire: &[u8]) -> Option<(Verdict, usize)> {
    let read = naive(wire, false, (server.limits.0 as usize, server.limits.1.into()));
    let verdict = match read.end? {
        Err(violation) => Verdict::Refusal(Refusal::Head(HeadError { violation, offset: read.taken as u32 })),
        Ok(()) => judge_head(server, &read).unwrap_or_else(Verdict::Refusal),
    };
    Some((verdict, read.taken))
}

pub fn judge_head(server: &Server, read: &Read) -> Result<Verdict, Refusal> {
    let lines = |name| lines(&read.fields, name);
    let hosts = lines("host");
    let http_1_1 = read.minor != Some(0);
    let body = body(read);
    let one_host = hosts.len() == 1 && is_authority(&hosts[0]);
    let one_empty_host = hosts.len() == 1 && hosts[0].is_empty();

    if !has_token(&lines("upgrade"), "websocket") {
        // RFC 9112 §3.2
        if !has_a_form(&read.target) {
            return Err(Refusal::Target);
        }
        if !one_host && !one_empty_host && (http_1_1 || !hosts.is_empty()) {
            return Err(Refusal::Host);
        }
        let body = body.ok_or(Refusal::BodyLength)?;
        let may_keep_alive = http_1_1 && body == Body::None && !has_token(&lines("connection"), "close");
        return Ok(Verdict::PlainHttp { body, is_head: read.method == b"HEAD", may_keep_alive });
    }
    if !http_1_1 {
        return Err(Refusal::HttpVersion);
    }
    if read.method != b"GET" {
        return Err(Refusal::Method);
    }
    if !is_path_or_uri(&read.target) {
        return Err(Refusal::Target);
    }
    if !one_host {
        return Err(Refusal::Host);
    }
    if body != Some(Body::None) {
        return Err(Refusal::Body);
    }
    if !has_token(&lines("connection"), "upgrade") {
        return Err(Refusal::Connection);
    }
    let keys = lines("sec-websocket-key");
    if keys.len() != 1 || !is_key(&keys[0]) {
        return Err(Refusal::Key);
    }
    judge_version(&lines("sec-websocket-version"))?;
    let subprotocol = choose(server.subprotocols, &lines("sec-websocket-protocol"))?;
    if extensions(&lines("sec-websocket-extensions")).is_none() {
        return Err(Refusal::Extensions);
    }
    let origins = lines("origin");
    if let Some(policy) = server.origins {
        let authority = authority_of(&read.target).unwrap_or(hosts[0].clone());
        let good = match &origins[..] {
            [] => !policy.2,
            [origin] => is_allowed(origin, policy, &authority),
            _ => false,
        };
        if !good {
            return Err(Refusal::Origin);
        }
    }
    Ok(Verdict::Upgrade { accept: accept_value(std::str::from_utf8(&keys[0]).unwrap()), subprotocol })
}

/// RFC 9112 §6.3: the body of a request, or `None` if its length is malformed or contradictory. A length is a number
/// that fits 64 bits.
pub fn body(read: &Read) -> Option<Body> {
    let (lengths, codings) = (lines(&read.fields, "content-length"), lines(&read.fields, "transfer-encoding"));
    match (&lengths[..], &codings[..]) {
        ([], []) => Some(Body::None),
        ([length], []) if !length.is_empty() && length.iter().all(u8::is_ascii_digit) => {
            let length = std::str::from_utf8(length).unwrap().parse().ok()?;
            Some(if length == 0 { Body::None } else { Body::Length(length) })
        }
        ([], [coding]) if coding.eq_ignore_ascii_case(b"chunked") && read.minor != Some(0) => Some(Body::Chunked),
        _ => None,
    }
}

/// §10.2: the parts of an origin are compared, RFC 6454 §5.
fn is_allowed(origin: &[u8], (list, same_host, _): (&[&str], bool, bool), host: &[u8]) -> bool {
    let Some(origin) = origin_parts(origin) else { return false };
    let same = |scheme: &str| {
        let parts =
            origin_parts(format!("{scheme}://{}", String::from_utf8_lossy(host).trim_end_matches(':')).as_bytes());
        origin.0 == scheme && parts.as_ref() == Some(&origin)
    };
    list.iter().any(|entry| origin_parts(entry.as_bytes()) == Some(origin.clone()))
        || same_host && host.len() <= 255 && ["http", "https"].into_iter().any(same)
}

fn origin_parts(origin: &[u8]) -> Option<(String, String, u32)> {
    let origin = std::str::from_utf8(origin).ok().filter(|origin| origin.len() <= 255)?.to_ascii_lowercase();
    if origin == "null" || origin == "file://" {
        return Some((origin, String::new(), 0));
    }
    let (scheme, authority) = origin.split_once("://")?;
    let default = match scheme {
        "http" => 80,
        "https" => 443,
        "ws" | "wss" => return None,
        _ => 0,
    };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            (host, port.parse().ok().filter(|port| 0 < *port && *port < 65_536)?)
        }
        _ => (authority, default),
    };
    let in_brackets = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let good_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let good_host = match in_brackets {
        Some(address) => !address.is_empty() && address.chars().all(|c| c.is_ascii_hexdigit() || ":.".contains(c)),
        None => !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)),
    };
    (good_scheme && good_host).then(|| (scheme.into(), host.into(), port))
}

/// RFC 9112 §3.2.2
fn authority_of(target: &[u8]) -> Option<Vec<u8>> {
    if target.starts_with(b"/") {
        return None;
    }
    let start = target.windows(3).position(|bytes| bytes == b"://")? + 3;
    let rest = &target[start..];
    let len = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    Some(rest[..len].to_vec())
}

/// §4.2.1, §4.2.2, §4.4
fn judge_version(lines: &[Vec<u8>]) -> Result<(), Refusal> {
    let [line] = lines else {
        return Err(if lines.is_empty() { Refusal::VersionMissing } else { Refusal::VersionMalformed });
    };
    let numbers: Vec<_> = line.split(|byte| *byte == b',').map(super::lists::trim).collect();
    if numbers.iter().any(|number| number.is_empty() || !number.iter().all(u8::is_ascii_digit)) {
        return Err(Refusal::VersionMalformed);
    }
    if numbers == [b"13"] { Ok(()) } else { Err(Refusal::VersionUnsupported) }
}

/// §4.1, §4.2.2: offers are judged in order, and the first that is refused decides. The seventeenth is refused.
fn choose(supported: &[&str], lines: &[Vec<u8>]) -> Result<Option<String>, Refusal> {
    let offered = elements(lines);
    for (i, name) in offered.iter().enumerate() {
        if !is_token(name) {
            return Err(Refusal::Subprotocols);
        }
        if i == 16 {
            return Err(Refusal::TooManySubprotocols);
        }
        if offered[..i].contains(name) {
            return Err(Refusal::Subprotocols);
        }
    }
    if !lines.is_empty() && offered.is_empty() {
        return Err(Refusal::Subprotocols);
    }
    let chosen = supported.iter().find(|name| offered.iter().any(|offered| offered == name.as_bytes()));
    Ok(chosen.map(|name| name.to_string()))
}
