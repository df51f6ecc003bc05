//! `Sec-WebSocket-Extensions` (RFC 6455 §9.1): the grammar of the list, read while it streams by.

use super::extension::Extension;
use crate::http::class::is_tchar;
use crate::http::field::list::{Lexeme, Lexemes};
use core::fmt;

/// The longest name or value of an extension that is told apart, in bytes.
const MAX_TOKEN: usize = 40;

/// What is wrong with a list of extensions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ListError {
    /// It is not written as one.
    Malformed = 1,
    /// A client was answered with an element that it did not offer, or cannot agree to, or twice.
    NotAgreed,
}

/// A token that may be cut, up to the longest that is known.
#[derive(Clone, Debug, Default)]
struct Token {
    text: heapless::String<MAX_TOKEN, u8>,
    too_long: bool,
}

impl Token {
    const EMPTY: Self = Self { text: heapless::String::new(), too_long: false };

    /// A byte of a token, and so of ASCII.
    fn push(&mut self, byte: u8) {
        self.too_long |= self.text.push(char::from(byte)).is_err();
    }

    fn extend(&mut self, run: &[u8]) {
        run.iter().for_each(|byte| self.push(*byte));
    }

    fn clear(&mut self) {
        self.text.clear();
        self.too_long = false;
    }
}

/// Reads a list of extensions while it streams by, over several lines (RFC 6455 §9.1), and shows it to an [`Extension`].
#[derive(Clone)]
pub(crate) struct ListJudge {
    at: At,
    /// A client takes no element but those that it offered; a server skips what it does not know.
    client: bool,
    name: Token,
    value: Token,
    /// The element is the extension's.
    ours: bool,
    /// One of its parameters could not be shown.
    hidden: bool,
    agreed: bool,
    there: bool,
    elements: bool,
    error: Option<ListError>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum At {
    /// In front of an element.
    Before,
    Name,
    /// Behind the name or a parameter: `;` or `,` or the end.
    Behind,
    /// Behind `;`.
    BeforeParameter,
    Parameter,
    /// Behind a parameter's name and white space: `=`, too.
    BehindParameter,
    /// Behind `=`.
    BeforeValue,
    Value,
    /// Behind the quote in front of a value.
    Quote,
    /// In a value in quotes.
    Quoted,
    /// Behind a backslash.
    Escaped,
    /// Behind a value in quotes.
    BehindQuoted,
}

impl At {
    /// Whether a token may stand here, or go on.
    const fn may_be_token(self) -> bool {
        matches!(
            self,
            Self::Before | Self::Name | Self::BeforeParameter | Self::Parameter | Self::BeforeValue | Self::Value
        )
    }
}

impl ListJudge {
    pub(crate) const fn new(client: bool) -> Self {
        Self {
            at: At::Before,
            client,
            name: Token::EMPTY,
            value: Token::EMPTY,
            ours: false,
            hidden: false,
            agreed: false,
            there: false,
            elements: false,
            error: None,
        }
    }

    pub(crate) fn push<X: Extension>(&mut self, bytes: &[u8], last: bool, extension: &mut X) {
        self.there = true;
        let mut lexemes = Lexemes::new(bytes, last);
        // what is malformed counts for more than what is not agreed: it is looked for to the end
        while self.error != Some(ListError::Malformed)
            && let Some(lexeme) = lexemes.next(self.at.may_be_token())
        {
            self.at = match lexeme {
                Lexeme::Token(run) => self.token(run, extension),
                Lexeme::Space => self.byte(b' ', extension),
                Lexeme::Byte(byte) => self.byte(byte, extension),
            };
        }
    }

    /// As much of a token outside quotes as is here.
    #[inline(always)]
    fn token<X: Extension>(&mut self, run: &[u8], _: &X) -> At {
        let (token, at) = match self.at {
            At::Before | At::Name => (&mut self.name, At::Name),
            At::BeforeParameter | At::Parameter => (&mut self.name, At::Parameter),
            _ => (&mut self.value, At::Value),
        };
        // nobody is shown the parameters of another one's element
        if X::IS_SOME && (at == At::Name || self.ours) {
            token.extend(run);
        }
        at
    }

    /// A byte that is none of a token outside quotes; the end of a line is a comma.
    #[inline(always)]
    fn byte<X: Extension>(&mut self, byte: u8, extension: &mut X) -> At {
        match self.at {
            At::Before if byte == b' ' || byte == b',' => At::Before,
            At::BeforeParameter | At::BehindParameter | At::BeforeValue if byte == b' ' => self.at,
            At::Parameter if byte == b' ' => At::BehindParameter,
            At::Parameter | At::BehindParameter if byte == b'=' => At::BeforeValue,
            At::BeforeValue if byte == b'"' => At::Quote,
            At::Quote | At::Quoted if byte == b'\\' => At::Escaped,
            // [9.1-quoted-token]
            At::Quoted if byte == b'"' => At::BehindQuoted,
            // §9.1: the value MUST conform to the token ABNF after unescaping [9.1-quoted-token]
            At::Quote | At::Quoted | At::Escaped if is_tchar(byte) => {
                if X::IS_SOME {
                    self.value.push(byte);
                }
                At::Quoted
            }
            At::Name | At::Behind | At::Value | At::BehindQuoted | At::Parameter | At::BehindParameter
                if byte == b' ' || byte == b';' || byte == b',' =>
            {
                match self.at {
                    At::Name => self.begin_element(extension),
                    At::Behind => {}
                    _ => self.end_parameter(extension),
                }
                self.separator(byte, extension)
            }
            _ => {
                // [9.1-grammar]
                self.error = Some(ListError::Malformed);
                self.at
            }
        }
    }

    #[inline(always)]
    fn separator<X: Extension>(&mut self, byte: u8, extension: &mut X) -> At {
        match byte {
            b';' => At::BeforeParameter,
            b',' => {
                self.end_element(extension);
                At::Before
            }
            _ => At::Behind,
        }
    }

    #[inline(always)]
    fn begin_element<X: Extension>(&mut self, extension: &mut X) {
        self.elements = true;
        self.hidden = false;
        // [4.2.2-extension-first]
        self.ours =
            X::IS_SOME && !self.name.too_long && (!self.agreed || self.client) && extension.begin(&self.name.text);
        self.name.clear();
        // [4.1-response-extension] [4.1-response-extension-once] [4.2.2-extension-unknown]
        if self.client && (self.agreed || !self.ours) {
            self.error = Some(ListError::NotAgreed);
        }
    }

    #[inline(always)]
    fn end_parameter<X: Extension>(&mut self, extension: &mut X) {
        if !X::IS_SOME {
            return;
        }
        let has_value = matches!(self.at, At::Value | At::BehindQuoted);
        if self.name.too_long || self.value.too_long {
            self.hidden = true;
        } else if self.ours {
            extension.parameter(&self.name.text, has_value.then(|| self.value.text.as_str()));
        }
        self.name.clear();
        self.value.clear();
    }

    #[inline(always)]
    fn end_element<X: Extension>(&mut self, extension: &mut X) {
        if X::IS_SOME && self.ours {
            let agreed = !self.hidden && extension.end();
            self.agreed |= agreed;
            // [4.1-response-extension-agreed]
            if self.client && !agreed {
                self.error = Some(ListError::NotAgreed);
            }
        }
        self.ours = false;
    }

    /// Whether an element was agreed to.
    pub(crate) fn judge(&self) -> Result<bool, ListError> {
        match self.error {
            Some(error) => Err(error),
            // one or more elements [9.1-not-empty]
            None if self.there && !self.elements => Err(ListError::Malformed),
            None => Ok(self.agreed),
        }
    }
}

impl fmt::Debug for ListJudge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListJudge").field("agreed", &self.agreed).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::ReservedBits;
    use crate::handshake::extension::ExtensionWriter;
    use std::string::String;

    /// Notes what it is shown, and agrees to `x` unless a parameter is named `no`.
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

    fn read(lines: &[&str], client: bool, cut: usize) -> (Result<bool, ListError>, String) {
        let (mut judge, mut note) = (ListJudge::new(client), Note::default());
        for line in lines {
            line.as_bytes().chunks(cut).for_each(|piece| judge.push(piece, false, &mut note));
            judge.push(b"", true, &mut note);
        }
        (judge.judge(), note.seen)
    }

    #[test]
    fn white_space_may_stand_behind_a_parameter_and_a_value_begins_with_a_token_or_a_quote() {
        for cut in 1..20 {
            let (_, seen) = read(&["x; a \t  = \t 1  , y"], true, cut);
            assert!(seen.starts_with("[x a=Some(\"1\")]"), "{seen}");
            for value in ["@1\"", "(1\"", "=1\"", ";1\"", ",1\""] {
                let (agreed, _) = read(&[&format!("x; a={value}")], false, cut);
                assert_eq!(agreed, Err(ListError::Malformed), "{value}");
            }
        }
    }

    #[test]
    fn debug_shows_whether_it_has_agreed() {
        assert_eq!(format!("{:?}", ListJudge::new(false)), "ListJudge { agreed: false, .. }");
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
    fn what_is_not_a_list_is_malformed_at_every_cut() {
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
                assert_eq!(read(lines, false, cut).0, Err(ListError::Malformed), "{lines:?}");
            }
        }
    }

    #[test]
    fn a_client_takes_only_what_it_offered_and_only_once() {
        for (lines, want) in [
            (&["x; a"][..], Ok(true)),
            (&[], Ok(false)),
            (&["y"], Err(ListError::NotAgreed)),
            (&["x, y"], Err(ListError::NotAgreed)),
            (&["x", "x"], Err(ListError::NotAgreed)),
            (&["x; no"], Err(ListError::NotAgreed)),
        ] {
            assert_eq!(read(lines, true, 2).0, want, "{lines:?}");
        }
    }

    #[test]
    fn what_is_longer_than_anything_known_is_not_agreed_to() {
        let long = "p".repeat(MAX_TOKEN + 1);
        for line in [format!("x; {long}"), format!("x; a={long}"), format!("x; a=\"{long}\""), long.clone()] {
            assert_eq!(read(&[&line], false, 9).0, Ok(false));
            assert_eq!(read(&[&line], true, 9).0, Err(ListError::NotAgreed));
            assert_eq!(read(&[&format!("{line}, x")], false, 9).0, Ok(true));
        }
    }
}
