//! `hyper_server [ADDRESS]`: an echo server on hyper. Requests that do not ask for a WebSocket get a text.

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::env;
use tokio::net::TcpListener;
use upframe_http::{Config, Error, OriginPolicy, Outcome, ServerOptions, Upgrading, judge, refuse, upgrade};

async fn service(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let options = ServerOptions::new().with_origins(OriginPolicy::same_host());
    if let Outcome::PlainHttp(_) = judge(&request, options) {
        return Ok(Response::new("This is a WebSocket server.\n".into()));
    }
    Ok(match upgrade(&mut request, options, Config::new()) {
        Ok((response, upgrading)) => {
            tokio::spawn(async move {
                if let Err(error) = echo(upgrading).await {
                    eprintln!("{error}");
                }
            });
            response
        }
        Err(refusal) => refuse(refusal, request.method()),
    })
}

async fn echo(upgrading: Upgrading) -> Result<(), Error> {
    let mut websocket = upgrading.open().await?;
    while let Some(message) = websocket.next().await {
        let message = message?;
        if message.is_data() {
            websocket.send(message).await?;
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), std::io::Error> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9002".into());
    let listener = TcpListener::bind(address).await?;
    println!("ws://{}/", listener.local_addr()?);
    loop {
        let (stream, peer) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(service));
            if let Err(error) = connection.with_upgrades().await {
                eprintln!("{peer}: {error}");
            }
        });
    }
}
