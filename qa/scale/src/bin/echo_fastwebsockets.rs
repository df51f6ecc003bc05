//! The echo server of fastwebsockets' own example, but on the socket itself and not on hyper's: the handshake is upframe's.

use fastwebsockets::{FragmentCollector, OpCode, Role, WebSocket, WebSocketError};
use std::io;
use tokio::net::TcpStream;
use upframe_scale::{accept, listen};

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    listen(serve).await
}

async fn serve(mut stream: TcpStream) -> Result<(), WebSocketError> {
    // it cannot be passed bytes that came with the request; the load sends none
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
