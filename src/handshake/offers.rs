//! What a client offers: version, subprotocols, extensions, and the origin of its page (RFC 6455 §4.2.1, 6 to 9).

use super::extensions::Extensions;
use super::origin::Origins;
use super::refusal::Refusal;
use super::subprotocol::SubprotocolJudge;
use super::version;
use crate::http::field::tokens::TokenList;

/// What has come of a client's offers. They are the same, and are judged the same, whichever version of HTTP carries
/// them.
#[derive(Clone)]
pub(super) struct Offers<X: Extensions, O: Origins> {
    pub(super) subprotocols: SubprotocolJudge,
    pub(super) extensions: X::List,
    pub(super) origin: O::Seen,
}

impl<X: Extensions, O: Origins> Offers<X, O> {
    pub(super) const NONE: Self =
        Self { subprotocols: SubprotocolJudge::new(), extensions: X::OFFERS, origin: O::NOTHING };

    /// Returns the subprotocol that is chosen, and whether an extension was agreed to. The checks are in the order of
    /// [`Refusal`]. In the list of subprotocols, `offered`, those of the server are known.
    #[inline(always)]
    pub(super) fn judge<'p>(
        &self,
        versions: &TokenList,
        offered: &TokenList,
        supported: &[&'p str],
        origins: &O,
    ) -> Result<(Option<&'p str>, bool), Refusal> {
        version::judge(versions)?;
        let subprotocol = self.subprotocols.judge(offered, supported)?;
        // A malformed list of extensions is refused. [4.2.1-extensions]
        let extension = X::judge_offers(&self.extensions).map_err(|_| Refusal::Extensions)?;
        // An origin that may not connect is answered with 403. [10.2-origin]
        if !origins.allow(&self.origin) {
            return Err(Refusal::Origin);
        }
        Ok((subprotocol, extension))
    }
}
