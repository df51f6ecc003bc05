//! HTTP/3 over QUIC, with the stream that the tests of `upframe-http` have.

use crate::http3::{Http3Client, answer, client_endpoint, serve, server_endpoint};
use crate::with_tokio::echo;
use crate::{Asked, Failure, told};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use tokio::task::JoinSet;
use upframe_tokio::{ClientRequest, Config, Uri};

fn certificates(file: Option<&impl AsRef<Path>>) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let file = file.ok_or("HTTP/3 needs a certificate")?;
    Ok(CertificateDer::pem_file_iter(file)?.collect::<Result<_, _>>()?)
}

fn config(asked: &Asked) -> Config {
    let mut config = Config::new().with_limits(asked.limits);
    config.deflate = asked.deflate;
    config
}

pub async fn server(asked: &Asked) -> Result<(), Failure> {
    let key = PrivateKeyDer::from_pem_file(asked.tls.key.as_ref().ok_or("HTTP/3 needs a key")?)?;
    let endpoint = server_endpoint(certificates(asked.tls.cert.as_ref())?, key);
    println!("{}", endpoint.local_addr()?);
    let config = config(asked);
    while let Some(incoming) = endpoint.accept().await {
        tokio::spawn(async move {
            let quic = match incoming.await {
                Ok(quic) => quic,
                Err(error) => return eprintln!("{error}"),
            };
            let task = move |stream| async move {
                match answer(stream, config).await {
                    Ok(Some((_, mut websocket))) => told(echo(&mut websocket).await),
                    Ok(None) => {}
                    Err(error) => eprintln!("{error}"),
                }
            };
            serve(quic, true, task).await;
        });
    }
    Ok(())
}

/// All WebSockets are in one connection.
pub async fn client(asked: &Asked) -> Result<(), Failure> {
    let uri = Uri::parse(&asked.url)?;
    let endpoint = client_endpoint(certificates(asked.tls.cacert.as_ref())?);
    let client = Http3Client::connect(&endpoint, ([127, 0, 0, 1], uri.port()).into()).await?;
    let mut echoes = JoinSet::new();
    for _ in 0..asked.connections {
        let mut websocket = client.open(ClientRequest::new(uri), config(asked)).await?;
        echoes.spawn(async move { echo(&mut websocket).await });
    }
    while let Some(ended) = echoes.join_next().await {
        ended??;
    }
    Ok(())
}
