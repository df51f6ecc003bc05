//! `Sec-WebSocket-Protocol` (RFC 6455 §1.9, §4.1, §4.2.2, §11.3.4).

use super::refusal::Refusal;
use crate::http::field::list::ElementPart;
use crate::http::field::tokens::TokenList;
use core::mem::take;

/// How many subprotocols a client may offer.
pub(crate) const MAX_OFFERED: usize = 16;

/// Chooses among the subprotocols that a client offers, by the server's order of preference, while they stream by.
///
/// The offered tokens are not stored. To find duplicates, a `Hash` of each is: two different tokens agree in 64 bits
/// once in 2⁶⁴. On a small machine, they agree in 32 bits once in 2³², and are then refused as duplicates.
///
/// The first element that must be refused fixes the outcome. On most machines nothing after it is compared, so that a
/// long list costs no more than any other field.
#[derive(Clone, Debug)]
pub(crate) struct SubprotocolJudge {
    hash: Hash,
    seen: heapless::Vec<Hash, MAX_OFFERED, u8>,
    too_many: bool,
}

/// What is kept of a token: FNV-1a. Its start value only tells leading zeros apart, which a token does not have.
#[cfg(not(upframe_small))]
type Hash = u64;
#[cfg(upframe_small)]
type Hash = u32;

/// The factor of the hash.
#[cfg(not(upframe_small))]
const FNV: Hash = 0x0100_0000_01B3;
#[cfg(upframe_small)]
const FNV: Hash = 0x0100_0193;

/// Returns the hash of a token that has one more byte.
#[inline(always)]
fn add_byte(hash: Hash, byte: u8) -> Hash {
    (hash ^ Hash::from(byte)).wrapping_mul(FNV)
}

impl SubprotocolJudge {
    pub(crate) const fn new() -> Self {
        Self { hash: 0, seen: heapless::Vec::new(), too_many: false }
    }

    /// Returns whether the outcome is fixed: the rest of the list need not be read.
    #[cfg(not(upframe_small))]
    pub(crate) const fn is_fixed(&self, offered: &TokenList) -> bool {
        self.too_many || offered.has_invalid()
    }

    /// Reads the next part of the list.
    #[inline(always)]
    pub(crate) fn push(&mut self, offered: &mut TokenList, part: ElementPart) {
        match part {
            ElementPart::Token(piece) => self.hash = piece.fold(self.hash, add_byte),
            ElementPart::End(_) => {
                let hash = take(&mut self.hash);
                self.end(offered, hash);
            }
            ElementPart::Empty | ElementPart::Invalid => {}
        }
    }

    /// Reads a token that is an element and came whole.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) fn push_whole(&mut self, offered: &mut TokenList, token: &[u8], supported: &[&str]) {
        offered.add_whole(token, supported);
        self.end(offered, token.iter().fold(0, |hash, byte| add_byte(hash, *byte)));
    }

    /// Ends a token.
    #[inline(always)]
    fn end(&mut self, offered: &mut TokenList, hash: Hash) {
        if self.seen.push(hash).is_err() {
            // what was refused before decides
            self.too_many |= !offered.has_invalid();
        } else if let [before @ .., _] = self.seen.as_slice() {
            // No subprotocol is duplicated in the list. [4.1-subprotocol-unique]
            #[expect(clippy::manual_contains, reason = "compares eight at a time, which is more code")]
            if before.iter().any(|seen| *seen == hash) {
                offered.invalidate();
            }
        }
    }

    /// Returns the subprotocol that is chosen, if any: none is offered, or none is supported, which is not an error
    /// (§4.2.2).
    #[cfg_attr(upframe_small, inline(always))]
    pub(crate) fn judge<'p>(&self, offered: &TokenList, supported: &[&'p str]) -> Result<Option<&'p str>, Refusal> {
        // More subprotocols than can be told apart are answered with 431. [6585-5-subprotocols]
        if self.too_many {
            return Err(Refusal::TooManySubprotocols);
        }
        // Sec-WebSocket-Protocol is a list of tokens. [4.1-subprotocol-list]
        if offered.has_invalid() {
            return Err(Refusal::Subprotocols);
        }
        // The list of subprotocols is not empty. [4.1-subprotocol-empty]
        if offered.has_line() && !offered.has_token() {
            return Err(Refusal::Subprotocols);
        }
        // The server chooses an offered subprotocol by its own order of preference. [4.2.2-subprotocol-order]
        // No subprotocol in common is not an error. [4.2.2-subprotocol-none]
        Ok(offered.first(supported))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::field::letters::Letters;
    use std::vec::Vec;

    fn judge(lines: &[&str], cut: usize) -> Result<Option<&'static str>, Refusal> {
        const SUPPORTED: &[&str] = &["superchat", "chat", "v2.chat"];
        let (mut offered, mut judge) = (TokenList::new(), SubprotocolJudge::new());
        for line in lines {
            offered.read_lines(&[line], cut, SUPPORTED, Letters::Exact, |offered, part| judge.push(offered, part));
        }
        judge.judge(&offered, SUPPORTED)
    }

    #[test]
    fn the_servers_order_of_preference_counts_over_all_lines() {
        let bad = Err(Refusal::Subprotocols);
        for (lines, want) in [
            (&[][..], Ok(None)),
            (&["chat"], Ok(Some("chat"))),
            (&["chat, superchat"], Ok(Some("superchat"))),
            (&["chat,v2.chat"], Ok(Some("chat"))),
            (&["chat", "superchat"], Ok(Some("superchat"))),
            (&[" v2.chat\t,, x"], Ok(Some("v2.chat"))),
            (&["Chat"], Ok(None)),
            (&["chatter", "cha"], Ok(None)),
            (&["soap, wamp"], Ok(None)),
            (&["chat, chat"], bad),
            (&["soap", "x, soap"], bad),
            (&[""], bad),
            (&[" , ,"], bad),
            (&["chat superchat"], bad),
            (&["chat; q=1"], bad),
            (&["ch\u{e4}t"], bad),
            (&["\"chat\""], bad),
        ] {
            for cut in 1..12 {
                assert_eq!(judge(lines, cut), want, "{lines:?} {cut}");
            }
        }
    }

    /// Elements are judged in order, and the first that must be refused decides.
    #[test]
    fn the_first_element_that_is_refused_fixes_the_outcome() {
        let list = |n: u8| (0..n).map(|i| format!("p{i}")).reduce(|a, b| format!("{a}, {b}")).unwrap();
        let (invalid, many) = (Err(Refusal::Subprotocols), Err(Refusal::TooManySubprotocols));
        for (line, want) in [
            (list(16), Ok(None)),
            (format!("{},,", list(16)), Ok(None)),
            (format!("{}, p15", list(15)), Ok(None)),
            (format!("{}, p3", list(15)), invalid),
            (format!("{}, a b", list(15)), invalid),
            (format!("{}, a b", list(16)), invalid),
            (format!("{}, a@", list(16)), invalid),
            (format!("{}, @", list(16)), invalid),
            (format!("{}, p3", list(16)), many),
            (list(17), many),
            (format!("{}, p3", list(17)), many),
            (format!("{}, a b", list(17)), many),
            (format!("{}, @", list(17)), many),
            (format!("p3, {}", list(30)), invalid),
            (format!("{}, chat", list(15)), Ok(Some("chat"))),
            (format!("{}, chat", list(16)), many),
        ] {
            for cut in [1, 2, 3, 7, 1000] {
                assert_eq!(judge(&[&line], cut), want, "{line} {cut}");
                let lines: Vec<_> = line.split(", ").collect();
                assert_eq!(judge(&lines, cut), want, "{line} on several lines, {cut}");
            }
        }
    }

    #[test]
    fn more_than_sixteen_are_too_many() {
        let list = |n: u8| (0..n).map(|i| format!("p{i}")).reduce(|a, b| format!("{a}, {b}")).unwrap();
        assert_eq!(judge(&[&list(16)], 7), Ok(None));
        assert_eq!(judge(&[&list(17)], 7), Err(Refusal::TooManySubprotocols));
    }
}
