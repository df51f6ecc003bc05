//! `wss` with rustls, in both roles: TLS needs no code of this crate.

mod common;

use common::sockets;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use std::io::Write;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use upframe_std::{CloseCode, Config, Incoming, Message, OverTcp, Policy, ServerOptions, client};

#[test]
fn messages_pings_and_closes_pass_through_tls() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.der().clone(), made.signing_key.serialize_der());
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let server_config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::try_from(key).unwrap())
        .unwrap();
    let server_config = Arc::new(server_config);
    let client_config = Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth());
    for server_closes in [false, true] {
        let (here, there) = sockets();
        let config = server_config.clone();
        let server = thread::spawn(move || {
            let tls = StreamOwned::new(ServerConnection::new(config).unwrap(), there.try_clone().unwrap());
            let stream = OverTcp::new(tls, there).with_finish(|tls| {
                tls.conn.send_close_notify();
                tls.flush()
            });
            // the time limits of the socket are those of the stream
            let often = Policy { ping_after: Some(Duration::from_millis(20)), ..Policy::DEFAULT };
            let config = Config::new().with_keepalive(often);
            let mut ws = Incoming::receive(stream, ServerOptions::new(), config).unwrap().accept().unwrap();
            while let Some(message) = ws.next() {
                let message = message.unwrap();
                if message.is_data() {
                    ws.send(message).unwrap();
                }
                if server_closes {
                    ws.close(CloseCode::GOING_AWAY, "enough").unwrap();
                }
            }
            // the server that closes may be done before its first Ping
            assert!(ws.round_trip().is_some() || server_closes);
        });
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(client_config.clone(), name).unwrap();
        let tls = StreamOwned::new(connection, here.try_clone().unwrap());
        let (mut ws, _) = client("wss://localhost/", OverTcp::new(tls, here)).unwrap();
        for len in [1_000_000, 0, 1, 65_536] {
            ws.send(vec![7; len]).unwrap();
            loop {
                let message = ws.next().unwrap().unwrap();
                if message.is_data() {
                    assert!(message == Message::binary(vec![7; len]));
                    break;
                }
            }
            if server_closes {
                assert!(ws.next().unwrap().unwrap().is_close());
                assert!(ws.next().is_none());
                assert_eq!(ws.close_frame().unwrap().to_string(), "1001 enough");
                break;
            }
            // a Ping comes, and its Pong goes back
            assert!(ws.next_within(Duration::from_secs(30)).is_ready());
        }
        ws.close(CloseCode::NORMAL, "").unwrap();
        server.join().unwrap();
    }
}
