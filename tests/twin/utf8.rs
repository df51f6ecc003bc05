//! UTF-8 by trying (RFC 3629): a byte is accepted if some bytes after it make the code point whole.

/// Whether these bytes can be the start of a code point.
pub fn can_go_on(start: &[u8]) -> bool {
    // The ends of all ranges that RFC 3629 §4 defines for bytes after the first.
    const TRIED: [u8; 6] = [0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF];
    if std::str::from_utf8(start).is_ok() {
        return true;
    }
    if start.len() >= 4 {
        return false;
    }
    TRIED.iter().any(|byte| can_go_on(&[start, &[*byte]].concat()))
}

/// Returns the offset of the first byte that cannot continue the text, or the length if a code point is cut at the end;
/// `None` for a valid text.
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
