//! What the echo servers share: the loop that accepts connections; and, those on upframe, the opening handshake, the answers to what one
//! read gave, and the end.

use std::future::Future;
use std::io;
use std::ops::Range;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use upframe::connection::{Connection, SendError, Server, Settings};
use upframe::handshake::{Outcome, Refusal, ServerHandshake, ServerOptions};

/// How much longer answers can be than what was read. An echo is shorter than its frame, by the masking key; but a piece of a
/// frame that began in an earlier read needs a head of its own (4 bytes), a code point that was cut comes out whole (3 more), and a
/// Pong and a Close (127 each) answer what may have come in part before.
pub const SPARE: usize = 512;

/// Bytes of one read into the buffers that connections share. It costs no connection anything, so it may be long: a frame of 64 KiB
/// with its header fits, which would take two reads and two writes otherwise.
pub const BUFFER: usize = 128 << 10;

/// How long a peer may go on sending after the end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Prints where it listens, and serves each connection in a task of its own.
pub async fn listen<F>(serve: impl Fn(TcpStream) -> F) -> io::Result<()>
where
    F: Future<Output: Send> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on ws://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        // how it ends is not asked: a peer that is gone is no news
        tokio::spawn(serve(stream));
    }
}

/// The opening handshake: a connection, and the place of the bytes after the request in `buf`. `None`: it was refused, or broke off.
pub async fn accept(stream: &mut TcpStream, buf: &mut [u8]) -> io::Result<Option<(Connection<Server>, Range<usize>)>> {
    let mut handshake = ServerHandshake::new(ServerOptions::new());
    let (outcome, rest) = loop {
        let n = stream.read(buf).await?;
        if n == 0 {
            return Ok(None);
        }
        let mut input = &mut buf[..n];
        if let Some(outcome) = handshake.receive(&mut input) {
            break (outcome, n - input.len()..n);
        }
    };
    let mut out = [0; 512];
    let refusal = match outcome {
        Outcome::Upgrade(upgrade) => {
            let accepted = handshake.accept(&upgrade, Settings::new(), &[], &mut out);
            let (response, connection) = accepted.map_err(io::Error::other)?;
            stream.write_all(response).await?;
            return Ok(Some((connection, rest)));
        }
        Outcome::PlainHttp(_) => Refusal::UpgradeRequired,
        Outcome::Refusal(refusal) => refusal,
    };
    stream.write_all(refusal.write(handshake.method(), &mut out).map_err(io::Error::other)?).await?;
    linger(stream, buf).await?;
    Ok(None)
}

/// Consumes what was read, and writes all answers to the front of `out`: echoes, Pongs and Closes.
///
/// `out` is longer than `input` by [`SPARE`].
#[inline]
pub fn answer<'o>(
    connection: &mut Connection<Server>,
    mut input: &mut [u8],
    out: &'o mut [u8],
) -> io::Result<&'o [u8]> {
    let mut len = 0;
    while let Some(event) = connection.receive(&mut input) {
        if let Some(piece) = event.as_fragment() {
            match connection.send(piece, &mut out[len..]) {
                Ok(frame) => len += frame.len(),
                Err(SendError::Closing) => {}
                Err(error) => return Err(io::Error::other(error)),
            }
        } else {
            len += connection.poll_transmit(&mut out[len..]);
        }
    }
    Ok(&out[..len])
}

/// Closes so that the peer can read what was written: bytes of its own that nobody read would reset the stream.
pub async fn linger(stream: &mut TcpStream, buf: &mut [u8]) -> io::Result<()> {
    stream.shutdown().await?;
    let swallow = async { while stream.read(buf).await.is_ok_and(|n| n > 0) {} };
    // one that never stops is cut off
    let _ = timeout(PATIENCE, swallow).await;
    Ok(())
}
