//! `Sec-WebSocket-Version` (RFC 6455 §4.1, §4.4).

use super::refusal::Refusal;
use crate::http::field::list::ElementPart;
use crate::http::field::tokens::TokenList;

/// The version of the protocol that is supported (RFC 6455 §4.2.2).
#[cfg(any(test, not(upframe_small)))]
pub(crate) const SUPPORTED: &[&str] = &["13"];

/// Marks the list as invalid if a token is not a number. All of the list is read.
#[inline(always)]
pub(crate) fn check(versions: &mut TokenList, part: ElementPart) {
    if matches!(part, ElementPart::Token(piece) if !piece.all(u8::is_ascii_digit)) {
        versions.invalidate();
    }
}

/// Checks that the version appears once and is 13 (RFC 6455 §4.2.1).
pub(crate) fn judge(versions: &TokenList) -> Result<(), Refusal> {
    // The request has a version. [4.2.1-version]
    if !versions.has_line() {
        return Err(Refusal::VersionMissing);
    }
    // The version is one number, and appears once. [4.2.1-version-once]
    if versions.has_lines() || versions.has_invalid() || versions.has_empty() {
        return Err(Refusal::VersionMalformed);
    }
    // A version other than 13 is answered with 426. [4.2.2-version-13]
    if versions.has_unknown() || versions.has_tokens() {
        return Err(Refusal::VersionUnsupported);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::field::letters::Letters;

    #[test]
    fn only_one_13_is_13() {
        use Refusal::*;
        for (lines, want) in [
            (&["13"][..], Ok(())),
            (&[" 13\t "], Ok(())),
            (&[], Err(VersionMissing)),
            (&["8"], Err(VersionUnsupported)),
            (&["1"], Err(VersionUnsupported)),
            (&["3"], Err(VersionUnsupported)),
            (&["0"], Err(VersionUnsupported)),
            (&["013"], Err(VersionUnsupported)),
            (&["130"], Err(VersionUnsupported)),
            (&["113"], Err(VersionUnsupported)),
            (&["99999999999999999999"], Err(VersionUnsupported)),
            (&["13, 8"], Err(VersionUnsupported)),
            (&["13,13"], Err(VersionUnsupported)),
            (&["8 , 13"], Err(VersionUnsupported)),
            (&["13", "13"], Err(VersionMalformed)),
            (&["13", "8"], Err(VersionMalformed)),
            (&[""], Err(VersionMalformed)),
            (&["13,"], Err(VersionMalformed)),
            (&[",13"], Err(VersionMalformed)),
            (&["13 8"], Err(VersionMalformed)),
            (&["1 3"], Err(VersionMalformed)),
            (&["13a"], Err(VersionMalformed)),
            (&["-13"], Err(VersionMalformed)),
            (&["0x0D"], Err(VersionMalformed)),
        ] {
            for cut in 1..10 {
                let mut versions = TokenList::new();
                versions.read_lines(lines, cut, SUPPORTED, Letters::Exact, check);
                assert_eq!(judge(&versions), want, "{lines:?} {cut}");
            }
        }
    }
}
