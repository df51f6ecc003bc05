//! `Sec-WebSocket-Version` (RFC 6455 §4.1, §4.4).

use super::Refusal;
use super::list::{Elements, Lexemes, Part};

/// Judges the versions that a request asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VersionJudge {
    lines: u8,
    elements: Elements,
    numbers: u8,
    /// One of them is not 13.
    other: bool,
    malformed: bool,
}

impl VersionJudge {
    pub(crate) const fn new() -> Self {
        Self { lines: 0, elements: Elements::new(), numbers: 0, other: false, malformed: false }
    }

    pub(crate) fn push(&mut self, bytes: &[u8], last: bool) {
        self.lines = self.lines.saturating_add(u8::from(last));
        let mut lexemes = Lexemes::new(bytes, last);
        while let Some(part) = self.elements.next(&mut lexemes, &["13"], false) {
            match part {
                // [4.2.1-version-once]
                Part::Token(run) => self.malformed |= !run.iter().all(u8::is_ascii_digit),
                // [4.2.2-version-13]
                Part::End(found) => {
                    self.numbers = self.numbers.saturating_add(1);
                    self.other |= found.is_none();
                }
                // neither a comma nor the end may stand where a number should be [4.2.1-version-once]
                Part::Empty | Part::Other => self.malformed = true,
            }
        }
    }

    /// §4.2.1: the version is there, once, and it is 13.
    pub(crate) const fn judge(&self) -> Result<(), Refusal> {
        match self {
            // [4.2.1-version]
            Self { lines: 0, .. } => Err(Refusal::VersionMissing),
            // [4.2.1-version-once]
            Self { malformed: true, .. } | Self { lines: 2.., .. } => Err(Refusal::VersionMalformed),
            // §4.2.2: 426, with the version that is spoken here [4.2.2-version-13]
            Self { other: true, .. } | Self { numbers: 2.., .. } => Err(Refusal::VersionUnsupported),
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
