//! `wss` by rustls, and what is the same for a stream with and without it.

use crate::Failure;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// The files of the command line.
#[derive(Default)]
pub struct Tls {
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub cacert: Option<PathBuf>,
}

impl Tls {
    /// Returns the configuration of a server that agrees to a protocol; `None`: no TLS.
    pub fn server(&self, protocol: &str) -> Result<Option<Arc<ServerConfig>>, Failure> {
        let (Some(cert), Some(key)) = (&self.cert, &self.key) else { return Ok(None) };
        let certificates = CertificateDer::pem_file_iter(cert)?.collect::<Result<Vec<_>, _>>()?;
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(certificates, PrivateKeyDer::from_pem_file(key)?)?;
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        Ok(Some(Arc::new(config)))
    }

    /// Returns the configuration of a client that offers a protocol, if any.
    pub fn client(&self, protocol: Option<&str>) -> Result<Arc<ClientConfig>, Failure> {
        let mut roots = RootCertStore::empty();
        let file = self.cacert.as_ref().ok_or("wss needs --cacert")?;
        for certificate in CertificateDer::pem_file_iter(file)? {
            roots.add(certificate?)?;
        }
        let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocol.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        Ok(Arc::new(config))
    }
}

/// A stream with or without TLS.
pub trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}
pub type Stream = Box<dyn Duplex>;

/// Opens TLS over a connection if the URI asks for it.
pub async fn connected(tls: &Tls, wss: bool, host: &str, stream: TcpStream) -> Result<Stream, Failure> {
    offering(tls, None, wss, host, stream).await
}

/// Does what [`connected`] does, and offers a protocol.
pub async fn offering(
    tls: &Tls,
    protocol: Option<&str>,
    wss: bool,
    host: &str,
    stream: TcpStream,
) -> Result<Stream, Failure> {
    if !wss {
        return Ok(Box::new(stream));
    }
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())?;
    Ok(Box::new(TlsConnector::from(tls.client(protocol)?).connect(name, stream).await?))
}

/// The connections of a server, with or without TLS. No opening of TLS holds up another.
pub struct Listener {
    accepted: mpsc::Receiver<(Stream, SocketAddr)>,
    address: SocketAddr,
}

impl Listener {
    /// Listens on a free port, and prints where. Browsers that know of HTTP/2 do not use it.
    pub async fn open(tls: &Tls) -> Result<Self, Failure> {
        Self::of(tls, "http/1.1").await
    }

    /// Does what [`open`](Self::open) does, for another protocol.
    pub async fn of(tls: &Tls, protocol: &str) -> Result<Self, Failure> {
        let acceptor = tls.server(protocol)?.map(TlsAcceptor::from);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        println!("{address}");
        let (sender, accepted) = mpsc::channel(100);
        tokio::spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                let (sender, acceptor) = (sender.clone(), acceptor.clone());
                tokio::spawn(async move {
                    stream.set_nodelay(true)?;
                    let stream: Stream = match acceptor {
                        Some(acceptor) => Box::new(acceptor.accept(stream).await?),
                        None => Box::new(stream),
                    };
                    let _ = sender.send((stream, peer)).await;
                    Ok::<_, std::io::Error>(())
                });
            }
        });
        Ok(Self { accepted, address })
    }

    /// Waits for a connection.
    pub async fn next(&mut self) -> (Stream, SocketAddr) {
        match self.accepted.recv().await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }
}

impl axum::serve::Listener for Listener {
    type Io = Stream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Stream, SocketAddr) {
        self.next().await
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}
