//! Requests: a server judges one, a client builds one.

use crate::error::BuildError;
use http::{HeaderName, HeaderValue, Method, Request, Version};
use upframe::connection::{Entropy, NoEntropy};
#[cfg(feature = "hyper")]
use upframe::handshake::Upgrade;
use upframe::handshake::{
    ClientHandshake, ClientRequest, Extension, NoExtension, Origins, Outcome, Refusal, RequestError, RequestJudge,
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
/// A request in HTTP/2 or HTTP/3 is refused with [`Refusal::HttpVersion`], whatever it asks for.
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

fn judge_with<'p, B, X: Extension, O: Origins>(
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

/// What a server agrees to.
#[cfg(feature = "hyper")]
pub(crate) struct Agreed<'p> {
    pub(crate) upgrade: Upgrade<'p>,
    pub(crate) deflate: Option<DeflateParams>,
    /// The value of `Sec-WebSocket-Extensions`.
    pub(crate) extensions: Option<HeaderValue>,
}

/// Returns the upgrade, or the refusal. A request that does not ask for a WebSocket is refused, too.
#[cfg(feature = "hyper")]
pub(crate) fn asked<'p, B, O: Origins>(
    request: &Request<B>,
    options: ServerOptions<'p, O>,
    deflate: Option<Deflate>,
) -> Result<Agreed<'p>, Refusal> {
    let mut judge = RequestJudge::with_extension(options, Deflate::server(deflate));
    let upgrade = match judge_with(request, &mut judge) {
        Outcome::Upgrade(upgrade) => upgrade,
        Outcome::PlainHttp(_) => return Err(Refusal::UpgradeRequired),
        Outcome::Refusal(refusal) => return Err(refusal),
    };
    let mut out = [0; 256];
    let written = judge.write_extensions(&upgrade, &mut out).unwrap_or_default();
    let extensions = HeaderValue::from_bytes(written).ok().filter(|value| !value.is_empty());
    let deflate = judge.extension().as_ref().and_then(|deflate| deflate.agreed(&upgrade));
    Ok(Agreed { upgrade, deflate: deflate.filter(|_| extensions.is_some()), extensions })
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

pub(crate) fn client_request_with<B: Default, X: Extension>(
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
