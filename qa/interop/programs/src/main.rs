//! An echo server or an echo client on one of the drivers.
//!
//! A server prints its address and runs until it is ended. A client sends back what it gets until the connections are
//! closed. It ends with 0 after closing handshakes, and otherwise prints why not and ends with 1. Both close the
//! connection themselves if they are asked to: by the text `/close 4001 bye`.

mod embedded;
mod http;
mod http2_server;
#[path = "../../../../drivers/http/tests/common/http3.rs"]
mod http3;
mod tls;
mod with_http3;
mod with_std;
mod with_tokio;

use std::fmt::Display;
use std::process::ExitCode;
use std::sync::Arc;
use tls::Tls;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use upframe_tokio::{CloseCode, Deflate, DeflatePolicy, Direction, Limits, Uri};

const USAGE: &str = "\
usage: driver_echo --driver tokio|std|axum|hyper|http2|http3|embedded --role server [--cert FILE --key FILE]
       driver_echo --driver tokio|std|hyper|http2|http3|embedded --role client [--cacert FILE] [--connections N] URL
       all but http2 and embedded: [--deflate[=PARAMETER,...]]; http3 needs the certificate";

/// Why a program ends with 1.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What the command line asks for.
struct Asked {
    driver: String,
    server: bool,
    tls: Tls,
    limits: Limits,
    connections: usize,
    url: String,
    deflate: Option<Deflate>,
}

/// Returns how messages are compressed with these parameters of RFC 7692 §7.1, as this end wants them.
fn deflate(parameters: &str, server: bool) -> Result<Deflate, Failure> {
    let (mut bits, mut takes_over) = ([15, 15], [true, true]);
    for parameter in parameters.split(',').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=').unwrap_or((parameter, "")) {
            ("server_max_window_bits", value) => bits[0] = value.parse()?,
            ("client_max_window_bits", value) => bits[1] = value.parse()?,
            ("server_no_context_takeover", "") => takes_over[0] = false,
            ("client_no_context_takeover", "") => takes_over[1] = false,
            _ => return Err(USAGE.into()),
        }
    }
    let [of_server, of_client] = [0, 1].map(|end| Direction::new(bits[end], takes_over[end]));
    let (outgoing, incoming) = if server { (of_server, of_client) } else { (of_client, of_server) };
    let policy = DeflatePolicy::new().with_outgoing(outgoing).with_incoming(incoming);
    Ok(Deflate::DEFAULT.with_min_len(0).with_policy(policy))
}

fn arguments() -> Result<Asked, Failure> {
    use lexopt::Arg::{Long, Value};
    use lexopt::ValueExt as _;
    let mut asked = Asked {
        driver: String::new(),
        server: false,
        tls: Tls::default(),
        limits: Limits::SERVER.with_message(32 << 20),
        connections: 1,
        url: String::new(),
        deflate: None,
    };
    let mut parameters = None;
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("driver") => asked.driver = parser.value()?.string()?,
            Long("role") => asked.server = parser.value()? == "server",
            Long("cert") => asked.tls.cert = Some(parser.value()?.into()),
            Long("key") => asked.tls.key = Some(parser.value()?.into()),
            Long("cacert") => asked.tls.cacert = Some(parser.value()?.into()),
            Long("connections") => asked.connections = parser.value()?.parse()?,
            Long("deflate") => {
                parameters = Some(parser.optional_value().unwrap_or_default().string()?);
            }
            Value(url) => asked.url = url.string()?,
            _ => return Err(USAGE.into()),
        }
    }
    asked.deflate = parameters.map(|parameters| deflate(&parameters, asked.server)).transpose()?;
    if asked.deflate.is_some() && asked.driver == "embedded" {
        return Err(USAGE.into());
    }
    Ok(asked)
}

fn run(asked: Asked) -> Result<(), Failure> {
    let asked = Arc::new(asked);
    if asked.driver == "std" {
        return if asked.server { with_std::server(&asked) } else { with_std::client(&asked) };
    }
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(async {
        match (asked.driver.as_str(), asked.server) {
            ("tokio", true) => with_tokio::server(&asked).await,
            ("tokio", false) => together(&asked, with_tokio::client).await,
            ("axum", true) => http::axum_server(&asked).await,
            ("hyper", true) => http::hyper_server(&asked).await,
            ("hyper", false) => together(&asked, http::hyper_client).await,
            ("http2", true) => http2_server::http2_server(&asked).await,
            ("http2", false) => http::http2_client(&asked).await,
            ("http3", true) => with_http3::server(&asked).await,
            ("http3", false) => with_http3::client(&asked).await,
            ("embedded", true) => embedded::server(&asked).await,
            ("embedded", false) => together(&asked, embedded::client).await,
            _ => Err(USAGE.into()),
        }
    })
}

/// Runs as many clients at once as the command line asks for.
async fn together<F>(asked: &Arc<Asked>, client: fn(Arc<Asked>) -> F) -> Result<(), Failure>
where
    F: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let mut clients = JoinSet::new();
    for _ in 0..asked.connections {
        clients.spawn(client(asked.clone()));
    }
    while let Some(ended) = clients.join_next().await {
        ended??;
    }
    Ok(())
}

/// Returns the code and the reason if a text asks to close the connection.
fn close_asked(text: Option<&str>) -> Option<(CloseCode, &str)> {
    let (code, reason) = text?.strip_prefix("/close ")?.split_once(' ')?;
    Some((CloseCode(code.parse().ok()?), reason))
}

/// Opens a TCP connection to the server of a URI.
async fn tcp(uri: &Uri<'_>) -> Result<TcpStream, Failure> {
    let stream = TcpStream::connect((uri.host().trim_matches(['[', ']']), uri.port())).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Tells how a connection of a server ended, if badly.
fn told<T, E: Display>(result: Result<T, E>) {
    if let Err(error) = result {
        eprintln!("{error}");
    }
}

fn main() -> ExitCode {
    match arguments().and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
