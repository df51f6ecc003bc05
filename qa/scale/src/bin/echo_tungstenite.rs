//! The echo server of tokio-tungstenite's own example: what is read is forwarded, and flushed when nothing more is there.
//! `echo_tungstenite BYTES` sets the length of its buffers.

use futures_util::{StreamExt, TryStreamExt, future};
use std::io;
use tokio::net::TcpStream;
use tokio_tungstenite::accept_async_with_config;
use tungstenite::Error;
use tungstenite::protocol::WebSocketConfig;
use upframe_scale::listen;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let config = std::env::args().nth(1).map(|len| {
        let len = len.parse().expect("a number of bytes");
        WebSocketConfig::default().read_buffer_size(len).write_buffer_size(len)
    });
    listen(move |stream| serve(stream, config)).await
}

async fn serve(stream: TcpStream, config: Option<WebSocketConfig>) -> Result<(), Error> {
    let (write, read) = accept_async_with_config(stream, config).await?.split();
    read.try_filter(|message| future::ready(message.is_text() || message.is_binary())).forward(write).await
}
