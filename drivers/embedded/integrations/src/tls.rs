//! A client of `wss`: upframe-embedded over embedded-tls, which speaks TLS 1.3 without an allocator.
//!
//! Memory: 16,640 bytes for a record that comes, and 1,024 for one that goes, are the most of it. A server that keeps
//! to the extension `max_fragment_length` needs less.
//!
//! **A write of embedded-tls must not be dropped**: the record that is half-written would be lost. So nothing here is
//! raced against a write, and the keepalive sends no Pings: its only time limits are those of the opening and the
//! closing handshake, after which the connection is over anyway. Let the server send Pings; they are answered.

use embedded_tls::pki::CertVerifier;
use embedded_tls::{
    Aes128GcmSha256, Certificate, CryptoProvider, CryptoRngCore, NoClock, TlsConfig, TlsConnection, TlsContext,
    TlsError, TlsVerifier,
};
use p256::ecdsa::DerSignature;
use upframe_embedded::embedded_io_async::{Read, Write};
use upframe_embedded::{
    ClientRequest, Clock, CloseCode, Config, Error, Limits, Message, NoEntropy, Policy, Uri, client_with,
};

/// The memory of a connection.
#[derive(Debug)]
pub struct Memory {
    /// A record of TLS that comes: 16,640 bytes are enough for every server.
    pub record_in: [u8; 16_640],
    /// One that goes: the handshake must fit.
    pub record_out: [u8; 1024],
    /// A message that comes.
    pub receive: [u8; 1024],
    /// Messages that go.
    pub send: [u8; 1024],
}

impl Memory {
    /// Returns memory of zeros: in a `static`, it takes no flash.
    pub const fn new() -> Self {
        Self { record_in: [0; _], record_out: [0; _], receive: [0; _], send: [0; _] }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

/// Whom to talk to.
#[derive(Clone, Copy, Debug)]
pub struct Server<'a> {
    /// A `wss:` URL.
    pub url: Uri<'a>,
    /// The certificate that signs for its host, in DER.
    pub authority: &'a [u8],
}

/// Why `report` has failed.
#[derive(Debug)]
pub enum Failed {
    /// There is no TLS connection: the certificate is not valid, for example.
    Tls(TlsError),
    /// The WebSocket has failed.
    WebSocket(Error<TlsError>),
}

impl From<Error<TlsError>> for Failed {
    fn from(error: Error<TlsError>) -> Self {
        Self::WebSocket(error)
    }
}

/// What embedded-tls asks for: random numbers, and who may sign for the server.
struct Provider<'a, R> {
    rng: &'a mut R,
    // With a clock instead of `NoClock`, the dates of certificates are checked, too.
    verifier: CertVerifier<'a, Aes128GcmSha256, NoClock, 2048>,
}

impl<R: CryptoRngCore> CryptoProvider for Provider<'_, R> {
    type CipherSuite = Aes128GcmSha256;
    type Signature = DerSignature;

    fn rng(&mut self) -> impl CryptoRngCore {
        &mut *self.rng
    }

    fn verifier(&mut self) -> Result<&mut impl TlsVerifier<Aes128GcmSha256>, TlsError> {
        Ok(&mut self.verifier)
    }
}

/// Sends each message to `server`, and closes when an answer to each has come. `answer` is told each. `tcp` is connected
/// to the host.
///
/// # Errors
///
/// If there is no connection, or if it has failed.
pub async fn report<T: Read + Write>(
    tcp: T,
    clock: impl Clock,
    mut rng: impl CryptoRngCore,
    memory: &mut Memory,
    server: Server<'_>,
    messages: &[&str],
    mut answer: impl FnMut(&str),
) -> Result<CloseCode, Failed> {
    let mut tls = TlsConnection::new(tcp, &mut memory.record_in, &mut memory.record_out);
    let config = TlsConfig::new().with_server_name(server.url.host());
    let verifier = CertVerifier::new(Certificate::X509(server.authority));
    tls.open(TlsContext::new(&config, Provider { rng: &mut rng, verifier })).await.map_err(Failed::Tls)?;

    let keys = |out: &mut [u8]| rng.try_fill_bytes(out).map_err(|_| NoEntropy);
    let config =
        Config::new().with_limits(Limits::SMALL_DEVICE).with_keepalive(Policy { ping_after: None, ..Policy::DEFAULT });
    let (receive, send) = (&mut memory.receive, &mut memory.send);
    let request = ClientRequest::new(server.url);
    let mut websocket = client_with(tls, clock, keys, receive, send, request, config, |_| ()).await?;
    for message in messages {
        websocket.send(*message).await?;
        loop {
            match websocket.next().await {
                Some(Ok(Message::Text(text))) => {
                    answer(text);
                    break;
                }
                Some(message) => {
                    message?;
                }
                None => return Ok(websocket.close_code().unwrap_or(CloseCode::ABNORMAL)),
            }
        }
    }
    websocket.close(CloseCode::NORMAL, "all is told").await?;
    let code = websocket.close_code().unwrap_or(CloseCode::ABNORMAL);
    // The end of the stream is authenticated, too: `close_notify`.
    let _ = websocket.into_inner().close().await;
    Ok(code)
}
