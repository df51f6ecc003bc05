//! WebSockets on streams of HTTP/3: `quinn` is QUIC, `h3` makes the connection and exchanges settings, and the codec
//! judges and writes field sections.
//!
//! `h3` 0.0.8 knows two values of `:protocol`, `webtransport` and `connect-udp`: it cannot send `websocket`, and resets
//! a stream on which it comes. So the streams of requests are read and written here: frames (RFC 9114 §7), and field
//! sections, in `qpack.rs`.
#![allow(dead_code)]

pub mod qpack;

use bytes::{Buf, Bytes, BytesMut};
use h3::ConnectionState;
use h3::proto::frame::Frame;
use qpack::Section;
use quinn::rustls::RootCertStore;
use quinn::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use quinn::rustls::version::TLS13;
use quinn::{Connection, Endpoint, RecvStream, SendStream, TransportConfig, VarInt};
use std::fmt;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use upframe_http::upframe::deflate::ClientDeflate;
use upframe_http::upframe::handshake::{ConnectRequest, ConnectRequestJudge};
use upframe_http::upframe_tokio::WebSocket;
use upframe_http::{
    ClientRequest, Config, ConnectAnswer, ConnectOutcome, Deflate, Failure, MalformedFields, OriginPolicy, Role,
    ServerOptions,
};

// RFC 9114 §8.1
pub const NO_ERROR: VarInt = VarInt::from_u32(0x100);
pub const FRAME_UNEXPECTED: VarInt = VarInt::from_u32(0x105);
pub const FRAME_ERROR: VarInt = VarInt::from_u32(0x106);
pub const EXCESSIVE_LOAD: VarInt = VarInt::from_u32(0x107);
pub const REQUEST_CANCELLED: VarInt = VarInt::from_u32(0x10C);
pub const REQUEST_INCOMPLETE: VarInt = VarInt::from_u32(0x10D);
pub const MESSAGE_ERROR: VarInt = VarInt::from_u32(0x10E);
/// RFC 9204 §6.
pub const DECOMPRESSION_FAILED: VarInt = VarInt::from_u32(0x200);

/// A stream of HTTP/3 as a transport, which one WebSocket has for itself (RFC 9220 §3).
///
/// The end of the stream is the end of the transport. A drop before the end is sent resets the stream with
/// `H3_REQUEST_CANCELLED`. Flow control of QUIC holds back the sender.
///
/// Frames that break a rule of HTTP/3 end the connection, as RFC 9114 §4.1, §4.4 and §7.1 demand.
pub struct Http3Stream {
    quic: Connection,
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
/// How long a field section may be, and a frame before it.
const MAX_SECTION: usize = 16 << 10;
const DATA: u64 = 0;
const HEADERS: u64 = 1;
/// The other types that RFC 9114 §7.2 has, and those that it reserves because HTTP/2 had them.
const NOT_HERE: [u64; 9] = [2, 3, 4, 5, 6, 7, 8, 9, 13];

impl Http3Stream {
    pub fn new(quic: Connection, send: SendStream, receive: RecvStream) -> Self {
        let (input, output) = (BytesMut::new(), Bytes::new());
        Self { quic, send, receive, input, left: 0, data: false, output, ended: false, over: false }
    }

    /// Ends the connection.
    fn fail(&mut self, code: VarInt) -> io::Error {
        self.quic.close(code, b"");
        (self.ended, self.over) = (true, true);
        io::Error::new(ErrorKind::InvalidData, format!("HTTP/3 failed with {:#x}", code.into_inner()))
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
                let end = if self.input.is_empty() { Ok(None) } else { Err(self.fail(FRAME_ERROR)) };
                return Poll::Ready(end);
            }
        }
    }

    /// Reads the field section that begins a message. Frames of types that nobody knows may precede it.
    pub async fn section(&mut self) -> io::Result<Section> {
        loop {
            let (kind, len) = poll_fn(|cx| self.poll_frame(cx)).await?.ok_or(ErrorKind::UnexpectedEof)?;
            if kind == DATA || NOT_HERE.contains(&kind) {
                return Err(self.fail(FRAME_UNEXPECTED));
            }
            let Some(len) = usize::try_from(len).ok().filter(|len| *len <= MAX_SECTION) else {
                self.reset(EXCESSIVE_LOAD);
                return Err(io::Error::new(ErrorKind::InvalidData, "field section is too long"));
            };
            while self.input.len() < len {
                if !poll_fn(|cx| self.poll_more(cx)).await? {
                    return Err(self.fail(FRAME_ERROR));
                }
            }
            let payload = self.input.split_to(len);
            if kind == HEADERS {
                return qpack::read(&payload).ok_or_else(|| self.fail(DECOMPRESSION_FAILED));
            }
        }
    }

    pub async fn send_section<'a>(&mut self, pairs: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> io::Result<()> {
        let section = qpack::write(pairs);
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
                        return Poll::Ready(Err(self.fail(FRAME_UNEXPECTED)));
                    }
                    Some((kind, len)) => (self.data, self.left) = (kind == DATA, len),
                }
                continue;
            }
            if self.input.is_empty() && !ready!(self.poll_more(cx))? {
                return Poll::Ready(Err(self.fail(FRAME_ERROR)));
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
        } else if !self.over {
            // what still comes is not needed (RFC 9114 §4.1)
            let _ = self.receive.stop(NO_ERROR);
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

impl fmt::Display for NotOpened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotEnabled => f.write_str("server does not allow WebSockets in HTTP/3"),
            Self::Refused(status, body) => write!(f, "server answered with status {status}: {}", body.trim_end()),
            Self::Failure(failure) => write!(f, "response: {failure}"),
            Self::Malformed(problem) => write!(f, "response: {problem}"),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NotOpened {}

impl From<io::Error> for NotOpened {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Http3Client {
    /// Connects, and waits for the settings of the server.
    pub async fn connect(endpoint: &Endpoint, address: SocketAddr) -> io::Result<Self> {
        let quic = endpoint.connect(address, "localhost").map_err(io::Error::other)?.await?;
        let transport = h3_quinn::Connection::new(quic.clone());
        let (mut connection, open) = h3::client::new(transport).await.map_err(io::Error::other)?;
        let mut settings = false;
        while !settings {
            let frame = poll_fn(|cx| connection.inner.poll_control(cx)).await.map_err(io::Error::other)?;
            settings = matches!(frame, Frame::Settings(_));
        }
        let enabled = connection.settings().enable_extended_connect();
        tokio::spawn(async move { while poll_fn(|cx| connection.inner.poll_control(cx)).await.is_ok() {} });
        Ok(Self { quic, enabled, _open: open })
    }

    pub async fn open(&self, asked: ClientRequest<'_>, config: Config) -> Result<WebSocket<Http3Stream>, NotOpened> {
        // A client asks only if the server has said that it may (RFC 8441 §3).
        if !self.enabled {
            return Err(NotOpened::NotEnabled);
        }
        let request = ConnectRequest::with_extension(asked, Deflate::client(config.deflate)).unwrap();
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
                let deflate = judge.extension().as_ref().and_then(ClientDeflate::agreed);
                let socket = WebSocket::with_params(stream, Role::Client, config, Bytes::new(), deflate);
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
        let mut stream = Http3Stream::new(self.quic.clone(), send, receive);
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
    let built = builder.enable_extended_connect(enabled).build::<_, Bytes>(transport).await;
    // the connection has ended already
    let Ok(mut connection) = built else { return };
    tokio::spawn(async move { while poll_fn(|cx| connection.inner.poll_control(cx)).await.is_ok() {} });
    while let Ok((send, receive)) = quic.accept_bi().await {
        tokio::spawn(task(Http3Stream::new(quic.clone(), send, receive)));
    }
}

/// Judges and answers the request of a stream. Returns path and WebSocket if it becomes one.
pub async fn answer(mut stream: Http3Stream, config: Config) -> io::Result<Option<(String, WebSocket<Http3Stream>)>> {
    let section = match stream.section().await {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            stream.reset(REQUEST_INCOMPLETE);
            return Err(error);
        }
        section => section?,
    };
    let options = ServerOptions::new().with_subprotocols(&["superchat", "chat"]);
    let options = options.with_origins(OriginPolicy::same_host());
    let mut judge = ConnectRequestJudge::with_extension(options, Deflate::server(config.deflate));
    section.iter().for_each(|(name, value)| judge.field(name, value));
    let (status, fields, body) = match judge.finish() {
        ConnectOutcome::Tunnel(tunnel) => {
            let mut out = [0; 512];
            stream.send_section(judge.fields(&tunnel, &[], &mut out).map_err(io::Error::other)?).await?;
            let path = section.into_iter().find(|(name, _)| name == b":path").unwrap_or_default().1;
            let deflate = judge.extension().as_ref().and_then(|deflate| deflate.agreed_in_tunnel(&tunnel));
            let socket = WebSocket::with_params(stream, Role::Server, config, Bytes::new(), deflate);
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
    // a drop after the end loses nothing
    Ok(None)
}

/// A server on a free port of loopback.
pub fn server_endpoint(certificates: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Endpoint {
    let provider = Arc::new(quinn::rustls::crypto::ring::default_provider());
    let builder = quinn::rustls::ServerConfig::builder_with_provider(provider);
    let builder = builder.with_protocol_versions(&[&TLS13]).unwrap().with_no_client_auth();
    let mut tls = builder.with_single_cert(certificates, key).unwrap();
    tls.alpn_protocols = vec![b"h3".to_vec()];
    let tls = quinn::crypto::rustls::QuicServerConfig::try_from(tls).unwrap();
    let mut config = quinn::ServerConfig::with_crypto(Arc::new(tls));
    config.transport_config(transport());
    Endpoint::server(config, ([127, 0, 0, 1], 0).into()).unwrap()
}

/// A client that trusts these certificates.
pub fn client_endpoint(certificates: Vec<CertificateDer<'static>>) -> Endpoint {
    let mut roots = RootCertStore::empty();
    certificates.into_iter().for_each(|certificate| roots.add(certificate).unwrap());
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
fn transport() -> Arc<TransportConfig> {
    let mut transport = TransportConfig::default();
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
