//! The opening handshake: cut at every byte, with what both sides see of it, and refusals.

use std::future::{Future, pending};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use upframe_tokio::{
    ClientRequest, Config, Error, Incoming, Message, OriginPolicy, Refusal, ServerOptions, Uri, WebSocket, accept,
    client, client_with,
};

const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nCookie:  id=7 \r\n\
    Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n\r\n";

const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\nSec-WebSocket-Protocol: chat\r\nSet-Cookie: id=8\r\n\r\n";

/// Runs a server against these bytes. Returns its result, and all that it wrote.
async fn served<T, F: Future<Output = T>>(
    bytes: &[u8],
    cut: usize,
    server: impl FnOnce(DuplexStream) -> F,
) -> (T, String) {
    let (here, there) = tokio::io::duplex(cut);
    let (mut read, mut write) = tokio::io::split(here);
    let send = async {
        let _ = write.write_all(bytes).await;
        let _ = write.shutdown().await;
    };
    let mut answer = Vec::new();
    let (result, (), _) = tokio::join!(server(there), send, read.read_to_end(&mut answer));
    (result, answer.escape_ascii().to_string().replace("\\r\\n", "\r\n"))
}

#[tokio::test]
async fn a_request_is_seen_and_answered_however_it_is_cut_and_the_first_frames_follow() {
    let first = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x88\x80\0\0\0\0"; // RFC 6455 §5.7: "Hello", and a Close
    for cut in [1, 2, 3, 7, 64, 4096] {
        let server = async |transport| {
            let options = ServerOptions::new().with_subprotocols(&["chat", "superchat"]);
            let incoming = Incoming::receive(transport, options, Config::new()).await.unwrap();
            assert_eq!((incoming.request().path(), incoming.request().host()), ("/chat?room=1", "server.example.com"));
            assert_eq!(incoming.request().field("COOKIE"), Some(&b"id=7"[..]));
            assert_eq!((incoming.request().field("origin"), incoming.request().fields().count()), (None, 7));
            assert_eq!(incoming.subprotocol(), Some("chat"));
            let mut ws = incoming.accept_with_fields(&[("Set-Cookie", "id=8")]).await.unwrap();
            assert_eq!(ws.subprotocol(), Some("chat"));
            assert_eq!(ws.next().await.unwrap().unwrap(), Message::text("Hello"));
            assert_eq!(ws.next().await.unwrap().unwrap(), Message::Close(None));
            assert!(ws.next().await.is_none());
        };
        let ((), answer) = served(&[REQUEST, first].concat(), cut, server).await;
        assert_eq!(answer, format!("{RESPONSE}\\x88\\x00"));
    }
}

#[tokio::test]
async fn requests_that_are_not_allowed_are_answered_with_their_status() {
    let request = |line: &str, more: &str| {
        format!(
            "{line}\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n{more}\r\n"
        )
    };
    let table = [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n".into(), "426 Upgrade Required", Refusal::UpgradeRequired),
        (request("POST / HTTP/1.1", ""), "405 Method Not Allowed", Refusal::Method),
        (request("GET / HTTP/1.1", "Origin: https://evil.example\r\n"), "403 Forbidden", Refusal::Origin),
        (request("GET / HTTP/1.1", "Content-Length: 3\r\n") + "abc", "400 Bad Request", Refusal::Body),
    ];
    for (request, status, refusal) in &table {
        for cut in [1, 7, 4096] {
            let server = async |transport| {
                let options = ServerOptions::new().with_origins(OriginPolicy::list(&["https://good.example"]).unwrap());
                Incoming::receive(transport, options, Config::new()).await.map(|_| ())
            };
            let (result, answer) = served(request.as_bytes(), cut, server).await;
            assert!(matches!(result, Err(Error::Refusal(found)) if found == *refusal), "{status} {result:?}");
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{answer}");
        }
    }
    // an answer to a HEAD has no body
    let server = async |transport| Incoming::receive(transport, ServerOptions::new(), Config::new()).await.map(|_| ());
    let (_, answer) = served(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 64, server).await;
    assert!(answer.starts_with("HTTP/1.1 426 ") && answer.ends_with("\r\n\r\n"), "{answer}");
    // cut off within the head
    let (result, answer) = served(b"GET / HTTP/1.1\r\nHo", 64, accept).await;
    assert!(matches!(result, Err(Error::Io(_))) && answer.is_empty());
}

#[tokio::test]
async fn a_program_refuses_with_a_status_of_its_own_which_the_client_sees() {
    let (here, there) = tokio::io::duplex(16);
    let server = async {
        let incoming = Incoming::receive(there, ServerOptions::new(), Config::new()).await.unwrap();
        let fields = [("WWW-Authenticate", "Basic realm=\"news\"")];
        // the client may leave before it has read the text
        let _ = incoming.refuse(401, "Unauthorized", &fields, "who are you?\n").await;
    };
    let ((), result) = tokio::join!(server, client("ws://localhost/", here));
    let Err(Error::Refused(response)) = result else { panic!("{result:?}") };
    assert_eq!((response.status(), response.reason()), (401, "Unauthorized"));
    assert_eq!(response.field("www-authenticate"), Some(&b"Basic realm=\"news\""[..]));
    assert_eq!((response.body(), response.is_body_complete()), (&b"who are you?\n"[..], true));
    assert_eq!(Error::Refused(response).to_string(), "server answered with status 401");
}

/// What a client returns if its server writes these parts, a second apart, and then ends the stream or is silent.
async fn refused(parts: &[&[u8]], ends: bool, config: Config) -> upframe_tokio::Response {
    let (here, mut there) = tokio::io::duplex(1 << 20);
    let server = async {
        for part in parts {
            there.write_all(part).await.unwrap();
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        if ends { drop(there) } else { pending().await }
    };
    let request = ClientRequest::new(Uri::parse("ws://localhost/").unwrap());
    let client = client_with(request, here, config);
    let result = tokio::select! {
        result = client => result,
        () = async { server.await; pending().await } => unreachable!(),
    };
    let Err(Error::Refused(response)) = result else { panic!("{result:?}") };
    *response
}

#[tokio::test(start_paused = true)]
async fn a_refusal_has_its_body_in_every_form_and_only_its_start_if_it_is_long_or_late() {
    let long = [b"HTTP/1.1 503 x\r\n\r\n", &[b'x'; 100_000][..]].concat();
    let chunks = b"HTTP/1.1 503 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nno \r\n";
    for (parts, ends, body, complete, millis) in [
        (&[&b"HTTP/1.1 503 x\r\nContent-Length: 7\r\n\r\nno "[..], b"room", b"HTTP"][..], false, "no room", true, 400),
        (&[b"HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n"], false, "", true, 0),
        (&[b"HTTP/1.1 503 x\r\nContent-Length: 7\r\n\r\nno "], false, "no ", false, 1000),
        (&[b"HTTP/1.1 503 x\r\nContent-Length: 7\r\n\r\nno "], true, "no ", false, 400),
        (&[b"HTTP/1.1 503 x\r\n\r\nno ", b"room"], true, "no room", true, 800),
        (&[b"HTTP/1.1 503 x\r\n\r\n", b"no ", b"ro", b"om"], true, "no ro", false, 1000),
        (&[b"HTTP/1.1 503 x\r\n\r\n"], false, "", false, 1000),
        (&[chunks, b"4\r\nroom\r\n0\r\n\r\n"], false, "no room", true, 400),
        (&[chunks, b"4\r\nroom\r\n"], false, "no room", false, 1000),
        (&[&long], false, &"x".repeat(4096), false, 0),
    ] {
        let start = tokio::time::Instant::now();
        let response = refused(parts, ends, Config::new()).await;
        assert_eq!((response.status(), response.is_body_complete()), (503, complete), "{body}");
        assert_eq!(response.body().escape_ascii().to_string(), body);
        assert_eq!(start.elapsed().as_millis(), millis, "{body}");
        assert_eq!(format!("{response:?}").matches("room").count(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn the_body_of_a_refusal_takes_no_longer_than_the_opening_handshake_may() {
    let config = Config::new().with_open_within(Duration::from_millis(500));
    let start = tokio::time::Instant::now();
    let response = refused(&[b"HTTP/1.1 503 x\r\nContent-Length: 7\r\n\r\nno ", b"r"], false, config).await;
    assert_eq!((response.body(), start.elapsed().as_millis()), (&b"no r"[..], 500));
    for forever in [Duration::MAX, Duration::from_secs(1 << 40)] {
        let response = refused(&[b"HTTP/1.1 503 x\r\n\r\nno"], true, Config::new().with_open_within(forever)).await;
        assert_eq!(response.body(), b"no");
    }
}

#[tokio::test]
async fn what_a_program_adds_is_checked_before_anything_is_written() {
    for (fields, ok) in [([("X-Id", "7")], true), ([("X-Id", "7\r\nX: y")], false), ([("Upgrade", "h2c")], false)] {
        let server = async |transport| {
            let incoming = Incoming::receive(transport, ServerOptions::new(), Config::new()).await.unwrap();
            incoming.accept_with_fields(&fields).await.map(|_| ())
        };
        let (result, answer) = served(REQUEST, 4096, server).await;
        assert_eq!((result.is_ok(), answer.is_empty()), (ok, !ok));
        assert!(ok || matches!(result, Err(Error::Response(_))));
    }
    let (here, there) = tokio::io::duplex(64);
    let request = ClientRequest::new(Uri::parse("ws://a/").unwrap()).with_subprotocols(&["a", "a"]);
    assert!(matches!(client_with(request, here, Config::new()).await, Err(Error::Request(_))));
    assert!(matches!(accept(there).await, Err(Error::Io(_))), "nothing was written");
    let (here, _there) = tokio::io::duplex(64);
    assert!(matches!(client("http://a/", here).await, Err(Error::Uri(_))));
}

#[tokio::test]
async fn a_client_sees_the_response_however_it_is_cut_and_the_first_frames_follow() {
    for cut in [1, 2, 7, 4096] {
        let (here, there) = tokio::io::duplex(cut);
        let server = async {
            let mut ws = accept(there).await.unwrap();
            ws.send(Message::text("first")).await.unwrap();
            while ws.next().await.is_some() {}
        };
        let client = async {
            let request = ClientRequest::new(Uri::parse("ws://localhost:81/?a").unwrap()).with_subprotocols(&["x"]);
            let (mut ws, response) = client_with(request, here, Config::new()).await.unwrap();
            assert_eq!((response.status(), response.reason()), (101, "Switching Protocols"));
            assert!(response.field("sec-websocket-accept").is_some() && ws.subprotocol().is_none());
            assert_eq!(ws.next().await.unwrap().unwrap(), Message::text("first"));
            ws.close(upframe_tokio::CloseCode::NORMAL, "").await.unwrap();
        };
        tokio::join!(server, client);
    }
}

#[tokio::test]
async fn a_response_that_breaks_the_rules_is_an_error() {
    for (response, text) in [
        ("HTTP/1.1 101 Go\r\nUpgrade: websocket\r\n\r\n", "response: Connection has no Upgrade"),
        (
            "HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            "response: Sec-WebSocket-Accept does not match the key",
        ),
        ("HTTP/1.1 302 Found\r\nLocation: ws://b/\r\n\r\n", "server answered with status 302"),
        ("SSH-2.0", "transport: unexpected end of file"),
    ] {
        let (here, mut there) = tokio::io::duplex(4096);
        there.write_all(response.as_bytes()).await.unwrap();
        there.shutdown().await.unwrap();
        let error = client("ws://localhost/", here).await.unwrap_err();
        assert!(error.to_string().starts_with(text) || text.starts_with("transport"), "{error}");
    }
}

#[cfg(feature = "net")]
#[tokio::test]
async fn connect_resolves_the_host_and_leaves_tls_to_others() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = async {
        for _ in 0..2 {
            let mut ws: WebSocket<_> = accept(listener.accept().await.unwrap().0).await.unwrap();
            assert!(ws.get_ref().peer_addr().is_ok() && ws.get_mut().nodelay().is_ok());
            assert!(ws.next().await.unwrap().unwrap().is_close());
            assert!(ws.next().await.is_none());
        }
    };
    let client = async {
        for host in ["127.0.0.1", "localhost"] {
            let (mut ws, _) = upframe_tokio::connect(&format!("ws://{host}:{port}/")).await.unwrap();
            ws.close(upframe_tokio::CloseCode::NORMAL, "").await.unwrap();
        }
    };
    tokio::join!(server, client);
    assert!(matches!(upframe_tokio::connect("wss://localhost/").await, Err(Error::Tls)));
}
