//! The rules for the request, while it streams by (RFC 6455 §4.2.1).

use super::candidates::Candidates;
use super::extension::{check_list, write_list};
use super::extension_list::ListJudge;
use super::fields::{FieldName, NameReader};
use super::list::Elements;
use super::origin::OriginJudge;
use super::subprotocol::SubprotocolJudge;
use super::tokens::TokenList;
use super::value::{ShortValue, SoleValue, keep_start};
use super::{AcceptValue, Extension, Key, NoExtension, Refusal, version};
use crate::connection::Settings;
use crate::frame::ReservedBits;
use crate::http::{Class, HeadLimits, Run, Span, Version, WriteError, render, trim};
use crate::target::SMALL;
use core::fmt;

/// What a server takes: its subprotocols, the origins of pages that may connect, and how large a request head may be.
///
/// ```
/// use upframe::handshake::ServerOptions;
/// const OPTIONS: ServerOptions = ServerOptions::new().with_subprotocols(&["superchat", "chat"]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ServerOptions<'p> {
    subprotocols: &'p [&'p str],
    origins: Option<&'p [&'p str]>,
    pub(super) limits: HeadLimits,
}

impl<'p> ServerOptions<'p> {
    /// No subprotocol, every origin, [`HeadLimits::DEFAULT`].
    pub const fn new() -> Self {
        Self { subprotocols: &[], origins: None, limits: HeadLimits::DEFAULT }
    }

    /// With these subprotocols, the one that is preferred first (RFC 6455 §1.9). Of more than 32, the first 32 are found.
    #[must_use]
    pub const fn with_subprotocols(self, subprotocols: &'p [&'p str]) -> Self {
        Self { subprotocols, ..self }
    }

    /// With pages of these origins only (RFC 6455 §10.2); of an empty list, with no page. Others get a 403. Requests without
    /// `Origin` come from no page, and are let in. Of more than 32, the first 32 are found.
    #[must_use]
    pub const fn with_origins(self, origins: &'p [&'p str]) -> Self {
        Self { origins: Some(origins), ..self }
    }

    /// With heads of this size.
    #[must_use]
    pub const fn with_limits(self, limits: HeadLimits) -> Self {
        Self { limits, ..self }
    }
}

impl Default for ServerOptions<'_> {
    fn default() -> Self {
        Self::new()
    }
}

/// What a request came to.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub enum Outcome<'p> {
    /// It asks for a WebSocket, and may have it: [`accept`](super::ServerHandshake::accept) it, or write a
    /// [`Response`](crate::http::Response) that refuses.
    Upgrade(Upgrade<'p>),
    /// It asks for something else, in good HTTP: serve it, or refuse with [`Refusal::UpgradeRequired`].
    PlainHttp(PlainHttp),
    /// It gets neither: [write](Refusal::write) the answer.
    Refusal(Refusal),
}

/// A request that may have its connection.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct Upgrade<'p> {
    key: Key,
    pub(super) subprotocol: Option<&'p str>,
    pub(super) extension: bool,
}

impl<'p> Upgrade<'p> {
    /// The subprotocol that both ends know: the server's favourite among those offered (RFC 6455 §4.2.2).
    pub const fn subprotocol(&self) -> Option<&'p str> {
        self.subprotocol
    }

    /// The same without a subprotocol.
    #[must_use]
    pub const fn without_subprotocol(self) -> Self {
        Self { subprotocol: None, ..self }
    }

    /// The same without the extension that was agreed to.
    #[must_use]
    pub const fn without_extension(self) -> Self {
        Self { extension: false, ..self }
    }

    /// The key of the request.
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// The value of `Sec-WebSocket-Accept`, for servers that write the 101 themselves.
    pub fn accept_value(&self) -> AcceptValue {
        self.key.accept_value()
    }
}

/// A request that asks for no WebSocket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct PlainHttp {
    has_body: bool,
    may_keep_alive: bool,
}

impl PlainHttp {
    /// Whether a body follows in the input. It is not read here: answer, and close.
    pub const fn has_body(self) -> bool {
        self.has_body
    }

    /// Whether another request may follow on this stream, once this one is answered (RFC 9112 §9.3): HTTP/1.1, no body, and no
    /// `Connection: close`. It is read by a new [`ServerHandshake`](super::ServerHandshake).
    pub const fn may_keep_alive(self) -> bool {
        self.may_keep_alive
    }
}

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
pub struct RequestJudge<'p, X: Extension = NoExtension> {
    supported: &'p [&'p str],
    origins: Option<&'p [&'p str]>,
    pub(super) extension: X,
    seen: Seen,
}

/// What has come of a request.
#[derive(Clone)]
struct Seen {
    name: NameReader,
    field: FieldName,
    /// Of the value under way, of a field that has one.
    candidates: Candidates,
    /// Of the line under way, of a field that has a list of tokens.
    elements: Elements,
    method: heapless::Vec<u8, 4, u8>,
    target: heapless::Vec<u8, TARGET_START, u8>,
    /// The target holds what no target may.
    bad_target: bool,
    minor_version: u8,
    host: SoleValue,
    content_length: SoleValue,
    transfer_encoding: bool,
    upgrade: TokenList,
    connection: TokenList,
    key: ShortValue<24>,
    versions: TokenList,
    offered: TokenList,
    subprotocols: SubprotocolJudge,
    extensions: ListJudge,
    origin: OriginJudge,
}

impl Seen {
    const NOTHING: Self = Self {
        name: NameReader::new(),
        field: FieldName::Other,
        candidates: Candidates::ALL,
        elements: Elements::new(),
        method: heapless::Vec::new(),
        target: heapless::Vec::new(),
        bad_target: false,
        minor_version: 0,
        host: SoleValue::new(),
        content_length: SoleValue::new(),
        transfer_encoding: false,
        upgrade: TokenList::new(),
        connection: TokenList::new(),
        key: ShortValue::new(),
        versions: TokenList::new(),
        offered: TokenList::new(),
        subprotocols: SubprotocolJudge::new(),
        extensions: ListJudge::new(false),
        origin: OriginJudge::new(),
    };
}

/// As much of a target as tells its form: `https://` and a byte of its authority.
const TARGET_START: usize = 9;

impl<'p> RequestJudge<'p> {
    /// For a server without extensions. The limits of the head are not judged here.
    pub const fn new(options: ServerOptions<'p>) -> Self {
        Self::with_extension(options, NoExtension)
    }
}

impl<'p, X: Extension> RequestJudge<'p, X> {
    /// For a server that may agree to an extension.
    pub const fn with_extension(options: ServerOptions<'p>, extension: X) -> Self {
        Self { supported: options.subprotocols, origins: options.origins, extension, seen: Seen::NOTHING }
    }

    /// The request line: method, target, and the second digit of the HTTP version, whose first is 1.
    pub fn request_line(&mut self, method: &[u8], target: &[u8], minor_version: u8) {
        self.push(&Span::Method(Run { bytes: method, last: true }));
        self.push(&Span::Target(Run { bytes: target, last: true }));
        // the reader of a head has looked at each byte; who wrote this is not known [9112-3.2-target]
        self.seen.bad_target = Class::Target.len(target) < target.len();
        self.seen.minor_version = minor_version;
    }

    /// A field. Several with one name are several lines. Of the fields that the opening handshake does not look at, nothing is
    /// checked here: whether a name is a token, or a value holds control bytes.
    pub fn field(&mut self, name: &[u8], value: &[u8]) {
        self.seen.field = FieldName::of_any(name);
        self.value(Run { bytes: trim(value), last: true });
    }

    /// The next span of a head.
    #[inline(always)]
    pub(crate) fn push(&mut self, span: &Span) {
        match *span {
            Span::Method(run) => {
                keep_start(&mut self.seen.method, run.bytes);
            }
            Span::Target(run) => {
                keep_start(&mut self.seen.target, run.bytes);
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

    /// A field of a head, whole: a name that is a token, and a value.
    #[inline(always)]
    pub(crate) fn line(&mut self, name: &[u8], value: &[u8]) {
        self.seen.field = FieldName::of(name);
        if self.seen.field != FieldName::Other {
            self.value(Run { bytes: value, last: true });
        }
    }

    #[inline(never)]
    fn value(&mut self, run: Run) {
        match self.seen.field {
            FieldName::Host => {
                self.seen.host.push(run, Class::Host);
            }
            field @ (FieldName::Upgrade | FieldName::Connection | FieldName::Version | FieldName::Protocol)
                if SMALL =>
            {
                self.list(run, field);
            }
            // what is looked for in each of them is known here to the compiler
            FieldName::Upgrade => self.list(run, FieldName::Upgrade),
            FieldName::Connection => self.list(run, FieldName::Connection),
            FieldName::Version => self.list(run, FieldName::Version),
            FieldName::Protocol => self.list(run, FieldName::Protocol),
            FieldName::Key => self.seen.key.push(run),
            FieldName::Extensions => self.seen.extensions.push(run.bytes, run.last, &mut self.extension),
            FieldName::Origin => self.seen.origin.push(run, &mut self.seen.candidates, self.origins),
            // 0 is no body; what is no number is no good either
            FieldName::ContentLength => {
                self.seen.content_length.push(run, Class::Zero);
            }
            FieldName::TransferEncoding => self.seen.transfer_encoding = true,
            FieldName::Accept | FieldName::Other => {}
        }
    }

    /// The next bytes of a list of tokens, of which some are known.
    #[cfg_attr(not(upframe_small), inline(always))]
    fn list(&mut self, run: Run, field: FieldName) {
        // [9110-5.6.1-case] [4.1-subprotocol-case]
        let (list, known, any_case) = match field {
            FieldName::Upgrade => (&mut self.seen.upgrade, UPGRADE, true),
            FieldName::Connection => (&mut self.seen.connection, CONNECTION, true),
            FieldName::Version => (&mut self.seen.versions, version::SPOKEN, false),
            _ => (&mut self.seen.offered, self.supported, false),
        };
        list.read(run, &mut self.seen.elements, known, any_case, |list, part| match field {
            FieldName::Protocol => self.seen.subprotocols.push(part),
            FieldName::Version => version::check(list, part),
            _ => {}
        });
    }

    /// The head has ended: what the request came to.
    #[cfg_attr(upframe_small, inline(never))]
    pub fn finish(&mut self) -> Outcome<'p> {
        // [4.2.1-upgrade]
        if !self.seen.upgrade.found(0) {
            return self.judge_ordinary().unwrap_or_else(Outcome::Refusal);
        }
        match self.judge() {
            Ok((text, subprotocol, extension)) => {
                Outcome::Upgrade(Upgrade { key: Key::checked(text), subprotocol, extension })
            }
            Err(refusal) => Outcome::Refusal(refusal),
        }
    }

    /// The extension: what it has agreed to is in it.
    pub const fn extension(&self) -> &X {
        &self.extension
    }

    /// The settings of the connection: its extension, if one was agreed to and says so in the answer, owns its reserved bits.
    pub fn settings(&self, upgrade: &Upgrade, settings: Settings) -> Settings {
        // [5.8-negotiated]
        let owned = if self.answers(upgrade) == Ok(true) { self.extension.reserved_bits() } else { ReservedBits::NONE };
        settings.with_reserved_bits(settings.reserved_bits.union(owned))
    }

    /// Whether the response has an extension in it: one was agreed to, and writes an answer.
    pub(super) fn answers(&self, upgrade: &Upgrade) -> Result<bool, WriteError> {
        // [4.2.2-extension-offered]
        if upgrade.extension { check_list(&self.extension) } else { Ok(false) }
    }

    /// Writes the value of `Sec-WebSocket-Extensions` to the front of `out`, for servers that write the 101 themselves; gives what
    /// was written. Nothing, and then the field must be left out, where no extension was agreed to.
    ///
    /// # Errors
    ///
    /// [`WriteError::FieldValue`] for an extension that writes what is no token; [`WriteError::BufferTooSmall`]. `out` is
    /// unchanged.
    pub fn write_extensions<'o>(&self, upgrade: &Upgrade, out: &'o mut [u8]) -> Result<&'o [u8], WriteError> {
        if !self.answers(upgrade)? {
            return Ok(&[]);
        }
        render(out, |writer| {
            // checked, so it is not malformed
            let _ = write_list(&self.extension, "", writer);
        })
    }

    fn judge_ordinary(&self) -> Result<Outcome<'p>, Refusal> {
        let http_1_1 = self.seen.minor_version > 0;
        // RFC 9112 §3.2; HTTP/1.0 knows no Host [9112-3.2-host]
        if !(self.seen.host.is_sole() || self.seen.host.lines() == 0 && !http_1_1) {
            return Err(Refusal::Host);
        }
        let has_body = self.has_body();
        // [9112-9.3-keep-alive]
        let may_keep_alive = http_1_1 && !has_body && !self.seen.connection.found(1);
        Ok(Outcome::PlainHttp(PlainHttp { has_body, may_keep_alive }))
    }

    /// Whether a body is announced (RFC 9112 §6.3).
    fn has_body(&self) -> bool {
        let none = self.seen.content_length.lines() == 0 || self.seen.content_length.is_there_once();
        // [9112-6-body]
        self.seen.transfer_encoding || !none
    }

    /// A request for a WebSocket, in the order of [`Refusal`] (RFC 6455 §4.2.1).
    fn judge(&self) -> Result<(&[u8; 24], Option<&'p str>, bool), Refusal> {
        let refuse = |rule: bool, refusal: Refusal| if rule { Ok(()) } else { Err(refusal) };
        // §4.2.1, 1: an HTTP/1.1 or higher GET request [4.2.1-http-1.1]
        refuse(self.seen.minor_version > 0, Refusal::HttpVersion)?;
        // [4.2.1-get]
        refuse(self.seen.method == b"GET", Refusal::Method)?;
        // [9112-3.2-target]
        refuse(is_target(&self.seen.target) && !self.seen.bad_target, Refusal::Target)?;
        // 2: a Host [9112-3.2-host]
        refuse(self.seen.host.is_there_once(), Refusal::Host)?;
        // [9112-6-body]
        refuse(!self.has_body(), Refusal::Body)?;
        // 3: Upgrade was found; 4: Connection [4.2.1-connection]
        refuse(self.seen.connection.found(0), Refusal::Connection)?;
        // 5: a key of 16 bytes [4.2.1-key]
        let key = self.seen.key.once().and_then(|key| Key::check(key).ok()).ok_or(Refusal::Key)?;
        // 6: version 13 [4.2.1-version]
        version::judge(&self.seen.versions)?;
        // 8, 9: subprotocols and extensions
        let subprotocol = self.seen.subprotocols.judge(&self.seen.offered, self.supported)?;
        // [4.2.1-extensions]
        let extension = self.seen.extensions.judge().map_err(|_| Refusal::Extensions)?;
        // 7: the origin [10.2-origin]
        self.seen.origin.judge()?;
        Ok((key, subprotocol, extension))
    }
}

impl<X: Extension> fmt::Debug for RequestJudge<'_, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestJudge").field("field", &self.seen.field).finish_non_exhaustive()
    }
}

/// What is looked for in `Upgrade` (RFC 6455 §4.2.1).
const UPGRADE: &[&str] = &["websocket"];
/// What is looked for in `Connection` (RFC 6455 §4.2.1, RFC 9112 §9.3).
const CONNECTION: &[&str] = &["upgrade", "close"];

/// How a target in absolute form may begin (RFC 9112 §3.2.2).
const SCHEMES: &[&str] = &["http://", "https://", "ws://", "wss://"];

/// A path, or an absolute URI (RFC 9112 §3.2.1, §3.2.2).
fn is_target(start: &[u8]) -> bool {
    let absolute = |scheme: &str| match start.split_at_checked(scheme.len()) {
        // [9112-3.2-target]
        Some((front, [first, ..])) => front.eq_ignore_ascii_case(scheme.as_bytes()) && !matches!(first, b'/' | b'?'),
        _ => false,
    };
    // [9112-3.2.2-absolute]
    start.first() == Some(&b'/') || SCHEMES.iter().any(|scheme| absolute(scheme))
}
