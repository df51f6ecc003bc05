//! The trait that an extension implements for the opening handshake (RFC 6455 §9).

use crate::frame::reserved_bits::ReservedBits;
use crate::http::error::WriteError;
use crate::http::scan::is_tchar;
use crate::http::writer::Writer;

/// An extension of the protocol (RFC 6455 §9), as the opening handshake sees it.
///
/// A server is shown the elements of the client's list in order, until it agrees to one; a client is shown those of the
/// answer. For each element, [`begin`](Self::begin) is called, then [`parameter`](Self::parameter) for each of its
/// parameters, then [`end`](Self::end). After that, [`write`](Self::write) writes the server's answer. A client's offer
/// is written before all that.
///
/// ```
/// use upframe::frame::ReservedBits;
/// use upframe::handshake::{Extension, ExtensionWriter, RequestJudge, ServerOptions};
///
/// /// Agrees to `x-upper` without parameters.
/// struct Upper {
///     good: bool,
/// }
///
/// impl Extension for Upper {
///     fn begin(&mut self, name: &str) -> bool {
///         self.good = true;
///         name == "x-upper"
///     }
///     fn parameter(&mut self, _: &str, _: Option<&str>) {
///         self.good = false;
///     }
///     fn end(&mut self) -> bool {
///         self.good
///     }
///     fn reserved_bits(&self) -> ReservedBits {
///         ReservedBits::RSV1
///     }
///     fn write(&self, list: &mut ExtensionWriter<'_, '_>) {
///         list.element("x-upper");
///     }
/// }
///
/// let mut judge = RequestJudge::with_extension(ServerOptions::new(), Upper { good: false });
/// judge.field(b"Sec-WebSocket-Extensions", b"x-upper; level=9, x-upper");
/// assert!(judge.extension().good);
/// ```
pub trait Extension {
    /// Begins an element with this name. Returns `false` if the element is that of another extension; its parameters
    /// are not shown then.
    fn begin(&mut self, name: &str) -> bool;

    /// Shows a parameter of the element, with its value if it has one, which is unquoted. A parameter whose name or
    /// value has more than 40 bytes is not shown; the element is not agreed to then, and [`end`](Self::end) is not
    /// called.
    fn parameter(&mut self, name: &str, value: Option<&str>);

    /// Ends the element, and returns whether it is agreed to. If not, a server continues with the next element, and a
    /// client fails.
    fn end(&mut self) -> bool;

    /// Returns the reserved bits that the extension owns. It is called only after an element was agreed to.
    fn reserved_bits(&self) -> ReservedBits;

    /// Writes the client's offer, or the server's answer after it has agreed. An extension without an offer writes
    /// nothing.
    fn write(&self, list: &mut ExtensionWriter<'_, '_>);

    /// Returns whether more elements may be agreed to after one was. This is for extensions that consist of several,
    /// such as [`Both`](super::Both); others leave it as it is.
    fn wants_more(&self) -> bool {
        false
    }

    /// Notes that an answer to the client's offer comes. Returns whether there was an offer.
    #[doc(hidden)]
    fn note_offer(&mut self) -> bool
    where
        Self: Sized,
    {
        check_extension_list(self) == Ok(true)
    }
}

/// No extension: every element of a list is ignored, and none is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct NoExtension;

/// Writes elements of an extension list. Writing an invalid token makes the handshake fail, and nothing is sent.
///
/// [`Extension::write`] gets one. Elements are separated by commas, and their parameters by semicolons.
///
/// ```
/// # use upframe::{frame::ReservedBits, handshake::Extension};
/// use upframe::handshake::{ClientHandshake, ClientRequest, ExtensionWriter, Uri};
/// # struct Deflate;
/// # impl Extension for Deflate {
/// #     fn begin(&mut self, _: &str) -> bool { true }
/// #     fn parameter(&mut self, _: &str, _: Option<&str>) {}
/// #     fn end(&mut self) -> bool { true }
/// #     fn reserved_bits(&self) -> ReservedBits { ReservedBits::RSV1 }
/// #     fn write(&self, list: &mut ExtensionWriter<'_, '_>) { offer(list) }
/// # }
/// fn offer(list: &mut ExtensionWriter<'_, '_>) {
///     list.element("permessage-deflate");
///     list.parameter("server_no_context_takeover");
///     list.parameter_number("server_max_window_bits", 12);
/// }
/// # let mut entropy = |bytes: &mut [u8]| { bytes.fill(7); Ok(()) };
/// # let request = ClientRequest::new(Uri::parse("ws://a/").unwrap());
/// # let handshake = ClientHandshake::with_extension(request, Deflate, &mut entropy).unwrap();
/// # let mut out = [0; 512];
/// let request = handshake.write_request(&mut out).unwrap();
/// let list = b"permessage-deflate; server_no_context_takeover; server_max_window_bits=12\r\n";
/// assert!(request.windows(list.len()).any(|bytes| bytes == list));
/// ```
#[derive(Debug)]
pub struct ExtensionWriter<'w, 'o> {
    writer: &'w mut Writer<'o>,
    /// What is written before the first element.
    start: &'static str,
    begun: bool,
    malformed: bool,
}

impl ExtensionWriter<'_, '_> {
    /// Begins an element with this name, which is a token.
    pub fn element(&mut self, name: &str) {
        self.writer.text(if self.begun { ", " } else { self.start });
        self.begun = true;
        self.token(name);
    }

    /// Adds a parameter without a value. Its name is a token.
    pub fn parameter(&mut self, name: &str) {
        self.malformed |= !self.begun;
        self.writer.text("; ");
        self.token(name);
    }

    /// Adds a parameter whose value is a token, in quotes if `quoted` (RFC 6455 §9.1).
    pub fn parameter_with(&mut self, name: &str, value: &str, quoted: bool) {
        self.parameter(name);
        let quote = if quoted { "\"" } else { "" };
        self.writer.text("=");
        self.writer.text(quote);
        self.token(value);
        self.writer.text(quote);
    }

    /// Adds a parameter whose value is a number.
    pub fn parameter_number(&mut self, name: &str, value: usize) {
        self.parameter(name);
        self.writer.text("=");
        self.writer.number(value);
    }

    fn token(&mut self, token: &str) {
        self.malformed |= token.is_empty() || !token.bytes().all(is_tchar);
        self.writer.text(token);
    }
}

pub(super) const FIELD_START: &str = "Sec-WebSocket-Extensions: ";

/// Writes the elements of an extension after `start`, and returns whether there are any.
pub(crate) fn write_extension_list(
    extension: &impl Extension,
    start: &'static str,
    writer: &mut Writer<'_>,
) -> Result<bool, WriteError> {
    let mut list = ExtensionWriter { writer, start, begun: false, malformed: false };
    extension.write(&mut list);
    // What an extension writes consists of tokens, or the head is not written. [9.1-extension-sent]
    if list.malformed { Err(WriteError::Extension) } else { Ok(list.begun) }
}

/// Checks that what an extension writes consists of tokens, and returns whether it writes any element.
pub(crate) fn check_extension_list(extension: &impl Extension) -> Result<bool, WriteError> {
    write_extension_list(extension, FIELD_START, &mut Writer::counting())
}
