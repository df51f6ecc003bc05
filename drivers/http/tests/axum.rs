//! The extractor in a real axum server.
#![cfg(feature = "axum")]

mod common;

use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Router, body::Body};
use common::{ACCEPT, VALID, all_are_refused, ask, limit, read_all, request};
use futures_util::{SinkExt, StreamExt};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use upframe_http::{
    CloseCode, Config, Deflate, Error, Limits, Message, OriginPolicy, Policy, Refusal, Rejection, WebSocket,
    WebSocketUpgrade,
};

async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.next().await {
        if message.is_data() && socket.send(message).await.is_err() {
            return;
        }
    }
}

async fn connect(address: SocketAddr, path: &str) -> upframe_tokio::WebSocket<TcpStream> {
    limit(upframe_tokio::connect(&format!("ws://{address}{path}"))).await.unwrap().0
}

#[tokio::test]
async fn tokio_tungstenite_talks_to_a_handler() {
    let app = Router::new()
        .route("/ws", any(async |ws: WebSocketUpgrade| ws.subprotocols(["superchat", "chat"]).on_upgrade(echo)));
    let address = serve(app).await;
    let mut asked = format!("ws://{address}/ws").into_client_request().unwrap();
    asked.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("chat"));
    let (mut client, response) = limit(tokio_tungstenite::connect_async(asked)).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "chat");
    for len in [0, 1, 125, 126, 65_535, 65_536, 1 << 20] {
        let message = tungstenite::Message::Binary(vec![7; len].into());
        limit(client.send(message.clone())).await.unwrap();
        assert_eq!(limit(client.next()).await.unwrap().unwrap(), message);
    }
    limit(client.send(tungstenite::Message::text("Grüße"))).await.unwrap();
    assert_eq!(limit(client.next()).await.unwrap().unwrap(), tungstenite::Message::text("Grüße"));
    limit(client.close(None)).await.unwrap();
    while let Some(message) = limit(client.next()).await {
        message.unwrap();
    }
}

#[tokio::test]
async fn the_101_has_its_fields_and_no_others_of_a_body() {
    let app = Router::new().route("/ws", get(async |ws: WebSocketUpgrade| ws.subprotocols(["chat"]).on_upgrade(echo)));
    let fields = format!("{VALID}Sec-WebSocket-Protocol: chat, superchat\r\n");
    // the first frame comes with the request
    let (mut stream, head, mut rest) =
        ask(serve(app).await, &(request("GET /ws", &fields) + "\u{1}\u{0}\0\0\0\0")).await;
    let lower = head.to_lowercase();
    assert!(lower.starts_with("http/1.1 101 "), "{head}");
    for field in [&ACCEPT.to_lowercase(), "upgrade: websocket", "connection: upgrade", "sec-websocket-protocol: chat"] {
        assert!(lower.contains(&format!("\r\n{field}\r\n")), "{field}: {head}");
    }
    assert!(!lower.contains("transfer-encoding"), "{head}");
    // which is not masked: a Close with 1002
    common::read_to(&mut stream, &mut rest, 4).await;
    assert_eq!(rest[..1], [0x88]);
    assert_eq!(rest[2..4], 1002_u16.to_be_bytes());
}

#[tokio::test]
async fn compression_is_agreed_on_if_the_handler_and_the_client_want_it() {
    let handler = async |ws: WebSocketUpgrade| ws.subprotocols(["chat"]).deflate(Deflate::DEFAULT).on_upgrade(echo);
    let app = Router::new().route("/deflate", any(handler));
    let address = serve(app.route("/ws", any(async |ws: WebSocketUpgrade| ws.on_upgrade(echo)))).await;
    let text = "Grüße, und noch einmal Grüße. ".repeat(1000);
    for (path, config, agreed) in [
        ("/deflate", Config::new().with_deflate(Deflate::DEFAULT), true),
        ("/deflate", Config::new(), false),
        ("/ws", Config::new().with_deflate(Deflate::DEFAULT), false),
    ] {
        let uri = format!("ws://{address}{path}");
        let asked = upframe_http::ClientRequest::new(upframe_http::Uri::parse(&uri).unwrap());
        let (mut client, response) = limit(upframe_tokio::connect_with(asked, config)).await.unwrap();
        assert_eq!(client.deflate_params().is_some(), agreed);
        assert_eq!(response.field("sec-websocket-extensions"), agreed.then_some(&b"permessage-deflate"[..]));
        for _ in 0..3 {
            limit(client.send(Message::text(text.as_str()))).await.unwrap();
            assert_eq!(limit(client.next()).await.unwrap().unwrap(), Message::text(text.as_str()));
        }
    }
    // what is not acceptable is declined, and the connection is opened all the same
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=16\r\n";
    let (_, head, _) = ask(address, &request("GET /deflate", &format!("{VALID}{offer}"))).await;
    assert!(head.starts_with("HTTP/1.1 101 ") && !head.to_lowercase().contains("extensions"), "{head}");
    // the first frame comes with the request: "Hello" of RFC 7692 §7.2.3.1
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    let frame = "\u{c1}\u{87}\0\0\0\0\u{f2}\u{48}\u{cd}\u{c9}\u{c9}\u{7}\0";
    let bytes: Vec<u8> = frame.chars().map(|c| c as u8).collect();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = request("GET /deflate", &format!("{VALID}{offer}"));
    tokio::io::AsyncWriteExt::write_all(&mut stream, &[head.as_bytes(), &bytes].concat()).await.unwrap();
    let mut answer = vec![];
    while !answer.ends_with(b"\r\n\r\n\x81\x05Hello") {
        assert!(limit(tokio::io::AsyncReadExt::read_buf(&mut stream, &mut answer)).await.unwrap() > 0);
    }
}

#[tokio::test]
async fn hostile_requests_are_refused_before_the_handler_or_by_it() {
    let handler = async |ws: WebSocketUpgrade| ws.origins(OriginPolicy::same_host()).on_upgrade(echo);
    all_are_refused(serve(Router::new().route("/ws", any(handler))).await).await;
}

#[tokio::test]
async fn pages_of_this_host_and_programs_may_connect() {
    let handler = async |ws: WebSocketUpgrade| ws.origins(OriginPolicy::same_host()).on_upgrade(echo);
    let address = serve(Router::new().route("/ws", any(handler))).await;
    for origin in ["", "Origin: http://a\r\n", "Origin: https://A:443\r\n"] {
        let (_, head, _) = ask(address, &request("GET /ws", &format!("{VALID}{origin}"))).await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{origin}{head}");
    }
}

#[derive(Clone)]
struct User(String);

/// A layer that knows users, and adds a field to every response.
async fn authorize(mut request: Request, next: Next) -> Response {
    let Some(user) = request.headers().get("authorization").and_then(|value| value.to_str().ok()) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let user = User(user.to_owned());
    request.extensions_mut().insert(user);
    let mut response = next.run(request).await;
    response.headers_mut().insert("x-layer", HeaderValue::from_static("yes"));
    response
}

#[tokio::test]
async fn it_works_with_state_paths_queries_fields_extensions_nests_and_layers() {
    async fn handler(
        State(name): State<&'static str>,
        Path(room): Path<String>,
        Query(query): Query<HashMap<String, String>>,
        Extension(User(user)): Extension<User>,
        ws: WebSocketUpgrade,
        headers: HeaderMap,
        request: Request,
    ) -> impl IntoResponse {
        // what a later extractor sees is whole
        assert_eq!(headers, *request.headers());
        assert!(request.extensions().get::<hyper::upgrade::OnUpgrade>().is_some());
        let text = format!("{name} {room} {} {user} {}", query["x"], headers["cookie"].to_str().unwrap());
        let response = ws.on_upgrade(async move |mut socket| {
            socket.send(Message::text(text)).await.unwrap();
            socket.close(CloseCode(4001), "bye").await.unwrap();
        });
        ([("set-cookie", "c=3")], response)
    }
    let inner = Router::new().route("/{room}", get(handler)).layer(from_fn(authorize)).with_state("state");
    let address = serve(Router::new().nest("/chat", inner)).await;
    let url = format!("ws://{address}/chat/lobby?x=y");
    let uri = upframe_http::Uri::parse(&url).unwrap();
    let asked = upframe_http::ClientRequest::new(uri).with_fields(&[("Cookie", "a=1"), ("Authorization", "me")]);
    let (mut client, response) = limit(upframe_tokio::connect_with(asked, Config::new())).await.unwrap();
    assert_eq!((response.field("x-layer"), response.field("Set-Cookie")), (Some(&b"yes"[..]), Some(&b"c=3"[..])));
    assert_eq!(limit(client.next()).await.unwrap().unwrap(), Message::text("state lobby y me a=1"));
    while limit(client.next()).await.is_some() {}
    assert_eq!(client.close_code(), Some(CloseCode(4001)));

    let error = limit(upframe_tokio::connect(&url)).await.unwrap_err();
    assert!(matches!(error, upframe_tokio::Error::Refused(response) if response.status() == 401));
}

#[tokio::test]
async fn limits_and_keepalive_come_from_the_configuration() {
    let handler = async |ws: WebSocketUpgrade| ws.max_message_size(100).on_upgrade(echo);
    let quick = Policy { ping_after: Some(Duration::from_millis(50)), ..Policy::DEFAULT };
    let config = Config::new().with_keepalive(quick).with_limits(Limits::SERVER.with_message(1 << 20));
    let pings = async move |ws: WebSocketUpgrade| ws.config(config).on_upgrade(echo);
    let address = serve(Router::new().route("/limit", any(handler)).route("/pings", any(pings))).await;

    let mut client = connect(address, "/limit").await;
    limit(client.send(Message::text("x".repeat(100)))).await.unwrap();
    assert_eq!(limit(client.next()).await.unwrap().unwrap(), Message::text("x".repeat(100)));
    limit(client.send(Message::text("x".repeat(101)))).await.unwrap();
    while limit(client.next()).await.is_some() {}
    assert_eq!(client.close_code(), Some(CloseCode::MESSAGE_TOO_BIG));

    let mut client = connect(address, "/pings").await;
    assert!(matches!(limit(client.next()).await, Some(Ok(Message::Ping(_)))));
}

/// A handler that reports what became of its upgrade.
fn reports(to: UnboundedSender<String>, config: Config) -> axum::routing::MethodRouter {
    any(async move |ws: WebSocketUpgrade| {
        let failed = to.clone();
        ws.config(config)
            .on_failed_upgrade(move |error| drop(failed.send(error.to_string())))
            .on_upgrade(async move |_| drop(to.send("open".into())))
    })
}

#[tokio::test]
async fn a_connection_whose_response_was_replaced_is_over_when_the_client_ends_it() {
    let (to, mut from) = unbounded_channel();
    let handler = async move |ws: WebSocketUpgrade| {
        let failed = to.clone();
        ws.on_failed_upgrade(move |error| drop(failed.send(error.to_string()))).on_upgrade(async move |mut socket| {
            let next = socket.next().await;
            to.send(if matches!(next, None | Some(Err(_))) { "over".into() } else { format!("{next:?}") }).unwrap();
        })
    };
    let app = Router::new()
        .route("/ws", any(handler))
        .layer(axum::middleware::map_response(async |_: Response<Body>| StatusCode::IM_A_TEAPOT));
    let (mut stream, head, _) = ask(serve(app).await, &request("GET /ws", VALID)).await;
    assert!(head.starts_with("HTTP/1.1 418 "), "{head}");
    tokio::io::AsyncWriteExt::shutdown(&mut stream).await.unwrap();
    // hyper upgrades what is left when HTTP has ended
    let report = limit(from.recv()).await.unwrap();
    assert!(report == "over" || report.starts_with("HTTP: "), "{report}");
}

#[tokio::test]
async fn a_layer_that_holds_the_response_back_ends_the_upgrade_in_time() {
    let (to, mut from) = unbounded_channel();
    let config = Config::new().with_open_within(Duration::from_millis(50));
    let app = Router::new().route("/ws", reports(to, config)).layer(from_fn(async |request: Request, next: Next| {
        let response = next.run(request).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        response
    }));
    let address = serve(app).await;
    let asking = tokio::spawn(async move { ask(address, &request("GET /ws", VALID)).await });
    assert_eq!(limit(from.recv()).await.unwrap(), Error::OpenTimedOut.to_string());
    // the connection is closed after the response
    let (mut stream, head, rest) = limit(asking).await.unwrap();
    assert!(head.starts_with("HTTP/1.1 101 ") && rest.is_empty(), "{head}");
    assert_eq!(read_all(&mut stream).await, b"");
}

#[tokio::test]
async fn a_handler_that_does_not_upgrade_answers_and_the_connection_goes_on() {
    let app = Router::new()
        .route("/no", any(async |_ws: WebSocketUpgrade| (StatusCode::FORBIDDEN, "not you")))
        .route("/ws", any(async |ws: WebSocketUpgrade| ws.on_upgrade(echo)));
    let (mut stream, head, mut rest) = ask(serve(app).await, &request("GET /no", VALID)).await;
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
    common::read_to(&mut stream, &mut rest, 7).await;
    assert_eq!(rest, b"not you");
    // the next request on the same connection is upgraded
    let (client, _) = limit(upframe_tokio::client("ws://a/ws", stream)).await.unwrap();
    let mut client = client;
    limit(client.send(Message::text("Hello"))).await.unwrap();
    assert_eq!(limit(client.next()).await.unwrap().unwrap(), Message::text("Hello"));
}

#[tokio::test]
async fn one_path_has_a_page_and_a_websocket() {
    let app = Router::new().route(
        "/ws",
        any(async |ws: Option<WebSocketUpgrade>| match ws {
            Some(ws) => ws.on_upgrade(echo),
            None => "a page".into_response(),
        }),
    );
    let address = serve(app).await;
    for (asked, status) in [
        (request("GET /ws", ""), 200),
        (request("POST /ws", "Content-Length: 0\r\n"), 200),
        (request("GET /ws", VALID), 101),
        (request("GET /ws", &VALID.replace("13", "8")), 426),
        (request("PUT /ws", VALID), 405),
    ] {
        let (_, head, _) = ask(address, &asked).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{asked}{head}");
    }
}

#[tokio::test]
async fn a_handler_may_answer_a_rejection_itself() {
    let app = Router::new().route(
        "/ws",
        any(async |ws: Result<WebSocketUpgrade, Rejection>| match ws {
            Ok(ws) => ws.on_upgrade(echo),
            Err(rejection) => {
                assert_eq!(rejection.refusal(), Some(Refusal::VersionUnsupported));
                assert_eq!(rejection.to_string(), "request refused: Sec-WebSocket-Version is not 13 (426)");
                (StatusCode::IM_A_TEAPOT, "mine").into_response()
            }
        }),
    );
    let (_, head, _) = ask(serve(app).await, &request("GET /ws", &VALID.replace("13", "8"))).await;
    assert!(head.starts_with("HTTP/1.1 418 "), "{head}");
}

#[tokio::test]
async fn without_hyper_below_a_request_is_not_upgradable() {
    use axum::extract::FromRequestParts;
    let request = Request::get("/ws")
        .header("Host", "a")
        .header("Upgrade", "websocket")
        .header("Connection", "Upgrade")
        .header("Sec-WebSocket-Key", "x3JJHMbDL1EzLkh9GBhXDw==")
        .header("Sec-WebSocket-Version", "13")
        .body(())
        .unwrap();
    let rejection = <WebSocketUpgrade as FromRequestParts<()>>::from_request_parts(&mut request.into_parts().0, &())
        .await
        .unwrap_err();
    assert_eq!(rejection.refusal(), None);
    assert_eq!(rejection.code(), "http-not-upgradable");
    assert_eq!(rejection.into_response().status(), 500);
}

#[tokio::test]
async fn a_hundred_connections_at_once() {
    let address = serve(Router::new().route("/ws", any(async |ws: WebSocketUpgrade| ws.on_upgrade(echo)))).await;
    let clients = (0..100).map(|n| {
        tokio::spawn(async move {
            let mut client = connect(address, "/ws").await;
            for m in 0..20 {
                let message = Message::text(format!("{n} {m}"));
                client.send(message.clone()).await.unwrap();
                assert_eq!(client.next().await.unwrap().unwrap(), message);
            }
            client.close(CloseCode::NORMAL, "").await.unwrap();
        })
    });
    for client in clients.collect::<Vec<_>>() {
        limit(client).await.unwrap();
    }
}
