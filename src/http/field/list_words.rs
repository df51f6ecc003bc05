//! Comma lists on most machines: tokens come in runs.

use super::known::Candidates;
use super::letters::Letters;
use super::list_part::Part;
use crate::http::class::Class;
use crate::http::span::Run;
use core::mem::{replace, take};

/// The smallest part of a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Lexeme<'v> {
    /// As much of a token as has come.
    Token(&'v [u8]),
    /// A byte of white space.
    Space,
    /// Any other byte.
    Byte(u8),
}

/// What is left of the bytes of a line's value, and whether the line ends with them.
pub(crate) struct Lexemes<'v> {
    rest: &'v [u8],
    last: bool,
}

impl<'v> Lexemes<'v> {
    pub(crate) const fn new(rest: &'v [u8], last: bool) -> Self {
        Self { rest, last }
    }

    /// Returns the next part; a token only if the caller allows one here. **The end of a line is a comma** (RFC 9110
    /// §5.3).
    #[inline(always)]
    pub(crate) fn next(&mut self, may_be_token: bool) -> Option<Lexeme<'v>> {
        let Some((byte, rest)) = self.rest.split_first() else {
            // The lines of a list field are one list, in which elements may be empty. [9110-5.6.1-lines]
            return take(&mut self.last).then_some(Lexeme::Byte(b','));
        };
        if may_be_token
            && let Some((run, rest)) = self.rest.split_at_checked(Class::Token.len(self.rest))
            && !run.is_empty()
        {
            self.rest = rest;
            return Some(Lexeme::Token(run));
        }
        self.rest = rest;
        Some(if matches!(byte, b' ' | b'\t') { Lexeme::Space } else { Lexeme::Byte(*byte) })
    }
}

/// Reads a list of tokens, and tells which of the known tokens each element is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ElementReader {
    state: ElementState,
    candidates: Candidates,
}

/// Where in an element of a list its reader is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum ElementState {
    /// Before the element.
    Before,
    Token,
    /// After a token and white space.
    After,
    /// The element is not a token.
    Invalid,
}

impl ElementReader {
    pub(crate) const fn new() -> Self {
        Self { state: ElementState::Before, candidates: Candidates::ALL }
    }

    /// Returns whether the next byte begins an element.
    pub(crate) fn is_before(&self) -> bool {
        self.state == ElementState::Before
    }

    /// Reads the next bytes of a line, and shows each part. Once `show` returns `true`, the rest of the bytes is not read,
    /// and the next list is read from its start.
    #[inline(always)]
    pub(crate) fn read_until(
        &mut self,
        Run { bytes, last }: Run,
        known: &[&str],
        letters: Letters,
        mut show: impl FnMut(Part<Piece<'_>>) -> bool,
    ) {
        let mut lexemes = Lexemes::new(bytes, last);
        while let Some(part) = self.next(&mut lexemes, known, letters) {
            if show(part) {
                *self = Self::new();
                return;
            }
        }
    }

    /// Returns the next part.
    #[inline(always)]
    fn next<'v>(&mut self, lexemes: &mut Lexemes<'v>, known: &[&str], letters: Letters) -> Option<Part<Piece<'v>>> {
        loop {
            let lexeme = lexemes.next(matches!(self.state, ElementState::Before | ElementState::Token))?;
            match (self.state, lexeme) {
                (_, Lexeme::Token(run)) => {
                    self.state = ElementState::Token;
                    self.candidates.push(run, known, letters);
                    return Some(Part::Token(Piece(run)));
                }
                (state, Lexeme::Byte(b',')) => {
                    let candidates = replace(self, Self::new()).candidates;
                    match state {
                        ElementState::Before => return Some(Part::Empty),
                        ElementState::Token | ElementState::After => {
                            let found = candidates.found(known, letters);
                            return Some(Part::End(found.map_or(0, |found| 1 << found)));
                        }
                        ElementState::Invalid => {}
                    }
                }
                // A token is found whole in a list, never as a part of another. [9110-5.6.1-whole-token]
                (ElementState::Token, Lexeme::Space) => self.state = ElementState::After,
                (_, Lexeme::Space) => {}
                (_, Lexeme::Byte(_)) => {
                    self.state = ElementState::Invalid;
                    return Some(Part::Invalid);
                }
            }
        }
    }
}

/// As much of a token as has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Piece<'v>(&'v [u8]);

impl Piece<'_> {
    /// Returns whether a condition is true for each byte.
    #[inline(always)]
    pub(crate) fn all(self, condition: impl Fn(&u8) -> bool) -> bool {
        self.0.iter().all(condition)
    }

    /// Returns the result of a function that is called with its last result and the next byte.
    #[inline(always)]
    pub(crate) fn fold<T>(self, first: T, next: impl Fn(T, u8) -> T) -> T {
        self.0.iter().fold(first, |last, byte| next(last, *byte))
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
}
