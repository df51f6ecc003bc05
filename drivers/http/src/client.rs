//! A client on a connection of hyper.

use crate::WebSocket;
use crate::hyper_error::Error;
use crate::request::client_request_with;
use crate::response::judge_response_with;
use http::Response;
use hyper::body::Body;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use upframe::deflate::ClientDeflate;
use upframe::handshake::{Answer, ClientRequest, Uri};
use upframe_tokio::{Bytes, Config, Deflate, Role};

/// Opens a WebSocket on a connection of hyper that is open, and returns it with the response of the server.
///
/// The connection has to be driven `with_upgrades`, in a task of its own. It may have carried other requests before.
/// The type of the body is the connection's; it has to have a default, which is empty.
///
/// ```no_run
/// use hyper_util::rt::TokioIo;
/// use tokio::net::TcpStream;
/// use upframe_http::Message;
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let stream = TokioIo::new(TcpStream::connect("localhost:9002").await?);
/// let (mut sender, connection) = hyper::client::conn::http1::handshake::<_, String>(stream).await?;
/// tokio::spawn(connection.with_upgrades());
/// let (mut websocket, _response) = upframe_http::client("ws://localhost:9002/", &mut sender).await?;
/// websocket.send(Message::text("Hello")).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Cancel safety
///
/// Safe in that nothing is left: a drop closes the connection.
///
/// # Errors
///
/// [`Error::Uri`], and those of [`client_with`].
///
/// # Panics
///
/// Panics outside a tokio runtime with time.
pub async fn client<B: Body + Default + 'static>(
    uri: &str,
    sender: &mut SendRequest<B>,
) -> Result<(WebSocket, Response<()>), Error> {
    client_with(ClientRequest::new(Uri::parse(uri)?), sender, Config::new()).await
}

/// Does what [`client`] does, with subprotocols, an origin, further fields, and a configuration.
///
/// Host and port of the URI are only named in the request: the connection is open already. The limits of the head in
/// `asked` are not checked: hyper has limits of its own.
///
/// # Cancel safety
///
/// Safe in that nothing is left: a drop closes the connection.
///
/// # Errors
///
/// [`Error::Request`], and nothing was sent; [`Error::Refused`] with the response, whose body can be read;
/// [`Error::Failure`], [`Error::Hyper`], [`Error::OpenTimedOut`].
///
/// # Panics
///
/// Panics outside a tokio runtime with time.
pub async fn client_with<B: Body + Default + 'static>(
    asked: ClientRequest<'_>,
    sender: &mut SendRequest<B>,
    config: Config,
) -> Result<(WebSocket, Response<()>), Error> {
    let shake_hands = async {
        let (request, mut judge) = client_request_with(asked, Deflate::client(config.deflate))?;
        sender.ready().await?;
        let mut response = sender.send_request(request).await?;
        let agreed = match judge_response_with(&mut judge, &response) {
            Answer::Agreed(agreed) => agreed,
            Answer::Refused { .. } => return Err(Error::Refused(Box::new(response))),
            Answer::Failed(failure) => return Err(Error::Failure(failure)),
        };
        let upgraded = hyper::upgrade::on(&mut response).await?;
        let deflate = judge.extension().as_ref().and_then(ClientDeflate::agreed);
        let websocket = WebSocket::with_params(TokioIo::new(upgraded), Role::Client, config, Bytes::new(), deflate);
        let websocket = match agreed.subprotocol() {
            Some(subprotocol) => websocket.with_subprotocol(subprotocol),
            None => websocket,
        };
        Ok((websocket, response.map(drop)))
    };
    timeout(config.open_within, shake_hands).await.unwrap_or(Err(Error::OpenTimedOut))
}
