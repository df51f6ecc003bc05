//! The command line.

use crate::failure::Failure;
use lexopt::prelude::*;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

pub const HELP: &str = "usage: ws [OPTION]... URL
       ws --listen [OPTION]... [ADDRESS]

Talks to a WebSocket server from the terminal: sends each line of standard input as a text message, and prints what
comes. Without a scheme, URL means ws:.

Connection
  -H, --header 'NAME: VALUE'  adds a field to the request; repeatable
      --origin ORIGIN         sends an Origin, as browsers do
  -s, --subprotocol NAME      offers a subprotocol; repeatable, the first is preferred
      --auth USER:PASSWORD    basic authentication; the same as ws://USER:PASSWORD@HOST
  -L, --location              follows up to 10 redirects
      --cacert FILE           trusts the certificates in this PEM file, and not those of the system
      --insecure              accepts every certificate: for tests only
      --connect-timeout SECS  the time to open the connection (10)
      --ping SECS             sends a Ping after this time without a received byte (20)
      --no-ping               sends no Pings by itself, and waits for a silent server without end
      --deflate               compresses messages, if the other end does, too (permessage-deflate)
      --max-message BYTES     accepts messages up to this length (67108864)

Messages
      --binary                sends all of standard input as one binary message; binary messages go unchanged to
                              standard output if that is not a terminal
      --text                  sends all of standard input as one text message
      --commands              lines like /ping are commands in a pipe, too
  -n, --count N               ends after N received messages
      --wait SECS             when piped input has ended, ends after this time without a received byte: 2, or `forever`,
                              which is the default with --count
  -o, --output FILE           writes the bytes of received binary messages to this file

Server
      --listen [ADDRESS]      waits for clients (127.0.0.1:9000), and sends each line to all of them
      --echo                  sends each message back to its client
      --cert FILE --key FILE  speaks wss: with this certificate and key, in PEM files

  -v, --verbose               shows addresses, the response, Pings and Pongs
  -q, --quiet                 prints only messages and errors
  -h, --help                  prints this
      --version               prints the version

Commands in a terminal
  /ping [TEXT]   /pong [TEXT]   /binary HEX   /binary @FILE   /close [CODE [REASON]]   /help
  //text sends /text. Up and Down recall lines. Ctrl-D closes the connection, and so does Ctrl-C; a second Ctrl-C ends
  at once.

Exit codes
  0  the connection was closed normally      5  the connection broke without a Close
  1  bad arguments, or a local file          6  the peer closed with an error code
  2  cannot connect                          7  the peer broke the protocol
  3  TLS failed                              8  a time limit has passed
  4  the server refused with a status      130  ended by a second Ctrl-C";

/// How standard input becomes messages.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Sending {
    #[default]
    Lines,
    Text,
    Binary,
}

#[derive(Debug)]
pub struct Options {
    pub url: String,
    pub listen: bool,
    pub headers: Vec<(String, String)>,
    pub origin: Option<String>,
    pub subprotocols: Vec<String>,
    pub auth: Option<String>,
    pub location: bool,
    pub cacert: Option<PathBuf>,
    pub insecure: bool,
    pub connect_timeout: Duration,
    pub ping: Option<Duration>,
    pub deflate: bool,
    pub max_message: u64,
    pub sending: Sending,
    pub commands: bool,
    pub count: Option<u64>,
    /// `None`: not set.
    pub wait: Option<Wait>,
    pub output: Option<PathBuf>,
    pub echo: bool,
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub verbose: bool,
    pub quiet: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wait {
    For(Duration),
    Forever,
}

/// What the command line asks for.
#[derive(Debug)]
pub enum Asked {
    Run(Box<Options>),
    Help,
    Version,
}

impl Options {
    fn new() -> Self {
        Self {
            url: String::new(),
            listen: false,
            headers: vec![],
            origin: None,
            subprotocols: vec![],
            auth: None,
            location: false,
            cacert: None,
            insecure: false,
            connect_timeout: Duration::from_secs(10),
            ping: Some(Duration::from_secs(20)),
            deflate: false,
            max_message: 64 << 20,
            sending: Sending::Lines,
            commands: false,
            count: None,
            wait: None,
            output: None,
            echo: false,
            cert: None,
            key: None,
            verbose: false,
            quiet: false,
        }
    }

    /// How long to wait for messages when standard input has ended.
    pub fn wait(&self) -> Wait {
        match (self.wait, self.count) {
            (Some(wait), _) => wait,
            (None, Some(_)) => Wait::Forever,
            (None, None) => Wait::For(Duration::from_secs(2)),
        }
    }
}

/// Reads the command line.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Asked, Failure> {
    read(arguments).map_err(|error| Failure::usage(format!("{error}; try --help")))
}

fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Asked, lexopt::Error> {
    let mut options = Options::new();
    let (mut client_only, mut server_only) = (None, None);
    let mut sendings = 0;
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        let (name, client, server) = match &argument {
            Long(name) => (format!("--{name}"), CLIENT_ONLY.contains(name), SERVER_ONLY.contains(name)),
            Short(name) => (format!("-{name}"), matches!(name, 'H' | 'L' | 'o'), false),
            Value(_) => (String::new(), false, false),
        };
        match argument {
            Short('h') | Long("help") => return Ok(Asked::Help),
            Long("version") => return Ok(Asked::Version),
            Short('H') | Long("header") => options.headers.push(header(&parser.value()?.string()?)?),
            Long("origin") => options.origin = Some(parser.value()?.string()?),
            Short('s') | Long("subprotocol") => options.subprotocols.push(parser.value()?.string()?),
            Long("auth") => {
                let auth = parser.value()?.string()?;
                if !auth.contains(':') {
                    return Err("--auth needs USER:PASSWORD".into());
                }
                options.auth = Some(auth);
            }
            Short('L') | Long("location") => options.location = true,
            Long("cacert") => options.cacert = Some(parser.value()?.into()),
            Long("insecure") => options.insecure = true,
            Long("connect-timeout") => options.connect_timeout = seconds(&name, &parser.value()?.string()?)?,
            Long("ping") => options.ping = Some(seconds(&name, &parser.value()?.string()?)?),
            Long("no-ping") => options.ping = None,
            Long("deflate") => options.deflate = true,
            Long("max-message") => options.max_message = number(&name, &parser.value()?.string()?)?,
            Long("binary") => (options.sending, sendings) = (Sending::Binary, sendings + 1),
            Long("text") => (options.sending, sendings) = (Sending::Text, sendings + 1),
            Long("commands") => options.commands = true,
            Short('n') | Long("count") => options.count = Some(number(&name, &parser.value()?.string()?)?.max(1)),
            Long("wait") => options.wait = Some(wait(&parser.value()?.string()?)?),
            Short('o') | Long("output") => options.output = Some(parser.value()?.into()),
            Short('l') | Long("listen") => options.listen = true,
            Long("echo") => options.echo = true,
            Long("cert") => options.cert = Some(parser.value()?.into()),
            Long("key") => options.key = Some(parser.value()?.into()),
            Short('v') | Long("verbose") => options.verbose = true,
            Short('q') | Long("quiet") => options.quiet = true,
            Value(url) if options.url.is_empty() => options.url = url.string()?,
            other => return Err(other.unexpected()),
        }
        if client {
            client_only.get_or_insert(name);
        } else if server {
            server_only.get_or_insert(name);
        }
    }
    match (options.listen, client_only, server_only) {
        (true, Some(name), _) => return Err(format!("{name} is for clients, and --listen starts a server").into()),
        (false, _, Some(name)) => return Err(format!("{name} is for servers: --listen starts one").into()),
        _ => {}
    }
    if options.cert.is_some() != options.key.is_some() {
        return Err("--cert and --key belong together".into());
    }
    if sendings > 1 {
        return Err("--binary and --text exclude each other".into());
    }
    if options.url.is_empty() && !options.listen {
        return Err("the URL is missing".into());
    }
    Ok(Asked::Run(Box::new(options)))
}

/// `--origin` is what a client sends, and what a server allows.
const CLIENT_ONLY: &[&str] =
    &["header", "auth", "location", "cacert", "insecure", "connect-timeout", "binary", "text", "wait", "output"];
const SERVER_ONLY: &[&str] = &["echo", "cert", "key"];

fn header(field: &str) -> Result<(String, String), lexopt::Error> {
    let (name, value) = field.split_once(':').ok_or_else(|| format!("--header {field:?} has no colon"))?;
    Ok((name.to_string(), value.trim().to_string()))
}

fn seconds(name: &str, text: &str) -> Result<Duration, lexopt::Error> {
    let duration = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    match duration {
        Some(duration) if !duration.is_zero() && duration < Duration::from_secs(1 << 30) => Ok(duration),
        _ => Err(format!("{name} {text:?}: not a number of seconds above 0").into()),
    }
}

fn wait(text: &str) -> Result<Wait, lexopt::Error> {
    match text {
        "forever" => Ok(Wait::Forever),
        "0" => Ok(Wait::For(Duration::ZERO)),
        _ => seconds("--wait", text).map(Wait::For),
    }
}

fn number(name: &str, text: &str) -> Result<u64, lexopt::Error> {
    text.parse().map_err(|_| format!("{name} {text:?}: not a whole number").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(arguments: &[&str]) -> String {
        match parse(arguments.iter().map(OsString::from)) {
            Ok(asked) => format!("{asked:?}"),
            Err(failure) => failure.text,
        }
    }

    #[test]
    fn bad_arguments_are_named() {
        for (arguments, told) in [
            (&[][..], "the URL is missing"),
            (&["a", "b"], "\"b\""),
            (&["--frobnicate"], "--frobnicate"),
            (&["a", "-H", "no colon"], "no colon"),
            (&["a", "--auth", "nobody"], "USER:PASSWORD"),
            (&["a", "--wait", "-1"], "--wait \"-1\""),
            (&["a", "--wait", "NaN"], "--wait \"NaN\""),
            (&["a", "--ping", "0"], "--ping \"0\""),
            (&["a", "--connect-timeout", "1e300"], "--connect-timeout"),
            (&["a", "-n", "x"], "-n \"x\""),
            (&["a", "--binary", "--text"], "exclude"),
            (&["a", "--echo"], "--echo is for servers"),
            (&["--listen", "-H", "a: b"], "-H is for clients"),
            (&["--listen", "--cert", "a"], "belong together"),
        ] {
            let said = said(arguments);
            assert!(said.contains(told) && said.ends_with("; try --help"), "{arguments:?}: {said}");
        }
    }

    #[test]
    fn the_wait_depends_on_the_count() {
        for (arguments, wait) in [
            (&["a"][..], Wait::For(Duration::from_secs(2))),
            (&["a", "-n", "1"], Wait::Forever),
            (&["a", "-n", "1", "--wait", "0.5"], Wait::For(Duration::from_millis(500))),
            (&["a", "--wait", "0"], Wait::For(Duration::ZERO)),
            (&["a", "--wait", "forever"], Wait::Forever),
        ] {
            let Ok(Asked::Run(options)) = parse(arguments.iter().map(OsString::from)) else { panic!("{arguments:?}") };
            assert_eq!(options.wait(), wait, "{arguments:?}");
        }
    }

    #[test]
    fn help_fits_the_terminal_and_names_every_option() {
        assert!(HELP.lines().all(|line| line.len() <= 120));
        for name in CLIENT_ONLY.iter().chain(SERVER_ONLY) {
            assert!(HELP.contains(&format!("--{name}")), "{name}");
        }
    }
}
