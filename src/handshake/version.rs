//! `Sec-WebSocket-Version` (RFC 6455 §4.1, §4.4).

use super::refusal::Refusal;
use crate::http::field::list::Part;
use crate::http::field::tokens::TokenList;

/// The version that is spoken here (RFC 6455 §4.2.2).
pub(crate) const SPOKEN: &[&str] = &["13"];

/// A token in which a byte is no digit is no version.
#[inline(always)]
pub(crate) fn check(versions: &mut TokenList, part: Part) {
    // [4.2.1-version-once]
    if matches!(part, Part::Token(run) if !run.iter().all(u8::is_ascii_digit)) {
        versions.refuse();
    }
}

/// §4.2.1: the version is there, once, and it is 13.
pub(crate) fn judge(versions: &TokenList) -> Result<(), Refusal> {
    // [4.2.1-version]
    if versions.lines() == 0 {
        return Err(Refusal::VersionMissing);
    }
    // neither a comma nor the end may stand where a number should be [4.2.1-version-once]
    if versions.lines() > 1 || versions.has_other() || versions.has_empty() {
        return Err(Refusal::VersionMalformed);
    }
    // §4.2.2: 426, with the version that is spoken here [4.2.2-version-13]
    if versions.has_unknown() || versions.tokens() > 1 {
        return Err(Refusal::VersionUnsupported);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
                versions.read_lines(lines, cut, SPOKEN, false, check);
                assert_eq!(judge(&versions), want, "{lines:?} {cut}");
            }
        }
    }
}
