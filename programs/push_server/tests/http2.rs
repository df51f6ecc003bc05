//! WebSockets in HTTP/2 (RFC 8441), beside other requests in one connection.

mod common;

use axum::http;
use bytes::Bytes;
use common::{GUARD, Program, field, text};
use h2::RecvStream;
use h2::client::SendRequest;
use h2::ext::Protocol;
use std::future::Future;
use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};
use upframe_http::upframe_tokio::{ReadHalf, WebSocket, WriteHalf};
use upframe_http::{Http2Client, Http2Error, Http2Stream};
use upframe_tokio::{ClientRequest, CloseCode, Config, Message, Uri};

type Socket = WebSocket<Http2Stream>;

async fn limit<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(GUARD, future).await.unwrap()
}

async fn open(client: &mut Http2Client, program: &Program, path: &str) -> Socket {
    limit(client.open(&format!("ws://{}{path}", program.address))).await.unwrap().0
}

/// Sends a request with a body, and returns the response.
async fn ask(client: &Http2Client, request: http::Request<()>, body: &'static str) -> http::Response<RecvStream> {
    let mut send = limit(client.send_request().ready()).await.unwrap();
    let (response, mut stream) = send.send_request(request, body.is_empty()).unwrap();
    if !body.is_empty() {
        // a server that refuses early may have ended the stream before this
        let _ = stream.send_data(Bytes::from_static(body.as_bytes()), true);
    }
    limit(response).await.unwrap()
}

async fn get(client: &Http2Client, program: &Program, path: &str) -> http::Response<RecvStream> {
    ask(client, http::Request::get(format!("http://{}{path}", program.address)).body(()).unwrap(), "").await
}

/// Reads a body to its end.
async fn read(response: http::Response<RecvStream>) -> String {
    let (mut body, mut all) = (response.into_body(), Vec::new());
    while let Some(data) = limit(body.data()).await {
        let data = data.unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
        all.extend_from_slice(&data);
    }
    String::from_utf8(all).unwrap()
}

async fn says(socket: &mut Socket, message: Message) {
    limit(socket.send(message.clone())).await.unwrap();
    assert_eq!(limit(socket.next()).await.unwrap().unwrap(), message);
}

/// Sends a message, and reads the echo meanwhile.
async fn large(writer: &mut WriteHalf<Http2Stream>, reader: &mut ReadHalf<Http2Stream>, message: Message) {
    let (sent, got) = limit(async { tokio::join!(writer.send(message.clone()), reader.next()) }).await;
    sent.unwrap();
    assert!(got.unwrap().unwrap() == message);
}

/// Reads to the end, and returns the Close.
async fn closed(socket: &mut Socket) -> String {
    while let Some(message) = limit(socket.next()).await {
        message.unwrap();
    }
    socket.close_frame().unwrap().to_string()
}

/// Waits until a condition holds.
fn until(mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < GUARD);
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn terminate(program: &Program) {
    assert!(Command::new("kill").arg("-TERM").arg(program.child.id().to_string()).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn websockets_and_requests_share_one_connection() {
    let program = Program::start(&[]);
    let mut client = program.http2().await;
    let page = get(&client, &program, "/").await;
    assert_eq!((page.status().as_u16(), page.version()), (200, http::Version::HTTP_2));
    assert!(read(page).await.starts_with("<!doctype html>"));
    let mut sockets = Vec::new();
    for _ in 0..3 {
        let mut socket = open(&mut client, &program, "/ws").await;
        let hello = text(&mut socket).await;
        assert!(hello.starts_with("{\"hello\":{") && hello.contains("\"http\":\"HTTP/2\""), "{hello}");
        sockets.push(socket);
    }
    let news =
        ask(&client, http::Request::post(format!("http://{}/news", program.address)).body(()).unwrap(), "it rains");
    let news = news.await;
    assert_eq!(news.status(), 204);
    let item = format!(r#"{{"id":"{}","text":"it rains"}}"#, news.headers()["x-id"].to_str().unwrap());
    for socket in &mut sockets {
        assert_eq!(text(socket).await, item);
    }
    // what a client says is news for all
    sockets[0].send(Message::text("it pours")).await.unwrap();
    for socket in &mut sockets {
        assert!(text(socket).await.contains("\"it pours\""));
    }
    let poll = get(&client, &program, "/poll?since=0-0").await;
    let bytes: usize = poll.headers()["x-bytes"].to_str().unwrap().parse().unwrap();
    let poll = read(poll).await;
    assert!(poll.contains(&item) && (poll.len() + 40..poll.len() + 400).contains(&bytes), "{bytes} {poll}");
    assert_eq!(program.counted_in_http2(), "connections 1 of 1, WebSockets 3 of 3, requests 6");
    // and one in HTTP/1.1 knows that it is
    let mut other = program.open("/ws").await;
    assert!(text(&mut other).await.contains("\"http\":\"HTTP/1.1\""));
    sockets.pop();
    until(|| program.counted_in_http2() == "connections 1 of 1, WebSockets 2 of 3, requests 6");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_messages_come_back_and_so_do_close_codes_with_reasons() {
    let program = Program::start(&[]);
    let mut client = program.http2().await;
    for (code, reason) in [(1000, ""), (1001, "bye"), (3000, "Grüße"), (4999, &*"r".repeat(123))] {
        let (mut writer, mut reader) = open(&mut client, &program, "/echo").await.split();
        for len in [0, 125, 65_536, 1 << 20] {
            large(&mut writer, &mut reader, Message::Binary(vec![7; len].into())).await;
            large(&mut writer, &mut reader, Message::text("x".repeat(len))).await;
        }
        let (close, _) = limit(async { tokio::join!(writer.close(CloseCode(code), reason), reader.next()) }).await;
        close.unwrap();
        let frame = reader.close_frame().unwrap();
        assert_eq!((frame.code.0, &*frame.reason), (code, reason));
    }
    // the server closes, too
    let mut socket = open(&mut client, &program, "/ws").await;
    limit(socket.send(Message::Binary(vec![1].into()))).await.unwrap();
    assert_eq!(closed(&mut socket).await, "1003 only text is accepted");
    until(|| program.counted_in_http2().starts_with("connections 1 of 1, WebSockets 0 of 5"));
}

/// One client is not read, and sends until its windows are full. The others go on with more than all windows hold.
#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_stalls_does_not_stop_the_others() {
    let program = Program::start(&[]);
    let mut client = program.http2().await;
    let mut stalled = Vec::new();
    for _ in 0..4 {
        let mut socket = open(&mut client, &program, "/echo").await;
        let sending = tokio::spawn(async move {
            let mut sent = 0_u64;
            loop {
                let sends = socket.send(Message::Binary(vec![1; 10_000].into()));
                if !matches!(tokio::time::timeout(Duration::from_secs(5), sends).await, Ok(Ok(()))) {
                    return (socket, sent);
                }
                sent += 10_000;
            }
        });
        stalled.push(sending);
    }
    let mut sockets = Vec::new();
    for stalled in stalled {
        let (socket, sent) = limit(stalled).await.unwrap();
        // the server does not read what it cannot send back
        assert!(sent < 2_000_000, "{sent} bytes were sent to a client that does not read");
        sockets.push(socket);
    }
    let (mut writer, mut reader) = open(&mut client, &program, "/echo").await.split();
    for _ in 0..20 {
        large(&mut writer, &mut reader, Message::Binary(vec![2; 1 << 20].into())).await;
    }
    assert_eq!(get(&client, &program, "/").await.status(), 200);
    // they are read again
    for socket in &mut sockets {
        assert_eq!(limit(socket.next()).await.unwrap().unwrap(), Message::Binary(vec![1; 10_000].into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_closes_them_with_1001() {
    let mut program = Program::start(&["--drain", "2"]);
    let mut client = program.http2().await;
    let mut sockets = Vec::new();
    for path in ["/ws", "/ws", "/echo"] {
        sockets.push(open(&mut client, &program, path).await);
    }
    let long_poll = tokio::spawn({
        let request = http::Request::get(format!("http://{}/long-poll", program.address)).body(()).unwrap();
        let mut send = limit(client.send_request().ready()).await.unwrap();
        let response = send.send_request(request, true).unwrap().0;
        async move { read(limit(response).await.unwrap()).await }
    });
    // the server has it when it has answered a later one
    assert_eq!(get(&client, &program, "/").await.status(), 200);
    terminate(&program);
    loop {
        let health = get(&client, &program, "/healthz").await;
        if health.status() == 503 {
            assert!(read(health).await.starts_with("leaving: "));
            break;
        }
    }
    // it still serves
    says(&mut sockets[2], Message::text("still here")).await;
    for socket in &mut sockets {
        assert_eq!(closed(socket).await, "1001 the server shuts down");
    }
    assert!(limit(long_poll).await.unwrap().starts_with("{\"latest\":"));
    drop((sockets, client));
    assert!(program.child.wait().unwrap().success());
}

/// A client that only opens connections and streams does not hold up the end.
#[tokio::test(flavor = "multi_thread")]
async fn the_program_ends_whatever_the_clients_do() {
    let mut program = Program::start(&[]);
    let mut client = program.http2().await;
    let _silent = raw(&client.send_request(), &program, "/ws", "").await;
    let _stuck = open(&mut client, &program, "/echo").await;
    let mut preface = program.connect();
    preface.write_all(b"PRI * HTTP/2.0\r\n\r\nSM").unwrap();
    let mut dumb = program.connect();
    dumb.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    until(|| program.counted_in_http2().starts_with("connections 2 of 2"));
    terminate(&program);
    assert!(program.child.wait().unwrap().success());
}

/// Opens a WebSocket whose frames the test reads itself.
async fn raw(
    send: &SendRequest<Bytes>,
    program: &Program,
    path: &str,
    extensions: &str,
) -> (http::Response<RecvStream>, h2::SendStream<Bytes>) {
    let mut request = http::Request::builder().method("CONNECT").uri(format!("http://{}{path}", program.address));
    request = request.header("sec-websocket-version", "13");
    if !extensions.is_empty() {
        request = request.header("sec-websocket-extensions", extensions);
    }
    let mut request = request.body(()).unwrap();
    request.extensions_mut().insert(Protocol::from_static("websocket"));
    let (response, stream) = limit(send.clone().ready()).await.unwrap().send_request(request, false).unwrap();
    (limit(response).await.unwrap(), stream)
}

#[tokio::test(flavor = "multi_thread")]
async fn news_are_compressed_in_http_2_too() {
    let program = Program::start(&["--deflate"]);
    let client = program.http2().await;
    // the settings of the server are known after its first answer
    get(&client, &program, "/").await;
    let offer = "permessage-deflate; client_max_window_bits";
    let (response, mut stream) = raw(&client.send_request(), &program, "/ws", offer).await;
    let answer = "permessage-deflate; client_no_context_takeover; server_max_window_bits=12";
    assert_eq!(
        (response.status().as_u16(), &response.headers()["sec-websocket-extensions"]),
        (200, &answer.parse().unwrap())
    );
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    let mut frame = async || {
        while bytes.len() < 2 || bytes.len() < 2 + usize::from(bytes[1] & 0x7f) {
            bytes.extend_from_slice(&limit(body.data()).await.unwrap().unwrap());
        }
        let rest = bytes.split_off(2 + usize::from(bytes[1]));
        std::mem::replace(&mut bytes, rest)
    };
    let hello = frame().await;
    assert!(hello[0] == 0x81 && hello[2..].starts_with(b"{\"hello\""), "{hello:?}");
    program.publish(&"again and ".repeat(20));
    let news = frame().await;
    assert!(news[0] == 0xc1 && news.len() < 100, "{news:?}");
    // the page learns how much was sent on this stream, whatever the others send
    for _ in 0..5 {
        read(get(&client, &program, "/").await).await;
    }
    let mut ping = vec![0x81, 0x80 | 10, 0, 0, 0, 0];
    ping.extend_from_slice(b"{\"ping\":7}");
    stream.send_data(ping.into(), false).unwrap();
    let pong = String::from_utf8(frame().await.split_off(2)).unwrap();
    assert!(pong.contains(&format!("\"sent\":{}", hello.len() + news.len())), "{pong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_pages_and_other_requests_are_refused() {
    let program = Program::start(&["--origin", "https://example.com"]);
    let mut client = program.http2().await;
    let url = format!("ws://{}/ws", program.address);
    let own = format!("http://{}", program.address);
    for (origin, status) in [(&*own, 0), ("https://example.com", 0), ("https://evil.test", 403), ("null", 403)] {
        let asked = ClientRequest::new(Uri::parse(&url).unwrap()).with_origin(origin);
        match limit(client.open_with(asked, Config::new())).await {
            Ok(_) => assert_eq!(status, 0, "{origin}"),
            Err(Http2Error::Refused(response)) => assert_eq!(response.status(), status, "{origin}"),
            Err(error) => panic!("{error}"),
        }
        let news = http::Request::post(format!("{own}/news")).header("origin", origin).body(()).unwrap();
        assert_eq!(ask(&client, news, "x").await.status(), if status == 0 { 204 } else { 403 }, "{origin}");
    }
    // neither 101 nor 426 exist
    assert_eq!(get(&client, &program, "/ws").await.status(), 400);
    assert_eq!(get(&client, &program, "/nothing").await.status(), 404);
    let long = http::Request::post(format!("{own}/news")).body(()).unwrap();
    assert_eq!(ask(&client, long, Box::leak("x".repeat(5000).into_boxed_str())).await.status(), 413);
    assert_eq!(get(&client, &program, "/").await.status(), 200);
}

/// A WebSocket in HTTP/2 counts as a connection.
#[tokio::test(flavor = "multi_thread")]
async fn one_websocket_too_many_gets_503() {
    let program = Program::start(&["--connections", "3"]);
    let mut client = program.http2().await;
    let mut first = open(&mut client, &program, "/echo").await;
    let second = open(&mut client, &program, "/echo").await;
    let error = limit(client.open(&format!("ws://{}/echo", program.address))).await.unwrap_err();
    let Http2Error::Refused(response) = error else { panic!("{error}") };
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (503, &"5".parse().unwrap()));
    let answer = program.ask("GET /", "", "");
    assert!(answer.starts_with("HTTP/1.1 503 ") && field(&answer, "retry-after") == Some("5"), "{answer}");
    // requests have no place of their own
    assert_eq!(get(&client, &program, "/").await.status(), 200);
    says(&mut first, Message::text("here")).await;
    drop(second);
    let start = Instant::now();
    while let Err(error) = limit(client.open(&format!("ws://{}/echo", program.address))).await {
        assert!(matches!(error, Http2Error::Refused(_)) && start.elapsed() < GUARD, "{error}");
    }
}

/// What looks like HTTP/2 at first is a request of HTTP/1.1.
#[test]
fn the_first_bytes_tell_the_version() {
    let program = Program::start(&[]);
    for method in ["P", "PR", "PRI", "PRINT", "PUT"] {
        for pause in [false, true] {
            let mut stream = program.connect();
            let request = format!("{method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            for byte in request.as_bytes().chunks(if pause { 1 } else { 999 }) {
                stream.write_all(byte).unwrap();
                if pause {
                    std::thread::sleep(Duration::from_millis(2));
                }
            }
            let answer = common::read_all(&mut stream);
            assert!(answer.starts_with("HTTP/1.1 405 "), "{method}: {answer}");
        }
    }
    let mut stream = program.connect();
    for byte in b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".chunks(1) {
        stream.write_all(byte).unwrap();
        std::thread::sleep(Duration::from_millis(2));
    }
    let mut head = [0; 9];
    std::io::Read::read_exact(&mut stream, &mut head).unwrap();
    // its settings
    assert_eq!(head[3], 4);
}
