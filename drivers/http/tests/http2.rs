//! WebSockets on streams of HTTP/2: the adapter on `h2` in both roles, and hyper and axum with one handler for both
//! versions.
#![cfg(all(feature = "http2", feature = "axum"))]

mod common;
#[path = "common/streams.rs"]
mod streams;

use axum::Router;
use axum::response::{IntoResponse, Response as AxumResponse};
use axum::routing::any;
use common::limit;
use h2::ext::Protocol;
use http::{Method, Request, Response, StatusCode, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::sync::Arc;
use streams::{closes, says, stops_its_sender_only};
use tokio::io::{DuplexStream, duplex};
use tokio::sync::Notify;
use upframe_http::{
    Bytes, ClientRequest, Config, ConnectOutcome, Deflate, Failure, Http2Client, Http2Error, Message, OriginPolicy,
    Refusal, ServerOptions, Uri, WebSocket, WebSocketUpgrade, http2_accept, http2_builder, http2_refuse, judge_connect,
    refuse_in, upgrade,
};

async fn echo<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin>(mut socket: upframe_tokio::WebSocket<S>) {
    while let Some(Ok(message)) = socket.next().await {
        if message.is_data() && socket.send(message).await.is_err() {
            return;
        }
    }
}

/// A server on `h2` that echoes, except on `/stalled`, which is read after a notice only.
async fn serve(io: DuplexStream, config: Config, go: Arc<Notify>) {
    let mut connection = http2_builder().handshake(io).await.unwrap();
    while let Some(Ok((request, respond))) = connection.accept().await {
        let protocol = request.extensions().get::<Protocol>().map(|protocol| protocol.as_str().to_owned());
        let options = ServerOptions::new().with_subprotocols(&["superchat", "chat"]);
        let options = options.with_origins(OriginPolicy::same_host());
        let stalled = request.uri().path() == "/stalled";
        match judge_connect(&request, protocol.as_deref(), options) {
            ConnectOutcome::Tunnel(tunnel) => {
                let socket = http2_accept(request, respond, &tunnel, config).unwrap();
                let go = go.clone();
                tokio::spawn(async move {
                    if stalled {
                        go.notified().await;
                    }
                    echo(socket).await;
                });
            }
            ConnectOutcome::Refusal(refusal) => http2_refuse(refusal, respond).unwrap(),
            ConnectOutcome::OtherProtocol => http2_refuse(Refusal::UpgradeRequired, respond).unwrap(),
            ConnectOutcome::PlainHttp => page(respond),
            ConnectOutcome::Malformed(problem) => panic!("{problem:?}"),
        }
    }
}

fn page(mut respond: h2::server::SendResponse<Bytes>) {
    let mut send = respond.send_response(Response::new(()), false).unwrap();
    send.send_data(Bytes::from_static(b"page"), true).unwrap();
}

async fn client(io: DuplexStream) -> Http2Client {
    let (client, connection) = Http2Client::handshake(io).await.unwrap();
    tokio::spawn(async move { drop(connection.await) });
    client
}

async fn pair() -> (Http2Client, Arc<Notify>) {
    pair_with(Config::new()).await
}

async fn pair_with(config: Config) -> (Http2Client, Arc<Notify>) {
    let (here, there) = duplex(1 << 16);
    let go = Arc::new(Notify::new());
    tokio::spawn(serve(there, config, go.clone()));
    (limit(client(here)).await, go)
}

#[tokio::test]
async fn messages_of_all_sizes_go_both_ways_and_the_close_has_its_code() {
    let (mut client, _) = pair().await;
    let asked = ClientRequest::new(Uri::parse("wss://a/chat?x=y").unwrap()).with_subprotocols(&["chat"]);
    let (mut socket, response) = limit(client.open_with(asked, Config::new())).await.unwrap();
    assert_eq!((response.status(), socket.subprotocol()), (StatusCode::OK, Some("chat")));
    for len in [0, 1, 125, 126, 65_535, 65_536, 1 << 20] {
        says(&mut socket, Message::Binary(vec![7; len].into())).await;
    }
    says(&mut socket, Message::text("Grüße")).await;
    closes(socket).await;
}

#[tokio::test]
async fn many_websockets_and_pages_share_one_connection() {
    let (mut client, _) = pair().await;
    let mut sockets = Vec::new();
    for _ in 0..20 {
        sockets.push(limit(client.open("ws://a/")).await.unwrap().0);
    }
    for round in 0..3 {
        for (i, socket) in sockets.iter_mut().enumerate() {
            says(socket, Message::text(format!("{round} {i}"))).await;
        }
        let request = Request::get("http://a/page").body(()).unwrap();
        let mut send = client.send_request().ready().await.unwrap();
        let response = limit(send.send_request(request, true).unwrap().0).await.unwrap();
        let mut body = response.into_body();
        assert_eq!(limit(body.data()).await.unwrap().unwrap(), "page");
        body.flow_control().release_capacity(4).unwrap();
    }
    for socket in sockets {
        closes(socket).await;
    }
}

#[tokio::test]
async fn a_reader_that_stalls_stops_its_sender_and_nobody_else() {
    let (mut client, go) = pair().await;
    let (stalled, _) = limit(client.open("ws://a/stalled")).await.unwrap();
    let (other, _) = limit(client.open("ws://a/")).await.unwrap();
    stops_its_sender_only(stalled, other, &go).await;
}

#[tokio::test]
async fn a_client_does_not_ask_a_server_that_has_not_enabled_it() {
    let (here, there) = duplex(1 << 16);
    let asked = tokio::spawn(async move {
        let mut connection = h2::server::handshake(there).await.unwrap();
        let mut requests = 0;
        while let Some(Ok((_, respond))) = connection.accept().await {
            page(respond);
            requests += 1;
        }
        requests
    });
    let mut client = client(here).await;
    for _ in 0..2 {
        let error = limit(client.open("ws://a/")).await.unwrap_err();
        assert!(matches!(error, Http2Error::NotEnabled), "{error:?}");
        assert_eq!(error.code(), "http-2-not-enabled");
    }
    let request = Request::get("http://a/page").body(()).unwrap();
    let mut send = client.send_request().ready().await.unwrap();
    assert_eq!(limit(send.send_request(request, true).unwrap().0).await.unwrap().status(), 200);
    drop((send, client));
    assert_eq!(limit(asked).await.unwrap(), 1);
}

#[tokio::test]
async fn refusals_have_their_status_and_text() {
    let (mut client, _) = pair().await;
    let asked = ClientRequest::new(Uri::parse("ws://a/").unwrap()).with_origin("https://evil.test");
    let error = limit(client.open_with(asked, Config::new())).await.unwrap_err();
    let Http2Error::Refused(mut response) = error else { panic!("{error:?}") };
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(limit(response.body_mut().data()).await.unwrap().unwrap(), "origin is not allowed\n");
    let protocols = [("websocket", "13", 200), ("websocket", "8", 400), ("connect-udp", "13", 501)];
    for (protocol, version, status) in protocols {
        let mut request = Request::builder().method(Method::CONNECT).uri("http://a/").version(Version::HTTP_2);
        request = request.header("sec-websocket-version", version);
        let mut request = request.body(()).unwrap();
        request.extensions_mut().insert(Protocol::from_static(protocol));
        let mut send = client.send_request().ready().await.unwrap();
        let (response, _stream) = send.send_request(request, false).unwrap();
        let response = limit(response).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers().contains_key("sec-websocket-version"), status == 400);
    }
}

#[tokio::test]
async fn a_response_that_breaks_a_rule_resets_the_stream() {
    let (here, there) = duplex(1 << 16);
    let reset = tokio::spawn(async move {
        let mut builder = h2::server::Builder::new();
        let mut connection = builder.enable_connect_protocol().handshake(there).await.unwrap();
        let (_, mut respond) = connection.accept().await.unwrap().unwrap();
        let response = Response::builder().header("sec-websocket-protocol", "other").body(()).unwrap();
        let mut send: h2::SendStream<Bytes> = respond.send_response(response, false).unwrap();
        tokio::spawn(async move { while connection.accept().await.is_some() {} });
        std::future::poll_fn(|cx| send.poll_reset(cx)).await.unwrap()
    });
    let mut client = client(here).await;
    let error = limit(client.open("ws://a/")).await.unwrap_err();
    assert!(matches!(error, Http2Error::Failure(upframe_http::Failure::Subprotocol)), "{error:?}");
    assert_eq!(limit(reset).await.unwrap(), h2::Reason::CANCEL);
}

/// A drop is not an orderly end: the peer sees a reset, and that no Close has come.
#[tokio::test]
async fn a_dropped_websocket_resets_its_stream_only() {
    let (here, there) = duplex(1 << 16);
    let lost = tokio::spawn(async move {
        let mut builder = h2::server::Builder::new();
        let mut connection = builder.enable_connect_protocol().handshake(there).await.unwrap();
        let mut lost = Vec::new();
        while let Some(Ok((request, respond))) = connection.accept().await {
            let ConnectOutcome::Tunnel(tunnel) = judge_connect(&request, Some("websocket"), ServerOptions::new())
            else {
                panic!()
            };
            let mut socket = http2_accept(request, respond, &tunnel, Config::new()).unwrap();
            lost.push(tokio::spawn(async move {
                while let Some(message) = socket.next().await {
                    if message.is_err() {
                        return true;
                    }
                }
                false
            }));
        }
        lost
    });
    let mut client = client(here).await;
    let (dropped, _) = limit(client.open("ws://a/")).await.unwrap();
    let (kept, _) = limit(client.open("ws://a/")).await.unwrap();
    drop(dropped);
    closes(kept).await;
    drop(client);
    let mut lost = limit(lost).await.unwrap().into_iter();
    assert!(limit(lost.next().unwrap()).await.unwrap(), "a reset is an error");
    assert!(!limit(lost.next().unwrap()).await.unwrap(), "a closing handshake is not");
}

async fn axum_handler(upgrade: Option<WebSocketUpgrade>) -> AxumResponse {
    match upgrade {
        Some(upgrade) => upgrade.subprotocols(["chat"]).origins(OriginPolicy::same_host()).on_upgrade(echo),
        None => "page".into_response(),
    }
}

async fn serve_axum() -> std::net::SocketAddr {
    let strict = async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(echo);
    let compressing = async |upgrade: WebSocketUpgrade| upgrade.deflate(Deflate::DEFAULT).on_upgrade(echo);
    // it agrees to what nobody has offered
    let unasked = async |upgrade: WebSocketUpgrade| {
        ([("sec-websocket-extensions", "permessage-deflate")], upgrade.on_upgrade(echo)).into_response()
    };
    let app = Router::new()
        .route("/ws", any(axum_handler))
        .route("/strict", any(strict))
        .route("/deflate", any(compressing))
        .route("/unasked", any(unasked));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

#[tokio::test]
async fn a_client_offers_compression_and_takes_what_the_server_agrees_to() {
    let address = serve_axum().await;
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut client, connection) = limit(Http2Client::handshake(stream)).await.unwrap();
    tokio::spawn(connection);
    let on = Config::new().with_deflate(Deflate::DEFAULT);
    for (path, config, agreed) in [("deflate", on, true), ("deflate", Config::new(), false), ("strict", on, false)] {
        let uri = format!("ws://{address}/{path}");
        let asked = ClientRequest::new(Uri::parse(&uri).unwrap());
        let (mut socket, response) = limit(client.open_with(asked, config)).await.unwrap();
        assert_eq!(socket.deflate_params().is_some(), agreed, "{path}");
        let answer = response.headers().get("sec-websocket-extensions").map(|value| value.to_str().unwrap());
        assert_eq!(answer, agreed.then_some("permessage-deflate"), "{path}");
        for text in ["Hello, again and again. ".repeat(500), "?".into(), "Hello, again and again. ".repeat(3)] {
            says(&mut socket, Message::text(text)).await;
        }
        closes(socket).await;
    }
}

/// The same option, in a server on `h2` with and without a subprotocol.
#[tokio::test]
async fn a_server_on_h2_compresses_if_both_ends_have_the_option() {
    let on = Config::new().with_deflate(Deflate::DEFAULT);
    for (server, ours, agreed) in [(on, on, true), (on, Config::new(), false), (Config::new(), on, false)] {
        let (mut client, _) = pair_with(server).await;
        for subprotocols in [&[][..], &["x", "chat"]] {
            let asked = ClientRequest::new(Uri::parse("ws://a/").unwrap()).with_subprotocols(subprotocols);
            let (mut socket, response) = limit(client.open_with(asked, ours)).await.unwrap();
            assert_eq!(socket.deflate_params().is_some(), agreed);
            assert_eq!(response.headers().contains_key("sec-websocket-extensions"), agreed);
            assert_eq!(socket.subprotocol(), subprotocols.last().copied());
            for text in ["Hello, again and again. ".repeat(500), "?".into(), "Hello, again and again. ".repeat(3)] {
                says(&mut socket, Message::text(text)).await;
            }
            says(&mut socket, Message::Binary(vec![7; 1 << 20].into())).await;
            closes(socket).await;
        }
    }
}

/// What is offered in vain is not agreed to, and the stream opens without it.
#[tokio::test]
async fn a_server_on_h2_ignores_an_offer_that_it_cannot_agree_to() {
    let (here, there) = duplex(1 << 16);
    let on = Config::new().with_deflate(Deflate::DEFAULT);
    tokio::spawn(serve(there, on, Arc::new(Notify::new())));
    let (mut send, connection) = limit(h2::client::handshake(here)).await.unwrap();
    tokio::spawn(connection);
    send = limit(send.ready()).await.unwrap();
    let page = Request::get("http://a/").body(()).unwrap();
    limit(send.send_request(page, true).unwrap().0).await.unwrap();
    for (offer, agreed) in [
        ("permessage-deflate; server_max_window_bits=16", None),
        ("x-webkit-deflate-frame, foo", None),
        ("permessage-deflate; x, permessage-deflate", Some("permessage-deflate")),
    ] {
        let request = Request::builder().method("CONNECT").uri("http://a/").header("sec-websocket-version", "13");
        let mut request = request.header("sec-websocket-extensions", offer).body(()).unwrap();
        request.extensions_mut().insert(Protocol::from_static("websocket"));
        send = limit(send.ready()).await.unwrap();
        let (response, _stream) = send.send_request(request, false).unwrap();
        let response = limit(response).await.unwrap();
        let answer = response.headers().get("sec-websocket-extensions").map(|value| value.to_str().unwrap());
        assert_eq!((response.status().as_u16(), answer), (200, agreed), "{offer}");
    }
}

/// A server that agrees to what was not offered.
#[tokio::test]
async fn an_extension_that_was_not_offered_fails_the_handshake_in_http_2() {
    let (here, there) = duplex(1 << 16);
    tokio::spawn(async move {
        let mut connection = http2_builder().handshake::<_, Bytes>(there).await.unwrap();
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            let response = Response::builder().header("sec-websocket-extensions", "permessage-deflate; x=1");
            drop(respond.send_response(response.body(()).unwrap(), false));
        }
    });
    let mut client = limit(client(here)).await;
    for config in [Config::new(), Config::new().with_deflate(Deflate::DEFAULT)] {
        let asked = ClientRequest::new(Uri::parse("ws://a/").unwrap());
        let error = limit(client.open_with(asked, config)).await.unwrap_err();
        assert!(matches!(error, Http2Error::Failure(_)), "{error:?}");
    }
}

#[tokio::test]
async fn one_handler_of_axum_serves_both_versions() {
    let address = serve_axum().await;
    let uri = format!("ws://{address}/ws");
    // HTTP/1.1
    let (mut one, response) = limit(upframe_tokio::connect(&uri)).await.unwrap();
    assert_eq!(response.status(), 101);
    limit(one.send(Message::text("one"))).await.unwrap();
    assert_eq!(limit(one.next()).await.unwrap().unwrap(), Message::text("one"));
    // HTTP/2, several in one connection
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut client, connection) = limit(Http2Client::handshake(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut sockets = Vec::new();
    for _ in 0..5 {
        let asked = ClientRequest::new(Uri::parse(&uri).unwrap()).with_subprotocols(&["other", "chat"]);
        let (socket, response) = limit(client.open_with(asked, Config::new())).await.unwrap();
        assert_eq!((response.status(), socket.subprotocol()), (StatusCode::OK, Some("chat")));
        assert!(!response.headers().contains_key("upgrade") && !response.headers().contains_key("connection"));
        sockets.push(socket);
    }
    for socket in &mut sockets {
        says(socket, Message::Binary(vec![3; 300_000].into())).await;
    }
    // a page of the same path
    let request = Request::get(format!("http://{address}/ws")).body(()).unwrap();
    let mut send = client.send_request().ready().await.unwrap();
    assert_eq!(limit(send.send_request(request, true).unwrap().0).await.unwrap().status(), 200);
    for socket in sockets {
        closes(socket).await;
    }
    // a page of another site
    let asked = ClientRequest::new(Uri::parse(&uri).unwrap()).with_origin("https://evil.test");
    let error = limit(client.open_with(asked, Config::new())).await.unwrap_err();
    assert!(matches!(&error, Http2Error::Refused(response) if response.status() == 403), "{error:?}");
}

/// The extension is named in the answer, however long the subprotocol is: the server compresses.
#[tokio::test]
async fn a_long_subprotocol_does_not_drop_the_extension() {
    static NAMES: std::sync::LazyLock<[String; 2]> = std::sync::LazyLock::new(|| ["a".repeat(300), "b".repeat(600)]);
    let handler = async |upgrade: WebSocketUpgrade| {
        upgrade.subprotocols(NAMES.iter().map(String::as_str)).deflate(Deflate::DEFAULT).on_upgrade(echo)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", any(handler))).await });
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut send, connection) = limit(h2::client::handshake(stream)).await.unwrap();
    tokio::spawn(connection);
    // the settings of the server come before its first response
    send = limit(send.ready()).await.unwrap();
    let page = Request::get(format!("http://{address}/")).body(()).unwrap();
    limit(send.send_request(page, true).unwrap().0).await.unwrap();
    for name in &*NAMES {
        let request = Request::builder().method("CONNECT").uri(format!("http://{address}/"));
        let request = request.header("sec-websocket-version", "13").header("sec-websocket-protocol", name);
        let mut request = request.header("sec-websocket-extensions", "permessage-deflate").body(()).unwrap();
        request.extensions_mut().insert(Protocol::from_static("websocket"));
        send = limit(send.ready()).await.unwrap();
        let (response, _stream) = send.send_request(request, false).unwrap();
        let response = limit(response).await.unwrap();
        assert_eq!(response.headers()["sec-websocket-protocol"], name[..]);
        let extensions = response.headers().get("sec-websocket-extensions");
        assert!(extensions.is_some_and(|value| value.as_bytes().starts_with(b"permessage-deflate")), "{extensions:?}");
    }
}

#[tokio::test]
async fn a_client_compresses_in_http_2_if_both_ends_have_the_option() {
    let address = serve_axum().await;
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut client, connection) = limit(Http2Client::handshake(stream)).await.unwrap();
    tokio::spawn(connection);
    let on = Config::new().with_deflate(Deflate::DEFAULT);
    for (path, config, agreed) in
        [("deflate", on, true), ("deflate", Config::new(), false), ("ws", on, false), ("ws", Config::new(), false)]
    {
        let uri = format!("ws://{address}/{path}");
        let asked = ClientRequest::new(Uri::parse(&uri).unwrap());
        let (mut socket, response) = limit(client.open_with(asked, config)).await.unwrap();
        assert_eq!(socket.deflate_params().is_some(), agreed, "{path}");
        assert_eq!(response.headers().contains_key("sec-websocket-extensions"), agreed);
        for text in ["Grüße, ".repeat(30_000), String::new(), "Grüße, ".repeat(3)] {
            says(&mut socket, Message::text(text)).await;
        }
        closes(socket).await;
    }
    let uri = format!("ws://{address}/unasked");
    let error =
        limit(client.open_with(ClientRequest::new(Uri::parse(&uri).unwrap()), Config::new())).await.unwrap_err();
    assert!(matches!(error, Http2Error::Failure(Failure::ExtensionNotAgreed)), "{error:?}");
}

#[tokio::test]
async fn what_is_not_a_websocket_is_answered_without_426_in_http_2() {
    let address = serve_axum().await;
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut send, connection) = limit(h2::client::handshake(stream)).await.unwrap();
    tokio::spawn(connection);
    // the settings of the server come before its first response
    for (method, protocol, version, status) in [
        ("GET", None, "13", 400),
        ("POST", None, "13", 400),
        // another protocol is not implemented (RFC 9220 §3 says so for HTTP/3)
        ("CONNECT", Some("connect-udp"), "13", 501),
        ("CONNECT", Some("websocket"), "8", 400),
        ("CONNECT", Some("websocket"), "13", 200),
    ] {
        let request = Request::builder().method(method).uri(format!("http://{address}/strict"));
        let mut request = request.header("sec-websocket-version", version).body(()).unwrap();
        if let Some(protocol) = protocol {
            request.extensions_mut().insert(Protocol::from_static(protocol));
        }
        send = limit(send.ready()).await.unwrap();
        let (response, _stream) = send.send_request(request, protocol.is_none()).unwrap();
        let response = limit(response).await.unwrap();
        assert_eq!(response.status(), status, "{method} {protocol:?} {version}");
        assert!(!response.headers().contains_key("upgrade"));
    }
}

#[tokio::test]
async fn a_service_of_hyper_serves_both_versions() {
    async fn service(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, std::convert::Infallible> {
        Ok(match upgrade(&mut request, ServerOptions::new().with_subprotocols(&["chat"]), Config::new()) {
            Ok((response, upgrading)) => {
                tokio::spawn(async { echo::<_>(upgrading.open().await.unwrap() as WebSocket).await });
                response
            }
            Err(Refusal::Origin) => unreachable!(),
            Err(refusal) => refuse_in(request.version(), refusal, request.method()),
        })
    }
    let (here, there) = duplex(1 << 16);
    tokio::spawn(async move {
        let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        builder.enable_connect_protocol();
        let _ = builder.serve_connection(TokioIo::new(there), service_fn(service)).await;
    });
    let mut client = client(here).await;
    let asked = ClientRequest::new(Uri::parse("ws://a/").unwrap()).with_subprotocols(&["chat"]);
    let (mut socket, _) = limit(client.open_with(asked, Config::new())).await.unwrap();
    assert_eq!(socket.subprotocol(), Some("chat"));
    says(&mut socket, Message::Binary(vec![9; 1 << 20].into())).await;
    closes(socket).await;
}
