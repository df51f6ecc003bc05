//! `client URL`: sends each line that is typed, and prints what comes. The end of the input closes the connection.

use std::env;
use std::io::stdin;
use std::thread;
use upframe_std::{CloseCode, Error, Message, connect};

fn main() -> Result<(), Error> {
    let Some(url) = env::args().nth(1) else {
        eprintln!("usage: client URL");
        return Ok(());
    };
    let (websocket, _response) = connect(&url)?;
    let (mut writer, mut reader) = websocket.split()?;
    thread::spawn(move || {
        for line in stdin().lines().map_while(Result::ok) {
            writer.send(line)?;
        }
        writer.close(CloseCode::NORMAL, "")
    });
    while let Some(message) = reader.next() {
        match message? {
            Message::Text(text) => println!("{text}"),
            Message::Binary(bytes) => println!("{} bytes", bytes.len()),
            _ => {}
        }
    }
    println!("closed: {:?}", reader.close_frame().map(|frame| frame.to_string()));
    Ok(())
}
