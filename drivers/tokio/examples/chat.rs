//! `chat [ADDRESS]`: every text goes to all. Each connection is read in one task and written in another one.

use std::env;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast::{self, Sender, error::RecvError};
use upframe_tokio::{CloseCode, Config, Error, Incoming, Message, ServerOptions, Utf8Bytes};

async fn member(stream: TcpStream, room: Sender<Utf8Bytes>) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let incoming = Incoming::receive(stream, ServerOptions::new(), Config::new()).await?;
    if incoming.request().path() != "/chat" {
        return incoming.refuse(404, "Not Found", &[], "the room is /chat\n").await;
    }
    let (mut writer, mut reader) = incoming.accept().await?.split();
    let mut news = room.subscribe();
    let writing = tokio::spawn(async move {
        loop {
            match news.recv().await {
                Ok(text) => writer.send(Message::Text(text)).await?,
                // a member that reads too slowly would miss something
                Err(RecvError::Lagged(_)) => return writer.close(CloseCode::POLICY_VIOLATION, "too slow").await,
                Err(RecvError::Closed) => return writer.close(CloseCode::GOING_AWAY, "").await,
            }
        }
    });
    let mut result = Ok(());
    while let Some(message) = reader.next().await {
        match message {
            Ok(Message::Text(text)) => drop(room.send(text)),
            Ok(_) => {}
            Err(error) => result = Err(error),
        }
    }
    writing.abort();
    result
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9003".into());
    let listener = TcpListener::bind(address).await?;
    println!("ws://{}/chat", listener.local_addr()?);
    let (room, _) = broadcast::channel(100);
    loop {
        let (stream, peer) = listener.accept().await?;
        let room = room.clone();
        tokio::spawn(async move {
            if let Err(error) = member(stream, room).await {
                eprintln!("{peer}: {error}");
            }
        });
    }
}
