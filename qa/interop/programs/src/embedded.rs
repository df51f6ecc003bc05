//! On `upframe-embedded`, over streams of tokio. Messages are longer than the buffers: they pass in pieces.

use crate::tls::{Listener, Stream, connected};
use crate::{Asked, Failure, close_asked, tcp, told};
use embedded_io_adapters::tokio_1::FromTokio;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use upframe_embedded::{
    ClientRequest, Clock, Config, Decision, Entropy, Error, Fragment, NoEntropy, ServerOptions, Uri, WebSocket,
    accept_with, client_with,
};

/// The time since the start.
#[derive(Clone, Copy)]
struct SystemClock(Instant);

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
    async fn wait_until(&self, time: Duration) {
        tokio::time::sleep_until((self.0 + time).into()).await;
    }
}

fn random(bytes: &mut [u8]) -> Result<(), NoEntropy> {
    getrandom::fill(bytes).map_err(|_| NoEntropy)
}

type Result<T, E = Error<std::io::Error>> = std::result::Result<T, E>;

async fn echo<E: Entropy>(mut websocket: WebSocket<'_, FromTokio<Stream>, SystemClock, E>) -> Result<()> {
    let mut piece_of_it = Vec::new();
    while let Some(piece) = websocket.next_piece().await {
        let piece = piece?;
        piece_of_it.clear();
        piece_of_it.extend_from_slice(piece.as_bytes());
        let (is_text, place) = (piece.to_text().is_some(), piece.place());
        if let Some((code, reason)) = close_asked(str::from_utf8(&piece_of_it).ok()) {
            websocket.close(code, reason).await?;
            break;
        }
        let fragment = match str::from_utf8(&piece_of_it) {
            Ok(text) if is_text => Fragment::text(text),
            _ => Fragment::binary(&piece_of_it),
        };
        websocket.send(fragment.at(place)).await?;
    }
    // closes the sending side, so that the peer surely gets the Close
    let _ = websocket.into_inner().into_inner().shutdown().await;
    Ok(())
}

async fn serve(stream: Stream, config: Config) -> Result<()> {
    let (mut receive, mut send) = (vec![0; 16_384], vec![0; 16_384 + 14]);
    let clock = SystemClock(Instant::now());
    let options = ServerOptions::new();
    let stream = FromTokio::new(stream);
    echo(accept_with(stream, clock, &mut receive, &mut send, options, config, |_| Decision::Accept(&[])).await?).await
}

pub async fn server(asked: &Asked) -> Result<(), Failure> {
    let config = Config::new().with_limits(asked.limits);
    let mut listener = Listener::open(&asked.tls).await?;
    loop {
        let (stream, _) = listener.next().await;
        tokio::spawn(async move { told(serve(stream, config).await) });
    }
}

pub async fn client(asked: Arc<Asked>) -> Result<(), Failure> {
    let config = Config::new().with_limits(asked.limits);
    let uri = Uri::parse(&asked.url)?;
    let stream = FromTokio::new(connected(&asked.tls, uri.is_secure(), uri.host(), tcp(&uri).await?).await?);
    let (mut receive, mut send) = (vec![0; 16_384], vec![0; 16_384 + 14]);
    let clock = SystemClock(Instant::now());
    let request = ClientRequest::new(uri);
    echo(client_with(stream, clock, random, &mut receive, &mut send, request, config, |_| ()).await?).await?;
    Ok(())
}
