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
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use upframe::connection::{Entropy, Limits, NoEntropy};
use upframe::handshake::{Answer, ClientHandshake, ClientRequest, RequestError, Uri};
use upframe::http::{Body, Span};
use upframe_tokio::{Config, Deflate, Policy, Role, WebSocket};

const REDIRECTS: usize = 10;

/// How much of a refusal's body is shown, and how long it is waited for.
const BODY: usize = 1000;
const BODY_WITHIN: Duration = Duration::from_secs(1);

/// Returns how connections behave.
pub fn config(options: &Options) -> Config {
    let max = options.max_message;
    let limits = Limits::SERVER.with_message(max).with_frame(max).with_fragments(u32::MAX);
    let config = if options.deflate { Config::new().with_deflate(Deflate::DEFAULT) } else { Config::new() };
    config
        .with_limits(limits)
        .with_keepalive(Policy { ping_after: options.ping, ..Policy::DEFAULT })
        .with_open_within(options.connect_timeout)
        .with_read_buffer(64 << 10)
}

/// Opens the connection, within its time.
pub async fn open(options: &Options) -> Result<WebSocket<Watched>, Failure> {
    let (address, user_info) = Address::parse(&options.url)?;
    let client = Client::new(options, options.auth.clone().or(user_info));
    client.check(&address)?;
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

    /// Asks once, without a connection, whether the request is valid.
    fn check(&self, address: &Address) -> Result<(), Failure> {
        let subprotocols: Vec<_> = self.options.subprotocols.iter().map(String::as_str).collect();
        let fields: Vec<_> = self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let Err(error) = ClientHandshake::new(self.request(address, &subprotocols, &fields)?, &mut System) else {
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
            let is_redirect = matches!(refused.status, 301 | 302 | 303 | 307 | 308);
            let Some(location) = refused.location.as_deref().filter(|_| is_redirect) else {
                return Err(Failure::new(REFUSED, refused.text));
            };
            if !self.options.location {
                return Err(Failure::new(REFUSED, format!("{}\n  --location follows redirects", refused.text)));
            }
            let shown = printable(location);
            let next = address.join(location).map_err(|error| {
                Failure::new(REFUSED, format!("redirected to {shown}, which is not possible: {error}"))
            })?;
            if address.is_secure() && !next.is_secure() {
                let text = format!("redirected from wss: to {shown}, without TLS: ws does not follow");
                return Err(Failure::new(REFUSED, text));
            }
            if !self.options.quiet {
                let left_out = self.fields.is_empty() || next.same_server(&first);
                let note = if left_out { "" } else { "; your fields are not sent to another server" };
                eprintln!("redirected with {} to {}{note}", refused.status, next.uri());
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

    async fn shake_hands(&self, address: &Address, with_fields: bool, mut stream: Watched) -> Result<Asked, Failure> {
        let host = address.host();
        let subprotocols: Vec<_> = self.options.subprotocols.iter().map(String::as_str).collect();
        let fields = if with_fields { &self.fields[..] } else { &[] };
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = self.request(address, &subprotocols, &fields)?;
        let mut handshake = ClientHandshake::new(request, &mut System).map_err(Failure::usage)?;
        let broke = |error: io::Error| match error.kind() {
            io::ErrorKind::InvalidData => tls::failure(host, &error),
            _ => Failure::new(BROKEN, format!("{host} broke the connection before it answered: {error}")),
        };
        stream.write_all(&written(&handshake)?).await.map_err(broke)?;
        stream.flush().await.map_err(broke)?;
        let (mut head, mut buf) = (Head::default(), vec![0; 16 << 10]);
        loop {
            let n = stream.read(&mut buf).await.map_err(broke)?;
            if n == 0 {
                let hint = if address.is_secure() { "" } else { "; if it speaks TLS, use wss:" };
                return Err(Failure::new(BROKEN, format!("{host} disconnected without an answer{hint}")));
            }
            let mut input = buf.get(..n).unwrap_or_default();
            let answer = handshake.receive_with(&mut input, |span| head.push(span));
            match answer {
                None => {}
                Some(Answer::Agreed(agreed)) => {
                    self.show(&head);
                    let rest = input.to_vec().into();
                    let websocket = WebSocket::with_buffered(stream, Role::Client, config(self.options), rest);
                    return Ok(Asked::Open(Box::new(match agreed.subprotocol() {
                        Some(subprotocol) => websocket.with_subprotocol(subprotocol),
                        None => websocket,
                    })));
                }
                Some(Answer::Refused { status, body }) => {
                    self.show(&head);
                    let body = read_body(&mut stream, body, input.to_vec()).await;
                    return Ok(Asked::Refused(head.refused(status, &body)));
                }
                Some(Answer::Failed(failure)) => {
                    self.show(&head);
                    let looks_like_tls = matches!(buf.first(), Some(0x15 | 0x16));
                    let hint = if looks_like_tls { "; it speaks TLS: use wss:" } else { "" };
                    let code = if looks_like_tls { TLS } else { PROTOCOL };
                    return Err(Failure::new(code, format!("{host} is not a valid WebSocket server: {failure}{hint}")));
                }
            }
        }
    }

    fn show(&self, head: &Head) {
        if self.options.verbose {
            eprintln!("{}", head.lines().join("\n"));
        }
    }
}

enum Asked {
    Open(Box<WebSocket<Watched>>),
    Refused(Refused),
}

struct Refused {
    status: u16,
    location: Option<String>,
    /// Status, fields, and the start of the body.
    text: String,
}

fn written(handshake: &ClientHandshake<'_>) -> Result<Vec<u8>, Failure> {
    let mut out = vec![0; 512];
    loop {
        match handshake.write_request(&mut out).map(<[u8]>::len) {
            Ok(len) => {
                out.truncate(len);
                return Ok(out);
            }
            Err(RequestError::BufferTooSmall { required }) => out.resize(required, 0),
            Err(error) => return Err(Failure::usage(error)),
        }
    }
}

/// Reads the start of a body, for a short time.
async fn read_body(stream: &mut Watched, body: Body, mut start: Vec<u8>) -> Vec<u8> {
    let wanted = match body {
        Body::None => 0,
        Body::Length(len) => usize::try_from(len).unwrap_or(BODY).min(BODY),
        _ => BODY,
    };
    let read = async {
        let mut buf = [0; 1024];
        while start.len() < wanted {
            match stream.read(&mut buf).await {
                Ok(n @ 1..) => start.extend_from_slice(buf.get(..n).unwrap_or_default()),
                _ => break,
            }
        }
    };
    // what came is shown, whether it is all or not
    let _ = timeout(BODY_WITHIN, read).await;
    if matches!(body, Body::Chunked) {
        // the start of the first chunk
        let line = start.iter().position(|&byte| byte == b'\n').map_or(start.len(), |end| end + 1);
        let size = String::from_utf8_lossy(&start[..line]);
        let size = size.split([';', '\r']).next().and_then(|size| usize::from_str_radix(size.trim(), 16).ok());
        start.drain(..line);
        start.truncate(size.unwrap_or(0));
    }
    start.truncate(wanted);
    start
}

/// The head of a response.
#[derive(Default)]
struct Head {
    status: u16,
    reason: Vec<u8>,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    /// Whether the last name is complete.
    named: bool,
}

impl Head {
    fn push(&mut self, span: &Span<'_>) {
        match span {
            Span::Status(status) => self.status = *status,
            Span::Reason(run) => self.reason.extend_from_slice(run.bytes),
            Span::Name(run) => {
                if self.fields.is_empty() || self.named {
                    self.fields.push((vec![], vec![]));
                }
                self.named = run.last;
                if let Some((name, _)) = self.fields.last_mut() {
                    name.extend_from_slice(run.bytes);
                }
            }
            Span::Value(run) => {
                if let Some((_, value)) = self.fields.last_mut() {
                    value.extend_from_slice(run.bytes);
                }
            }
            _ => {}
        }
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{} {}", self.status, shown(&self.reason))];
        lines.extend(self.fields.iter().map(|(name, value)| format!("  {}: {}", shown(name), shown(value))));
        lines
    }

    fn refused(&self, status: u16, body: &[u8]) -> Refused {
        let location = self.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"location"));
        let location = location.map(|(_, value)| String::from_utf8_lossy(value.trim_ascii()).into_owned());
        let mut text = format!("the server refused with {}", self.lines().join("\n"));
        let body = shown(body);
        if !body.is_empty() {
            text.push_str("\n\n  ");
            text.push_str(&body.replace('\n', "\n  "));
        }
        Refused { status, location, text }
    }
}

fn shown(bytes: &[u8]) -> String {
    printable(String::from_utf8_lossy(bytes).replace('\r', "").trim_end()).into_owned()
}

/// The operating system's generator.
struct System;

impl Entropy for System {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        getrandom::fill(bytes).map_err(|_| NoEntropy)
    }
}
