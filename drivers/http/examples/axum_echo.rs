//! `axum_echo [ADDRESS]`: a page at `/`, and an echo server at `/ws` for that page and for programs.

use axum::{Router, response::Html, response::Response, routing::any, routing::get};
use std::env;
use tokio::net::TcpListener;
use upframe_http::{Config, Limits, OriginPolicy, WebSocket, WebSocketUpgrade};

async fn page() -> Html<&'static str> {
    Html(
        "<!doctype html><title>Echo</title><input id=text autofocus><pre id=log></pre><script>
        const socket = new WebSocket(location.href.replace('http', 'ws') + 'ws', 'echo');
        socket.onmessage = (message) => log.append(message.data + '\\n');
        text.onchange = () => { socket.send(text.value); text.value = ''; };
        </script>",
    )
}

async fn upgrade(upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .config(Config::new().with_limits(Limits::SERVER.with_message(1 << 20)))
        .origins(OriginPolicy::same_host())
        .subprotocols(["echo"])
        .on_upgrade(echo)
}

async fn echo(mut socket: WebSocket) {
    while let Some(message) = socket.next().await {
        let answer = match message {
            Ok(message) if message.is_data() => socket.send(message).await,
            Ok(_) => Ok(()),
            Err(error) => return eprintln!("{error}"),
        };
        if let Err(error) = answer {
            eprintln!("{error}");
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), std::io::Error> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9002".into());
    let listener = TcpListener::bind(address).await?;
    println!("http://{}/", listener.local_addr()?);
    axum::serve(listener, Router::new().route("/", get(page)).route("/ws", any(upgrade))).await
}
