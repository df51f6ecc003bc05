//! Takes comma lists apart that stream by, over several lines (RFC 9110 §5.6.1).

use super::candidates::Candidates;
use crate::http::Class;
use core::mem::take;

/// A part of a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Lexeme<'v> {
    /// As much of a token as is here.
    Token(&'v [u8]),
    /// A byte of white space.
    Space,
    /// A byte of anything else.
    Byte(u8),
}

/// What is left of the bytes of a line's value, and whether the line ends with them.
pub(super) struct Lexemes<'v> {
    rest: &'v [u8],
    last: bool,
}

impl<'v> Lexemes<'v> {
    pub(super) const fn new(rest: &'v [u8], last: bool) -> Self {
        Self { rest, last }
    }

    /// The next part; a token only where the caller says that one may stand. **The end of a line is a comma** (RFC 9110 §5.3).
    #[cfg_attr(not(upframe_small), inline(always))]
    pub(super) fn next(&mut self, token: bool) -> Option<Lexeme<'v>> {
        let Some((byte, behind)) = self.rest.split_first() else {
            // [9110-5.6.1-lines]
            return take(&mut self.last).then_some(Lexeme::Byte(b','));
        };
        if token
            && let Some((run, behind)) = self.rest.split_at_checked(Class::Token.len(self.rest))
            && !run.is_empty()
        {
            self.rest = behind;
            return Some(Lexeme::Token(run));
        }
        self.rest = behind;
        Some(if matches!(byte, b' ' | b'\t') { Lexeme::Space } else { Lexeme::Byte(*byte) })
    }
}

/// A list of tokens, of which some are known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Elements {
    at: At,
    candidates: Candidates,
}

/// Where in an element.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum At {
    /// Nothing of it has come.
    Before,
    Token,
    /// Behind a token and white space.
    Behind,
    /// It is no token.
    Other,
}

/// A part of a list of tokens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Part<'v> {
    /// As much of an element as is here.
    Token(&'v [u8]),
    /// The end of an element: which known one it is.
    End(Option<u8>),
    /// An element that is empty.
    Empty,
    /// What stands in no token; the element has no end then.
    Other,
}

impl Elements {
    pub(super) const fn new() -> Self {
        Self { at: At::Before, candidates: Candidates::ALL }
    }

    /// Whether the next byte begins an element.
    pub(super) fn is_before(&self) -> bool {
        self.at == At::Before
    }

    /// The next part.
    #[cfg_attr(not(upframe_small), inline(always))]
    pub(super) fn next<'v>(&mut self, lexemes: &mut Lexemes<'v>, known: &[&str], any_case: bool) -> Option<Part<'v>> {
        loop {
            let lexeme = lexemes.next(matches!(self.at, At::Before | At::Token))?;
            match (self.at, lexeme) {
                (_, Lexeme::Token(run)) => {
                    self.at = At::Token;
                    self.candidates.push(run, known, any_case);
                    return Some(Part::Token(run));
                }
                (at, Lexeme::Byte(b',')) => {
                    let found = self.candidates.found(known);
                    *self = Self::new();
                    match at {
                        At::Before => return Some(Part::Empty),
                        At::Token | At::Behind => return Some(Part::End(found)),
                        At::Other => {}
                    }
                }
                // [9110-5.6.1-whole-token]
                (At::Token, Lexeme::Space) => self.at = At::Behind,
                (_, Lexeme::Space) => {}
                // [9110-5.6.1-whole-token]
                (_, Lexeme::Byte(_)) => {
                    self.at = At::Other;
                    return Some(Part::Other);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn a_token_comes_in_one_piece_and_the_end_of_a_line_is_a_comma() {
        let read = |last, token| {
            let mut lexemes = Lexemes::new(b"ab, ;c", last);
            core::iter::from_fn(|| lexemes.next(token)).collect::<Vec<_>>()
        };
        let comma = Lexeme::Byte(b',');
        let tokens = [Lexeme::Token(b"ab"), comma, Lexeme::Space, Lexeme::Byte(b';'), Lexeme::Token(b"c"), comma];
        assert_eq!(read(true, true), tokens);
        assert_eq!(read(false, true), tokens[..5]);
        assert_eq!(read(true, false)[1], Lexeme::Byte(b'b'));
    }

    #[test]
    fn elements_are_told_apart_at_every_cut() {
        let list = b"a ,, Bc\t,b c, d;e ,bC";
        for cut in 1..list.len() {
            let (mut elements, mut ends) = (Elements::new(), Vec::new());
            for (i, piece) in list.chunks(cut).enumerate() {
                let mut lexemes = Lexemes::new(piece, (i + 1) * cut >= list.len());
                while let Some(part) = elements.next(&mut lexemes, &["bc", "a"], true) {
                    if !matches!(part, Part::Token(_)) {
                        ends.push(part);
                    }
                }
            }
            ends.dedup();
            let want = [Part::End(Some(1)), Part::Empty, Part::End(Some(0)), Part::Other, Part::End(Some(0))];
            assert_eq!(ends, want, "{cut}");
            assert!(elements.is_before());
        }
    }
}
