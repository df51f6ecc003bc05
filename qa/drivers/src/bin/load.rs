//! 500 connections at once on each driver that runs on tokio, with text of 10 B to 200 KB, whole and in fragments, Pings and
//! Closes: nothing may be lost. And the memory of an idle connection. `load SERVER SECONDS` prints a row of a table.

#[path = "../load.rs"]
mod load;

use embedded_io_adapters::tokio_1::FromTokio;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use load::{busy, resident, server};
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
async fn row<F: Future<Output = Done> + 'static>(
    name: &str,
    serve: fn(TcpStream) -> F,
    time: Duration,
) -> Result<String, Failure> {
    let address = server(serve).await?;
    let each = idle(address).await?;
    let total = busy(address, time).await?;
    let gb = total.bytes as f64 / 1e9;
    let row = format!("| {name} | {} | {} | {gb:.2} | 0 | {each:.0} |\n", total.connections, total.messages);
    print!("{row}");
    Ok(row)
}

fn main() -> Result<(), Failure> {
    let wanted = env::args().nth(1).ok_or("usage: load SERVER SECONDS")?;
    let time = Duration::from_secs(env::args().nth(2).ok_or("usage: load SERVER SECONDS")?.parse()?);
    load::in_one_thread(async {
        match wanted.as_str() {
            "tokio" => row("upframe-tokio", on_tokio, time).await,
            "axum" => row("upframe-http, axum", on_axum, time).await,
            "hyper" => row("upframe-http, hyper", on_hyper, time).await,
            "embedded" => row("upframe-embedded, 2 KiB of buffer each way", on_embedded, time).await,
            _ => Err("the servers are tokio, axum, hyper, embedded".into()),
        }
    })??;
    Ok(())
}
