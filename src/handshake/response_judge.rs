//! The rules for the response, which streams by (RFC 6455 §4.1).

use super::answer::{Agreed, Answer, Failure};
use super::extension::NoExtension;
use super::extension_list::ExtensionListError;
use super::extensions::Extensions;
use super::field_name::FieldName;
use super::key::{AcceptValue, Key};
use super::name_reader::NameReader;
use crate::frame::reserved_bits::ReservedBits;
use crate::http::body::BodyJudge;
use crate::http::class::trim;
use crate::http::field::known::{Candidates, KnownValue};
use crate::http::field::letters::Letters;
use crate::http::field::list::ElementReader;
use crate::http::field::tokens::TokenList;
use crate::http::field::value::ShortValue;
use crate::http::span::{Run, Span};
use core::fmt;

/// The rules of RFC 6455 §4.1 for the response alone, for clients with an HTTP stack of their own: judges a status and
/// fields.
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
pub struct ResponseJudge<'a, X: Extensions = NoExtension> {
    name: NameReader,
    field: FieldName,
    /// Of the value being read, if the field has a single value.
    candidates: Candidates,
    /// Of the line of `Connection` being read.
    elements: ElementReader,
    body: BodyJudge,
    upgrade: KnownValue,
    connection: TokenList,
    /// The answer to the key.
    expected: AcceptValue,
    accept: ShortValue<28>,
    offered_subprotocols: &'a [&'a str],
    subprotocol: KnownValue,
    extensions: X::List,
    /// Whether the extension has written an offer. It is determined when the first answer to one comes.
    offered: Option<bool>,
    pub(super) extension: X,
}

impl<'a> ResponseJudge<'a> {
    /// Returns a judge for a client that sent this key and these subprotocols, and no extension. Subprotocols after the
    /// first 32 are never agreed on.
    pub fn new(key: &Key, subprotocols: &'a [&'a str]) -> Self {
        Self::with_extension(key, subprotocols, NoExtension)
    }
}

impl<'a, X: Extensions> ResponseJudge<'a, X> {
    /// Returns a judge for a client that sent this key, these subprotocols, and the offer of this extension.
    pub fn with_extension(key: &Key, subprotocols: &'a [&'a str], extension: X) -> Self {
        Self::with_accept(&key.accept_value(), subprotocols, extension)
    }

    /// Returns a judge for a client that computes the answer to the key by other means: see [`AcceptValue::from_sha1`].
    pub const fn with_accept(accept: &AcceptValue, subprotocols: &'a [&'a str], extension: X) -> Self {
        Self {
            name: NameReader::new(),
            field: FieldName::Other,
            candidates: Candidates::ALL,
            elements: ElementReader::new(),
            body: BodyJudge::new(),
            upgrade: KnownValue::new(),
            connection: TokenList::new(),
            expected: *accept,
            accept: ShortValue::new(),
            offered_subprotocols: subprotocols,
            subprotocol: KnownValue::new(),
            extensions: X::ANSWER,
            offered: None,
            extension,
        }
    }

    /// Reads a field. Several fields with one name are several lines. Fields that the opening handshake does not need
    /// are not checked at all.
    pub fn field(&mut self, name: &[u8], value: &[u8]) {
        self.field = FieldName::of_any(name);
        self.value(Run { bytes: trim(value), last: true });
    }

    /// Reads the next span of a head.
    pub(crate) fn push(&mut self, span: &Span) {
        match *span {
            Span::Name(run) => {
                if let Some(field) = self.name.push(run) {
                    self.field = field;
                }
            }
            Span::Value(run) => self.value(run),
            _ => {}
        }
    }

    fn value(&mut self, run: Run) {
        match self.field {
            FieldName::Upgrade => self.upgrade.push(run, &mut self.candidates, &["websocket"], Letters::AnyCase),
            FieldName::Connection => {
                self.connection.read(run, &mut self.elements, &["upgrade"], Letters::AnyCase, |_, _| {});
            }
            FieldName::Accept => self.accept.push(run),
            FieldName::Protocol => {
                self.subprotocol.push(run, &mut self.candidates, self.offered_subprotocols, Letters::Exact);
            }
            FieldName::Extensions => {
                let extension = &mut self.extension;
                self.offered.get_or_insert_with(|| extension.was_offered());
                extension.read(&mut self.extensions, &mut self.elements, run);
            }
            field @ (FieldName::ContentLength | FieldName::TransferEncoding) => {
                self.body.push(run, field == FieldName::TransferEncoding);
            }
            _ => {}
        }
    }

    /// Reads a whole field of a head: a name, which is a token, and a value.
    #[inline(always)]
    pub(super) fn line(&mut self, name: &[u8], value: &[u8]) {
        self.field = FieldName::of(name);
        self.value(Run { bytes: value, last: true });
    }

    /// Returns the extension, which knows what was agreed on.
    pub const fn extension(&self) -> &X {
        &self.extension
    }

    /// Ends the head, and returns the outcome of the response: `status` is its status, `minor_version` the second digit
    /// of its HTTP version.
    #[must_use]
    pub fn finish(&mut self, status: u16, minor_version: u8) -> Answer<'a> {
        match self.body.judge_response(status, minor_version > 0) {
            // A 101 has no body, whatever it announces: the next byte is a frame. [9112-6.3-101-body]
            _ if status == 101 => match self.judge(minor_version) {
                Ok(agreed) => Answer::Agreed(agreed),
                Err(failure) => Answer::Failed(failure),
            },
            // A status other than 101 is reported, and does not open a connection. [4.1-status-101]
            Some(body) => Answer::Refused { status, body },
            // A response whose length is malformed or contradictory fails. [9112-6.3-response]
            None => Answer::Failed(Failure::BodyLength),
        }
    }

    /// Judges a 101, in the order of [`Failure`] (RFC 6455 §4.1).
    fn judge(&self, minor_version: u8) -> Result<Agreed<'a>, Failure> {
        let fail = |rule: bool, failure: Failure| if rule { Ok(()) } else { Err(failure) };
        // A 101 in HTTP/1.0 fails. [4.1-response-http-1.1]
        fail(minor_version > 0, Failure::HttpVersion)?;
        // A 101 whose Upgrade is not websocket fails. [4.1-response-upgrade]
        fail(matches!(self.upgrade.judge(), Some(Some(_))), Failure::Upgrade)?;
        // A 101 whose Connection has no token Upgrade fails. [4.1-response-connection]
        fail(self.connection.found(0), Failure::Connection)?;
        // A 101 whose Sec-WebSocket-Accept is not exactly the answer to the key fails. [4.1-response-accept]
        fail(self.accept.sole() == Some(self.expected.as_bytes()), Failure::Accept)?;
        self.judge_agreement()
    }

    /// Judges what any version of HTTP carries: subprotocol and extensions, in the order of [`Failure`].
    #[inline(always)]
    pub(super) fn judge_agreement(&self) -> Result<Agreed<'a>, Failure> {
        let subprotocol = match self.subprotocol.judge() {
            // A 101 without a subprotocol is legal. [4.1-response-no-subprotocol]
            None => None,
            Some(Some(found)) => self.offered_subprotocols.get(usize::from(found)).copied(),
            // A 101 with a subprotocol that was not offered, or with more than one, fails. [4.1-response-subprotocol]
            Some(None) => return Err(Failure::Subprotocol),
        };
        let agreed = X::judge_answer(&self.extensions).map_err(|error| match error {
            // A 101 whose list of extensions is malformed fails. [4.1-response-extensions-malformed]
            ExtensionListError::Malformed => Failure::Extensions,
            ExtensionListError::NotAgreed => Failure::ExtensionNotAgreed,
        })?;
        // §4.1: an extension that is not offered in the request must not be in the response
        if agreed && self.offered != Some(true) {
            return Err(Failure::ExtensionNotAgreed);
        }
        let reserved_bits = if agreed { self.extension.owned_bits() } else { ReservedBits::NONE };
        Ok(Agreed { subprotocol, reserved_bits })
    }
}

impl<X: Extensions> fmt::Debug for ResponseJudge<'_, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseJudge").field("field", &self.field).finish_non_exhaustive()
    }
}
