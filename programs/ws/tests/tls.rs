//! `wss:`, with certificates that are made at run time.

mod common;

use common::{GUARD, Peer, ended, run, told, well, ws};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};
use upframe::frame::Opcode;

type Tls = StreamOwned<ServerConnection, TcpStream>;

/// A certificate and its key, in files that are removed with it.
struct Certificate {
    made: rcgen::CertifiedKey<rcgen::KeyPair>,
    folder: PathBuf,
}

impl Certificate {
    fn new(name: &str, test: &str) -> Self {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let folder = std::env::temp_dir().join(format!("ws-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        Self { made, folder }
    }

    fn file(&self, name: &str) -> String {
        self.folder.join(name).to_str().unwrap().to_string()
    }

    /// Serves one connection. Returns its URL.
    fn serve(&self, serve: impl FnOnce(Tls) + Send + 'static) -> (String, JoinHandle<()>) {
        let key = PrivateKeyDer::try_from(self.made.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.made.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("wss://localhost:{}/", listener.local_addr().unwrap().port());
        let server = thread::spawn(move || {
            let stream = listener.accept().unwrap().0;
            stream.set_read_timeout(Some(GUARD)).unwrap();
            serve(StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), stream));
        });
        (url, server)
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn greet(stream: Tls) {
    let mut peer = Peer::accept(stream);
    peer.expect(Opcode::Text, b"hello");
    peer.write(b"\x81\x02hi");
    peer.closes(b"\x03\xe8");
}

#[test]
fn a_trusted_certificate_opens_the_connection() {
    let certificate = Certificate::new("localhost", "trusted");
    let cert = certificate.file("cert.pem");
    for arguments in [&["--cacert", &cert][..], &["--insecure"]] {
        let (url, server) = certificate.serve(greet);
        let said = run(&[arguments, &["-n", "1", &url]].concat(), Some(b"hello\n"));
        server.join().unwrap();
        assert_eq!(said, well("hi\n", "open\nclosed with 1000\n"));
    }
    // the certificates of the system are trusted without an option
    let (url, server) = certificate.serve(greet);
    let mut child = ws().args(["-n", "1", &url]).env("SSL_CERT_FILE", &cert).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"hello\n").unwrap();
    assert_eq!(ended(child), well("hi\n", "open\nclosed with 1000\n"));
    server.join().unwrap();
}

#[test]
fn any_other_certificate_is_3() {
    let (here, elsewhere) = (Certificate::new("localhost", "here"), Certificate::new("elsewhere", "elsewhere"));
    let other = elsewhere.file("cert.pem");
    for (server, arguments, part) in [
        (&here, &["--cacert", &other][..], "--cacert FILE trusts its issuer"),
        (&elsewhere, &["--cacert", &other], "not valid for name \"localhost\""),
    ] {
        let (url, served) = server.serve(|mut stream| assert!(stream.read(&mut [0]).is_err()));
        told(&run(&[arguments, &[&url]].concat(), None), 3, part);
        served.join().unwrap();
    }
    // a file without a certificate is a mistake in the arguments
    told(&run(&["--cacert", &here.file("key.pem"), "wss://localhost:1/"], None), 1, "no certificate in PEM form");
}

#[test]
fn a_server_without_tls_is_3() {
    for answer in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b""] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("wss://{}/", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let mut stream = listener.accept().unwrap().0;
            let _ = stream.read(&mut [0; 4096]);
            stream.write_all(answer).unwrap();
        });
        told(&run(&["--insecure", &url], None), 3, "try ws:");
        server.join().unwrap();
    }
}

#[test]
fn a_stream_that_ends_without_a_close_is_5() {
    let certificate = Certificate::new("localhost", "ends");
    let (url, server) = certificate.serve(|stream| Peer::accept(stream).write(b"\x81\x02hi"));
    let said = run(&["--insecure", &url], None);
    server.join().unwrap();
    told(&said, 5, "open\nws: ");
    assert_eq!(said.0, "hi\n");
}

#[test]
fn no_redirect_leaves_tls() {
    let certificate = Certificate::new("localhost", "redirect");
    let (url, server) = certificate.serve(|mut stream| {
        common::request(&mut stream);
        stream.write_all(b"HTTP/1.1 302 Found\r\nLocation: http://localhost:1/\r\nContent-Length: 0\r\n\r\n").unwrap();
        stream.flush().unwrap();
    });
    told(&run(&["--insecure", "--location", &url], None), 4, "without TLS");
    server.join().unwrap();
}

#[test]
fn sixteen_megabytes_go_both_ways_through_tls() {
    let certificate = Certificate::new("localhost", "large");
    let arguments = ["--cert", &certificate.file("cert.pem"), "--key", &certificate.file("key.pem")];
    let mut server =
        ws().args(["--listen", "127.0.0.1:0", "--echo"]).args(arguments).stdout(Stdio::null()).spawn().unwrap();
    let port = common::port(&mut server);
    let large: Vec<u8> = (0..16_u32 << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let url = format!("wss://localhost:{port}/");
    let mut child =
        ws().args(["--cacert", &certificate.file("cert.pem"), "--binary", "-n", "1", &url]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let sent = large.clone();
    let writer = thread::spawn(move || stdin.write_all(&sent).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success() && output.stdout == large, "{:?}", String::from_utf8_lossy(&output.stderr));
    server.kill().unwrap();
    server.wait().unwrap();
}
