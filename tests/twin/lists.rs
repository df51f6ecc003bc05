//! The lists of a head: elements between commas (RFC 9110 §5.6), and extensions (RFC 6455 §9.1).

use super::head::tchar;

pub fn trim(value: &[u8]) -> &[u8] {
    let mut value = value;
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

pub fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| tchar(*byte))
}

/// Returns the values of all fields with this name, each without the white space around it.
pub fn lines(fields: &[(Vec<u8>, Vec<u8>)], name: &str) -> Vec<Vec<u8>> {
    let named = fields.iter().filter(|field| field.0.eq_ignore_ascii_case(name.as_bytes()));
    named.map(|field| trim(&field.1).to_vec()).collect()
}

/// Returns the elements of all these lines that are not empty.
pub fn elements(lines: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let all = lines.iter().flat_map(|line| line.split(|byte| *byte == b','));
    all.map(|element| trim(element).to_vec()).filter(|element| !element.is_empty()).collect()
}

pub fn has_token(lines: &[Vec<u8>], token: &str) -> bool {
    elements(lines).iter().any(|element| element.eq_ignore_ascii_case(token.as_bytes()))
}

/// Returns the number of extensions in these lines, or `None` if they are not a valid list. No line, no extension.
pub fn extensions(lines: &[Vec<u8>]) -> Option<usize> {
    let all = elements(lines);
    // A quoted value must be a token, too, so it contains no comma and no semicolon.
    let good = all.iter().all(|element| {
        let mut parts = element.split(|byte| *byte == b';');
        let name = parts.next().unwrap_or_default();
        is_token(trim(name)) && parts.all(is_parameter)
    });
    (good && (lines.is_empty() || !all.is_empty())).then_some(all.len())
}

/// `name`, `name=token` or `name="token"`. In the last, any byte may have a backslash before it.
fn is_parameter(part: &[u8]) -> bool {
    let Some(equals) = part.iter().position(|byte| *byte == b'=') else { return is_token(trim(part)) };
    let (name, value) = (trim(&part[..equals]), trim(&part[equals + 1..]));
    let value = match value {
        [b'"', quoted @ .., b'"'] => unescape(quoted),
        plain => Some(plain.to_vec()),
    };
    is_token(name) && value.is_some_and(|value| is_token(&value))
}

fn unescape(quoted: &[u8]) -> Option<Vec<u8>> {
    let mut plain = vec![];
    let mut bytes = quoted.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return None,
            b'\\' => plain.push(*bytes.next()?),
            byte => plain.push(*byte),
        }
    }
    Some(plain)
}
