//! The opening handshake: how each end judges the same head.

pub mod cases;
pub mod classes;

use crate::End;
use crate::table::{self, shown};
use crate::twin::{digest, head, lists};
use upframe::handshake::{Failure, Refusal};
use upframe::http::HeadViolation;

/// What a client asks for.
#[derive(Clone, Debug)]
pub struct Asked {
    pub nonce: [u8; 16],
    pub subprotocols: &'static [&'static str],
}

/// What follows a head in many cases, for an end that keeps it.
pub const FOLLOWS: &[u8] = b"\x81\x00 what follows";

/// Whether an end keeps what follows the head, if there is only one head and something follows.
pub fn keeps(wire: &[u8], keeps: impl FnOnce() -> bool) -> Option<bool> {
    let end = wire.windows(4).position(|window| window == b"\r\n\r\n")?;
    (&wire[end + 4..] == FOLLOWS).then(keeps)
}

#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Agreed {
        /// A server: the accept value. A client: the subprotocol.
        said: Option<String>,
        /// What follows the head. `None` if that cannot be observed.
        kept: Option<bool>,
    },
    /// With the status that a server answers, or that a client received. `None` if there is no status.
    Refused(Option<u16>),
    Waiting,
    Panicked,
}

impl Verdict {
    fn kind(&self) -> &'static str {
        match self {
            Self::Agreed { .. } => "agreed",
            Self::Refused(_) => "refused",
            Self::Waiting => "waiting",
            Self::Panicked => "panicked",
        }
    }

    /// As far as both report it.
    fn agrees_with(&self, theirs: &Self) -> bool {
        match (self, theirs) {
            (Self::Agreed { said, kept }, Self::Agreed { said: they_said, kept: they_kept }) => {
                said == they_said && (kept.is_none() || they_kept.is_none() || kept == they_kept)
            }
            (Self::Refused(ours), Self::Refused(theirs)) => ours.is_none() || theirs.is_none() || ours == theirs,
            _ => self == theirs,
        }
    }
}

/// Why upframe makes no connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// It is no WebSocket that the client asks for.
    PlainHttp,
    Refusal(Refusal),
    Failure(Failure),
    /// The server said something else.
    Status(u16),
}

impl From<Refusal> for Reason {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<Failure> for Reason {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// How an end judges a head.
#[derive(Clone, Debug)]
pub struct Judged {
    pub verdict: Verdict,
    pub reason: Option<Reason>,
    /// The words of an error, for the reader of a report.
    pub words: String,
}

impl Judged {
    pub fn new(verdict: Verdict, words: impl ToString) -> Self {
        Self { verdict, reason: None, words: words.to_string() }
    }

    pub fn panicked() -> Self {
        Self::new(Verdict::Panicked, "")
    }
}

/// Two ends that do not agree.
pub struct Difference {
    pub peer: &'static str,
    pub end: End,
    pub wire: Vec<u8>,
    pub ours: Judged,
    pub theirs: Judged,
}

impl Difference {
    pub fn between(peer: &'static str, end: End, wire: &[u8], ours: &Judged, theirs: Judged) -> Option<Self> {
        if ours.verdict.agrees_with(&theirs.verdict) {
            return None;
        }
        Some(Self { peer, end, wire: wire.into(), ours: ours.clone(), theirs })
    }

    /// What upframe finds wrong with the head.
    pub fn head(&self) -> Option<HeadViolation> {
        match self.ours.reason? {
            Reason::Refusal(Refusal::Head(error)) | Reason::Failure(Failure::Head(error)) => Some(error.violation),
            _ => None,
        }
    }

    /// Upframe refuses for this, and they agree.
    pub fn accepts(&self, reason: impl Into<Reason>) -> bool {
        self.they_agreed() && self.ours.reason == Some(reason.into())
    }

    /// Upframe does not refuse, and they do, with these words.
    pub fn refuses(&self, words: &str) -> bool {
        self.they_refused() && !matches!(self.ours.verdict, Verdict::Refused(_)) && self.they_say(words)
    }

    pub fn they_agreed(&self) -> bool {
        matches!(self.theirs.verdict, Verdict::Agreed { .. })
    }

    pub fn they_refused(&self) -> bool {
        matches!(self.theirs.verdict, Verdict::Refused(_))
    }

    pub fn they_say(&self, words: &str) -> bool {
        self.theirs.words.contains(words)
    }

    /// As [`refuses`](Self::refuses), with one of these.
    pub fn refuses_as(&self, words: &[&str]) -> bool {
        words.iter().any(|words| self.refuses(words))
    }

    /// Both agree, and they lose what follows.
    pub fn drops(&self) -> bool {
        matches!(self.theirs.verdict, Verdict::Agreed { kept: Some(false), .. })
            && matches!(self.ours.verdict, Verdict::Agreed { kept: Some(true), .. })
    }

    /// Upframe's, and theirs.
    pub fn statuses(&self) -> (Option<u16>, Option<u16>) {
        let status = |verdict: &Verdict| if let Verdict::Refused(status) = verdict { *status } else { None };
        (status(&self.ours.verdict), status(&self.theirs.verdict))
    }

    /// The first head in the wire, as the naive twin reads it.
    pub fn read(&self) -> head::Read {
        head::naive(&self.wire, self.end == End::Client, (self.wire.len(), usize::MAX))
    }

    /// Whether the lists of these fields in the first head have this token.
    pub fn has(&self, name: &str, token: &str) -> bool {
        lists::has_token(&self.values(name), token)
    }

    /// The authority of the target of the first head, if it is an absolute URI.
    pub fn authority(&self) -> Option<Vec<u8>> {
        let target = self.read().target;
        let at = target.windows(3).position(|window| window == b"://")?;
        let is_scheme = target[..at].iter().all(u8::is_ascii_alphabetic);
        let rest = target[at + 3..].split(|byte| b"/?".contains(byte)).next();
        rest.filter(|_| is_scheme).map(Into::into)
    }

    /// The values of a field of the first head.
    pub fn values(&self, name: &str) -> Vec<Vec<u8>> {
        lists::lines(&self.read().fields, name)
    }
}

/// The same response for a client that has drawn another key: the right accept value becomes the right one for that. A wrong one
/// stays wrong.
pub fn answer_to(key: &str, asked: &Asked, wire: &[u8]) -> Vec<u8> {
    let old = digest::accept_value(&digest::base64(&asked.nonce)).into_bytes();
    let mut wire = wire.to_vec();
    while let Some(at) = wire.windows(old.len()).position(|window| window == old) {
        wire.splice(at..at + old.len(), digest::accept_value(key).into_bytes());
    }
    wire
}

/// The value of a field of a head that a peer has written.
pub fn written_value(head: &[u8], name: &str) -> Option<String> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n").filter_map(|line| line.split_once(": "));
    lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.into())
}

impl table::Difference for Difference {
    fn peer(&self) -> &'static str {
        self.peer
    }

    fn kind(&self) -> String {
        let (ours, theirs) = (self.ours.verdict.kind(), self.theirs.verdict.kind());
        let (reason, words) = (self.ours.reason.map(|reason| format!(" {reason:?}")), &self.theirs.words);
        format!("{:?} {ours}{} / {theirs} {words}", self.end, reason.unwrap_or_default())
    }

    fn shown(&self) -> String {
        let (end, wire) = (self.end, shown(&self.wire));
        let (Judged { verdict: ours, reason, .. }, Judged { verdict: theirs, words, .. }) = (&self.ours, &self.theirs);
        format!("{end:?} {wire}\n  ours:   {ours:?} {reason:?}\n  theirs: {theirs:?} {words}")
    }
}
