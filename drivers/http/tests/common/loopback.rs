//! Both ends of QUIC on loopback.

use crate::http3::{client_endpoint, server_endpoint};
use quinn::Endpoint;
use quinn::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

/// A server and a client on loopback. The client trusts the certificate of this server, and of no other.
pub fn endpoints() -> (Endpoint, Endpoint) {
    let made = rcgen::generate_simple_self_signed(["localhost".into()]).unwrap();
    let certificates = vec![CertificateDer::from(made.cert)];
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    (server_endpoint(certificates.clone(), key.into()), client_endpoint(certificates))
}
