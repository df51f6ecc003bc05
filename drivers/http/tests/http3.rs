//! WebSockets on streams of HTTP/3 (RFC 9220), over QUIC on loopback: the codec judges and writes what `common/http3.rs`
//! carries.
#![cfg(feature = "hyper")]

mod common;
#[path = "common/http3.rs"]
mod http3;
#[path = "common/streams.rs"]
mod streams;

use common::limit;
use http3::{Http3Client, Http3Stream, MESSAGE_ERROR, NotOpened, REQUEST_CANCELLED, answer, endpoints, serve};
use quinn::{Endpoint, ReadError, VarInt, WriteError};
use std::io::{self, ErrorKind};
use std::sync::Arc;
use streams::{closes, says, stops_its_sender_only};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, mpsc};
use upframe_http::upframe_tokio::Error as ConnectionError;
use upframe_http::{ClientRequest, Config, EndOfStream, Failure, MalformedFields, Message, Uri};

type Socket = upframe_tokio::WebSocket<Http3Stream>;
type Ends = mpsc::UnboundedReceiver<Option<ConnectionError>>;

/// A client, and a server that echoes, except on `/stalled`, which is read after a notice only. The ends of its
/// WebSockets are reported: without an error after a closing handshake.
struct Pair {
    client: Http3Client,
    go: Arc<Notify>,
    ends: Ends,
    _endpoints: (Endpoint, Endpoint),
}

async fn pair() -> Pair {
    pair_with(true).await
}

async fn pair_with(enabled: bool) -> Pair {
    let (server, client) = endpoints();
    let address = server.local_addr().unwrap();
    let (go, (report, ends)) = (Arc::new(Notify::new()), mpsc::unbounded_channel());
    let notice = go.clone();
    let accepting = server.clone();
    tokio::spawn(async move {
        let quic = accepting.accept().await.unwrap().await.unwrap();
        serve(quic, enabled, move |stream| echo(stream, notice.clone(), report.clone())).await;
    });
    let http3 = limit(Http3Client::connect(&client, address)).await;
    Pair { client: http3, go, ends, _endpoints: (server, client) }
}

async fn echo(stream: Http3Stream, go: Arc<Notify>, report: mpsc::UnboundedSender<Option<ConnectionError>>) {
    let Ok(Some((path, mut socket))) = answer(stream, Config::new()).await else { return };
    if path == "/stalled" {
        go.notified().await;
    }
    let mut end = None;
    while let Some(message) = socket.next().await {
        match message {
            Ok(message) if message.is_data() => {
                if let Err(error) = socket.send(message).await {
                    end = Some(error);
                    break;
                }
            }
            Ok(_) => {}
            Err(error) => end = Some(error),
        }
    }
    let _ = report.send(end);
}

fn asked(uri: &str) -> ClientRequest<'_> {
    ClientRequest::new(Uri::parse(uri).unwrap())
}

async fn open(client: &Http3Client, uri: &str) -> Socket {
    limit(client.open(asked(uri), Config::new())).await.unwrap()
}

#[tokio::test]
async fn messages_of_all_sizes_go_both_ways_and_the_close_has_its_code() {
    let mut pair = pair().await;
    let asked = asked("wss://localhost/chat?x=y").with_subprotocols(&["chat"]);
    let mut socket = limit(pair.client.open(asked, Config::new())).await.unwrap();
    assert_eq!(socket.subprotocol(), Some("chat"));
    for len in [0, 1, 125, 126, 65_535, 65_536, 1 << 20] {
        says(&mut socket, Message::Binary(vec![7; len].into())).await;
    }
    says(&mut socket, Message::text("Grüße")).await;
    says(&mut socket, Message::text("ü".repeat(1 << 19))).await;
    closes(socket).await;
    assert!(limit(pair.ends.recv()).await.unwrap().is_none());
}

#[tokio::test]
async fn many_websockets_and_pages_share_one_connection() {
    let pair = pair().await;
    let mut sockets = Vec::new();
    for _ in 0..20 {
        sockets.push(open(&pair.client, "wss://localhost/").await);
    }
    let page = [(":method", "GET"), (":scheme", "https"), (":path", "/page"), (":authority", "localhost")];
    for round in 0..3 {
        for (i, socket) in sockets.iter_mut().enumerate() {
            says(socket, Message::text(format!("{round} {i}"))).await;
        }
        assert_eq!(limit(pair.client.fetch(&page)).await.unwrap(), ("200".into(), "page".into()));
    }
    for socket in sockets {
        closes(socket).await;
    }
}

#[tokio::test]
async fn a_reader_that_stalls_stops_its_sender_and_nobody_else() {
    let pair = pair().await;
    let stalled = open(&pair.client, "wss://localhost/stalled").await;
    let other = open(&pair.client, "wss://localhost/").await;
    stops_its_sender_only(stalled, other, &pair.go).await;
}

/// RFC 9220 §3: FIN is EOF, with or without a Close before it.
#[tokio::test]
async fn the_end_of_the_stream_is_the_end_of_the_transport() {
    let mut pair = pair().await;
    let mut raw = ask(&pair.client, &GOOD).await;
    limit(raw.shutdown()).await.unwrap();
    let end = limit(pair.ends.recv()).await.unwrap().unwrap();
    assert!(matches!(end, ConnectionError::Ended(EndOfStream::WithoutClose)), "{end:?}");
    // in the middle of a frame of WebSocket
    let mut raw = ask(&pair.client, &GOOD).await;
    limit(raw.write_all(&[0x81, 0x85, 0, 0])).await.unwrap();
    limit(raw.shutdown()).await.unwrap();
    let end = limit(pair.ends.recv()).await.unwrap().unwrap();
    assert!(matches!(end, ConnectionError::Ended(EndOfStream::InFrame)), "{end:?}");
    // after a Close, the server sends its own, and FIN
    let mut raw = ask(&pair.client, &GOOD).await;
    limit(raw.write_all(&[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE9])).await.unwrap();
    let mut rest = Vec::new();
    limit(raw.read_to_end(&mut rest)).await.unwrap();
    assert_eq!(rest[rest.len() - 4..], [0x88, 2, 0x03, 0xE9]);
    assert!(limit(pair.ends.recv()).await.unwrap().is_none());
}

/// RFC 9220 §3: a drop is not an orderly end. The peer sees a reset with H3_REQUEST_CANCELLED, and so a broken
/// transport; the connection goes on.
#[tokio::test]
async fn a_dropped_websocket_resets_its_stream_only() {
    let mut pair = pair().await;
    let mut dropped = open(&pair.client, "wss://localhost/").await;
    let kept = open(&pair.client, "wss://localhost/").await;
    says(&mut dropped, Message::text("x")).await;
    drop(dropped);
    let end = limit(pair.ends.recv()).await.unwrap().unwrap();
    let ConnectionError::Io(error) = end else { panic!("{end:?}") };
    assert_eq!((error.kind(), code(&error)), (ErrorKind::ConnectionReset, Some(REQUEST_CANCELLED)));
    closes(kept).await;
    assert!(limit(pair.ends.recv()).await.unwrap().is_none());
}

/// The code of a reset.
fn code(error: &io::Error) -> Option<VarInt> {
    let error = error.get_ref()?;
    match error.downcast_ref::<ReadError>() {
        Some(ReadError::Reset(code)) => Some(*code),
        _ => match error.downcast_ref::<WriteError>() {
            Some(WriteError::Stopped(code)) => Some(*code),
            _ => None,
        },
    }
}

const GOOD: [(&str, &str); 6] = [
    (":method", "CONNECT"),
    (":protocol", "websocket"),
    (":scheme", "https"),
    (":path", "/"),
    (":authority", "localhost"),
    ("sec-websocket-version", "13"),
];

async fn ask(client: &Http3Client, pairs: &[(&str, &str)]) -> Http3Stream {
    let pairs = pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let mut stream = limit(client.ask(pairs)).await.unwrap();
    limit(stream.section()).await.unwrap();
    stream
}

#[tokio::test]
async fn refusals_have_their_status_and_text() {
    let pair = pair().await;
    let evil = asked("wss://localhost/").with_origin("https://evil.test");
    match limit(pair.client.open(evil, Config::new())).await {
        Err(NotOpened::Refused(403, body)) => assert_eq!(body, "origin is not allowed\n"),
        other => panic!("{:?}", other.err()),
    }
    let replaced = |at: usize, value| {
        let mut pairs = GOOD;
        pairs[at].1 = value;
        pairs
    };
    for (pairs, status) in [
        (replaced(5, "8"), "400"),
        // another protocol is not implemented (RFC 9220 §3)
        (replaced(1, "connect-udp"), "501"),
        (replaced(2, "wss"), "400"),
        (replaced(4, "user@localhost"), "400"),
    ] {
        assert_eq!(limit(pair.client.fetch(&pairs)).await.unwrap().0, status, "{pairs:?}");
    }
}

#[tokio::test]
async fn a_malformed_request_resets_its_stream_with_message_error() {
    let pair = pair().await;
    let mut kept = open(&pair.client, "wss://localhost/").await;
    for bad in [("connection", "upgrade"), ("Origin", "https://a"), (":path", "/"), ("host", "other"), ("x", " y")] {
        let mut pairs = GOOD.to_vec();
        pairs.push(bad);
        let error = limit(pair.client.fetch(&pairs)).await.unwrap_err();
        assert_eq!(code(&error), Some(MESSAGE_ERROR), "{bad:?}: {error:?}");
        says(&mut kept, Message::text("still here")).await;
    }
    closes(kept).await;
}

#[tokio::test]
async fn a_client_does_not_ask_a_server_that_has_not_enabled_it() {
    let pair = pair_with(false).await;
    let error = limit(pair.client.open(asked("wss://localhost/"), Config::new())).await.err().unwrap();
    assert!(matches!(error, NotOpened::NotEnabled), "{error:?}");
}

/// A response that breaks a rule of WebSocket is cancelled, and one that is malformed is a message error.
#[tokio::test]
async fn a_response_that_breaks_a_rule_resets_the_stream() {
    for (pairs, malformed) in [
        (&[(":status", "200"), ("sec-websocket-protocol", "other")][..], None),
        (&[(":status", "200"), ("sec-websocket-accept", "x")], None),
        (&[(":status", "101")], Some(MalformedFields::Status)),
        (&[(":status", "200"), ("upgrade", "websocket")], Some(MalformedFields::ConnectionField)),
    ] {
        let (server, client) = endpoints();
        let address = server.local_addr().unwrap();
        let (report, mut codes) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let quic = server.accept().await.unwrap().await.unwrap();
            let task = move |mut stream: Http3Stream| {
                let report = report.clone();
                async move {
                    stream.section().await.unwrap();
                    let pairs = pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
                    stream.send_section(pairs).await.unwrap();
                    let error = stream.read_u8().await.unwrap_err();
                    report.send(code(&error)).unwrap();
                }
            };
            serve(quic, true, task).await;
        });
        let client = limit(Http3Client::connect(&client, address)).await;
        let error = limit(client.open(asked("wss://localhost/"), Config::new())).await.err().unwrap();
        let want = match (error, malformed) {
            (NotOpened::Failure(Failure::Subprotocol | Failure::Accept), None) => REQUEST_CANCELLED,
            (NotOpened::Malformed(problem), Some(want)) if problem == want => MESSAGE_ERROR,
            (error, _) => panic!("{pairs:?}: {error:?}"),
        };
        assert_eq!(limit(codes.recv()).await.unwrap(), Some(want), "{pairs:?}");
    }
}

/// Interim responses precede the final one.
#[tokio::test]
async fn an_interim_response_is_followed_by_the_final_one() {
    let (server, client) = endpoints();
    let address = server.local_addr().unwrap();
    tokio::spawn(async move {
        let quic = server.accept().await.unwrap().await.unwrap();
        let task = async |mut stream: Http3Stream| {
            stream.section().await.unwrap();
            for status in ["103", "200"] {
                stream.send_section([(&b":status"[..], status.as_bytes())].into_iter()).await.unwrap();
            }
            let _ = stream.read_u8().await;
        };
        serve(quic, true, task).await;
    });
    let client = limit(Http3Client::connect(&client, address)).await;
    open(&client, "wss://localhost/").await;
}

/// Frames may be cut anywhere, be empty, and have types that nobody knows; any other type that is known is an error.
#[tokio::test]
async fn data_frames_are_a_stream_of_bytes() {
    let pair = pair().await;
    let (mut send, receive) = limit(pair.client.quic.open_bi()).await.unwrap();
    let mut ours = Http3Stream::new(pair.client.quic.open_bi().await.unwrap().0, receive);
    let section = http3::section(GOOD.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())));
    let mut bytes = http3::header(1, section.len()).to_vec();
    bytes.extend(section);
    // an empty DATA frame, an unknown frame, and the frame of a message in three DATA frames
    bytes.extend([0, 0, 0x21, 2, 7, 7, 0, 1, 0x81, 0, 5, 0x82, 0, 0, 0, 0, 0, 2, b'h', b'i']);
    for byte in bytes {
        limit(send.write_all(&[byte])).await.unwrap();
    }
    limit(ours.section()).await.unwrap();
    let mut got = [0; 4];
    limit(ours.read_exact(&mut got)).await.unwrap();
    assert_eq!(&got, b"\x81\x02hi");
    // a field section after the first one is unexpected (RFC 9114 §4.4)
    limit(send.write_all(&[1, 0])).await.unwrap();
    let error = limit(ours.read_u8()).await.unwrap_err();
    assert_eq!(code(&error), Some(http3::FRAME_UNEXPECTED), "{error:?}");
}

/// Why the streams of requests are not those of `h3`.
#[test]
fn the_crate_h3_does_not_know_the_protocol() {
    assert!("websocket".parse::<h3::ext::Protocol>().is_err());
    assert!("connect-udp".parse::<h3::ext::Protocol>().is_ok());
}
