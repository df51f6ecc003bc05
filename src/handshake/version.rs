//! `Sec-WebSocket-Version` (RFC 6455 §4.1, §4.4).

use super::Refusal;

/// Judges the versions that a request asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VersionJudge {
    lines: u8,
    at: At,
    /// It is not exactly `13`.
    other: bool,
    malformed: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum At {
    /// In front of a number.
    Before,
    /// So many digits of `13` have come, and nothing else.
    Same(u8),
    /// In another number.
    Digits,
    /// White space behind a number.
    Behind,
}

impl VersionJudge {
    pub(crate) const fn new() -> Self {
        Self { lines: 0, at: At::Before, other: false, malformed: false }
    }

    pub(crate) fn push(&mut self, bytes: &[u8], last: bool) {
        for byte in bytes {
            self.at = match (self.at, byte) {
                (At::Before, b'1') => At::Same(1),
                (At::Same(1), b'3') => At::Same(2),
                (At::Before | At::Same(_) | At::Digits, b'0'..=b'9') => At::Digits,
                (At::Before | At::Behind, b' ' | b'\t') => self.at,
                (_, b' ' | b'\t') => self.end_number(At::Behind),
                (_, b',') => self.end_number(At::Before),
                _ => {
                    // [4.2.1-version-once]
                    self.malformed = true;
                    At::Digits
                }
            };
            // [4.2.2-version-13]
            self.other |= *byte == b',';
        }
        if last {
            self.lines = self.lines.saturating_add(1);
            self.at = self.end_number(At::Before);
        }
    }

    fn end_number(&mut self, next: At) -> At {
        match self.at {
            At::Same(2) | At::Behind => {}
            // neither a comma nor the end may stand where a number should be [4.2.1-version-once]
            At::Before => self.malformed = true,
            // [4.2.2-version-13]
            At::Same(_) | At::Digits => self.other = true,
        }
        next
    }

    /// §4.2.1: the version is there, once, and it is 13.
    pub(crate) const fn judge(&self) -> Result<(), Refusal> {
        match self {
            // [4.2.1-version]
            Self { lines: 0, .. } => Err(Refusal::VersionMissing),
            // [4.2.1-version-once]
            Self { malformed: true, .. } | Self { lines: 2.., .. } => Err(Refusal::VersionMalformed),
            // §4.2.2: 426, with the version that is spoken here [4.2.2-version-13]
            Self { other: true, .. } => Err(Refusal::VersionUnsupported),
            _ => Ok(()),
        }
    }
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
                let mut judge = VersionJudge::new();
                for line in lines {
                    line.as_bytes().chunks(cut).for_each(|piece| judge.push(piece, false));
                    judge.push(b"", true);
                }
                assert_eq!(judge.judge(), want, "{lines:?} {cut}");
            }
        }
    }
}
