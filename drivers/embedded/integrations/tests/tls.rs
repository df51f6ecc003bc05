//! `tls` against rustls, with a certificate that an authority of the test has signed.

use embedded_io_adapters::std::FromStd;
use rand_core::OsRng;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use upframe_embedded::{CloseCode, NoClock, Uri};
use upframe_embedded_integrations::blocking::{Blocking, block_on};
use upframe_embedded_integrations::tls::{Failed, Memory, Server, report};
use upframe_std::{Config, Incoming, OverTcp, Policy, ServerOptions};

struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "the authority");
        Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    fn der(&self) -> CertificateDer<'static> {
        self.issuer.der().clone()
    }

    /// A server of TLS 1.3 for this name.
    fn server(&self, name: &str) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let signed = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_protocol_versions(&[&rustls::version::TLS13]);
        Arc::new(config.with_no_client_auth().with_single_cert(vec![signed.der().clone()], key).unwrap())
    }
}

/// An echo server for one connection: returns its address, and how the connection ended.
fn serve(config: Arc<ServerConfig>) -> (std::net::SocketAddr, thread::JoinHandle<Option<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let tcp = listener.accept().unwrap().0;
        let tls = StreamOwned::new(ServerConnection::new(config).unwrap(), tcp.try_clone().unwrap());
        let often = Policy { ping_after: Some(Duration::from_millis(5)), ..Policy::DEFAULT };
        let config = Config::new().with_keepalive(often);
        let mut ws = Incoming::receive(OverTcp::new(tls, tcp), ServerOptions::new(), config).ok()?.accept().ok()?;
        while let Some(message) = ws.next() {
            let message = message.ok()?;
            if message.is_data() {
                thread::sleep(Duration::from_millis(20)); // meanwhile, the server may ping
                ws.send(message).ok()?;
            }
        }
        ws.close_frame().map(|close| close.to_string())
    });
    (address, server)
}

fn run(
    config: Arc<ServerConfig>,
    authority: &[u8],
    url: &str,
) -> (Result<CloseCode, Failed>, Vec<String>, Option<String>) {
    let (address, server) = serve(config);
    let tcp = TcpStream::connect(address).unwrap();
    tcp.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let (mut memory, mut answers) = (Box::new(Memory::new()), vec![]);
    let long = "0123456789".repeat(100);
    let messages = ["Hello", "", "naïve", &long];
    let server_of = Server { url: Uri::parse(url).unwrap(), authority };
    let tcp = Blocking(FromStd::new(tcp));
    let report =
        report(tcp, NoClock, OsRng, &mut memory, server_of, &messages, |answer| answers.push(answer.to_owned()));
    let result = block_on(report, || ());
    (result, answers, server.join().unwrap())
}

#[test]
fn messages_come_back_through_tls_and_the_closing_handshake_is_whole() {
    let authority = Authority::new();
    let (result, answers, ended) = run(authority.server("localhost"), &authority.der(), "wss://localhost/sensor");
    assert_eq!(result.unwrap(), CloseCode::NORMAL);
    assert_eq!(answers, ["Hello", "", "naïve", &"0123456789".repeat(100)]);
    assert_eq!(ended.as_deref(), Some("1000 all is told"));
}

#[test]
fn a_certificate_of_another_authority_is_refused() {
    let (result, ..) = run(Authority::new().server("localhost"), &Authority::new().der(), "wss://localhost/");
    assert!(matches!(result, Err(Failed::Tls(_))), "{result:?}");
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    let (result, ..) = run(authority.server("elsewhere.example.com"), &authority.der(), "wss://localhost/");
    assert!(matches!(result, Err(Failed::Tls(_))), "{result:?}");
}
