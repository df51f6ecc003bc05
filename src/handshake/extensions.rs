//! What a handshake has: an extension, or none.

use super::extension::{Extension, FIELD_START, NoExtension, write_extension_list};
use super::extension_list::{ExtensionListError, ExtensionListJudge, ShortTokens};
#[cfg(upframe_small)]
use super::unknown_list_small::UnknownList;
#[cfg(not(upframe_small))]
use super::unknown_list_words::UnknownList;
use crate::frame::reserved_bits::ReservedBits;
use crate::http::error::WriteError;
use crate::http::field::list::ElementReader;
#[cfg(upframe_small)]
use crate::http::field::tokens::TokenList;
use crate::http::span::Run;
use crate::http::writer::{Writer, render};

/// What a handshake has: any [`Extension`], or [`NoExtension`], which stores no names and values of parameters.
///
/// It is the bound of functions for both:
///
/// ```
/// use upframe::handshake::{Extensions, NoExtension, RequestJudge, ServerOptions};
/// fn judge<X: Extensions>(extension: X) -> RequestJudge<'static, X> {
///     RequestJudge::with_extension(ServerOptions::new(), extension)
/// }
/// judge(NoExtension).field(b"Sec-WebSocket-Extensions", b"permessage-deflate");
/// ```
pub trait Extensions: sealed::Extensions {}

impl<X: Extension> Extensions for X {}
impl Extensions for NoExtension {}

mod sealed {
    #[cfg(upframe_small)]
    use super::TokenList;
    use super::{ElementReader, ExtensionListError, ReservedBits, Run, WriteError, Writer};

    #[expect(unnameable_types, private_interfaces, reason = "sealed")]
    pub trait Extensions {
        /// What has come of the peer's list.
        type List: Clone;
        /// Nothing has come of a client's list.
        const OFFERS: Self::List;
        /// Nothing has come of a server's list.
        const ANSWER: Self::List;

        /// Reads the next bytes of a line of the list.
        fn read(&mut self, list: &mut Self::List, elements: &mut ElementReader, run: Run<'_>);

        /// Reads a whole line in its usual form. Returns `false`, and changes nothing, if it must be read by
        /// [`read`](Self::read).
        #[cfg(not(upframe_small))]
        fn read_usual(&mut self, list: &mut Self::List, line: &[u8]) -> bool;

        /// Returns the list if it is read like any other.
        #[cfg(upframe_small)]
        fn tokens(list: &mut Self::List) -> Option<&mut TokenList>;

        /// Returns whether an element of a client's list was agreed to, once the head has ended.
        fn judge_offers(list: &Self::List) -> Result<bool, ExtensionListError>;

        /// Does the same for a server's list.
        fn judge_answer(list: &Self::List) -> Result<bool, ExtensionListError>;

        /// Returns the reserved bits that the extension owns. It is called only after an element was agreed to.
        fn owned_bits(&self) -> ReservedBits;

        /// Notes that an answer to the client's offer comes. Returns whether there was an offer.
        fn was_offered(&mut self) -> bool;

        /// Writes the elements: after `start`, and returns whether there are any.
        fn write_elements(&self, start: &'static str, writer: &mut Writer<'_>) -> Result<bool, WriteError>;
    }
}

#[expect(private_interfaces, reason = "sealed")]
impl<X: Extension> sealed::Extensions for X {
    type List = ExtensionListJudge<ShortTokens>;
    const OFFERS: Self::List = ExtensionListJudge::for_server();
    const ANSWER: Self::List = ExtensionListJudge::for_client();

    #[inline(always)]
    fn read(&mut self, list: &mut Self::List, _: &mut ElementReader, run: Run<'_>) {
        list.push(run.bytes, run.last, self);
    }
    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn read_usual(&mut self, _: &mut Self::List, _: &[u8]) -> bool {
        false
    }
    #[cfg(upframe_small)]
    #[inline(always)]
    fn tokens(_: &mut Self::List) -> Option<&mut TokenList> {
        None
    }
    #[inline(always)]
    fn judge_offers(list: &Self::List) -> Result<bool, ExtensionListError> {
        list.judge()
    }
    #[inline(always)]
    fn judge_answer(list: &Self::List) -> Result<bool, ExtensionListError> {
        list.judge()
    }
    #[inline(always)]
    fn owned_bits(&self) -> ReservedBits {
        self.reserved_bits()
    }
    #[inline(always)]
    fn was_offered(&mut self) -> bool {
        self.note_offer()
    }
    #[inline(always)]
    fn write_elements(&self, start: &'static str, writer: &mut Writer<'_>) -> Result<bool, WriteError> {
        write_extension_list(self, start, writer)
    }
}

#[expect(private_interfaces, reason = "sealed")]
impl sealed::Extensions for NoExtension {
    type List = UnknownList;
    const OFFERS: Self::List = UnknownList::for_server();
    const ANSWER: Self::List = UnknownList::for_client();

    #[inline(always)]
    fn read(&mut self, list: &mut Self::List, elements: &mut ElementReader, run: Run<'_>) {
        list.push(run, elements);
    }
    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn read_usual(&mut self, list: &mut Self::List, line: &[u8]) -> bool {
        list.push_usual(line)
    }
    #[cfg(upframe_small)]
    #[inline(always)]
    fn tokens(list: &mut Self::List) -> Option<&mut TokenList> {
        Some(&mut list.tokens)
    }
    #[inline(always)]
    fn judge_offers(list: &Self::List) -> Result<bool, ExtensionListError> {
        list.judge_offers()
    }
    #[inline(always)]
    fn judge_answer(list: &Self::List) -> Result<bool, ExtensionListError> {
        list.judge_answer()
    }
    #[inline(always)]
    fn owned_bits(&self) -> ReservedBits {
        ReservedBits::NONE
    }
    #[inline(always)]
    fn was_offered(&mut self) -> bool {
        false
    }
    #[inline(always)]
    fn write_elements(&self, _: &'static str, _: &mut Writer<'_>) -> Result<bool, WriteError> {
        Ok(false)
    }
}

/// Writes the value of `Sec-WebSocket-Extensions` to the front of `out`, for programs with an HTTP stack of their own:
/// a client's offer, or a server's answer after the extension has agreed. Returns what was written. It is empty if the
/// extension writes nothing; the field must be left out then.
///
/// A server calls [`RequestJudge::write_extensions`](super::RequestJudge::write_extensions), which knows whether an
/// extension was agreed to.
///
/// ```
/// use upframe::handshake::write_extensions;
/// # use upframe::{frame::ReservedBits, handshake::{Extension, ExtensionWriter}};
/// # struct Deflate;
/// # impl Extension for Deflate {
/// #     fn begin(&mut self, _: &str) -> bool { true }
/// #     fn parameter(&mut self, _: &str, _: Option<&str>) {}
/// #     fn end(&mut self) -> bool { true }
/// #     fn reserved_bits(&self) -> ReservedBits { ReservedBits::RSV1 }
/// #     fn write(&self, list: &mut ExtensionWriter<'_, '_>) {
/// #         list.element("permessage-deflate");
/// #         list.parameter_number("server_max_window_bits", 12);
/// #     }
/// # }
/// let mut out = [0; 64];
/// let offer = b"permessage-deflate; server_max_window_bits=12";
/// assert_eq!(write_extensions(&Deflate, &mut out).unwrap(), offer);
/// ```
///
/// # Errors
///
/// [`WriteError::Extension`] if the extension writes an invalid token; [`WriteError::BufferTooSmall`]. `out` is
/// unchanged.
pub fn write_extensions<'o>(extension: &impl Extensions, out: &'o mut [u8]) -> Result<&'o [u8], WriteError> {
    check_extensions(extension)?;
    render(out, |writer| {
        // checked, so it is not malformed
        let _ = extension.write_elements("", writer);
    })
}

/// Writes the field of an extension, or nothing if the extension writes nothing.
pub(crate) fn write_extension_field(extension: &impl Extensions, writer: &mut Writer<'_>) {
    if extension.write_elements(FIELD_START, writer) == Ok(true) {
        writer.text("\r\n");
    }
}

/// Checks that what an extension writes consists of tokens, and returns whether it writes any element.
pub(crate) fn check_extensions(extension: &impl Extensions) -> Result<bool, WriteError> {
    extension.write_elements(FIELD_START, &mut Writer::counting())
}

#[cfg(test)]
mod tests {
    use super::sealed::Extensions as _;
    use super::*;
    use crate::http::field::letters::Letters;
    #[cfg(not(upframe_small))]
    use crate::http::field::tokens::TokenList;

    #[test]
    fn no_extension_agrees_to_nothing() {
        for (bytes, server, client) in [
            (&b"permessage-deflate; a=1"[..], Ok(false), Err(ExtensionListError::NotAgreed)),
            (b"x; a=\"", Err(ExtensionListError::Malformed), Err(ExtensionListError::Malformed)),
            (b" ,", Err(ExtensionListError::Malformed), Err(ExtensionListError::Malformed)),
        ] {
            for (mut list, judge, want) in [
                (NoExtension::OFFERS, NoExtension::judge_offers as fn(&_) -> _, server),
                (NoExtension::ANSWER, NoExtension::judge_answer, client),
            ] {
                assert_eq!(judge(&list), Ok(false));
                let (mut elements, mut after) = (ElementReader::new(), TokenList::new());
                NoExtension.read(&mut list, &mut elements, Run { bytes, last: true });
                assert_eq!(judge(&list), want);
                // the next list is read from its start, whatever this one was
                let run = Run { bytes: b"a", last: true };
                after.read(run, &mut elements, &["a"], Letters::Exact, |_, _| {});
                assert!(after.found(0));
            }
        }
        assert_eq!((NoExtension.owned_bits(), NoExtension.was_offered()), (ReservedBits::NONE, false));
        assert_eq!(check_extensions(&NoExtension), Ok(false));
    }
}
