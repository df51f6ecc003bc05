//! WebSockets on streams of HTTP/3 (RFC 9220), over QUIC on loopback: the codec judges and writes what `common/http3.rs`
//! carries.
#![cfg(feature = "hyper")]

mod common;
#[path = "common/http3.rs"]
mod http3;
#[path = "common/loopback.rs"]
mod loopback;
#[path = "common/streams.rs"]
mod streams;

use common::limit;
use http3::{Http3Client, Http3Stream, MESSAGE_ERROR, NotOpened, REQUEST_CANCELLED, answer, qpack, serve};
use loopback::endpoints;
use quinn::{Connection, ConnectionError as QuicError, Endpoint, ReadError, VarInt, WriteError};
use std::io::{self, ErrorKind};
use std::sync::Arc;
use streams::{closes, says, stops_its_sender_only};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, mpsc};
use upframe_http::upframe_tokio::Error as ConnectionError;
use upframe_http::{ClientRequest, Config, Deflate, EndOfStream, Failure, MalformedFields, Message, Uri};

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
    pair_with(true, Config::new()).await
}

async fn pair_with(enabled: bool, config: Config) -> Pair {
    let (server, client) = endpoints();
    let address = server.local_addr().unwrap();
    let (go, (report, ends)) = (Arc::new(Notify::new()), mpsc::unbounded_channel());
    let notice = go.clone();
    let accepting = server.clone();
    tokio::spawn(async move {
        let quic = accepting.accept().await.unwrap().await.unwrap();
        serve(quic, enabled, move |stream| echo(stream, config, notice.clone(), report.clone())).await;
    });
    let http3 = limit(Http3Client::connect(&client, address)).await.unwrap();
    Pair { client: http3, go, ends, _endpoints: (server, client) }
}

async fn echo(
    stream: Http3Stream,
    config: Config,
    go: Arc<Notify>,
    report: mpsc::UnboundedSender<Option<ConnectionError>>,
) {
    let Ok(Some((path, mut socket))) = answer(stream, config).await else { return };
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
    let pair = pair_with(false, Config::new()).await;
    let error = limit(pair.client.open(asked("wss://localhost/"), Config::new())).await.err().unwrap();
    assert!(matches!(error, NotOpened::NotEnabled), "{error:?}");
}

/// Returns a client of a server that does `task` with each request.
async fn client_of<F, T>(task: F) -> Http3Client
where
    F: Fn(Http3Stream) -> T + Send + 'static,
    T: Future<Output = ()> + Send + 'static,
{
    let (server, client) = endpoints();
    let address = server.local_addr().unwrap();
    tokio::spawn(async move {
        let quic = server.accept().await.unwrap().await.unwrap();
        serve(quic, true, task).await;
    });
    limit(Http3Client::connect(&client, address)).await.unwrap()
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
        let (report, mut codes) = mpsc::unbounded_channel();
        let client = client_of(move |mut stream: Http3Stream| {
            let report = report.clone();
            async move {
                stream.section().await.unwrap();
                let pairs = pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
                stream.send_section(pairs).await.unwrap();
                let error = stream.read_u8().await.unwrap_err();
                report.send(code(&error)).unwrap();
            }
        })
        .await;
        let error = limit(client.open(asked("wss://localhost/"), Config::new())).await.err().unwrap();
        let want = match (error, malformed) {
            (NotOpened::Failure(Failure::Subprotocol | Failure::Accept), None) => REQUEST_CANCELLED,
            (NotOpened::Malformed(problem), Some(want)) if problem == want => MESSAGE_ERROR,
            (error, _) => panic!("{pairs:?}: {error:?}"),
        };
        assert_eq!(limit(codes.recv()).await.unwrap(), Some(want), "{pairs:?}");
    }
}

/// A refusal is an ordinary response, which may have trailers (RFC 9114 §4.1). The connection goes on.
#[tokio::test]
async fn a_refusal_may_have_trailers() {
    let client = client_of(async |mut stream: Http3Stream| {
        stream.section().await.unwrap();
        stream.send_section([(&b":status"[..], &b"403"[..])].into_iter()).await.unwrap();
        stream.write_all(b"not here\n").await.unwrap();
        stream.send_section([(&b"x-checksum"[..], &b"1"[..])].into_iter()).await.unwrap();
        stream.shutdown().await.unwrap();
    })
    .await;
    for _ in 0..2 {
        match limit(client.open(asked("wss://localhost/"), Config::new())).await {
            Err(NotOpened::Refused(403, body)) => assert_eq!(body, "not here\n"),
            other => panic!("{:?}", other.err()),
        }
    }
}

/// Interim responses precede the final one.
#[tokio::test]
async fn an_interim_response_is_followed_by_the_final_one() {
    let client = client_of(async |mut stream: Http3Stream| {
        stream.section().await.unwrap();
        for status in ["103", "200"] {
            stream.send_section([(&b":status"[..], status.as_bytes())].into_iter()).await.unwrap();
        }
        let _ = stream.read_u8().await;
    })
    .await;
    open(&client, "wss://localhost/").await;
}

/// Frames may be cut anywhere, be empty, and have types that nobody knows.
#[tokio::test]
async fn data_frames_are_a_stream_of_bytes() {
    let pair = pair().await;
    let quic = &pair.client.quic;
    let (mut send, receive) = limit(quic.open_bi()).await.unwrap();
    let mut ours = Http3Stream::new(quic.clone(), quic.open_bi().await.unwrap().0, receive);
    // an unknown frame before the request
    let mut bytes = vec![0x21, 2, 7, 7];
    bytes.extend(request());
    // an empty DATA frame, an unknown frame, and the frame of a message in three DATA frames
    bytes.extend([0, 0, 0x21, 2, 7, 7, 0, 1, 0x81, 0, 5, 0x82, 0, 0, 0, 0, 0, 2, b'h', b'i']);
    for byte in bytes {
        limit(send.write_all(&[byte])).await.unwrap();
    }
    limit(ours.section()).await.unwrap();
    let mut got = [0; 4];
    limit(ours.read_exact(&mut got)).await.unwrap();
    assert_eq!(&got, b"\x81\x02hi");
}

/// The frame of a request for a WebSocket.
fn request() -> Vec<u8> {
    let section = qpack::write(GOOD.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())));
    let mut bytes = http3::header(1, section.len()).to_vec();
    bytes.extend(section);
    bytes
}

/// Other frames of HTTP/3 on the stream (RFC 9114 §4.1, §4.4), a frame that is cut off (§7.1), and a field section that
/// cannot be read (RFC 9204 §2.2) are errors of the connection.
#[tokio::test]
async fn wrong_frames_end_the_connection() {
    let opened = |more: &[u8]| [&request()[..], more].concat();
    for (bytes, end, want) in [
        // a field section after the first one, and a frame of the control stream
        (opened(&[1, 0]), false, http3::FRAME_UNEXPECTED),
        (opened(&[4, 0]), false, http3::FRAME_UNEXPECTED),
        // DATA before the request
        (vec![0, 1, 0], false, http3::FRAME_UNEXPECTED),
        (opened(&[0, 2, 0x81]), true, http3::FRAME_ERROR),
        (opened(&[0]), true, http3::FRAME_ERROR),
        (request()[..9].to_vec(), true, http3::FRAME_ERROR),
        // it names an entry of a dynamic table
        (vec![1, 3, 1, 0, 0x80], false, http3::DECOMPRESSION_FAILED),
        (vec![1, 1, 0], false, http3::DECOMPRESSION_FAILED),
    ] {
        let pair = pair().await;
        let (mut send, _receive) = limit(pair.client.quic.open_bi()).await.unwrap();
        limit(send.write_all(&bytes)).await.unwrap();
        if end {
            send.finish().unwrap();
        }
        assert_eq!(limit(ended(&pair.client.quic)).await, Some(want), "{bytes:?}");
    }
}

/// The code with which the peer has ended the connection.
async fn ended(quic: &Connection) -> Option<VarInt> {
    match quic.closed().await {
        QuicError::ApplicationClosed(close) => VarInt::from_u64(close.error_code.into_inner()).ok(),
        _ => None,
    }
}

/// A stream that ends before the request (RFC 9114 §4.1), and a request that is too long for the server.
#[tokio::test]
async fn a_request_that_never_comes_resets_its_stream_only() {
    let pair = pair().await;
    let mut kept = open(&pair.client, "wss://localhost/").await;
    for (bytes, want) in [(&[][..], http3::REQUEST_INCOMPLETE), (&[1, 0x80, 1, 0, 0], http3::EXCESSIVE_LOAD)] {
        let (mut send, mut receive) = limit(pair.client.quic.open_bi()).await.unwrap();
        limit(send.write_all(bytes)).await.unwrap();
        send.finish().unwrap();
        let error = limit(receive.read_to_end(1)).await.unwrap_err();
        let quinn::ReadToEndError::Read(ReadError::Reset(code)) = error else { panic!("{error:?}") };
        assert_eq!(code, want);
        says(&mut kept, Message::text("still here")).await;
    }
}

#[tokio::test]
async fn one_option_of_either_end_turns_on_compression() {
    let on = Config::new().with_deflate(Deflate::DEFAULT);
    for (server, client, agreed) in [(on, on, true), (on, Config::new(), false), (Config::new(), on, false)] {
        let mut pair = pair_with(true, server).await;
        let mut socket = limit(pair.client.open(asked("wss://localhost/"), client)).await.unwrap();
        assert_eq!(socket.deflate_params().is_some(), agreed);
        for text in ["Hello, again and again. ".repeat(500), "?".into(), "Hello, again and again. ".repeat(3)] {
            says(&mut socket, Message::text(text)).await;
        }
        says(&mut socket, Message::Binary(vec![7; 1 << 20].into())).await;
        closes(socket).await;
        assert!(limit(pair.ends.recv()).await.unwrap().is_none());
    }
}

/// What pylsqpack 1.0.0 writes: names and values of the static table, Huffman codes where they are shorter, and bytes
/// that no text has.
#[test]
fn field_sections_of_another_encoder_are_read() {
    let section =
        b"\x00\x00\xcf/\x00\xb9]\x87I\xc8z?\x87\xf0X\xd0ru*\x7fQ\x88`\x93\x8d?\xe7\x98=\x7f/\x08AH\xb7\x82\xc6\x83\
        \x93\xa9R\xb7r\xd8\x83\x1e\xaf\x0213!x\x02\xff\x00";
    let want: [(&[u8], &[u8]); 5] = [
        (b":method", b"CONNECT"),
        (b":protocol", b"websocket"),
        (b":path", b"/chat?x=y"),
        (b"sec-websocket-version", b"13"),
        (b"x", b"\xff\x00"),
    ];
    let got = qpack::read(section).unwrap();
    assert_eq!(got.iter().map(|(name, value)| (&name[..], &value[..])).collect::<Vec<_>>(), want);
    for end in 2..section.len() {
        if let Some(part) = qpack::read(&section[..end]) {
            assert!(got.starts_with(&part), "{end}");
        }
    }
    assert_eq!(qpack::read(&qpack::write(want.into_iter())).unwrap(), got);
}

/// Why the streams of requests are not those of `h3`.
#[test]
fn the_crate_h3_does_not_know_the_protocol() {
    assert!("websocket".parse::<h3::ext::Protocol>().is_err());
    assert!("connect-udp".parse::<h3::ext::Protocol>().is_ok());
}
