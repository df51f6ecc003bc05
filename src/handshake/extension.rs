//! The place where an extension plugs in (RFC 6455 §9).

use crate::frame::ReservedBits;
use crate::http::class::is_tchar;
use crate::http::error::WriteError;
use crate::http::writer::Writer;

/// An extension of the protocol (RFC 6455 §9), as the opening handshake sees it.
///
/// A server is shown the elements of the client's list in their order, until it agrees to one; a client those of the answer. Each
/// is [`begin`](Self::begin), then [`parameter`](Self::parameter) for each of its parameters, then [`end`](Self::end). Then
/// [`write`](Self::write) says the server's answer. A client's offer is written before all that.
pub trait Extension {
    /// Whether there is one: where there is none, lists are still checked, and what is in them is not kept.
    #[doc(hidden)]
    const IS_SOME: bool = true;

    /// An element with this name begins. `false`: that is another extension's, and its parameters are not shown.
    fn begin(&mut self, name: &str) -> bool;

    /// A parameter of the element, with its value, out of its quotes. One whose name or value has more than 40 bytes is not shown;
    /// the element is not agreed to then, and has no `end`.
    fn parameter(&mut self, name: &str, value: Option<&str>);

    /// The element has ended: whether it is agreed to. A server that does not goes on with the next; a client that does not fails.
    fn end(&mut self) -> bool;

    /// The reserved bits that are owned by what was agreed to; asked only after that.
    fn reserved_bits(&self) -> ReservedBits;

    /// Writes the client's offer, or the server's answer once it has agreed. Writes nothing for no offer.
    fn write(&self, list: &mut ExtensionWriter<'_, '_>);
}

/// No extension.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct NoExtension;

impl Extension for NoExtension {
    const IS_SOME: bool = false;

    fn begin(&mut self, _: &str) -> bool {
        false
    }
    fn parameter(&mut self, _: &str, _: Option<&str>) {}
    fn end(&mut self) -> bool {
        false
    }
    fn reserved_bits(&self) -> ReservedBits {
        ReservedBits::NONE
    }
    fn write(&self, _: &mut ExtensionWriter<'_, '_>) {}
}

/// Writes elements of an extension list. What is no token is not sent: the handshake is an error then.
#[derive(Debug)]
pub struct ExtensionWriter<'w, 'o> {
    writer: &'w mut Writer<'o>,
    /// What stands in front of the first element.
    start: &'static str,
    begun: bool,
    malformed: bool,
}

impl ExtensionWriter<'_, '_> {
    /// Begins an element.
    pub fn element(&mut self, name: &str) {
        self.writer.text(if self.begun { ", " } else { self.start });
        self.begun = true;
        self.token(name);
    }

    /// Adds a parameter without a value.
    pub fn parameter(&mut self, name: &str) {
        // [9.1-extension-sent]
        self.malformed |= !self.begun;
        self.writer.text("; ");
        self.token(name);
    }

    /// Adds a parameter whose value is a token (RFC 6455 §9.1), in quotes if it is wanted so.
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
        // [9.1-extension-sent]
        self.malformed |= token.is_empty() || !token.bytes().all(is_tchar);
        self.writer.text(token);
    }
}

const FIELD_START: &str = "Sec-WebSocket-Extensions: ";

/// Writes the field of an extension, or nothing where it has nothing to say.
pub(crate) fn write_field(extension: &impl Extension, writer: &mut Writer<'_>) {
    if write_list(extension, FIELD_START, writer) == Ok(true) {
        writer.text("\r\n");
    }
}

/// Writes the elements behind `start`; whether there are any.
pub(crate) fn write_list(
    extension: &impl Extension,
    start: &'static str,
    writer: &mut Writer<'_>,
) -> Result<bool, WriteError> {
    let mut list = ExtensionWriter { writer, start, begun: false, malformed: false };
    extension.write(&mut list);
    // [9.1-extension-sent]
    if list.malformed { Err(WriteError::FieldValue) } else { Ok(list.begun) }
}

/// What an extension writes is made of tokens.
pub(crate) fn check_list(extension: &impl Extension) -> Result<bool, WriteError> {
    write_list(extension, FIELD_START, &mut Writer::counting())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_extension_takes_nothing() {
        let mut none = NoExtension;
        assert!(!none.begin("permessage-deflate") && !none.end());
        assert_eq!(none.reserved_bits(), ReservedBits::NONE);
    }
}
