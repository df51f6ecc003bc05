//! `Sec-WebSocket-Protocol` (RFC 6455 §1.9, §4.1, §4.2.2, §11.3.4).

use super::Refusal;
use super::candidates::Candidates;
use crate::http::token_len;

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
    candidates: Candidates,
    hash: u64,
    seen: heapless::Vec<u64, MAX_OFFERED, u8>,
    at: At,
    there: bool,
    refusal: Option<Refusal>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum At {
    Before,
    Token,
    Behind,
}

/// The start and the factor of the hash FNV-1a in 64 bits.
const FNV: (u64, u64) = (0xCBF2_9CE4_8422_2325, 0x0100_0000_01B3);

impl<'p> SubprotocolJudge<'p> {
    pub(crate) const fn new(supported: &'p [&'p str]) -> Self {
        Self {
            supported,
            chosen: None,
            candidates: Candidates::ALL,
            hash: FNV.0,
            seen: heapless::Vec::new(),
            at: At::Before,
            there: false,
            refusal: None,
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8], last: bool) {
        self.there = true;
        let mut rest = bytes;
        while let Some((byte, behind)) = rest.split_first() {
            if matches!(self.at, At::Before | At::Token)
                && let Some((token, behind)) = rest.split_at_checked(token_len(rest))
                && !token.is_empty()
            {
                self.at = At::Token;
                // [4.1-subprotocol-case]
                self.candidates.push(token, self.supported, |expected, token| expected == token);
                self.hash = token.iter().fold(self.hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(FNV.1));
                rest = behind;
                continue;
            }
            rest = behind;
            match (self.at, *byte) {
                (At::Before | At::Behind, b' ' | b'\t') => {}
                (At::Token, b' ' | b'\t') => self.end_token(At::Behind),
                (At::Token, b',') => self.end_token(At::Before),
                (At::Before | At::Behind, b',') => self.at = At::Before,
                // [4.1-subprotocol-list]
                _ => self.refuse(Refusal::Subprotocols),
            }
        }
        if last {
            // [9110-5.6.1-lines]
            if self.at == At::Token {
                self.end_token(At::Before);
            }
            self.at = At::Before;
        }
    }

    fn end_token(&mut self, next: At) {
        // the server's order counts, not the client's
        let found = self.candidates.found(self.supported);
        self.chosen = match (self.chosen, found) {
            // [4.2.2-subprotocol-order]
            (Some(chosen), Some(found)) => Some(chosen.min(found)),
            (chosen, found) => chosen.or(found),
        };
        // §4.1: the elements MUST all be unique [4.1-subprotocol-unique]
        if self.seen.contains(&self.hash) {
            self.refuse(Refusal::Subprotocols);
        } else if self.seen.push(self.hash).is_err() {
            // [6585-5-subprotocols]
            self.refuse(Refusal::TooManySubprotocols);
        }
        (self.candidates, self.hash, self.at) = (Candidates::ALL, FNV.0, next);
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
