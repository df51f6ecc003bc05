//! The grammar of a list of extensions on small machines (RFC 6455 §9.1): a table, which is smaller than code.

use super::extension_list_state::ListState;
use crate::http::scan::is_tchar;

/// The first and the last state that a byte may follow, that byte or [`TCHAR`], and the state after it.
type Rule = (ListState, ListState, u8, ListState);

/// Any byte of a token.
const TCHAR: u8 = 0;

static RULES: [Rule; 12] = {
    use ListState::*;
    [
        (BeforeElement, BeforeElement, b' ', BeforeElement),
        (BeforeElement, AfterParameter, b',', BeforeElement),
        (Name, AfterParameter, b';', BeforeParameter),
        (Name, AfterQuoted, b' ', AfterPart),
        (Parameter, AfterParameter, b' ', AfterParameter),
        (Parameter, AfterParameter, b'=', BeforeValue),
        (BeforeParameter, BeforeParameter, b' ', BeforeParameter),
        (BeforeValue, BeforeValue, b' ', BeforeValue),
        (BeforeValue, BeforeValue, b'"', Quote),
        (Quote, Quoted, b'\\', Escaped),
        (Quoted, Quoted, b'"', AfterQuoted),
        (Quote, Escaped, TCHAR, Quoted),
    ]
};

/// Returns the state after a byte that does not belong to a token outside quotes. `None`: it must not be there.
#[inline(always)]
pub(super) fn next(state: ListState, byte: u8) -> Option<ListState> {
    let mut rules = RULES.as_slice();
    while let [(first, last, what, next), rest @ ..] = rules {
        if *first <= state && state <= *last && if *what == TCHAR { is_tchar(byte) } else { *what == byte } {
            return Some(*next);
        }
        rules = rest;
    }
    None
}
