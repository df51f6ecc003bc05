//! The upgrade in a service of hyper.

use crate::WebSocket;
use crate::hyper_error::Error;
use crate::request::asked;
use http::{Request, Response};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::fmt;
use tokio::time::timeout;
use upframe::handshake::{Origins, Refusal, ServerOptions};
use upframe_tokio::{Bytes, Config, DeflateParams, Role};

/// Judges a request in a service of hyper, and returns the response 101 and the connection that follows it.
///
/// Return the response from the service, and wait for the connection in another task. The connection has to be served
/// `with_upgrades`. The types of both bodies are the service's: a `Full<Bytes>` will do.
///
/// With the feature `http2`, it does the same for a WebSocket on a stream of HTTP/2, whose response is 200. The
/// connection has to be served with `enable_connect_protocol`, or no client asks.
///
/// ```
/// use http_body_util::Full;
/// use hyper::body::{Bytes, Incoming};
/// use hyper::{Request, Response};
/// use upframe_http::{Config, ServerOptions, refuse_in, upgrade};
///
/// async fn service(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
///     match upgrade(&mut request, ServerOptions::new(), Config::new()) {
///         Ok((response, upgrading)) => {
///             tokio::spawn(async move {
///                 let mut websocket = upgrading.open().await?;
///                 while let Some(Ok(message)) = websocket.next().await {
///                     println!("{message:?}");
///                 }
///                 Ok::<_, upframe_http::Error>(())
///             });
///             Ok(response)
///         }
///         Err(refusal) => Ok(refuse_in(request.version(), refusal, request.method())),
///     }
/// }
/// ```
///
/// # Errors
///
/// Why the request is refused: answer with [`refuse_in`](crate::refuse_in). [`Refusal::UpgradeRequired`] if it does not ask
/// for a WebSocket. The request is unchanged.
pub fn upgrade<A, B: From<&'static str>, O: Origins>(
    request: &mut Request<A>,
    options: ServerOptions<'_, O>,
    config: Config,
) -> Result<(Response<B>, Upgrading), Refusal> {
    let agreed = asked(request, options, config.deflate)?;
    let response = agreed.response();
    let (subprotocol, deflate) = (agreed.subprotocol().map(Box::from), agreed.deflate);
    Ok((response, Upgrading { on_upgrade: hyper::upgrade::on(request), config, subprotocol, deflate }))
}

/// A connection of hyper that is being upgraded: it is a WebSocket as soon as hyper has written the response 101.
///
/// If it is dropped, the connection is closed after the response.
pub struct Upgrading {
    pub(crate) on_upgrade: OnUpgrade,
    pub(crate) config: Config,
    pub(crate) subprotocol: Option<Box<str>>,
    pub(crate) deflate: Option<DeflateParams>,
}

impl Upgrading {
    /// Returns the subprotocol that the response names.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// Waits until the response is written, and returns the connection.
    ///
    /// # Cancel safety
    ///
    /// Safe in that nothing is left: a drop closes the connection.
    ///
    /// # Errors
    ///
    /// [`Error::Hyper`] if the connection ended first, if another response was sent, or if it is not served
    /// `with_upgrades`; [`Error::OpenTimedOut`] after [`Config::open_within`].
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime with time.
    pub async fn open(self) -> Result<WebSocket, Error> {
        let upgraded = timeout(self.config.open_within, self.on_upgrade).await.map_err(|_| Error::OpenTimedOut)??;
        let websocket =
            WebSocket::with_params(TokioIo::new(upgraded), Role::Server, self.config, Bytes::new(), self.deflate);
        Ok(match self.subprotocol {
            Some(subprotocol) => websocket.with_subprotocol(&subprotocol),
            None => websocket,
        })
    }
}

impl fmt::Debug for Upgrading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrading").field("subprotocol", &self.subprotocol).finish_non_exhaustive()
    }
}
