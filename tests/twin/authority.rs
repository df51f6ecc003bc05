//! Authorities and the forms of a target, from whole texts (RFC 3986 §3.2, RFC 9112 §3.2).

use std::net::Ipv6Addr;

/// A registered name of at least one character; `%00` is refused (RFC 3986 §3.2.2, §7.3).
fn is_name(name: &str) -> bool {
    let mut parts = name.split('%');
    let plain =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte));
    !name.is_empty()
        && plain(parts.next().unwrap_or_default())
        && parts.all(|part| {
            let (digits, text) = part.split_at_checked(2).unwrap_or_default();
            digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) && digits != "00" && plain(text)
        })
}

/// An address in brackets: IPv6, or a version, a point and text.
fn is_bracketed(address: &str) -> bool {
    if let Some(later) = address.strip_prefix(['v', 'V']) {
        let Some((version, text)) = later.split_once('.') else { return false };
        let text_without_colons = text.replace(':', "a");
        return !version.is_empty()
            && version.bytes().all(|byte| byte.is_ascii_hexdigit())
            && !text.contains('%')
            && is_name(&text_without_colons);
    }
    address.parse::<Ipv6Addr>().is_ok()
}

fn is_port(port: &str) -> bool {
    let digits = port.trim_start_matches('0');
    port.bytes().all(|byte| byte.is_ascii_digit()) && (digits.is_empty() || digits.parse::<u16>().is_ok())
}

/// A host and perhaps a port.
pub fn is_authority(authority: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(authority) else { return false };
    let (is_host, after) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, after)) => (is_bracketed(address), after),
            None => return false,
        },
        None => {
            let (name, after) = text.split_at(text.find(':').unwrap_or(text.len()));
            (is_name(name), after)
        }
    };
    is_host && (after.is_empty() || after.strip_prefix(':').is_some_and(is_port))
}

/// Origin form, or absolute form with a scheme that a server knows.
pub fn is_path_or_uri(target: &[u8]) -> bool {
    let lower = target.to_ascii_lowercase();
    let rest =
        [&b"http://"[..], b"https://", b"ws://", b"wss://"].into_iter().find_map(|scheme| lower.strip_prefix(scheme));
    let authority = rest.map(|rest| rest.split(|byte| matches!(byte, b'/' | b'?')).next().unwrap_or_default());
    target.starts_with(b"/") || authority.is_some_and(is_authority)
}

/// One of the four forms.
pub fn has_a_form(target: &[u8]) -> bool {
    let port = target.rsplit(|byte| *byte == b':').next().unwrap_or_default();
    let is_authority_form = is_authority(target)
        && target.contains(&b':')
        && port.iter().any(|digit| (b'1'..=b'9').contains(digit))
        && port.iter().all(u8::is_ascii_digit);
    is_path_or_uri(target) || target == b"*" || is_authority_form
}
