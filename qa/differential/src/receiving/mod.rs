//! Frames: what each end sees in the same bytes, in a form that all can express.

pub mod cases;
pub mod classes;

use crate::End;
use crate::table::{self, shown};
use crate::twin::frame::Header;
use upframe::connection::{ProtocolError, Violation};

/// Bytes of payload in a message, and in a frame, that each end accepts if it has such a limit.
pub const MAX_MESSAGE: usize = 1 << 20;

/// What an end sees its peer do: whole messages, since most know no other.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Seen {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    /// 1005 if it had no code (RFC 6455 §7.1.5).
    Close(u16, Vec<u8>),
    /// With the close code that it sends, or that its error stands for. `None`: it reports no code.
    Failed(Option<u16>),
    Panicked,
}

impl Seen {
    /// As far as both report it.
    fn agrees_with(&self, theirs: &Self) -> bool {
        matches!((self, theirs), (Self::Failed(_), Self::Failed(None))) || self == theirs
    }

    /// Without its content.
    fn kind(&self) -> String {
        let words = format!("{self:?}");
        match self {
            Self::Failed(_) | Self::Panicked => words,
            _ => words.split('(').next().unwrap_or_default().into(),
        }
    }
}

/// What an end writes by itself; of a Close, the code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    Pong(Vec<u8>),
    Close(Option<u16>),
}

/// What came of a wire.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    pub seen: Vec<Seen>,
    /// Without the Close of a failure, whose code is in [`Seen::Failed`]. `None`: it leaves answers to its caller.
    pub answers: Option<Vec<Answer>>,
    /// What upframe has failed for.
    pub failure: Option<ProtocolError>,
    /// The words of an error, for the reader of a report.
    pub words: String,
}

impl Transcript {
    pub fn panicked() -> Self {
        Self { seen: vec![Seen::Panicked], ..Self::default() }
    }
}

/// Two ends that do not see the same.
pub struct Difference {
    pub peer: &'static str,
    pub end: End,
    pub wire: Vec<u8>,
    pub ours: Transcript,
    pub theirs: Transcript,
    /// How much both have seen alike.
    pub at: usize,
}

impl Difference {
    pub fn between(peer: &'static str, end: End, wire: &[u8], ours: &Transcript, theirs: Transcript) -> Option<Self> {
        let at = ours.seen.iter().zip(&theirs.seen).take_while(|(ours, theirs)| ours.agrees_with(theirs)).count();
        let all_seen = at == ours.seen.len() && at == theirs.seen.len();
        if all_seen && (theirs.answers.is_none() || ours.answers == theirs.answers) {
            return None;
        }
        Some(Self { peer, end, wire: wire.into(), ours: ours.clone(), theirs, at })
    }

    pub fn ours(&self) -> Option<&Seen> {
        self.ours.seen.get(self.at)
    }

    pub fn theirs(&self) -> Option<&Seen> {
        self.theirs.seen.get(self.at)
    }

    /// The first thing that they do not see alike is this failure of upframe.
    pub fn violation(&self) -> Option<Violation> {
        matches!(self.ours(), Some(Seen::Failed(_))).then(|| self.ours.failure.map(|error| error.violation))?
    }

    pub fn they_failed(&self) -> bool {
        matches!(self.theirs(), Some(Seen::Failed(_)))
    }

    /// They see the same, and write other answers.
    pub fn in_answers(&self) -> bool {
        self.ours().is_none() && self.theirs().is_none()
    }

    /// The frame in which upframe fails: its header, and whether all of it is in the wire.
    pub fn failing_frame(&self) -> Option<(Header, bool)> {
        self.frame_at(self.ours.failure?.offset)
    }

    /// The frame that the wire ends in, or with.
    pub fn last_frame(&self) -> Option<(Header, bool)> {
        self.frame_at(self.wire.len() as u64 - 1)
    }

    fn frame_at(&self, offset: u64) -> Option<(Header, bool)> {
        let mut rest = &self.wire[..];
        loop {
            let (header, len) = first_frame(rest)?;
            let end = len.saturating_add((self.wire.len() - rest.len()) as u64);
            if offset < end {
                return Some((header, rest.len() as u64 >= len));
            }
            rest = rest.get(usize::try_from(len).ok()?..)?;
        }
    }
}

/// The header of the first frame, and how long that is with its payload.
fn first_frame(wire: &[u8]) -> Option<(Header, u64)> {
    let header = (wire.len() >= 2).then(|| Header::of(wire))?;
    // of the greatest length, if its length has not arrived
    let len = if wire.len() < 2 + header.extra { u64::MAX } else { header.payload_len(wire) };
    Some((header, len.saturating_add(header.header_len as u64)))
}

/// Reads what an end has written.
pub fn answers(mut written: &[u8]) -> Vec<Answer> {
    let mut answers = vec![];
    while let Some((header, whole)) = first_frame(written) {
        let (frame, rest) = written.split_at(usize::try_from(whole).expect("a short frame"));
        let key = header.key(frame);
        let payload: Vec<_> = frame[header.header_len..].iter().zip(key.iter().cycle()).map(|(b, k)| b ^ k).collect();
        answers.push(match header.opcode {
            8 => Answer::Close(payload.first_chunk().map(|code| u16::from_be_bytes(*code))),
            10 => Answer::Pong(payload),
            other => panic!("opcode {other:#x} in an answer"),
        });
        written = rest;
    }
    answers
}

impl table::Difference for Difference {
    fn peer(&self) -> &'static str {
        self.peer
    }

    fn kind(&self) -> String {
        let kind = |seen: Option<&Seen>| seen.map_or("nothing".into(), Seen::kind);
        let ours = self.violation().map_or_else(|| kind(self.ours()), |violation| format!("{violation:?}"));
        let (theirs, words) = (kind(self.theirs()), &self.theirs.words);
        if self.in_answers() { "answers".into() } else { format!("{ours} / {theirs} {words}") }
    }

    fn shown(&self) -> String {
        let (end, wire) = (self.end, shown(&self.wire));
        let Transcript { seen: ours, answers: our_answers, words: our_words, .. } = &self.ours;
        let Transcript { seen: theirs, answers: their_answers, words: their_words, .. } = &self.theirs;
        let answers =
            if self.in_answers() { format!("\n  {our_answers:?}\n  {their_answers:?}") } else { String::new() };
        let rest = |seen: &[Seen]| format!("{:.300}", format!("{:?}", &seen[self.at..]));
        let (ours, theirs) = (rest(ours), rest(theirs));
        format!("{end:?} {wire}\n  ours:   {ours} {our_words}\n  theirs: {theirs} {their_words}{answers}")
    }
}
