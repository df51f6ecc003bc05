//! TLS: which certificates are trusted, and what its errors mean.

use crate::failure::{Failure, TLS};
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{self, ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Returns the client's side. With `cacert`, the certificates in that file are trusted, and not those of the system.
pub fn connector(cacert: Option<&Path>, insecure: bool) -> Result<TlsConnector, Failure> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::new(TLS, error))?;
    let builder = if insecure {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Anyone(provider)))
    } else {
        let roots = Arc::new(cacert.map_or_else(system_roots, roots_of)?);
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider)
            .build()
            .map_err(|error| Failure::new(TLS, format!("no certificate is trusted: {error}")))?;
        builder.with_webpki_verifier(verifier)
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Returns the server's side.
pub fn acceptor(cert: &Path, key: &Path) -> Result<TlsAcceptor, Failure> {
    let certificates = certificates_of(cert)?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, "private key", error))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, private))
        .map_err(|error| Failure::usage(format!("{} and {}: {error}", cert.display(), key.display())))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Returns the name that the certificate must be for.
pub fn server_name(host: &str) -> Result<ServerName<'static>, Failure> {
    ServerName::try_from(host.to_string()).map_err(|_| {
        Failure::new(
            TLS,
            format!("{host} cannot be the name in a certificate; --insecure does not help, an address does"),
        )
    })
}

/// Tells what went wrong, and what to try.
pub fn failure(host: &str, error: &io::Error) -> Failure {
    let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let hint = match cause {
        Some(rustls::Error::InvalidCertificate(_)) => "; --cacert FILE trusts its issuer, --insecure trusts everybody",
        Some(rustls::Error::InvalidMessage(_)) => "; it may speak no TLS: try ws:",
        Some(rustls::Error::AlertReceived(_)) => "; the server refused",
        _ if error.kind() == io::ErrorKind::UnexpectedEof => "; it may speak no TLS: try ws:",
        _ => "",
    };
    match cause {
        Some(cause) => Failure::new(TLS, format!("TLS with {host} failed: {cause}{hint}")),
        None => Failure::new(TLS, format!("TLS with {host} failed: {error}{hint}")),
    }
}

fn system_roots() -> Result<RootCertStore, Failure> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
        let hint = "install the package ca-certificates, or name a file with --cacert";
        return Err(Failure::new(TLS, format!("the system has no certificate authorities{why}: {hint}")));
    }
    Ok(roots)
}

fn roots_of(file: &Path) -> Result<RootCertStore, Failure> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates_of(file)? {
        roots.add(certificate).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    }
    Ok(roots)
}

fn certificates_of(file: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let certificates: Vec<_> = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|error| unreadable(file, "certificate", error))?;
    if certificates.is_empty() {
        return Err(Failure::usage(format!("{}: no certificate in PEM form is in this file", file.display())));
    }
    Ok(certificates)
}

fn unreadable(file: &Path, what: &str, error: rustls::pki_types::pem::Error) -> Failure {
    use rustls::pki_types::pem::Error;
    match error {
        Error::Io(error) => Failure::usage(format!("cannot read {}: {error}", file.display())),
        error => Failure::usage(format!("{}: not a {what} in PEM form: {error}", file.display())),
    }
}

/// Trusts every certificate. Signatures are still checked, so that the connection is with the owner of that one.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
