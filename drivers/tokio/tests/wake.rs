//! A transport that is ready again before its writer waits: no wake-up may be lost.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use tokio::time::timeout;
use upframe_tokio::{CloseCode, Config, Message, Role, WebSocket};

/// A pipe that refuses every other write, and wakes the writer before it has refused.
struct Hesitant {
    pipe: DuplexStream,
    refuses: bool,
}

impl Hesitant {
    fn turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.refuses = !self.refuses;
        if self.refuses {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

impl AsyncRead for Hesitant {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_read(cx, buf)
    }
}

impl AsyncWrite for Hesitant {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        std::task::ready!(self.turn(cx));
        let few = bytes.get(..3).unwrap_or(bytes);
        Pin::new(&mut self.pipe).poll_write(cx, few)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        std::task::ready!(self.turn(cx));
        Pin::new(&mut self.pipe).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        std::task::ready!(self.turn(cx));
        Pin::new(&mut self.pipe).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn a_transport_that_wakes_before_it_refuses_delays_nothing() {
    let talk = async {
        let (here, there) = duplex(1024);
        let mut client = WebSocket::new(Hesitant { pipe: here, refuses: false }, Role::Client, Config::new());
        let (mut writer, mut reader) =
            WebSocket::new(Hesitant { pipe: there, refuses: true }, Role::Server, Config::new()).split();
        let server = tokio::spawn(async move {
            while let Some(message) = reader.next().await {
                let message = message.unwrap();
                if message.is_data() {
                    writer.send(message).await.unwrap();
                }
            }
        });
        for text in ["Hello", "", "a message that needs many writes, of three bytes each"] {
            client.send(Message::text(text)).await.unwrap();
            assert_eq!(client.next().await.unwrap().unwrap(), Message::text(text));
            client.send(Message::Ping("?".into())).await.unwrap();
            assert_eq!(client.next().await.unwrap().unwrap(), Message::Pong("?".into()));
        }
        client.close(CloseCode::NORMAL, "").await.unwrap();
        server.await.unwrap();
    };
    timeout(Duration::from_secs(60), talk).await.expect("a wake-up was lost");
}
