//! The command line.

use crate::address::Address;
use crate::store::Config;
use lexopt::prelude::*;
use std::path::PathBuf;
use std::time::Duration;
use upframe_http::OriginPolicy;

pub const USAGE: &str = "usage: push_server [ADDRESS] [OPTION]...

Serves a page that shows news from this server by polling, by long polling and by a WebSocket.
Each line that you type here becomes news. Ctrl-C closes all connections and ends the program.

  ADDRESS  where to listen (127.0.0.1:8080): an IP address or a name with a port, or a port alone,
           which is one of this machine only. Port 0 picks a free port; 0.0.0.0:8080 lets other
           machines connect, such as a phone
  --ping SECONDS
           a client that has sent nothing for so long gets a Ping (20). If it does not answer within
           10 seconds, it has disconnected
  --origin ORIGIN
           also lets pages of this origin connect, such as https://example.com. Pages of this server
           may always connect, and so may programs that are not browsers. May be repeated
  --connections N
           how many connections there may be at once, of any kind (2000). Further ones get a 503
  --keep N
           how many news are kept for clients that connect again (20000)
  --report SECONDS
           the time between two news about the server itself (5); 0: none
  --deflate
           compresses the news of a WebSocket, if the client offers that (permessage-deflate)
  --tls FILE
           serves https: and wss:, in HTTP/2 if the client knows it: then all that a browser opens
           is in one connection. The PEM file has the certificate, those of its issuers, and the
           key. Needs a build with --features tls
  --tls-key FILE
           the PEM file with the key, if it is another one
  --drain SECONDS
           how long the server goes on after it was asked to end (0): /healthz says so, and a proxy
           sends no more clients
  --redis URL
           shares the news with other processes, by a stream of the Redis at redis://HOST:PORT or
           redis://USER:PASSWORD@HOST:PORT/DATABASE. Needs a build with --features redis
  --redis-key NAME
           the stream (push_server:news)";

pub struct Arguments {
    pub address: Address,
    pub ping: Duration,
    pub origins: OriginPolicy<'static>,
    pub connections: usize,
    pub keep: usize,
    /// `None`: no reports.
    pub report: Option<Duration>,
    pub deflate: bool,
    pub tls: Option<Files>,
    pub drain: Duration,
    pub redis: Option<Config>,
}

/// PEM files.
#[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "nobody reads them without TLS"))]
pub struct Files {
    pub certificate: PathBuf,
    /// `None`: the key is in the file of the certificate.
    pub key: Option<PathBuf>,
}

/// The stream of Redis, unless told otherwise.
const STREAM: &str = "push_server:news";

/// Returns what the command line asks for; `None` if it asks for help.
pub fn parse() -> Result<Option<Arguments>, lexopt::Error> {
    let (mut address, mut ping, mut report) = (None, 20, 5);
    let (mut connections, mut keep) = (2000, 20_000);
    let (mut drain, mut redis, mut stream) = (0_u32, None, None);
    let (mut origins, mut deflate) = (Vec::new(), false);
    let (mut certificate, mut key) = (None, None);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("ping") => ping = at_least_1("--ping", parser.value()?.parse()?)?,
            Long("origin") => origins.push(&*parser.value()?.string()?.leak()),
            Long("connections") => connections = at_least_1("--connections", parser.value()?.parse()?)?,
            Long("keep") => keep = at_least_1("--keep", parser.value()?.parse()?)?,
            Long("report") => report = parser.value()?.parse()?,
            Long("deflate") => deflate = true,
            Long("tls") => certificate = Some(PathBuf::from(parser.value()?)),
            Long("tls-key") => key = Some(PathBuf::from(parser.value()?)),
            Long("drain") => drain = parser.value()?.parse()?,
            Long("redis") => redis = Some(parser.value()?.string()?),
            Long("redis-key") => stream = Some(parser.value()?.string()?),
            Value(value) if address.is_none() => address = Some(value.parse()?),
            other => return Err(other.unexpected()),
        }
    }
    // the arguments live as long as the program
    let origins: &'static [&'static str] = origins.leak();
    let origins = OriginPolicy::list(origins).map_err(|error| {
        let origin = origins.get(error.entry).copied().unwrap_or_default();
        format!("--origin {origin}: {}", error.problem)
    })?;
    if stream.is_some() && redis.is_none() {
        return Err("--redis-key needs --redis".into());
    }
    if key.is_some() && certificate.is_none() {
        return Err("--tls-key needs --tls".into());
    }
    let tls = certificate.map(|certificate| Files { certificate, key });
    let redis = redis.map(|url| Config::new(&url, stream.as_deref().unwrap_or(STREAM))).transpose()?;
    Ok(Some(Arguments {
        address: address.unwrap_or_default(),
        ping: Duration::from_secs(u64::from(ping)),
        origins: origins.or_same_host(),
        connections: connections as usize,
        keep: keep as usize,
        deflate,
        tls,
        drain: Duration::from_secs(u64::from(drain)),
        redis,
        report: Some(report).filter(|seconds| *seconds > 0).map(|seconds: u32| Duration::from_secs(seconds.into())),
    }))
}

fn at_least_1(name: &str, number: u32) -> Result<u32, lexopt::Error> {
    if number == 0 { Err(format!("{name} must be at least 1").into()) } else { Ok(number) }
}
