//! The rules for the request, which streams by (RFC 6455 §4.2.1).

use super::extension::NoExtension;
use super::extensions::{Extensions, check_extensions, write_extensions};
use super::field_name::FieldName;
use super::key::Key;
use super::name_reader::NameReader;
use super::offers::Offers;
use super::origin::{AnyOrigin, Origins};
use super::outcome::{Outcome, PlainHttp, ServerOptions, Upgrade};
use super::refusal::Refusal;
use super::version;
use crate::connection::settings::Settings;
use crate::frame::reserved_bits::ReservedBits;
use crate::http::authority::Authority;
use crate::http::body::{BodyJudge, BodyKind};
use crate::http::class::{Class, trim};
use crate::http::error::WriteError;
use crate::http::field::letters::Letters;
use crate::http::field::list::{ElementPart, ElementReader};
use crate::http::field::tokens::TokenList;
use crate::http::field::value::ShortValue;
use crate::http::method::Method;
use crate::http::span::{Run, Span, Version};
use core::fmt;

/// The rules of RFC 6455 §4.2.1 alone, for servers with an HTTP stack of their own: judges a request line and fields.
///
/// ```
/// use upframe::handshake::{Outcome, RequestJudge, ServerOptions};
/// let mut judge = RequestJudge::new(ServerOptions::new());
/// judge.request_line(b"GET", b"/chat", 1);
/// for (name, value) in [
///     ("Host", "a"),
///     ("Upgrade", "websocket"),
///     ("Connection", "keep-alive, Upgrade"),
///     ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
///     ("Sec-WebSocket-Version", "13"),
/// ] {
///     judge.field(name.as_bytes(), value.as_bytes());
/// }
/// let Outcome::Upgrade(upgrade) = judge.finish() else { panic!() };
/// assert_eq!(upgrade.accept_value().as_str(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// ```
#[derive(Clone)]
#[repr(C)]
pub struct RequestJudge<'p, X: Extensions = NoExtension, O: Origins = AnyOrigin> {
    pub(super) seen: Seen<X, O>,
    pub(super) supported: &'p [&'p str],
    pub(super) origins: O,
    pub(super) extension: X,
}

/// What has come of a request.
#[derive(Clone)]
#[repr(C)]
pub(super) struct Seen<X: Extensions, O: Origins> {
    name: NameReader,
    field: FieldName,
    /// Of the line being read, if the field has a list of tokens.
    elements: ElementReader,
    method: Method,
    target: Authority,
    pub(super) host: Authority,
    body: BodyJudge,
    /// Those of `Connection`, `Upgrade`, the version, and the subprotocols, of which those of the server are known.
    pub(super) lists: [TokenList; 4],
    pub(super) key: ShortValue<24>,
    minor_version: u8,
    pub(super) offers: Offers<X, O>,
}

impl<X: Extensions, O: Origins> Seen<X, O> {
    const NOTHING: Self = Self {
        name: NameReader::new(),
        field: FieldName::Other,
        elements: ElementReader::new(),
        method: Method::NONE,
        target: Authority::new(),
        minor_version: 0,
        host: Authority::new(),
        body: BodyJudge::new(),
        lists: [TokenList::new(); 4],
        key: ShortValue::new(),
        offers: Offers::NONE,
    };
}

impl<'p, O: Origins> RequestJudge<'p, NoExtension, O> {
    /// Returns a judge for a server without extensions. It does not check the limits of the head.
    pub const fn new(options: ServerOptions<'p, O>) -> Self {
        Self::with_extension(options, NoExtension)
    }
}

impl<'p, X: Extensions, O: Origins> RequestJudge<'p, X, O> {
    /// Returns a judge for a server that may agree to an extension. It does not check the limits of the head.
    pub const fn with_extension(options: ServerOptions<'p, O>, extension: X) -> Self {
        Self { supported: options.subprotocols, origins: options.origins, extension, seen: Seen::NOTHING }
    }

    /// Sets what is accepted, before any field is read.
    pub(super) const fn set_options(&mut self, options: ServerOptions<'p, O>) {
        (self.supported, self.origins) = (options.subprotocols, options.origins);
    }

    /// Reads the request line: the method, the target, and the second digit of the HTTP version, whose first digit is
    /// 1.
    pub fn request_line(&mut self, method: &[u8], target: &[u8], minor_version: u8) {
        self.seen.method = Method::of(method);
        self.seen.target.begin_target();
        self.seen.target.begin_target();
        self.push(&Span::Target(Run { bytes: target, last: true }));
        // the reader of a head has checked each byte; another program may not have
        if Class::Target.len(target) < target.len() {
            self.seen.target.invalidate();
        }
        self.seen.minor_version = minor_version;
    }

    /// Reads a field. Several fields with one name are several lines.
    ///
    /// Fields that the opening handshake does not need are not checked at all: neither is the name checked to be a
    /// token, nor the value to be free of control bytes.
    pub fn field(&mut self, name: &[u8], value: &[u8]) {
        self.seen.field = FieldName::of_any(name);
        self.value(Run { bytes: trim(value), last: true });
    }

    /// Reads the next span of a head.
    #[inline(always)]
    pub(crate) fn push(&mut self, span: &Span) {
        match *span {
            Span::Method(run) => {
                self.seen.method.push(run.bytes);
                self.seen.target.begin_target();
            }
            Span::Target(run) => {
                self.origins.target(&mut self.seen.offers.origin, run);
                self.seen.target.read(run.bytes);
            }
            Span::Version(Version { minor, .. }) => self.seen.minor_version = minor,
            Span::Name(run) => {
                if let Some(field) = self.seen.name.push(run) {
                    self.seen.field = field;
                }
            }
            Span::Value(run) if self.seen.field != FieldName::Other => self.value(run),
            _ => {}
        }
    }

    /// Reads a whole field of a head: a name, which is a token, and a value.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) fn line(&mut self, name: &[u8], value: &[u8]) {
        let field = FieldName::of(name);
        if field != FieldName::Other
            && let Some(rest) = self.usual(field, value)
        {
            self.seen.field = field;
            self.value(Run { bytes: rest, last: true });
        }
    }

    #[inline(never)]
    fn value(&mut self, run: Run) {
        match self.seen.field {
            FieldName::Host => {
                self.origins.host(&mut self.seen.offers.origin, run);
                self.seen.host.read_line(run);
            }
            // one arm for each, so that the compiler knows which tokens are looked for
            #[cfg(not(upframe_small))]
            FieldName::Upgrade => self.list(run, FieldName::Upgrade),
            #[cfg(not(upframe_small))]
            FieldName::Connection => self.list(run, FieldName::Connection),
            #[cfg(not(upframe_small))]
            FieldName::Version => self.list(run, FieldName::Version),
            #[cfg(not(upframe_small))]
            FieldName::Protocol => self.list(run, FieldName::Protocol),
            #[cfg(upframe_small)]
            FieldName::Extensions if X::tokens(&mut self.seen.offers.extensions).is_none() => {
                self.extension.read(&mut self.seen.offers.extensions, &mut self.seen.elements, run);
            }
            FieldName::Key => self.seen.key.push(run),
            #[cfg(not(upframe_small))]
            FieldName::Extensions => {
                self.extension.read(&mut self.seen.offers.extensions, &mut self.seen.elements, run);
            }
            FieldName::Origin => self.origins.origin(&mut self.seen.offers.origin, run),
            field @ (FieldName::ContentLength | FieldName::TransferEncoding) => {
                self.seen.body.push(run, field == FieldName::TransferEncoding);
            }
            #[cfg(not(upframe_small))]
            FieldName::Accept | FieldName::Other => {}
            // one arm for all others, of which those without a list are ignored
            #[cfg(upframe_small)]
            field => self.list(run, field),
        }
    }

    /// Reads the next bytes of a list of tokens, of which some are known.
    #[cfg(upframe_small)]
    #[inline(always)]
    fn list(&mut self, run: Run, field: FieldName) {
        let offers = &mut self.seen.offers;
        let list = match field {
            FieldName::Extensions => X::tokens(&mut offers.extensions),
            _ => self.seen.lists.get_mut((field as usize).wrapping_sub(FieldName::Connection as usize)),
        };
        let Some(list) = list else { return };
        // RFC 6455 §4.1: subprotocols are compared exactly; what else is known is found in any case
        let (known, letters) = match field {
            FieldName::Protocol => (self.supported, Letters::Exact),
            _ => (KNOWN, Letters::AnyCase),
        };
        let show = |list: &mut TokenList, part: ElementPart<'_>| match field {
            FieldName::Protocol => offers.subprotocols.push(list, part),
            FieldName::Version => version::check(list, part),
            _ => {}
        };
        list.read_any(run, &mut self.seen.elements, known, letters, field == FieldName::Extensions, show);
    }

    /// Reads the next bytes of a list of tokens, of which some are known.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn list(&mut self, run: Run, field: FieldName) {
        let (offers, [connection, upgrade, versions, offered]) = (&mut self.seen.offers, &mut self.seen.lists);
        if field == FieldName::Protocol && offers.subprotocols.is_fixed(offered) {
            self.seen.elements = ElementReader::new();
            return;
        }
        let (list, known, letters) = match field {
            FieldName::Upgrade => (upgrade, UPGRADE, Letters::AnyCase),
            // The tokens of Connection and Upgrade are found in any case of their letters. [9110-5.6.1-case]
            FieldName::Connection => (connection, CONNECTION, Letters::AnyCase),
            FieldName::Version => (versions, version::SUPPORTED, Letters::Exact),
            // Subprotocols are compared exactly, upper and lower case included. [4.1-subprotocol-case]
            _ => (offered, self.supported, Letters::Exact),
        };
        let show = |list: &mut TokenList, part: ElementPart<'_>| match field {
            FieldName::Protocol => {
                offers.subprotocols.push(list, part);
                // a piece of a token decides nothing
                !matches!(part, ElementPart::Token(_)) && offers.subprotocols.is_fixed(list)
            }
            FieldName::Version => {
                version::check(list, part);
                false
            }
            _ => false,
        };
        list.read_until(run, &mut self.seen.elements, known, letters, show);
    }

    /// Ends the head, and returns the outcome of the request.
    #[cfg_attr(upframe_small, inline(never))]
    #[must_use]
    pub fn finish(&mut self) -> Outcome<'p> {
        // Upgrade is a list that includes websocket; without it, the request does not ask for a WebSocket.
        // [4.2.1-upgrade]
        let [connection, upgrade, ..] = &self.seen.lists;
        let plain_http = !upgrade.found(PLACES.websocket);
        let kind = match self.judge_http(plain_http) {
            Ok(kind) => kind,
            Err(refusal) => return Outcome::Refusal(refusal),
        };
        if plain_http {
            // Another request may follow one in HTTP/1.1 that has no body and no Connection: close.
            // [9112-9.3-keep-alive]
            let may_keep_alive =
                self.seen.minor_version > 0 && kind == BodyKind::None && !connection.found(PLACES.close);
            let length = self.seen.body.number;
            return Outcome::PlainHttp(PlainHttp { kind, length, method: self.method(), may_keep_alive });
        }
        match self.judge() {
            Ok((text, subprotocol, extension)) => {
                Outcome::Upgrade(Upgrade { key: Key::checked(text), subprotocol, extension })
            }
            Err(refusal) => Outcome::Refusal(refusal),
        }
    }

    /// Returns the method of the request, or what has come of it.
    pub const fn method(&self) -> Method {
        self.seen.method
    }

    /// Returns the extension, which knows what it has agreed to.
    pub const fn extension(&self) -> &X {
        &self.extension
    }

    /// Returns the settings of the connection: `settings`, and the reserved bits of the extension if one was agreed to
    /// and writes an answer (RFC 6455 §5.8).
    pub fn settings(&self, upgrade: &Upgrade, settings: Settings) -> Settings {
        self.settings_if(upgrade.extension, settings)
    }

    /// Does what [`settings`](Self::settings) does. `extension`: one was agreed to.
    pub(super) fn settings_if(&self, extension: bool, settings: Settings) -> Settings {
        // Only an extension that both ends agreed on owns reserved bits. [5.8-negotiated]
        let owned =
            if self.answers_if(extension) == Ok(true) { self.extension.owned_bits() } else { ReservedBits::NONE };
        settings.with_reserved_bits(settings.reserved_bits.union(owned))
    }

    /// Returns whether the response names an extension: one was agreed to, and writes an answer.
    pub(super) fn answers(&self, upgrade: &Upgrade) -> Result<bool, WriteError> {
        self.answers_if(upgrade.extension)
    }

    /// Does what [`answers`](Self::answers) does. `extension`: one was agreed to.
    pub(super) fn answers_if(&self, extension: bool) -> Result<bool, WriteError> {
        // A server lists no extension that the client did not offer. [4.2.2-extension-offered]
        if extension { check_extensions(&self.extension) } else { Ok(false) }
    }

    /// Returns whether the target is a path or an absolute URI.
    pub(super) fn has_valid_target(&self) -> bool {
        self.seen.target.is_path_or_uri()
    }

    /// Returns whether `Host` appears once and is valid.
    pub(super) fn has_valid_host(&self) -> bool {
        self.seen.host.is_line()
    }

    /// Judges what any version of HTTP carries: see [`Offers::judge`].
    #[inline(always)]
    pub(super) fn judge_offers(&self) -> Result<(Option<&'p str>, bool), Refusal> {
        let [_, _, versions, offered] = &self.seen.lists;
        self.seen.offers.judge(versions, offered, self.supported, &self.origins)
    }

    /// Writes the value of `Sec-WebSocket-Extensions` to the front of `out`, for servers that write the 101 themselves.
    /// Returns what was written. It is empty if no extension was agreed to; the field must be left out then.
    ///
    /// # Errors
    ///
    /// [`WriteError::Extension`] if the extension writes an invalid token; [`WriteError::BufferTooSmall`]. `out` is
    /// unchanged.
    pub fn write_extensions<'o>(&self, upgrade: &Upgrade, out: &'o mut [u8]) -> Result<&'o [u8], WriteError> {
        if self.answers(upgrade)? { write_extensions(&self.extension, out) } else { Ok(&[]) }
    }

    /// Judges what all requests have, in the order of [`Refusal`], and returns what kind of body follows.
    #[inline(always)]
    fn judge_http(&self, plain_http: bool) -> Result<BodyKind, Refusal> {
        let Seen { target, host, body, .. } = &self.seen;
        let http_1_1 = self.seen.minor_version > 0;
        // A request in HTTP/1.0 is refused. [4.2.1-http-1.1]
        refuse(http_1_1 || plain_http, Refusal::HttpVersion)?;
        // A request with a method other than GET is answered with 405. [4.2.1-get]
        refuse(self.method() == Method::GET || plain_http, Refusal::Method)?;
        // The target is a path or an absolute URI of http, https, ws or wss. [9112-3.2-target]
        // The target of any request has one of the four forms. [9112-3.2-form]
        refuse(target.is_path_or_uri() || plain_http && target.is_other_target(), Refusal::Target)?;
        // Host appears once and is valid. [9112-3.2-host]
        // RFC 9112 §3.2: HTTP/1.0 has no Host, and it may be empty
        let without_host = plain_http && (host.is_empty_line() || host.is_new() && !http_1_1);
        refuse(host.is_line() || without_host, Refusal::Host)?;
        let kind = body.judge(http_1_1);
        // The length of a body is valid in requests that do not ask for a WebSocket, too. [9112-6.3-plain-http]
        refuse(kind != BodyKind::Bad || !plain_http, Refusal::BodyLength)?;
        // A request that announces a body is refused; its bytes are never read as frames. [9112-6-body]
        refuse(kind == BodyKind::None || plain_http, Refusal::Body)?;
        Ok(kind)
    }

    /// Judges what only a request for a WebSocket has, in the order of [`Refusal`] (RFC 6455 §4.2.1).
    #[inline(always)]
    fn judge(&self) -> Result<(&[u8; 24], Option<&'p str>, bool), Refusal> {
        // Connection is a list that includes Upgrade. [4.2.1-connection]
        let [connection, ..] = &self.seen.lists;
        refuse(connection.found(PLACES.upgrade), Refusal::Connection)?;
        // Sec-WebSocket-Key appears once and is 16 bytes in base64. [4.2.1-key]
        let key = self.seen.key.sole().and_then(|key| Key::check(key).ok()).ok_or(Refusal::Key)?;
        let (subprotocol, extension) = self.judge_offers()?;
        Ok((key, subprotocol, extension))
    }
}

/// Returns the refusal of a request that does not follow a rule.
const fn refuse(rule: bool, refusal: Refusal) -> Result<(), Refusal> {
    if rule { Ok(()) } else { Err(refusal) }
}

impl<X: Extensions, O: Origins> fmt::Debug for RequestJudge<'_, X, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestJudge").field("field", &self.seen.field).finish_non_exhaustive()
    }
}

/// What is looked for in `Upgrade` (RFC 6455 §4.2.1).
#[cfg(not(upframe_small))]
const UPGRADE: &[&str] = &["websocket"];
/// What is looked for in `Connection` (RFC 6455 §4.2.1, RFC 9112 §9.3).
#[cfg(not(upframe_small))]
const CONNECTION: &[&str] = &["upgrade", "close"];
/// The places of the tokens.
#[cfg(not(upframe_small))]
pub(super) const PLACES: Places = Places { websocket: 0, upgrade: 0, close: 1 };

/// What is looked for on small machines, in `Upgrade`, `Connection` and `Sec-WebSocket-Version` alike: none of these
/// tokens means anything in another of the fields. A version is a number, and so none of the words.
#[cfg(upframe_small)]
const KNOWN: &[&str] = &["websocket", "upgrade", "close", "13"];
#[cfg(upframe_small)]
const PLACES: Places = Places { websocket: 0, upgrade: 1, close: 2 };

/// Which of the known tokens is which.
pub(super) struct Places {
    pub(super) websocket: u8,
    pub(super) upgrade: u8,
    close: u8,
}
