//! A tokio server whose reading and writing halves live in two tasks, with a channel and no lock between them.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split};
use tokio::sync::mpsc;
use upframe::connection::{Connection, Event, Receiver, Reply, Server, Settings, Transmitter};
use upframe::frame::CloseCode;
use upframe::message::{Message, MessageAssembler};

enum Outgoing {
    Reply(Reply),
    Text(String),
}

async fn read(
    mut receiver: Receiver<Server>,
    mut stream: ReadHalf<DuplexStream>,
    out: mpsc::Sender<Outgoing>,
) -> Option<CloseCode> {
    let (mut buf, mut memory) = (vec![0; 256], vec![0; 4096]);
    let mut assembler = MessageAssembler::new(&mut memory);
    while receiver.close_code().is_none() {
        let n = stream.read(&mut buf).await.ok()?;
        if n == 0 {
            receiver.receive_eof();
        }
        let mut input = &mut buf[..n];
        while let Some(event) = receiver.receive(&mut input) {
            if let Event::Text(piece) = event
                && let Ok(Some(Message::Text(text))) = assembler.push(piece)
            {
                out.send(Outgoing::Text(text.as_str().to_uppercase())).await.ok()?;
            }
            if let Some(reply) = receiver.take_reply() {
                out.send(Outgoing::Reply(reply)).await.ok()?;
            }
        }
    }
    receiver.close_code()
}

async fn write(
    mut transmitter: Transmitter<Server>,
    mut stream: WriteHalf<DuplexStream>,
    mut queue: mpsc::Receiver<Outgoing>,
) {
    let mut out = vec![0; 4096 + 14];
    while let Some(outgoing) = queue.recv().await {
        let sent = match &outgoing {
            Outgoing::Reply(reply) => transmitter.answer(reply).map(|()| transmitter.poll_transmit(&mut out)),
            Outgoing::Text(text) => transmitter.send(text.as_str(), &mut out).map(<[u8]>::len),
        };
        match sent {
            Ok(n) => stream.write_all(&out[..n]).await.unwrap(),
            Err(error) => println!("not sent: {error}"),
        }
    }
    stream.shutdown().await.unwrap();
}

#[tokio::test]
async fn two_tasks_share_a_connection_without_a_lock() {
    let (mut peer, stream) = duplex(64);
    let (read_half, write_half) = split(stream);
    let (receiver, transmitter) = Connection::server(Settings::new()).split();
    let (sender, queue) = mpsc::channel(4);
    let reading = tokio::spawn(read(receiver, read_half, sender));
    let writing = tokio::spawn(write(transmitter, write_half, queue));

    let mut client = Connection::client(
        |key: &mut [u8]| {
            key.fill(0x5A);
            Ok(())
        },
        Settings::new(),
    );
    let mut out = [0; 256];
    let mut wire = Vec::new();
    wire.extend_from_slice(client.send("hello", &mut out).unwrap());
    client.ping(b"are you there?").unwrap();
    let n = client.poll_transmit(&mut out);
    wire.extend_from_slice(&out[..n]);
    wire.extend_from_slice(client.send("and again", &mut out).unwrap());
    client.close(CloseCode(4000), "enough").unwrap();
    let n = client.poll_transmit(&mut out);
    wire.extend_from_slice(&out[..n]);
    let (mut from_server, mut to_server) = split(&mut peer);
    let sending = async { to_server.write_all(&wire).await.unwrap() };
    let mut answer = Vec::new();
    let receiving = async { from_server.read_to_end(&mut answer).await.unwrap() };
    tokio::join!(sending, receiving);

    let mut events = Vec::new();
    let mut input = &mut answer[..];
    while let Some(event) = client.receive(&mut input) {
        events.push(match event {
            Event::Text(text) => text.as_str().to_string(),
            Event::Pong => String::from_utf8(client.control_payload().unwrap().to_vec()).unwrap(),
            other => format!("{other:?}"),
        });
    }
    assert_eq!(events, ["HELLO", "are you there?", "AND AGAIN", "Close(CloseCode(4000))"].map(String::from));
    assert_eq!(reading.await.unwrap(), Some(CloseCode(4000)));
    writing.await.unwrap();
}

#[tokio::test]
async fn a_ping_is_answered_through_the_channel() {
    let (mut peer, stream) = duplex(64);
    let (read_half, write_half) = split(stream);
    let (receiver, transmitter) = Connection::server(Settings::new()).split();
    let (sender, queue) = mpsc::channel(4);
    tokio::spawn(read(receiver, read_half, sender));
    tokio::spawn(write(transmitter, write_half, queue));
    peer.write_all(b"\x89\x82\0\0\0\0hi").await.unwrap();
    let mut pong = [0; 4];
    peer.read_exact(&mut pong).await.unwrap();
    assert_eq!(&pong, b"\x8a\x02hi");
    // a violation travels the same way
    peer.write_all(b"\x83\x80\0\0\0\0").await.unwrap();
    let mut close = Vec::new();
    peer.read_to_end(&mut close).await.unwrap();
    assert_eq!(close, b"\x88\x02\x03\xea");
}
