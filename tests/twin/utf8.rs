//! UTF-8 by trying (RFC 3629): a byte can go on if something can follow that makes it whole.

/// Whether these bytes, whole code points aside, can be the start of a code point.
pub fn can_go_on(start: &[u8]) -> bool {
    // the ends of all ranges that RFC 3629 §4 knows for a byte behind the first
    const TRIED: [u8; 6] = [0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF];
    if std::str::from_utf8(start).is_ok() {
        return true;
    }
    if start.len() >= 4 {
        return false;
    }
    TRIED.iter().any(|byte| can_go_on(&[start, &[*byte]].concat()))
}

/// Where the first byte lies that can continue nothing; at the end, where a code point is cut there; `None` for a text.
pub fn first_bad(bytes: &[u8]) -> Option<usize> {
    let mut open = vec![];
    for (at, byte) in bytes.iter().enumerate() {
        open.push(*byte);
        if std::str::from_utf8(&open).is_ok() {
            open.clear();
        } else if !can_go_on(&open) {
            return Some(at);
        }
    }
    if open.is_empty() { None } else { Some(bytes.len()) }
}
