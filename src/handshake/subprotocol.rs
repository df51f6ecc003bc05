//! `Sec-WebSocket-Protocol` (RFC 6455 §1.9, §4.1, §4.2.2, §11.3.4).

use super::Refusal;
use super::list::{Elements, Lexemes, Part};
use core::mem::replace;

/// How many subprotocols a client may offer.
pub(crate) const MAX_OFFERED: usize = 16;

/// Chooses among the subprotocols that a client offers, by the server's order of preference, while they stream by.
///
/// What is offered is not stored. To find one that is offered twice, 64 bits of each are: two that are not the same agree in
/// them once in 2⁶⁴.
#[derive(Clone, Debug)]
pub(crate) struct SubprotocolJudge<'p> {
    supported: &'p [&'p str],
    chosen: Option<u8>,
    elements: Elements,
    hash: u64,
    seen: heapless::Vec<u64, MAX_OFFERED, u8>,
    there: bool,
    refusal: Option<Refusal>,
}

/// The start and the factor of the hash FNV-1a in 64 bits.
const FNV: (u64, u64) = (0xCBF2_9CE4_8422_2325, 0x0100_0000_01B3);

impl<'p> SubprotocolJudge<'p> {
    pub(crate) const fn new(supported: &'p [&'p str]) -> Self {
        Self {
            supported,
            chosen: None,
            elements: Elements::new(),
            hash: FNV.0,
            seen: heapless::Vec::new(),
            there: false,
            refusal: None,
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8], last: bool) {
        self.there = true;
        let mut lexemes = Lexemes::new(bytes, last);
        // [4.1-subprotocol-case]
        while let Some(part) = self.elements.next(&mut lexemes, self.supported, false) {
            match part {
                Part::Token(run) => {
                    self.hash = run.iter().fold(self.hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(FNV.1));
                }
                Part::End(found) => self.end_token(found),
                Part::Empty => {}
                // [4.1-subprotocol-list]
                Part::Other => self.refuse(Refusal::Subprotocols),
            }
        }
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(always))]
    fn end_token(&mut self, found: Option<u8>) {
        // the server's order counts, not the client's
        self.chosen = match (self.chosen, found) {
            // [4.2.2-subprotocol-order]
            (Some(chosen), Some(found)) => Some(chosen.min(found)),
            (chosen, found) => chosen.or(found),
        };
        let hash = replace(&mut self.hash, FNV.0);
        // §4.1: the elements MUST all be unique [4.1-subprotocol-unique]
        #[expect(clippy::manual_contains, reason = "compares eight at a time, which is more code")]
        let again = self.seen.iter().any(|seen| *seen == hash);
        if again {
            self.refuse(Refusal::Subprotocols);
        } else if self.seen.push(hash).is_err() {
            // [6585-5-subprotocols]
            self.refuse(Refusal::TooManySubprotocols);
        }
    }

    /// What is malformed counts for more than what is too much.
    fn refuse(&mut self, refusal: Refusal) {
        if self.refusal != Some(Refusal::Subprotocols) {
            self.refusal = Some(refusal);
        }
    }

    /// The one that is chosen; none where none is offered, or none is known here, which is no error (§4.2.2).
    pub(crate) fn judge(&self) -> Result<Option<&'p str>, Refusal> {
        match self.refusal {
            Some(refusal) => Err(refusal),
            // §4.1: one or more [4.1-subprotocol-empty]
            None if self.there && self.seen.is_empty() => Err(Refusal::Subprotocols),
            // [4.2.2-subprotocol-none]
            None => Ok(self.chosen.and_then(|chosen| self.supported.get(usize::from(chosen)).copied())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(lines: &[&str], cut: usize) -> Result<Option<&'static str>, Refusal> {
        let mut judge = SubprotocolJudge::new(&["superchat", "chat", "v2.chat"]);
        for line in lines {
            line.as_bytes().chunks(cut).for_each(|piece| judge.push(piece, false));
            judge.push(b"", true);
        }
        judge.judge()
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
