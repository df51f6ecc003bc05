//! `Sec-WebSocket-Extensions` (RFC 6455 §9.1): the grammar of the list, read while it streams by.

use super::extension::Extension;
use super::short_token::ShortToken;
#[cfg(not(upframe_small))]
use crate::http::class::Class;
#[cfg(upframe_small)]
use crate::http::field::list_small::next;
use crate::http::field::list_state::ListState;
#[cfg(not(upframe_small))]
use crate::http::field::list_words::{Lexeme, Lexemes};
#[cfg(not(upframe_small))]
use crate::http::scan::is_tchar;
use core::fmt;

/// What is wrong with a list of extensions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ExtensionListError {
    /// The list does not follow the grammar.
    Malformed = 1,
    /// A server answered with an element that the client did not offer, cannot agree to, or has agreed to before.
    NotAgreed,
}

/// Memory for the tokens of an element, which is needed only if there is an extension that they are shown to.
#[allow(unnameable_types, unreachable_pub, reason = "sealed")]
pub trait Tokens: Clone {
    const EMPTY: Self;
    /// Whether there is an extension. Without one, lists are still checked.
    const IS_SOME: bool;
    fn get(&mut self) -> Option<&mut ShortTokens>;
}

/// The name of an element or of its parameter, and the value of the parameter.
#[derive(Clone)]
#[allow(unnameable_types, unreachable_pub, reason = "sealed")]
pub struct ShortTokens {
    name: ShortToken,
    value: ShortToken,
}

impl fmt::Debug for ShortTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShortTokens(..)")
    }
}

impl Tokens for ShortTokens {
    const EMPTY: Self = Self { name: ShortToken::EMPTY, value: ShortToken::EMPTY };
    const IS_SOME: bool = true;
    #[inline(always)]
    fn get(&mut self) -> Option<&mut ShortTokens> {
        Some(self)
    }
}

/// Reads a list of extensions while it streams by, over several lines (RFC 6455 §9.1), and shows it to an
/// [`Extension`].
#[derive(Clone)]
#[allow(unnameable_types, unreachable_pub, reason = "sealed")]
pub struct ExtensionListJudge<T: Tokens> {
    state: ListState,
    /// A client accepts only elements that it offered; a server ignores unknown ones.
    client: bool,
    tokens: T,
    /// Whether the element is that of the extension.
    ours: bool,
    /// Whether a parameter of the element was too long to be shown.
    hidden: bool,
    /// Whether an element was agreed to.
    agreed: bool,
    /// Whether the field is present.
    present: bool,
    /// Whether the list has an element.
    elements: bool,
    error: Option<ExtensionListError>,
}

impl<T: Tokens> ExtensionListJudge<T> {
    /// Returns the judge of a client's offers.
    pub(crate) const fn for_server() -> Self {
        Self::new(false)
    }

    /// Returns the judge of a server's answer.
    pub(crate) const fn for_client() -> Self {
        Self::new(true)
    }

    const fn new(client: bool) -> Self {
        Self {
            state: ListState::BeforeElement,
            client,
            tokens: T::EMPTY,
            ours: false,
            hidden: false,
            agreed: false,
            present: false,
            elements: false,
            error: None,
        }
    }

    /// Reads the next bytes of a line. `last`: the line ends with them.
    #[cfg(not(upframe_small))]
    pub(crate) fn push<X: Extension>(&mut self, bytes: &[u8], last: bool, extension: &mut X) {
        self.present = true;
        let mut lexemes = Lexemes::new(bytes, last);
        // a malformed list outranks one that is not agreed to, and so is looked for to the end
        while self.error != Some(ExtensionListError::Malformed)
            && let Some(lexeme) = lexemes.next(self.state.may_be_token())
        {
            self.state = match lexeme {
                Lexeme::Token(run) => self.token(run),
                Lexeme::Space => self.byte(b' ', extension),
                Lexeme::Byte(byte) => self.byte(byte, extension),
            };
        }
    }

    /// Reads a whole line without quotes, at a server that agrees to no extension. Returns `false`, and changes nothing, if
    /// it is not one.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) fn push_usual(&mut self, line: &[u8]) -> bool {
        let is_usual = !T::IS_SOME && !self.client && self.error.is_none() && is_usual_line(line);
        self.present |= is_usual;
        self.elements |= is_usual;
        is_usual
    }

    /// Reads as much of a token outside quotes as has come.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn token(&mut self, run: &[u8]) -> ListState {
        let state = match self.state {
            ListState::BeforeElement | ListState::Name => ListState::Name,
            ListState::BeforeParameter | ListState::Parameter => ListState::Parameter,
            _ => ListState::Value,
        };
        // the parameters of another extension's element are not shown
        if (state == ListState::Name || self.ours)
            && let Some(ShortTokens { name, value }) = self.tokens.get()
        {
            if state == ListState::Value { value } else { name }.extend(run);
        }
        state
    }

    /// Reads the next bytes of a line, by the rules of a table. `last`: the line ends with them.
    #[cfg(upframe_small)]
    pub(crate) fn push<X: Extension>(&mut self, bytes: &[u8], last: bool, extension: &mut X) {
        self.present = true;
        // the end of a line is a comma
        for byte in bytes.iter().chain(last.then_some(&b',')) {
            if self.error != Some(ExtensionListError::Malformed) {
                self.byte(*byte, extension);
            }
        }
    }

    #[cfg(upframe_small)]
    #[inline(always)]
    fn byte<X: Extension>(&mut self, byte: u8, extension: &mut X) {
        let next = next(self.state, byte);
        match (self.state, next) {
            (_, ListState::Invalid) => self.error = Some(ExtensionListError::Malformed),
            // only the bytes of tokens lead there
            (_, ListState::Name | ListState::Parameter | ListState::Value | ListState::Quoted) => {
                // the parameters of another extension's element are not shown
                if (next == ListState::Name || self.ours)
                    && let Some(ShortTokens { name, value }) = self.tokens.get()
                {
                    if matches!(next, ListState::Value | ListState::Quoted) { value } else { name }.push(byte);
                }
            }
            (ListState::Name, _) => self.begin_element(extension),
            (_, ListState::AfterParameter | ListState::BeforeValue) => {}
            (ListState::Value | ListState::AfterQuoted | ListState::Parameter | ListState::AfterParameter, _) => {
                self.end_parameter(extension);
            }
            _ => {}
        }
        if next == ListState::BeforeElement && self.state != next {
            self.end_element(extension);
        }
        self.state = next;
    }

    /// Reads a byte that does not belong to a token outside quotes. The end of a line is a comma.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn byte<X: Extension>(&mut self, byte: u8, extension: &mut X) -> ListState {
        match self.state {
            ListState::BeforeElement if byte == b' ' || byte == b',' => ListState::BeforeElement,
            ListState::BeforeParameter | ListState::AfterParameter | ListState::BeforeValue if byte == b' ' => {
                self.state
            }
            ListState::Parameter if byte == b' ' => ListState::AfterParameter,
            ListState::Parameter | ListState::AfterParameter if byte == b'=' => ListState::BeforeValue,
            ListState::BeforeValue if byte == b'"' => ListState::Quote,
            ListState::Quote | ListState::Quoted if byte == b'\\' => ListState::Escaped,
            ListState::Quoted if byte == b'"' => ListState::AfterQuoted,
            // A quoted value is a token once it is unescaped: a comma or a semicolon in it never splits the list.
            // [9.1-quoted-token]
            ListState::Quote | ListState::Quoted | ListState::Escaped if is_tchar(byte) => {
                if let Some(tokens) = self.tokens.get() {
                    tokens.value.push(byte);
                }
                ListState::Quoted
            }
            ListState::Name
            | ListState::AfterPart
            | ListState::Value
            | ListState::AfterQuoted
            | ListState::Parameter
            | ListState::AfterParameter
                if byte == b' ' || byte == b';' || byte == b',' =>
            {
                match self.state {
                    ListState::Name => self.begin_element(extension),
                    ListState::AfterPart => {}
                    _ => self.end_parameter(extension),
                }
                self.separator(byte, extension)
            }
            // Extensions are a list of tokens with parameters, each of which may have a value. [9.1-grammar]
            _ => {
                self.error = Some(ExtensionListError::Malformed);
                self.state
            }
        }
    }

    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn separator<X: Extension>(&mut self, byte: u8, extension: &mut X) -> ListState {
        match byte {
            b';' => ListState::BeforeParameter,
            b',' => {
                self.end_element(extension);
                ListState::BeforeElement
            }
            _ => ListState::AfterPart,
        }
    }

    #[inline(always)]
    fn begin_element<X: Extension>(&mut self, extension: &mut X) {
        self.elements = true;
        self.hidden = false;
        // A server agrees to the first offer that it can agree to, and to no other. [4.2.2-extension-first]
        let agreed = self.agreed && !extension.wants_more();
        self.ours = false;
        if let Some(ShortTokens { name, .. }) = self.tokens.get() {
            self.ours = !name.too_long && (!agreed || self.client) && extension.begin(&name.text);
            name.clear();
        }
        // A 101 with an extension that was not offered fails. [4.1-response-extension]
        // A 101 that lists the extension twice fails. [4.1-response-extension-once]
        // A server ignores extensions that it does not know. [4.2.2-extension-unknown]
        if self.client && (agreed || !self.ours) {
            self.error = Some(ExtensionListError::NotAgreed);
        }
    }

    #[inline(always)]
    fn end_parameter<X: Extension>(&mut self, extension: &mut X) {
        let has_value = matches!(self.state, ListState::Value | ListState::AfterQuoted);
        let Some(ShortTokens { name, value }) = self.tokens.get() else { return };
        if name.too_long || value.too_long {
            self.hidden = true;
        } else if self.ours {
            extension.parameter(&name.text, has_value.then(|| value.text.as_str()));
        }
        name.clear();
        value.clear();
    }

    #[inline(always)]
    fn end_element<X: Extension>(&mut self, extension: &mut X) {
        if T::IS_SOME && self.ours {
            let agreed = !self.hidden && extension.end();
            self.agreed |= agreed;
            // A 101 with parameters that the extension cannot have fails. [4.1-response-extension-agreed]
            if self.client && !agreed {
                self.error = Some(ExtensionListError::NotAgreed);
            }
        }
        self.ours = false;
    }

    /// Returns whether an element was agreed to.
    pub(crate) fn judge(&self) -> Result<bool, ExtensionListError> {
        match self.error {
            Some(error) => Err(error),
            // A list of extensions has at least one element. [9.1-not-empty]
            None if self.present && !self.elements => Err(ExtensionListError::Malformed),
            None => Ok(self.agreed),
        }
    }
}

/// Returns whether a line follows the grammar, without quotes and with no white space but one space after a separator.
#[cfg(not(upframe_small))]
#[inline(always)]
fn is_usual_line(line: &[u8]) -> bool {
    let (mut rest, mut in_parameter) = (line, false);
    loop {
        let (token, after) = rest.split_at_checked(Class::Token.len(rest)).unwrap_or_default();
        if token.is_empty() {
            return false;
        }
        (rest, in_parameter) = match after {
            [] => return true,
            [b'=', after @ ..] if in_parameter => (after, false),
            [separator @ (b';' | b','), b' ', after @ ..] | [separator @ (b';' | b','), after @ ..] => {
                (after, *separator == b';')
            }
            _ => return false,
        };
    }
}

impl<T: Tokens> fmt::Debug for ExtensionListJudge<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtensionListJudge").field("agreed", &self.agreed).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::ReservedBits;
    use crate::handshake::extension::ExtensionWriter;
    use crate::handshake::short_token::MAX_TOKEN;
    use std::string::String;

    /// Records what it is shown, and agrees to `x` unless a parameter is named `no`.
    #[derive(Default)]
    struct Note {
        seen: String,
        no: bool,
    }

    impl Extension for Note {
        fn begin(&mut self, name: &str) -> bool {
            self.no = false;
            self.seen += &format!("[{name}");
            name == "x"
        }
        fn parameter(&mut self, name: &str, value: Option<&str>) {
            self.no |= name == "no";
            self.seen += &format!(" {name}={value:?}");
        }
        fn end(&mut self) -> bool {
            self.seen += "]";
            !self.no
        }
        fn reserved_bits(&self) -> ReservedBits {
            ReservedBits::RSV1
        }
        fn write(&self, _: &mut ExtensionWriter<'_, '_>) {}
    }

    fn read(lines: &[&str], client: bool, cut: usize) -> (Result<bool, ExtensionListError>, String) {
        let (mut judge, mut note) = (ExtensionListJudge::<ShortTokens>::new(client), Note::default());
        for line in lines {
            line.as_bytes().chunks(cut).for_each(|piece| judge.push(piece, false, &mut note));
            judge.push(b"", true, &mut note);
        }
        (judge.judge(), note.seen)
    }

    #[test]
    fn white_space_may_follow_a_parameter_and_a_value_begins_with_a_token_or_a_quote() {
        for cut in 1..20 {
            let (_, seen) = read(&["x; a \t  = \t 1  , y"], true, cut);
            assert!(seen.starts_with("[x a=Some(\"1\")]"), "{seen}");
            for value in ["@1\"", "(1\"", "=1\"", ";1\"", ",1\""] {
                let (agreed, _) = read(&[&format!("x; a={value}")], false, cut);
                assert_eq!(agreed, Err(ExtensionListError::Malformed), "{value}");
            }
        }
    }

    #[test]
    fn debug_shows_whether_an_element_was_agreed_to() {
        assert_eq!(
            format!("{:?}", ExtensionListJudge::<ShortTokens>::for_server()),
            "ExtensionListJudge { agreed: false, .. }"
        );
    }

    #[test]
    fn the_whole_grammar_is_read_at_every_cut() {
        for (lines, agreed, seen) in [
            (&["x"][..], true, "[x]"),
            (&["y, x"], true, "[y[x]"),
            (&["x; a; b=1;c=\"2\""], true, "[x a=None b=Some(\"1\") c=Some(\"2\")]"),
            (&["x ; a = 1 ,y"], true, "[x a=Some(\"1\")]"),
            (&[" ,, x\t;a=\"\\1\\2\" "], true, "[x a=Some(\"12\")]"),
            (&["x; no", "x; a"], true, "[x no=None][x a=None]"),
            (&["x; no, y; b=\"q\"", "z"], false, "[x no=None][y[z"),
            (&["x, x"], true, "[x]"),
            (&["deflate-stream"], false, "[deflate-stream"),
            (&[], false, ""),
        ] {
            for cut in 1..20 {
                assert_eq!(read(lines, false, cut), (Ok(agreed), seen.into()), "{lines:?}");
            }
        }
    }

    #[test]
    fn a_list_that_breaks_the_grammar_is_malformed_at_every_cut() {
        for lines in [
            &[""][..],
            &[" , "],
            &["x;"],
            &["x; ;a"],
            &["x; a="],
            &["x; a=\"\""],
            &["x; a=\"b"],
            &["x; a=\"b\\"],
            &["x; a=\"b,c\""],
            &["x; a=\"b;c\""],
            &["x; a=\"b c\""],
            &["x; a=\"b\\\"\""],
            &["x; a=\"b\"c"],
            &["x y"],
            &["x; a b"],
            &["x; a=b c"],
            &["=x"],
            &["x, ;"],
            &["x; a=\u{e9}"],
            &["x; a=\"1", "2\""],
            &["\"x\""],
        ] {
            for cut in 1..12 {
                assert_eq!(read(lines, false, cut).0, Err(ExtensionListError::Malformed), "{lines:?}");
            }
        }
    }

    #[test]
    fn a_client_accepts_only_what_it_offered_and_only_once() {
        for (lines, want) in [
            (&["x; a"][..], Ok(true)),
            (&[], Ok(false)),
            (&["y"], Err(ExtensionListError::NotAgreed)),
            (&["x, y"], Err(ExtensionListError::NotAgreed)),
            (&["x", "x"], Err(ExtensionListError::NotAgreed)),
            (&["x; no"], Err(ExtensionListError::NotAgreed)),
        ] {
            assert_eq!(read(lines, true, 2).0, want, "{lines:?}");
        }
    }

    #[test]
    fn a_token_longer_than_any_known_one_is_not_agreed_to() {
        let long = "p".repeat(MAX_TOKEN + 1);
        for line in [format!("x; {long}"), format!("x; a={long}"), format!("x; a=\"{long}\""), long.clone()] {
            assert_eq!(read(&[&line], false, 9).0, Ok(false));
            assert_eq!(read(&[&line], true, 9).0, Err(ExtensionListError::NotAgreed));
            assert_eq!(read(&[&format!("{line}, x")], false, 9).0, Ok(true));
        }
    }
}
