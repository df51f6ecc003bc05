//! The echo server of fastwebsockets' own example, but on the socket itself and not on hyper's: the handshake is upframe's.

use fastwebsockets::{FragmentCollector, OpCode, Role, WebSocket, WebSocketError};
use std::io;
use tokio::net::{TcpListener, TcpStream};
use upframe_scale::accept;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on ws://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async { drop(serve(stream).await) });
    }
}

async fn serve(mut stream: TcpStream) -> Result<(), WebSocketError> {
    stream.set_nodelay(true)?;
    // it can be given no bytes that came with the request; the load sends none
    let mut buf = vec![0; 1024];
    if accept(&mut stream, &mut buf).await?.is_none() {
        return Ok(());
    }
    drop(buf);
    let mut websocket = FragmentCollector::new(WebSocket::after_handshake(stream, Role::Server));
    loop {
        let frame = websocket.read_frame().await?;
        match frame.opcode {
            OpCode::Close => return Ok(()),
            OpCode::Text | OpCode::Binary => websocket.write_frame(frame).await?,
            _ => {}
        }
    }
}
