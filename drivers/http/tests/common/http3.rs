//! WebSockets on streams of HTTP/3: `quinn` is QUIC, `h3` makes the connection and exchanges settings, and the codec
//! judges and writes field sections.
//!
//! `h3` 0.0.8 knows two values of `:protocol`, `webtransport` and `connect-udp`: it cannot send `websocket`, and resets
//! a stream on which it comes. So the streams of requests are read and written here: frames (RFC 9114 §7), and field
//! sections of literals without Huffman codes (RFC 9204 §4.5.6). Another HTTP/3 stack understands what is sent, but what
//! it sends is not understood: take a stack of its own for that.
#![allow(dead_code)]

use bytes::{Buf, Bytes, BytesMut};
use h3::ConnectionState;
use h3::proto::frame::Frame;
use quinn::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use quinn::rustls::version::TLS13;
use quinn::{Connection, Endpoint, RecvStream, SendStream, VarInt};
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use upframe_http::upframe::handshake::{ConnectRequest, ConnectRequestJudge};
use upframe_http::upframe_tokio::WebSocket;
use upframe_http::{
    ClientRequest, Config, ConnectAnswer, ConnectOutcome, Failure, MalformedFields, OriginPolicy, Role, ServerOptions,
};

pub const NO_ERROR: VarInt = VarInt::from_u32(0x100);
pub const FRAME_UNEXPECTED: VarInt = VarInt::from_u32(0x105);
pub const REQUEST_CANCELLED: VarInt = VarInt::from_u32(0x10C);
pub const MESSAGE_ERROR: VarInt = VarInt::from_u32(0x10E);

/// A stream of HTTP/3 as a transport, which one WebSocket has for itself (RFC 9220 §3).
///
/// The end of the stream is the end of the transport. A drop before the end is sent resets the stream with
/// `H3_REQUEST_CANCELLED`. Flow control of QUIC holds back the sender.
pub struct Http3Stream {
    send: SendStream,
    receive: RecvStream,
    /// What has come, and was not read.
    input: BytesMut,
    /// How many bytes of the frame are still to come.
    left: u64,
    /// Whether they are payload, or skipped.
    data: bool,
    /// The frame that is half-written.
    output: Bytes,
    ended: bool,
    over: bool,
}

/// How many bytes one frame has at most, in both directions of the buffers.
const PART: usize = 64 << 10;
const DATA: u64 = 0;
const HEADERS: u64 = 1;
/// The other types that RFC 9114 §7.2 has, and those that it reserves because HTTP/2 had them.
const NOT_HERE: [u64; 9] = [2, 3, 4, 5, 6, 7, 8, 9, 13];

impl Http3Stream {
    pub fn new(send: SendStream, receive: RecvStream) -> Self {
        let (input, output) = (BytesMut::new(), Bytes::new());
        Self { send, receive, input, left: 0, data: false, output, ended: false, over: false }
    }

    fn reset(&mut self, code: VarInt) {
        // an error means that the stream has ended already
        let _ = (self.send.reset(code), self.receive.stop(code));
        (self.ended, self.over) = (true, true);
    }

    /// Reads more, and returns whether anything came before the end of the stream.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut space = [0; 16 << 10];
        let mut space = ReadBuf::new(&mut space);
        ready!(AsyncRead::poll_read(Pin::new(&mut self.receive), cx, &mut space))?;
        self.input.extend_from_slice(space.filled());
        Poll::Ready(Ok(!space.filled().is_empty()))
    }

    /// Reads the next frame header, and returns type and length, or `None` at the end of the stream.
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<(u64, u64)>>> {
        loop {
            let mut rest = &self.input[..];
            if let (Some(kind), Some(len)) = (varint(&mut rest), varint(&mut rest)) {
                self.input.advance(self.input.len() - rest.len());
                return Poll::Ready(Ok(Some((kind, len))));
            }
            if !ready!(self.poll_more(cx))? {
                let end = if self.input.is_empty() { Ok(None) } else { Err(ErrorKind::UnexpectedEof.into()) };
                return Poll::Ready(end);
            }
        }
    }

    /// Reads the field section that begins a message.
    pub async fn section(&mut self) -> io::Result<Section> {
        let bad = || io::Error::new(ErrorKind::InvalidData, "no field section that is understood");
        let (kind, len) = poll_fn(|cx| self.poll_frame(cx)).await?.ok_or(ErrorKind::UnexpectedEof)?;
        let len = usize::try_from(len).ok().filter(|len| kind == HEADERS && *len <= 16 << 10).ok_or_else(bad)?;
        while self.input.len() < len {
            if !poll_fn(|cx| self.poll_more(cx)).await? {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        fields(&self.input.split_to(len)).ok_or_else(bad)
    }

    pub async fn send_section<'a>(&mut self, pairs: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> io::Result<()> {
        let section = section(pairs);
        let mut frame = header(HEADERS, section.len());
        frame.extend_from_slice(&section);
        self.send.write_all(&frame).await.map_err(Into::into)
    }

    fn poll_output(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.output.is_empty() {
            let len = ready!(AsyncWrite::poll_write(Pin::new(&mut self.send), cx, &self.output))?;
            self.output.advance(len);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Http3Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        while !self.over {
            if self.left == 0 {
                match ready!(self.poll_frame(cx))? {
                    None => self.over = true,
                    Some((kind, _)) if kind == HEADERS || NOT_HERE.contains(&kind) => {
                        // a connected stream has DATA only (RFC 9114 §4.4); other types are ignored (§9)
                        self.reset(FRAME_UNEXPECTED);
                        return Poll::Ready(Err(ErrorKind::InvalidData.into()));
                    }
                    Some((kind, len)) => (self.data, self.left) = (kind == DATA, len),
                }
                continue;
            }
            if self.input.is_empty() && !ready!(self.poll_more(cx))? {
                return Poll::Ready(Err(ErrorKind::UnexpectedEof.into()));
            }
            let most = if self.data { out.remaining() } else { usize::MAX };
            let len = self.input.len().min(usize::try_from(self.left).unwrap_or(usize::MAX)).min(most);
            let part = self.input.split_to(len);
            self.left -= len as u64;
            if self.data {
                out.put_slice(&part);
                break;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Http3Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_output(cx))?;
        let part = &bytes[..bytes.len().min(PART)];
        if !part.is_empty() {
            let mut frame = header(DATA, part.len());
            frame.extend_from_slice(part);
            self.output = frame.freeze();
            // what waits now is written by the next call
            if let Poll::Ready(Err(error)) = self.poll_output(cx) {
                return Poll::Ready(Err(error));
            }
        }
        Poll::Ready(Ok(part.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_output(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_output(cx))?;
        self.ended = true;
        // the peer may have stopped the stream: then it has ended anyway
        let _ = self.send.finish();
        Poll::Ready(Ok(()))
    }
}

impl Drop for Http3Stream {
    fn drop(&mut self) {
        if !self.ended {
            self.reset(REQUEST_CANCELLED);
        }
    }
}

/// A client on a connection of HTTP/3.
pub struct Http3Client {
    pub quic: Connection,
    enabled: bool,
    // a drop closes the connection
    _open: h3::client::SendRequest<h3_quinn::OpenStreams, Bytes>,
}

#[derive(Debug)]
pub enum NotOpened {
    NotEnabled,
    Refused(u16, String),
    Failure(Failure),
    Malformed(MalformedFields),
    Io(io::Error),
}

impl From<io::Error> for NotOpened {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Http3Client {
    /// Connects, and waits for the settings of the server.
    pub async fn connect(endpoint: &Endpoint, address: SocketAddr) -> Self {
        let quic = endpoint.connect(address, "localhost").unwrap().await.unwrap();
        let transport = h3_quinn::Connection::new(quic.clone());
        let (mut connection, open) = h3::client::new(transport).await.unwrap();
        while !matches!(poll_fn(|cx| connection.inner.poll_control(cx)).await.unwrap(), Frame::Settings(_)) {}
        let enabled = connection.settings().enable_extended_connect();
        tokio::spawn(async move { while poll_fn(|cx| connection.inner.poll_control(cx)).await.is_ok() {} });
        Self { quic, enabled, _open: open }
    }

    pub async fn open(&self, asked: ClientRequest<'_>, config: Config) -> Result<WebSocket<Http3Stream>, NotOpened> {
        // A client asks only if the server has said that it may (RFC 8441 §3).
        if !self.enabled {
            return Err(NotOpened::NotEnabled);
        }
        let request = ConnectRequest::new(asked).unwrap();
        let mut out = [0; 1024];
        let mut stream = self.ask(request.fields(&mut out).unwrap()).await?;
        let mut judge = request.into_judge();
        let answer = loop {
            stream.section().await?.iter().for_each(|(name, value)| judge.field(name, value));
            match judge.finish() {
                ConnectAnswer::Interim => {}
                answer => break answer,
            }
        };
        match answer {
            ConnectAnswer::Agreed(agreed) => {
                let socket = WebSocket::new(stream, Role::Client, config);
                Ok(match agreed.subprotocol() {
                    Some(subprotocol) => socket.with_subprotocol(subprotocol),
                    None => socket,
                })
            }
            ConnectAnswer::Failed(failure) => {
                stream.reset(REQUEST_CANCELLED);
                Err(NotOpened::Failure(failure))
            }
            ConnectAnswer::Malformed(problem) => {
                stream.reset(MESSAGE_ERROR);
                Err(NotOpened::Malformed(problem))
            }
            ConnectAnswer::Refused { status } => {
                stream.shutdown().await?;
                let mut body = String::new();
                stream.read_to_string(&mut body).await?;
                Err(NotOpened::Refused(status, body))
            }
            ConnectAnswer::Interim => unreachable!(),
        }
    }

    /// Sends a field section on a new stream.
    pub async fn ask<'a>(&self, pairs: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> io::Result<Http3Stream> {
        let (send, receive) = self.quic.open_bi().await?;
        let mut stream = Http3Stream::new(send, receive);
        stream.send_section(pairs).await?;
        Ok(stream)
    }

    /// Sends a request of any kind that ends here, and returns status and body.
    pub async fn fetch(&self, pairs: &[(&str, &str)]) -> io::Result<(String, String)> {
        let mut stream = self.ask(pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()))).await?;
        stream.shutdown().await?;
        let section = stream.section().await?;
        let mut body = String::new();
        stream.read_to_string(&mut body).await?;
        Ok((String::from_utf8(section[0].1.clone()).unwrap(), body))
    }
}

/// Begins HTTP/3 on a connection, and passes each stream of a request to a task.
pub async fn serve<F, T>(quic: Connection, enabled: bool, task: F)
where
    F: Fn(Http3Stream) -> T,
    T: Future<Output = ()> + Send + 'static,
{
    let transport = h3_quinn::Connection::new(quic.clone());
    let mut builder = h3::server::builder();
    let mut connection = builder.enable_extended_connect(enabled).build::<_, Bytes>(transport).await.unwrap();
    tokio::spawn(async move { while poll_fn(|cx| connection.inner.poll_control(cx)).await.is_ok() {} });
    while let Ok((send, receive)) = quic.accept_bi().await {
        tokio::spawn(task(Http3Stream::new(send, receive)));
    }
}

/// Judges and answers the request of a stream. Returns path and WebSocket if it becomes one.
pub async fn answer(mut stream: Http3Stream, config: Config) -> io::Result<Option<(String, WebSocket<Http3Stream>)>> {
    let section = stream.section().await?;
    let options = ServerOptions::new().with_subprotocols(&["superchat", "chat"]);
    let mut judge = ConnectRequestJudge::new(options.with_origins(OriginPolicy::same_host()));
    section.iter().for_each(|(name, value)| judge.field(name, value));
    let (status, fields, body) = match judge.finish() {
        ConnectOutcome::Tunnel(tunnel) => {
            let mut out = [0; 512];
            stream.send_section(judge.fields(&tunnel, &[], &mut out).map_err(io::Error::other)?).await?;
            let path = section.into_iter().find(|(name, _)| name == b":path").unwrap_or_default().1;
            let socket = WebSocket::new(stream, Role::Server, config);
            let socket = match tunnel.subprotocol() {
                Some(subprotocol) => socket.with_subprotocol(subprotocol),
                None => socket,
            };
            return Ok(Some((String::from_utf8_lossy(&path).into_owned(), socket)));
        }
        ConnectOutcome::Malformed(_) => {
            stream.reset(MESSAGE_ERROR);
            return Ok(None);
        }
        ConnectOutcome::Refusal(refusal) => {
            (refusal.connect_status(), refusal.connect_fields().collect(), refusal.body())
        }
        ConnectOutcome::PlainHttp => (200, vec![("content-type", "text/plain")], "page"),
        ConnectOutcome::OtherProtocol => (501, vec![], ""),
    };
    let status = status.to_string();
    let pairs = [(":status", &status[..])].into_iter().chain(fields);
    stream.send_section(pairs.map(|(name, value)| (name.as_bytes(), value.as_bytes()))).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await?;
    let _ = stream.receive.stop(NO_ERROR);
    // a drop of quinn's stream after the end loses nothing
    Ok(None)
}

/// A server and a client on loopback. The client trusts the certificate of this server, and of no other.
pub fn endpoints() -> (Endpoint, Endpoint) {
    let (server, certificate) = server_endpoint();
    (server, client_endpoint(certificate))
}

/// A server on a free port of loopback, and its certificate.
pub fn server_endpoint() -> (Endpoint, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["localhost".into()]).unwrap();
    let certificate = CertificateDer::from(made.cert);
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(quinn::rustls::crypto::ring::default_provider());
    let builder = quinn::rustls::ServerConfig::builder_with_provider(provider);
    let builder = builder.with_protocol_versions(&[&TLS13]).unwrap().with_no_client_auth();
    let mut tls = builder.with_single_cert(vec![certificate.clone()], key.into()).unwrap();
    tls.alpn_protocols = vec![b"h3".to_vec()];
    let tls = quinn::crypto::rustls::QuicServerConfig::try_from(tls).unwrap();
    let mut config = quinn::ServerConfig::with_crypto(Arc::new(tls));
    config.transport_config(transport());
    (Endpoint::server(config, ([127, 0, 0, 1], 0).into()).unwrap(), certificate)
}

pub fn client_endpoint(certificate: CertificateDer<'static>) -> Endpoint {
    let mut roots = quinn::rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let provider = Arc::new(quinn::rustls::crypto::ring::default_provider());
    let builder = quinn::rustls::ClientConfig::builder_with_provider(provider);
    let builder = builder.with_protocol_versions(&[&TLS13]).unwrap();
    let mut tls = builder.with_root_certificates(roots).with_no_client_auth();
    tls.alpn_protocols = vec![b"h3".to_vec()];
    let tls = quinn::crypto::rustls::QuicClientConfig::try_from(tls).unwrap();
    let mut config = quinn::ClientConfig::new(Arc::new(tls));
    config.transport_config(transport());
    let mut client = Endpoint::client(([127, 0, 0, 1], 0).into()).unwrap();
    client.set_default_client_config(config);
    client
}

/// **The window of the connection is larger than that of a stream**, or a stream that is not read stops all others.
fn transport() -> Arc<quinn::TransportConfig> {
    let mut transport = quinn::TransportConfig::default();
    transport.stream_receive_window(VarInt::from_u32(64 << 10)).receive_window(VarInt::from_u32(16 << 20));
    transport.max_concurrent_bidi_streams(VarInt::from_u32(256));
    Arc::new(transport)
}

pub fn header(kind: u64, len: usize) -> BytesMut {
    let mut header = BytesMut::new();
    for value in [kind, len as u64] {
        // RFC 9000 §16: the two highest bits tell how long the number is
        match value {
            0..=0x3F => header.extend_from_slice(&[value as u8]),
            0x40..=0x3FFF => header.extend_from_slice(&(value as u16 | 0x4000).to_be_bytes()),
            _ => header.extend_from_slice(&(value as u32 | 0x8000_0000).to_be_bytes()),
        }
    }
    header
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let (first, _) = bytes.split_first()?;
    let (number, rest) = bytes.split_at_checked(1 << (first >> 6))?;
    *bytes = rest;
    let number = number.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    Some(number & (u64::MAX >> (66 - (8 << (first >> 6)))))
}

type Section = Vec<(Vec<u8>, Vec<u8>)>;

/// Writes a field section: no dynamic table, and each field as a literal with a literal name (RFC 9204 §4.5.6).
pub fn section<'a>(pairs: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Vec<u8> {
    let mut out = vec![0, 0];
    for (name, value) in pairs {
        integer(0x20, 3, name.len(), &mut out);
        out.extend_from_slice(name);
        integer(0, 7, value.len(), &mut out);
        out.extend_from_slice(value);
    }
    out
}

fn fields(section: &[u8]) -> Option<Section> {
    let mut rest = section.strip_prefix(&[0, 0])?;
    let mut fields = Section::new();
    while let Some(first) = rest.first() {
        // a literal with a literal name, not Huffman-coded
        if first & 0xE8 != 0x20 {
            return None;
        }
        let name = text(3, &mut rest)?;
        if rest.first()? & 0x80 != 0 {
            return None;
        }
        let value = text(7, &mut rest)?;
        fields.push((name, value));
    }
    Some(fields)
}

fn text(bits: u32, rest: &mut &[u8]) -> Option<Vec<u8>> {
    let most = (1 << bits) - 1;
    let (first, after) = rest.split_first()?;
    *rest = after;
    let mut len = usize::from(*first) & most;
    let mut shift = 0;
    while len >= most {
        let (next, after) = rest.split_first()?;
        *rest = after;
        len += usize::from(next & 0x7F) << shift;
        shift += 7;
        if next & 0x80 == 0 || shift > 21 {
            break;
        }
    }
    let (text, after) = rest.split_at_checked(len)?;
    *rest = after;
    Some(text.to_vec())
}

/// RFC 7541 §5.1, which RFC 9204 takes over.
fn integer(flags: u8, bits: u32, value: usize, out: &mut Vec<u8>) {
    let most = (1_usize << bits) - 1;
    if value < most {
        return out.push(flags | value as u8);
    }
    out.push(flags | most as u8);
    let mut rest = value - most;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}
