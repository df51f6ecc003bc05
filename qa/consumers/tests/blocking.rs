//! A blocking echo server and a blocking client on two sockets of this machine: messages of any length through small buffers.

use std::io::{Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use upframe::connection::{Client, Connection, Entropy, Event, NoEntropy, Role, SendError, Settings};
use upframe::frame::CloseCode;
use upframe::message::{Message, MessageAssembler};

/// Writes what the protocol has to say.
fn flush<R: Role>(connection: &mut Connection<R>, stream: &mut TcpStream) -> Result<()> {
    let mut out = [0; 64];
    loop {
        let n = connection.poll_transmit(&mut out);
        stream.write_all(&out[..n])?;
        if n < out.len() {
            return Ok(());
        }
    }
}

fn serve(mut stream: TcpStream) -> Result<Option<CloseCode>> {
    let mut connection = Connection::server(Settings::new());
    let (mut buf, mut out) = ([0; 512], [0; 512 + 14]);
    while !connection.may_disconnect() {
        let n = stream.read(&mut buf)?;
        if n == 0 {
            connection.receive_eof();
        }
        let mut input = &mut buf[..n];
        while let Some(event) = connection.receive(&mut input) {
            let Some(fragment) = event.as_fragment() else { continue };
            match connection.send(fragment, &mut out) {
                Ok(frame) => stream.write_all(frame)?,
                Err(SendError::Closing) => {}
                Err(error) => panic!("{error}"),
            }
        }
        flush(&mut connection, &mut stream)?;
    }
    Ok(connection.close_code())
}

fn counting_keys() -> impl Entropy {
    let mut next = 0u8;
    move |bytes: &mut [u8]| -> std::result::Result<(), NoEntropy> {
        bytes.fill_with(|| {
            next = next.wrapping_mul(5).wrapping_add(7);
            next
        });
        Ok(())
    }
}

/// Sends a message and waits for the echo.
fn ask<E: Entropy>(
    connection: &mut Connection<Client<E>>,
    stream: &mut TcpStream,
    message: &Message,
) -> Result<Vec<u8>> {
    let (mut buf, mut out, mut memory) = ([0; 777], vec![0; message.as_bytes().len() + 14], vec![0; 1 << 20]);
    stream.write_all(connection.send(message, &mut out).unwrap())?;
    let mut assembler = MessageAssembler::new(&mut memory);
    loop {
        let n = stream.read(&mut buf)?;
        assert!(n > 0);
        let mut input = &mut buf[..n];
        while let Some(event) = connection.receive(&mut input) {
            let whole = match event {
                Event::Text(piece) => assembler.push(piece).unwrap().map(|message| message.as_bytes().to_vec()),
                Event::Binary(piece) => assembler.push(piece).unwrap().map(|message| message.as_bytes().to_vec()),
                other => panic!("{other:?}"),
            };
            if let Some(whole) = whole {
                return Ok(whole);
            }
        }
    }
}

#[test]
fn messages_are_echoed_and_the_connection_is_closed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || serve(listener.accept().unwrap().0).unwrap());

    let mut stream = TcpStream::connect(address).unwrap();
    let mut connection = Connection::client(counting_keys(), Settings::new());
    let long = "Grüße, 世界! 😀 ".repeat(10_000);
    for text in ["", "Hello", &long] {
        let echo = ask(&mut connection, &mut stream, &Message::Text(text.into())).unwrap();
        assert!(echo == text.as_bytes());
    }
    let bytes: Vec<u8> = (0..300_000u32).map(|i| (i.wrapping_mul(i) >> 7) as u8).collect();
    assert!(ask(&mut connection, &mut stream, &Message::Binary(&bytes)).unwrap() == bytes);

    let mut out = [0; 64];
    connection.close(CloseCode::NORMAL, "done").unwrap();
    let n = connection.poll_transmit(&mut out);
    stream.write_all(&out[..n]).unwrap();
    while !connection.may_disconnect() {
        let n = stream.read(&mut out).unwrap();
        if n == 0 {
            connection.receive_eof();
        }
        let mut input = &mut out[..n];
        while let Some(event) = connection.receive(&mut input) {
            assert_eq!(event, Event::Close(CloseCode::NORMAL));
        }
    }
    assert_eq!(server.join().unwrap(), Some(CloseCode::NORMAL));
}
