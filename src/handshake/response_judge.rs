//! The rules for the response, while it streams by (RFC 6455 §4.1).

use super::answer::{Agreed, Answer, Failure};
use super::extension::{Extension, NoExtension, check_list};
use super::extension_list::{ListError, ListJudge};
use super::field_name::{FieldName, NameReader};
use super::key::{AcceptValue, Key};
use crate::frame::ReservedBits;
use crate::http::class::trim;
use crate::http::field::known::{Candidates, OneOf};
use crate::http::field::list::Elements;
use crate::http::field::tokens::TokenList;
use crate::http::field::value::ShortValue;
use crate::http::span::{Run, Span};
use core::fmt;

/// The rules of RFC 6455 §4.1 for the response alone, for clients with an HTTP stack of their own: judges a status and fields.
///
/// ```
/// use upframe::handshake::{Answer, Key, ResponseJudge};
/// let key = Key::new(*b"the sample nonce");
/// let mut judge = ResponseJudge::new(&key, &["chat"]);
/// judge.field(b"Upgrade", b"websocket");
/// judge.field(b"Connection", b"Upgrade");
/// judge.field(b"Sec-WebSocket-Accept", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// assert!(matches!(judge.finish(101, 1), Answer::Agreed(agreed) if agreed.subprotocol().is_none()));
/// ```
#[derive(Clone)]
pub struct ResponseJudge<'a, X: Extension = NoExtension> {
    name: NameReader,
    field: FieldName,
    /// Of the value under way, of a field that has one.
    candidates: Candidates,
    /// Of the line under way of `Connection`.
    elements: Elements,
    upgrade: OneOf,
    connection: TokenList,
    /// The answer to the key.
    expected: AcceptValue,
    accept: ShortValue<28>,
    offered_subprotocols: &'a [&'a str],
    subprotocol: OneOf,
    extensions: ListJudge,
    /// The extension has written an offer; known when the first answer to one comes.
    offered: Option<bool>,
    pub(super) extension: X,
}

impl<'a> ResponseJudge<'a> {
    /// For a client that sent this key and these subprotocols, and no extension. Of more than 32 subprotocols, the first 32 are
    /// found.
    pub fn new(key: &Key, subprotocols: &'a [&'a str]) -> Self {
        Self::with_extension(key, subprotocols, NoExtension)
    }
}

impl<'a, X: Extension> ResponseJudge<'a, X> {
    /// For a client that sent this key, these subprotocols, and this extension's offer.
    pub fn with_extension(key: &Key, subprotocols: &'a [&'a str], extension: X) -> Self {
        Self::with_accept(&key.accept_value(), subprotocols, extension)
    }

    /// The same where the answer to the key has been computed by other means: see [`AcceptValue::from_sha1`].
    pub const fn with_accept(accept: &AcceptValue, subprotocols: &'a [&'a str], extension: X) -> Self {
        Self {
            name: NameReader::new(),
            field: FieldName::Other,
            candidates: Candidates::ALL,
            elements: Elements::new(),
            upgrade: OneOf::new(),
            connection: TokenList::new(),
            expected: *accept,
            accept: ShortValue::new(),
            offered_subprotocols: subprotocols,
            subprotocol: OneOf::new(),
            extensions: ListJudge::new(true),
            offered: None,
            extension,
        }
    }

    /// A field. Several with one name are several lines. Of the fields that the opening handshake does not look at, nothing is
    /// checked here.
    pub fn field(&mut self, name: &[u8], value: &[u8]) {
        self.field = FieldName::of_any(name);
        self.value(Run { bytes: trim(value), last: true });
    }

    pub(crate) fn push(&mut self, span: &Span) {
        match *span {
            Span::Name(run) => {
                if let Some(field) = self.name.push(run) {
                    self.field = field;
                }
            }
            Span::Value(run) => self.value(run),
            // [9112-6.3-101-body]
            _ => {}
        }
    }

    fn value(&mut self, run: Run) {
        match self.field {
            FieldName::Upgrade => self.upgrade.push(run, &mut self.candidates, &["websocket"], true),
            FieldName::Connection => {
                self.connection.read(run, &mut self.elements, &["upgrade"], true, |_, _| {});
            }
            FieldName::Accept => self.accept.push(run),
            FieldName::Protocol => {
                self.subprotocol.push(run, &mut self.candidates, self.offered_subprotocols, false);
            }
            FieldName::Extensions => {
                let extension = &mut self.extension;
                self.offered.get_or_insert_with(|| check_list(extension) == Ok(true));
                self.extensions.push(run.bytes, run.last, extension);
            }
            // RFC 9112 §6.3: a 101 has no body, whatever it announces [9112-6.3-101-body]
            _ => {}
        }
    }

    /// The extension: what was agreed on is in it.
    pub const fn extension(&self) -> &X {
        &self.extension
    }

    /// The head has ended, with this status and this second digit of the HTTP version: what it came to.
    pub fn finish(&mut self, status: u16, minor_version: u8) -> Answer<'a> {
        // [4.1-status-101]
        if status != 101 {
            return Answer::Refused(status);
        }
        match self.judge(minor_version) {
            Ok(agreed) => Answer::Agreed(agreed),
            Err(failure) => Answer::Failed(failure),
        }
    }

    /// A 101, in the order of [`Failure`] (RFC 6455 §4.1).
    fn judge(&self, minor_version: u8) -> Result<Agreed<'a>, Failure> {
        let fail = |rule: bool, failure: Failure| if rule { Ok(()) } else { Err(failure) };
        // [4.1-response-http-1.1]
        fail(minor_version > 0, Failure::HttpVersion)?;
        // 2: Upgrade is websocket, and nothing else [4.1-response-upgrade]
        fail(matches!(self.upgrade.judge(), Some(Some(_))), Failure::Upgrade)?;
        // 3: Connection [4.1-response-connection]
        fail(self.connection.found(0), Failure::Connection)?;
        // 4: the answer to the key [4.1-response-accept]
        fail(self.accept.once() == Some(self.expected.as_bytes()), Failure::Accept)?;
        // 6: a subprotocol that was asked for
        let subprotocol = match self.subprotocol.judge() {
            // [4.1-response-no-subprotocol]
            None => None,
            Some(Some(found)) => self.offered_subprotocols.get(usize::from(found)).copied(),
            // [4.1-response-subprotocol]
            Some(None) => return Err(Failure::Subprotocol),
        };
        // 5: extensions that were asked for
        let agreed = self.extensions.judge().map_err(|error| match error {
            // [4.1-response-extensions-malformed]
            ListError::Malformed => Failure::Extensions,
            ListError::NotAgreed => Failure::ExtensionNotAgreed,
        })?;
        // §4.1, 5: one that was not present in the request [4.1-response-extension]
        fail(!agreed || self.offered == Some(true), Failure::ExtensionNotAgreed)?;
        // [5.8-negotiated]
        let reserved_bits = if agreed { self.extension.reserved_bits() } else { ReservedBits::NONE };
        Ok(Agreed { subprotocol, reserved_bits })
    }
}

impl<X: Extension> fmt::Debug for ResponseJudge<'_, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseJudge").field("field", &self.field).finish_non_exhaustive()
    }
}
