//! The verdict on a response (RFC 6455 §4.1).

use super::digest::accept_value;
use super::head::{Read, naive};
use super::lists::{extensions, has_token, lines};
use super::request::body;
use upframe::handshake::Failure;
use upframe::http::{Body, HeadError};

/// What a client asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'p> {
    pub key: &'p str,
    pub subprotocols: &'p [&'p str],
    /// The limits of bytes and of fields of a head.
    pub limits: (u32, u16),
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    Agreed(Option<String>),
    Refused(u16, Body),
    Failed(Failure),
}

/// Returns the verdict on the bytes and how many of them are consumed, or `None` if more must come.
pub fn judge(asked: &Asked, wire: &[u8]) -> Option<(Verdict, usize)> {
    let (mut at, mut fields) = (0, 0);
    loop {
        // Interim responses count towards the limits of one head.
        let limits = (asked.limits.0 as usize - at, usize::from(asked.limits.1) - fields);
        let read = naive(&wire[at..], true, limits);
        at += read.taken;
        fields += read.fields.len();
        let verdict = match (read.end?, read.status.unwrap_or(0)) {
            (Err(violation), _) => Verdict::Failed(Failure::Head(HeadError { violation, offset: at as u32 })),
            // RFC 9110 §15.2: an interim response. After a 101 come frames.
            (Ok(()), 100 | 102..=199) => continue,
            (Ok(()), 101) => judge_head(asked, &read).map_or_else(Verdict::Failed, Verdict::Agreed),
            (Ok(()), status) => judge_refusal(status, &read),
        };
        return Some((verdict, at));
    }
}

/// RFC 9112 §6.3: the verdict on a response other than a 101.
fn judge_refusal(status: u16, read: &Read) -> Verdict {
    let announces = |name| !lines(&read.fields, name).is_empty();
    match body(read) {
        None => Verdict::Failed(Failure::BodyLength),
        Some(_) if [204, 304].contains(&status) => Verdict::Refused(status, Body::None),
        Some(Body::None) if !announces("content-length") => Verdict::Refused(status, Body::UntilEnd),
        Some(body) => Verdict::Refused(status, body),
    }
}

/// The verdict on a 101 response.
fn judge_head(asked: &Asked, read: &Read) -> Result<Option<String>, Failure> {
    let lines = |name| lines(&read.fields, name);
    if read.minor == Some(0) {
        return Err(Failure::HttpVersion);
    }
    let upgrades = lines("upgrade");
    if upgrades.len() != 1 || !upgrades[0].eq_ignore_ascii_case(b"websocket") {
        return Err(Failure::Upgrade);
    }
    if !has_token(&lines("connection"), "upgrade") {
        return Err(Failure::Connection);
    }
    if lines("sec-websocket-accept") != [accept_value(asked.key).into_bytes()] {
        return Err(Failure::Accept);
    }
    let chosen = lines("sec-websocket-protocol");
    let known = asked.subprotocols.iter().find(|name| chosen == [name.as_bytes()]);
    if !chosen.is_empty() && known.is_none() {
        return Err(Failure::Subprotocol);
    }
    match extensions(&lines("sec-websocket-extensions")) {
        None => Err(Failure::Extensions),
        // No extension was offered.
        Some(1..) => Err(Failure::ExtensionNotAgreed),
        Some(0) => Ok(known.map(|name| name.to_string())),
    }
}
