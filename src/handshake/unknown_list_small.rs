//! The list of extensions of a peer, for an end without extensions: on small machines it is read like any other list.

use super::extension_list::ExtensionListError;
use crate::http::field::letters::Letters;
use crate::http::field::list::ElementReader;
use crate::http::field::tokens::TokenList;
use crate::http::span::Run;

/// What has come of the list.
#[derive(Clone, Debug)]
#[allow(unnameable_types, unreachable_pub, reason = "sealed")]
pub struct UnknownList {
    pub(super) tokens: TokenList,
}

impl UnknownList {
    pub(crate) const fn for_server() -> Self {
        Self { tokens: TokenList::new() }
    }

    pub(crate) const fn for_client() -> Self {
        Self::for_server()
    }

    /// Reads the next bytes of a line.
    #[inline(always)]
    pub(crate) fn push(&mut self, run: Run, elements: &mut ElementReader) {
        self.tokens.read_any(run, elements, &[], Letters::Exact, true, |_, _| {});
    }

    /// Judges a client's list.
    #[inline(always)]
    pub(crate) fn judge_offers(&self) -> Result<bool, ExtensionListError> {
        // RFC 6455 §9.1: at least one element
        if self.tokens.has_invalid() || self.tokens.has_line() && !self.tokens.has_token() {
            return Err(ExtensionListError::Malformed);
        }
        Ok(false)
    }

    /// Judges a server's list.
    #[inline(always)]
    pub(crate) fn judge_answer(&self) -> Result<bool, ExtensionListError> {
        self.judge_offers()?;
        if self.tokens.has_token() { Err(ExtensionListError::NotAgreed) } else { Ok(false) }
    }
}
