//! Requests: a server judges one, a client builds one.

use crate::error::BuildError;
use http::{HeaderName, HeaderValue, Method, Request, Version};
use upframe::connection::{Entropy, NoEntropy};
#[cfg(feature = "hyper")]
use upframe::handshake::Upgrade;
use upframe::handshake::{
    ClientHandshake, ClientRequest, Extensions, NoExtension, Origins, Outcome, Refusal, RequestError, RequestJudge,
    ResponseJudge, ServerOptions,
};
#[cfg(feature = "hyper")]
use upframe_tokio::{Deflate, DeflateParams};

/// Judges a request by the rules of the opening handshake (RFC 6455 §4.2.1).
///
/// [`Outcome::Upgrade`]: answer with [`switch`](crate::switch). [`Outcome::PlainHttp`]: the request asks for something
/// else; serve it, or [`refuse`](crate::refuse) it with [`Refusal::UpgradeRequired`]. [`Outcome::Refusal`]:
/// `refuse` it. The limits of the head in `options` are not checked: the HTTP stack has limits of its own.
///
/// A request in HTTP/2 or HTTP/3 is refused with [`Refusal::HttpVersion`], whatever it asks for:
/// [`judge_connect`](crate::judge_connect) judges it.
///
/// ```
/// use http::Request;
/// use upframe_http::{OriginPolicy, Outcome, Refusal, ServerOptions, judge, refuse, switch};
///
/// let options = ServerOptions::new()
///     .with_subprotocols(&["chat"])
///     .with_origins(OriginPolicy::same_host());
/// let mut request = Request::get("/chat")
///     .header("Host", "example.com")
///     .header("Upgrade", "websocket")
///     .header("Connection", "Upgrade")
///     .header("Sec-WebSocket-Key", "x3JJHMbDL1EzLkh9GBhXDw==")
///     .header("Sec-WebSocket-Version", "13")
///     .header("Sec-WebSocket-Protocol", "chat, superchat")
///     .body(())?;
///
/// let Outcome::Upgrade(upgrade) = judge(&request, options) else { panic!() };
/// let response = switch::<String>(&upgrade);
/// assert_eq!(response.status(), 101);
/// assert_eq!(response.headers()["Sec-WebSocket-Accept"], "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
/// assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "chat");
///
/// request.headers_mut().insert("Origin", "https://evil.test".parse()?);
/// let Outcome::Refusal(refusal) = judge(&request, options) else { panic!() };
/// assert_eq!(refusal, Refusal::Origin);
/// assert_eq!(refuse::<String>(refusal, request.method()).status(), 403);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn judge<'p, B, O: Origins>(request: &Request<B>, options: ServerOptions<'p, O>) -> Outcome<'p> {
    judge_with(request, &mut RequestJudge::new(options))
}

/// Does what [`judge`] does with a judge that has an extension, such as compression.
///
/// ```
/// use http::Request;
/// use upframe_http::upframe::deflate::ServerDeflate;
/// use upframe_http::upframe::handshake::RequestJudge;
/// use upframe_http::{DeflatePolicy, Outcome, ServerOptions, judge_with, switch};
///
/// let request = Request::get("/chat")
///     .header("Host", "example.com")
///     .header("Upgrade", "websocket")
///     .header("Connection", "Upgrade")
///     .header("Sec-WebSocket-Key", "x3JJHMbDL1EzLkh9GBhXDw==")
///     .header("Sec-WebSocket-Version", "13")
///     .header("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")
///     .body(())?;
/// let deflate = ServerDeflate::new(DeflatePolicy::new());
/// let mut judge = RequestJudge::with_extension(ServerOptions::new(), deflate);
/// let Outcome::Upgrade(upgrade) = judge_with(&request, &mut judge) else { panic!() };
/// let mut response = switch::<String>(&upgrade);
/// let mut out = [0; 256];
/// let extensions = judge.write_extensions(&upgrade, &mut out)?;
/// if !extensions.is_empty() {
///     response.headers_mut().insert("Sec-WebSocket-Extensions", extensions.try_into()?);
/// }
/// assert_eq!(response.headers()["Sec-WebSocket-Extensions"], "permessage-deflate");
/// assert!(judge.extension().agreed(&upgrade).is_some()); // for `WebSocket::with_params`
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn judge_with<'p, B, X: Extensions, O: Origins>(
    request: &Request<B>,
    judge: &mut RequestJudge<'p, X, O>,
) -> Outcome<'p> {
    let minor = match request.version() {
        Version::HTTP_11 => 1,
        Version::HTTP_10 | Version::HTTP_09 => 0,
        // a 101 does not exist there (RFC 9113 §8.6)
        _ => return Outcome::Refusal(Refusal::HttpVersion),
    };
    judge.request_line(request.method().as_str().as_bytes(), request.uri().to_string().as_bytes(), minor);
    for (name, value) in request.headers() {
        judge.field(name.as_str().as_bytes(), value.as_bytes());
    }
    judge.finish()
}

/// What a server agrees to, in any version of HTTP.
#[cfg(feature = "hyper")]
pub(crate) struct Agreed<'p> {
    opening: Opening<'p>,
    pub(crate) deflate: Option<DeflateParams>,
    /// The value of `Sec-WebSocket-Extensions`.
    extensions: Option<HeaderValue>,
}

/// A request that may have its connection, or its stream.
#[cfg(feature = "hyper")]
enum Opening<'p> {
    Upgrade(Upgrade<'p>),
    #[cfg(feature = "http2")]
    Tunnel(upframe::handshake::Tunnel<'p>),
}

#[cfg(feature = "hyper")]
impl<'p> Agreed<'p> {
    fn new(opening: Opening<'p>, deflate: Option<DeflateParams>, extensions: &[u8]) -> Self {
        let extensions = HeaderValue::from_bytes(extensions).ok().filter(|value| !value.is_empty());
        Self { opening, deflate: deflate.filter(|_| extensions.is_some()), extensions }
    }

    pub(crate) const fn subprotocol(&self) -> Option<&'p str> {
        match &self.opening {
            Opening::Upgrade(upgrade) => upgrade.subprotocol(),
            #[cfg(feature = "http2")]
            Opening::Tunnel(tunnel) => tunnel.subprotocol(),
        }
    }

    /// Builds the response 101 or 200.
    pub(crate) fn response<B: From<&'static str>>(&self) -> http::Response<B> {
        let mut response = match &self.opening {
            Opening::Upgrade(upgrade) => crate::response::switch(upgrade),
            #[cfg(feature = "http2")]
            Opening::Tunnel(tunnel) => crate::connect::accept_connect(tunnel),
        };
        self.extend(&mut response);
        response
    }

    /// Adds the extension to a response, and returns its parameters.
    pub(crate) fn extend<B>(&self, response: &mut http::Response<B>) -> Option<DeflateParams> {
        let extensions = self.extensions.as_ref()?;
        response.headers_mut().insert(http::header::SEC_WEBSOCKET_EXTENSIONS, extensions.clone());
        self.deflate
    }
}

/// Judges a request in HTTP/2 that `h2` has read. `None`: it does not ask for a WebSocket.
#[cfg(feature = "http2")]
pub(crate) fn asked_for_tunnel<'p, B, O: Origins>(
    request: &Request<B>,
    protocol: Option<&str>,
    options: ServerOptions<'p, O>,
    deflate: Option<Deflate>,
) -> Result<Option<Agreed<'p>>, Refusal> {
    use upframe::handshake::{ConnectOutcome, ConnectRequestJudge, MalformedFields};
    let mut judge = ConnectRequestJudge::with_extension(options, Deflate::server(deflate));
    let tunnel = match crate::connect::judge_connect_with(request, protocol, &mut judge) {
        ConnectOutcome::Tunnel(tunnel) => tunnel,
        ConnectOutcome::PlainHttp | ConnectOutcome::OtherProtocol => return Ok(None),
        ConnectOutcome::Refusal(refusal) => return Err(refusal),
        // the streams of nearly all of them were reset before
        ConnectOutcome::Malformed(MalformedFields::HostDiffers) => return Err(Refusal::Host),
        ConnectOutcome::Malformed(_) => return Err(Refusal::Target),
    };
    // the extension alone, which is never as long as this; a subprotocol may be
    let mut out = [0; 512];
    let mut answer = judge.fields(&tunnel.without_subprotocol(), &[], &mut out).into_iter().flatten();
    let extensions = answer.find(|(name, _)| *name == b"sec-websocket-extensions").map_or(&b""[..], |(_, value)| value);
    let deflate = judge.extension().as_ref().and_then(|deflate| deflate.agreed_in_tunnel(&tunnel));
    Ok(Some(Agreed::new(Opening::Tunnel(tunnel), deflate, extensions)))
}

/// Judges a request in any version of HTTP that hyper has read. `None`: it does not ask for a WebSocket.
#[cfg(feature = "hyper")]
pub(crate) fn asked_or_none<'p, B, O: Origins>(
    request: &Request<B>,
    options: ServerOptions<'p, O>,
    deflate: Option<Deflate>,
) -> Result<Option<Agreed<'p>>, Refusal> {
    #[cfg(feature = "http2")]
    if crate::response::has_streams(request.version()) {
        let protocol = request.extensions().get::<hyper::ext::Protocol>().map(hyper::ext::Protocol::as_str);
        return asked_for_tunnel(request, protocol, options, deflate);
    }
    let mut judge = RequestJudge::with_extension(options, Deflate::server(deflate));
    let upgrade = match judge_with(request, &mut judge) {
        Outcome::Upgrade(upgrade) => upgrade,
        Outcome::PlainHttp(_) => return Ok(None),
        Outcome::Refusal(refusal) => return Err(refusal),
    };
    let mut out = [0; 256];
    let extensions = judge.write_extensions(&upgrade, &mut out).unwrap_or_default();
    let deflate = judge.extension().as_ref().and_then(|deflate| deflate.agreed(&upgrade));
    Ok(Some(Agreed::new(Opening::Upgrade(upgrade), deflate, extensions)))
}

/// Does what [`asked_or_none`] does. A request that does not ask for a WebSocket is refused, too.
#[cfg(feature = "hyper")]
pub(crate) fn asked<'p, B, O: Origins>(
    request: &Request<B>,
    options: ServerOptions<'p, O>,
    deflate: Option<Deflate>,
) -> Result<Agreed<'p>, Refusal> {
    asked_or_none(request, options, deflate)?.ok_or(Refusal::UpgradeRequired)
}

/// Builds the request of a client, and returns it with the judge of its response:
/// [`judge_response`](crate::judge_response) (RFC 6455 §4.1).
///
/// The target of the request is path and query; `Host` is among its fields. The key is drawn from the operating
/// system.
///
/// ```
/// use upframe_http::{ClientRequest, Uri, client_request};
/// let asked = ClientRequest::new(Uri::parse("ws://example.com:81/chat?room=1")?)
///     .with_subprotocols(&["chat", "superchat"])
///     .with_fields(&[("Authorization", "Bearer 42")]);
/// let (request, _judge) = client_request::<String>(asked)?;
/// assert_eq!((request.method().as_str(), request.uri().to_string()), ("GET", "/chat?room=1".into()));
/// assert_eq!(request.headers()["Host"], "example.com:81");
/// assert_eq!(request.headers()["Sec-WebSocket-Protocol"], "chat, superchat");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`BuildError::Request`] if a subprotocol, the origin or a field is invalid, or if there is no entropy;
/// [`BuildError::Http`] if a part is too long for the crate `http`.
pub fn client_request<B: Default>(asked: ClientRequest<'_>) -> Result<(Request<B>, ResponseJudge<'_>), BuildError> {
    client_request_with(asked, NoExtension)
}

/// Does what [`client_request`] does, and offers an extension, such as compression.
///
/// ```
/// use http::Response;
/// use upframe_http::upframe::deflate::ClientDeflate;
/// use upframe_http::{Answer, ClientRequest, DeflatePolicy, Uri, client_request_with, judge_response_with};
/// let asked = ClientRequest::new(Uri::parse("ws://example.com/")?);
/// let deflate = ClientDeflate::new(DeflatePolicy::new());
/// let (request, mut judge) = client_request_with::<String, _>(asked, deflate)?;
/// assert_eq!(request.headers()["Sec-WebSocket-Extensions"], "permessage-deflate; client_max_window_bits");
/// # let key = request.headers()["Sec-WebSocket-Key"].as_bytes();
/// # let accept = upframe_http::upframe::handshake::Key::parse(key)?.accept_value();
///
/// // what the server answers
/// let response = Response::builder()
///     .status(101)
///     .header("Upgrade", "websocket")
///     .header("Connection", "Upgrade")
///     .header("Sec-WebSocket-Accept", accept.as_str())
///     .header("Sec-WebSocket-Extensions", "permessage-deflate")
///     .body(())?;
/// assert!(matches!(judge_response_with(&mut judge, &response), Answer::Agreed(_)));
/// assert!(judge.extension().agreed().is_some()); // for `WebSocket::with_params`
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Those of [`client_request`].
pub fn client_request_with<B: Default, X: Extensions>(
    asked: ClientRequest<'_>,
    extension: X,
) -> Result<(Request<B>, ResponseJudge<'_, X>), BuildError> {
    let handshake = ClientHandshake::with_extension(asked, extension, &mut Random)?;
    let mut out = vec![0; 512];
    let parts = match handshake.request_parts(&mut out) {
        Err(RequestError::BufferTooSmall { required }) => {
            out.resize(required, 0);
            handshake.request_parts(&mut out)?
        }
        parts => parts?,
    };
    let mut request = Request::new(B::default());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = parts.target().try_into().map_err(http::Error::from)?;
    for (name, value) in parts.fields() {
        let name = HeaderName::from_bytes(name).map_err(http::Error::from)?;
        let value = HeaderValue::from_bytes(value).map_err(http::Error::from)?;
        request.headers_mut().try_append(name, value).map_err(http::Error::from)?;
    }
    Ok((request, handshake.into_judge()))
}

struct Random;

impl Entropy for Random {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), NoEntropy> {
        getrandom::fill(out).map_err(|_| NoEntropy)
    }
}
