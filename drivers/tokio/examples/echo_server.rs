//! `echo_server [ADDRESS]`: sends back every message, whole. It prints its address.

use std::env;
use tokio::net::{TcpListener, TcpStream};
use upframe_tokio::{Error, accept};

async fn echo(stream: TcpStream) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let mut websocket = accept(stream).await?;
    while let Some(message) = websocket.next().await {
        let message = message?;
        if message.is_data() {
            // written when `next` waits: the answers to many short messages go out at once
            websocket.feed(message).await?;
        }
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9002".into());
    let listener = TcpListener::bind(address).await?;
    println!("ws://{}/", listener.local_addr()?);
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                tokio::spawn(async move {
                    if let Err(error) = echo(stream).await {
                        eprintln!("{peer}: {error}");
                    }
                });
            }
            // out of descriptors, for example: some connections will end
            Err(error) => {
                eprintln!("cannot accept: {error}");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}
