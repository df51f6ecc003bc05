//! Against tokio-tungstenite, in both roles, in the same process.

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Theirs;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode as TheirCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame as TheirFrame, Frame};
use upframe_tokio::{Bytes, CloseCode, CloseFrame, Message, WebSocket, accept, client};

const LENS: [usize; 11] = [0, 1, 125, 126, 127, 65_535, 65_536, 100_000, 1 << 20, 3 << 20, 16 << 20];
/// Through a small pipe, shorter ones.
const SHORT: usize = 100_000;

fn text(len: usize) -> String {
    let mut text = "grüß€𝄞".repeat(len / 13);
    text.extend(std::iter::repeat_n('x', len - text.len()));
    text
}

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8).collect()
}

/// Our end echoes, whole messages or pieces. Pieces need two tasks: their end sends a whole message before it reads.
async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut ws: WebSocket<S>, pieces: bool) -> Option<CloseFrame> {
    if pieces {
        let (mut writer, mut reader) = ws.split();
        let (queue, mut queued) = tokio::sync::mpsc::unbounded_channel();
        let read = async move {
            while let Some(piece) = reader.next_piece().await {
                queue.send(piece.unwrap()).unwrap();
            }
            reader.close_frame()
        };
        let write = async {
            while let Some(piece) = queued.recv().await {
                writer.send_piece(piece).await.unwrap();
            }
        };
        tokio::join!(read, write).0
    } else {
        while let Some(message) = ws.next().await {
            let message = message.unwrap();
            if message.is_data() {
                ws.send(message).await.unwrap();
            }
        }
        ws.close_frame()
    }
}

/// Their end sends everything, and checks what comes back.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(mut ws: WebSocketStream<S>, longest: usize) {
    for len in LENS.into_iter().filter(|len| *len <= longest) {
        for message in [Theirs::text(text(len)), Theirs::binary(bytes(len))] {
            ws.send(message.clone()).await.unwrap();
            assert!(ws.next().await.unwrap().unwrap() == message, "{len}");
        }
        // fragments, with a Ping between them
        let halves = bytes(len);
        let (first, last) = halves.split_at(len / 2);
        let frame = |bytes: &[u8], code, last| Frame::message(bytes.to_vec(), OpCode::Data(code), last);
        ws.feed(Theirs::Frame(frame(first, Data::Binary, false))).await.unwrap();
        ws.feed(Theirs::Ping(Bytes::from_static(b"between"))).await.unwrap();
        ws.feed(Theirs::Frame(frame(last, Data::Continue, true))).await.unwrap();
        ws.flush().await.unwrap();
        let (mut whole, mut pongs) = (None, 0);
        while whole.is_none() || pongs == 0 {
            match ws.next().await.unwrap().unwrap() {
                Theirs::Pong(payload) => {
                    assert_eq!(&payload[..], b"between");
                    pongs += 1;
                }
                message => whole = Some(message),
            }
        }
        assert!(whole == Some(Theirs::binary(halves)), "{len}");
    }
    let frame = TheirFrame { code: TheirCode::from(4001), reason: "bye".into() };
    ws.close(Some(frame.clone())).await.unwrap();
    assert_eq!(ws.next().await.unwrap().unwrap(), Theirs::Close(Some(frame)));
    assert!(ws.next().await.is_none());
}

#[tokio::test]
async fn our_server_and_their_client() {
    for (room, longest, pieces) in
        [(7, 1000, false), (64, SHORT, true), (1 << 20, 16 << 20, false), (1 << 20, 16 << 20, true)]
    {
        let (here, there) = tokio::io::duplex(room);
        let server = async { echo(accept(there).await.unwrap(), pieces).await };
        let client = async {
            let (ws, _) = tokio_tungstenite::client_async("ws://localhost/", here).await.unwrap();
            talk(ws, longest).await;
        };
        let (close, ()) = tokio::join!(server, client);
        assert_eq!(close.unwrap().to_string(), "4001 bye");
    }
}

#[tokio::test]
async fn our_client_and_their_server() {
    for (room, longest, pieces) in
        [(7, 1000, false), (64, SHORT, true), (1 << 20, 16 << 20, false), (1 << 20, 16 << 20, true)]
    {
        let (here, there) = tokio::io::duplex(room);
        let server = async { talk(tokio_tungstenite::accept_async(there).await.unwrap(), longest).await };
        let client = async { echo(client("ws://localhost/", here).await.unwrap().0, pieces).await };
        let ((), close) = tokio::join!(server, client);
        assert_eq!(close.unwrap().to_string(), "4001 bye");
    }
}

/// We close, with a code and a reason, over TCP.
#[tokio::test]
async fn we_close_and_they_answer() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let frame = TheirFrame { code: TheirCode::Away, reason: "restart".into() };
    for we_serve in [false, true] {
        let here = async {
            let mut ws = if we_serve {
                accept(listener.accept().await.unwrap().0).await.unwrap()
            } else {
                upframe_tokio::connect(&format!("ws://{address}/")).await.unwrap().0
            };
            ws.feed(Message::text("news")).await.unwrap();
            ws.close(CloseCode::GOING_AWAY, "restart").await.unwrap();
            assert_eq!(ws.close_code(), Some(CloseCode::GOING_AWAY));
        };
        let there = async {
            let mut seen = vec![];
            if we_serve {
                let (mut ws, _) = tokio_tungstenite::connect_async(format!("ws://{address}/")).await.unwrap();
                while let Some(message) = ws.next().await {
                    seen.push(message.unwrap());
                }
            } else {
                let mut ws = tokio_tungstenite::accept_async(listener.accept().await.unwrap().0).await.unwrap();
                while let Some(message) = ws.next().await {
                    seen.push(message.unwrap());
                }
            }
            seen
        };
        let ((), seen) = tokio::join!(here, there);
        assert_eq!(seen, [Theirs::text("news"), Theirs::Close(Some(frame.clone()))]);
    }
}

/// The adapters of futures-util, with which programs are written that move to this crate.
#[tokio::test]
async fn a_stream_is_forwarded_to_a_sink_and_split_by_others() {
    let (here, there) = tokio::io::duplex(64);
    let server = async {
        let ws = accept(there).await.unwrap();
        // the adapter's halves, not ours
        let (sink, stream) = StreamExt::split(ws);
        stream.take(50).forward(sink).await.unwrap();
    };
    let client = async {
        let (mut ws, _) = tokio_tungstenite::client_async("ws://localhost/", here).await.unwrap();
        for i in 0..50 {
            ws.send(Theirs::text(format!("{i}"))).await.unwrap();
            assert_eq!(ws.next().await.unwrap().unwrap(), Theirs::text(format!("{i}")));
        }
        // the end of the sink is a Close
        assert!(ws.next().await.unwrap().unwrap().is_close());
    };
    tokio::join!(server, client);
}
