//! Opens the connection: TCP, TLS, the opening handshake, redirects.

use crate::address::Address;
use crate::failure::{BROKEN, Failure, PROTOCOL, REFUSED, TIMEOUT, TLS};
use crate::options::Options;
use crate::text::printable;
use crate::tls;
use crate::transport::{Io, Watched, connect};
use base64ct::{Base64, Encoding};
use std::cell::Cell;
use std::io;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use upframe_tokio::{
    ClientRequest, Config, Error, Limits, Policy, RequestError, Response, Uri, WebSocket, client_with,
};

const REDIRECTS: usize = 10;

/// How much of a refusal's body is shown.
const BODY: usize = 1000;

/// Returns how connections behave.
pub fn config(options: &Options) -> Config {
    let max = options.max_message;
    let limits = Limits::SERVER.with_message(max).with_frame(max).with_fragments(u32::MAX);
    Config::new()
        .with_limits(limits)
        .with_keepalive(Policy { ping_after: options.ping, ..Policy::DEFAULT })
        .with_open_within(options.connect_timeout)
        .with_read_buffer(64 << 10)
}

/// Opens the connection, within its time.
pub async fn open(options: &Options) -> Result<WebSocket<Watched>, Failure> {
    let (address, user_info) = Address::parse(&options.url)?;
    let client = Client::new(options, options.auth.clone().or(user_info));
    client.check(&address).await?;
    let stage = Cell::new("connecting");
    match timeout(options.connect_timeout, client.follow(address, &stage)).await {
        Ok(result) => result,
        Err(_) => {
            let seconds = options.connect_timeout.as_secs_f64();
            let text = format!("{} took longer than {seconds} s; --connect-timeout sets the time", stage.get());
            Err(Failure::new(TIMEOUT, text))
        }
    }
}

struct Client<'a> {
    options: &'a Options,
    /// Further fields, for the server that was asked for.
    fields: Vec<(String, String)>,
}

impl<'a> Client<'a> {
    fn new(options: &'a Options, auth: Option<String>) -> Self {
        let mut fields = options.headers.clone();
        if let Some(auth) = auth {
            fields.push(("Authorization".into(), format!("Basic {}", Base64::encode_string(auth.as_bytes()))));
        }
        Self { options, fields }
    }

    /// Checks without a connection whether the request is valid.
    async fn check(&self, address: &Address) -> Result<(), Failure> {
        let subprotocols: Vec<_> = self.options.subprotocols.iter().map(String::as_str).collect();
        let fields: Vec<_> = self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = self.request(address, &subprotocols, &fields)?;
        let nowhere = tokio::io::join(tokio::io::empty(), tokio::io::sink());
        let Err(Error::Request(error)) = client_with(request, nowhere, config(self.options)).await else {
            return Ok(());
        };
        let name = |index: usize| self.fields.get(index).map_or("", |(name, _)| name);
        Err(Failure::usage(match error {
            RequestError::FieldName { index } => format!("--header {:?}: the name is not valid", name(index)),
            RequestError::FieldValue { index } => {
                format!("--header {:?}: its value contains a control byte, such as a line end", name(index))
            }
            RequestError::FieldOwned(name) => {
                let hint = match name.to_ascii_lowercase().as_str() {
                    "origin" => "; use --origin",
                    "sec-websocket-protocol" => "; use --subprotocol",
                    _ => "",
                };
                format!("--header {name:?}: this field is written by ws itself{hint}")
            }
            RequestError::Subprotocol { index } => {
                let name = self.options.subprotocols.get(index).map_or("", String::as_str);
                format!(
                    "--subprotocol {name:?}: up to 16 different names without spaces, commas and the like are allowed"
                )
            }
            RequestError::Origin => "--origin: an origin is like https://example.com, without spaces".into(),
            other => other.to_string(),
        }))
    }

    fn request<'r>(
        &'r self,
        address: &'r Address,
        subprotocols: &'r [&'r str],
        fields: &'r [(&'r str, &'r str)],
    ) -> Result<ClientRequest<'r>, Failure> {
        let uri = Uri::parse(address.uri()).map_err(|error| Failure::usage(format!("{}: {error}", address.uri())))?;
        let request = ClientRequest::new(uri).with_subprotocols(subprotocols).with_fields(fields);
        Ok(match &self.options.origin {
            Some(origin) => request.with_origin(origin),
            None => request,
        })
    }

    async fn follow(&self, first: Address, stage: &Cell<&'static str>) -> Result<WebSocket<Watched>, Failure> {
        let (mut address, mut connector) = (first.clone(), None);
        for _ in 0..=REDIRECTS {
            let refused = match self.ask(&address, address.same_server(&first), &mut connector, stage).await? {
                Asked::Open(websocket) => return Ok(*websocket),
                Asked::Refused(refused) => refused,
            };
            let location =
                refused.field("location").filter(|_| matches!(refused.status(), 301 | 302 | 303 | 307 | 308));
            let Some(location) = location.map(String::from_utf8_lossy) else {
                return Err(Failure::new(REFUSED, refusal(&refused)));
            };
            if !self.options.location {
                return Err(Failure::new(REFUSED, format!("{}\n  --location follows redirects", refusal(&refused))));
            }
            let shown = printable(&location);
            let next = address.join(&location).map_err(|error| {
                Failure::new(REFUSED, format!("redirected to {shown}, which is not possible: {error}"))
            })?;
            if address.is_secure() && !next.is_secure() {
                let text = format!("redirected from wss: to {shown}, without TLS: ws does not follow");
                return Err(Failure::new(REFUSED, text));
            }
            if !self.options.quiet {
                let left_out = self.fields.is_empty() || next.same_server(&first);
                let note = if left_out { "" } else { "; your fields are not sent to another server" };
                eprintln!("redirected with {} to {}{note}", refused.status(), next.uri());
            }
            address = next;
        }
        Err(Failure::new(REFUSED, format!("more than {REDIRECTS} redirects: the last one to {}", address.uri())))
    }

    /// Asks one server.
    async fn ask(
        &self,
        address: &Address,
        with_fields: bool,
        connector: &mut Option<TlsConnector>,
        stage: &Cell<&'static str>,
    ) -> Result<Asked, Failure> {
        let host = address.host();
        // local files are read first
        if address.is_secure() && connector.is_none() {
            *connector = Some(tls::connector(self.options.cacert.as_deref(), self.options.insecure)?);
        }
        stage.set("connecting");
        let (tcp, remote) = connect(host, address.port()).await?;
        let mut version = String::new();
        let stream: Box<dyn Io> = match connector {
            Some(connector) if address.is_secure() => {
                stage.set("the TLS handshake");
                let stream = connector.connect(tls::server_name(host)?, tcp).await;
                let stream = stream.map_err(|error| tls::failure(host, &error))?;
                if let Some(protocol) = stream.get_ref().1.protocol_version() {
                    version = format!(" with {protocol:?}");
                }
                Box::new(stream)
            }
            _ => Box::new(tcp),
        };
        if self.options.verbose {
            eprintln!("connected to {remote}{version}");
        }
        stage.set("the opening handshake");
        self.shake_hands(address, with_fields, Watched::new(stream)).await
    }

    async fn shake_hands(&self, address: &Address, with_fields: bool, stream: Watched) -> Result<Asked, Failure> {
        let host = address.host();
        let subprotocols: Vec<_> = self.options.subprotocols.iter().map(String::as_str).collect();
        let fields = if with_fields { &self.fields[..] } else { &[] };
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = self.request(address, &subprotocols, &fields)?;
        let activity = stream.activity();
        match client_with(request, stream, config(self.options)).await {
            Ok((websocket, response)) => {
                self.show(&lines(&response));
                Ok(Asked::Open(Box::new(websocket)))
            }
            Err(Error::Refused(response)) => {
                self.show(&lines(&response));
                Ok(Asked::Refused(response))
            }
            Err(Error::Failure(failure)) => {
                let start = activity.start();
                self.show(&head(&start));
                let looks_like_tls = matches!(start.first(), Some(0x15 | 0x16));
                let hint = if looks_like_tls { "; it speaks TLS: use wss:" } else { "" };
                let code = if looks_like_tls { TLS } else { PROTOCOL };
                Err(Failure::new(code, format!("{host} is not a valid WebSocket server: {failure}{hint}")))
            }
            Err(Error::Io(error)) => Err(match error.kind() {
                io::ErrorKind::InvalidData => tls::failure(host, &error),
                io::ErrorKind::UnexpectedEof => {
                    let hint = if address.is_secure() { "" } else { "; if it speaks TLS, use wss:" };
                    Failure::new(BROKEN, format!("{host} disconnected without an answer{hint}"))
                }
                _ => Failure::new(BROKEN, format!("{host} broke the connection before it answered: {error}")),
            }),
            // the time for all of it is over, too
            Err(Error::OpenTimedOut) => std::future::pending().await,
            Err(error) => Err(Failure::usage(error)),
        }
    }

    fn show(&self, head: &str) {
        if self.options.verbose {
            eprintln!("{head}");
        }
    }
}

enum Asked {
    Open(Box<WebSocket<Watched>>),
    Refused(Box<Response>),
}

/// Returns status and fields, a line each.
fn lines(response: &Response) -> String {
    let mut lines = format!("{} {}", response.status(), printable(response.reason()));
    for (name, value) in response.fields() {
        lines.push_str(&format!("\n  {name}: {}", shown(value)));
    }
    lines
}

/// Returns the head of a response that is not a valid one, as it came.
fn head(start: &[u8]) -> String {
    let end = start.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap_or(start.len());
    shown(start.get(..end).unwrap_or_default()).replace('\n', "\n  ")
}

/// Returns status, fields, and the start of the body.
fn refusal(response: &Response) -> String {
    let mut text = format!("the server refused with {}", lines(response));
    let body = shown(response.body().get(..BODY).unwrap_or(response.body()));
    if !body.is_empty() {
        text.push_str("\n\n  ");
        text.push_str(&body.replace('\n', "\n  "));
    }
    text
}

fn shown(bytes: &[u8]) -> String {
    printable(String::from_utf8_lossy(bytes).replace('\r', "").trim_end()).into_owned()
}
