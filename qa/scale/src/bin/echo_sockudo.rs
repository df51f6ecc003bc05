//! The echo server of sockudo-ws's documentation, with upframe's opening handshake.

use futures_util::{SinkExt, StreamExt};
use sockudo_ws::protocol::Message;
use sockudo_ws::{Config, WebSocketStream};
use std::io;
use tokio::net::TcpStream;
use upframe_scale::{accept, listen};

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    listen(serve).await
}

async fn serve(mut stream: TcpStream) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    // a client that waits for its answer has sent nothing behind the request
    if Box::pin(accept(&mut stream, &mut [0; 1024])).await?.is_none() {
        return Ok(());
    }
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
