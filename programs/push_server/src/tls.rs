//! `--tls`: HTTPS, with HTTP/2 for clients that know it.

use crate::arguments::Files;
use crate::wire::Transport;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{Error, ServerConfig};

/// How long the handshake of TLS may take.
const WITHIN: Duration = Duration::from_secs(10);

/// The longest file, in bytes.
const MAX: u64 = 1 << 20;

/// A certificate and its key, ready for handshakes.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    /// The same without HTTP/2.
    plain: TlsAcceptor,
}

/// What both ends speak after the handshake of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreed {
    Http1,
    Http2,
}

impl Tls {
    /// Reads a certificate with those of its issuers, and its key, from PEM files.
    ///
    /// # Errors
    ///
    /// A sentence that names the file.
    pub fn new(Files { certificate, key }: &Files) -> Result<Self, String> {
        let about = |error| format!("--tls {}: {error}", certificate.display());
        let bytes = read(certificate).map_err(about)?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
        let chain = chain.map_err(|error| about(malformed("certificate", &error)))?;
        if chain.is_empty() {
            return Err(about(malformed("certificate", &pem::Error::NoItemsFound)));
        }
        let (argument, key) = key.as_ref().map_or(("--tls", certificate), |key| ("--tls-key", key));
        let about_key = |error| format!("{argument} {}: {error}", key.display());
        let private = PrivateKeyDer::from_pem_slice(&read(key).map_err(about_key)?)
            .map_err(|error| about_key(malformed("key", &error)))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
            .map_err(|error| match error {
                Error::InvalidCertificate(why) => about(format!("the certificate is malformed: {why:?}")),
                Error::InconsistentKeys(_) => about_key(format!("the key is not that of {}", certificate.display())),
                error => about_key(error.to_string()),
            })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let plain = TlsAcceptor::from(Arc::new(config.clone()));
        config.alpn_protocols.insert(0, b"h2".to_vec());
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), plain })
    }

    /// Does the handshake of TLS, in time. `None`: it failed.
    pub async fn accept(&self, stream: TcpStream, may_be_http_2: bool) -> Option<(Box<dyn Transport>, Agreed)> {
        let acceptor = if may_be_http_2 { &self.acceptor } else { &self.plain };
        let stream = timeout(WITHIN, acceptor.accept(stream)).await.ok()?.ok()?;
        let agreed = match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => Agreed::Http2,
            _ => Agreed::Http1,
        };
        Some((Box::new(stream), agreed))
    }
}

/// Reads a file, unless it is far too long.
fn read(file: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    File::open(file).and_then(|file| file.take(MAX + 1).read_to_end(&mut bytes)).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX { Err(format!("it is longer than {MAX} bytes")) } else { Ok(bytes) }
}

fn malformed(what: &str, error: &pem::Error) -> String {
    match error {
        pem::Error::NoItemsFound => format!("there is no {what} in it, in PEM form"),
        pem::Error::MissingSectionEnd { .. } => format!("it ends in the middle of a {what}"),
        error => format!("the {what} is malformed: {error}"),
    }
}
