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

/// The parameters of an extension: names and values.
pub type Parameters = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// Returns the number of extensions in these lines, or `None` if they are not a valid list. No line, no extension.
pub fn extensions(lines: &[Vec<u8>]) -> Option<usize> {
    parsed(lines).map(|all| all.len())
}

/// Returns the extensions in these lines with their parameters, or `None` if they are not a valid list.
pub fn parsed(lines: &[Vec<u8>]) -> Option<Vec<(Vec<u8>, Parameters)>> {
    let all = elements(lines);
    if all.is_empty() && !lines.is_empty() {
        return None;
    }
    let element = |element: &Vec<u8>| {
        // A quoted value must be a token, too, so it contains no comma and no semicolon.
        let mut parts = element.split(|byte| *byte == b';');
        let name = trim(parts.next().unwrap_or_default());
        let parameters: Option<Parameters> = parts.map(parameter).collect();
        is_token(name).then_some((name.to_vec(), parameters?))
    };
    all.iter().map(element).collect()
}

/// `name`, `name=token` or `name="token"`. In the last, any byte may have a backslash before it.
fn parameter(part: &[u8]) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
    let equals = part.iter().position(|byte| *byte == b'=');
    let (name, value) = part.split_at(equals.unwrap_or(part.len()));
    let (name, value) = (trim(name), value.get(1..).map(trim));
    let value = match value {
        None => None,
        Some([b'"', quoted @ .., b'"']) => Some(unescape(quoted)?),
        Some(plain) => Some(plain.to_vec()),
    };
    (is_token(name) && value.as_ref().is_none_or(|value| is_token(value))).then_some((name.to_vec(), value))
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
