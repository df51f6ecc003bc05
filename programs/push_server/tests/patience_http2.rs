//! Clients of HTTP/2 that are silent or slow. These tests take as long as the program is patient.

mod common;

use axum::http::{Request, Response};
use bytes::Bytes;
use common::{GUARD, Program, text};
use h2::RecvStream;
use h2::client::SendRequest;
use h2::ext::Protocol;
use std::future::Future;
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use upframe_http::Message;

async fn limit<T>(future: impl Future<Output = T>) -> T {
    // these take longer than most
    tokio::time::timeout(GUARD * 2, future).await.unwrap()
}

/// A connection with small windows, and the task that drives it.
async fn connect(program: &Program) -> (SendRequest<Bytes>, tokio::task::JoinHandle<Result<(), h2::Error>>) {
    let stream = TcpStream::connect(&program.address).await.unwrap();
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(1000).initial_connection_window_size(1 << 20);
    let (send, connection) = limit(builder.handshake(stream)).await.unwrap();
    let driving = tokio::spawn(connection);
    // the settings of the server are known after its first answer
    let send = limit(send.ready()).await.unwrap();
    let (response, send) = get(send, program, "/healthz").await;
    assert_eq!(response.status(), 200);
    (send, driving)
}

async fn get(
    mut send: SendRequest<Bytes>,
    program: &Program,
    path: &str,
) -> (Response<RecvStream>, SendRequest<Bytes>) {
    let request = Request::get(format!("http://{}{path}", program.address)).body(()).unwrap();
    let response = limit(send.send_request(request, true).unwrap().0).await.unwrap();
    (response, limit(send.ready()).await.unwrap())
}

/// Opens a WebSocket whose frames the test reads itself.
async fn open(
    mut send: SendRequest<Bytes>,
    program: &Program,
    path: &str,
) -> (RecvStream, h2::SendStream<Bytes>, SendRequest<Bytes>) {
    let request = Request::builder().method("CONNECT").uri(format!("http://{}{path}", program.address));
    let mut request = request.header("sec-websocket-version", "13").body(()).unwrap();
    request.extensions_mut().insert(Protocol::from_static("websocket"));
    let (response, stream) = send.send_request(request, false).unwrap();
    let response = limit(response).await.unwrap();
    assert_eq!(response.status(), 200);
    (response.into_body(), stream, limit(send.ready()).await.unwrap())
}

/// Reads to the end of a stream, and returns what came, with the error if it was one.
async fn read(mut body: RecvStream) -> (Vec<u8>, Option<h2::Error>) {
    let mut all = Vec::new();
    while let Some(data) = limit(body.data()).await {
        match data {
            Ok(data) => {
                // it may be over by now
                let _ = body.flow_control().release_capacity(data.len());
                all.extend_from_slice(&data);
            }
            Err(error) => return (all, Some(error)),
        }
    }
    (all, None)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_ended() {
    let program = Program::start(&[]);
    let (send, driving) = connect(&program).await;
    let start = Instant::now();
    // it says good-bye, which is no error
    limit(driving).await.unwrap().unwrap();
    assert!(start.elapsed() > Duration::from_secs(15));
    drop(send);
}

/// One that sends nothing, and one that sends nothing more after its preface.
#[test]
fn a_silent_connection_is_cut() {
    let program = Program::start(&[]);
    let mut cut = Vec::new();
    for first in ["", "PRI * HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let mut stream = program.connect();
        stream.write_all(first.as_bytes()).unwrap();
        cut.push(std::thread::spawn(move || stream.read_to_end(&mut Vec::new())));
    }
    for cut in cut {
        cut.join().unwrap().unwrap();
    }
}

/// A long poll is a stream, and so is a WebSocket: their connections are not idle.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_waits_is_not_idle() {
    let program = Program::start(&[]);
    let (send, _polls) = connect(&program).await;
    let mut client = program.http2().await;
    let mut socket = limit(client.open(&format!("ws://{}/ws", program.address))).await.unwrap().0;
    let start = Instant::now();
    let (response, _send) = get(send, &program, "/long-poll").await;
    assert!(response.status() == 200 && start.elapsed() > Duration::from_secs(20));
    // the socket is read, and so answers Pings
    while start.elapsed() < Duration::from_secs(35) {
        let _ = tokio::time::timeout(Duration::from_secs(1), socket.next()).await;
    }
    program.publish("still here");
    while !text(&mut socket).await.contains("still here") {}
}

/// A client that reads nothing of an answer holds it in memory.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_reads_an_answer_is_cut() {
    let program = Program::start(&[]);
    let (send, driving) = connect(&program).await;
    // longer than what may wait in the server
    let (response, send) = get(send, &program, "/").await;
    let start = Instant::now();
    let _ = limit(driving).await.unwrap();
    assert!(start.elapsed() > Duration::from_secs(20), "{:?}", start.elapsed());
    drop((response, send));
}

/// A client that answers Pings, and never reads: news stop there, and then the socket ends. Others stay.
#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_that_is_never_read_is_cut_alone() {
    let program = Program::start(&[]);
    let (send, _driving) = connect(&program).await;
    let (unread, mut stream, send) = open(send, &program, "/ws").await;
    let (mut other, mut speaker, send) = open(send, &program, "/ws").await;
    // it shows that it lives
    let alive = tokio::spawn(async move {
        while stream.send_data(Bytes::from_static(&[0x8a, 0x80, 0, 0, 0, 0]), false).is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let long = "x".repeat(900);
    for _ in 0..300 {
        program.publish(&long);
    }
    let reading = tokio::spawn(async move {
        let mut got = 0;
        while let Some(Ok(data)) = other.data().await {
            other.flow_control().release_capacity(data.len()).unwrap();
            got += data.len();
            if data.ends_with(b"the last one\"}") {
                break;
            }
        }
        (got, other)
    });
    let until = Instant::now() + GUARD;
    while !program.counted_in_http2().contains("WebSockets 1 of 2") {
        assert!(Instant::now() < until, "{}", program.counted_in_http2());
        let _ = speaker.send_data(Bytes::from_static(&[0x8a, 0x80, 0, 0, 0, 0]), false);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    program.publish("the last one");
    let (got, _other) = limit(reading).await.unwrap();
    assert!(got > 270_000, "{got}");
    assert_eq!(get(send, &program, "/healthz").await.0.status(), 200);
    alive.abort();
    drop(unread);
}

/// A client that echoes nothing back is given up, so that it holds no memory for ever; another one goes on.
#[tokio::test(flavor = "multi_thread")]
async fn an_echo_that_is_never_read_is_cut_alone() {
    let program = Program::start(&["--ping", "1"]);
    let (send, _driving) = connect(&program).await;
    let (unread, mut stream, _send) = open(send, &program, "/echo").await;
    let written = Arc::new(AtomicUsize::new(0));
    let total = written.clone();
    // a message of 1 GiB, to be echoed
    stream.send_data(Bytes::from_static(b"\x82\xFF\0\0\0\0\x40\0\0\0\0\0\0\0"), false).unwrap();
    let start = Instant::now();
    let sending = tokio::spawn(async move {
        loop {
            stream.reserve_capacity(1 << 14);
            let Some(Ok(room)) = std::future::poll_fn(|cx| stream.poll_capacity(cx)).await else { return };
            stream.send_data(vec![0; room].into(), false).unwrap();
            // as much as all buffers on the way, and no more
            total.fetch_add(room, Ordering::SeqCst);
        }
    });
    // hyper keeps the stream, so the client does not see the end
    while !program.counted_in_http2().contains("WebSockets 0 of 1") {
        assert!(start.elapsed() < GUARD, "{}", program.counted_in_http2());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let written = written.load(Ordering::SeqCst);
    assert!(start.elapsed() > Duration::from_secs(10) && written < 1 << 20, "{written} bytes");
    sending.abort();
    let mut client = program.http2().await;
    let mut other = limit(client.open(&format!("ws://{}/echo", program.address))).await.unwrap().0;
    limit(other.send(Message::text("here"))).await.unwrap();
    assert_eq!(text(&mut other).await, "here");
    drop(unread);
}

/// A client that reads and answers nothing is cut, alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_listener_is_cut_alone() {
    let program = Program::start(&["--ping", "1"]);
    let (send, _driving) = connect(&program).await;
    let (dead, _stream, send) = open(send, &program, "/ws").await;
    let (all, _) = read(dead).await;
    assert!(all.windows(2).any(|bytes| bytes[0] == 0x89), "no Ping");
    assert_eq!(get(send, &program, "/healthz").await.0.status(), 200);
    let counted = program.counted_in_http2();
    assert!(counted.starts_with("connections 1 of 1, WebSockets 0 of 1"), "{counted}");
}
