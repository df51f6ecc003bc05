//! `Sec-WebSocket-Protocol` (RFC 6455 §1.9, §4.1, §4.2.2, §11.3.4).

use super::refusal::Refusal;
use crate::http::field::list::ElementPart;
use crate::http::field::tokens::TokenList;
use core::mem::take;

/// How many subprotocols a client may offer.
pub(crate) const MAX_OFFERED: usize = 16;

/// Chooses among the subprotocols that a client offers, by the server's order of preference, while they stream by.
///
/// The offered tokens are not stored. To find duplicates, 64 bits of each are: two different tokens agree in them once
/// in 2⁶⁴.
#[derive(Clone, Debug)]
pub(crate) struct SubprotocolJudge {
    hash: u64,
    seen: heapless::Vec<u64, MAX_OFFERED, u8>,
    duplicated: bool,
}

/// The factor of the hash FNV-1a in 64 bits. Its start value only tells leading zeros apart, which a token does not
/// have.
const FNV: u64 = 0x0100_0000_01B3;

impl SubprotocolJudge {
    pub(crate) const fn new() -> Self {
        Self { hash: 0, seen: heapless::Vec::new(), duplicated: false }
    }

    /// Reads the next part of the list.
    #[inline(always)]
    pub(crate) fn push(&mut self, part: ElementPart) {
        match part {
            ElementPart::Token(run) => {
                self.hash = run.iter().fold(self.hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(FNV));
            }
            ElementPart::End(_) => {
                let hash = take(&mut self.hash);
                #[expect(clippy::manual_contains, reason = "compares eight at a time, which is more code")]
                let duplicated = self.seen.iter().any(|seen| *seen == hash);
                self.duplicated |= duplicated;
                // more than 16 are refused anyway
                let _ = self.seen.push(hash);
            }
            ElementPart::Empty | ElementPart::Invalid => {}
        }
    }

    /// Returns the subprotocol that is chosen, if any: none is offered, or none is supported, which is not an error
    /// (§4.2.2).
    pub(crate) fn judge<'p>(&self, offered: &TokenList, supported: &[&'p str]) -> Result<Option<&'p str>, Refusal> {
        // Sec-WebSocket-Protocol is a list of tokens. [4.1-subprotocol-list]
        // No subprotocol is duplicated in the list. [4.1-subprotocol-unique]
        // The list of subprotocols is not empty. [4.1-subprotocol-empty]
        if offered.has_invalid() || self.duplicated || offered.lines() > 0 && offered.tokens() == 0 {
            return Err(Refusal::Subprotocols);
        }
        // More subprotocols than can be told apart are answered with 431. [6585-5-subprotocols]
        if usize::from(offered.tokens()) > MAX_OFFERED {
            return Err(Refusal::TooManySubprotocols);
        }
        // The server chooses an offered subprotocol by its own order of preference. [4.2.2-subprotocol-order]
        // No subprotocol in common is not an error. [4.2.2-subprotocol-none]
        Ok(offered.first().and_then(|chosen| supported.get(usize::from(chosen)).copied()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::field::known::Letters;

    fn judge(lines: &[&str], cut: usize) -> Result<Option<&'static str>, Refusal> {
        const SUPPORTED: &[&str] = &["superchat", "chat", "v2.chat"];
        let (mut offered, mut judge) = (TokenList::new(), SubprotocolJudge::new());
        offered.read_lines(lines, cut, SUPPORTED, Letters::Exact, |_, part| judge.push(part));
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

    #[test]
    fn more_than_sixteen_are_too_many() {
        let list = |n: u8| (0..n).map(|i| format!("p{i}")).reduce(|a, b| format!("{a}, {b}")).unwrap();
        assert_eq!(judge(&[&list(16)], 7), Ok(None));
        assert_eq!(judge(&[&list(17)], 7), Err(Refusal::TooManySubprotocols));
    }
}
