//! `wss` with rustls, in both roles: TLS needs no code of this crate.

use std::sync::Arc;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use upframe_tokio::{CloseCode, Message, accept, client};

#[tokio::test]
async fn messages_and_closes_pass_through_tls() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.der().clone(), made.signing_key.serialize_der());
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::try_from(key).unwrap())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(server));
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    for server_closes in [false, true] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = async {
            let stream = acceptor.accept(listener.accept().await.unwrap().0).await.unwrap();
            let mut ws = accept(stream).await.unwrap();
            while let Some(message) = ws.next().await {
                let message = message.unwrap();
                if message.is_data() {
                    ws.send(message).await.unwrap();
                }
                if server_closes {
                    return ws.close(CloseCode::GOING_AWAY, "enough").await.unwrap();
                }
            }
        };
        let client = async {
            let stream = tokio::net::TcpStream::connect(address).await.unwrap();
            let stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
            let (mut ws, _) = client("wss://localhost/", stream).await.unwrap();
            for len in [1_000_000, 0, 1, 65_536] {
                ws.send(Message::binary(vec![7; len])).await.unwrap();
                assert!(ws.next().await.unwrap().unwrap() == Message::binary(vec![7; len]));
                if server_closes {
                    assert!(ws.next().await.unwrap().unwrap().is_close());
                    assert!(ws.next().await.is_none());
                    assert_eq!(ws.close_frame().unwrap().to_string(), "1001 enough");
                    return;
                }
            }
            ws.close(CloseCode::NORMAL, "").await.unwrap();
        };
        tokio::join!(server, client);
    }
}
