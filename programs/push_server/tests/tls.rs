//! `--tls`.
#![cfg(feature = "tls")]

mod common;

use axum::http::Request;
use common::{GUARD, Program, body, text};
use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use upframe_http::Http2Client;
use upframe_tokio::{ClientRequest, CloseCode, Config, Message, Uri, client_with};

/// A certificate for localhost, in files.
struct Files {
    folder: PathBuf,
    certificate: CertificateDer<'static>,
}

impl Files {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("push_server-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let files = Self { folder, certificate: made.cert.der().clone() };
        let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        files.write("both.pem", &format!("{certificate}{key}"));
        files.write("certificate.pem", &certificate);
        files.write("key.pem", &key);
        files
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).unwrap();
    }

    /// Connects, and offers these protocols.
    async fn connect(&self, program: &Program, protocols: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let stream = TcpStream::connect(&program.address).await.unwrap();
        let connecting =
            TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream);
        timeout(GUARD, connecting).await.unwrap()
    }

    /// Sends a request of HTTP/1.1, and returns the response.
    async fn ask(&self, program: &Program, target: &str) -> String {
        let mut stream = self.connect(program, &["http/1.1"]).await.unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        timeout(GUARD, stream.read_to_string(&mut response)).await.unwrap().unwrap();
        response
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_get_the_version_that_they_offer() {
    let files = Files::new("versions");
    let program = Program::start(&["--tls", &files.path("both.pem")]);
    for (offered, agreed) in [
        (&["h2", "http/1.1"][..], Some("h2")),
        (&["http/1.1", "h2"], Some("h2")),
        (&["h2"], Some("h2")),
        (&["http/1.1"], Some("http/1.1")),
        (&[], None),
    ] {
        let stream = files.connect(&program, offered).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), agreed.map(str::as_bytes), "{offered:?}");
        let url = format!("wss://{}/ws", program.address);
        let request = ClientRequest::new(Uri::parse(&url).unwrap());
        if agreed == Some("h2") {
            let (mut client, connection) = Http2Client::handshake(stream).await.unwrap();
            tokio::spawn(connection);
            let mut socket = client.open(&url).await.unwrap().0;
            assert!(text(&mut socket).await.contains("\"http\":\"HTTP/2\""));
            socket.send(Message::text("in HTTP/2")).await.unwrap();
            assert!(text(&mut socket).await.contains("\"in HTTP/2\""));
            let request = Request::get(format!("https://{}/", program.address)).body(()).unwrap();
            let response = client.send_request().ready().await.unwrap().send_request(request, true).unwrap().0;
            assert_eq!(timeout(GUARD, response).await.unwrap().unwrap().status(), 200);
            timeout(GUARD, socket.close(CloseCode::NORMAL, "bye")).await.unwrap().unwrap();
        } else {
            let (mut socket, _) = client_with(request, stream, Config::new().with_open_within(GUARD)).await.unwrap();
            assert!(text(&mut socket).await.contains("\"http\":\"HTTP/1.1\""));
            timeout(GUARD, socket.close(CloseCode::NORMAL, "bye")).await.unwrap().unwrap();
        }
    }
    // nothing in common
    files.connect(&program, &["spdy/3"]).await.unwrap_err();
    let health = files.ask(&program, "/healthz").await;
    assert!(health.starts_with("HTTP/1.1 200 ") && body(&health).contains("HTTP/2: connections"), "{health}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_may_be_in_a_file_of_its_own() {
    let files = Files::new("key");
    let program = Program::start(&["--tls", &files.path("certificate.pem"), "--tls-key", &files.path("key.pem")]);
    assert!(files.ask(&program, "/").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_tls_is_cut_and_a_silent_one_does_not_stop_the_others() {
    let files = Files::new("silent");
    let program = Program::start(&["--tls", &files.path("both.pem")]);
    let mut silent = program.connect();
    let mut plain = program.connect();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    assert!(files.ask(&program, "/").await.starts_with("HTTP/1.1 200 "));
    // 10 s
    assert_eq!(silent.read_to_end(&mut vec![]).unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_too_many_gets_503_over_tls() {
    let files = Files::new("many");
    let program = Program::start(&["--tls", &files.path("both.pem"), "--connections", "1"]);
    let stream = files.connect(&program, &["h2"]).await.unwrap();
    let (client, connection) = Http2Client::handshake(stream).await.unwrap();
    let driving = tokio::spawn(connection);
    let answer = files.ask(&program, "/").await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    // a browser offers both, and gets the answer in HTTP/1.1
    let refused = files.connect(&program, &["h2", "http/1.1"]).await.unwrap();
    assert_eq!(refused.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    drop(client);
    driving.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_closes_websockets_with_1001() {
    let files = Files::new("signal");
    let mut program = Program::start(&["--tls", &files.path("both.pem")]);
    let (mut client, connection) =
        Http2Client::handshake(files.connect(&program, &["h2"]).await.unwrap()).await.unwrap();
    tokio::spawn(connection);
    let url = format!("wss://{}/echo", program.address);
    let mut two = client.open(&url).await.unwrap().0;
    let request = ClientRequest::new(Uri::parse(&url).unwrap());
    let stream = files.connect(&program, &["http/1.1"]).await.unwrap();
    let mut one = client_with(request, stream, Config::new()).await.unwrap().0;
    assert!(Command::new("kill").arg("-TERM").arg(program.child.id().to_string()).status().unwrap().success());
    while timeout(GUARD, two.next()).await.unwrap().is_some() {}
    while timeout(GUARD, one.next()).await.unwrap().is_some() {}
    for frame in [two.close_frame(), one.close_frame()] {
        assert_eq!(frame.unwrap().to_string(), "1001 the server shuts down");
    }
    assert!(program.child.wait().unwrap().success());
}

fn run(arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_push_server"));
    program.arg("127.0.0.1:0").args(arguments).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn bad_files_get_a_sentence() {
    let (files, other) = (Files::new("bad"), Files::new("other"));
    let both = fs::read_to_string(files.path("both.pem")).unwrap();
    files.write("empty.pem", "");
    files.write("text.pem", "not a certificate\n");
    files.write("cut.pem", &both[..both.len() / 4]);
    let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
    let key = fs::read_to_string(files.path("key.pem")).unwrap();
    files.write("zeros.pem", &format!("{begin}\nAAAA\n{end}\n{key}"));
    files.write("base64.pem", &format!("{begin}\n!!!!\n{end}\n{key}"));
    let (good, alone, missing) = (files.path("both.pem"), files.path("certificate.pem"), files.path("missing.pem"));
    let (foreign, folder) = (other.path("key.pem"), files.folder.to_str().unwrap().to_owned());
    for (arguments, told) in [
        (&["--tls", &*missing][..], &["missing.pem", "No such file"][..]),
        (&["--tls", &folder], &["irectory"]),
        (&["--tls", &files.path("empty.pem")], &["empty.pem", "no certificate"]),
        (&["--tls", &files.path("text.pem")], &["text.pem", "no certificate"]),
        (&["--tls", &files.path("cut.pem")], &["cut.pem", "in the middle of a certificate"]),
        (&["--tls", &files.path("key.pem")], &["key.pem", "no certificate"]),
        (&["--tls", &files.path("zeros.pem")], &["zeros.pem", "malformed"]),
        (&["--tls", &files.path("base64.pem")], &["base64.pem", "malformed"]),
        (&["--tls", &alone], &["certificate.pem", "no key"]),
        (&["--tls", &alone, "--tls-key", &missing], &["--tls-key", "missing.pem", "No such file"]),
        (&["--tls", &alone, "--tls-key", &alone], &["certificate.pem", "no key"]),
        (&["--tls", &alone, "--tls-key", &foreign], &["--tls-key", "key.pem", "is not that of", "certificate.pem"]),
        (&["--tls-key", &good], &["--tls-key needs --tls"]),
        (&["--tls", "/dev/zero"], &["longer than 1048576 bytes"]),
    ] {
        let output = run(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(told.iter().all(|told| said.contains(told)), "{arguments:?}: {said}");
        assert!(said.starts_with("push_server: --tls") && said.lines().count() == 1, "{arguments:?}: {said}");
        println!("{said}");
    }
}
