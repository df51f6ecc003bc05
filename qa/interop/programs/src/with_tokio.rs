//! On `upframe-tokio`.

use crate::tls::{Listener, Stream, connected};
use crate::{Asked, Failure, close_asked, tcp, told};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use upframe_tokio::{ClientRequest, Config, Error, Incoming, ServerOptions, Uri, WebSocket, client_with};

/// Sends back what comes until the connection is closed.
pub async fn echo<S: AsyncRead + AsyncWrite + Unpin>(websocket: &mut WebSocket<S>) -> Result<(), Error> {
    while let Some(message) = websocket.next().await {
        let message = message?;
        if let Some((code, reason)) = close_asked(message.to_text()) {
            return websocket.close(code, reason).await;
        }
        if message.is_data() {
            websocket.send(message).await?;
        }
    }
    Ok(())
}

async fn serve(stream: Stream, config: Config) -> Result<(), Error> {
    echo(&mut Incoming::receive(stream, ServerOptions::new(), config).await?.accept().await?).await
}

pub async fn server(asked: &Asked) -> Result<(), Failure> {
    let mut config = Config::new().with_limits(asked.limits);
    config.deflate = asked.deflate;
    let mut listener = Listener::open(&asked.tls).await?;
    loop {
        let (stream, _) = listener.next().await;
        tokio::spawn(async move { told(serve(stream, config).await) });
    }
}

pub async fn client(asked: Arc<Asked>) -> Result<(), Failure> {
    let mut config = Config::new().with_limits(asked.limits);
    config.deflate = asked.deflate;
    let uri = Uri::parse(&asked.url)?;
    let stream = connected(&asked.tls, uri.is_secure(), uri.host(), tcp(&uri).await?).await?;
    let (mut websocket, _) = client_with(ClientRequest::new(uri), stream, config).await?;
    Ok(echo(&mut websocket).await?)
}
