//! Comma lists on small machines: one grammar for all of them, byte by byte. A table is smaller than code.

use super::candidates_small::{Candidates, END, Known};
use super::letters::Letters;
use super::list_part::Part;
use super::list_state::ListState;
use crate::http::scan::is_tchar;
use crate::http::span::Run;
use core::marker::PhantomData;

/// The first and the last state that a byte may follow, that byte or [`TCHAR`], and the state after it.
type Rule = (ListState, ListState, u8, ListState);

/// Any byte of a token.
const TCHAR: u8 = 0;

static RULES: [Rule; 16] = {
    use ListState::*;
    [
        (BeforeElement, Name, TCHAR, Name),
        (BeforeElement, Parameter, b',', BeforeElement),
        (BeforeElement, BeforeElement, b' ', BeforeElement),
        (Name, Value, b' ', AfterPart),
        // the others are for parameters
        (Name, Parameter, b';', BeforeParameter),
        (Parameter, BeforeParameter, TCHAR, Parameter),
        (AfterParameter, Parameter, b' ', AfterParameter),
        (AfterParameter, Parameter, b'=', BeforeValue),
        (BeforeParameter, BeforeParameter, b' ', BeforeParameter),
        (BeforeValue, BeforeValue, b' ', BeforeValue),
        (BeforeValue, BeforeValue, TCHAR, Value),
        (Value, Value, TCHAR, Value),
        (BeforeValue, BeforeValue, b'"', Quote),
        (Quote, Quoted, b'\\', Escaped),
        (Quoted, Quoted, b'"', AfterQuoted),
        (Quote, Escaped, TCHAR, Quoted),
    ]
};

/// Returns the state after a byte; [`Invalid`](ListState::Invalid) if it must not be there.
#[inline(never)]
pub(crate) fn next(state: ListState, byte: u8) -> ListState {
    let byte = if byte == b'\t' { b' ' } else { byte };
    let mut rules = RULES.as_slice();
    while let [(first, last, what, next), rest @ ..] = rules {
        if *first <= state && state <= *last && if *what == TCHAR { is_tchar(byte) } else { *what == byte } {
            return *next;
        }
        rules = rest;
    }
    ListState::Invalid
}

/// Reads a list of tokens, and tells which of the known tokens each element is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ElementReader {
    state: ListState,
    candidates: Candidates,
}

impl ElementReader {
    pub(crate) const fn new() -> Self {
        Self { state: ListState::BeforeElement, candidates: Candidates::ALL }
    }

    /// Reads the next bytes of a line, and shows each part. `parameters`: elements may have some, which are not shown.
    #[inline(always)]
    pub(crate) fn read_any(
        &mut self,
        Run { bytes: mut rest, mut last }: Run,
        values: &[&str],
        letters: Letters,
        parameters: bool,
        mut show: impl FnMut(Part<Piece<'_>>),
    ) {
        let known = Known { values, letters };
        loop {
            let byte = match rest {
                [byte, others @ ..] => {
                    rest = others;
                    *byte
                }
                // the end of a line is a comma
                [] if last => {
                    last = false;
                    b','
                }
                [] => return,
            };
            if let Some(part) = self.step(byte, &known, parameters) {
                show(part);
            }
        }
    }

    /// Reads the next byte.
    #[inline(always)]
    fn step(&mut self, byte: u8, known: &Known<'_>, parameters: bool) -> Option<Part<Piece<'static>>> {
        let before = self.state;
        let mut next = next(before, byte);
        if byte == b';' && !parameters {
            next = ListState::Invalid;
        }
        let ends = byte == b',';
        // whatever the line is, the next one is read from its beginning
        self.state = if ends { ListState::BeforeElement } else { next };
        let is_token = next == ListState::Name;
        // what follows a token is its end, as often as it comes
        let found = self.candidates.step(if is_token { u32::from(byte) } else { END }, known);
        if is_token {
            return Some(Part::Token(Piece { byte, line: PhantomData }));
        }
        if self.state == ListState::BeforeElement {
            self.candidates = Candidates::ALL;
        }
        match (next, before) {
            (_, ListState::Invalid) => None,
            (ListState::Invalid, _) => Some(Part::Invalid),
            _ if !ends => None,
            (_, ListState::BeforeElement) => Some(Part::Empty),
            _ => Some(Part::End(found)),
        }
    }
}

/// As much of a token as has come: a byte.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Piece<'v> {
    byte: u8,
    line: PhantomData<&'v [u8]>,
}

impl Piece<'_> {
    /// Returns whether a condition is true for each byte.
    #[inline(always)]
    pub(crate) fn all(self, condition: impl Fn(&u8) -> bool) -> bool {
        condition(&self.byte)
    }

    /// Returns the result of a function that is called with its last result and the next byte.
    #[inline(always)]
    pub(crate) fn fold<T>(self, first: T, next: impl Fn(T, u8) -> T) -> T {
        next(first, self.byte)
    }
}
