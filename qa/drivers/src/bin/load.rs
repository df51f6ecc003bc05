//! 500 connections at once on each driver that runs on tokio, with text of 10 B to 200 KB, whole and in fragments,
//! Pings and Closes: nothing may be lost. And the memory of an idle connection. `load END SECONDS` prints a row of a
//! table.

#[path = "../load.rs"]
mod load;

use embedded_io_adapters::tokio_1::FromTokio;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use load::{Total, Turns, busy, resident, server};
use std::convert::Infallible;
use std::env;
use std::future::Future;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use upframe_tokio::{CloseCode, Error, Message, Role, WebSocket};

const IDLE: usize = 1000;

type Failure = Box<dyn std::error::Error>;
type Done = Result<(), Failure>;

async fn echo<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin>(mut ws: WebSocket<S>) -> Result<(), Error> {
    while let Some(message) = ws.next().await {
        let message = message?;
        if message.is_data() {
            ws.feed(message).await?;
        }
    }
    Ok(())
}

async fn on_tokio(stream: TcpStream) -> Done {
    Ok(echo(upframe_tokio::accept(stream).await?).await?)
}

async fn on_axum(stream: TcpStream) -> Done {
    let upgrade = |upgrade: upframe_http::WebSocketUpgrade| async move {
        upgrade.on_upgrade(|ws| async move { echo(ws).await.expect("a proper end") })
    };
    let service = TowerToHyperService::new(axum::Router::new().fallback(axum::routing::any(upgrade)));
    let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    Ok(connection.with_upgrades().await?)
}

async fn service(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let options = upframe_http::ServerOptions::new();
    Ok(match upframe_http::upgrade(&mut request, options, upframe_http::Config::new()) {
        Ok((response, upgrading)) => {
            tokio::spawn(async move { echo(upgrading.open().await.expect("an upgrade")).await.expect("a proper end") });
            response
        }
        Err(refusal) => upframe_http::refuse(refusal, request.method()),
    })
}

async fn on_hyper(stream: TcpStream) -> Done {
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(service));
    Ok(connection.with_upgrades().await?)
}

/// The time since the start.
struct SystemClock(Instant);

impl upframe_embedded::Clock for SystemClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
    async fn wait_until(&self, time: Duration) {
        tokio::time::sleep_until((self.0 + time).into()).await;
    }
}

/// In pieces: messages are longer than the buffers.
async fn on_embedded(stream: TcpStream) -> Done {
    let (mut receive, mut send, mut piece) = ([0; 2048], [0; 2048 + 14], Vec::new());
    let clock = SystemClock(Instant::now());
    let (stream, options) = (FromTokio::new(stream), upframe_embedded::ServerOptions::new());
    let config = upframe_embedded::Config::new().with_limits(upframe_embedded::Limits::SERVER);
    let mut ws = upframe_embedded::accept_with(stream, clock, &mut receive, &mut send, options, config, |_| {
        upframe_embedded::Decision::Accept(&[])
    })
    .await?;
    while let Some(next) = ws.next_piece().await {
        let next = next?;
        piece.clear();
        piece.extend_from_slice(next.as_bytes());
        let place = next.place();
        ws.send(upframe_embedded::Fragment::text(str::from_utf8(&piece)?).at(place)).await?;
    }
    Ok(ws.into_inner().into_inner().shutdown().await?)
}

/// A client on upframe-http, on a connection of hyper.
async fn by_hyper(address: SocketAddr, turns: Turns) -> Result<(usize, usize), Failure> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake::<_, Full<Bytes>>(TokioIo::new(stream)).await?;
    tokio::task::spawn_local(async move { connection.with_upgrades().await.expect("an upgrade") });
    let (ws, _) = upframe_http::client(&format!("ws://{address}/"), &mut sender).await?;
    Ok(load::talk(ws, turns).await?)
}

fn keys(bytes: &mut [u8]) -> Result<(), upframe_embedded::NoEntropy> {
    getrandom::fill(bytes).map_err(|_| upframe_embedded::NoEntropy)
}

/// A client on upframe-embedded. It sends in pieces; what it receives is whole, so its buffer is longer than any text.
async fn by_embedded(address: SocketAddr, mut turns: Turns) -> Result<(usize, usize), Failure> {
    use upframe_embedded::{ClientRequest, Config, Fragment, Limits, Message, Place, Uri, client_with};
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut receive, mut send) = (vec![0; 256 << 10], [0; 2048 + 14]);
    let (stream, clock, url) = (FromTokio::new(stream), SystemClock(Instant::now()), format!("ws://{address}/"));
    let (request, config) = (ClientRequest::new(Uri::parse(&url)?), Config::new().with_limits(Limits::SERVER));
    let mut ws = client_with(stream, clock, keys, &mut receive, &mut send, request, config, |_| ()).await?;
    let (mut messages, mut bytes) = (0, 0);
    for (i, text) in &mut turns {
        let number = i.to_string();
        ws.writer().ping(number.as_bytes()).await?;
        let (mut rest, mut place) = (text.as_str(), Place::First);
        while rest.len() > 2048 {
            let (piece, after) = rest.split_at(rest.floor_char_boundary(2048));
            ws.send(Fragment::text(piece).at(place)).await?;
            (rest, place) = (after, Place::Middle);
        }
        let last = if place == Place::First { Place::Whole } else { Place::Last };
        ws.send(Fragment::text(rest).at(last)).await?;
        let (mut pong, mut same) = (false, false);
        while !(pong && same) {
            match ws.next().await.ok_or("the server has closed")?? {
                Message::Pong(payload) => pong = payload == number.as_bytes(),
                message => same = matches!(message, Message::Text(echo) if echo == text),
            }
        }
        messages += 1;
        bytes += text.len();
    }
    let code = turns.close_code();
    ws.close(upframe_embedded::CloseCode(code.0), "enough").await?;
    assert_eq!(ws.close_code().map(|code| code.0), Some(code.0));
    ws.into_inner().into_inner().shutdown().await?;
    Ok((messages, bytes))
}

/// Resident bytes of this process for an idle connection. The client's end is a socket without a buffer.
async fn idle(address: SocketAddr) -> Result<f64, Failure> {
    let before = resident()?;
    let mut kept = Vec::new();
    for _ in 0..IDLE {
        let stream = upframe_tokio::connect(&format!("ws://{address}/")).await?.0.into_inner();
        let mut bare = WebSocket::new(stream, Role::Client, upframe_tokio::Config::new());
        bare.send(Message::text("0123456789abcdef")).await?;
        assert_eq!(bare.next().await.ok_or("closed")??.to_text(), Some("0123456789abcdef"));
        kept.push(bare.into_inner());
    }
    let each = (resident()? - before) / IDLE as f64;
    for stream in kept {
        WebSocket::new(stream, Role::Client, upframe_tokio::Config::new()).close(CloseCode::NORMAL, "").await?;
    }
    Ok(each)
}

/// A row of the table: idle first, as memory that was freed is used again.
async fn row<F: Future<Output = Done> + 'static>(name: &str, serve: fn(TcpStream) -> F, time: Duration) -> Done {
    let address = server(serve).await?;
    let each = idle(address).await?;
    let total = busy(address, time, load::client).await?;
    print(name, &total, &format!("{each:.0}"));
    Ok(())
}

/// A row for a client; the server is on upframe-tokio.
async fn client_row<F>(name: &str, client: fn(SocketAddr, Turns) -> F, time: Duration) -> Done
where
    F: Future<Output = Result<(usize, usize), Failure>> + 'static,
{
    let total = busy(server(on_tokio).await?, time, client).await?;
    print(name, &total, "");
    Ok(())
}

fn print(name: &str, total: &Total, each: &str) {
    let gb = total.bytes as f64 / 1e9;
    println!("| {name} | {} | {} | {gb:.2} | 0 | {each} |", total.connections, total.messages);
}

fn main() -> Result<(), Failure> {
    let wanted = env::args().nth(1).ok_or("usage: load END SECONDS")?;
    let time = Duration::from_secs(env::args().nth(2).ok_or("usage: load END SECONDS")?.parse()?);
    load::in_one_thread(async {
        match wanted.as_str() {
            "tokio" => row("server and client on upframe-tokio", on_tokio, time).await,
            "axum" => row("server on upframe-http, axum", on_axum, time).await,
            "hyper" => row("server on upframe-http, hyper", on_hyper, time).await,
            "embedded" => row("server on upframe-embedded, 2 KiB of buffer each way", on_embedded, time).await,
            "hyper-client" => client_row("client on upframe-http, hyper", by_hyper, time).await,
            "embedded-client" => client_row("client on upframe-embedded", by_embedded, time).await,
            _ => Err("the ends are tokio, axum, hyper, embedded, hyper-client, embedded-client".into()),
        }
    })?
}
