//! The command line.

use std::time::Duration;
use upframe_conformance::{Patience, Role, ServerUrl, Suite};

pub(crate) const USAGE: &str = "usage: upframe-conformance server URL [OPTION]...
       upframe-conformance client ADDRESS [OPTION]...

Tests an echo server or an echo client against RFC 6455. The exit status is 0 if no case fails, 1 if a case fails, and 2
if the command line is invalid.

  server URL       connects to ws://HOST:PORT/PATH, once for each case
  client ADDRESS   listens on HOST:PORT for an echo client that connects once for each case. To learn what to do, the
                   client may connect to /getCaseCount, which sends one text, then to /runCase?case=N for each N from
                   1 on, and finally to /updateReports. A connection to any other path runs the next case.

  --only PREFIX    runs only cases whose id begins with PREFIX; separate several prefixes with commas
  --list           prints all cases: id, what is sent, what is expected
  --json           prints the report as JSON
  --verbose        also explains what is acceptable but not strict
  --jobs N         server: runs N cases at once (4)
  --big BYTES      the length of the big messages (16777216)
  --patience SECS  the time without a byte after which an answer counts as missing (10)
  --early MS       the time within which an answer counts as early, such as a failure at the first invalid byte (500)
  --quiet MS       the time without a byte after which nothing more is expected (20)
  --idle SECS      client: the time to wait for the next connection (30)
";

pub(crate) enum Mode {
    Server(ServerUrl),
    Client(String),
}

impl Mode {
    /// Returns the role of the subject.
    pub(crate) fn role(&self) -> Role {
        match self {
            Self::Server(_) => Role::Server,
            Self::Client(_) => Role::Client,
        }
    }
}

pub(crate) struct Options {
    pub(crate) mode: Mode,
    pub(crate) only: String,
    pub(crate) list: bool,
    pub(crate) json: bool,
    pub(crate) verbose: bool,
    pub(crate) jobs: usize,
    pub(crate) big: usize,
    pub(crate) patience: Patience,
    pub(crate) idle: Duration,
}

impl Options {
    /// Returns `None` if help was asked for.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Option<Self>, String> {
        let mut arguments = arguments.into_iter();
        let (mut words, mut only) = (vec![], String::new());
        let (mut list, mut json, mut verbose) = (false, false, false);
        let (mut jobs, mut big) = (4, Suite::BIG as u64);
        let (mut patience, mut idle) = (Patience::default(), Duration::from_secs(30));
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            let number = |text: String| text.parse::<u64>().map_err(|_| format!("{text:?} is not a number"));
            match &*argument {
                "-h" | "--help" => return Ok(None),
                "--only" => only = value()?,
                "--list" => list = true,
                "--json" => json = true,
                "--verbose" => verbose = true,
                "--jobs" => jobs = number(value()?)?.max(1),
                "--big" => big = number(value()?)?,
                "--patience" => patience.answer = Duration::from_secs(number(value()?)?.max(1)),
                "--early" => patience.early = Duration::from_millis(number(value()?)?),
                "--quiet" => patience.quiet = Duration::from_millis(number(value()?)?),
                "--idle" => idle = Duration::from_secs(number(value()?)?),
                option if option.starts_with('-') => return Err(format!("unknown option {option}")),
                _ => words.push(argument),
            }
        }
        let mode = match &words[..] {
            [mode, url] if mode == "server" => {
                Mode::Server(ServerUrl::parse(url).ok_or(format!("{url:?} is not a valid ws:// URL"))?)
            }
            [mode, address] if mode == "client" => Mode::Client(address.clone()),
            _ => return Err("expected `server URL` or `client ADDRESS`".into()),
        };
        let [jobs, big] = [jobs, big].map(|number| usize::try_from(number).unwrap_or(usize::MAX));
        if big > 1 << 32 {
            return Err(format!("--big {big} is too large"));
        }
        Ok(Some(Self { mode, only, list, json, verbose, jobs, big, patience, idle }))
    }
}
