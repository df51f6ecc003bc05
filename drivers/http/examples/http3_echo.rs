//! Echo over HTTP/3 (RFC 9220), client and server in one program: `http3_echo [TEXT]…`.
//!
//! The streams of requests are those of `tests/common/http3.rs`: see there why.

#[path = "../tests/common/http3.rs"]
mod http3;
#[path = "../tests/common/loopback.rs"]
mod loopback;

use http3::{Http3Client, answer, serve};
use loopback::endpoints;
use upframe_http::{ClientRequest, CloseCode, Config, Message, Uri};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (server, client) = endpoints();
    let address = server.local_addr()?;
    tokio::spawn(async move {
        while let Some(incoming) = server.accept().await {
            let Ok(quic) = incoming.await else { continue };
            tokio::spawn(serve(quic, true, async |stream| {
                let Ok(Some((path, mut socket))) = answer(stream, Config::new()).await else { return };
                println!("server: a WebSocket on {path}");
                while let Some(Ok(message)) = socket.next().await {
                    if message.is_data() && socket.send(message).await.is_err() {
                        return;
                    }
                }
                println!("server: closed with {:?}", socket.close_frame());
            }));
        }
    });

    let client = Http3Client::connect(&client, address).await?;
    let uri = format!("wss://localhost:{}/echo", address.port());
    let asked = ClientRequest::new(Uri::parse(&uri)?);
    let mut socket = client.open(asked, Config::new()).await?;
    let mut texts: Vec<_> = std::env::args().skip(1).collect();
    if texts.is_empty() {
        texts.push("Hello over HTTP/3".into());
    }
    for text in texts {
        socket.send(Message::text(text)).await?;
        println!("client: {:?}", socket.next().await.ok_or("closed")??);
    }
    socket.close(CloseCode::NORMAL, "bye").await?;
    Ok(())
}
