//! The same echo in HTTP/1.1, HTTP/2 and HTTP/3, side by side in one run: processor time of the server for each message.
//! `versions [--write]`: with `--write`, the table goes to the end of RESULTS.md.
//!
//! Each server has a thread of its own, and the clients, those of the same drivers, share another. They have their turns
//! in rounds, and the medians are printed.

#[path = "../../../../drivers/http/tests/common/http3.rs"]
mod http3;
#[path = "../measure.rs"]
mod measure;

use http3::{Http3Client, Http3Stream};
use measure::{Processor, ROUNDS, SAMPLE, median, table_line};
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use std::{env, fs, io, sync::mpsc, thread};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig, version::TLS13};
use tokio_rustls::{TlsAcceptor, TlsConnector, client};
use upframe_http::{
    ClientRequest, Config, ConnectOutcome, Http2Client, Http2Stream, Message, Refusal, ServerOptions, Uri,
    http2_accept, http2_builder, http2_refuse, judge_connect,
};
use upframe_tokio::WebSocket;

/// Bytes of a message, and messages that are on the way.
const ROWS: [(usize, usize); 5] = [(16, 1), (16, 16), (1 << 10, 1), (16 << 10, 1), (1 << 20, 1)];
const NAMES: [&str; 5] = ["HTTP/1.1", "HTTP/2", "HTTP/1.1, TLS", "HTTP/2, TLS", "HTTP/3"];
const HEADING: &str = "\n## The same driver in three versions of HTTP\n";

type Done<T = ()> = Result<T, Box<dyn Error>>;

async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut ws: WebSocket<S>) -> Result<(), upframe_tokio::Error> {
    while let Some(message) = ws.next().await {
        let message = message?;
        if message.is_data() {
            ws.feed(message).await?;
        }
    }
    Ok(())
}

async fn serve_1<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> Done {
    Ok(echo(upframe_tokio::accept(stream).await?).await?)
}

async fn serve_2<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> Done {
    let mut connection = http2_builder().handshake(stream).await?;
    while let Some(request) = connection.accept().await {
        let (request, respond) = request?;
        let protocol = request.extensions().get::<h2::ext::Protocol>().map(h2::ext::Protocol::as_str);
        match judge_connect(&request, protocol, ServerOptions::new()) {
            ConnectOutcome::Tunnel(tunnel) => {
                tokio::spawn(echo(http2_accept(request, respond, &tunnel, Config::new())?));
            }
            _ => http2_refuse(Refusal::UpgradeRequired, respond)?,
        }
    }
    Ok(())
}

/// A server in a thread of its own.
struct Server {
    address: SocketAddr,
    certificate: CertificateDer<'static>,
    processor: Processor,
}

impl Server {
    /// Starts the server of the column.
    fn start(column: usize) -> io::Result<Self> {
        let (send, told) = mpsc::channel();
        thread::spawn(move || -> io::Result<()> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let tasks = tokio::task::LocalSet::new();
            tasks.block_on(&runtime, async {
                let thread = fs::read_link("/proc/thread-self")?;
                if column == 4 {
                    let (certificate, key) = certificate();
                    let endpoint = http3::server_endpoint(vec![certificate.clone()], key);
                    let _ = send.send((endpoint.local_addr()?, certificate, thread));
                    while let Some(incoming) = endpoint.accept().await {
                        tokio::spawn(http3::serve(incoming.await?, true, async |stream| {
                            if let Ok(Some((_, ws))) = http3::answer(stream, Config::new()).await {
                                drop(echo(ws).await);
                            }
                        }));
                    }
                    return Ok(());
                }
                let (acceptor, certificate) = acceptor();
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                let _ = send.send((listener.local_addr()?, certificate, thread));
                loop {
                    let (stream, _) = listener.accept().await?;
                    stream.set_nodelay(true)?;
                    let acceptor = acceptor.clone();
                    tokio::task::spawn_local(async move {
                        match column {
                            0 => serve_1(stream).await,
                            1 => serve_2(stream).await,
                            2 => serve_1(acceptor.accept(stream).await?).await,
                            _ => serve_2(acceptor.accept(stream).await?).await,
                        }
                    });
                }
            })
        });
        let (address, certificate, thread) = told.recv().map_err(io::Error::other)?;
        Ok(Self { address, certificate, processor: Processor::of(&thread) })
    }

    /// Microseconds of the server's processor for one message.
    async fn sample(&self, client: &mut Client, message: &Message, window: usize) -> Done<f64> {
        let (mut messages, start, before) = (0, Instant::now(), self.processor.time()?);
        while start.elapsed() < SAMPLE {
            match client {
                Client::Plain1(ws) => turn(ws, message, window).await?,
                Client::Plain2(ws) => turn(ws, message, window).await?,
                Client::Tls1(ws) => turn(ws, message, window).await?,
                Client::Quic { ws, .. } => turn(ws, message, window).await?,
            }
            messages += window;
        }
        Ok((self.processor.time()? - before) / messages as f64)
    }
}

async fn turn<S: AsyncRead + AsyncWrite + Unpin>(ws: &mut WebSocket<S>, message: &Message, window: usize) -> Done {
    for _ in 0..window {
        ws.feed(message.clone()).await?;
    }
    ws.flush().await?;
    for _ in 0..window {
        let back = ws.next().await.ok_or("no echo")??;
        assert_eq!(&back, message, "another echo");
    }
    Ok(())
}

fn certificate() -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["localhost".into()]).expect("a name");
    (made.cert.into(), PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into())
}

fn acceptor() -> (TlsAcceptor, CertificateDer<'static>) {
    let (certificate, key) = certificate();
    let builder = ServerConfig::builder_with_protocol_versions(&[&TLS13]).with_no_client_auth();
    let config = builder.with_single_cert(vec![certificate.clone()], key).expect("its key");
    (TlsAcceptor::from(Arc::new(config)), certificate)
}

async fn tls(stream: TcpStream, certificate: &CertificateDer<'static>) -> Done<client::TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone())?;
    let builder = ClientConfig::builder_with_protocol_versions(&[&TLS13]).with_root_certificates(roots);
    let connector = TlsConnector::from(Arc::new(builder.with_no_client_auth()));
    Ok(connector.connect(ServerName::try_from("localhost")?, stream).await?)
}

#[expect(clippy::large_enum_variant, reason = "there are five of them")]
enum Client {
    Plain1(WebSocket<TcpStream>),
    Tls1(WebSocket<client::TlsStream<TcpStream>>),
    /// HTTP/2, with TLS or without.
    Plain2(WebSocket<Http2Stream>),
    /// The connection ends with its client.
    Quic {
        _client: Box<Http3Client>,
        ws: WebSocket<Http3Stream>,
    },
}

async fn client(column: usize, server: &Server) -> Done<Client> {
    if column == 4 {
        let endpoint = http3::client_endpoint(vec![server.certificate.clone()]);
        let client = Http3Client::connect(&endpoint, server.address).await?;
        let asked = ClientRequest::new(Uri::parse("wss://localhost/")?);
        let ws = client.open(asked, Config::new()).await?;
        return Ok(Client::Quic { _client: Box::new(client), ws });
    }
    let stream = TcpStream::connect(server.address).await?;
    stream.set_nodelay(true)?;
    Ok(match column {
        0 => Client::Plain1(upframe_tokio::client("ws://localhost/", stream).await?.0),
        1 => Client::Plain2(over_2(stream).await?),
        2 => Client::Tls1(upframe_tokio::client("wss://localhost/", tls(stream, &server.certificate).await?).await?.0),
        _ => Client::Plain2(over_2(tls(stream, &server.certificate).await?).await?),
    })
}

async fn over_2<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S) -> Done<WebSocket<Http2Stream>> {
    let (mut client, connection) = Http2Client::handshake(stream).await?;
    tokio::spawn(connection);
    Ok(client.open("ws://localhost/").await?.0)
}

async fn measured() -> Done<String> {
    let servers = [0, 1, 2, 3, 4].map(Server::start).into_iter().collect::<io::Result<Vec<_>>>()?;
    let mut clients = Vec::new();
    for (column, server) in servers.iter().enumerate() {
        clients.push(client(column, server).await?);
    }
    let first = ["message, B", "on the way"].map(str::to_owned);
    let head = table_line(first.into_iter().chain(NAMES.map(str::to_owned))) + &"|---".repeat(7) + "|\n";
    let (mut times, mut ratios) = (head.clone(), head);
    for (len, window) in ROWS {
        let payload: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
        let message = Message::Binary(payload.into());
        let mut samples = [const { Vec::new() }; NAMES.len()];
        for round in 0..ROUNDS {
            for turn in 0..servers.len() {
                let i = (round + turn) % servers.len();
                let time = servers[i].sample(&mut clients[i], &message, window).await?;
                if round > 0 {
                    samples[i].push(time); // the first one warms up
                }
            }
        }
        let medians = samples.map(|mut samples| median(&mut samples));
        let first = [len, window].map(|n| n.to_string());
        times += &table_line(first.clone().into_iter().chain(medians.iter().map(|us| format!("{us:.2}"))));
        ratios += &table_line(first.into_iter().chain(medians.iter().map(|us| format!("{:.2}", us / medians[0]))));
    }
    Ok(format!(
        "{HEADING}\nWritten by `qa/drivers/run --write`, too: `src/bin/versions.rs`. One WebSocket in each connection; clients \
        are those of the same drivers; medians of {} samples of {} ms. HTTP/2 is `Http2Stream` on the crate `h2`. HTTP/3 is the \
        stream of `drivers/http/tests/common/http3.rs` on `quinn`; it is always encrypted, and each packet is a call of the \
        kernel's UDP, so compare it with HTTP/1.1 over TLS.\n\n\
        Microseconds of the server's processor for one message:\n\n{times}\n\
        The same, divided by that of HTTP/1.1:\n\n{ratios}",
        ROUNDS - 1,
        SAMPLE.as_millis(),
    ))
}

fn main() -> Done {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let text = runtime.block_on(measured())?;
    println!("{text}");
    if env::args().any(|arg| arg == "--write") {
        let mut all = fs::read_to_string("RESULTS.md")?;
        all.truncate(all.find(HEADING).unwrap_or(all.len()));
        fs::write("RESULTS.md", all + &text)?;
    }
    // the servers end with the process
    Ok(())
}
