//! `client URL`: sends each line that is typed, and prints what comes. The end of the input closes the connection.

use std::env;
use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use upframe_tokio::{CloseCode, Error, Message, connect};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let Some(url) = env::args().nth(1) else {
        eprintln!("usage: client URL");
        return Ok(());
    };
    let (mut websocket, _response) = connect(&url).await?;
    let mut lines = BufReader::new(stdin()).lines();
    loop {
        // both are cancel-safe
        tokio::select! {
            message = websocket.next() => match message {
                Some(Ok(Message::Text(text))) => println!("{text}"),
                Some(Ok(Message::Binary(bytes))) => println!("{} bytes", bytes.len()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                None => {
                    println!("closed: {:?}", websocket.close_frame().map(|frame| frame.to_string()));
                    return Ok(());
                }
            },
            line = lines.next_line() => match line? {
                Some(line) => websocket.send(Message::text(line)).await?,
                None => return websocket.close(CloseCode::NORMAL, "").await,
            },
        }
    }
}
