//! `--deflate`.

mod common;

use common::{GUARD, Program, Socket, field, handshake, read_head, text};
use std::io::{Read, Write};
use upframe_tokio::{ClientRequest, Config, Deflate, Message, Uri, connect_with};

async fn open(program: &Program, config: Config) -> Socket {
    let url = format!("ws://{}/ws", program.address);
    let request = ClientRequest::new(Uri::parse(&url).unwrap());
    connect_with(request, config.with_open_within(GUARD)).await.unwrap().0
}

#[tokio::test]
async fn news_are_compressed_if_both_ends_know_it() {
    let (with, without) = (Config::new().with_deflate(Deflate::DEFAULT), Config::new());
    for (arguments, config, compressed) in
        [(&[][..], with, false), (&["--deflate"][..], without, false), (&["--deflate"][..], with, true)]
    {
        let program = Program::start(arguments);
        let mut socket = open(&program, config).await;
        assert_eq!(socket.deflate_params().is_some(), compressed, "{arguments:?}");
        let hello = text(&mut socket).await;
        let mut news = 0;
        for n in 0..20 {
            program.publish(&format!("boiler {n} has {} degrees", 60 + n % 7));
            let told = text(&mut socket).await;
            assert!(told.contains(&format!("boiler {n} has")), "{told}");
            news += told.len() + 2;
        }
        socket.send(Message::text("{\"ping\":7}")).await.unwrap();
        let pong = text(&mut socket).await;
        let sent = pong.split_once("\"sent\":").map(|(_, sent)| sent.trim_end_matches('}').parse::<usize>().unwrap());
        assert!(pong.contains("\"pong\":7"), "{pong}");
        assert_eq!(sent.is_some(), compressed, "{pong}");
        if let Some(sent) = sent {
            let compressed = sent - hello.len() - 2;
            assert!(compressed * 2 < news, "{compressed} of {news}");
        }
    }
}

/// The page computes what the news took from what all took: so the rest of it has a known length.
#[test]
fn the_hello_is_plain_and_the_news_are_not() {
    let program = Program::start(&["--deflate"]);
    let mut stream = program.connect();
    let offer = "Host: a\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    stream.write_all(handshake("/ws", offer).as_bytes()).unwrap();
    let head = read_head(&mut stream);
    let answer = "permessage-deflate; client_no_context_takeover; server_max_window_bits=12";
    assert_eq!(field(&head, "sec-websocket-extensions"), Some(answer));
    let mut frame = || {
        let mut header = [0; 2];
        stream.read_exact(&mut header).unwrap();
        let mut payload = vec![0; usize::from(header[1])];
        stream.read_exact(&mut payload).unwrap();
        (header[0], payload)
    };
    let (first, hello) = frame();
    assert!(first == 0x81 && hello.starts_with(b"{\"hello\""), "{first:x} {hello:?}");
    program.publish(&"again and ".repeat(20));
    let (first, news) = frame();
    assert!(first == 0xc1 && news.len() < 100, "{first:x} {news:?}");
}

#[tokio::test]
async fn messages_of_clients_may_be_compressed() {
    let program = Program::start(&["--deflate"]);
    let mut socket = open(&program, Config::new().with_deflate(Deflate::DEFAULT)).await;
    text(&mut socket).await;
    let long = "the same again, ".repeat(60);
    for _ in 0..3 {
        socket.send(Message::text(long.as_str())).await.unwrap();
        assert!(text(&mut socket).await.contains(long.trim()));
    }
    // the limit counts what it inflates to
    socket.send(Message::text("x".repeat(2000))).await.unwrap();
    while let Some(Ok(_)) = socket.next().await {}
    assert_eq!(socket.close_code().unwrap().0, 1009);
}
