//! Names and values of field lines that the codec has written.

/// Field lines: an iterator of names and values.
#[derive(Clone, Copy, Debug)]
pub(super) struct FieldLines<'t> {
    pub(super) rest: &'t [u8],
}

impl<'t> Iterator for FieldLines<'t> {
    type Item = (&'t [u8], &'t [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (line, rest) = split(self.rest, b"\r\n");
        self.rest = rest;
        // an empty line ends a head
        if line.is_empty() { None } else { Some(split(line, b": ")) }
    }
}

/// Returns what precedes and what follows a separator.
pub(super) fn split<'o>(bytes: &'o [u8], separator: &[u8]) -> (&'o [u8], &'o [u8]) {
    let at = bytes.windows(separator.len()).position(|window| window == separator).unwrap_or(bytes.len());
    let (front, rest) = bytes.split_at_checked(at).unwrap_or((bytes, &[]));
    (front, rest.get(separator.len()..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_separator_is_found_or_everything_precedes_it() {
        for (bytes, want) in [
            (&b"a: b: c"[..], (&b"a"[..], &b"b: c"[..])),
            (b"a: ", (b"a", b"")),
            (b": b", (b"", b"b")),
            (b"a:b", (b"a:b", b"")),
            (b":", (b":", b"")),
            (b"", (b"", b"")),
        ] {
            assert_eq!(split(bytes, b": "), want);
        }
    }
}
