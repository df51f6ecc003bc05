//! `hyper_client URL TEXT…`: sends each text, and prints the answers.

use hyper_util::rt::TokioIo;
use std::env;
use std::error::Error;
use tokio::net::TcpStream;
use upframe_http::{CloseCode, Message, Uri, client};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:9002/".into());
    let uri = Uri::parse(&url)?;
    let stream = TcpStream::connect((uri.host().trim_matches(['[', ']']), uri.port())).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake::<_, String>(TokioIo::new(stream)).await?;
    tokio::spawn(connection.with_upgrades());
    let (mut websocket, _response) = client(&url, &mut sender).await?;
    for text in env::args().skip(2) {
        websocket.send(Message::text(text)).await?;
        let answer = websocket.next().await.transpose()?;
        println!("{}", answer.as_ref().and_then(Message::to_text).unwrap_or("no text"));
    }
    websocket.close(CloseCode::NORMAL, "").await?;
    Ok(())
}
