//! The echo servers, each as its own documentation shows it. All use the same opening handshake.

use futures_util::{SinkExt, StreamExt, TryStreamExt, future};
use std::error::Error;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use upframe_tokio::{Config, Incoming, Policy, ServerOptions, WebSocket};

type Done = Result<(), Box<dyn Error>>;

/// Our own, as in its example.
pub async fn upframe(stream: TcpStream) -> Done {
    echo(upframe_tokio::accept(stream).await?).await
}

/// The same without Pings: without a timer, as the peers.
pub async fn upframe_without_pings(stream: TcpStream) -> Done {
    let config = Config::new().with_keepalive(Policy { ping_after: None, ..Policy::DEFAULT });
    echo(Incoming::receive(stream, ServerOptions::new(), config).await?.accept().await?).await
}

async fn echo(mut ws: WebSocket<TcpStream>) -> Done {
    while let Some(message) = ws.next().await {
        let message = message?;
        if message.is_data() {
            ws.feed(message).await?;
        }
    }
    Ok(())
}

/// The same in halves.
pub async fn upframe_halves(stream: TcpStream) -> Done {
    let (mut writer, mut reader) = upframe_tokio::accept(stream).await?.split();
    while let Some(message) = reader.next().await {
        let message = message?;
        if message.is_data() {
            writer.feed(message).await?;
        }
    }
    Ok(())
}

pub async fn tungstenite(stream: TcpStream) -> Done {
    let (sink, stream) = tokio_tungstenite::accept_async(stream).await?.split();
    // flushes when nothing more is there
    Ok(stream.try_filter(|message| future::ready(message.is_binary())).forward(sink).await?)
}

pub async fn fastwebsockets(stream: TcpStream) -> Done {
    echo_fast(stream, None).await
}

/// The same with what a program on it adds to notice a peer that has disappeared: a time limit for each read.
pub async fn fastwebsockets_with_limit(stream: TcpStream) -> Done {
    echo_fast(stream, Some(Duration::from_secs(30))).await
}

async fn echo_fast(stream: TcpStream, limit: Option<Duration>) -> Done {
    use fastwebsockets::{FragmentCollector, OpCode, Role, WebSocket};
    let stream = upframe_tokio::accept(stream).await?.into_inner();
    let mut ws = FragmentCollector::new(WebSocket::after_handshake(stream, Role::Server));
    loop {
        let read = ws.read_frame();
        let frame = if let Some(limit) = limit { timeout(limit, read).await?? } else { read.await? };
        match frame.opcode {
            OpCode::Close => return Ok(()),
            OpCode::Text | OpCode::Binary => ws.write_frame(frame).await?,
            _ => {}
        }
    }
}

pub async fn sockudo(stream: TcpStream) -> Done {
    use sockudo_ws::{Config, WebSocketStream, protocol::Message};
    let stream = upframe_tokio::accept(stream).await?.into_inner();
    let mut ws = WebSocketStream::server(stream, Config::default());
    while let Some(message) = ws.next().await {
        match message? {
            message @ (Message::Text(_) | Message::Binary(_)) => ws.send(message).await?,
            Message::Close(_) => break,
            _ => {}
        }
    }
    Ok(())
}
