//! On `upframe-http`, with axum and with hyper.

use crate::tls::{Listener, connected, offering};
use crate::with_tokio::echo;
use crate::{Asked, Failure, tcp, told};
use axum::Router;
use axum::routing::any;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::task::JoinSet;
use upframe_http::{
    ClientRequest, Config, Http2Client, ServerOptions, Uri, WebSocketUpgrade, client_with, refuse, upgrade,
};

pub async fn axum_server(asked: &Asked) -> Result<(), Failure> {
    let mut config = Config::new().with_limits(asked.limits);
    config.deflate = asked.deflate;
    let serve = move |upgrade: WebSocketUpgrade| async move {
        upgrade.config(config).on_upgrade(|mut websocket| async move { told(echo(&mut websocket).await) })
    };
    Ok(axum::serve(Listener::open(&asked.tls).await?, Router::new().fallback(any(serve))).await?)
}

async fn service(mut request: Request<Incoming>, config: Config) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(match upgrade(&mut request, ServerOptions::new(), config) {
        Ok((response, upgrading)) => {
            tokio::spawn(async move {
                match upgrading.open().await {
                    Ok(mut websocket) => told(echo(&mut websocket).await),
                    Err(error) => eprintln!("{error}"),
                }
            });
            response
        }
        Err(refusal) => refuse(refusal, request.method()),
    })
}

pub async fn hyper_server(asked: &Asked) -> Result<(), Failure> {
    let mut config = Config::new().with_limits(asked.limits);
    config.deflate = asked.deflate;
    let mut listener = Listener::open(&asked.tls).await?;
    loop {
        let (stream, _) = listener.next().await;
        let service = service_fn(move |request| service(request, config));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades();
        tokio::spawn(async move { told(connection.await) });
    }
}

pub async fn hyper_client(asked: Arc<Asked>) -> Result<(), Failure> {
    let mut config = Config::new().with_limits(asked.limits);
    config.deflate = asked.deflate;
    let uri = Uri::parse(&asked.url)?;
    let stream = connected(&asked.tls, uri.is_secure(), uri.host(), tcp(&uri).await?).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake::<_, String>(TokioIo::new(stream)).await?;
    tokio::spawn(connection.with_upgrades());
    let (mut websocket, _) = client_with(ClientRequest::new(uri), &mut sender, config).await?;
    Ok(echo(&mut websocket).await?)
}

/// All WebSockets are in one connection.
pub async fn http2_client(asked: &Asked) -> Result<(), Failure> {
    let config = Config::new().with_limits(asked.limits);
    let uri = Uri::parse(&asked.url)?;
    let stream = offering(&asked.tls, Some("h2"), uri.is_secure(), uri.host(), tcp(&uri).await?).await?;
    let (mut client, connection) = Http2Client::handshake(stream).await?;
    tokio::spawn(connection);
    let mut echoes = JoinSet::new();
    for _ in 0..asked.connections {
        let (mut websocket, _) = client.open_with(ClientRequest::new(uri), config).await?;
        echoes.spawn(async move { echo(&mut websocket).await });
    }
    while let Some(ended) = echoes.join_next().await {
        ended??;
    }
    Ok(())
}
