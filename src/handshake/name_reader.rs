//! Which field a name is. Two ways with the same result: words on most machines, bytes on small ones.

use super::field_name::FieldName;
#[cfg(upframe_small)]
use super::name_reader_small as way;
#[cfg(not(upframe_small))]
use super::name_reader_words as way;
use crate::http::scan::is_tchar;

/// Reads a name, which may be cut.
pub(crate) type NameReader = way::NameReader;

impl FieldName {
    /// Returns the field with this name, which nobody has checked.
    pub(crate) fn of_any(name: &[u8]) -> Self {
        if name.iter().all(|byte| is_tchar(*byte)) { Self::of(name) } else { Self::Other }
    }

    /// Returns the field with this name, which is a token.
    pub(crate) fn of(name: &[u8]) -> Self {
        way::of(name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{name_reader_small, name_reader_words};
    use super::*;
    use crate::http::span::Run;

    const KNOWN: [(&str, FieldName); 11] = [
        ("host", FieldName::Host),
        ("origin", FieldName::Origin),
        ("upgrade", FieldName::Upgrade),
        ("connection", FieldName::Connection),
        ("Content-Length", FieldName::ContentLength),
        ("sec-websocket-key", FieldName::Key),
        ("Transfer-Encoding", FieldName::TransferEncoding),
        ("Sec-Websocket-Accept", FieldName::Accept),
        ("Sec-WebSocket-Version", FieldName::Version),
        ("Sec-WebSocket-Protocol", FieldName::Protocol),
        ("Sec-WebSocket-Extensions", FieldName::Extensions),
    ];

    const WAYS: [fn(&[u8]) -> FieldName; 2] = [name_reader_words::of, name_reader_small::of];

    #[test]
    fn a_name_as_long_as_a_known_one_is_another() {
        for (name, field) in KNOWN {
            for of in WAYS {
                assert_eq!(of(name.to_uppercase().as_bytes()), field, "{name}");
            }
            for at in 0..name.len() {
                let mut other = name.as_bytes().to_vec();
                other[at] = if other[at].eq_ignore_ascii_case(&b'q') { b'j' } else { b'q' };
                for of in WAYS {
                    assert_eq!(of(&other), FieldName::Other, "{name} {at}");
                    assert_eq!(of(&other[..at]), FieldName::Other, "{name} {at}");
                }
            }
        }
    }

    type Push<'w> = &'w mut dyn FnMut(Run) -> Option<FieldName>;

    #[test]
    fn a_name_is_known_in_any_case_and_at_every_cut() {
        let others = [
            ("HOST", FieldName::Host),
            ("Hos", FieldName::Other),
            ("Hosts", FieldName::Other),
            ("Sec-WebSocket-Extensions2", FieldName::Other),
            ("a-name-that-is-longer-than-any-other-Host", FieldName::Other),
            ("Sec-WebSocket-Kez", FieldName::Other),
            ("Xec-WebSocket-Key", FieldName::Other),
            ("Sec-WebSockey-Key", FieldName::Other),
            ("Sec~WebSocket-Key", FieldName::Other),
        ];
        for (name, field) in KNOWN.into_iter().chain(others) {
            let mut words = name_reader_words::NameReader::new();
            let mut small = name_reader_small::NameReader::new();
            let ways: [Push; 2] = [&mut |run| words.push(run), &mut |run| small.push(run)];
            for push in ways {
                for cut in 0..=name.len() {
                    let (a, b) = name.as_bytes().split_at(cut);
                    assert_eq!(push(Run { bytes: a, last: false }), None);
                    assert_eq!(push(Run { bytes: b, last: true }), Some(field), "{name} cut at {cut}");
                }
                assert_eq!(push(Run { bytes: name.as_bytes(), last: true }), Some(field));
            }
        }
    }
}
