//! Values of a request in their usual form, which are whole in the input, on most machines: no look at where in a
//! list or a value the last bytes ended.
//!
//! What is not read here, `request_judge.rs` reads, with the same outcome.

use super::extensions::Extensions;
use super::field_name::FieldName;
use super::origin::Origins;
use super::request_judge::{PLACES, RequestJudge};
use crate::http::class::{Class, trim_start};
use crate::http::field::known::is_same;
use crate::http::span::Run;

impl<X: Extensions, O: Origins> RequestJudge<'_, X, O> {
    /// Reads a whole line of a field, which consists of the bytes of a value. Returns what of it is still to be read,
    /// if not all was in its usual form.
    #[inline(always)]
    pub(super) fn usual<'v>(&mut self, field: FieldName, value: &'v [u8]) -> Option<&'v [u8]> {
        let run = Run { bytes: value, last: true };
        let seen = &mut self.seen;
        let [connection, upgrade, versions, _] = &mut seen.lists;
        let is_read = match field {
            FieldName::Host if seen.host.read_usual_line(value) => {
                self.origins.host(&mut seen.offers.origin, run);
                true
            }
            FieldName::Upgrade if is(value, b"websocket") => {
                upgrade.add_line(PLACES.websocket);
                true
            }
            // a browser sends one or the other
            FieldName::Connection if is(value, b"upgrade") || is(value, b"keep-alive, upgrade") => {
                connection.add_line(PLACES.upgrade);
                true
            }
            FieldName::Version if value == b"13" => {
                versions.add_line(0);
                true
            }
            FieldName::Key => seen.key.push_whole(value),
            FieldName::Origin => {
                self.origins.origin(&mut seen.offers.origin, run);
                true
            }
            FieldName::Extensions => self.extension.read_usual(&mut seen.offers.extensions, value),
            FieldName::Protocol => return self.usual_offers(value),
            _ => false,
        };
        if is_read { None } else { Some(value) }
    }

    /// Reads subprotocols at the front of a line.
    #[inline(always)]
    fn usual_offers<'v>(&mut self, line: &'v [u8]) -> Option<&'v [u8]> {
        let (subprotocols, [.., offered]) = (&mut self.seen.offers.subprotocols, &mut self.seen.lists);
        let mut rest = line;
        loop {
            if subprotocols.is_fixed(offered) {
                return None;
            }
            let element = trim_start(rest);
            let (token, after) = element.split_at_checked(Class::Token.len(element))?;
            let next = match after {
                _ if token.is_empty() => return Some(rest),
                [b',', after @ ..] => Some(after),
                [] => None,
                _ => return Some(rest),
            };
            subprotocols.push_whole(offered, token, self.supported);
            let Some(next) = next else {
                offered.end_line();
                return None;
            };
            rest = next;
        }
    }
}

/// Returns whether a value is this one, in any case of its letters. No byte of a value becomes another by that.
#[inline(always)]
fn is<const N: usize>(value: &[u8], known: &[u8; N]) -> bool {
    value.len() == N && value.first_chunk::<N>().is_some_and(|value| is_same(value, known))
}
