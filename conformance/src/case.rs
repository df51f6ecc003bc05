//! A case: what the suite sends, and what the RFC demands.

use crate::report::quoted;
use crate::script::Script;
use std::fmt;

/// The role of the subject. The suite plays the other end.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Role {
    /// The subject is a server that echoes.
    Server,
    /// The subject is a client that echoes.
    Client,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "server",
            Self::Client => "client",
        })
    }
}

/// The result of a case.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Verdict {
    /// The subject did everything that the expectation asks for.
    Pass,
    /// Legal, but not the best behaviour. The text tells what differs.
    Acceptable(String),
    /// A violation of the RFC. The text tells which.
    Fail(String),
    /// The case could not be run. The text tells why.
    Skipped(String),
}

impl Verdict {
    /// Returns one word: `pass`, `acceptable`, `fail` or `skipped`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Acceptable(_) => "acceptable",
            Self::Fail(_) => "fail",
            Self::Skipped(_) => "skipped",
        }
    }

    /// Returns the reason for the verdict; empty for [`Verdict::Pass`].
    pub fn detail(&self) -> &str {
        match self {
            Self::Pass => "",
            Self::Acceptable(detail) | Self::Fail(detail) | Self::Skipped(detail) => detail,
        }
    }
}

/// What the RFC demands of the subject, and what else it allows.
///
/// "Fails with a code" means: the subject sends a Close with this code and ends the stream (RFC 6455 §7.1.7). Another
/// code, or the end of the stream without a Close, is acceptable, because §7.1.7 says SHOULD. It is not acceptable if
/// the code is that of a received Close, because then the Close was answered as if nothing were wrong.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Expectation {
    /// Every message comes back, in order, and the last Ping is answered. Then a Close with 1000 is answered by a Close
    /// with 1000, and the stream ends.
    Echo,
    /// As [`Expectation::Echo`]. Acceptable: the connection fails with 1009 because a limit is reached (RFC 6455
    /// §10.4).
    EchoWithinLimits,
    /// As [`Expectation::Echo`]. Acceptable: the subject ends the stream, because the suite's own head is slightly
    /// irregular.
    EchoOrEnd,
    /// As [`Expectation::Echo`]. Acceptable: the server answers with a status of 4xx or 5xx, because it may choose whom
    /// it serves.
    EchoOrRefusal,
    /// The connection fails with this code, and nothing invalid comes back.
    Failure {
        /// The close code.
        code: u16,
    },
    /// The connection fails with this code. Acceptable: the frame is accepted, because the rule binds the sender only.
    FailureOrEcho {
        /// The close code.
        code: u16,
    },
    /// The connection fails with this code, or the subject waits for more.
    FailureOrSilence {
        /// The close code.
        code: u16,
    },
    /// A Close is answered with this code; `None` stands for an empty body. Acceptable: with another code.
    Close {
        /// The close code.
        code: Option<u16>,
    },
    /// The stream ends, and no incomplete message comes back.
    End,
    /// A server answers the request with one of these statuses. Acceptable: another status of 4xx or 5xx.
    Refusal {
        /// The statuses that pass.
        statuses: &'static [u16],
        /// Whether it is acceptable that the stream ends without a response.
        or_end: bool,
        /// Whether it is acceptable that the server opens the connection.
        or_open: bool,
    },
    /// A client does not open the connection: it ends the stream and sends no frame.
    Unopened {
        /// Whether it is acceptable that the stream stays open, because the response is plain HTTP.
        or_keep: bool,
        /// Whether it is acceptable that the client opens the connection.
        or_open: bool,
    },
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match *self {
            Self::Echo => write!(f, "echo, clean close"),
            Self::EchoWithinLimits => write!(f, "echo, clean close; acceptable: fails with 1009"),
            Self::EchoOrEnd => write!(f, "echo, clean close; acceptable: ends the stream"),
            Self::EchoOrRefusal => write!(f, "echo, clean close; acceptable: refuses"),
            Self::Failure { code } => write!(f, "fails with {code}"),
            Self::FailureOrEcho { code } => write!(f, "fails with {code}; acceptable: accepts the frame"),
            Self::FailureOrSilence { code } => write!(f, "fails with {code}, or waits"),
            Self::Close { code: Some(code) } => write!(f, "answers with a Close with the code {code}"),
            Self::Close { code: None } => write!(f, "answers with an empty Close"),
            Self::End => write!(f, "ends the stream"),
            Self::Refusal { statuses, or_end, or_open } => {
                let statuses: Vec<_> = statuses.iter().map(u16::to_string).collect();
                write!(
                    f,
                    "answers with {}",
                    if statuses.is_empty() { "no 101".into() } else { statuses.join(" or ") }
                )?;
                match (or_end, or_open) {
                    (false, false) => Ok(()),
                    (true, false) => write!(f, "; acceptable: ends the stream"),
                    (false, true) => write!(f, "; acceptable: opens"),
                    (true, true) => write!(f, "; acceptable: ends the stream, or opens"),
                }
            }
            Self::Unopened { or_open: true, .. } => write!(f, "does not open; acceptable: opens"),
            Self::Unopened { or_keep: true, .. } => write!(f, "does not open; acceptable: keeps the stream"),
            Self::Unopened { .. } => write!(f, "does not open"),
        }
    }
}

/// One test: what the suite sends, and what it expects.
///
/// ```
/// use upframe_conformance::{Expectation, Role, Suite};
/// let suite = Suite::new().only("closing.code.1005");
/// let case = suite.cases(Role::Client).next().unwrap();
/// assert_eq!(case.description(), "a Close with the code 1005, which must not be used");
/// assert_eq!((case.category(), case.section()), ("closing", "§7.4"));
/// assert_eq!(case.expectation(), Expectation::Failure { code: 1002 });
/// ```
pub struct Case {
    pub(crate) id: String,
    pub(crate) description: String,
    pub(crate) section: &'static str,
    pub(crate) expectation: Expectation,
    pub(crate) role: Option<Role>,
    pub(crate) script: Box<dyn Fn() -> Script + Send + Sync>,
}

impl Case {
    /// Returns the id, for example `framing.length.126.text.byte-by-byte`. The part before the first dot is the
    /// [`category`](Case::category).
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns one sentence: what the suite sends.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Returns the section of RFC 6455, or of the RFC that it names, that the case tests.
    pub fn section(&self) -> &'static str {
        self.section
    }

    /// Returns what the subject must do.
    pub fn expectation(&self) -> Expectation {
        self.expectation
    }

    /// Returns the first part of the id.
    pub fn category(&self) -> &str {
        self.id.split('.').next().unwrap_or_default()
    }

    /// Returns a JSON object with the id and the description.
    pub fn to_json(&self) -> String {
        format!("{{\"id\":{},\"description\":{}}}", quoted(&self.id), quoted(&self.description))
    }

    /// Whether the case applies to subjects of this role.
    pub fn is_for(&self, role: Role) -> bool {
        self.role.is_none_or(|only| only == role)
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { id, description, section, expectation, role, script: _ } = self;
        f.debug_struct("Case")
            .field("id", id)
            .field("description", description)
            .field("section", section)
            .field("expectation", expectation)
            .field("role", role)
            .finish_non_exhaustive()
    }
}
