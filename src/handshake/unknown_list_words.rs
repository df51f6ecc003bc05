//! The list of extensions of a peer, for an end without extensions, on most machines.

use super::extension::{Extension, ExtensionWriter};
use super::extension_list::{ExtensionListError, ExtensionListJudge, ShortTokens, Tokens};
use crate::frame::reserved_bits::ReservedBits;
use crate::http::field::list::ElementReader;
use crate::http::span::Run;

/// What has come of the list.
#[derive(Clone, Debug)]
#[allow(unnameable_types, unreachable_pub, reason = "sealed")]
pub struct UnknownList {
    judge: ExtensionListJudge<()>,
}

impl Tokens for () {
    const EMPTY: Self = ();
    const IS_SOME: bool = false;
    #[inline(always)]
    fn get(&mut self) -> Option<&mut ShortTokens> {
        None
    }
}

impl UnknownList {
    pub(crate) const fn for_server() -> Self {
        Self { judge: ExtensionListJudge::for_server() }
    }

    pub(crate) const fn for_client() -> Self {
        Self { judge: ExtensionListJudge::for_client() }
    }

    /// Reads the next bytes of a line.
    #[inline(always)]
    pub(crate) fn push(&mut self, run: Run, _: &mut ElementReader) {
        self.judge.push(run.bytes, run.last, &mut Nothing);
    }

    /// Reads a whole line without quotes. Returns `false`, and changes nothing, if it is not one that a server accepts.
    #[inline(always)]
    pub(crate) fn push_usual(&mut self, line: &[u8]) -> bool {
        self.judge.push_usual(line)
    }

    /// Judges a client's list.
    #[inline(always)]
    pub(crate) fn judge_offers(&self) -> Result<bool, ExtensionListError> {
        self.judge.judge()
    }

    /// Judges a server's list.
    #[inline(always)]
    pub(crate) fn judge_answer(&self) -> Result<bool, ExtensionListError> {
        self.judge.judge()
    }
}

/// Agrees to nothing. It is shown nothing, either.
struct Nothing;

impl Extension for Nothing {
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
