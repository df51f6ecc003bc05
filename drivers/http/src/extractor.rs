//! The extractor for axum.

use crate::WebSocket;
use crate::hyper_error::Error;
use crate::request::{asked, asked_or_none};
use crate::response::refuse_in;
use crate::server::Upgrading;
use axum_core::body::Body;
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::header::{
    CONNECTION, HOST, ORIGIN, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts;
use http::{Method, Request, StatusCode, Version};
use hyper::upgrade::OnUpgrade;
use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use upframe::handshake::{OriginPolicy, Refusal, ServerOptions};
use upframe_tokio::{Config, Deflate};

/// An extractor for axum: a request that asks for a WebSocket, in valid form.
///
/// With the feature `http2`, the same handler serves WebSockets in HTTP/1.1 and on streams of HTTP/2, where the method
/// is CONNECT: route it with `any`.
///
/// Other requests are answered with a [`Rejection`] before the handler is called: 400, 405, 426; in HTTP/2 also 501, to a
/// CONNECT for another protocol. `Option` of it is `None` for requests that do not ask for a WebSocket, so that one path
/// can have a page and a WebSocket.
///
/// It takes nothing from the request: other extractors see all fields and extensions. If it is dropped instead of
/// [`on_upgrade`](Self::on_upgrade), the handler answers as it likes, and the connection stays one of HTTP.
///
/// ```
/// use axum::{Router, response::Response, routing::any};
/// use upframe_http::{WebSocket, WebSocketUpgrade};
///
/// async fn handler(upgrade: WebSocketUpgrade) -> Response {
///     upgrade.subprotocols(["chat"]).on_upgrade(echo)
/// }
///
/// async fn echo(mut socket: WebSocket) {
///     while let Some(Ok(message)) = socket.next().await {
///         if message.is_data() && socket.send(message).await.is_err() {
///             return;
///         }
///     }
/// }
///
/// let app: Router = Router::new().route("/ws", any(handler));
/// ```
#[must_use = "the connection is upgraded by `on_upgrade`"]
pub struct WebSocketUpgrade {
    /// What the rules look at.
    request: Request<()>,
    on_upgrade: OnUpgrade,
    config: Config,
    subprotocol: Option<Box<str>>,
    refusal: Option<Refusal>,
    on_failed: Box<dyn FnOnce(Error) + Send>,
}

impl WebSocketUpgrade {
    /// Sets how the connection behaves: limits, keepalive, time limits, buffers, compression.
    pub fn config(self, config: Config) -> Self {
        Self { config, ..self }
    }

    /// Sets how many bytes a message may have. Default: 64 MiB. A longer one is answered with a Close, 1009.
    pub fn max_message_size(mut self, max: usize) -> Self {
        self.config.limits = self.config.limits.with_message(u64::try_from(max).unwrap_or(u64::MAX));
        self
    }

    /// Compresses messages, if the client knows that (permessage-deflate, RFC 7692). Default: they are not compressed.
    ///
    /// **A message that has both a secret and text that an attacker chose must not be compressed**: send it
    /// [plain](upframe_tokio::Piece::plain).
    ///
    /// ```
    /// # use axum::response::Response;
    /// # use upframe_http::{Deflate, WebSocketUpgrade};
    /// async fn handler(upgrade: WebSocketUpgrade) -> Response {
    ///     upgrade.deflate(Deflate::DEFAULT).on_upgrade(|_socket| async {})
    /// }
    /// ```
    pub fn deflate(mut self, deflate: Deflate) -> Self {
        self.config = self.config.with_deflate(deflate);
        self
    }

    /// Sets the subprotocols of the server, in order of preference (RFC 6455 §1.9): of those that the client offers, it
    /// gets the first one.
    ///
    /// [`subprotocol`](Self::subprotocol) tells which, and `WebSocket::subprotocol` later.
    pub fn subprotocols<I>(mut self, subprotocols: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Cow<'static, str>>,
    {
        let subprotocols: Vec<_> = subprotocols.into_iter().map(Into::into).collect();
        let supported: Vec<_> = subprotocols.iter().map(Cow::as_ref).collect();
        let options = ServerOptions::new().with_subprotocols(&supported);
        self.subprotocol = asked(&self.request, options, None).ok().and_then(|it| it.subprotocol().map(Box::from));
        self
    }

    /// Returns the subprotocol that client and server support, after [`subprotocols`](Self::subprotocols).
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// Sets which pages may connect (RFC 6455 §10.2). Default: every page. [`on_upgrade`](Self::on_upgrade) answers
    /// others with 403.
    ///
    /// ```
    /// # use axum::response::Response;
    /// # use upframe_http::{OriginPolicy, WebSocketUpgrade};
    /// async fn handler(upgrade: WebSocketUpgrade) -> Response {
    ///     upgrade.origins(OriginPolicy::same_host()).on_upgrade(|_socket| async {})
    /// }
    /// ```
    pub fn origins(mut self, origins: OriginPolicy<'_>) -> Self {
        self.refusal = asked(&self.request, ServerOptions::new().with_origins(origins), None).err();
        self
    }

    /// Sets what is called if the connection cannot be upgraded after all: the client disconnected, or
    /// [`Config::open_within`] is over before the response is written. Default: nothing.
    pub fn on_failed_upgrade(self, callback: impl FnOnce(Error) + Send + 'static) -> Self {
        Self { on_failed: Box::new(callback), ..self }
    }

    /// Returns the response, 101, or 200 in HTTP/2, and calls `callback` with the connection in a task of its own once it is written.
    ///
    /// Fields can be added to the response. If the page may not connect, the response is the refusal, and `callback`
    /// is dropped.
    ///
    /// **A layer must not replace this response.** hyper upgrades the connection even so, as soon as HTTP has ended on
    /// it, and `callback` gets the frames that the client sent with its request. To refuse, refuse before this call: in
    /// the handler, or in a layer that does not call the handler.
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime with time.
    #[must_use = "the response must be returned from the handler"]
    pub fn on_upgrade<C, F>(self, callback: C) -> Response
    where
        C: FnOnce(WebSocket) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let Self { request, on_upgrade, config, subprotocol, refusal, on_failed } = self;
        if let Some(refusal) = refusal {
            return refuse_in(request.version(), refusal, request.method());
        }
        let supported = subprotocol.as_deref();
        let options = ServerOptions::new().with_subprotocols(supported.as_slice());
        let agreed = match asked(&request, options, config.deflate) {
            Ok(agreed) => agreed,
            Err(refusal) => return refuse_in(request.version(), refusal, request.method()),
        };
        let (response, deflate) = (agreed.response::<Body>(), agreed.deflate);
        let upgrading = Upgrading { on_upgrade, config, subprotocol, deflate };
        tokio::spawn(async move {
            match upgrading.open().await {
                Ok(websocket) => callback(websocket).await,
                Err(error) => on_failed(error),
            }
        });
        response
    }
}

impl fmt::Debug for WebSocketUpgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketUpgrade").field("subprotocol", &self.subprotocol).finish_non_exhaustive()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for WebSocketUpgrade {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let extracted = <Self as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        extracted.ok_or_else(|| Rejection::new(Refusal::UpgradeRequired, parts))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for WebSocketUpgrade {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Rejection> {
        let request = copy(parts);
        match asked_or_none(&request, ServerOptions::new(), None) {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(None),
            Err(refusal) => return Err(Rejection::new(refusal, parts)),
        }
        // hyper's own is shared by its clones
        let on_upgrade = parts.extensions.get::<OnUpgrade>().cloned().ok_or(Rejection(Why::NotUpgradable))?;
        let (config, on_failed) = (Config::new(), Box::new(drop));
        Ok(Some(Self { request, on_upgrade, config, subprotocol: None, refusal: None, on_failed }))
    }
}

/// Returns the request without what the rules do not look at, such as cookies.
fn copy(parts: &Parts) -> Request<()> {
    let mut request = Request::new(());
    (*request.method_mut(), *request.version_mut()) = (parts.method.clone(), parts.version);
    *request.uri_mut() = parts.uri.clone();
    let fields = parts.headers.iter().filter(|(name, _)| LOOKED_AT.contains(name));
    request.headers_mut().extend(fields.map(|(name, value)| (name.clone(), value.clone())));
    #[cfg(feature = "http2")]
    if let Some(protocol) = parts.extensions.get::<hyper::ext::Protocol>() {
        request.extensions_mut().insert(protocol.clone());
    }
    request
}

/// The fields that [`judge`](crate::judge) looks at.
static LOOKED_AT: [http::HeaderName; 10] = [
    HOST,
    UPGRADE,
    CONNECTION,
    SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_VERSION,
    SEC_WEBSOCKET_PROTOCOL,
    http::header::SEC_WEBSOCKET_EXTENSIONS,
    ORIGIN,
    http::header::CONTENT_LENGTH,
    http::header::TRANSFER_ENCODING,
];

/// Why a request is not a [`WebSocketUpgrade`]. As a response, it has the status and the fields of the refusal.
pub struct Rejection(Why);

#[derive(Debug)]
enum Why {
    Refusal(Refusal, Method, Version),
    NotUpgradable,
}

impl Rejection {
    fn new(refusal: Refusal, parts: &Parts) -> Self {
        Self(Why::Refusal(refusal, parts.method.clone(), parts.version))
    }

    /// Returns the rule that the request breaks. `None` if the request is valid, and the server cannot upgrade its
    /// connections (500): it is not hyper, or does not serve them `with_upgrades`.
    #[must_use]
    pub const fn refusal(&self) -> Option<Refusal> {
        match self.0 {
            Why::Refusal(refusal, ..) => Some(refusal),
            Why::NotUpgradable => None,
        }
    }

    /// Returns the stable code of the cause: that of the rule, see [`upframe::Error::code`], or `http-not-upgradable`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.refusal().map_or("http-not-upgradable", |refusal| upframe::Error::from(refusal).code())
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        match self.0 {
            Why::Refusal(refusal, method, version) => refuse_in(version, refusal, &method),
            Why::NotUpgradable => {
                (StatusCode::INTERNAL_SERVER_ERROR, "connection cannot be upgraded\n").into_response()
            }
        }
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rejection").field(&self.0).finish()
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Why::Refusal(refusal, ..) => write!(f, "request refused: {refusal}"),
            Why::NotUpgradable => f.write_str("connection cannot be upgraded"),
        }
    }
}

impl std::error::Error for Rejection {}
