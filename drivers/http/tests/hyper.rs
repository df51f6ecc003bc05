//! Servers and clients on hyper.
#![cfg(feature = "hyper")]

mod common;

use common::{ACCEPT, VALID, all_are_refused, ask, limit, read_all, request};
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite;
use upframe_http::{
    ClientRequest, CloseCode, Config, Deflate, Error, Failure, Message, OriginPolicy, ServerOptions, Upgrading, Uri,
    client, client_with, refuse, upgrade,
};

async fn echo(upgrading: Upgrading) -> Result<(), Error> {
    let subprotocol = upgrading.subprotocol().map(str::to_owned);
    let mut websocket = upgrading.open().await?;
    assert_eq!(websocket.subprotocol(), subprotocol.as_deref());
    while let Some(message) = websocket.next().await {
        let message = message?;
        if message.is_data() {
            websocket.send(message).await?;
        }
    }
    Ok(())
}

async fn service(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let options =
        ServerOptions::new().with_subprotocols(&["superchat", "chat"]).with_origins(OriginPolicy::same_host());
    let config = match request.uri().path() {
        "/deflate" => Config::new().with_deflate(Deflate::DEFAULT),
        _ => Config::new(),
    };
    Ok(match upgrade(&mut request, options, config) {
        Ok((response, upgrading)) => {
            if request.uri().path() != "/dropped" {
                tokio::spawn(async { echo(upgrading).await.unwrap() });
            }
            response
        }
        Err(refusal) => refuse(refusal, request.method()),
    })
}

async fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(service));
            tokio::spawn(connection.with_upgrades());
        }
    });
    address
}

async fn sender(address: SocketAddr) -> SendRequest<Empty<Bytes>> {
    let stream = TcpStream::connect(address).await.unwrap();
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection.with_upgrades());
    sender
}

/// Serves one connection: reads a head, and answers with this.
async fn answer(answer: &'static str) -> SocketAddr {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            stream.read_buf(&mut bytes).await.unwrap();
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        let _ = stream.read_to_end(&mut bytes).await;
    });
    address
}

#[tokio::test]
async fn compression_is_agreed_on_if_both_ends_want_it() {
    let address = serve().await;
    let text = "Grüße, und noch einmal Grüße. ".repeat(1000);
    for (path, config, agreed) in [
        ("/deflate", Config::new().with_deflate(Deflate::DEFAULT), true),
        ("/deflate", Config::new(), false),
        ("/", Config::new().with_deflate(Deflate::DEFAULT), false),
    ] {
        let uri = format!("ws://{address}{path}");
        let asked = ClientRequest::new(Uri::parse(&uri).unwrap());
        let (mut client, response) = limit(client_with(asked, &mut sender(address).await, config)).await.unwrap();
        assert_eq!(client.deflate_params().is_some(), agreed);
        assert_eq!(response.headers().contains_key("sec-websocket-extensions"), agreed);
        for _ in 0..3 {
            limit(client.send(Message::text(text.as_str()))).await.unwrap();
            assert_eq!(limit(client.next()).await.unwrap().unwrap(), Message::text(text.as_str()));
        }
        limit(client.close(CloseCode::NORMAL, "")).await.unwrap();
    }
    // an answer to what was not offered
    let extended = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Extensions: permessage-deflate\r\n\
                    Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\n\r\n";
    let result = limit(client("ws://a/", &mut sender(answer(extended).await).await)).await;
    assert!(matches!(result, Err(Error::Failure(_))));
}

#[tokio::test]
async fn tokio_tungstenite_and_upframe_talk_to_a_service() {
    let address = serve().await;
    let (mut client, _) = limit(tokio_tungstenite::connect_async(format!("ws://{address}/"))).await.unwrap();
    for len in [0, 1, 125, 126, 65_535, 65_536, 1 << 20] {
        let message = tungstenite::Message::Binary(vec![7; len].into());
        limit(client.send(message.clone())).await.unwrap();
        assert_eq!(limit(client.next()).await.unwrap().unwrap(), message);
    }
    limit(client.close(None)).await.unwrap();

    let (mut client, _) = limit(upframe_tokio::connect(&format!("ws://{address}/"))).await.unwrap();
    limit(client.send(Message::text("Hello"))).await.unwrap();
    assert_eq!(limit(client.next()).await.unwrap().unwrap(), Message::text("Hello"));
    limit(client.close(CloseCode::NORMAL, "bye")).await.unwrap();
}

#[tokio::test]
async fn the_101_has_the_answer_to_the_key_and_the_subprotocol() {
    let fields = format!("{VALID}Sec-WebSocket-Protocol: chat, superchat\r\n");
    let (_, head, _) = ask(serve().await, &request("GET /", &fields)).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.to_lowercase().contains(&ACCEPT.to_lowercase()), "{head}");
    // the server prefers this one
    assert!(head.contains("sec-websocket-protocol: superchat\r\n"), "{head}");
    assert!(!head.to_lowercase().contains("content-length") && !head.contains("transfer-encoding"), "{head}");
}

#[tokio::test]
async fn hostile_requests_are_refused() {
    all_are_refused(serve().await).await;
}

#[tokio::test]
async fn a_connection_that_is_not_wanted_is_closed_after_the_response() {
    let (mut stream, head, rest) = ask(serve().await, &request("GET /dropped", VALID)).await;
    assert!(head.starts_with("HTTP/1.1 101 ") && rest.is_empty(), "{head}");
    assert_eq!(read_all(&mut stream).await, b"");
}

#[tokio::test]
async fn a_client_on_hyper_talks_to_tokio_tungstenite() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut server = tokio_tungstenite::accept_async(stream).await.unwrap();
        // the first frames come with the response
        server.send(tungstenite::Message::text("welcome")).await.unwrap();
        while let Some(Ok(message)) = server.next().await {
            if message.is_text() || message.is_binary() {
                server.send(message).await.unwrap();
            }
        }
    });
    let mut sender = sender(address).await;
    let (mut websocket, response) = limit(client(&format!("ws://{address}/"), &mut sender)).await.unwrap();
    assert_eq!(response.status(), 101);
    assert_eq!(limit(websocket.next()).await.unwrap().unwrap(), Message::text("welcome"));
    for len in [0, 1, 125, 126, 65_535, 65_536, 1 << 20] {
        let message = Message::binary(vec![7; len]);
        limit(websocket.send(message.clone())).await.unwrap();
        assert_eq!(limit(websocket.next()).await.unwrap().unwrap(), message);
    }
    limit(websocket.close(CloseCode(4001), "bye")).await.unwrap();
}

#[tokio::test]
async fn a_client_agrees_on_a_subprotocol_and_a_refusal_leaves_the_connection_open() {
    let address = serve().await;
    let url = format!("ws://{address}/");
    let mut sender = sender(address).await;
    let asked = ClientRequest::new(Uri::parse(&url).unwrap()).with_subprotocols(&["chat"]);
    let evil = asked.with_origin("https://evil.test");
    let Err(error) = limit(client_with(evil, &mut sender, Config::new())).await else { panic!() };
    assert_eq!(error.code(), "server-refused");
    let Error::Refused(response) = error else { panic!() };
    assert_eq!(response.status(), 403);
    let body = limit(response.into_body().collect()).await.unwrap().to_bytes();
    assert_eq!(body, "origin is not allowed\n");

    let (websocket, response) = limit(client_with(asked, &mut sender, Config::new())).await.unwrap();
    assert_eq!(websocket.subprotocol(), Some("chat"));
    assert_eq!(response.headers()["sec-websocket-protocol"], "chat");
}

#[tokio::test]
async fn a_response_that_breaks_the_rules_fails() {
    for (text, want) in [
        ("Connection: Upgrade\r\n", Failure::Upgrade),
        ("Upgrade: websocket\r\nConnection: keep-alive\r\n", Failure::Connection),
        ("Upgrade: websocket\r\nConnection: Upgrade\r\n", Failure::Accept),
        (
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\n",
            Failure::Accept,
        ),
    ] {
        let text: &'static str = format!("HTTP/1.1 101 Switching Protocols\r\n{text}\r\n").leak();
        let mut sender = sender(answer(text).await).await;
        match limit(client("ws://a/", &mut sender)).await {
            Err(Error::Failure(failure)) => assert_eq!(failure, want, "{text}"),
            other => panic!("{text}{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_or_disconnects_is_an_error() {
    let mut waits = sender(answer("").await).await;
    let asked = ClientRequest::new(Uri::parse("ws://a/").unwrap());
    let config = Config::new().with_open_within(Duration::from_millis(50));
    let result = limit(client_with(asked, &mut waits, config)).await;
    assert!(matches!(result, Err(Error::OpenTimedOut)), "{result:?}");

    let mut garbage = sender(answer("SMTP\r\n\r\n").await).await;
    let result = limit(client("ws://a/", &mut garbage)).await;
    assert!(matches!(result, Err(Error::Hyper(_))), "{result:?}");
    assert_eq!(result.unwrap_err().code(), "http-failed");
    let result = limit(client("http://a/", &mut garbage)).await;
    assert!(matches!(result, Err(Error::Uri(_))), "{result:?}");
}

#[tokio::test]
async fn a_connection_that_is_not_driven_with_upgrades_is_an_error() {
    let stream = TcpStream::connect(serve().await).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake::<_, Empty<Bytes>>(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let result = limit(client("ws://a/", &mut sender)).await;
    assert!(matches!(result, Err(Error::Hyper(_))), "{result:?}");
    assert_eq!(result.unwrap_err().code(), "http-failed");
}
