//! The same in the plainest way, with two small buffers for each connection: what buffers of one's own cost.

use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use upframe_scale::{SPARE, accept, answer, linger, listen};

/// Bytes of one read. A message may be of any length: it goes back piece by piece.
const BUFFER: usize = 4096;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    listen(serve).await
}

async fn serve(mut stream: TcpStream) -> io::Result<()> {
    let (mut buf, mut out) = (vec![0; BUFFER], vec![0; BUFFER + SPARE]);
    let Some((mut connection, mut came)) = accept(&mut stream, &mut buf).await? else { return Ok(()) };
    loop {
        let answers = answer(&mut connection, &mut buf[came], &mut out)?;
        stream.write_all(answers).await?;
        if connection.may_disconnect() {
            return linger(&mut stream, &mut buf).await;
        }
        let n = stream.read(&mut buf).await?;
        if n == 0 {
            connection.receive_eof();
        }
        came = 0..n;
    }
}
