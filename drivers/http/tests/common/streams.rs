//! What WebSockets do alike on streams of HTTP/2 and of HTTP/3, with a server that echoes.

use super::common::limit;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use upframe_http::{CloseCode, Message};
use upframe_tokio::WebSocket;

pub async fn says<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut WebSocket<S>, message: Message) {
    limit(socket.send(message.clone())).await.unwrap();
    assert_eq!(limit(socket.next()).await.unwrap().unwrap(), message);
}

pub async fn closes<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocket<S>) {
    limit(socket.close(CloseCode::GOING_AWAY, "bye")).await.unwrap();
    // the echo answers with the same code and reason
    let frame = socket.close_frame().unwrap();
    assert_eq!((frame.code, &frame.reason[..]), (CloseCode::GOING_AWAY, "bye"));
    assert!(limit(socket.next()).await.is_none());
}

/// The server does not read `stalled` before it is notified: its sender stops, within the windows. The other one goes on,
/// with more than all windows hold.
pub async fn stops_its_sender_only<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stalled: WebSocket<S>,
    mut other: WebSocket<S>,
    go: &Notify,
) {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = sent.clone();
    let sender = tokio::spawn(async move {
        let (mut writer, mut reader) = stalled.split();
        let sends = async {
            for _ in 0..40 {
                writer.send(Message::Binary(vec![1; 10_000].into())).await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
            }
        };
        let reads = async {
            for _ in 0..40 {
                assert_eq!(reader.next().await.unwrap().unwrap(), Message::Binary(vec![1; 10_000].into()));
            }
        };
        tokio::join!(sends, reads);
    });
    // 2 MB each way on the other socket
    for _ in 0..200 {
        says(&mut other, Message::Binary(vec![2; 10_000].into())).await;
    }
    let before = sent.load(Ordering::SeqCst);
    // the window of a stream is 64 KiB, and 64 KiB may wait in the driver
    assert!(before < 20, "{before} messages were sent to a reader that does not read");
    go.notify_one();
    limit(sender).await.unwrap();
    assert_eq!(sent.load(Ordering::SeqCst), 40);
    closes(other).await;
}
