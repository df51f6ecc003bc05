//! The types of the interface have names in this crate, so a program needs neither `upframe-tokio` nor `upframe` among
//! its dependencies. That this file compiles is the test; it must not name another of our crates.

#![cfg(feature = "axum")]

use upframe_http::upframe::handshake::{AcceptValue, Agreed, OriginProblem};
use upframe_http::upframe_tokio::Error as ConnectionError;
use upframe_http::{
    Answer, Bytes, CloseCode, CloseFrame, Config, EndOfStream, Error, Limits, Message, MessageKind, OriginError, Piece,
    Place, Prepared, ProtocolError, ReadHalf, Role, SendError, Upgrade, Utf8Bytes, Violation, WebSocket, WriteHalf,
};

async fn receive(socket: &mut WebSocket) -> Result<Option<Message>, ConnectionError> {
    socket.next().await.transpose()
}

async fn pass(socket: &mut WebSocket, text: Utf8Bytes, bytes: Bytes) -> Result<Option<CloseFrame>, ConnectionError> {
    socket.send(Message::Text(text)).await?;
    socket.send(Message::Binary(bytes)).await?;
    socket.close(CloseCode::NORMAL, "").await?;
    Ok(socket.close_frame())
}

async fn broadcast(sockets: &mut [WebSocket], config: Config) -> Result<(), ConnectionError> {
    let news = Prepared::text("news", config.deflate);
    for socket in sockets {
        socket.send_prepared(&news).await?;
    }
    Ok(())
}

async fn piece(socket: &mut WebSocket) -> Option<(MessageKind, Place)> {
    let piece: Piece = socket.next_piece().await?.ok()?;
    Some((piece.kind(), piece.place()))
}

fn halves(socket: WebSocket) -> (WriteHalf, ReadHalf) {
    socket.split()
}

fn agreed(answer: Answer<'_>) -> Option<Agreed<'_>> {
    if let Answer::Agreed(agreed) = answer { Some(agreed) } else { None }
}

fn accept_value(upgrade: &Upgrade<'_>) -> AcceptValue {
    upgrade.accept_value()
}

fn problem(error: &OriginError) -> OriginProblem {
    error.problem
}

#[test]
fn an_error_of_a_connection_can_be_named_and_told_apart() {
    let _ = (receive, pass, broadcast, piece, halves, agreed, accept_value, problem);
    let _ = (Role::Server, Limits::SERVER);
    let violation = Violation::NotUtf8;
    let errors = [
        ConnectionError::Protocol(ProtocolError { violation, offset: 3 }),
        ConnectionError::Ended(EndOfStream::InFrame),
        ConnectionError::Send(SendError::Closing),
    ];
    let codes = errors.map(|error| Error::from(error).code());
    assert_eq!(codes, ["peer-not-utf8", "stream-ended-in-frame", "send-closing"]);
}
