//! An echo server whose connections have no buffers: all on one thread share one pair, which can be long for that reason.
//!
//! It can be done because `receive` keeps nothing in the buffer: when it has returned `None`, all input is consumed. So the buffers are
//! borrowed for one turn, between two awaits, and an idle connection is its task, its socket and the `Connection`.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use upframe::connection::{Connection, Server};
use upframe_scale::{BUFFER, SPARE, accept, answer, linger, listen};

struct Buffers {
    input: Vec<u8>,
    out: Vec<u8>,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::new(Buffers { input: vec![0; BUFFER], out: vec![0; BUFFER + SPARE] });
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    listen(serve).await
}

async fn serve(mut stream: TcpStream) -> io::Result<()> {
    // boxed, so that what these need is no part of the task while it echoes
    let Some(mut connection) = Box::pin(open(&mut stream)).await? else { return Ok(()) };
    while !connection.may_disconnect() {
        let turn = |context: &mut Context<'_>| {
            BUFFERS.with_borrow_mut(|buffers| turn(&mut stream, &mut connection, buffers, context))
        };
        let unsent = poll_fn(turn).await?;
        // of a peer that does not take its echoes nothing more is read
        stream.write_all(&unsent).await?;
    }
    Box::pin(async move { linger(&mut stream, &mut [0; 256]).await }).await
}

/// The opening handshake, and the answers to what came with it.
async fn open(stream: &mut TcpStream) -> io::Result<Option<Connection<Server>>> {
    let (mut buf, mut out) = ([0; 1024], [0; 1024 + SPARE]);
    let Some((mut connection, came)) = accept(stream, &mut buf).await? else { return Ok(None) };
    let answers = answer(&mut connection, &mut buf[came], &mut out)?;
    stream.write_all(answers).await?;
    Ok(Some(connection))
}

/// Reads once and answers at once. Returns what the socket did not accept, which is nothing as a rule.
fn turn(
    stream: &mut TcpStream,
    connection: &mut Connection<Server>,
    Buffers { input, out }: &mut Buffers,
    context: &mut Context<'_>,
) -> Poll<io::Result<Vec<u8>>> {
    let mut read = ReadBuf::new(input);
    ready!(Pin::new(&mut *stream).poll_read(context, &mut read))?;
    if read.filled().is_empty() {
        connection.receive_eof();
    }
    let answers = answer(connection, read.filled_mut(), out)?;
    if answers.is_empty() {
        return Poll::Ready(Ok(Vec::new()));
    }
    let written = match stream.try_write(answers) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
        written => written?,
    };
    Poll::Ready(Ok(answers[written..].to_vec()))
}
