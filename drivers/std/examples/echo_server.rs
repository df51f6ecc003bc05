//! `echo_server [ADDRESS]`: sends back every message, whole, with a thread for each connection. It prints its address.

use std::env;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;
use upframe_std::{Error, accept};

fn echo(stream: TcpStream) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let mut websocket = accept(stream)?;
    while let Some(message) = websocket.next() {
        let message = message?;
        if message.is_data() {
            // written when `next` waits: the answers to many short messages go out at once
            websocket.feed(message)?;
        }
    }
    Ok(())
}

fn main() -> Result<(), Error> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9002".into());
    let listener = TcpListener::bind(address)?;
    println!("ws://{}/", listener.local_addr()?);
    loop {
        match listener.accept() {
            Ok((stream, peer)) => {
                let serve = move || {
                    if let Err(error) = echo(stream) {
                        eprintln!("{peer}: {error}");
                    }
                };
                // out of threads: the connection is dropped
                if let Err(error) = thread::Builder::new().spawn(serve) {
                    eprintln!("cannot serve: {error}");
                }
            }
            // out of descriptors, for example: some connections will end
            Err(error) => {
                eprintln!("cannot accept: {error}");
                thread::sleep(Duration::from_millis(100));
            }
        }
    }
}
