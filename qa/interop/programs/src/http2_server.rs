//! WebSockets and a page in HTTP/2, on hyper. A WebSocket that gets the text `/stall` is not read until another one gets
//! `/go`. The text `/where` is answered with the number of the connection.

use crate::tls::Listener;
use crate::{Asked, Failure, told};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::watch;
use upframe_http::{Config, Error, Message, ServerOptions, Upgrading, refuse_in, upgrade};

const PAGE: &str = "<!doctype html><title>echo</title>";

async fn echo(upgrading: Upgrading, connection: usize, go: Arc<watch::Sender<u64>>) -> Result<(), Error> {
    let mut websocket = upgrading.open().await?;
    while let Some(message) = websocket.next().await {
        let mut message = message?;
        if message.to_text() == Some("/where") {
            message = Message::text(connection.to_string());
        }
        let (mut gone, stalls) = (go.subscribe(), message.to_text() == Some("/stall"));
        if message.to_text() == Some("/go") {
            go.send_modify(|count| *count += 1);
        }
        if message.is_data() {
            websocket.send(message).await?;
        }
        if stalls {
            let _ = gone.changed().await;
        }
    }
    Ok(())
}

/// Serves WebSockets, and a page that tells which connection this is.
fn answer(
    mut request: Request<Incoming>,
    config: Config,
    connection: usize,
    go: &Arc<watch::Sender<u64>>,
) -> Response<Full<Bytes>> {
    if request.method() == Method::GET {
        let mut page = Response::new(PAGE.into());
        page.headers_mut().insert("content-type", "text/html".parse().expect("a value"));
        page.headers_mut().insert("x-connection", connection.into());
        return page;
    }
    match upgrade(&mut request, ServerOptions::new(), config) {
        Ok((response, upgrading)) => {
            let go = go.clone();
            tokio::spawn(async move { told(echo(upgrading, connection, go).await) });
            response
        }
        Err(refusal) => refuse_in(request.version(), refusal, request.method()),
    }
}

pub async fn http2_server(asked: &Asked) -> Result<(), Failure> {
    let mut config = Config::new().with_limits(asked.limits);
    config.deflate = asked.deflate;
    let mut listener = Listener::of(&asked.tls, "h2").await?;
    let go = Arc::new(watch::Sender::new(0));
    for connection in 1.. {
        let (stream, _) = listener.next().await;
        let go = go.clone();
        let service = service_fn(move |request| {
            let response = answer(request, config, connection, &go);
            async move { Ok::<_, Infallible>(response) }
        });
        let mut builder = Builder::new(TokioExecutor::new());
        // one WebSocket that is not read leaves room for the others
        builder.enable_connect_protocol().initial_stream_window_size(64 << 10);
        builder.initial_connection_window_size(16 << 20);
        let serving = builder.serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move { told(serving.await) });
    }
    Ok(())
}
